package resp_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"larder/store"
	"larder/store/memory"
)

// asking is an engine that counts its transactions, and how often they ask for heads.
type asking struct {
	store.Engine
	transactions, heads atomic.Int64
}

type askingTx struct {
	store.Tx
	heads *atomic.Int64
}

func (t askingTx) Heads(dst []store.Head, keys ...store.Key) ([]store.Head, error) {
	t.heads.Add(1)
	return t.Tx.Heads(dst, keys...)
}

func (e *asking) Update(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	e.transactions.Add(1)
	return e.Engine.Update(ctx, s, func(tx store.Tx) error { return fn(askingTx{tx, &e.heads}) })
}

func TestWatchingManyKeysAsksOnce(t *testing.T) {
	e := &asking{Engine: memory.New()}
	s := serveOn(t, e, func(ln net.Listener) net.Listener { return ln })
	c := s.dial(t)
	counts := func(n int) [2]int64 {
		var names []string
		for i := range n {
			names = append(names, fmt.Sprint("k", i))
			c.want(fmt.Sprintf("SET k%d v", i), "+OK")
		}
		e.transactions.Store(0)
		e.heads.Store(0)
		c.want("WATCH "+strings.Join(names, " ")+" absent", "+OK")
		c.want("MULTI", "+OK")
		c.want("SET k0 v", "+QUEUED")
		c.want("EXEC", "[+OK]")
		c.want("WATCH "+strings.Join(names, " "), "+OK")
		c.want("SWAPDB 0 1", "+OK")
		c.want("SWAPDB 0 1", "+OK")
		c.want("UNWATCH", "+OK")
		return [2]int64{e.transactions.Load(), e.heads.Load()}
	}
	if few, many := counts(3), counts(30); few != many {
		t.Errorf("transactions and calls: %d for few keys, %d for many", few, many)
	}
}
