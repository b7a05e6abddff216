package integration

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// A form is a command line with places in it: <x> is a word of a kind (see word), [ ... ] is there or not,
// { a | b c } is one of several, ( ... )* comes one to three times. Brackets are words of their own.
//
// fuzzForms are those of all families. One that calls what either server has not is left out, so that they may be
// written here before both have it.
const fuzzForms = `
SET <s> <v>
SET <s> <v> [ { NX | XX } ] [ GET ] [ { EX <t> | PX <t> | KEEPTTL | EXAT <F> } ]
SETNX <s> <v>
SETEX <s> <t> <v>
PSETEX <s> <t> <v>
GET <s>
GETSET <s> <v>
GETDEL <s>
GETEX <s> [ { EX <t> | PXAT <F> | PERSIST } ]
GETRANGE <s> <n> <n>
SUBSTR <s> <n> <n>
SETRANGE <s> <o> <v>
APPEND <s> <v>
STRLEN <s>
INCR <s>
DECR <s>
INCRBY <s> <n>
DECRBY <s> <n>
INCRBYFLOAT <s> <x>
MGET ( <s> )*
MSET ( <s> <v> )*
MSETNX ( <s> <v> )*
LCS <s> <s> [ LEN ] [ IDX ] [ MINMATCHLEN <n> ] [ WITHMATCHLEN ]
SETBIT <s> <o> { 0 | 1 }
GETBIT <s> <o>
BITCOUNT <s> [ <n> <n> [ { BYTE | BIT } ] ]
BITPOS <s> { 0 | 1 } [ <n> [ <n> [ { BYTE | BIT } ] ] ]
BITOP { AND | OR | XOR } <s> ( <s> )*
BITOP NOT <s> <s>
BITFIELD <s> ( { GET u8 <o> | SET i16 <o> <n> | INCRBY u4 <o> <n> | OVERFLOW { WRAP | SAT | FAIL } } )*
BITFIELD_RO <s> ( GET { u8 | i5 } <o> )*
PFADD <p> ( <v> )*
PFCOUNT ( <p> )*
PFMERGE <p> ( <p> )*
HSET <h> ( <f> <v> )*
HMSET <h> ( <f> <v> )*
HSETNX <h> <f> <v>
HGET <h> <f>
HMGET <h> ( <f> )*
HDEL <h> ( <f> )*
HEXISTS <h> <f>
HLEN <h>
HSTRLEN <h> <f>
HGETALL <h>
HKEYS <h>
HVALS <h>
HINCRBY <h> <f> <n>
HINCRBYFLOAT <h> <f> <x>
HRANDFIELD <h> [ <n> [ WITHVALUES ] ]
HSCAN <h> 0 [ MATCH <m> ] [ COUNT 1000 ]
HEXPIRE <h> <t> [ { NX | XX | GT | LT } ] FIELDS 1 <f>
HEXPIREAT <h> <T> [ { NX | XX | GT | LT } ] FIELDS 2 <f> <f>
HEXPIRETIME <h> FIELDS 2 <f> <f>
HPERSIST <h> FIELDS 1 <f>
HGETDEL <h> FIELDS 2 <f> <f>
HGETEX <h> [ { EXAT <T> | PERSIST } ] FIELDS 2 <f> <f>
HSETEX <h> [ { FNX | FXX } ] [ { EXAT <T> | KEEPTTL } ] FIELDS 1 <f> <v>
LPUSH <l> ( <v> )*
RPUSH <l> ( <v> )*
LPUSHX <l> ( <v> )*
RPUSHX <l> ( <v> )*
LPOP <l> [ <n> ]
RPOP <l> [ <n> ]
LLEN <l>
LINDEX <l> <n>
LSET <l> <n> <v>
LRANGE <l> <n> <n>
LTRIM <l> <n> <n>
LREM <l> <n> <v>
LINSERT <l> { BEFORE | AFTER } <v> <v>
LPOS <l> <v> [ RANK <n> ] [ COUNT <n> ] [ MAXLEN <n> ]
LMOVE <l> <l> { LEFT | RIGHT } { LEFT | RIGHT }
RPOPLPUSH <l> <l>
LMPOP 2 <l> <l> { LEFT | RIGHT } [ COUNT <n> ]
SADD <e> ( <f> )*
SREM <e> ( <f> )*
SISMEMBER <e> <f>
SMISMEMBER <e> ( <f> )*
SCARD <e>
SMEMBERS <e>
SMOVE <e> <e> <f>
SEXPIRE <e> <t> [ { NX | XX | GT | LT } ] MEMBERS 1 <f>
SEXPIREAT <e> <T> MEMBERS 2 <f> <f> [ { NX | XX | GT | LT } ]
SEXPIRETIME <e> MEMBERS 2 <f> <f>
SPERSIST <e> MEMBERS 1 <f>
SADDEX <e> [ { MNX | MXX } ] [ { EXAT <T> | KEEPTTL } ] MEMBERS 2 <f> <f>
SPOP <e> [ <n> ]
SRANDMEMBER <e> [ <n> ]
SINTER ( <e> )*
SUNION ( <e> )*
SDIFF ( <e> )*
SINTERSTORE <e> ( <e> )*
SUNIONSTORE <e> ( <e> )*
SDIFFSTORE <e> ( <e> )*
SINTERCARD 2 <e> <e> [ LIMIT <n> ]
SSCAN <e> 0 [ MATCH <m> ] [ COUNT 1000 ]
ZADD <z> [ { NX | XX } ] [ { GT | LT } ] [ CH ] ( <x> <f> )*
ZADD <z> INCR <x> <f>
ZINCRBY <z> <x> <f>
ZADD <y> 0 <f> 0 <f>
ZREM <z> ( <f> )*
ZSCORE <z> <f>
ZMSCORE <z> ( <f> )*
ZCARD <z>
ZCOUNT <z> <b> <b>
ZLEXCOUNT <y> <L> <L>
ZRANK <z> <f>
ZREVRANK <z> <f>
ZRANGE <z> <n> <n> [ REV ] [ WITHSCORES ]
ZRANGE <z> <b> <b> BYSCORE [ REV ] [ LIMIT <n> <n> ] [ WITHSCORES ]
ZRANGE <y> <L> <L> BYLEX [ REV ] [ LIMIT <n> <n> ]
ZRANGESTORE <z> <z> <n> <n> [ REV ]
ZREVRANGE <z> <n> <n> [ WITHSCORES ]
ZRANGEBYSCORE <z> <b> <b> [ WITHSCORES ] [ LIMIT <n> <n> ]
ZREVRANGEBYSCORE <z> <b> <b> [ WITHSCORES ]
ZRANGEBYLEX <y> <L> <L> [ LIMIT <n> <n> ]
ZREMRANGEBYRANK <z> <n> <n>
ZREMRANGEBYSCORE <z> <b> <b>
ZREMRANGEBYLEX <y> <L> <L>
ZPOPMIN <z> [ <n> ]
ZPOPMAX <z> [ <n> ]
ZMPOP 2 <z> <z> { MIN | MAX } [ COUNT <n> ]
ZUNION 2 <z> <z> [ WEIGHTS <x> <x> ] [ AGGREGATE { SUM | MIN | MAX } ] [ WITHSCORES ]
ZINTER 2 <z> <e> [ WEIGHTS <x> <x> ] [ AGGREGATE { SUM | MIN | MAX } ] [ WITHSCORES ]
ZDIFF 2 <z> <z> [ WITHSCORES ]
ZUNIONSTORE <z> 2 <z> <z> [ WEIGHTS <x> <x> ] [ AGGREGATE { SUM | MIN | MAX } ]
ZINTERSTORE <z> 2 <z> <z> [ AGGREGATE { SUM | MIN | MAX } ]
ZDIFFSTORE <z> 2 <z> <z>
ZINTERCARD 2 <z> <z> [ LIMIT <n> ]
ZRANDMEMBER <z> [ <n> [ WITHSCORES ] ]
ZSCAN <z> 0 [ MATCH <m> ] [ COUNT 1000 ]
GEOADD <z> [ { NX | XX } ] [ CH ] ( <x> <x> <f> )*
GEOPOS <z> ( <f> )*
GEODIST <z> <f> <f> [ { m | km | ft | mi } ]
GEOHASH <z> ( <f> )*
GEOSEARCH <z> { FROMMEMBER <f> | FROMLONLAT <x> <x> } { BYRADIUS <x> km | BYBOX <x> <x> m } [ { ASC | DESC } ] [ COUNT <n> ] [ WITHDIST ]
XADD <x:> [ NOMKSTREAM ] [ { MAXLEN | MINID } [ = ] <n> ] <i> ( <f> <v> )*
XLEN <x:>
XRANGE <x:> <I> <I> [ COUNT <n> ]
XREVRANGE <x:> <I> <I> [ COUNT <n> ]
XDEL <x:> ( <i> )*
XTRIM <x:> { MAXLEN | MINID } [ = ] <n>
XREAD [ COUNT <n> ] STREAMS <x:> <x:> <i> <i>
XSETID <x:> <i> [ ENTRIESADDED <n> ] [ MAXDELETEDID <i> ]
XGROUP CREATE <x:> <g> <i> [ MKSTREAM ] [ ENTRIESREAD <n> ]
XGROUP SETID <x:> <g> <i>
XGROUP CREATECONSUMER <x:> <g> <c>
XGROUP DELCONSUMER <x:> <g> <c>
XGROUP DESTROY <x:> <g>
XREADGROUP GROUP <g> <c> [ COUNT <n> ] [ NOACK ] STREAMS <x:> { > | <i> }
XACK <x:> <g> ( <i> )*
XPENDING <x:> <g>
XCLAIM <x:> <g> <c> 0 ( <i> )* [ FORCE ] [ JUSTID ] [ RETRYCOUNT <n> ]
XAUTOCLAIM <x:> <g> <c> 0 <i> [ COUNT <n> ] [ JUSTID ]
XINFO GROUPS <x:>
DEL ( <k> )*
UNLINK ( <k> )*
EXISTS ( <k> )*
TOUCH ( <k> )*
TYPE <k>
EXPIRE <k> <t> [ { NX | XX | GT | LT } ]
PEXPIRE <k> <t> [ { NX | XX | GT | LT } ]
EXPIREAT <k> <T>
PERSIST <k>
TTL <k>
EXPIRETIME <k>
RENAME <k> <k>
RENAMENX <k> <k>
COPY <k> <k> [ DB { 0 | 1 } ] [ REPLACE ]
MOVE <k> { 0 | 1 }
KEYS <m>
DBSIZE
RANDOMKEY
SCAN 0 [ MATCH <m> ] [ COUNT 1000 ] [ TYPE { string | list | hash | nosuch } ]
SORT <l> [ BY { <m> | nosort } ] [ LIMIT <n> <n> ] [ GET { # | <m> } ] [ { ASC | DESC } ] [ ALPHA ]
SORT <e> ALPHA [ STORE <l> ]
SORT_RO <z> [ ALPHA ] [ DESC ]
SELECT { 0 | 0 | 0 | 1 }
ECHO <v>
PING [ <v> ]
MULTI
EXEC
DISCARD
WATCH ( <k> )*
UNWATCH
PUBLISH <v> <v>
EVAL { "return redis.call('GET', KEYS[1])" | "return {KEYS[1], ARGV[1]}" | "return redis.pcall('INCR', KEYS[1])" | "return tonumber(ARGV[1])" } 1 <k> <v>
EVAL_RO "return redis.call('TYPE', KEYS[1])" 1 <k>
COMMAND GETKEYS SET <k> <v>
COMMAND GETKEYS { XREAD | SORT | EVAL | LMPOP | MSETNX } ( <v> )*
BLPOP ( <l> )* 0.01
BRPOP ( <l> )* 0.01
BLMOVE <l> <l> { LEFT | RIGHT } { LEFT | RIGHT } 0.01
BRPOPLPUSH <l> <l> 0.01
BLMPOP 0.01 2 <l> <l> { LEFT | RIGHT } [ COUNT <n> ]
BZPOPMIN ( <z> )* 0.01
BZPOPMAX ( <z> )* 0.01
BZMPOP 0.01 2 <z> <z> { MIN | MAX } [ COUNT <n> ]
CLIENT SETNAME <v>
CLIENT GETNAME
CLIENT REPLY <v>
CLIENT { NO-EVICT | CACHING | TRACKING } <v>
CLIENT KILL { TYPE | USER | ID | LADDR } <v> <v>
CLIENT UNBLOCK <v>
CLIENT LIST TYPE <v>
CONFIG GET <v>
CONFIG SET <v> <v>
FUNCTION { STATS | KILL | LIST <v> | DELETE <v> | FLUSH <v> }
FCALL <v> <n> <k>
SCRIPT { EXISTS ( <v> )* | FLUSH <v> | KILL | LOAD "return 1" | <v> }
EVALSHA <v> 1 <k>
EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0
PUBSUB { CHANNELS <m> | NUMSUB ( <v> )* | NUMPAT | SHARDNUMSUB <v> }
LATENCY { RESET | HISTORY <v> | <v> }
SLOWLOG { LEN <v> | GET <v> | <v> }
MEMORY { DOCTOR <v> | USAGE <v> <v> | <v> }
OBJECT { FREQ <k> | ENCODING <v> | <v> }
XINFO { CONSUMERS <k> <v> | <v> <k> }
CLUSTER { INFO | NODES | KEYSLOT <v> | <v> }
WAIT 0 <o>
SWAPDB { 0 | 1 } { 0 | 1 }
FLUSHDB { ASYNC | SYNC | <v> }
AUTH <v>
ACL { WHOAMI | USERS | CAT <v> | DELUSER <v> | GETUSER <v> | DRYRUN <v> GET <k> | LOG { RESET | <v> } | <v> }
RESTORE <k> 0 <v> [ REPLACE ]
SPUBLISH <v> <v>
COMMAND GETKEYS ZUNIONSTORE <k> <n> <k> <k>
`

