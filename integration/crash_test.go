package integration

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

const crashWriters = 6

// ledger is what one writer has been told was stored, and the one write it was not told
// of when the server went: that may be there or not. It belongs to the writer's goroutine
// until all have ended.
type ledger struct {
	id      int
	text    map[string]string // SET
	counter int64             // INCR
	pushed  int64             // RPUSH
	members int64             // SADD, ZADD and HSET of consecutive names
	unsure  string            // kind of the write in flight
	pending string            // its key, if it was a SET
}

func (l *ledger) key(kind string) string { return fmt.Sprintf("%s:%d", kind, l.id) }

// write goes on until the connection ends. acked is called after each acknowledged write.
func (l *ledger) write(c *conn, rnd *rand.Rand, acked func()) error {
	for {
		var words [][]string
		kind := []string{"set", "incr", "push", "members"}[rnd.IntN(4)]
		key, val := "", ""
		switch kind {
		case "set":
			key, val = fmt.Sprintf("s:%d:%d", l.id, rnd.IntN(500)), strings.Repeat("v", rnd.IntN(3000))+strconv.Itoa(rnd.Int())
			words = [][]string{{"SET", key, val}}
		case "incr":
			words = [][]string{{"INCR", l.key("counter")}}
		case "push":
			words = [][]string{{"RPUSH", l.key("list"), strconv.FormatInt(l.pushed, 10)}}
		case "members":
			n := strconv.FormatInt(l.members, 10)
			words = [][]string{{"SADD", l.key("set"), n}, {"ZADD", l.key("zset"), n, n}, {"HSET", l.key("hash"), n, n}}
		}
		l.unsure, l.pending = kind, key
		for _, w := range words {
			v, _ := c.do(w...)
			if v.isError() {
				return fmt.Errorf("%.60q: %v", w, v)
			}
			if v.kind == 'x' {
				return nil
			}
		}
		l.acknowledge(kind, key, val)
		acked()
	}
}

func (l *ledger) acknowledge(kind, key, val string) {
	switch kind {
	case "set":
		l.text[key] = val
	case "incr":
		l.counter++
	case "push":
		l.pushed++
	case "members":
		l.members++
	}
	l.unsure, l.pending = "", ""
}

// check compares the server's data with what was acknowledged.
func (l *ledger) check(t *testing.T, c *conn) {
	t.Helper()
	for key, want := range l.text {
		if got := c.must(t, "GET", key); got.text != want && key != l.pending {
			t.Errorf("%s: %d bytes, acknowledged were %d others", key, len(got.text), len(want))
		}
	}
	counter, _ := strconv.ParseInt(c.must(t, "GET", l.key("counter")).text, 10, 64)
	l.within(t, "counter", "incr", counter, l.counter)
	list := c.must(t, "LRANGE", l.key("list"), "0", "-1").texts()
	l.within(t, "list", "push", int64(len(list)), l.pushed)
	for i, e := range list {
		if e != strconv.Itoa(i) {
			t.Errorf("list of writer %d: element %d is %s", l.id, i, e)
			break
		}
	}
	for kind, count := range map[string]string{"set": "SCARD", "zset": "ZCARD", "hash": "HLEN"} {
		n, _ := strconv.ParseInt(c.must(t, count, l.key(kind)).text, 10, 64)
		l.within(t, kind, "members", n, l.members)
	}
	if n := l.members; n > 0 {
		last := strconv.FormatInt(n-1, 10)
		if c.must(t, "ZSCORE", l.key("zset"), last).text != last || c.must(t, "HGET", l.key("hash"), last).text != last ||
			c.must(t, "SISMEMBER", l.key("set"), last).text != "1" {
			t.Errorf("writer %d: member %s is not whole", l.id, last)
		}
	}
}

