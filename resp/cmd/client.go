package cmd

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"larder/resp/reply"
)

// Client is what the server knows of one connection. The connection's goroutine owns
// it; others may read the atomic fields, and the rest through Info.
type Client struct {
	ID      int64
	Addr    string // peer, "ip:port" or the unix socket's path and ":0"
	Unix    bool   // came through the unix socket
	Local   string // our end
	FD      int    // file descriptor, -1 when there is none
	Created time.Time

	DB            atomic.Int32
	Proto         atomic.Int32 // 2 or 3
	Authenticated atomic.Bool
	NoEvict       atomic.Bool
	NoTouch       atomic.Bool
	ReadOnly      atomic.Bool  // READONLY: it would read from a replica of a cluster
	Deadline      atomic.Int64 // milliseconds a command may wait before it begins, 0 for ever
	LastActive    atomic.Int64 // Unix milliseconds of the last command
	Commands      atomic.Int64
	Killed        atomic.Bool // the connection ends after the reply under way
	Blocked       atomic.Bool // a command of it waits for something
	Monitor       atomic.Bool // it sees every command
	// Queued is the number of commands since MULTI, -1 outside it; QueuedBytes their size.
	Queued      atomic.Int32
	QueuedBytes atomic.Int64
	// Tracking is how it tracks keys it caches, for CLIENT LIST; nil if it does not.
	Tracking atomic.Pointer[Tracking]
	// Subscriptions counts what the client hears: channels, patterns, shard channels.
	Subscriptions [3]atomic.Int32
	last          atomic.Pointer[string]

	// Close ends the connection from any goroutine, those included that are about to send it something. Set by the
	// session.
	Close func()
	// Kill closes the connection, and waits until other goroutines have ended sending to it; those must not call it.
	// Set by the session.
	Kill func()

	// Pending returns the bytes that the client has not read, wherever they are, and how many of Redis's blocks
	// of 16 KB they fill. Set by the session.
	Pending func() (blocks int, bytes int64)
	// Enforce closes the connection if more waits for the client than client-output-buffer-limit allows. For any
	// goroutine; set by the session.
	Enforce func()

	// Push sends a message besides replies. It never waits for the socket. For any goroutine;
	// set by the session.
	Push func(reply.Reply)
	// Disturbed reports whether a key it watches has changed. Set by the session.
	Disturbed func() bool
	// Overhears reports whether it hears a channel that its user may not hear any more. For any goroutine; set by the
	// session.
	Overhears func() bool
	// Stranger is IsStranger. For any goroutine; set by the session.
	Stranger func() bool
	// Roam is MayRoam. Set by the session.
	Roam func(*Spec, [][]byte) bool
	// Unblock ends the wait of a blocked command, with an error or as if its time were over, and
	// reports whether there was one. For any goroutine; set by the session.
	Unblock func(failed bool) bool

	// QueryBuffer returns the bytes of input used and free. Set by the session.
	QueryBuffer func() (used, free int64)

	mu   sync.Mutex
	info ClientInfo
}

// Tracking is the state of CLIENT TRACKING.
type Tracking struct {
	On, Broadcast, Broken bool
	Redirect              int64 // the client to redirect to, 0 for none
}

// ClientInfo are the parts of a client that are words.
type ClientInfo struct {
	Name       string // CLIENT SETNAME
	LibName    string // CLIENT SETINFO LIB-NAME
	LibVersion string
	User       string // whose rights it has; "default" unless AUTH named another
}

// Near reports whether the client is on this machine: on the unix socket or on loopback.
func (c *Client) Near() bool {
	if c.Unix {
		return true
	}
	addr, err := netip.ParseAddrPort(c.Addr)
	return err == nil && addr.Addr().Unmap().IsLoopback()
}

// Info returns a copy; for any goroutine.
func (c *Client) Info() ClientInfo {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.info
}

// Change edits the words under the client's lock; for any goroutine.
func (c *Client) Change(edit func(*ClientInfo)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	edit(&c.info)
}

// Subscribed reports whether the client hears anything: Redis then calls it a pubsub client.
func (c *Client) Subscribed() bool {
	for k := range c.Subscriptions {
		if c.Subscriptions[k].Load() > 0 {
			return true
		}
	}
	return false
}

// TrackingState is how the client tracks keys.
func (c *Client) TrackingState() Tracking {
	if t := c.Tracking.Load(); t != nil {
		return *t
	}
	return Tracking{}
}

// Ran notes the name of the command just run, lower case, as "config|get". It is a pointer
// to a lasting name, so that noting it costs no allocation.
func (c *Client) Ran(name *string) { c.last.Store(name) }

// Last is the name of the latest command, "NULL" before the first as in CLIENT LIST.
func (c *Client) Last() string {
	if name := c.last.Load(); name != nil {
		return *name
	}
	return "NULL"
}

// IsStranger reports whether the client must authenticate before anything else.
func (c *Client) IsStranger() bool { return c.Stranger != nil && c.Stranger() }

// MayRoam reports whether the client's user may run a command line that reads whatever keys it is led to: SORT's
// patterns.
func (c *Client) MayRoam(s *Spec, args [][]byte) bool { return c.Roam == nil || c.Roam(s, args) }

// Waiting returns what is queued for the client: blocks, and bytes.
func (c *Client) Waiting() (blocks int, bytes int64) {
	if c.Pending == nil {
		return 0, 0
	}
	return c.Pending()
}

// Buffers returns the bytes of the client's input buffer: used, and allocated beyond it.
func (c *Client) Buffers() (used, free int64) {
	if c.QueryBuffer == nil {
		return 0, 0
	}
	return c.QueryBuffer()
}