// lineMaker makes command lines. For one goroutine.
type lineMaker struct {
	*rand.Rand
	forms [][]string
	words []string // of the form being filled in that are left
}

func newLineMaker(seed uint64, serves func(command string) bool) *lineMaker {
	m := &lineMaker{Rand: rand.New(rand.NewPCG(seed, 21))}
	for line := range strings.Lines(fuzzForms) {
		words, err := splitWords(strings.TrimSpace(line))
		if err == nil && len(words) > 0 && serves(words[0]) {
			m.forms = append(m.forms, words)
		}
	}
	return m
}

// line is the next command line.
func (m *lineMaker) line() []string {
	m.words = m.forms[m.IntN(len(m.forms))]
	waits := blocking(m.words[0])
	if waits && m.IntN(10) > 0 { // each takes as long as a hundred others
		return m.line()
	}
	line := m.fill("")
	if m.IntN(4) == 0 && !waits && (len(line) < 2 || !strings.HasPrefix(line[1], "y")) {
		line = m.mutate(line)
	}
	if newer(line) {
		return m.line()
	}
	return line
}

// newer tells lines that ask for what the judge is too old for.
func newer(line []string) bool {
	for i, word := range line[1:] {
		if word == "COUNT" && line[i] == "AGGREGATE" {
			return true
		}
	}
	return false
}

