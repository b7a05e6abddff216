package integration

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// What a write leads to happens in the order of writes: messages, keyspace events, invalidations, service of those who
// wait. One thread that does one command after the other gives that to every program. Keys that are written together
// lie on different shards: {b}, {c}, {d} and {a} are on the four of them.

const effectRounds = 300

// underEachSync runs a test with everysec and always.
func underEachSync(t *testing.T, run func(t *testing.T, s *server)) {
	for _, mode := range []string{"everysec", "always"} {
		t.Run(mode, func(t *testing.T) {
			args := []string{"--appendfsync", mode, "--notify-keyspace-events", "KEA"}
			if !judged() {
				args = append(args, "--shards", "4")
			}
			run(t, startLarder(t, args...))
		})
	}
}

// listener hears what is sent to channels until the word "end" comes, as channel and message.
type listener struct {
	*conn
	heard [][2]string
	done  chan struct{}
}

func listen(t *testing.T, s *server, patterns ...string) *listener {
	l := &listener{conn: dial(t, s), done: make(chan struct{})}
	l.must(t, "PSUBSCRIBE", patterns[0])
	for _, p := range patterns[1:] {
		l.must(t, "PSUBSCRIBE", p)
	}
	go func() {
		defer close(l.done)
		for {
			v, _ := l.receive()
			if len(v.list) != 4 {
				return
			}
			if v.list[3].text == "end" {
				return
			}
			l.heard = append(l.heard, [2]string{v.list[2].text, v.list[3].text})
		}
	}()
	return l
}

// end returns what was heard when everybody else has been answered.
func (l *listener) end(t *testing.T, s *server) [][2]string {
	dial(t, s).must(t, "PUBLISH", "said", "end")
	<-l.done
	return l.heard
}

// TestEventsFollowTheOrder has one client write, another write elsewhere what it has read of that, and a third listen: it
// hears of what was read before it hears of what was written from it.
func TestEventsFollowTheOrder(t *testing.T) {
	t.Parallel()
	underEachSync(t, func(t *testing.T, s *server) {
		l := listen(t, s, "__keyevent@0__:set", "said")
		first, second := dial(t, s), dial(t, s)
		var both sync.WaitGroup
		both.Go(func() {
			for i := range effectRounds {
				first.do("SET", "{b}x", strconv.Itoa(i+1))
			}
		})
		var seen []int // at each write of the second
		both.Go(func() {
			for last := 0; last < effectRounds; {
				v, _ := second.do("GET", "{b}x")
				n, _ := strconv.Atoi(v.text)
				if v.kind == 'x' {
					t.Error(v)
					return
				}
				if n > last {
					last = n
					seen = append(seen, n)
					second.do("SET", "{a}y", v.text)
				}
			}
		})
		both.Wait()
		writes, copies := 0, 0
		for _, m := range l.end(t, s) {
			if m[1] == "{b}x" {
				writes++
				continue
			}
			if writes < seen[copies] {
				t.Fatalf("copy %d was made of value %d, and is heard of behind %d writes", copies, seen[copies], writes)
			}
			copies++
		}
		if writes != effectRounds || copies != len(seen) {
			t.Errorf("heard of %d writes and %d copies, want %d and %d", writes, copies, effectRounds, len(seen))
		}
	})
}

// TestMessagesFollowTheOrder has clients count together, each with keys of its own besides. The counts are published by the
// transactions that made them, and by others that have only read them.
func TestMessagesFollowTheOrder(t *testing.T) {
	t.Parallel()
	underEachSync(t, func(t *testing.T, s *server) {
		l := listen(t, s, "said")
		var mu sync.Mutex
		counts := map[string]int{} // by message: what the transaction has read
		var all sync.WaitGroup
		for i, kind := range []string{"counts", "counts", "scripts", "reads", "reads"} {
			c := dial(t, s)
			if i == 1 && !judged() {
				c.must(t, "CACHE", "DEADLINE", "30000") // its transactions take another way
			}
			all.Go(func() {
				for round := range effectRounds {
					message := fmt.Sprintf("%s %d of %d", kind, round, i)
					v := countAloud(c, kind, message, i)
					n, err := strconv.Atoi(v.text)
					switch {
					case v.null:
						n = 0
					case err != nil:
						t.Errorf("%s: %v", message, v)
						return
					}
					mu.Lock()
					counts[message] = n
					mu.Unlock()
				}
			})
		}
		all.Wait()
		last, behind := 0, ""
		heard := l.end(t, s)
		for _, m := range heard {
			n, known := counts[m[1]]
			if !known || n < last || n == last && !strings.HasPrefix(m[1], "read") {
				t.Fatalf("%q, at count %d, is heard behind %q, at %d", m[1], n, behind, last)
			}
			last, behind = n, m[1]
		}
		if len(heard) != len(counts) {
			t.Errorf("%d messages of %d were heard", len(heard), len(counts))
		}
	})
}

// countAloud counts or only reads, publishes that, and returns the count.
func countAloud(c *conn, kind, message string, i int) value {
	own := "{" + string("bcda"[i%4]) + "}own"
	var v value
	switch kind {
	case "counts":
		v = c.transaction([]string{"SET", own, message}, []string{"INCR", "{d}n"}, []string{"PUBLISH", "said", message})
	case "reads":
		v = c.transaction([]string{"GET", own}, []string{"GET", "{d}n"}, []string{"PUBLISH", "said", message})
	default:
		v, _ = c.do("EVAL", `redis.call("SET", KEYS[1], ARGV[1]) local n = redis.call("INCR", KEYS[2]) redis.call("PUBLISH", "said", ARGV[1]) return n`,
			"2", own, "{d}n", message)
		return v
	}
	if len(v.list) != 3 {
		return v
	}
	return v.list[1]
}

