package integration

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// golden is a reply that 7.2 gives and the 7.0 judge does not. The last line's reply is
// compared, in the form value.String has; "re:" begins a regular expression instead.
type golden struct {
	lines string
	want  string // in RESP2
	want3 string // in RESP3 where that differs
	why   string // version and page of the manual
}

func (g *golden) script() *script { return &script{name: "golden", lines: g.lines} }

const (
	arityOf  = `(error) "ERR wrong number of arguments for '%s' command"`
	syntaxed = `(error) "ERR syntax error"`
	ok       = "+OK"
	// x is 11110000 00000001, y 00111100, z 00001111.
	bitSources = `SET x "\xf0\x01"` + "\n" + `SET y "\x3c"` + "\n" + `SET z "\x0f"` + "\n"
)

var goldenRows = []golden{
	{lines: "CLIENT SETINFO LIB-NAME redis-py", want: ok, why: "7.2: commands/client-setinfo"},
	{lines: "CLIENT SETINFO lib-ver 1.2.3", want: ok, why: "7.2: commands/client-setinfo"},
	{lines: "CLIENT SETINFO LIB-NAME redis-py(django_v1.1)", want: ok, why: "7.2: commands/client-setinfo"},
	{lines: `CLIENT SETINFO LIB-NAME "a b"`, want: `(error) "ERR lib-name cannot contain spaces, newlines or special characters."`, why: "7.2: commands/client-setinfo"},
	{lines: `CLIENT SETINFO LIB-VER "1\n2"`, want: `(error) "ERR lib-ver cannot contain spaces, newlines or special characters."`, why: "7.2: commands/client-setinfo"},
	{lines: "CLIENT SETINFO FOO x", want: `(error) "ERR Unrecognized option 'FOO'"`, why: "7.2: commands/client-setinfo"},
	{lines: "CLIENT SETINFO LIB-NAME", want: fmt.Sprintf(arityOf, "client|setinfo"), why: "7.2: commands/client-setinfo"},
	{lines: "CLIENT SETINFO LIB-NAME a b", want: fmt.Sprintf(arityOf, "client|setinfo"), why: "7.2: commands/client-setinfo"},
	{lines: "CLIENT SETINFO LIB-NAME mylib\nCLIENT SETINFO LIB-VER 9\nCLIENT INFO", want: `re:lib-name=mylib lib-ver=9`, why: "7.2: commands/client-info"},
	{lines: "CLIENT INFO", want: `re: lib-name= lib-ver=\\n`, why: "7.2: commands/client-info"},
	{lines: "CLIENT LIST", want: `re:id=\d+ addr=127\.0\.0\.1:\d+ laddr=127\.0\.0\.1:\d+ fd=\d+ name= age=\d+ idle=\d+ flags=N db=\d+ sub=0 psub=0 ssub=0 multi=-1 qbuf=\d+ qbuf-free=\d+ argv-mem=\d+ multi-mem=0 rbs=\d+ rbp=\d+ obl=0 oll=0 omem=0 tot-mem=\d+ events=r cmd=client\|list user=default redir=-1 resp=[23] lib-name= lib-ver=`, why: "7.2: commands/client-list"},
	{lines: "CLIENT NO-TOUCH on", want: ok, why: "7.2: commands/client-no-touch"},
	{lines: "CLIENT NO-TOUCH OFF", want: ok, why: "7.2: commands/client-no-touch"},
	{lines: "CLIENT NO-TOUCH maybe", want: syntaxed, why: "7.2: commands/client-no-touch"},
	{lines: "CLIENT NO-TOUCH", want: fmt.Sprintf(arityOf, "client|no-touch"), why: "7.2: commands/client-no-touch"},
	{lines: "CLIENT HELP", want: `re:\+SETINFO <option> <value> `, why: "7.2: commands/client-help"},
	{lines: "CLIENT HELP", want: `re:\+NO-TOUCH \(ON\|OFF\) `, why: "7.2: commands/client-help"},

	{lines: "SET k v\nWAITAOF 1 0 0", want: `*[:1 :0]`, why: "7.2: commands/waitaof; what is acknowledged is synced here whatever appendonly says"},
	{lines: "WAITAOF 0 1 10", want: `*[:0 :0]`, why: "7.2: commands/waitaof"},
	{lines: "WAITAOF 2 0 0", want: `(error) "ERR value is out of range, value must between 0 and 1"`, why: "7.2: commands/waitaof"},
	{lines: "WAITAOF 1 -1 0", want: `(error) "ERR value is out of range, must be positive"`, why: "7.2: commands/waitaof"},
	{lines: "WAITAOF 1 0 -1", want: `(error) "ERR timeout is negative"`, why: "7.2: commands/waitaof"},
	{lines: "WAITAOF 1 0", want: fmt.Sprintf(arityOf, "waitaof"), why: "7.2: commands/waitaof"},

	{lines: "ZADD z 1 a 2 b\nZRANK z b WITHSCORE", want: `*[:1 "2"]`, want3: `*[:1 ,2]`, why: "7.2: commands/zrank"},
	{lines: "ZADD z 1 a 2.5 b\nZREVRANK z b withscore", want: `*[:0 "2.5"]`, want3: `*[:0 ,2.5]`, why: "7.2: commands/zrevrank"},
	{lines: "ZADD z 1 a\nZRANK z nosuch WITHSCORE", want: "(nil)", why: "7.2: commands/zrank"},
	{lines: "ZREVRANK nosuch a WITHSCORE", want: "(nil)", why: "7.2: commands/zrevrank"},
	{lines: "ZADD z 1 a\nZRANK z a FOO", want: syntaxed, why: "7.2: commands/zrank"},
	{lines: "ZADD z 1 a\nZREVRANK z a FOO", want: syntaxed, why: "7.2: commands/zrevrank"},
	{lines: "ZRANK z a WITHSCORE x", want: fmt.Sprintf(arityOf, "zrank"), why: "7.2: commands/zrank"},
	{lines: "ZREVRANK z a WITHSCORE x", want: fmt.Sprintf(arityOf, "zrevrank"), why: "7.2: commands/zrevrank"},

	{lines: "BITCOUNT nosuch x 1", want: `(error) "ERR value is not an integer or out of range"`, why: "7.2: arguments are minded before the key"},
	{lines: "BITCOUNT nosuch 0 1 FOO", want: syntaxed, why: "7.2: commands/bitcount"},
	{lines: "BITCOUNT nosuch 0", want: syntaxed, why: "7.2: commands/bitcount"},
	{lines: "RPUSH l a\nBITCOUNT l 0 1 FOO", want: syntaxed, why: "7.2: commands/bitcount"},
	{lines: "BITCOUNT nosuch 0 1 BIT", want: ":0", why: "7.2: commands/bitcount"},
	{lines: "BITPOS nosuch 1 0 x", want: `(error) "ERR value is not an integer or out of range"`, why: "7.2: arguments are minded before the key"},
	{lines: "BITPOS nosuch 0 0 1 FOO", want: syntaxed, why: "7.2: commands/bitpos"},
	{lines: "RPUSH l a\nBITPOS l 1 x", want: `(error) "ERR value is not an integer or out of range"`, why: "7.2: commands/bitpos"},
	{lines: "BITPOS nosuch 0 5 1 BIT", want: ":0", why: "7.2: commands/bitpos"},
	{lines: bitSources + "BITOP DIFF d x y z", want: ":2", why: "8.2: commands/bitop"},
	{lines: bitSources + "BITOP DIFF d x y z\nGET d", want: `"\xc0\x01"`, why: "8.2: commands/bitop, in X and in no Y"},
	{lines: bitSources + "BITOP DIFF1 d x y z\nGET d", want: `"\x0f\x00"`, why: "8.2: commands/bitop, in some Y and not in X"},
	{lines: bitSources + "BITOP ANDOR d x y z\nGET d", want: `"0\x00"`, why: "8.2: commands/bitop, in X and in some Y"},
	{lines: bitSources + "BITOP ONE d x y z\nGET d", want: `"\xc3\x01"`, why: "8.2: commands/bitop, in exactly one"},
	{lines: bitSources + "BITOP one x x\nGET x", want: `"\xf0\x01"`, why: "8.2: commands/bitop"},
	{lines: bitSources + "BITOP diff x x x\nGET x", want: `"\x00\x00"`, why: "8.2: commands/bitop"},
	{lines: bitSources + "BITOP DIFF d nosuch x\nGET d", want: `"\x00\x00"`, why: "8.2: commands/bitop, an absent X is zeros"},
	{lines: bitSources + "BITOP DIFF1 d nosuch x\nGET d", want: `"\xf0\x01"`, why: "8.2: commands/bitop, an absent X is zeros"},
	{lines: bitSources + "BITOP ANDOR d x nosuch\nGET d", want: `"\x00\x00"`, why: "8.2: commands/bitop"},
	{lines: "SET d v\nBITOP ANDOR d none1 none2\nEXISTS d", want: ":0", why: "8.2: commands/bitop"},
	{lines: "BITOP DIFF d x", want: `(error) "ERR BITOP DIFF must be called with at least two source keys."`, why: "8.2: commands/bitop"},
	{lines: "BITOP diff1 d x", want: `(error) "ERR BITOP DIFF1 must be called with at least two source keys."`, why: "8.2: commands/bitop"},
	{lines: "BITOP ANDOR d x", want: `(error) "ERR BITOP ANDOR must be called with at least two source keys."`, why: "8.2: commands/bitop"},
	{lines: "RPUSH l a\nBITOP ONE d l", want: `(error) "WRONGTYPE Operation against a key holding the wrong kind of value"`, why: "8.2: commands/bitop"},

	{lines: "RPUSH l a b\nOBJECT ENCODING l", want: `"listpack"`, why: "7.2: commands/object-encoding, small lists"},
	{lines: "[times 100] RPUSH l <100*x>\nOBJECT ENCODING l", want: `"quicklist"`, why: "7.2: list-max-listpack-size -2 is 8 KB"},
	{lines: "SADD s a b\nOBJECT ENCODING s", want: `"listpack"`, why: "7.2: commands/object-encoding, small sets"},
	{lines: "SADD s 1 2\nSADD s a\nOBJECT ENCODING s", want: `"listpack"`, why: "7.2: commands/object-encoding, small sets"},
	{lines: "SADD s 1 2\nOBJECT ENCODING s", want: `"intset"`, why: "7.2: commands/object-encoding"},
	{lines: "[times 128] SADD s m%i\nOBJECT ENCODING s", want: `"listpack"`, why: "7.2: set-max-listpack-entries 128"},
	{lines: "[times 129] SADD s m%i\nOBJECT ENCODING s", want: `"hashtable"`, why: "7.2: set-max-listpack-entries 128"},
	{lines: "SADD s <64*x>\nOBJECT ENCODING s", want: `"listpack"`, why: "7.2: set-max-listpack-value 64"},
	{lines: "SADD s <65*x>\nOBJECT ENCODING s", want: `"hashtable"`, why: "7.2: set-max-listpack-value 64"},
	{lines: "SADD s 1 2 9223372036854775808\nOBJECT ENCODING s", want: `"listpack"`, why: "7.2: commands/object-encoding"},

	{lines: `EVAL "return redis.call('set', KEYS[1], 0.1)" 1 n` + "\nGET n", want: `"0.1"`, why: "7.2: numbers as arguments are the shortest digits that read back"},
	{lines: `EVAL "return redis.call('set', KEYS[1], 123456789012345678)" 1 n` + "\nGET n", want: `"123456789012345680"`, why: "7.2: whole numbers as arguments have no exponent"},
	{lines: `EVAL "return redis.call('set', KEYS[1], -0.0)" 1 n` + "\nGET n", want: `"0"`, why: "7.2: whole numbers as arguments"},
	{lines: `EVAL "return os.clock() > 0" 0`, want: ":1", why: "7.2: os.clock is there"},
	{lines: `EVAL "return tostring(os.time)" 0`, want: `"nil"`, why: "7.2: of os, clock alone"},
	{lines: "XADD x 1-1 a 1\nXGROUP CREATE x g 0\nXREADGROUP GROUP g al STREAMS x >\nXINFO STREAM x FULL", want: `re:"groups" \*\[\*\["name" "g" "last-delivered-id" "1-1" "entries-read" :1 "lag" :0 "pel-count" :1 "pending" \*\[\*\["1-1" "al" :\d{13} :1\]\] "consumers" \*\[\*\["name" "al" "seen-time" :\d{13} "active-time" :\d{13} "pel-count" :1 "pending" \*\[\*\["1-1" :\d{13} :1\]\]\]\]\]\]`, want3: `re:"groups" \*\[%\["name" "g" .*"pending" \*\[\*\["1-1" "al" :\d{13} :1\]\] "consumers" \*\[%\["name" "al" "seen-time" :\d{13} "active-time" :\d{13} "pel-count" :1 "pending"`, why: "7.2: commands/xinfo-stream, active-time"},
	{lines: "XREAD STREAMS s nope 0", want: `(error) "ERR Unbalanced 'xread' list of streams: for each stream key an ID or '$' must be specified."`, why: "7.2: it says of which command"},
	{lines: "XREADGROUP GROUP g c STREAMS st", want: fmt.Sprintf(arityOf, "xreadgroup"), why: "7.2: commands/xreadgroup"},
	{lines: "XREADGROUP GROUP g c STREAMS st s2 >", want: `(error) "ERR Unbalanced 'xreadgroup' list of streams: for each stream key an ID or '>' must be specified."`, why: "7.2: commands/xreadgroup"},
	{lines: "XGROUP CREATE st g $ MKSTREAM\nXREADGROUP GROUP g c STREAMS st >\nXINFO CONSUMERS st g", want: `re:"name" "c" "pending" :0 "idle" :\d+ "inactive" :-1`, why: "7.2: commands/xinfo-consumers; who asks in vain is known, too"},
	{lines: "XGROUP CREATE st g $ MKSTREAM\nXADD st 1-1 a b\nXREADGROUP GROUP g c STREAMS st >\nXINFO CONSUMERS st g", want: `re:"name" "c" "pending" :1 "idle" :\d+ "inactive" :\d+`, why: "7.2: commands/xinfo-consumers"},
	{lines: "XADD st 1-1 a b\n" + `EVAL "return redis.call('xread', 'block', '0', 'streams', KEYS[1], '$')" 1 st`, want: "(nil)", why: "7.2: blocking commands may be called by scripts, and do not block"},
	{lines: "RPUSH list a\n" + `EVAL "return redis.call('blpop', KEYS[1], 0)" 1 list`, want: `*["list" "a"]`, why: "7.2: blocking commands may be called by scripts, and do not block"},
	{lines: `EVAL "return redis.call('blpop', KEYS[1], 0)" 1 list`, want: "(nil)", why: "7.2: blocking commands may be called by scripts, and do not block"},
	{lines: `EVAL "return redis.REDIS_VERSION_NUM >= 0x070200" 0`, want: ":1", why: "7.2"},

	{lines: "[field version] HELLO", want: `re:"7\.2\.\d+"`, why: "7.2: clients gate features on it"},
	{lines: "INFO server", want: `re:^.# Server\\r\\nredis_version:7\.2\.\d+\\r\\n`, want3: `re:redis_version:7\.2\.\d+\\r\\n`, why: "7.2: commands/info"},
	{lines: "CONFIG GET set-max-listpack-entries", want: `*["set-max-listpack-entries" "128"]`, want3: `%["set-max-listpack-entries" "128"]`, why: "7.2: redis.conf"},
	{lines: "CONFIG GET set-max-listpack-value", want: `*["set-max-listpack-value" "64"]`, want3: `%["set-max-listpack-value" "64"]`, why: "7.2: redis.conf"},
	{lines: "CONFIG GET locale-collate", want: `*["locale-collate" ""]`, want3: `%["locale-collate" ""]`, why: "7.2: redis.conf"},

	{lines: "COMMAND INFO zrank", want: `re:^\*\[\*\["zrank" :-3 `, why: "7.2: WITHSCORE makes the arity open"},
	{lines: "COMMAND DOCS get", want: `*["get" *["summary" "Returns the string value of a key." "since" "1.0.0" "group" "string" "complexity" "O(1)" "arguments" *[*["name" "key" "type" "key" "display_text" "key" "key_spec_index" :0]]]]`,
		want3: `%["get" %["summary" "Returns the string value of a key." "since" "1.0.0" "group" "string" "complexity" "O(1)" "arguments" *[%["name" "key" "type" "key" "display_text" "key" "key_spec_index" :0]]]]`, why: "7.2: commands/command-docs, display_text"},
	{lines: "COMMAND DOCS SETNX", want: `re:"name" "value" "type" "string" "display_text" "value"`, why: "7.2: commands/command-docs"},
	{lines: "COMMAND DOCS CLIENT", want: `re:"subcommands" .\[.*"client\|setinfo" .\["summary"`, why: "7.2: commands/command-docs"},

	{lines: "REPLICAOF 127.0.0.1 6379", want: `re:^\(error\) "ERR .*replica`, why: "Larder: there is no replication"},
	{lines: "REPLICAOF NO ONE", want: ok, why: "7.2: commands/replicaof"},
	{lines: "OBJECT HELP", want: `re:\+ENCODING <key> `, why: "7.2: commands/object-help"},
	{lines: "RPUSH l a\nLPOS l a RANK -9223372036854775808", want: `(error) "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"`, why: "7.2: its negation would overflow"},
	{lines: "RPUSH l b a\nSORT l ALPHA STORE d\nOBJECT ENCODING d", want: `"listpack"`, why: "7.2: a short list has one listpack"},
	{lines: "ZADD z 0.1 a\nZSCORE z a", want: `"0.1"`, want3: ",0.1", why: "7.2: the shortest digits that read back the same"},
	{lines: "ZADD z 1e17 a\nZSCORE z a", want: `"100000000000000000"`, want3: ",100000000000000000", why: "7.2: the shortest digits that read back the same"},
	{lines: "ZADD z 1e-7 a\nZSCORE z a", want: `"1e-7"`, want3: ",1e-7", why: "7.2: the shortest digits that read back the same"},
	{lines: "ZADD z 1e22 a\nZSCORE z a", want: `"1e+22"`, want3: ",1e+22", why: "7.2: the shortest digits that read back the same"},
	{lines: "ZADD z 0.1 a\nZINCRBY z 0.2 a", want: `"0.30000000000000004"`, want3: ",0.30000000000000004", why: "7.2: the shortest digits that read back the same"},
	{lines: "CONFIG SET loglevel foo", want: `(error) "ERR CONFIG SET failed (possibly related to argument 'loglevel') - argument(s) must be one of the following: debug, verbose, notice, warning, nothing"`, why: "7.2: redis.conf, loglevel nothing"},
	{lines: "COMMAND GETKEYS PING", want: `(error) "ERR The command has no key arguments"`, why: "7.2: arity -3"},
	{lines: "COMMAND GETKEYS GET", want: `(error) "ERR Invalid number of arguments specified for command"`, why: "7.2: arity -3"},
	{lines: "COMMAND GETKEYS", want: fmt.Sprintf(arityOf, "command|getkeys"), why: "7.2: arity -3"},
	{lines: "COMMAND GETKEYSANDFLAGS PING", want: `(error) "ERR The command has no key arguments"`, why: "7.2: arity -3"},
	{lines: "COMMAND GETKEYSANDFLAGS", want: fmt.Sprintf(arityOf, "command|getkeysandflags"), why: "7.2: arity -3"},
	{lines: "CLUSTER MYSHARDID", want: `(error) "ERR This instance has cluster support disabled"`, why: "7.2: commands/cluster-myshardid"},
	{lines: "DEBUG HELP", want: `re:enable-debug-command option is set`, why: "7.2: redis.conf, enable-debug-command"},
}

// TestGolden holds the rows against the server alone.
func TestGolden(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	s := startLarder(t)
	rows := slices.Concat(goldenRows, orderRows, newerRows, hashRows, setRows, aclRows)
	for _, proto := range []int{2, 3} {
		for i := range rows {
			g := &rows[i]
			t.Run(fmt.Sprintf("RESP%d/%s", proto, strings.ReplaceAll(g.lines, "\n", "; ")), func(t *testing.T) {
				g.check(t, s, proto)
			})
		}
	}
}

func (g *golden) check(t *testing.T, s *server, proto int) {
	c := dial(t, s)
	c.must(t, "FLUSHALL")
	want := g.want
	if proto == 3 {
		c.must(t, "HELLO", "3")
		if g.want3 != "" {
			want = g.want3
		}
	}
	var got value
	var raw string
	for _, step := range g.script().steps(t) {
		for i := 1; i <= step.times; i++ {
			got, raw = c.send(step.bytes(i))
		}
		if step.has("field") {
			got, _ = got.field(step.mods["field"])
		}
	}
	if !fits(want, got) {
		t.Errorf("got %s, want %s (%s)", show(got, raw), want, g.why)
	}
}
