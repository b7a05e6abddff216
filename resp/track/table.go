// Package track remembers which clients cache which keys, and tells them when the keys change:
// CLIENT TRACKING. It knows clients, not sockets.
// https://redis.io/docs/latest/develop/reference/client-side-caching/
package track

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"larder/resp/cmd"
	"larder/resp/reply"
)

// channel is where RESP2 clients hear of invalidations sent to another connection.
const channel = "__redis__:invalidate"

// Options are what a client asks for. Names of keys are compared without their database, as
// Redis does.
type Options struct {
	Broadcast bool // hear of all keys with a prefix, whether read or not
	OptIn     bool // remember only what is read behind CLIENT CACHING YES
	OptOut    bool // remember all but what is read behind CLIENT CACHING NO
	NoLoop    bool // not of the client's own changes
	Redirect  int64
	Prefixes  []string
}

// client is one client that tracks.
type client struct {
	*cmd.Client
	Options
	caching bool // CLIENT CACHING was given for the next command
	broken  bool // the client to redirect to is gone
}

// Table knows what all clients track. Its methods may be called from any goroutine.
//
// Who remembers a key must do so before it is read: a change that comes between then tells the
// client once too often, the other way round not at all.
type Table struct {
	find  func(id int64) *cmd.Client
	limit func() int

	active   atomic.Int64 // clients that track: 0 lets readers and writers pass
	mu       sync.Mutex
	clients  map[int64]*client
	keys     map[string][]int64 // ids of clients, some of which may be gone
	items    int                // ids in keys
	prefixes map[string]map[int64]*client
}

// NewTable makes an empty table. find looks a connected client up, nil if it is gone; limit is
// the most keys to remember, 0 for any number.
func NewTable(find func(id int64) *cmd.Client, limit func() int) *Table {
	return &Table{find: find, limit: limit, clients: map[int64]*client{}, keys: map[string][]int64{},
		prefixes: map[string]map[int64]*client{}}
}

// Active reports whether anybody tracks anything.
func (t *Table) Active() bool { return t.active.Load() > 0 }

// Remember notes that a client is about to read keys.
func (t *Table) Remember(c *cmd.Client, names [][]byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	who := t.clients[c.ID]
	if who == nil || who.Broadcast || who.OptIn && !who.caching || who.OptOut && who.caching {
		return
	}
	for _, name := range names {
		if ids := t.keys[string(name)]; !slices.Contains(ids, c.ID) {
			t.keys[string(name)] = append(ids, c.ID)
			t.items++
		}
	}
	t.evict()
}

// Trim makes a lower limit take effect.
func (t *Table) Trim() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.evict()
}

// evict forgets keys over the limit, and says so to whoever has them.
func (t *Table) evict() {
	limit := t.limit()
	for name := range t.keys {
		if limit == 0 || len(t.keys) <= limit {
			return
		}
		t.drop(name, nil)
	}
}

// Invalidate tells of keys that changed: by whom, or nil.
func (t *Table) Invalidate(by *cmd.Client, names []string) {
	if len(names) == 0 || !t.Active() {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, name := range names {
		t.drop(name, by)
	}
	if len(t.prefixes) > 0 {
		slices.Sort(names)
		t.broadcast(by, slices.Compact(names))
	}
}

// drop forgets a key after telling those who read it. One that changed it itself and does not
// want to hear of that may have read it again since, in the same transaction: it stays.
func (t *Table) drop(name string, by *cmd.Client) {
	ids := t.keys[name]
	t.items -= len(ids)
	delete(t.keys, name)
	for _, id := range ids {
		c := t.clients[id]
		switch {
		case c == nil || c.Broadcast:
		case c.NoLoop && c.Client == by:
			t.keys[name] = []int64{id}
			t.items++
		default:
			t.tell(c, reply.Texts(name))
		}
	}
}

// broadcast sends one message for each prefix and client.
func (t *Table) broadcast(by *cmd.Client, names []string) {
	for prefix, clients := range t.prefixes {
		var hit []string
		for _, name := range names {
			if strings.HasPrefix(name, prefix) {
				hit = append(hit, name)
			}
		}
		for _, c := range clients {
			if len(hit) > 0 && !(c.NoLoop && c.Client == by) {
				t.tell(c, reply.Texts(hit...))
			}
		}
	}
}

// Flush tells everybody that all keys are gone.
func (t *Table) Flush() {
	if !t.Active() {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.keys)
	t.items = 0
	for _, c := range t.clients {
		t.tell(c, reply.Nil())
	}
}

// tell sends an invalidation to a client, or where it redirects to. RESP2 clients understand
// it only as a message, and only if they hear channels.
func (t *Table) tell(c *client, keys reply.Reply) {
	target := c.Client
	if c.Redirect != 0 {
		if target = t.find(c.Redirect); target == nil {
			t.breakRedirect(c)
			return
		}
	}
	switch {
	case target.Proto.Load() > 2:
		target.Push(reply.PushOf(reply.Text("invalidate"), keys))
	case c.Redirect != 0 && target.Subscribed():
		target.Push(reply.PushOf(reply.Text("message"), reply.Text(channel), keys))
	}
}

func (t *Table) breakRedirect(c *client) {
	c.broken = true
	t.publish(c)
	if c.Proto.Load() > 2 {
		c.Push(reply.PushOf(reply.Text("tracking-redir-broken"), reply.Integer(c.Redirect)))
	}
}

// Counts are INFO's tracking_clients, tracking_total_keys, _items and _prefixes.
func (t *Table) Counts() (clients, keys, items, prefixes int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.clients), len(t.keys), t.items, len(t.prefixes)
}
