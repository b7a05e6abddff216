package integration

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Faults that servers of this kind, a Redis protocol over SQL tables, are known to have had.
// Each test plays on the whole server, once with one shard and once with three.

// onEachForm runs fn against servers of one and of several shards.
func onEachForm(t *testing.T, fn func(*testing.T, *conn)) {
	needsLarder(t)
	for _, shards := range []string{"1", "3"} {
		t.Run("shards "+shards, func(t *testing.T) {
			fn(t, dial(t, startLarder(t, "--shards", shards)))
		})
	}
}

// expect sends a line and compares the reply as redis-cli would show it on one line.
func (c *conn) expect(t *testing.T, line, want string) {
	t.Helper()
	words, err := splitWords(line)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := c.do(words...); got.String() != want {
		t.Errorf("%s: %s, want %s", line, got, want)
	}
}

func TestInsertAtOnePivot(t *testing.T) {
	t.Parallel()
	onEachForm(t, func(t *testing.T, c *conn) {
		const n = 20_000
		c.must(t, "RPUSH", "l", "front", "pivot", "back")
		var pipeline strings.Builder
		for i := range n {
			pipeline.Write(encode("LINSERT", "l", "AFTER", "pivot", strconv.Itoa(i)))
		}
		go c.Write([]byte(pipeline.String())) // replies come while it is being sent
		for i := range n {
			if v, _ := c.receive(); v.text != strconv.Itoa(i+4) {
				t.Fatalf("insert %d: %v", i, v)
			}
		}
		want := []string{"front", "pivot"}
		for i := range n {
			want = append(want, strconv.Itoa(n-1-i))
		}
		want = append(want, "back")
		if got := c.must(t, "LRANGE", "l", "0", "-1").texts(); !slices.Equal(got, want) {
			t.Errorf("the list has %d elements, or they are out of order", len(got))
		}
		c.expect(t, "LINDEX l 5001", `"15000"`)
		c.expect(t, "LINDEX l -1", `"back"`)
	})
}

func TestFortyThousandKeysInOneCommand(t *testing.T) {
	t.Parallel()
	onEachForm(t, func(t *testing.T, c *conn) {
		const n = 40_000
		var keys, pairs, fields []string
		for i := range n {
			k := fmt.Sprintf("key:%d", i)
			keys = append(keys, k)
			pairs = append(pairs, k, strconv.Itoa(i))
			fields = append(fields, strconv.Itoa(i))
		}
		c.must(t, append([]string{"MSET"}, pairs...)...)
		if got := c.must(t, append([]string{"MGET"}, keys...)...).texts(); !slices.Equal(got, fields) {
			t.Errorf("MGET gives %d values, or they are out of order", len(got))
		}
		for _, name := range []string{"EXISTS", "TOUCH", "DEL"} {
			if v := c.must(t, append([]string{name}, keys...)...); v.text != strconv.Itoa(n) {
				t.Errorf("%s: %v", name, v)
			}
		}
		c.expect(t, "DBSIZE", ":0")
		c.must(t, append([]string{"HSET", "h"}, pairs...)...)
		c.must(t, append([]string{"SADD", "s"}, keys...)...)
		if got := c.must(t, append([]string{"HMGET", "h"}, keys...)...).texts(); !slices.Equal(got, fields) {
			t.Errorf("HMGET gives %d values, or they are out of order", len(got))
		}
		if v := c.must(t, append([]string{"HDEL", "h"}, keys...)...); v.text != strconv.Itoa(n) {
			t.Errorf("HDEL: %v", v)
		}
		if v := c.must(t, append([]string{"SREM", "s"}, keys...)...); v.text != strconv.Itoa(n) {
			t.Errorf("SREM: %v", v)
		}
		c.expect(t, "DBSIZE", ":0")
	})
}

// A key that has expired but is still on disk is absent for reads, and writes start afresh.
func TestExpiredKeysStartAfresh(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	for _, shards := range []string{"1", "3"} {
		t.Run("shards "+shards, func(t *testing.T) {
			c := dial(t, startLarder(t, "--shards", shards, "--enable-debug-command", "yes"))
			c.must(t, "DEBUG", "SET-ACTIVE-EXPIRE", "0")
			names := []string{"n", "h", "l", "s", "z", "a", "nx", "moved", "gone"}
			c.must(t, "SET", "n", "5")
			c.must(t, "HSET", "h", "f", "5", "old", "1")
			c.must(t, "RPUSH", "l", "old")
			c.must(t, "SADD", "s", "old")
			c.must(t, "ZADD", "z", "1", "old")
			for _, k := range []string{"a", "nx", "moved", "gone"} {
				c.must(t, "SET", k, "old")
			}
			for _, k := range names {
				c.must(t, "PEXPIRE", k, "1")
			}
			time.Sleep(20 * time.Millisecond)
			c.expect(t, "DBSIZE", ":9")
			c.expect(t, "INCR n", ":1")
			c.expect(t, "HSET h new 2", ":1")
			c.expect(t, "HINCRBY h f 3", ":3")
			c.expect(t, "LPUSHX l no", ":0")
			c.expect(t, "LPUSH l new", ":1")
			c.expect(t, "SADD s new", ":1")
			c.expect(t, "ZINCRBY z 2 old", `"2"`)
			c.expect(t, "APPEND a x", ":1")
			c.expect(t, "SET nx 1 NX", "+OK")
			c.expect(t, "RENAME moved elsewhere", `(error) "ERR no such key"`)
			c.expect(t, "GET gone", "(nil)")
			c.expect(t, "GET n", `"1"`)
			c.expect(t, "HGET h old", "(nil)")
			c.expect(t, "HLEN h", ":2")
			c.expect(t, "LRANGE l 0 -1", `*["new"]`)
			c.expect(t, "SMEMBERS s", `*["new"]`)
			c.expect(t, "ZRANGE z 0 -1 WITHSCORES", `*["old" "2"]`)
			for _, k := range []string{"n", "h", "l", "s", "z", "a", "nx"} {
				c.expect(t, "TTL "+k, ":-1")
			}
		})
	}
}

