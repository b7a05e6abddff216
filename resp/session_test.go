package resp_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"larder/store"
	"larder/store/memory"
)

func TestPipelineOverShardsIsAnsweredInOrder(t *testing.T) {
	c := serve(t).dial(t)
	const n = 3000 // more than one batch
	var lines []string
	for i := range n {
		lines = append(lines, fmt.Sprintf("SET key:%d %d", i, i), fmt.Sprintf("GET key:%d", i))
	}
	c.send(lines...)
	for i := range n {
		if set, get := c.reply(), c.reply(); set != "+OK" || get != fmt.Sprint(i) {
			t.Fatalf("%d: %s, %s", i, set, get)
		}
	}
}

func TestBarriersInAPipeline(t *testing.T) {
	c := serve(t).dial(t)
	c.send("SET a 0", "SELECT 1", "SET a 1", "PING", "GET a", "SELECT 0", "GET a", "MSET a x b y c z", "MGET a b c", "DBSIZE",
		"CLIENT SETNAME me", "INCR n", "CLIENT GETNAME", "SWAPDB 0 1", "GET a", "GET n")
	for i, want := range []string{"+OK", "+OK", "+OK", "+PONG", "1", "+OK", "0", "+OK", "[x y z]", ":3",
		"+OK", ":1", "me", "+OK", "1", "nil"} {
		if got := c.reply(); got != want {
			t.Errorf("reply %d is %s, want %s", i, got, want)
		}
	}
}

func TestErrorsLeaveTheirNeighboursAlone(t *testing.T) {
	c := serve(t).dial(t)
	c.send("SET s v", "INCR s", "LPUSH s x", "SET t 1", "NOSUCH", "GET", "INCR t", "APPEND s w", "GET s")
	for i, want := range []string{"+OK", "-ERR value is not an integer or out of range",
		"-WRONGTYPE Operation against a key holding the wrong kind of value", "+OK",
		"-ERR unknown command 'NOSUCH', with args beginning with: ", "-ERR wrong number of arguments for 'get' command",
		":2", ":2", "vw"} {
		if got := c.reply(); got != want {
			t.Errorf("reply %d is %s, want %s", i, got, want)
		}
	}
}

func TestPassword(t *testing.T) {
	s := serve(t)
	early := s.dial(t)
	early.want("CONFIG SET requirepass secret", "+OK")
	early.want("PING", "+PONG") // who was let in stays in
	late := s.dial(t)
	late.want("PING", "-NOAUTH Authentication required.")
	late.want("NOSUCH", "-ERR unknown command 'NOSUCH', with args beginning with: ")
	late.want("AUTH wrong", "-WRONGPASS invalid username-password pair or user is disabled.")
	late.send("SET k 1", "AUTH secret", "SET k 2", "GET k")
	for i, want := range []string{"-NOAUTH Authentication required.", "+OK", "+OK", "2"} {
		if got := late.reply(); got != want {
			t.Errorf("reply %d is %s, want %s", i, got, want)
		}
	}
	late.want("RESET", "+RESET")
	late.want("PING", "-NOAUTH Authentication required.")
}

func TestProtectedMode(t *testing.T) {
	s := serveThrough(t, func(ln net.Listener) net.Listener { return abroad{ln} })
	if got := s.dial(t).reply(); !strings.HasPrefix(got, "-DENIED Redis is running in protected mode") {
		t.Error(got)
	}
	for _, change := range []string{"requirepass=x", "protected-mode=no"} {
		open := serveThrough(t, func(ln net.Listener) net.Listener { return abroad{ln} }, change)
		if got := open.dial(t).do("PING"); strings.HasPrefix(got, "-DENIED") {
			t.Error(change, got)
		}
	}
}

func TestMaxClients(t *testing.T) {
	s := serve(t, "maxclients=2")
	first, second := s.dial(t), s.dial(t)
	first.want("PING", "+PONG")
	second.want("PING", "+PONG")
	if got := s.dial(t).reply(); got != "-ERR max number of clients reached" {
		t.Error(got)
	}
	first.want("CONFIG SET maxclients 3", "+OK")
	s.dial(t).want("PING", "+PONG")
}

func TestQuitDropsTheRest(t *testing.T) {
	s := serve(t)
	c := s.dial(t)
	c.send("SET k 1", "QUIT", "SET k 2")
	for i, want := range []string{"+OK", "+OK", "EOF"} {
		if got := c.reply(); got != want {
			t.Errorf("reply %d is %s, want %s", i, got, want)
		}
	}
	s.dial(t).want("GET k", "1")
}

// Who has read the answer to a QUIT, or to a CLIENT KILL, counts on it that nothing reaches that client any more.
func TestWhoHasQuitIsGone(t *testing.T) {
	s := serve(t)
	c := s.dial(t)
	for i := range 300 {
		leaver := s.dial(t)
		leaver.want("SUBSCRIBE news", "[subscribe news :1]")
		if i%2 == 0 {
			leaver.want("QUIT", "+OK")
		} else {
			c.want("CLIENT KILL TYPE pubsub", ":1")
		}
		if got := c.do("PUBLISH news x"); got != ":0" {
			t.Fatalf("round %d: PUBLISH reached %s", i, got)
		}
		if list := c.do("CLIENT LIST"); strings.Count(list, "\n") != 1 {
			t.Fatalf("round %d: %s", i, list)
		}
	}
}

