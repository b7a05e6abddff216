package integration

import (
	"fmt"
	"strings"
	"testing"
)

func TestDiffDump(t *testing.T) { t.Parallel(); diff(t, dumpScripts) }

// dumpLines names payloads, since nobody can read them.
func dumpLines(lines string) string {
	for name, body := range map[string]string{
		"STRING": "\x00\x05hello", "NUMBER": "\x00\xc0\x0c", "LIST": "\x01\x03\x01a\x01b\xc0\x01", "SET": "\x02\x02\x01a\x01b",
		"HASH": "\x04\x01\x01f\x01v", "ZSET": "\x05\x01\x01m\x00\x00\x00\x00\x00\x00\xf8\x3f", "WRONG": "\x04\x00",
	} {
		lines = strings.ReplaceAll(lines, "$"+name, hexadecimal(sealed(body)))
	}
	return lines
}

// hexadecimal quotes each byte as a line has it.
func hexadecimal(s string) string {
	var out strings.Builder
	for _, b := range []byte(s) {
		fmt.Fprintf(&out, `\x%02x`, b)
	}
	return `"` + out.String() + `"`
}

var dumpScripts = []script{
	{"restore", dumpLines(`
		RESTORE s 0 $STRING
		GET s
		TTL s
		DUMP nosuch
		DUMP
		DUMP s s
		[kind] DUMP s
		RESTORE s 0 $STRING
		RESTORE s 0 $STRING FOO
		RESTORE s 0 $STRING REPLACE FOO
		RESTORE s x $STRING
		RESTORE s x $STRING REPLACE
		RESTORE t -1 $STRING
		RESTORE t 0 $STRING IDLETIME
		RESTORE t 0 $STRING IDLETIME -1
		RESTORE t 0 $STRING IDLETIME x
		RESTORE t 0 $STRING FREQ -1
		RESTORE t 0 $STRING FREQ 256
		RESTORE t 0 $STRING FREQ x
		RESTORE t 0 $STRING IDLETIME 1 FREQ 1
		RESTORE t 0 $STRING FREQ 1 IDLETIME 1
		RESTORE t 0 hello
		RESTORE t 0 ""
		RESTORE t 0 "\x00\x05hello\x09\x00aaaaaaaa"
		RESTORE t 0 $WRONG
		RESTORE s 0 $WRONG REPLACE
		GET s
		RESTORE t 0
		EXISTS t
		RESTORE t 100000 $NUMBER
		[approx 1000] PTTL t
		INCR t
		RESTORE t 0 $LIST REPLACE
		PTTL t
		LRANGE t 0 -1
		RPUSH t more
		LPOP t 2
		RESTORE t 0 $SET REPLACE
		[sorted] SMEMBERS t
		RESTORE t 50000 $HASH REPLACE
		[approx 1] TTL t
		HGETALL t
		OBJECT ENCODING t
		RESTORE t 0 $ZSET REPLACE
		ZRANGE t 0 -1 WITHSCORES
		OBJECT ENCODING t
		RESTORE t 32503680000000 $ZSET REPLACE ABSTTL
		PEXPIRETIME t
		RESTORE t 1000 $SET REPLACE ABSTTL
		EXISTS t
		RESTORE t 1000 $SET ABSTTL
		EXISTS t
		RESTORE t 1000 $WRONG ABSTTL
		RESTORE t 0 $SET IDLETIME 5000 REPLACE
		[approx 5] OBJECT IDLETIME t
		RESTORE t 0 $SET FREQ 100 REPLACE
		[approx 5] OBJECT IDLETIME t
		CONFIG SET maxmemory-policy allkeys-lfu
		RESTORE t 0 $SET FREQ 100 REPLACE
		OBJECT FREQ t
		CONFIG SET maxmemory-policy noeviction
	`)},
	{"restore among others", dumpLines(`
		RESTORE-ASKING asked 0 $LIST
		RESTORE-ASKING asked 0 $LIST
		LRANGE asked 0 -1
		DEL asked
		MULTI
		RESTORE a 0 $LIST
		RESTORE a 0 $LIST
		RESTORE b 0 $WRONG
		LRANGE a 0 -1
		EXEC
		EVAL "redis.call('SET', KEYS[1], 'x') return redis.call('RESTORE', KEYS[2], 0, redis.call('DUMP', KEYS[1]))" 2 x y
		GET y
		[later] @a BLPOP made 0
		[later] @b BZPOPMIN z 0
		RESTORE made 0 $LIST
		@a receive
		LRANGE made 0 -1
		RESTORE z 0 $ZSET
		@b receive
		EXISTS z
		WATCH made
		@other RESTORE made 0 $LIST REPLACE
		MULTI
		PING
		EXEC
	`)},
}