// blocking tells commands that may wait, which a mutation might have wait for ever.
func blocking(command string) bool {
	return strings.HasPrefix(command, "BL") || strings.HasPrefix(command, "BR") || strings.HasPrefix(command, "BZ")
}

// fill takes words up to a closing one, or to the next choice.
func (m *lineMaker) fill(closing string) (line []string) {
	for len(m.words) > 0 && m.words[0] != closing && !(closing == "}" && m.words[0] == "|") {
		word := m.words[0]
		m.words = m.words[1:]
		switch word {
		case "[":
			if part := m.fill("]"); m.IntN(2) == 0 {
				line = append(line, part...)
			}
			m.words = m.words[1:]
		case "{":
			line = append(line, m.choose()...)
		case "(":
			line = append(line, m.repeat()...)
		default:
			line = append(line, m.word(word))
		}
	}
	return line
}

func (m *lineMaker) choose() []string {
	var all [][]string
	for {
		all = append(all, m.fill("}"))
		end := m.words[0] == "}"
		if m.words = m.words[1:]; end {
			return all[m.IntN(len(all))]
		}
	}
}

func (m *lineMaker) repeat() (line []string) {
	again := m.words
	for range 1 + m.IntN(3) {
		m.words = again
		line = append(line, m.fill(")*")...)
		m.words = m.words[1:]
	}
	return line
}

