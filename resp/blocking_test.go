package resp_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"larder/store/memory"
)

// packet is a line of words as a command.
func packet(line string) string {
	words := strings.Fields(line)
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(words))
	for _, w := range words {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(w), w)
	}
	return b.String()
}

// attempt is do for a client that may be killed meanwhile: "EOF" then.
func (c *caller) attempt(line string) string {
	if _, err := io.WriteString(c.Conn, packet(line)); err != nil {
		return "EOF"
	}
	return c.reply()
}

// until waits until a field of INFO has a value.
func (c *caller) until(field, value string) {
	c.Helper()
	for range 3000 {
		if c.info(field) == value {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	c.Fatalf("%s is %s, not %s", field, c.info(field), value)
}

// blockOn sends a command and waits until n clients are blocked.
func (s *served) blockOn(t testing.TB, watch *caller, n int, line string) *caller {
	t.Helper()
	c := s.dial(t)
	c.send(line)
	watch.until("blocked_clients", strconv.Itoa(n))
	return c
}

func TestTheLineIsServedInOrder(t *testing.T) {
	s := serve(t)
	c := s.dial(t)
	first := s.blockOn(t, c, 1, "BLPOP a b c 0") // three shards
	second := s.blockOn(t, c, 2, "BLMOVE b d LEFT RIGHT 0")
	third := s.blockOn(t, c, 3, "BRPOP d b 0")
	c.send("RPUSH b 1 2 3", "LLEN b", "LLEN d", "RPUSH b 4")
	for i, want := range []string{":3", ":1", ":0", ":2"} {
		if got := c.reply(); got != want {
			t.Errorf("reply %d is %s, want %s", i, got, want)
		}
	}
	for i, c := range []*caller{first, second, third} {
		if got := c.reply(); got != []string{"[b 1]", "2", "[d 2]"}[i] {
			t.Errorf("%d got %s", i, got)
		}
	}
	c.want("LRANGE b 0 -1", "[3 4]")
	c.until("blocked_clients", "0")
	c.want("TYPE d", "+none")
}

func TestWhoIsGoneIsPassedOver(t *testing.T) {
	s := serve(t)
	c := s.dial(t)
	const n = 50
	var waiting []*caller
	for i := range n {
		waiting = append(waiting, s.blockOn(t, c, i+1, "BLPOP q other 0"))
	}
	for i := 0; i < n; i += 2 {
		waiting[i].Close()
	}
	c.until("blocked_clients", strconv.Itoa(n/2))
	for i := 1; i < n; i += 2 {
		c.want("RPUSH q "+strconv.Itoa(i), ":1")
	}
	for i := 1; i < n; i += 2 {
		if got := waiting[i].reply(); got != fmt.Sprintf("[q %d]", i) {
			t.Errorf("%d got %s", i, got)
		}
	}
	c.want("EXISTS q", ":0")
}

func TestAKilledClientIsNeverServed(t *testing.T) {
	s := serve(t)
	c := s.dial(t)
	for i := range 200 {
		victim := s.dial(t)
		id := strings.TrimPrefix(victim.do("CLIENT ID"), ":")
		victim.send("BLPOP q 0")
		c.until("blocked_clients", "1")
		c.send("CLIENT KILL ID "+id, "RPUSH q "+strconv.Itoa(i))
		if killed, pushed := c.reply(), c.reply(); killed != ":1" || pushed != ":1" {
			t.Fatal(killed, pushed)
		}
		if got := victim.reply(); got != "EOF" {
			t.Fatal("the victim got", got)
		}
		c.want("LPOP q", strconv.Itoa(i))
		c.until("blocked_clients", "0")
	}
}

// storm is clients that push, pop and are killed side by side over keys of several shards.
type storm struct {
	*testing.T
	s      *served
	got    [4][]string // by poppers
	stop   atomic.Bool
	movers [3]atomic.Int64 // their ids
}

const stormKeys = "q0 q1 q2 q3"

// pop pops until nothing comes any more.
func (w *storm) pop(i int) {
	c := w.s.dial(w)
	line := []string{"BLPOP q0 q1 q2 q3 0.1", "BRPOP q3 q2 q1 q0 0.1", "BLMPOP 0.1 2 q1 q2 LEFT COUNT 3", "BLPOP q0 0.1"}[i]
	for {
		answer := c.do(line)
		if answer == "nil" {
			if w.stop.Load() {
				return
			}
			continue
		}
		words := strings.Fields(strings.NewReplacer("[", " ", "]", " ").Replace(answer))
		w.got[i] = append(w.got[i], words[1:]...)
	}
}

// move takes elements to another list, and comes again when it is killed.
func (w *storm) move(i int) {
	for !w.stop.Load() {
		c := w.s.dial(w)
		id, _ := strconv.ParseInt(strings.TrimPrefix(c.attempt("CLIENT ID"), ":"), 10, 64)
		w.movers[i].Store(id)
		for answer := ""; answer != "EOF" && !w.stop.Load(); {
			answer = c.attempt(fmt.Sprintf("BLMOVE q%d done LEFT RIGHT 0.1", i))
		}
		c.Close()
	}
}

// push pushes n elements in all the ways there are.
func (w *storm) push(name, n int) {
	c := w.s.dial(w)
	for i := 0; i < n; i += 6 {
		key, id := fmt.Sprintf("q%d", i/6%4), func(k int) string { return fmt.Sprintf("%d:%d", name, i+k) }
		c.send("RPUSH "+key+" "+id(0), "LPUSH "+key+" "+id(1), "MULTI", "RPUSH q1 "+id(2), "RPUSH q2 "+id(3), "EXEC",
			fmt.Sprintf("RPUSH t%d %s", name, id(4)), fmt.Sprintf("LMOVE t%d q3 LEFT LEFT", name), "RPUSH "+key+" "+id(5))
		for range 9 {
			if got := c.reply(); strings.HasPrefix(got, "-") {
				w.Error(got)
			}
		}
	}
}

func (w *storm) kill() {
	c := w.s.dial(w)
	for i := 0; !w.stop.Load(); i++ {
		if id := w.movers[i%3].Load(); id > 0 {
			c.do(fmt.Sprintf("CLIENT KILL ID %d", id))
		}
		time.Sleep(time.Millisecond)
	}
}

func (w *storm) run(n int) {
	var pushers, others sync.WaitGroup
	for i := range w.got {
		others.Go(func() { w.pop(i) })
	}
	for i := range w.movers {
		others.Go(func() { w.move(i) })
	}
	others.Go(w.kill)
	for i := range 3 {
		pushers.Go(func() { w.push(i, n) })
	}
	pushers.Wait()
	w.stop.Store(true)
	others.Wait()
}

// TestNoElementIsLostOrDoubled counts. Movers are killed at any moment: what they moved is there.
func TestNoElementIsLostOrDoubled(t *testing.T) {
	for reruns := range 2 {
		w := &storm{T: t, s: serveOn(t, memory.New(memory.WithReruns(reruns)), func(ln net.Listener) net.Listener { return ln })}
		const n = 600
		w.run(n)
		c := w.s.dial(t)
		var all []string
		for _, got := range w.got {
			all = append(all, got...)
		}
		for _, key := range append(strings.Fields(stormKeys), "done") {
			all = append(all, strings.Fields(strings.Trim(c.do("LRANGE "+key+" 0 -1"), "[]"))...)
		}
		slices.Sort(all)
		var want []string
		for i := range 3 * n {
			want = append(want, fmt.Sprintf("%d:%d", i/n, i%n))
		}
		slices.Sort(want)
		if !slices.Equal(all, want) {
			t.Errorf("%d elements came, %d were pushed", len(all), len(want))
		}
		c.until("blocked_clients", "0")
		c.until("total_blocking_keys", "0")
	}
}

// pipes is a listener without sockets: ten thousand of them are more than a process may open.
type pipes struct {
	net.Listener
	fresh chan net.Conn
	shut  chan struct{}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.fresh:
		return c, nil
	case <-p.shut:
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error {
	close(p.shut)
	return p.Listener.Close()
}

func (p pipes) dial(t testing.TB) *caller {
	ours, theirs := net.Pipe()
	t.Cleanup(func() { ours.Close() })
	p.fresh <- theirs
	return &caller{t, ours, bufio.NewReaderSize(ours, 64)}
}

// TestTenThousandBlockedClients wants a bounded number of goroutines and bytes for each, and each
// served, in order.
func TestTenThousandBlockedClients(t *testing.T) {
	p := pipes{fresh: make(chan net.Conn), shut: make(chan struct{})}
	serveThrough(t, func(ln net.Listener) net.Listener { return pipes{ln, p.fresh, p.shut} }, "protected-mode=no", "maxclients=20000")
	const n, most = 10_000, 64 << 10 // measured 34 KiB, the test's own ends included
	c := p.dial(t)
	c.want("PING", "+PONG")
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	goroutines := runtime.NumGoroutine()
	waiting := make([]*caller, n)
	for i := range waiting {
		waiting[i] = p.dial(t)
		waiting[i].send("BLPOP q r 0")
	}
	c.until("blocked_clients", strconv.Itoa(n))
	runtime.GC()
	runtime.ReadMemStats(&after)
	if each := runtime.NumGoroutine() - goroutines; each > 2*n+20 {
		t.Errorf("%d goroutines", each)
	}
	bytes := int64(after.HeapInuse+after.StackInuse) - int64(before.HeapInuse+before.StackInuse)
	t.Logf("%d bytes a blocked client", bytes/n)
	if bytes/n > most {
		t.Errorf("%d bytes a blocked client, want at most %d", bytes/n, most)
	}
	// Those who joined side by side stand in an order of their own: each gets one element.
	got := make([]string, n)
	var readers sync.WaitGroup
	for i, w := range waiting {
		readers.Go(func() { got[i] = w.reply() })
	}
	for i := 0; i < n; i += 100 {
		line := "RPUSH q"
		for k := range 100 {
			line += fmt.Sprintf(" %05d", i+k)
		}
		c.want(line, ":100")
	}
	readers.Wait()
	slices.Sort(got)
	for i := range got {
		if got[i] != fmt.Sprintf("[q %05d]", i) {
			t.Fatalf("%d: %s", i, got[i])
		}
	}
	c.want("EXISTS q", ":0")
	c.until("blocked_clients", "0")
}
