// Package track remembers which clients cache which keys, and tells them when the keys change:
// CLIENT TRACKING. It knows clients, not sockets.
// https://redis.io/docs/latest/develop/reference/client-side-caching/
package track

import (
	"math"
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
	// reads is, while a command reads, what it has remembered, and the moment of the last change that was told of it.
	reads map[string]uint64
}

// Table knows what all clients track. Its methods may be called from any goroutine.
//
// A key must be remembered before it is read, or a change that comes between is not reported. Nor must it be
// forgotten for a change that the read has seen already, though it is told of only now: so what a command has
// remembered stays until it is known what it has seen, from Begin to End.
type Table struct {
	find   func(id int64) *cmd.Client
	limit  func() int
	moment func() uint64

	active   atomic.Int64 // clients that track: 0 lets readers and writers pass
	mu       sync.Mutex
	clients  map[int64]*client
	keys     map[string][]int64 // ids of clients, some of which may be gone
	items    int                // ids in keys
	prefixes map[string]map[int64]*client
}

// NewTable makes an empty table. find looks a connected client up, nil if it is gone; limit is
// the most keys to remember, 0 for any number; moment is that of the change of which Invalidate tells: see
// store.Sequencer.
func NewTable(find func(id int64) *cmd.Client, limit func() int, moment func() uint64) *Table {
	return &Table{find: find, limit: limit, moment: moment, clients: map[int64]*client{}, keys: map[string][]int64{},
		prefixes: map[string]map[int64]*client{}}
}

// Active reports whether any client tracks keys.
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
		if _, known := who.reads[string(name)]; who.reads != nil && !known {
			who.reads[string(name)] = 0
		}
	}
	t.evict()
}

// Begin is called before a client's command remembers anything.
func (t *Table) Begin(c *cmd.Client) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if who := t.clients[c.ID]; who != nil && !who.Broadcast {
		who.reads = map[string]uint64{}
	}
}

// End is called when the command has read, at a moment. What has changed since is forgotten: the client has been told.
func (t *Table) End(c *cmd.Client, moment uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	who := t.clients[c.ID]
	if who == nil {
		return
	}
	for name, changed := range who.reads {
		if changed > moment {
			t.forget(name, c.ID)
		}
	}
	who.reads = nil
	t.evict()
}

func (t *Table) forget(name string, id int64) {
	ids := t.keys[name]
	at := slices.Index(ids, id)
	if at < 0 {
		return
	}
	t.items--
	if t.keys[name] = slices.Delete(ids, at, at+1); len(ids) == 1 {
		delete(t.keys, name)
	}
}

// Trim makes a lower limit take effect.
func (t *Table) Trim() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.evict()
}

// evict forgets keys over the limit, and tells the clients that have them. One that is being read has its turn when
// that has ended: else its reader would be told of it, and could be told again.
func (t *Table) evict() {
	limit := t.limit()
	for name, ids := range t.keys {
		if limit == 0 || len(t.keys) <= limit {
			return
		}
		if !slices.ContainsFunc(ids, func(id int64) bool { return t.reads(id, name) }) {
			t.drop(name, nil, math.MaxUint64)
		}
	}
}

// reads reports whether a client is reading a key now.
func (t *Table) reads(id int64, name string) bool {
	who := t.clients[id]
	if who == nil {
		return false
	}
	_, reading := who.reads[name]
	return reading
}

// Invalidate reports keys that changed, and the client that changed them, or nil.
func (t *Table) Invalidate(by *cmd.Client, names []string) {
	if len(names) == 0 || !t.Active() {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, name := range names {
		t.drop(name, by, t.moment())
	}
	if len(t.prefixes) > 0 {
		slices.Sort(names)
		t.broadcast(by, slices.Compact(names))
	}
}

// drop forgets a key after telling the clients that have read it. A client that changed it itself and does not want
// to hear of that may have read it again since, in the same transaction: it stays, as does one that reads.
func (t *Table) drop(name string, by *cmd.Client, moment uint64) {
	ids := t.keys[name]
	var stay []int64
	t.items -= len(ids)
	delete(t.keys, name)
	for _, id := range ids {
		c := t.clients[id]
		switch {
		case c == nil || c.Broadcast:
		case c.NoLoop && c.Client == by:
			stay = append(stay, id)
		default:
			t.tell(c, reply.Texts(name))
			if c.changed(name, by, moment) {
				stay = append(stay, id)
			}
		}
	}
	if len(stay) > 0 {
		t.keys[name] = stay
		t.items += len(stay)
	}
}

// changed notes a change of a key that the client is reading, if it is. Its own is always later than what it reads.
func (c *client) changed(name string, by *cmd.Client, moment uint64) bool {
	if _, reading := c.reads[name]; !reading {
		return false
	}
	if by == c.Client {
		moment = math.MaxUint64
	}
	c.reads[name] = max(c.reads[name], moment)
	return true
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

// Flush tells all tracking clients that all keys are gone.
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
		for name := range c.reads {
			c.reads[name] = t.moment()
			t.keys[name] = append(t.keys[name], c.ID)
			t.items++
		}
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
