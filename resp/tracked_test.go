package resp_test

import (
	"context"
	"sync/atomic"
	"testing"

	"larder/store"
	"larder/store/memory"
)

// telling is an engine that counts the transactions that only read, and those that may write.
type telling struct {
	store.Engine
	reads, writes atomic.Int64
}

func (e *telling) View(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	e.reads.Add(1)
	return e.Engine.View(ctx, s, fn)
}

func (e *telling) Update(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	e.writes.Add(1)
	return e.Engine.Update(ctx, s, fn)
}

// TestTrackedReadsAreReads: to be told of later writes makes a read no write, whatever the mode of tracking, and in MULTI as
// well. Scripts are another matter: see prepareScript.
func TestTrackedReadsAreReads(t *testing.T) {
	e := &telling{Engine: memory.New()}
	s := serveOn(t, e, same)
	c := s.dial(t)
	c.want("SET k v", "+OK")
	c.want("HSET h f v", ":1")
	c.do("HELLO 3")
	var reads, writes int64 // without tracking
	for _, mode := range []string{"OFF", "ON", "ON OPTIN", "ON OPTOUT", "ON BCAST"} {
		c.want("CLIENT TRACKING OFF", "+OK")
		c.want("CLIENT TRACKING "+mode, "+OK")
		e.reads.Store(0)
		e.writes.Store(0)
		if mode == "ON OPTIN" {
			c.want("CLIENT CACHING YES", "+OK")
		}
		c.want("GET k", "v")
		c.want("HGET h f", "v")
		if n := e.writes.Load(); n != 0 {
			t.Errorf("tracking %s: %d reads are writes", mode, n)
		}
		c.send("MULTI", "GET k", "EXEC")
		for _, want := range []string{"+OK", "+QUEUED", "[v]"} {
			if got := c.reply(); got != want {
				t.Errorf("tracking %s: got %s, want %s", mode, got, want)
			}
		}
		if mode == "OFF" {
			reads, writes = e.reads.Load(), e.writes.Load()
		}
		if r, w := e.reads.Load(), e.writes.Load(); r != reads || w != writes || r < 2 {
			t.Errorf("tracking %s: %d transactions read and %d write, without it %d and %d", mode, r, w, reads, writes)
		}
	}
}
