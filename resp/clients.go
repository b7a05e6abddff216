package resp

import (
	"sort"
	"sync"
	"sync/atomic"
	"time"

	"larder/resp/cmd"
)

// clients is the register of connections. For any goroutine.
type clients struct {
	mu     sync.Mutex
	byID   map[int64]*cmd.Client
	lastID atomic.Int64
}

func newClients() *clients { return &clients{byID: map[int64]*cmd.Client{}} }

// add registers a client under a fresh id, unless limit are there already.
func (c *clients) add(client *cmd.Client, limit int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.byID) >= limit {
		return false
	}
	client.ID = c.lastID.Add(1)
	c.byID[client.ID] = client
	return true
}

func (c *clients) remove(client *cmd.Client) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.byID, client.ID)
}

// find is a client by its id, nil if there is none.
func (c *clients) find(id int64) *cmd.Client {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.byID[id]
}

func (c *clients) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.byID)
}

// all returns the clients, oldest first.
func (c *clients) all() []*cmd.Client {
	list := c.unsorted()
	sort.Slice(list, func(i, j int) bool { return list[i].ID < list[j].ID })
	return list
}

func (c *clients) unsorted() []*cmd.Client {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := make([]*cmd.Client, 0, len(c.byID))
	for _, client := range c.byID {
		list = append(list, client)
	}
	return list
}

// enforce closes those for whom more waits than client-output-buffer-limit allows: a soft limit may have been passed
// for too long without anything being added.
func (c *clients) enforce() {
	for _, client := range c.unsorted() {
		client.Enforce()
	}
}

// closeIdle ends the connections that sent nothing for longer than timeout. Subscribers and
// those that wait for something have nothing to send.
func (c *clients) closeIdle(now time.Time, timeout time.Duration) {
	for _, client := range c.all() {
		if now.Sub(time.UnixMilli(client.LastActive.Load())) > timeout && !client.Subscribed() && !client.Blocked.Load() {
			client.Close()
		}
	}
}
