package integration

import (
	"slices"
	"strings"
	"testing"
)

// typedKeys makes one key of every type, and one that is not there.
var typedKeys = []string{
	"SET str value", "RPUSH list a b", "HSET hash f v", "SADD set a b", "ZADD zset 1 a 2 b",
}

var keyNames = []string{"str", "list", "hash", "set", "zset", "nosuch"}

// keyForms are calls of the commands that have keys, K standing for a key of each type in
// turn and J for a second one. Options that are wrong only for some types have forms of their own.
var keyForms = `
APPEND K x
DECR K
DECRBY K 1
GET K
GETDEL K
GETEX K
GETEX K PERSIST
GETRANGE K 0 1
GETSET K x
INCR K
INCRBY K 1
INCRBYFLOAT K 1
LCS K J
MGET K J
MSET K 1 J 2
MSETNX K 1 J 2
PSETEX K 100000 x
SET K x
SET K x GET
SET K x NX GET
SET K x XX
SETEX K 1000 x
SETNX K x
SETRANGE K 1 x
STRLEN K
SUBSTR K 0 1
BITCOUNT K
BITCOUNT K 0 1 BIT
BITFIELD K
BITFIELD K GET u8 0
BITFIELD K SET u8 0 1
BITFIELD K OVERFLOW FAIL INCRBY u2 100 9
BITFIELD_RO K GET u8 0
BITOP AND K J
BITOP NOT J K
BITOP OR J K J
BITPOS K 1
BITPOS K 0 0 1 BIT
GETBIT K 1
SETBIT K 1 1
GEOADD K 1 1 a
GEODIST K a b
GEOHASH K a
GEOPOS K a
GEORADIUS K 1 1 1 m
GEORADIUS K x 1 1 m
GEORADIUS K 1 1 1 m STORE J
GEORADIUSBYMEMBER K a 1 m
GEORADIUSBYMEMBER K nosuch 1 m
GEORADIUSBYMEMBER_RO K a 1 m
GEORADIUS_RO K 1 1 1 m
GEOSEARCH K FROMMEMBER a BYRADIUS 1 m
GEOSEARCHSTORE J K FROMLONLAT 1 1 BYRADIUS 1 m
GEOSEARCHSTORE dest K FROMLONLAT 1 1 BYBOX 1 1 m
HDEL K f
HEXISTS K f
HGET K f
HGETALL K
HINCRBY K n 1
HINCRBYFLOAT K n 1
HKEYS K
HLEN K
HMGET K f g
HMSET K f v
HRANDFIELD K
HRANDFIELD K 2
HRANDFIELD K -2 WITHVALUES
HSCAN K 0
HSET K f v
HSETNX K f v
HSTRLEN K f
HVALS K
LINDEX K 0
LINSERT K BEFORE a x
LLEN K
LMOVE K J LEFT RIGHT
LMPOP 1 K LEFT
LMPOP 2 K J LEFT COUNT 2
LPOP K
LPOP K 0
LPOP K 2
LPOS K a
LPOS K a COUNT 0
LPUSH K x
LPUSHX K x
LRANGE K 0 -1
LREM K 0 a
LSET K 0 x
LTRIM K 0 0
RPOP K
RPOP K 0
RPOPLPUSH K J
RPUSH K x
RPUSHX K x
PFADD K a
PFCOUNT K
PFCOUNT K J
PFCOUNT J K
PFDEBUG ENCODING K
PFMERGE K J
PFMERGE J K
PFMERGE dest K J
SADD K a
SCARD K
SDIFF K J
SDIFFSTORE dest K J
SDIFFSTORE K J
SINTER K J
SINTERCARD 2 K J
SINTERSTORE dest K J
SISMEMBER K a
SMEMBERS K
SMISMEMBER K a z
SMOVE K J a
SPOP K
SPOP K 0
SPOP K 2
SRANDMEMBER K
SRANDMEMBER K 2
SREM K a
SSCAN K 0
SUNION K J
SUNIONSTORE dest K J
ZADD K 1 a
ZADD K INCR 1 a
ZADD K XX 1 a
ZCARD K
ZCOUNT K 0 1
ZDIFF 2 K J
ZDIFFSTORE dest 2 K J
ZINCRBY K 1 a
ZINTER 2 K J
ZINTERCARD 2 K J
ZINTERSTORE dest 2 K J
ZLEXCOUNT K - +
ZMPOP 1 K MIN
ZMPOP 2 K J MAX
ZMSCORE K a b
ZPOPMAX K
ZPOPMIN K
ZPOPMIN K 0
ZPOPMIN K 2
ZRANDMEMBER K
ZRANDMEMBER K 2
ZRANGE K 0 -1
ZRANGE K 0 9 BYSCORE
ZRANGE K - + BYLEX
ZRANGEBYLEX K - +
ZRANGEBYSCORE K 0 1
ZRANGESTORE dest K 0 -1
ZRANGESTORE K J 0 -1
ZRANK K a
ZREM K a
ZREMRANGEBYLEX K - +
ZREMRANGEBYRANK K 0 0
ZREMRANGEBYSCORE K 0 1
ZREVRANGE K 0 -1
ZREVRANGEBYLEX K + -
ZREVRANGEBYSCORE K 1 0
ZREVRANK K a
ZSCAN K 0
ZSCORE K a
ZUNION 2 K J
ZUNIONSTORE dest 2 K J
DEL K J
UNLINK K
EXISTS K K J
TYPE K
TOUCH K J
EXPIRE K 100
PEXPIRE K 100000
EXPIREAT K 33177117420
PEXPIREAT K 33177117420000
EXPIRETIME K
PEXPIRETIME K
TTL K
PTTL K
PERSIST K
RENAME K J
RENAMENX K J
COPY K J
COPY K J REPLACE
MOVE K 1
OBJECT REFCOUNT nosuch
`