// TestMissesFollowTheOrder looks for keys that come and go: whoever did not find a key is heard of before the write that has
// made it, and behind the one that has removed it.
func TestMissesFollowTheOrder(t *testing.T) {
	t.Parallel()
	underEachSync(t, func(t *testing.T, s *server) {
		dial(t, s).must(t, "CONFIG", "SET", "notify-keyspace-events", "KEAm")
		l := listen(t, s, "__keyspace@0__:{b}k", "said")
		writer := dial(t, s)
		done := make(chan struct{})
		var all sync.WaitGroup
		for range 2 {
			reader := dial(t, s)
			all.Go(func() {
				for {
					select {
					case <-done:
						return
					default:
						reader.do("MGET", "{b}k", "{a}k")
					}
				}
			})
		}
		for range effectRounds {
			writer.do("SET", "{b}k", "v")
			writer.do("DEL", "{b}k")
		}
		close(done)
		all.Wait()
		there, misses := false, 0
		for i, m := range l.end(t, s) {
			switch m[1] {
			case "set", "del":
				there = m[1] == "set"
			case "keymiss":
				misses++
				if there {
					t.Fatalf("event %d: a miss is heard of while the key is there", i)
				}
			}
		}
		if misses == 0 {
			t.Error("no misses")
		}
	})
}

// TestInvalidationsFollowTheOrder has a client keep what it reads until it is told: before it reads a newer value it is told
// of the older one, and in the end it has nothing that is not so.
func TestInvalidationsFollowTheOrder(t *testing.T) {
	t.Parallel()
	underEachSync(t, func(t *testing.T, s *server) {
		keys := []string{"{b}k", "{c}k", "{d}k", "{a}k"}
		done := make(chan struct{})
		var writers sync.WaitGroup
		for i := range 2 {
			c := dial(t, s)
			writers.Go(func() {
				for n := range effectRounds {
					c.do("INCR", keys[(n+i)%len(keys)])
				}
			})
		}
		var readers sync.WaitGroup
		for range 2 {
			r := &cacher{conn: dial(t, s), has: map[string]string{}}
			r.must(t, "HELLO", "3")
			r.must(t, "CLIENT", "TRACKING", "ON")
			readers.Go(func() {
				for {
					select {
					case <-done:
						r.look(t, keys)
						return
					default:
					}
					if !r.read(t, keys) {
						return
					}
				}
			})
		}
		writers.Wait()
		close(done)
		readers.Wait()
	})
}

// cacher keeps what it has read.
type cacher struct {
	*conn
	has map[string]string
}

// reply returns the next reply and forgets what it is told to before.
func (c *cacher) reply() value {
	for {
		v, _ := c.receive()
		if v.kind != '>' {
			return v
		}
		if len(v.list) == 2 && v.list[0].text == "invalidate" {
			for _, name := range v.list[1].list {
				delete(c.has, name.text)
			}
		}
	}
}

func (c *cacher) read(t *testing.T, keys []string) bool {
	if _, err := c.Write(encode(append([]string{"MGET"}, keys...)...)); err != nil {
		t.Error(err)
		return false
	}
	v := c.reply()
	if len(v.list) != len(keys) {
		t.Error(v)
		return false
	}
	for i, k := range keys {
		if old, kept := c.has[k]; kept && old != v.list[i].text {
			t.Errorf("%s is %v, and nobody has said that it is no longer %s", k, v.list[i], old)
			return false
		}
		c.has[k] = v.list[i].text
	}
	return true
}

// look compares what is kept with what is there, when nobody writes any more.
func (c *cacher) look(t *testing.T, keys []string) {
	c.Write(encode("PING"))
	c.reply()
	c.read(t, keys)
}

// TestServiceFollowsTheOrder has clients wait for keys of all shards and move what comes to one list. A pipeline pushes to
// the keys in turn: the list has the elements in that order.
func TestServiceFollowsTheOrder(t *testing.T) {
	t.Parallel()
	underEachSync(t, func(t *testing.T, s *server) {
		const waiters = 12
		pusher := dial(t, s)
		for round := range 15 {
			var want []string
			var pushes []byte
			waits := make([]*conn, waiters)
			for i := range waits {
				key := fmt.Sprintf("{%c}%d", "bcda"[i%4], i)
				waits[i] = waiting(t, s, i+1, "BLMOVE", key, "{c}out", "LEFT", "RIGHT", "0")
				want = append(want, strconv.Itoa(i))
				pushes = append(pushes, encode("RPUSH", key, strconv.Itoa(i))...)
			}
			pusher.send(pushes)
			for range waiters - 1 {
				pusher.receive()
			}
			for i, c := range waits {
				if v, _ := c.receive(); v.text != strconv.Itoa(i) {
					t.Fatalf("round %d: client %d is answered %v", round, i, v)
				}
				c.Close()
			}
			if got := pusher.must(t, "LRANGE", "{c}out", "0", "-1").texts(); !slices.Equal(got, want) {
				t.Fatalf("round %d: the elements came in the order %q", round, got)
			}
			pusher.must(t, "DEL", "{c}out")
		}
	})
}
