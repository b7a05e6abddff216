package integration

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// waiting has a connection send a blocking command and returns when the server counts n blocked clients.
func waiting(t *testing.T, s *server, n int, words ...string) *conn {
	t.Helper()
	c, watch := dial(t, s), dial(t, s)
	if _, err := c.Write(encode(words...)); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); blockedClients(t, watch) != n; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%q: %d clients are blocked, want %d", words, blockedClients(t, watch), n)
		}
	}
	return c
}

// TestUnblock: CLIENT UNBLOCK lets go whoever waits, as if its time were over or with an error, and nobody else.
func TestUnblock(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	for _, s := range []*server{p.larder, p.judge} {
		c := dial(t, s)
		for _, words := range [][]string{
			{"BLPOP", "k", "0"}, {"BLMOVE", "k", "l", "LEFT", "LEFT", "0"}, {"BLMPOP", "0", "1", "k", "LEFT"},
			{"BZPOPMIN", "z", "0"}, {"BZMPOP", "0", "1", "z", "MIN"}, {"XREAD", "BLOCK", "0", "STREAMS", "s", "$"},
		} {
			for how, want := range map[string]string{
				"TIMEOUT": "(nil)", "": "(nil)", "ERROR": `(error) "UNBLOCKED client unblocked via CLIENT UNBLOCK"`,
			} {
				id := ""
				w := dialNamed(t, s, &id)
				if _, err := w.Write(encode(words...)); err != nil {
					t.Fatal(err)
				}
				unblock := []string{"CLIENT", "UNBLOCK", id}
				if how != "" {
					unblock = append(unblock, how)
				}
				for c.must(t, unblock...).text != "1" { // it may not wait yet
					time.Sleep(time.Millisecond)
				}
				if v, _ := w.receive(); v.String() != want {
					t.Errorf("%s: %q unblocked by %q: %s, want %s", s.bin, words, how, v, want)
				}
				if n := c.must(t, unblock...); n.text != "0" {
					t.Errorf("%s: who does not wait is unblocked: %s", s.bin, n)
				}
				w.must(t, "PING")
			}
		}
		if n := blockedClients(t, c); n != 0 {
			t.Errorf("%s: %d clients are blocked in the end", s.bin, n)
		}
	}
}

// dialNamed is a connection whose client id is known.
func dialNamed(t *testing.T, s *server, id *string) *conn {
	t.Helper()
	c := dial(t, s)
	*id = c.must(t, "CLIENT", "ID").text
	return c
}

// TestEndWithBlockedClients: SIGTERM closes them without a reply, and the data is whole.
func TestEndWithBlockedClients(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	s := startLarder(t)
	dial(t, s).must(t, "RPUSH", "full", "a")
	waits := []*conn{
		waiting(t, s, 1, "BLPOP", "k", "0"), waiting(t, s, 2, "BRPOPLPUSH", "k", "full", "0"), waiting(t, s, 3, "XREAD", "BLOCK", "0", "STREAMS", "s", "$"),
	}
	s.term(t)
	if code := s.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit status %d; log:\n%s", code, s.log)
	}
	for i, c := range waits {
		if v, raw := c.receive(); v.kind != 'x' {
			t.Errorf("blocked client %d is answered %q", i, raw)
		}
	}
	s.restart(t)
	if got := dial(t, s).must(t, "LRANGE", "full", "0", "-1").texts(); fmt.Sprint(got) != "[a]" {
		t.Errorf("the list is %q", got)
	}
}