func TestEmptyCollectionsVanish(t *testing.T) {
	t.Parallel()
	onEachForm(t, func(t *testing.T, c *conn) {
		c.must(t, "HSET", "h", "f", "v")
		c.must(t, "RPUSH", "l", "a", "b")
		c.must(t, "SADD", "s", "m")
		c.must(t, "ZADD", "z", "1", "m")
		c.expect(t, "DBSIZE", ":4")
		c.expect(t, "HDEL h f", ":1")
		c.expect(t, "LTRIM l 5 9", "+OK")
		c.expect(t, "SPOP s", `"m"`)
		c.expect(t, "ZREMRANGEBYSCORE z -inf +inf", ":1")
		c.expect(t, "EXISTS h l s z", ":0")
		c.expect(t, "DBSIZE", ":0")
		c.expect(t, "TYPE z", "+none")
	})
}

func TestSetReplacesAnyType(t *testing.T) {
	t.Parallel()
	onEachForm(t, func(t *testing.T, c *conn) {
		for _, fill := range []string{"HSET k f v", "RPUSH k a", "SADD k m", "ZADD k 1 m"} {
			words := strings.Fields(fill)
			c.must(t, words...)
			c.must(t, "EXPIRE", "k", "100")
			c.expect(t, "SET k v", "+OK")
			c.expect(t, "GET k", `"v"`)
			c.expect(t, "TTL k", ":-1")
			c.expect(t, words[0]+" k 1 y", `(error) "WRONGTYPE Operation against a key holding the wrong kind of value"`)
			c.must(t, "DEL", "k")
		}
	})
}

func TestDatabasesAreApart(t *testing.T) {
	t.Parallel()
	onEachForm(t, func(t *testing.T, c *conn) {
		for db := range 16 {
			c.must(t, "SELECT", strconv.Itoa(db))
			c.must(t, "SET", "k", strconv.Itoa(db))
			c.must(t, "RPUSH", fmt.Sprintf("l%d", db), "x")
		}
		for db := range 16 {
			c.must(t, "SELECT", strconv.Itoa(db))
			c.expect(t, "GET k", strconv.Quote(strconv.Itoa(db)))
			c.expect(t, "DBSIZE", ":2")
		}
		c.must(t, "SELECT", "3")
		c.must(t, "FLUSHDB")
		c.expect(t, "DBSIZE", ":0")
		c.expect(t, "RANDOMKEY", "(nil)")
		c.must(t, "SELECT", "4")
		c.expect(t, "DBSIZE", ":2")
		c.expect(t, "SWAPDB 3 4", "+OK")
		c.expect(t, "DBSIZE", ":0")
		c.must(t, "SELECT", "3")
		c.expect(t, "GET k", `"4"`)
	})
}

func TestRangesToTheEnd(t *testing.T) {
	t.Parallel()
	onEachForm(t, func(t *testing.T, c *conn) {
		c.must(t, "ZADD", "z", "1", "a", "2", "b", "3", "c")
		c.must(t, "RPUSH", "l", "a", "b", "c")
		c.expect(t, "ZRANGE z 0 -1", `*["a" "b" "c"]`)
		c.expect(t, "ZREVRANGE z -2 -1", `*["b" "a"]`)
		c.expect(t, "ZRANGE z -100 100", `*["a" "b" "c"]`)
		c.expect(t, "LRANGE l 0 -1", `*["a" "b" "c"]`)
		c.expect(t, "ZREMRANGEBYRANK z 0 -1", ":3")
		c.expect(t, "EXISTS z", ":0")
	})
}

// An error inside a transaction must not leave a header of an array on the wire, and one at
// queueing must abort it.
func TestTransactionErrorsKeepTheConversation(t *testing.T) {
	t.Parallel()
	onEachForm(t, func(t *testing.T, c *conn) {
		c.must(t, "SET", "k", "text")
		c.must(t, "MULTI")
		c.must(t, "SET", "a", "1")
		c.must(t, "INCR", "k")
		c.must(t, "SET", "b", "2")
		c.expect(t, "EXEC", `*[+OK (error) "ERR value is not an integer or out of range" +OK]`)
		c.expect(t, "MGET a b", `*["1" "2"]`)
		c.must(t, "MULTI")
		c.must(t, "SET", "a", "lost")
		c.expect(t, "SET a", `(error) "ERR wrong number of arguments for 'set' command"`)
		c.expect(t, "EXEC", `(error) "EXECABORT Transaction discarded because of previous errors."`)
		c.expect(t, "GET a", `"1"`)
		c.expect(t, "PING", "+PONG")
	})
}
