package integration

import "testing"

// TestDiffOrder holds the order of what Redis has in one block. Of sets of words and of lists 7.0 has none: see
// orderRows.
func TestDiffOrder(t *testing.T) { t.Parallel(); diff(t, orderScripts) }

var orderScripts = []script{
	{"hash", `
HSET h c 1 a 2 b 3
HGETALL h
HSET h a 9 d 4 c 5
HGETALL h
HDEL h c
HSET h c 6
HKEYS h
HVALS h
HINCRBY h a 1
HINCRBYFLOAT h d 0.5
HSETNX h new x
HGETALL h
HSCAN h 0 COUNT 1
HSCAN h 77 COUNT 1
HSCAN h 0 MATCH [ab]
HRANDFIELD h 10
HRANDFIELD h 10 WITHVALUES
COPY h copy
HGETALL copy
RENAME copy moved
HGETALL moved
HDEL moved a d
HGETALL moved
EVAL "return redis.call('hgetall', KEYS[1])" 1 h
HSET h wide <65*x>
OBJECT ENCODING h
HDEL h wide
OBJECT ENCODING h
`},
	{"hash past its row", `
[times 200] HSET h f%i <40*x>
HGETALL h
[times 20] HDEL h f%i
[times 20] HSET h f%i again
HSET h f100 other f300 y f100 last
HGETALL h
HSCAN h 0 COUNT 1
HMGET h f1 f100 f300 f500
HINCRBY h n 7
HKEYS h
[times 310] HSET h g%i v
HGETALL h
OBJECT ENCODING h
HSET h one more
OBJECT ENCODING h
HGET h f100
HGET h f1
HLEN h
[times 300] HDEL h g%i
OBJECT ENCODING h
[sorted] HVALS h
`},
	{"hash that shrinks", `
[times 100] HSET h f%i <40*x>
[times 95] HDEL h f%i
HGETALL h
HSET h f1 back f97 short
HGETALL h
[times 100] HSET h f%i <40*y>
HKEYS h
`},
	{"hash under other limits", `
CONFIG SET hash-max-listpack-entries 3
HSET h c 1 b 2 a 3
HGETALL h
HSET h d 4
OBJECT ENCODING h
CONFIG SET hash-max-listpack-entries 512
HSET h e 5
OBJECT ENCODING h
HSET k c 1 b 2 a 3 d 4 e 5
CONFIG SET hash-max-listpack-entries 4
HGETALL k
HDEL k c
OBJECT ENCODING k
HGETALL k
HSET k b 3
OBJECT ENCODING k
HSET k c 3
OBJECT ENCODING k
CONFIG SET hash-max-listpack-entries 0
HSET none a 1
OBJECT ENCODING none
HGETALL none
CONFIG SET hash-max-ziplist-entries 512
CONFIG SET hash-max-listpack-value 3
HSET v a abc
OBJECT ENCODING v
HSET v abcd a
OBJECT ENCODING v
CONFIG SET hash-max-listpack-value 64
`},
	{"intset", `
SADD i 5 3 9 -1 3
SMEMBERS i
SREM i 3
SADD i 4
SMEMBERS i
SSCAN i 0 COUNT 1
SSCAN i 5 COUNT 1
SADD j 9 4 7
SINTER i j
SUNION i j
SDIFF i j
SINTERSTORE d i j
SMEMBERS d
SUNIONSTORE d i j
SMEMBERS d
OBJECT ENCODING d
SDIFFSTORE d i j
SMEMBERS d
SORT i BY nosort
SORT i BY nosort LIMIT 1 2
SORT i BY nosort DESC
SMOVE i j 9
SMOVE i j 5
SMEMBERS j
COPY j k
SMEMBERS k
SPOP k 100
[times 300] SADD big %i0000000000000000
SMEMBERS big
SADD big -5
SREM big 10000000000000000
SMEMBERS big
SSCAN big 0 COUNT 1
[times 212] SADD big %i
OBJECT ENCODING big
SMEMBERS big
SADD big 0
OBJECT ENCODING big
SINTERSTORE d big i
SMEMBERS d
OBJECT ENCODING d
CONFIG SET set-max-intset-entries 2
SADD two 1 2
OBJECT ENCODING two
SADD two 3
OBJECT ENCODING two
CONFIG SET set-max-intset-entries 512
`},
	{"sorted set", `
ZADD z 3 c 1 a 2 b 1 aa
ZSCAN z 0 COUNT 1
ZSCAN z 9 COUNT 1
ZADD z 5 a
ZSCAN z 0
ZRANDMEMBER z 10
ZRANDMEMBER z 10 WITHSCORES
ZSCAN z 0 MATCH a*
COPY z y
ZSCAN y 0
SORT y BY nosort
OBJECT ENCODING y
OBJECT ENCODING z
SORT_RO z BY nosort ALPHA
SORT z ALPHA
OBJECT ENCODING z
ZRANGE z 0 -1 WITHSCORES
[times 120] ZADD big %i member-<30*x>-%i
ZSCAN big 0 COUNT 1
ZRANDMEMBER big 1000
ZADD big 0.5 member-<30*x>-50
ZREM big member-<30*x>-1
ZSCAN big 0
[times 100] ZREM big member-<30*x>-%i
ZSCAN big 0
ZINCRBY big 50 member-<30*x>-110
ZSCAN big 0
ZADD other 1 only
ZUNIONSTORE d 2 big other
OBJECT ENCODING d
ZSCAN d 0
ZRANGESTORE d big 0 4
ZSCAN d 0
`},
	{"sorting a sorted set is no change", `
ZADD z 1 a 2 b
WATCH z
@other SORT z ALPHA
MULTI
ZCARD z
EXEC
`},
	{"what is kept of sets", `
SADD words b a
SADD i 1 2 3
SINTERSTORE d words i
EXISTS d
SADD mixed 3 1 x
SINTERSTORE d i mixed
SMEMBERS d
OBJECT ENCODING d
SORT i BY nosort STORE l
LRANGE l 0 -1
`},
}