func (m *lineMaker) oneOf(words ...string) string { return words[m.IntN(len(words))] }

// key is mostly one of the type that a command is for.
func (m *lineMaker) key(letter string) string {
	if letter == "k" || m.IntN(12) == 0 {
		letter = m.oneOf("s", "h", "l", "e", "z", "x", "p")
	}
	return letter + m.oneOf("1", "2", "3", "\x00\r\n\xff")
}

// word is what stands in a place.
func (m *lineMaker) word(place string) string {
	switch place {
	case "<k>", "<s>", "<h>", "<l>", "<e>", "<z>", "<p>":
		return m.key(place[1:2])
	case "<y>": // all scores are alike in it: ranges by member are defined for nothing else
		return "y" + m.oneOf("1", "2")
	case "<x:>":
		return m.key("x")
	case "<f>":
		return m.oneOf("a", "b", "c", "d", "1", "2", "", "f\x00\r\n\xff")
	case "<v>":
		return m.oneOf("a", "b", "10", "-7", "3.5", "", "v\x00\r\n\xff", strings.Repeat("long", 30), fmt.Sprint(m.IntN(100)))
	case "<n>":
		return fmt.Sprint(m.IntN(9) - 3)
	case "<o>":
		return fmt.Sprint(m.IntN(300))
	case "<t>": // far from now, or past: what goes while the fuzz runs is not compared
		return m.oneOf("100000", "200000000", "0", "-1")
	case "<F>":
		return "33177117420"
	case "<T>":
		return m.oneOf("33177117420000", "1")
	case "<x>":
		return m.oneOf("0", "1", "-1", "2.5", "1e3", "-0.1", "inf", "-inf", "3", "41.9")
	case "<b>":
		return m.oneOf("-inf", "+inf", "(1", "0", "2", "(2.5")
	case "<L>":
		return m.oneOf("-", "+", "[a", "(b", "[c")
	case "<m>":
		return m.oneOf("*", "[a-c]*", "s?", "*1", "\\*", "h*", "z1")
	case "<i>":
		return m.oneOf("0-0", fmt.Sprint(m.IntN(12)), fmt.Sprintf("%d-%d", m.IntN(12), m.IntN(4)), fmt.Sprint(m.IntN(12), "-1"))
	case "<I>":
		return m.oneOf("-", "+", m.word("<i>"), "("+m.word("<i>"))
	case "<g>":
		return m.oneOf("g1", "g2")
	case "<c>":
		return m.oneOf("c1", "c2")
	}
	return place
}

