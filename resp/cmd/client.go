package cmd

import (
	"sync"
	"sync/atomic"
	"time"
)

// Client is what the server knows of one connection. The connection's goroutine owns
// it; others may read the atomic fields, and the rest through Info.
type Client struct {
	ID      int64
	Addr    string // peer, "ip:port" or the socket's path
	Local   string // our end
	Created time.Time

	DB            atomic.Int32
	Proto         atomic.Int32 // 2 or 3
	Authenticated atomic.Bool
	NoEvict       atomic.Bool
	NoTouch       atomic.Bool
	LastActive    atomic.Int64 // Unix milliseconds of the last command
	Commands      atomic.Int64
	Killed        atomic.Bool // the connection ends after the reply under way

	// Close ends the connection from any goroutine. Set by the session.
	Close func()

	mu   sync.Mutex
	info ClientInfo
}

// ClientInfo are the parts of a client that are words.
type ClientInfo struct {
	Name       string // CLIENT SETNAME
	LibName    string // CLIENT SETINFO LIB-NAME
	LibVersion string
	User       string // "default" unless AUTH named another
	Last       string // last command, lower case, "config|get"
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