func TestHTTPIsHungUpOn(t *testing.T) {
	s := serve(t)
	c := s.dial(t)
	if _, err := io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\n\r\nSET k v\r\n"); err != nil {
		t.Fatal(err)
	}
	if got := c.reply(); got != "EOF" {
		t.Error(got)
	}
	s.dial(t).want("GET k", "nil")
}

func TestClientKill(t *testing.T) {
	s := serve(t)
	c, victim := s.dial(t), s.dial(t)
	id := strings.TrimPrefix(victim.do("CLIENT ID"), ":")
	c.want("CLIENT KILL ID "+id, ":1")
	if got := victim.reply(); got != "EOF" {
		t.Error(got)
	}
	if list := c.do("CLIENT LIST"); strings.Count(list, "\n") != 1 {
		t.Error(list)
	}
	c.want("CLIENT KILL SKIPME no", ":1")
	if got := c.reply(); got != "EOF" {
		t.Error("the caller stays:", got)
	}
}

func TestRefusedExecEndsTheTransaction(t *testing.T) {
	c := serve(t).dial(t)
	c.want("MULTI", "+OK")
	c.want("SET k v", "+QUEUED")
	c.want("EXEC now", "-EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command")
	c.want("EXEC", "-ERR EXEC without MULTI")
	c.want("GET k", "nil")
}

// broken is an engine whose transactions panic when they touch a key named "panic".
type broken struct{ store.Engine }

type brokenTx struct{ store.Tx }

func (b broken) View(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	return b.Engine.View(ctx, s, func(tx store.Tx) error { return fn(brokenTx{tx}) })
}

func (b broken) Update(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	return b.Engine.Update(ctx, s, func(tx store.Tx) error { return fn(brokenTx{tx}) })
}

func (b brokenTx) Heads(dst []store.Head, keys ...store.Key) ([]store.Head, error) {
	for _, k := range keys {
		if string(k.Name) == "panic" {
			panic("as the test asks for")
		}
	}
	return b.Tx.Heads(dst, keys...)
}

func TestAPanicEndsOneConnection(t *testing.T) {
	s := serveOn(t, broken{memory.New()}, func(ln net.Listener) net.Listener { return ln })
	other, c := s.dial(t), s.dial(t)
	other.want("SET k v", "+OK")
	c.want("GET panic", "-ERR internal error: the command failed unexpectedly and this connection is closed")
	if got := c.reply(); got != "EOF" {
		t.Error(got)
	}
	other.want("GET k", "v")
	s.dial(t).want("GET k", "v")
}

// flat is an engine that costs nothing: every key is missing, and what is written is gone.
type flat struct{ store.Engine }

type flatTx struct{ store.Tx }

func (flat) View(_ context.Context, _ store.Scope, fn func(store.Tx) error) error {
	return fn(flatTx{})
}

func (flat) Update(_ context.Context, _ store.Scope, fn func(store.Tx) error) error {
	return fn(flatTx{})
}

func (flatTx) Heads(dst []store.Head, keys ...store.Key) ([]store.Head, error) {
	return append(dst, make([]store.Head, len(keys))...), nil
}

func (flatTx) PutHead(store.Key, store.Head) error { return nil }

func (flatTx) Now() time.Time { return time.Unix(1, 0) }

// TestAllocations counts what a command costs between the socket and the engine, over the
// loopback: three or four, three of them redcon's. The race detector adds one or two.
func TestAllocations(t *testing.T) {
	s := serveOn(t, flat{}, func(ln net.Listener) net.Listener { return ln }, "latency-tracking=yes")
	for _, r := range []struct {
		line, reply string
		most        float64
	}{
		{"PING", "+PONG\r\n", 4},
		{"GET key:1", "$-1\r\n", 6},
		{"SET key:1 value", "+OK\r\n", 6},
	} {
		c := s.dial(t)
		var packet strings.Builder
		words := strings.Fields(r.line)
		fmt.Fprintf(&packet, "*%d\r\n", len(words))
		for _, w := range words {
			fmt.Fprintf(&packet, "$%d\r\n%s\r\n", len(w), w)
		}
		request, answer := []byte(packet.String()), make([]byte, len(r.reply))
		allocs := testing.AllocsPerRun(500, func() {
			_, wrote := c.Write(request)
			_, read := io.ReadFull(c.in, answer)
			if wrote != nil || read != nil {
				t.Fatal(wrote, read)
			}
		})
		if string(answer) != r.reply {
			t.Errorf("%s: %q", r.line, answer)
		}
		if allocs > r.most {
			t.Errorf("%s: %.0f allocations, want at most %.0f", r.line, allocs, r.most)
		}
	}
}
