// A client that has read a key is told of its next change once, by the rules of its tracking mode; the table is
// bounded.
package track_test

import (
	"reflect"
	"testing"

	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/resp/track"
)

// room is a table and its clients, who keep what they hear.
type room struct {
	*track.Table
	limit   int
	moment  uint64
	clients map[int64]*cmd.Client
	heard   map[int64][]string
}

func newRoom(n int) *room {
	r := &room{clients: map[int64]*cmd.Client{}, heard: map[int64][]string{}}
	r.Table = track.NewTable(func(id int64) *cmd.Client { return r.clients[id] }, func() int { return r.limit }, func() uint64 { return r.moment })
	for id := int64(1); id <= int64(n); id++ {
		c := &cmd.Client{ID: id}
		c.Proto.Store(3)
		c.Push = func(m reply.Reply) { r.heard[id] = append(r.heard[id], string(m.Append(nil, int(c.Proto.Load())))) }
		r.clients[id] = c
	}
	return r
}

func (r *room) enable(t *testing.T, id int64, o track.Options) {
	t.Helper()
	if err := r.Enable(r.clients[id], o); err != nil {
		t.Fatal(err)
	}
}

func (r *room) read(id int64, names ...string) {
	keys := make([][]byte, len(names))
	for i, n := range names {
		keys[i] = []byte(n)
	}
	r.Remember(r.clients[id], keys)
}

// expect compares what a client heard since the last time.
func (r *room) expect(t *testing.T, id int64, want ...string) {
	t.Helper()
	if got := r.heard[id]; !reflect.DeepEqual(got, want) {
		t.Errorf("client %d heard %q, want %q", id, got, want)
	}
	delete(r.heard, id)
}

func gone(names ...string) string {
	return string(reply.PushOf(reply.Text("invalidate"), reply.Texts(names...)).Append(nil, 3))
}

func TestReadersAreToldOnce(t *testing.T) {
	r := newRoom(3)
	r.enable(t, 1, track.Options{})
	r.enable(t, 2, track.Options{NoLoop: true})
	r.read(1, "a", "b")
	r.read(1, "a")
	r.read(2, "a")
	r.read(3, "a") // does not track
	if c, k, i, p := r.Counts(); c != 2 || k != 2 || i != 3 || p != 0 {
		t.Errorf("counts %d %d %d %d", c, k, i, p)
	}
	r.Invalidate(r.clients[2], []string{"a", "c"})
	r.Invalidate(r.clients[3], []string{"a"})
	r.expect(t, 1, gone("a"))
	r.expect(t, 2, gone("a")) // not by its own change, but by that of 3
	r.expect(t, 3)
	r.Flush()
	r.expect(t, 1, ">2\r\n$10\r\ninvalidate\r\n_\r\n")
	r.Invalidate(nil, []string{"b"})
	r.expect(t, 1)
}

// TestReadersStayWhoHaveSeenTheChange tells a client of changes while it reads: it is told of the next one if it has seen them, and not
// if it has to forget what it has read.
func TestReadersStayWhoHaveSeenTheChange(t *testing.T) {
	for _, c := range []struct {
		name      string
		moment    uint64 // of the last change that is told while the client reads
		by        int64
		flush     bool
		toldAgain bool
	}{
		{name: "before", moment: 5, toldAgain: true}, {name: "behind", moment: 6}, {name: "its own", moment: 5, by: 1},
		{name: "flushed before", moment: 5, flush: true, toldAgain: true}, {name: "flushed behind", moment: 6, flush: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRoom(2)
			r.enable(t, 1, track.Options{})
			r.Begin(r.clients[1])
			r.read(1, "a")
			r.moment = 4
			r.Invalidate(nil, []string{"a"})
			if r.moment = c.moment; c.flush {
				r.Flush()
			} else {
				r.Invalidate(r.clients[c.by], []string{"a"})
			}
			r.End(r.clients[1], 5)
			if len(r.heard[1]) != 2 {
				t.Errorf("heard %q", r.heard[1])
			}
			delete(r.heard, 1)
			r.moment = 7
			r.Invalidate(nil, []string{"a"})
			r.Invalidate(nil, []string{"a"})
			if c.toldAgain {
				r.expect(t, 1, gone("a"))
			} else {
				r.expect(t, 1)
			}
			if _, keys, items, _ := r.Counts(); keys != 0 || items != 0 {
				t.Errorf("%d keys and %d items are left", keys, items)
			}
		})
	}
}

