package integration

import (
	"strings"
	"testing"
)

// TestDiffRenamed renames keys of every type to names of all shards and back, and has every kind of reader and writer meet
// them there: their items stay in the shard where they were made.
func TestDiffRenamed(t *testing.T) {
	t.Parallel()
	var scripts []script
	for _, to := range []string{"b", "c", "d", "e"} {
		scripts = append(scripts, script{"renamed to " + to, strings.ReplaceAll(renamedLines, "$", to)})
	}
	diff(t, scripts)
}

const renamedLines = `
FLUSHALL
[times 700] RPUSH list v%i
[times 700] ZADD zset %i m%i
HSET hash f 1 g 2 h 3
SADD set 1 2 3 a
XADD stream 1-1 f v
XADD stream 2-1 f v
XGROUP CREATE stream g 0
XREADGROUP GROUP g c COUNT 1 STREAMS stream >
SETRANGE long 60000 end
SET short v
RENAME list list$
RENAME zset zset$
RENAME hash hash$
RENAME set set$
RENAME stream stream$
RENAME long long$
RENAME short short$
EXISTS list zset hash set stream long short
LRANGE list$ 0 -1
LINDEX list$ 350
LINSERT list$ BEFORE v9 new
LREM list$ 1 v8
LINDEX list$ 350
LPOP list$ 3
RPOP list$
ZRANGE zset$ 0 -1 WITHSCORES
ZRANK zset$ m350
ZADD zset$ 1.5 new
ZRANGE zset$ 300 310
ZPOPMIN zset$ 2
ZCOUNT zset$ 10 400
HMGET hash$ f g h x
HINCRBY hash$ f 5
HLEN hash$
SMISMEMBER set$ 1 2 a b
SCARD set$
SADD set$ b
XRANGE stream$ - +
XPENDING stream$ g
XADD stream$ 3-1 f v
XREADGROUP GROUP g c STREAMS stream$ >
XACK stream$ g 1-1 2-1
XINFO GROUPS stream$
GETRANGE long$ 59990 -1
SETRANGE long$ 100 mid
STRLEN long$
APPEND long$ more
GETRANGE long$ 95 105
COPY zset$ copy
ZCARD copy
SINTERCARD 2 set$ set$
SUNIONSTORE union set$ set$
SCARD union
ZUNIONSTORE zunion 2 zset$ copy
ZSCORE zunion m350
SORT list$ ALPHA LIMIT 0 5
MULTI
LLEN list$
RPUSH list$ in-exec
HGET hash$ f
EXEC
EVAL "redis.call('RENAME',KEYS[1],KEYS[2]) return {redis.call('LLEN',KEYS[2]),redis.call('LINDEX',KEYS[2],-1)}" 2 list$ list
EVAL "redis.call('RENAME',KEYS[1],KEYS[2]) redis.call('DEL',KEYS[2]) return redis.pcall('INCR',KEYS[3])" 3 hash$ gone short$
EXISTS gone hash$
RENAMENX zset$ copy
RENAMENX zset$ fresh
ZCARD fresh
MOVE fresh 3
SELECT 3
ZCARD fresh
ZRANK fresh m350
RENAME fresh back
DUMP nosuch
SELECT 0
SWAPDB 0 3
ZCARD back
SWAPDB 0 3
RENAME set$ list
SCARD list
RENAME stream$ stream
XLEN stream
XREAD COUNT 1 STREAMS stream 0
EXPIRE stream 100
RENAME stream stream$
TTL stream$
SET long$ over
GET long$
DEL list stream$ zunion union copy
FLUSHDB
DBSIZE
SELECT 3
DBSIZE
ZRANGE back 0 3
FLUSHALL
`