// oddWords are what arguments are mutated to. None is a short time, and none a length that a server would make room for.
var oddWords = []string{"", "0", "-1", "-0", "+1", "01", " 1", "1 ", "1e2", "0x10", "nan", "inf", "9223372036854775807",
	"9223372036854775808", "18446744073709551615", "99999999999999999999999", "a", "\x00", "\r\n", "\xff\xfe", "(", "[", "$", "WITHSCORES",
	"LIMIT", "COUNT", "GET", "NX", "0-", "-", "1-1-1", "(1-1", "1.5", "KEEPTTL"}

// mutate drops, adds, repeats or replaces a word behind the name.
func (m *lineMaker) mutate(line []string) []string {
	line = slices.Clone(line)
	at := 1
	if len(line) > 1 {
		at = 1 + m.IntN(len(line)-1)
	}
	odd := oddWords[m.IntN(len(oddWords))]
	switch m.IntN(6) {
	case 0:
		if len(line) > 1 {
			line = slices.Delete(line, at, at+1)
		}
	case 1:
		line = slices.Insert(line, at, odd)
	case 2:
		line = append(line, line[len(line)-1])
	case 3:
		line = append(line, odd)
	case 4, 5:
		if len(line) > 1 {
			line[at] = odd
		}
	}
	if m.IntN(8) == 0 {
		line[0] = strings.ToLower(line[0])
	}
	return line
}
