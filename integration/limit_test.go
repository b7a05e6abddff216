package integration

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Eight clients write as fast as they can, in pipelines, more than eviction keeps up with: the data stays
// within 5 % of the limit all the while, and within the limit once they are done.
func TestLimitHoldsUnderPressure(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	const limit, writers, pipelines, depth = 4 << 20, 8, 60, 64
	s := startLarder(t, "--maxmemory", strconv.Itoa(limit), "--maxmemory-policy", "allkeys-lru")
	var writing sync.WaitGroup
	for w := range writers {
		c := dial(t, s)
		writing.Go(func() {
			for i := range pipelines {
				var line bytes.Buffer
				for j := range depth {
					size := 100 + 1900*(j%2)
					line.Write(encode("SET", fmt.Sprintf("%d:%d:%d", w, i, j), strings.Repeat("x", size)))
				}
				v, _ := c.send(line.Bytes())
				for j := range depth {
					if v.isError() {
						t.Errorf("write %d of pipeline %d: %v", j, i, v)
						return
					}
					if j+1 < depth {
						v, _ = c.receive()
					}
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { writing.Wait(); close(done) }()
	c, most, samples := dial(t, s), int64(0), 0
	for going := true; going; samples++ {
		most = max(most, infoNumber(t, c, "used_memory"))
		select {
		case <-done:
			going = false
		default:
		}
	}
	t.Logf("at most %d of %d bytes in %d samples, %d evictions", most, limit, samples, infoNumber(t, c, "evicted_keys"))
	if most > limit+limit/20 {
		t.Errorf("used_memory was %d, more than 5 %% above the limit of %d", most, limit)
	}
	endsWithin(t, c, limit)
	if infoNumber(t, c, "evicted_keys") == 0 {
		t.Error("nothing was evicted")
	}
}

// endsWithin waits for the background to remove what writers at the same time were allowed to add above the limit.
func endsWithin(t *testing.T, c *conn, limit int64) {
	t.Helper()
	used := infoNumber(t, c, "used_memory")
	for deadline := time.Now().Add(20 * time.Second); used > limit && time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		used = infoNumber(t, c, "used_memory")
	}
	if used > limit {
		t.Errorf("used_memory ends at %d, the limit is %d", used, limit)
	}
}

// Half the limit is half the file, a moment later and though somebody goes on writing: short values and those in
// pieces leave their room to the disk.
func TestHalfTheLimitIsHalfTheFile(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	const limit = 24 << 20
	s := startLarder(t, "--shards", "1", "--maxmemory", strconv.Itoa(limit), "--maxmemory-policy", "allkeys-lru")
	c := dial(t, s)
	for i := range 10 {
		c.must(t, "SET", fmt.Sprint("large", i), strings.Repeat("l", 1<<20))
		var line bytes.Buffer
		for j := range 1000 {
			line.Write(encode("SET", fmt.Sprintf("small:%d:%d", i, j), strings.Repeat("s", 1000)))
		}
		c.send(line.Bytes())
		for range 999 {
			c.receive()
		}
	}
	volume := func() (data, file, free int64) {
		v := c.must(t, "CACHE", "VOLUME").texts()
		for i := 0; i+1 < len(v); i += 2 {
			n, _ := strconv.ParseInt(v[i+1], 10, 64)
			switch v[i] {
			case "data":
				data = n
			case "file":
				file = n
			case "free":
				free = n
			}
		}
		return data, file, free
	}
	until := func(what string, done func() bool) {
		t.Helper()
		for deadline := time.Now().Add(30 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
			c.must(t, "INCR", "written meanwhile")
			if time.Now().After(deadline) {
				data, file, free := volume()
				t.Fatalf("%s: %d bytes of data in a file of %d, %d free", what, data, file, free)
			}
		}
	}
	full := infoNumber(t, c, "used_memory")
	c.must(t, "CACHE", "CHECK") // settles
	until("written", func() bool { _, file, _ := volume(); return file > full })
	c.must(t, "CONFIG", "SET", "maxmemory", strconv.Itoa(limit/2))
	until("halved", func() bool {
		data, file, free := volume()
		return data <= limit/2 && file < full*3/4 && free < max(file/8, 1<<20)
	})
	if v := c.must(t, "CACHE", "CHECK"); v.list[1].text != "sound" {
		t.Errorf("check: %v", v)
	}
}

// Django's cache under a limit that a tenth of its keys fit in: it goes on as if there were none, but for misses.
func TestDjangoUnderALimit(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	requests := "12000"
	if os.Getenv("LARDER_TEST_LONG") != "" {
		requests = "250000" // two minutes and more
	}
	const limit = 120_000
	s := startLarder(t, "--maxmemory", strconv.Itoa(limit), "--maxmemory-policy", "allkeys-lru")
	cmd := exec.Command("/usr/bin/python3", "limited.py", requests)
	cmd.Dir = filepath.Join("clients", "django")
	cmd.Env = append(os.Environ(), "HOST=127.0.0.1", "PORT="+strconv.Itoa(s.port), "PYTHONDONTWRITEBYTECODE=1")
	var rate float64
	if _, err := fmt.Sscanf(runClient(t, cmd), "hit rate %f", &rate); err != nil {
		t.Fatal(err)
	}
	c := dial(t, s)
	t.Logf("hit rate %.3f after %s requests, %d evictions", rate, requests, infoNumber(t, c, "evicted_keys"))
	if rate < 0.5 || rate > 0.9 {
		t.Errorf("the hit rate is %.3f: an exact LRU's is about two thirds", rate)
	}
	endsWithin(t, c, limit)
	if infoNumber(t, c, "evicted_keys") == 0 {
		t.Error("nothing was evicted")
	}
}

// What a deadline cuts and what it does not. A server of one shard is kept busy by a function until it is killed.
func TestDeadlineOfBlockedAndQueued(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	s := startLarder(t, "--shards", "1", "--busy-reply-threshold", "0")
	late, busy, pusher := dial(t, s), dial(t, s), dial(t, s)
	late.must(t, "CACHE", "DEADLINE", "50")

	// A command that blocks has begun, and waits for its own timeout or an element.
	answer := make(chan value, 1)
	go func() { v, _ := late.do("BLPOP", "l", "60"); answer <- v }()
	for infoNumber(t, pusher, "blocked_clients") == 0 {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(150 * time.Millisecond)
	select {
	case v := <-answer:
		t.Fatalf("BLPOP was cut: %v", v)
	default:
	}
	pusher.must(t, "RPUSH", "l", "a")
	if v := <-answer; strings.Join(v.texts(), " ") != "l a" {
		t.Errorf("BLPOP: %v", v)
	}
	if v, _ := late.do("BLPOP", "l", "0.2"); !v.null {
		t.Errorf("BLPOP that times out: %v", v)
	}

	// MULTI and what is queued need no data. EXEC does: late, it is refused as a whole and the queue is gone.
	late.must(t, "MULTI")
	late.must(t, "SET", "k", "late")
	late.must(t, "RPUSH", "l", "late")
	busy.must(t, "FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('hold', function() while true do end end)")
	done := make(chan value, 1)
	go func() { v, _ := busy.do("FCALL", "hold", "1", "k"); done <- v }()
	eventually(t, "the function holds the shard", func() bool {
		return !pusher.must(t, "FUNCTION", "STATS").list[1].null
	})
	v, _ := late.do("EXEC")
	if want := "TIMEOUT the deadline passed before the command began, it is not applied"; v.text != want {
		t.Errorf("EXEC: %v, want %s", v, want)
	}
	pusher.must(t, "CONFIG", "SET", "busy-reply-threshold", "1")
	eventually(t, "the function is killed", func() bool { v, _ := pusher.do("FUNCTION", "KILL"); return v.text == "OK" })
	if v := <-done; !strings.Contains(v.text, "killed by user") {
		t.Fatal(v)
	}
	late.must(t, "CACHE", "DEADLINE", "0")
	if v, _ := late.do("EXEC"); v.text != "ERR EXEC without MULTI" {
		t.Errorf("EXEC once more: %v", v)
	}
	if k, l := late.must(t, "EXISTS", "k").text, late.must(t, "LLEN", "l").text; k != "0" || l != "0" {
		t.Errorf("of k there are %s, and l has %s elements", k, l)
	}
}
