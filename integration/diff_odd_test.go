package integration

import "testing"

// TestDiffOddArguments sends what the fuzz found: numbers and ids as C reads them, and the order of checks.
func TestDiffOddArguments(t *testing.T) { t.Parallel(); diff(t, oddScripts) }

var oddScripts = []script{
	{"places that no integer names", `
ZADD z inf a -inf b 1e300 c 18446744073709551616 d 18446744073709549568 e 9223372036854775808 f -1 g
GEOPOS z a b c d e f g
GEOHASH z a b c d e f g
GEODIST z a g
`},
	{"ids", `
SET str v
XADD x " 1" a b
XADD x "+2-+1" a b
XADD x "\t3-01" a b
XADD x "4\x00-9" a b
XADD x 5--1 a b
XADD x 5--01 a b
XADD x -5 a b
XADD x "5 " a b
XADD x "" a b
XRANGE x " 1" "( 3"
XREVRANGE x "(6-1" " 1"
XRANGE str " 1" +
XSETID x " 9"
XSETID str " 1"
XSETID none " 1"
XSETID x 9-9 ENTRIESADDED nan
XSETID x 9-9 ENTRIESADDED -1
XSETID x 9-9 ENTRIESADDED 9223372036854775808
XGROUP CREATE g g " 1" MKSTREAM
`},
	{"types before ids", `
SET str v
XADD x 1-1 a b
XREAD STREAMS str nonsense
XREAD STREAMS x str nonsense 0
XREAD STREAMS str x 0 nonsense
XREAD STREAMS none str $ nonsense
`},
	{"numbers that a NUL ends", `
ZADD z 1 a 2 b
ZCOUNT z "\x00" +inf
ZCOUNT z "(1\x00x" +inf
ZCOUNT z "\r\n" +inf
ZCOUNT z "" +inf
ZCOUNT z " 1" "\t2"
ZCOUNT none " " 1
ZREMRANGEBYSCORE z "(2.5" "\r\n"
RPUSH l 2 "" "\x00" "1\x00x" "\x001"
SORT l
RPUSH l "\r\n"
SORT l
SADD s a
SSCAN s "\x00" COUNT 1000
SSCAN s "0\x00x" COUNT 1000
SSCAN s "" COUNT 1000
SSCAN s " 0" COUNT 1000
HSCAN none "\x00" 0
`},
	{"payloads before times", `
RESTORE k 9223372036854775807 nonsense
RESTORE k nonsense nonsense
RESTORE k -1 nonsense
`},
	{"a limit of nothing", `
XADD x 1-1 a b
XADD x 2-1 a b
XTRIM x LIMIT 0
XTRIM x LIMIT 1
XTRIM x MAXLEN 1 LIMIT 0
XTRIM x MAXLEN = 1 LIMIT 0
XTRIM x MAXLEN ~ 1 LIMIT 0
XADD x LIMIT 0 3-1 a b
XADD x LIMIT 1 4-1 a b
XADD x MAXLEN 1 LIMIT 0 5-1 a b
XADD x MAXLEN ~ 1 LIMIT 0 6-1 a b
XLEN x
`},
	{"a number of no keys", `
COMMAND GETKEYS ZUNIONSTORE z 0 a b
COMMAND GETKEYS ZUNIONSTORE z 1 a b
COMMAND GETKEYS SINTERCARD 0 a b
COMMAND GETKEYS EVAL x 0 a
COMMAND GETKEYS EVAL x -7 a
COMMAND GETKEYS EVAL x 5 a
COMMAND GETKEYS EVAL x y a
COMMAND GETKEYS LMPOP 0 a LEFT
`},
	{"scores that are no cells", `
ZADD z inf a 1e300 b 18446744073709551616 c 18446744073709549568 d 9223372036854775808 e -1 f -inf g 4503599627370496 h
GEOPOS z a b c d e f g h
GEOHASH z a b c d e f g h
`},
	{"the order of checks", `
SET str v
XADD x 1-1 a b
RPUSH l a
XINFO STREAM none NONSENSE
XINFO STREAM str NONSENSE
XINFO STREAM x NONSENSE
XINFO STREAM none FULL COUNT nonsense
XINFO STREAM str FULL NONSENSE
XINFO STREAM x FULL COUNT nonsense
XINFO STREAM x FULL COUNT
XINFO CONSUMERS none g
XINFO CONSUMERS str g
XINFO CONSUMERS x g
XINFO GROUPS str
LREM none nonsense a
LREM str nonsense a
LREM str 1 a
LREM l nonsense a
`},
	{"errors of Lua that a NUL ends", `
EVAL "x\x00y z" 0
EVAL "return 'a\x00b" 0
EVAL "a b\x00c" 0
SCRIPT LOAD "a b\x00c"
FUNCTION LOAD "#!lua name=a\na b\x00c"
`},
}