// within allows one more than was acknowledged, and that only for the write in flight.
func (l *ledger) within(t *testing.T, what, kind string, got, acked int64) {
	t.Helper()
	if got == acked || got == acked+1 && l.unsure == kind {
		return
	}
	t.Errorf("%s of writer %d: %d, acknowledged were %d (in flight: %q)", what, l.id, got, acked, l.unsure)
}

// TestEveryAcknowledgedWriteSurvives ends the server under load, several times over on the
// same directory, and wants all that was acknowledged and nothing that was not asked.
func TestEveryAcknowledgedWriteSurvives(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	for _, mode := range []string{"everysec", "always", "no"} {
		t.Run(mode, func(t *testing.T) {
			s := startLarder(t, "--appendfsync", mode)
			ledgers := make([]*ledger, crashWriters)
			for i := range ledgers {
				ledgers[i] = &ledger{id: i, text: map[string]string{}}
			}
			for round, end := range []func(testing.TB){s.kill, s.term, s.kill} {
				load(t, s, ledgers, int64(1000*(round+1)), end)
				s.restart(t)
				c := dial(t, s)
				for _, l := range ledgers {
					l.check(t, c)
					l.settle(t, c)
				}
			}
		})
	}
}

// TestIDsOfEmptyStreamsAreNotUsedTwice: a copy of an empty stream leaves its head alone in the log, and
// what is made after kill -9 must not get the same items.
func TestIDsOfEmptyStreamsAreNotUsedTwice(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	s := startLarder(t)
	c := dial(t, s)
	c.must(t, "XADD", "{a}emptied", "1-1", "field", "value")
	c.must(t, "XDEL", "{a}emptied", "1-1")
	c.must(t, "COPY", "{a}emptied", "{a}old")
	s.kill(t)
	s.restart(t)
	c = dial(t, s)
	c.must(t, "XADD", "{a}new", "5-1", "field", "value")
	c.must(t, "XADD", "{a}old", "5-2", "field", "value")
	for _, key := range []string{"{a}new", "{a}old"} {
		if n := len(c.must(t, "XRANGE", key, "-", "+").texts()); n != 1 {
			t.Errorf("%s has %d entries, 1 was added", key, n)
		}
	}
}

// settle takes over what became of the write that was in flight.
func (l *ledger) settle(t *testing.T, c *conn) {
	t.Helper()
	l.counter, _ = strconv.ParseInt(c.must(t, "GET", l.key("counter")).text, 10, 64)
	l.pushed, _ = strconv.ParseInt(c.must(t, "LLEN", l.key("list")).text, 10, 64)
	if l.unsure == "members" {
		// One of its three writes may be there: asking for them again is harmless.
		n := strconv.FormatInt(l.members, 10)
		c.must(t, "SADD", l.key("set"), n)
		c.must(t, "ZADD", l.key("zset"), n, n)
		c.must(t, "HSET", l.key("hash"), n, n)
		l.members++
	}
	if l.pending != "" {
		l.text[l.pending] = c.must(t, "GET", l.pending).text
	}
	l.unsure, l.pending = "", ""
}

// load writes from all sides until so many writes were acknowledged, then ends the server
// while they go on.
func load(t *testing.T, s *server, ledgers []*ledger, writes int64, end func(testing.TB)) {
	t.Helper()
	var acked atomic.Int64
	var wg sync.WaitGroup
	enough := make(chan struct{})
	count := func() {
		if acked.Add(1) == writes {
			close(enough)
		}
	}
	for _, l := range ledgers {
		c := dial(t, s)
		wg.Go(func() {
			if err := l.write(c, rand.New(rand.NewPCG(uint64(l.id), uint64(writes))), count); err != nil {
				t.Errorf("writer %d: %v", l.id, err)
			}
		})
	}
	select {
	case <-enough:
	case <-s.done:
		t.Errorf("the server ended under load; its log:\n%s", s.log)
	}
	end(t)
	wg.Wait()
}