func TestPrefixes(t *testing.T) {
	r := newRoom(2)
	r.enable(t, 1, track.Options{Broadcast: true, Prefixes: []string{"user:", "item:"}})
	r.enable(t, 2, track.Options{Broadcast: true, NoLoop: true})
	r.Invalidate(r.clients[2], []string{"user:2", "user:1", "other", "user:2"})
	r.expect(t, 1, gone("user:1", "user:2"))
	r.expect(t, 2)
	r.Invalidate(nil, []string{"other"})
	r.expect(t, 2, gone("other"))
	for _, prefixes := range [][]string{{"user:x"}, {"us"}, {"x", "xy"}} {
		if r.Enable(r.clients[1], track.Options{Broadcast: true, Prefixes: prefixes}) == nil {
			t.Errorf("%q overlaps and was taken", prefixes)
		}
	}
	r.Disable(r.clients[1])
	r.Disable(r.clients[2])
	if _, _, _, p := r.Counts(); p != 0 || r.Active() {
		t.Errorf("%d prefixes are left", p)
	}
}

func TestCachingIsForOneCommand(t *testing.T) {
	r := newRoom(2)
	r.enable(t, 1, track.Options{OptIn: true})
	r.enable(t, 2, track.Options{OptOut: true})
	both := func(read string) {
		t.Helper()
		r.read(1, read)
		r.read(2, read)
		r.Ran(r.clients[1])
		r.Ran(r.clients[2])
		r.Invalidate(nil, []string{read})
	}
	both("a")
	r.expect(t, 1)
	r.expect(t, 2, gone("a"))
	if r.Caching(r.clients[1], false) == nil || r.Caching(r.clients[2], true) == nil {
		t.Error("CACHING of the other mode was taken")
	}
	if err := r.Caching(r.clients[1], true); err != nil {
		t.Fatal(err)
	}
	if err := r.Caching(r.clients[2], false); err != nil {
		t.Fatal(err)
	}
	both("b")
	r.expect(t, 1, gone("b"))
	r.expect(t, 2)
	both("c")
	r.expect(t, 1)
	r.expect(t, 2, gone("c"))
}

func TestRedirection(t *testing.T) {
	r := newRoom(2)
	r.clients[2].Proto.Store(2)
	r.enable(t, 1, track.Options{Redirect: 2})
	r.read(1, "a")
	r.Invalidate(nil, []string{"a"})
	r.expect(t, 2) // it hears no channel yet
	r.clients[2].Subscriptions[0].Store(1)
	r.read(1, "a")
	r.Invalidate(nil, []string{"a"})
	r.expect(t, 2, "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n*1\r\n$1\r\na\r\n")
	delete(r.clients, 2)
	r.read(1, "a")
	r.Invalidate(nil, []string{"a"})
	r.expect(t, 1, ">2\r\n$21\r\ntracking-redir-broken\r\n:2\r\n")
	if !r.State(r.clients[1]).Broken {
		t.Error("the redirection is not marked as broken")
	}
}

// TestTableIsBounded: over the limit keys are forgotten, and whoever read them is told, once, also of those that he
// reads together.
func TestTableIsBounded(t *testing.T) {
	for _, together := range []bool{false, true} {
		r := newRoom(1)
		r.limit = 10
		r.enable(t, 1, track.Options{})
		if together {
			r.Begin(r.clients[1])
		}
		for _, name := range "abcdefghijklmnopqrstuvwxyz" {
			r.read(1, string(name))
		}
		if together {
			r.End(r.clients[1], 1)
		}
		if _, keys, items, _ := r.Counts(); keys != 10 || items != 10 {
			t.Errorf("%d keys and %d items remembered, want 10", keys, items)
		}
		if n := len(r.heard[1]); n != 16 {
			t.Errorf("told of %d keys, want 16", n)
		}
	}
}