// keyFormLines are the forms, one by one.
func keyFormLines() []string {
	return strings.Split(strings.TrimSpace(keyForms), "\n")
}

// TestEveryCommandOnEveryType runs each form on each pair of types and compares the
// replies and what is left of the keys.
func TestEveryCommandOnEveryType(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	larder, judge := dial(t, p.larder), dial(t, p.judge)
	for _, form := range keyFormLines() {
		for _, k := range keyNames {
			for _, j := range keyNames {
				if !strings.Contains(form, " J") && j != keyNames[0] {
					continue
				}
				for _, c := range []*conn{larder, judge} {
					prepare(t, c)
				}
				words := strings.Fields(form)
				for i, w := range words {
					switch w {
					case "K":
						words[i] = k
					case "J":
						words[i] = j
					}
				}
				compareOnTypes(t, larder, judge, words)
			}
		}
	}
}

// prepare empties the server and makes the typed keys, in one write.
func prepare(t *testing.T, c *conn) {
	t.Helper()
	b := encode("FLUSHALL")
	for _, line := range typedKeys {
		b = append(b, encode(strings.Fields(line)...)...)
	}
	v, _ := c.send(b)
	for range typedKeys {
		if v.isError() || v.kind == 'x' {
			t.Fatal(v)
		}
		v, _ = c.receive()
	}
}

func compareOnTypes(t *testing.T, larder, judge *conn, words []string) {
	t.Helper()
	s := &step{text: strings.Join(words, " "), words: words, times: 1, mods: map[string]string{"sorted": ""}}
	if slices.Contains([]string{"SPOP", "SRANDMEMBER", "SSCAN", "HSCAN", "ZSCAN", "HRANDFIELD", "ZRANDMEMBER"}, words[0]) {
		s.mods = map[string]string{"kind": ""}
	}
	if d := s.compare(larder, judge, 1); d != "" {
		t.Errorf("%s\n%s", s.text, d)
		return
	}
	for _, k := range append([]string{"dest"}, keyNames...) {
		after := &step{words: []string{"TYPE", k}, times: 1}
		if d := after.compare(larder, judge, 1); d != "" {
			t.Errorf("%s, and then TYPE %s\n%s", s.text, k, d)
		}
	}
}