// TestShutdown closes by command: the connection ends without a reply, the data stays.
func TestShutdown(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	s := startLarder(t)
	for _, words := range [][]string{{"SHUTDOWN"}, {"SHUTDOWN", "NOSAVE"}, {"SHUTDOWN", "SAVE", "NOW", "FORCE"}} {
		c := dial(t, s)
		c.must(t, "INCR", "k")
		if v, _ := c.do(words...); v.kind != 'x' {
			t.Errorf("%q answers %v", words, v)
		}
		s.waitEnd(t)
		if code := s.cmd.ProcessState.ExitCode(); code != 0 {
			t.Errorf("%q: exit status %d", words, code)
		}
		s.restart(t)
	}
	if got := dial(t, s).must(t, "GET", "k").text; got != "3" {
		t.Errorf("k is %s after three rounds", got)
	}
}

// TestSigterm ends with status 0 and says so.
func TestSigterm(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	s := startLarder(t)
	dial(t, s).must(t, "SET", "k", "v")
	s.term(t)
	if code := s.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit status %d; log:\n%s", code, s.log)
	}
	s.restart(t)
	if got := dial(t, s).must(t, "GET", "k").text; got != "v" {
		t.Errorf("k is %q", got)
	}
}

// TestOtherShardsAreRefused wants both numbers, and nothing harmed.
func TestOtherShardsAreRefused(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	s := startLarder(t, "--shards", "3")
	dial(t, s).must(t, "SET", "k", "v")
	s.term(t)
	other := &server{bin: s.bin, dir: s.dir, port: freePort(t), args: []string{"--shards", "5"}}
	code, out := refuse(t, other)
	if code == 0 || !strings.Contains(out, "3") || !strings.Contains(out, "5") || !strings.Contains(out, "shards") {
		t.Errorf("exit status %d, says:\n%s", code, out)
	}
	s.restart(t)
	if got := dial(t, s).must(t, "GET", "k").text; got != "v" {
		t.Errorf("k is %q", got)
	}
}

// TestSecondProcessIsRefused wants the pid of the first.
func TestSecondProcessIsRefused(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	s := startLarder(t)
	other := &server{bin: s.bin, dir: s.dir, port: freePort(t)}
	code, out := refuse(t, other)
	if code == 0 || !strings.Contains(out, strconv.Itoa(s.cmd.Process.Pid)) {
		t.Errorf("exit status %d, the first is %d; says:\n%s", code, s.cmd.Process.Pid, out)
	}
	dial(t, s).must(t, "PING")
}

// TestOccupiedPort is one sentence naming the port and --port, and whether a Redis answers there.
func TestOccupiedPort(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	redis := startJudge(t)
	for port, isRedis := range map[int]bool{mute.Addr().(*net.TCPAddr).Port: false, redis.port: true} {
		code, out := refuse(t, &server{bin: larderBin, dir: t.TempDir(), port: port, args: []string{"--bind", "127.0.0.1"}})
		if code == 0 || !strings.Contains(out, strconv.Itoa(port)) || !strings.Contains(out, "--port") {
			t.Errorf("exit status %d, says:\n%s", code, out)
		}
		if strings.Contains(out, "Redis") != isRedis {
			t.Errorf("a Redis there: %v, says:\n%s", isRedis, out)
		}
	}
}

// TestDataIsPrivate: files 0600 in a directory 0700.
func TestDataIsPrivate(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	dir := filepath.Join(t.TempDir(), "fresh")
	s := startIn(t, larderBin, t.TempDir(), "--dir", dir)
	dial(t, s).must(t, "SET", "k", "v")
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Fatalf("%s: %v, %v", dir, info, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) == 0 {
		t.Fatal(entries, err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if errors.Is(err, os.ErrNotExist) {
			continue // a write-ahead log that was just dropped
		}
		if err != nil || !e.IsDir() && info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", e.Name(), info.Mode(), err)
		}
	}
}