// TestNoElementIsLostToAKill kills the server while some push and others wait. Each element that was
// acknowledged is popped by one, or is there after the restart, or was on its way to one who saw no reply.
func TestNoElementIsLostToAKill(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	s := startLarder(t)
	const poppers, pushers = 4, 3
	enough := 600
	if os.Getenv("LARDER_TEST_LONG") != "" {
		enough = 20_000
	}
	var mu sync.Mutex
	popped, pushed, tried := map[string]int{}, map[string]bool{}, map[string]bool{}
	var wg sync.WaitGroup
	var once sync.Once
	done := make(chan struct{})
	for range poppers {
		c := dial(t, s)
		wg.Go(func() {
			for {
				v, _ := c.do("BLPOP", "queue{1}", "queue{2}", "queue{3}", "0")
				if v.kind == 'x' {
					return
				}
				mu.Lock()
				popped[v.list[1].text]++
				if len(popped) >= enough {
					once.Do(func() { close(done) })
				}
				mu.Unlock()
			}
		})
	}
	for p := range pushers {
		c := dial(t, s)
		wg.Go(func() {
			for i := 0; ; i++ {
				e := fmt.Sprint(p, ":", i)
				mu.Lock()
				tried[e] = true
				mu.Unlock()
				if v, _ := c.do("RPUSH", "queue{"+strconv.Itoa(1+i%3)+"}", e); v.kind == 'x' {
					return
				}
				mu.Lock()
				pushed[e] = true
				mu.Unlock()
			}
		})
	}
	<-done
	s.kill(t)
	wg.Wait()
	s.restart(t)
	c, left := dial(t, s), map[string]bool{}
	for i := 1; i <= 3; i++ {
		for _, e := range c.must(t, "LRANGE", "queue{"+strconv.Itoa(i)+"}", "0", "-1").texts() {
			left[e] = true
		}
	}
	missing := 0
	for e := range tried {
		switch there := popped[e] + ones(left[e]); {
		case there > 1:
			t.Errorf("%s was popped %d times, and is in a list: %v", e, popped[e], left[e])
		case there == 0 && pushed[e]:
			missing++
		}
	}
	if missing > poppers {
		t.Errorf("%d acknowledged elements are gone; %d clients were waiting for a reply", missing, poppers)
	}
}

func ones(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// TestFunctionsSurviveAKill: what FUNCTION LOAD has answered is there after kill -9.
func TestFunctionsSurviveAKill(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	s := startLarder(t)
	library := "#!lua name=kept\nredis.register_function('answer', function(keys, args) return redis.call('INCR', keys[1]) end)"
	dial(t, s).must(t, "FUNCTION", "LOAD", library)
	s.kill(t)
	s.restart(t)
	c := dial(t, s)
	if v := c.must(t, "FCALL", "answer", "1", "k"); v.text != "1" {
		t.Errorf("FCALL answers %s", v)
	}
	c.must(t, "FUNCTION", "DELETE", "kept")
	s.kill(t)
	s.restart(t)
	if v, _ := dial(t, s).do("FCALL", "answer", "1", "k"); !v.isError() {
		t.Errorf("a deleted function answers %s", v)
	}
}

// TestGroupsLostWhileBlocked: who waits with XREADGROUP learns that its key or its group is gone, as in 7.2, where the command
// runs again; 7.0 has other words.
func TestGroupsLostWhileBlocked(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	s := startLarder(t)
	c := dial(t, s)
	const gone = `(error) "NOGROUP No such key 's' or consumer group 'g' in XREADGROUP with GROUP option"`
	for _, loss := range []struct{ command, want string }{
		{"DEL s", gone}, {"FLUSHALL", gone}, {"RENAME s t", gone}, {"XGROUP DESTROY s g", gone}, {"PEXPIRE s 1", gone},
		{"SET s x", `(error) "WRONGTYPE Operation against a key holding the wrong kind of value"`},
	} {
		c.must(t, "FLUSHALL")
		c.must(t, "XGROUP", "CREATE", "s", "g", "$", "MKSTREAM")
		w := waiting(t, s, 1, "XREADGROUP", "GROUP", "g", "c", "BLOCK", "0", "STREAMS", "s", ">")
		c.must(t, strings.Fields(loss.command)...)
		if v, _ := w.receive(); v.String() != loss.want {
			t.Errorf("%s: %s, want %s", loss.command, v, loss.want)
		}
	}
}
