// Package admission decides whether a command may begin: whether there is room for what it may write, and whether its
// time is not over. What has been read of late, by which room is made, is noted here, too.
package admission

import (
	"context"
	"time"

	"larder/resp/cmd"
	"larder/store"
)

// Budget keeps the data within `maxmemory`. For any goroutine.
type Budget interface {
	// Limited reports whether there is a limit at all; every command asks.
	Limited() bool
	// Tight reports whether so many bytes more would pass it.
	Tight(need int64) bool
	// Admit makes room for a write and reserves it until Release; false means that there is none.
	Admit(ctx context.Context, need int64) bool
	Release(need int64)
	// Spent reports whether there is no room for so many bytes, nor any to be made. It waits for nobody.
	Spent(need int64) bool
	// Used is the bytes of data.
	Used() int64
	// Evictions tells what INFO shows: keys evicted, and how long the limit was passed since the
	// start, and is now.
	Evictions() (keys int64, total, current time.Duration)
	// CullTime is what evicting has taken since the start.
	CullTime() time.Duration
}

// boundless is the budget of a server without one.
type boundless struct{}

func (boundless) Limited() bool                                    { return false }
func (boundless) Tight(int64) bool                                 { return false }
func (boundless) Admit(context.Context, int64) bool                { return true }
func (boundless) Release(int64)                                    {}
func (boundless) Spent(int64) bool                                 { return false }
func (boundless) Used() int64                                      { return 0 }
func (boundless) Evictions() (int64, time.Duration, time.Duration) { return 0, 0, 0 }
func (boundless) CullTime() time.Duration                          { return 0 }

// Boundless is the budget of a server without one.
func Boundless() Budget { return boundless{} }

// OutOfMemory is Redis's refusal.
const OutOfMemory = "OOM command not allowed when used memory > 'maxmemory'."

// Least is what a command that makes a key adds at least. Data that leaves less is over its limit, as Redis, which
// counts what the process takes, is over a limit of a few bytes before there are any.
const Least = store.KeyMin

// Hold is room that is reserved for a command until it has run. It belongs to the command.
type Hold struct{ bytes int64 }

// Take makes room and reserves it. It reports false if there is none.
func (h *Hold) Take(ctx context.Context, b Budget, need int64) bool {
	if !b.Admit(ctx, need) {
		return false
	}
	h.bytes = need
	return true
}

// Leave gives the room back.
func (h *Hold) Leave(b Budget) {
	if h.bytes != 0 {
		b.Release(h.bytes)
		h.bytes = 0
	}
}

// Bytes is how much is reserved.
func (h *Hold) Bytes() int64 { return h.bytes }

// Cost is what the arguments of a command with so many keys come to as data.
func Cost(args [][]byte, keys int) int64 {
	n := int64(keys) * Least
	for _, a := range args[1:] {
		n += int64(len(a))
	}
	return n
}

// Overwritten are the keys whose content a command gives back, as far as its row says that it does.
func Overwritten(c *cmd.Call) (keys []store.Key) {
	for i := range c.Spec.Keys {
		flags := c.Spec.Keys[i].Flags
		if flags&cmd.KeyVariable != 0 && c.Spec.KeyUse != nil {
			flags = c.Spec.KeyUse(c.Args)
		}
		if flags&cmd.KeyOW != 0 {
			c.Spec.Keys[i].Each(c.Args, func(at int) { keys = append(keys, c.Key(at)) })
		}
	}
	return keys
}

// Replaced is what a command gives back by overwriting its keys.
func Replaced(e store.Engine, c *cmd.Call) (bytes int64) {
	keys := Overwritten(c)
	if len(keys) == 0 {
		return 0
	}
	err := e.View(context.Background(), store.One(keys...), func(tx store.Tx) (err error) {
		bytes, err = Weigh(tx, keys)
		return err
	})
	if err != nil {
		return 0
	}
	return bytes
}

// Weigh adds up what keys hold.
func Weigh(tx store.Tx, keys []store.Key) (bytes int64, err error) {
	heads, err := tx.Heads(nil, keys...)
	for i := range heads {
		bytes += heads[i].Bytes
	}
	return bytes, err
}
