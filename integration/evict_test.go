package integration

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var evictionPolicies = []string{"allkeys-lru", "allkeys-lfu", "allkeys-lrs", "allkeys-lrm", "allkeys-random",
	"volatile-lru", "volatile-lfu", "volatile-lrs", "volatile-lrm", "volatile-random", "volatile-ttl"}

// infoNumber is a field of INFO.
func infoNumber(t testing.TB, c *conn, field string) int64 {
	t.Helper()
	for line := range strings.SplitSeq(c.must(t, "INFO", "everything").text, "\r\n") {
		if text, ok := strings.CutPrefix(line, field+":"); ok {
			n, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatal("INFO has no field " + field)
	return 0
}

// Ten values of 1 MB fit under a limit of 10.1 MB, and the eleventh takes the place of one.
func TestTenLargeValues(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	const limit = 10_100_000
	s := startLarder(t, "--maxmemory", strconv.Itoa(limit))
	c := dial(t, s)
	large := strings.Repeat("x", 1_000_000)
	for _, policy := range evictionPolicies {
		c.must(t, "CONFIG", "SET", "maxmemory-policy", policy)
		c.must(t, "FLUSHALL")
		for i := range 25 {
			c.must(t, "SET", fmt.Sprint("k", i), large, "EX", strconv.Itoa(10_000+i))
			if n, want := c.must(t, "DBSIZE").text, strconv.Itoa(min(i+1, 10)); n != want {
				t.Fatalf("%s: %s keys after %d values, want %s", policy, n, i+1, want)
			}
		}
		if used := infoNumber(t, c, "used_memory"); used > limit || used < limit-1_000_000 {
			t.Errorf("%s: used_memory is %d", policy, used)
		}
		if n := c.must(t, "EXISTS", "k24").text; n != "1" {
			t.Errorf("%s: the newest value is gone", policy)
		}
	}
	if v, _ := c.do("SET", "giant", strings.Repeat("x", limit+1)); v.class() != "-OOM" {
		t.Errorf("a value above the limit: %v", v)
	}
	if n := c.must(t, "DBSIZE").text; n != "10" {
		t.Errorf("it evicted: %s keys are left", n)
	}
	const reached = "has reached maxmemory"
	eventually(t, "it is logged", func() bool { return strings.Contains(s.log.String(), reached) })
	if n := strings.Count(s.log.String(), reached); n != 1 {
		t.Errorf("the first eviction was logged %d times", n)
	}
}

func TestOutOfMemory(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	const refusal = "OOM command not allowed when used memory > 'maxmemory'."
	c := dial(t, startLarder(t, "--maxdisk", "10kb"))
	c.must(t, "SET", "k", strings.Repeat("x", 9000))
	refused := func(want string, words ...string) {
		t.Helper()
		if v, _ := c.do(words...); !v.isError() || !strings.HasPrefix(v.text, want) {
			t.Errorf("%.40q: %v, want %s", words, v, want)
		}
	}
	refused(refusal, "SET", "k2", strings.Repeat("x", 2000))
	refused(refusal, "APPEND", "k", strings.Repeat("x", 2000))
	refused(refusal, "RPUSH", "l", strings.Repeat("x", 2000))
	c.must(t, "SET", "k", strings.Repeat("y", 9000)) // takes no more room than it gives back
	c.must(t, "GETRANGE", "k", "0", "1")
	c.must(t, "EXPIRE", "k", "1000")
	c.must(t, "MULTI")
	c.must(t, "SET", "k2", strings.Repeat("x", 2000))
	refused("EXECABORT Transaction discarded because of: "+refusal, "EXEC")

	c.must(t, "CONFIG", "SET", "maxmemory", "8kb")
	refused(refusal, "INCR", "n")
	refused(refusal, "EVAL", "return redis.call('set','n',1)", "1", "n")
	refused(refusal, "EVAL", "#!lua\nreturn 1", "0")
	c.must(t, "EVAL", "#!lua flags=allow-oom\nreturn redis.call('set','n',1)", "1", "n")
	c.must(t, "EVAL", "return redis.call('get','k')", "1", "k")
	c.must(t, "MULTI")
	refused(refusal, "GET", "k")
	refused("EXECABORT Transaction discarded because of previous errors.", "EXEC")
	c.must(t, "DEL", "k")
	c.must(t, "INCR", "n")
}

// Those who watch, cache or listen hear of an eviction as of a deletion.
func TestEvictionIsADelete(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	s := startLarder(t, "--notify-keyspace-events", "KEA", "--maxmemory-policy", "allkeys-lru")
	c, watcher, caching, listener := dial(t, s), dial(t, s), dial(t, s), dial(t, s)
	c.must(t, "SET", "k", strings.Repeat("x", 1000))
	c.must(t, "EXPIRE", "k", "1000")
	watcher.must(t, "WATCH", "k")
	caching.must(t, "HELLO", "3")
	caching.must(t, "CLIENT", "TRACKING", "ON")
	caching.must(t, "GET", "k")
	listener.must(t, "SUBSCRIBE", "__keyevent@0__:evicted")
	c.must(t, "CONFIG", "SET", "maxmemory", "100")
	if v, _ := listener.receive(); v.kind != '*' || v.texts()[2] != "k" {
		t.Errorf("the event: %v", v)
	}
	if v, _ := caching.receive(); v.kind != '>' || v.list[0].text != "invalidate" {
		t.Errorf("the invalidation: %v", v)
	}
	watcher.must(t, "MULTI")
	watcher.must(t, "PING")
	if v, _ := watcher.do("EXEC"); !v.null {
		t.Errorf("EXEC after the eviction of a watched key: %v", v)
	}
	if n := infoNumber(t, c, "evicted_keys"); n != 1 {
		t.Errorf("evicted_keys is %d", n)
	}
	c.must(t, "CONFIG", "RESETSTAT")
	if n := infoNumber(t, c, "evicted_keys"); n != 0 {
		t.Errorf("evicted_keys is %d after CONFIG RESETSTAT", n)
	}
}

// What MEMORY USAGE says of all keys adds up to used_memory, with a limit and without, settled or not.
func TestUsedMemoryAddsUp(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	s := startLarder(t)
	c := dial(t, s)
	sum := func(when string) {
		t.Helper()
		total := int64(0)
		for _, k := range c.must(t, "KEYS", "*").texts() {
			n, err := strconv.ParseInt(c.must(t, "MEMORY", "USAGE", k).text, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			total += n
		}
		if used := infoNumber(t, c, "used_memory"); used != total {
			t.Errorf("%s: used_memory is %d, the keys' sum %d", when, used, total)
		}
		if v := c.must(t, "CACHE", "CHECK"); v.list[1].text != "sound" {
			t.Errorf("%s: %v", when, v)
		}
	}
	fill := func(size int) {
		for i := range 100 {
			k := strconv.Itoa(i % 70)
			c.must(t, "SET", "s"+k, strings.Repeat("x", size*i))
			c.must(t, "HSET", "h"+k, strconv.Itoa(i), strings.Repeat("y", size))
			c.must(t, "RPUSH", "l"+k, k, k)
			c.must(t, "ZADD", "z"+k, k, k)
			c.must(t, "CACHE", "SET", "t"+k, k, "TAG", "2", "even", strconv.Itoa(i))
			c.must(t, "CACHE", "TAG", "h"+k, strconv.Itoa(i))
			c.must(t, "CACHE", "UNTAG", "h"+k, strconv.Itoa(i-7))
			c.must(t, "INCR", "t"+k)
		}
		c.must(t, "DEL", "leased", "tagged")
		token := c.must(t, "CACHE", "GETLEASE", "leased").list[1].text
		c.must(t, "CACHE", "SETLEASE", "leased", token, strings.Repeat("x", size), "EX", "1000")
		c.must(t, "CACHE", "TAG", "l1", "list") // lists and sets are built anew by these
		c.must(t, "LINSERT", "l1", "BEFORE", "1", "0")
		members := []string{"SADD", "tagged"}
		for i := range 1000 {
			members = append(members, strconv.Itoa(i))
		}
		c.must(t, members...)
		c.must(t, "CACHE", "TAG", "tagged", "set")
		c.must(t, "SPOP", "tagged", "900")
	}
	fill(3)
	sum("fresh")
	time.Sleep(2500 * time.Millisecond) // the memtable settles when it is idle
	fill(7)
	sum("overwritten")
	c.must(t, "CONFIG", "SET", "maxmemory", "100mb")
	fill(5)
	c.must(t, "DEL", "s1", "h1", "l1")
	c.must(t, "RENAME", "s2", "s3")
	sum("under a limit")
	s.term(t)
	s.restart(t)
	c = dial(t, s)
	sum("after a restart")
}

// Counters add up and one of many wins the race for a name, while the cache is full of other keys.
func TestRacesUnderALimit(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	s := startLarder(t, "--maxmemory", "300kb", "--maxmemory-policy", "volatile-lru")
	const clients, rounds = 16, 150
	var wins [rounds]atomic.Int32
	var all sync.WaitGroup
	for w := range clients {
		c := dial(t, s)
		all.Go(func() {
			for i := range rounds {
				for _, words := range [][]string{
					{"SET", fmt.Sprintf("filler:%d:%d", w, i), strings.Repeat("f", 500), "EX", "1000"},
					{"INCR", "counter"},
				} {
					if v, _ := c.do(words...); v.isError() {
						t.Errorf("%.40q: %v", words, v)
						return
					}
				}
				if v, _ := c.do("SET", fmt.Sprint("race:", i), strconv.Itoa(w), "NX"); v.text == "OK" {
					wins[i].Add(1)
				}
			}
		})
	}
	all.Wait()
	c := dial(t, s)
	if n := c.must(t, "GET", "counter").text; n != strconv.Itoa(clients*rounds) {
		t.Errorf("the counter is at %s, want %d", n, clients*rounds)
	}
	for i := range wins {
		if n := wins[i].Load(); n != 1 {
			t.Errorf("race %d has %d winners", i, n)
		}
	}
	endsWithin(t, c, 300<<10)
}

// A cache that nobody writes to frees what has expired, and the file shrinks.
func TestExpiryWithoutWrites(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	c := dial(t, startLarder(t))
	for i := range 2000 {
		c.must(t, "SET", fmt.Sprint("k", i), strings.Repeat("x", 2000), "PX", "1500")
	}
	deadline := time.Now().Add(20 * time.Second)
	for infoNumber(t, c, "used_memory") > 0 && time.Now().Before(deadline) {
		time.Sleep(50 * time.Millisecond)
	}
	if used := infoNumber(t, c, "used_memory"); used != 0 {
		t.Errorf("used_memory is %d long after everything has expired", used)
	}
	for infoNumber(t, c, "pending_bytes") > 0 && time.Now().Before(deadline) {
		time.Sleep(50 * time.Millisecond)
	}
	if n := infoNumber(t, c, "pending_bytes"); n != 0 {
		t.Errorf("%d bytes wait for the sweep", n)
	}
	if n := infoNumber(t, c, "expired_keys"); n != 2000 {
		t.Errorf("expired_keys is %d", n)
	}
}

// What goes is what was needed and at most one value more, whatever the sizes: values of 1 MB and of 100 bytes.
func TestEvictsNoMoreThanNeeded(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	const limit, large = 8 << 20, 1 << 20
	c := dial(t, startLarder(t, "--maxmemory", strconv.Itoa(limit)))
	for _, policy := range []string{"allkeys-lru", "volatile-ttl"} {
		c.must(t, "FLUSHALL")
		c.must(t, "CONFIG", "SET", "maxmemory-policy", policy)
		evicted, full := infoNumber(t, c, "evicted_keys"), false
		for i := range 36 {
			size := 100
			if i%2 == 0 {
				size = large
			}
			c.must(t, "CACHE", "SET", fmt.Sprint(i), strings.Repeat("x", size), "EX", strconv.Itoa(1000+i*7%60), "TAG", "1", "tag")
			used := infoNumber(t, c, "used_memory")
			full = full || infoNumber(t, c, "evicted_keys") > evicted
			if used > limit || full && used < limit-2*large { // the last value fits, one more went
				t.Errorf("%s: %d of %d bytes are used after write %d", policy, used, limit, i)
			}
		}
		if !full {
			t.Errorf("%s: nothing was evicted", policy)
		}
		if n := len(c.tagged(t, "tag")); int64(n) != c.size(t) {
			t.Errorf("%s: %d keys have the tag that all of %d have", policy, n, c.size(t))
		}
		if v := c.must(t, "CACHE", "CHECK"); v.list[1].text != "sound" {
			t.Errorf("%s: %v", policy, v)
		}
	}
}

// One evicted giant makes all the room it took, though its rows are still to be swept: nothing else goes.
func TestOneEvictedGiant(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	const limit, piece = 12 << 20, 64 << 10
	c := dial(t, startLarder(t, "--maxmemory", strconv.Itoa(limit), "--maxmemory-policy", "volatile-ttl"))
	for i := range 130 {
		c.must(t, "HSET", "giant", strconv.Itoa(i), strings.Repeat("g", piece))
	}
	c.must(t, "EXPIRE", "giant", "1000")
	giant, err := strconv.ParseInt(c.must(t, "MEMORY", "USAGE", "giant").text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	written := 0
	for ; infoNumber(t, c, "evicted_keys") == 0; written++ {
		c.must(t, "SET", fmt.Sprint(written), strings.Repeat("x", piece), "EX", "5000")
	}
	if n := c.must(t, "EXISTS", "giant").text; n != "0" {
		t.Error("the giant is still there")
	}
	for more := giant/piece - 2; more > 0; more-- {
		c.must(t, "SET", fmt.Sprint(written), strings.Repeat("x", piece), "EX", "5000")
		written++
	}
	if n := infoNumber(t, c, "evicted_keys"); n != 1 || c.size(t) != int64(written) {
		t.Errorf("%d keys were evicted, %d of %d are left", n, c.size(t), written)
	}
}
