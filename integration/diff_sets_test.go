package integration

import "testing"

func TestDiffSets(t *testing.T) { t.Parallel(); diff(t, setScripts) }

var setScripts = []script{
	{"add and remove", `
SADD s a
SADD s a
SADD s a b c c
SCARD s
[sorted] SMEMBERS s
SISMEMBER s a
SISMEMBER s z
SISMEMBER nosuch a
SISMEMBER s
SISMEMBER s a b
SMISMEMBER s a z b
SMISMEMBER nosuch a b
SMISMEMBER s
SMISMEMBER s a
SREM s a
SREM s a
SREM s b nosuch c
EXISTS s
SREM nosuch a
SREM s
SADD s
SADD
SCARD nosuch
SCARD
SCARD a b
SMEMBERS nosuch
SMEMBERS
SMEMBERS a b
SADD i 1 2 3
SADD i 2 10 -5 9223372036854775807 -9223372036854775808
[sorted] SMEMBERS i
OBJECT ENCODING i
SADD i 9223372036854775808
SISMEMBER i 9223372036854775808
SISMEMBER i 01
SADD bin "" "\x00\xff" "\r\n"
[sorted] SMEMBERS bin
SISMEMBER bin ""
[times 600] SADD big m%i
SCARD big
[sorted] SMEMBERS big
OBJECT ENCODING big
[times 600] SADD bigint %i
SCARD bigint
OBJECT ENCODING bigint
SREM big m<1..599>
[sorted] SMEMBERS big
EXPIRE big 100
SADD big x
[approx 1] TTL big
SREM big x m600
SADD big x
TTL big
`},
	{"smove", `
SADD s a b
SADD d x
SMOVE s d a
SMOVE s d a
SMOVE s d nosuch
SMOVE nosuch d a
[sorted] SMEMBERS s
[sorted] SMEMBERS d
SADD s x
SMOVE s d x
SMOVE s s b
SMOVE s s nosuch
SMOVE s new b
EXISTS s
[sorted] SMEMBERS new
SMOVE s d
SMOVE s d a b
SET str v
SADD s q
SMOVE s str q
SMOVE str s q
SMOVE nosuch str q
SMOVE s str nosuch
`},
	{"spop and srandmember", `
SPOP nosuch
SPOP nosuch 5
SPOP nosuch 0
SRANDMEMBER nosuch
SRANDMEMBER nosuch 5
SRANDMEMBER nosuch -5
SADD one a
SRANDMEMBER one
SRANDMEMBER one 3
SRANDMEMBER one -3
SRANDMEMBER one 0
SPOP one 0
SPOP one
EXISTS one
SADD s a b c d e
[kind] SRANDMEMBER s
[kind] SRANDMEMBER s 3
[kind] SRANDMEMBER s -10
[sorted] SRANDMEMBER s 5
[sorted] SRANDMEMBER s 50
SRANDMEMBER s abc
SRANDMEMBER s 1.5
SRANDMEMBER s 1 2
SRANDMEMBER s 9223372036854775808
SRANDMEMBER s -9223372036854775808
SRANDMEMBER
[kind] SPOP s
SCARD s
[kind] SPOP s 2
SCARD s
SPOP s -1
SPOP s abc
SPOP s 1.5
SPOP s 1 2
SPOP s 9223372036854775808
SPOP
[kind] SPOP s 100
EXISTS s
SADD s x y z
[sorted] SPOP s 3
EXISTS s
[times 300] SADD big m%i
[kind] SPOP big 10
SCARD big
[kind] SRANDMEMBER big 100
[kind] SRANDMEMBER big 280
[kind] SPOP big 280
SCARD big
[kind] SPOP big 11
EXISTS big
SADD ints 1 2 3 4 5
[kind] SPOP ints
[kind] SPOP ints 2
SCARD ints
[kind] SRANDMEMBER ints -20
`},
	{"algebra", `
SADD a 1 2 3 4 x
SADD b 3 4 5 x
SADD c 4 x y
[sorted] SINTER a b c
[sorted] SINTER a
[sorted] SINTER a a
SINTER a nosuch
SINTER nosuch
[sorted] SUNION a b c
[sorted] SUNION a nosuch
SUNION nosuch
[sorted] SDIFF a b c
[sorted] SDIFF a
SDIFF a a
SDIFF nosuch a
[sorted] SDIFF a nosuch
[sorted] SDIFF b a
SINTER
SUNION
SDIFF
SINTERSTORE d a b
[sorted] SMEMBERS d
SINTERSTORE d a nosuch
EXISTS d
SUNIONSTORE d a b c
[sorted] SMEMBERS d
SUNIONSTORE d nosuch
EXISTS d
SDIFFSTORE d a b
[sorted] SMEMBERS d
SDIFFSTORE d a a
EXISTS d
SINTERSTORE a a b
[sorted] SMEMBERS a
SUNIONSTORE b a b
[sorted] SMEMBERS b
SDIFFSTORE b b a
[sorted] SMEMBERS b
SET str v
SUNIONSTORE str a c
TYPE str
[sorted] SMEMBERS str
EXPIRE str 100
SUNIONSTORE str a
TTL str
SET str v
SINTER a str
SINTER nosuch str
SINTER str nosuch
SUNION a str
SUNION nosuch str
SDIFF a str
SDIFF nosuch str
SINTERSTORE d a str
SINTERSTORE d nosuch str
SUNIONSTORE d a str
SDIFFSTORE d a str
SINTERSTORE d
SUNIONSTORE d
SDIFFSTORE d
SINTERSTORE str nosuch
EXISTS str
`},
	{"sintercard", `
SADD a 1 2 3 4
SADD b 2 3 4 5
SINTERCARD 1 a
SINTERCARD 2 a b
SINTERCARD 2 a nosuch
SINTERCARD 1 nosuch
SINTERCARD 2 a b LIMIT 0
SINTERCARD 2 a b LIMIT 1
SINTERCARD 2 a b limit 2
SINTERCARD 2 a b LIMIT 10
SINTERCARD 2 a b LIMIT -1
SINTERCARD 2 a b LIMIT abc
SINTERCARD 2 a b LIMIT
SINTERCARD 2 a b FOO
SINTERCARD 2 a b FOO 1
SINTERCARD 0 a
SINTERCARD -1 a
SINTERCARD abc a
SINTERCARD 3 a b
SINTERCARD 2 a
SINTERCARD 1 a b
SINTERCARD
SINTERCARD 1
SINTERCARD 2 a b LIMIT 1 LIMIT 2
SET str v
SINTERCARD 2 a str
SINTERCARD 2 nosuch str
`},
	{"sscan", `
SSCAN nosuch 0
SADD s a b c
[scan] SSCAN s 0
[scan] SSCAN s 0 COUNT 1
[scan] SSCAN s 0 MATCH [ab]
[scan] SSCAN s 0 match * count 100
SADD i 1 2 3
[scan] SSCAN i 0
[scan] SSCAN i 0 MATCH 2
SSCAN s abc
SSCAN s 0 COUNT 0
SSCAN s 0 COUNT abc
SSCAN s 0 COUNT
SSCAN s 0 FOO
SSCAN s 0 TYPE set
SSCAN s
SSCAN
SSCAN nosuch abc
[times 700] SADD big member%i
[scan] SSCAN big 0
[scan] SSCAN big 0 COUNT 77
[scan] SSCAN big 0 MATCH member*5
`},
	{"expired set", `
SADD s a b
PEXPIRE s 20
sleep 40
SCARD s
SISMEMBER s a
SMEMBERS s
SPOP s
SREM s a
SADD s c
SMEMBERS s
TTL s
PEXPIRE s 20
SADD t x
sleep 40
SMOVE t s x
SMEMBERS s
TTL s
PEXPIRE s 20
SADD t y z
sleep 40
SINTER s t
[sorted] SUNION s t
SINTERSTORE t t s
EXISTS t
`},
	{"large algebra", `
[times 300] SADD a %i
[times 300] SADD b %i0
[times 300] SADD c x%i %i
[sorted] SINTER a b
[sorted] SINTER a b c
[sorted] SDIFF b a
[sorted] SDIFF a b c
[sorted] SUNION a b
SINTERCARD 3 a b c
SINTERCARD 2 a c LIMIT 100
SUNIONSTORE u a b c
SCARD u
SDIFFSTORE e u a b
SCARD e
[sorted] SMEMBERS e
`},
}
