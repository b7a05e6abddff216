package integration

import "testing"

func TestDiffHashes(t *testing.T) { diff(t, hashScripts) }

var hashScripts = []script{
	{"hset hget", `
HSET h f v
HSET h f w
HSET h f x g y
HSET h a 1 b 2 c 3 a 4
HGET h f
HGET h a
HGET h nosuch
HGET nosuch f
HGET h
HGET h f g
HGET
HSET h
HSET h f
HSET h f v g
HSET h "" ""
HGET h ""
HSET h "\x00\xff" "\r\n"
HGET h "\x00\xff"
HLEN h
HLEN nosuch
HLEN
HLEN h x
HEXISTS h f
HEXISTS h nosuch
HEXISTS nosuch f
HEXISTS h
HSTRLEN h f
HSTRLEN h nosuch
HSTRLEN nosuch f
HSTRLEN h
HSETNX h f no
HSETNX h new yes
HSETNX fresh f v
HGET h f
HGET h new
HSETNX h f
HSETNX h f v w
HMSET h x 1 y 2
HMSET h x 1 y
HMSET h x
HMSET h
HMGET h x y nosuch x
HMGET nosuch a b
HMGET h
HMGET h x
TYPE h
HSET h big <100000*x>
HSTRLEN h big
HGET h big
`},
	{"whole hash", `
HGETALL nosuch
HKEYS nosuch
HVALS nosuch
HSET h a 1 b 2 c 3
[pairs] HGETALL h
[sorted] HKEYS h
[sorted] HVALS h
HGETALL
HGETALL h x
HKEYS h x
HVALS h x
[times 600] HSET big f%i v%i
HLEN big
[pairs] HGETALL big
[sorted] HKEYS big
[sorted] HVALS big
OBJECT ENCODING h
OBJECT ENCODING big
HDEL big f<1..590>
HLEN big
[pairs] HGETALL big
OBJECT ENCODING big
`},
	{"hdel", `
HSET h a 1 b 2 c 3
HDEL h a
HDEL h a
HDEL h nosuch b b
HLEN h
HDEL nosuch a
HDEL h
HDEL
HDEL h c
EXISTS h
TYPE h
HSET h a 1
EXPIRE h 100
HDEL h a
HSET h a 1
TTL h
`},
	{"hash counters", `
HINCRBY h f 5
HINCRBY h f -3
HINCRBY h f 0
HGET h f
HSET h f 9223372036854775807
HINCRBY h f 1
HINCRBY h f -1
HSET h f -9223372036854775808
HINCRBY h f -1
HINCRBY h f abc
HINCRBY h f 1.5
HINCRBY h f ""
HINCRBY h f 9223372036854775808
HSET h f abc
HINCRBY h f 1
HSET h f " 1"
HINCRBY h f 1
HSET h f "1 "
HINCRBY h f 1
HSET h f ""
HINCRBY h f 1
HSET h f 01
HINCRBY h f 1
HSET h f 1.5
HINCRBY h f 1
HINCRBY h f
HINCRBY h f 1 2
HINCRBY nosuch f abc
EXISTS nosuch
HINCRBYFLOAT h f 1.5
HINCRBYFLOAT h f -3
HINCRBYFLOAT h g 0.1
HINCRBYFLOAT h g 0.2
HINCRBYFLOAT h g 1e5
HINCRBYFLOAT h g 1e300
HGET h g
HINCRBYFLOAT h n 3.141592653589793238
HINCRBYFLOAT h n 1e-10
HINCRBYFLOAT h n abc
HINCRBYFLOAT h n inf
HINCRBYFLOAT h n -inf
HINCRBYFLOAT h n nan
HINCRBYFLOAT h n ""
HINCRBYFLOAT h n " 1"
HSET h bad abc
HINCRBYFLOAT h bad 1
HSET h bad " 1"
HINCRBYFLOAT h bad 1
HSET h bad "1 "
HINCRBYFLOAT h bad 1
HSET h bad ""
HINCRBYFLOAT h bad 1
HINCRBYFLOAT h f
HINCRBYFLOAT h f 1 2
HINCRBYFLOAT nosuch f abc
EXISTS nosuch
HSET t f 1
EXPIRE t 100
HINCRBY t f 1
HINCRBYFLOAT t f 1
[approx 1] TTL t
HSET h s 10.50
HINCRBYFLOAT h s 0.1
HSET h s 5.0e3
HINCRBYFLOAT h s 2.0e2
HSET h s 17179869184
HINCRBYFLOAT h s 1
`},
	{"hrandfield", `
HRANDFIELD nosuch
HRANDFIELD nosuch 5
HRANDFIELD nosuch -5
HRANDFIELD nosuch 5 WITHVALUES
HSET one f v
HRANDFIELD one
HRANDFIELD one 1
HRANDFIELD one 5
HRANDFIELD one -3
HRANDFIELD one 1 WITHVALUES
HRANDFIELD one -3 WITHVALUES
HRANDFIELD one 3 withvalues
HRANDFIELD one 0
HRANDFIELD one 0 WITHVALUES
HSET h a 1 b 1 c 1 d 1 e 1
[kind] HRANDFIELD h
[kind] HRANDFIELD h 3
[kind] HRANDFIELD h -8
[sorted] HRANDFIELD h 5
[sorted] HRANDFIELD h 50
[pairs] HRANDFIELD h 5 WITHVALUES
[kind] HRANDFIELD h 2 WITHVALUES
[kind] HRANDFIELD h -9 WITHVALUES
HRANDFIELD h abc
HRANDFIELD h 1.5
HRANDFIELD h 1 FOO
HRANDFIELD h 1 WITHVALUES FOO
HRANDFIELD h WITHVALUES
HRANDFIELD h 9223372036854775807 WITHVALUES
HRANDFIELD h -9223372036854775808
HRANDFIELD h -9223372036854775808 WITHVALUES
HRANDFIELD h -4611686018427387905 WITHVALUES
HRANDFIELD h 9223372036854775808
HRANDFIELD
HRANDFIELD nosuch abc
[times 200] HSET big f%i v
[kind] HRANDFIELD big 150
[kind] HRANDFIELD big 10
[kind] HRANDFIELD big -300
[sorted] HRANDFIELD big 200
`},
	{"hscan", `
HSCAN nosuch 0
HSET h a 1 b 2 c 3
[scan] HSCAN h 0
[scan] HSCAN h 0 COUNT 1
[scan] HSCAN h 0 MATCH b
[scan] HSCAN h 0 MATCH [ab] COUNT 100
[scan] HSCAN h 0 count 5 match *
[scan] HSCAN h 0 MATCH nosuch*
HSCAN h abc
[class] HSCAN h -1
HSCAN h 0 COUNT 0
HSCAN h 0 COUNT -1
HSCAN h 0 COUNT abc
HSCAN h 0 COUNT
HSCAN h 0 MATCH
HSCAN h 0 FOO
HSCAN h 0 FOO 1
HSCAN h 0 TYPE hash
HSCAN h
HSCAN
HSCAN h 1.5
[class] HSCAN h ""
HSCAN nosuch abc
HSCAN nosuch 0 COUNT 0
[times 700] HSET big field%i value%i
[scan] HSCAN big 0
[scan] HSCAN big 0 COUNT 100
[scan] HSCAN big 0 MATCH field1*
[scan] HSCAN big 0 COUNT 10000 MATCH *9
`},
	{"expired hash", `
HSET h a 1 b 2
PEXPIRE h 20
sleep 40
HGET h a
HLEN h
HGETALL h
HEXISTS h a
HDEL h a
HINCRBY h n 1
HLEN h
TTL h
PEXPIRE h 20
sleep 40
HSET h z 1
[pairs] HGETALL h
PEXPIRE h 20
sleep 40
HSETNX h z 2
HMGET h z a
`},
}
