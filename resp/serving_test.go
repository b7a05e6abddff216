package resp_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"larder/shard"
	"larder/store"
	"larder/store/memory"
)

// batching is an engine that counts batches and the jobs in them.
type batching struct {
	store.Engine
	batches, jobs atomic.Int64
}

func (b *batching) Batch(ctx context.Context, jobs []*store.Job) {
	b.batches.Add(1)
	b.jobs.Add(int64(len(jobs)))
	for _, j := range jobs {
		store.Run(ctx, b.Engine, j)
	}
}

// ordered is an engine over three shards, whose layers take so many bytes.
func ordered(t *testing.T, bytes int64) store.Engine {
	t.Helper()
	bases := []store.Base{memory.New(memory.AsBase()), memory.New(memory.AsBase()), memory.New(memory.AsBase())}
	j, err := shard.Open(t.TempDir(), bases, shard.Options{OverlayBytes: bytes})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

func same(ln net.Listener) net.Listener { return ln }

func blockedAre(t *testing.T, c *caller, n int) {
	t.Helper()
	until(t, fmt.Sprint(n), func() string { return c.info("blocked_clients") })
}

func TestAWriterThatServesSharesItsBatch(t *testing.T) {
	engine := &batching{Engine: memory.New()}
	s := serveOn(t, engine, same)
	waits, c := s.dial(t), s.dial(t)
	waits.send("BLPOP k 0")
	blockedAre(t, c, 1)
	engine.batches.Store(0)
	engine.jobs.Store(0)
	c.send("RPUSH k a b", "LLEN k", "RPUSH k c", "LRANGE k 0 -1")
	for _, want := range []string{":2", ":1", ":2", "[b c]"} {
		if got := c.reply(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got := waits.reply(); got != "[k a]" {
		t.Errorf("the waiter got %s", got)
	}
	if batches, jobs := engine.batches.Load(), engine.jobs.Load(); batches != 1 || jobs != 4 {
		t.Errorf("%d jobs in %d batches", jobs, batches)
	}
}

// Whoever waits is served by the writer's own transaction, however long the line and the chain and wherever the keys lie.
func TestServingIsOneTransaction(t *testing.T) {
	s, engine := serveCounting(t)
	c := s.dial(t)
	const n = 300
	waits := make([]*caller, n)
	for i := range waits {
		waits[i] = s.dial(t)
		waits[i].send(fmt.Sprintf("BLMOVE a d%d LEFT LEFT 0", i))
	}
	for i := range 3 {
		waits = append(waits, s.dial(t))
		waits[n+i].send(fmt.Sprintf("BLMOVE chain%d chain%d LEFT LEFT 0", i, i+1))
	}
	blockedAre(t, c, n+3)
	engine.clear()
	c.wantScript("nil", "for _ = 1, 300 do redis.call('RPUSH', KEYS[1], 'x') end", "a")
	c.want("RPUSH chain0 y", ":1")
	for i, w := range waits {
		if got := w.reply(); got != "x" && (i < n || got != "y") {
			t.Errorf("waiter %d got %s", i, got)
		}
	}
	if whole, total := engine.counts(); whole != 0 || total != 2 {
		t.Errorf("%d transactions, %d over all keys", total, whole)
	}
	c.want("EXISTS a chain0 chain1 chain2", ":0")
	c.want("LRANGE chain3 0 -1", "[y]")
}

// breaking is an engine whose next transaction on the key k alone runs and then fails, in the end.
type breaking struct {
	store.Engine
	broken  atomic.Bool
	failed  chan struct{} // closed when it has
	proceed chan struct{} // it answers when this is closed
}

var errBroken = errors.New("broken")

func (b *breaking) Update(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	breaks := len(s.Keys) == 1 && string(s.Keys[0].Name) == "k" && b.broken.Swap(false)
	err := b.Engine.Update(ctx, s, func(tx store.Tx) error {
		err := fn(tx)
		if breaks {
			err = errBroken
		}
		return err
	})
	if breaks {
		close(b.failed)
		<-b.proceed
	}
	return err
}

// A writer has claimed a waiter and fails. Meanwhile another one has passed over the waiter, who gets what that has left.
func TestAWriterThatFailsServesNobody(t *testing.T) {
	engine := &breaking{Engine: memory.New(), failed: make(chan struct{}), proceed: make(chan struct{})}
	s := serveOn(t, engine, same)
	waits, fails, c := s.dial(t), s.dial(t), s.dial(t)
	waits.send("BLPOP k 0")
	blockedAre(t, c, 1)
	engine.broken.Store(true)
	fails.send("RPUSH k lost")
	<-engine.failed
	c.want("RPUSH k kept", ":1")
	c.want("LRANGE k 0 -1", "[kept]")
	close(engine.proceed)
	if got := fails.reply(); !strings.HasPrefix(got, "-") {
		t.Errorf("the writer got %s", got)
	}
	if got := waits.reply(); got != "[k kept]" {
		t.Errorf("the waiter got %s", got)
	}
	c.want("EXISTS k", ":0")
}

// Writers of one group meet somebody who waits for what only the last of them brings: the first ones, which have nothing
// for him, must not keep him from the last.
func TestWhoFindsNothingIsServedInTheSameGroup(t *testing.T) {
	s := serveOn(t, ordered(t, 1<<20), same)
	waits, behind, c := s.dial(t), s.dial(t), s.dial(t)
	for range 20 {
		waits.send("XREAD BLOCK 0 STREAMS s 100-0")
		behind.send("XREAD BLOCK 0 STREAMS s 0-0")
		blockedAre(t, c, 2)
		c.send("XADD s 1-0 a b", "XADD s 2-0 a b", "XADD s 101-0 a b", "XLEN s", "DEL s")
		for _, want := range []string{"1-0", "2-0", "101-0", ":3", ":1"} {
			if got := c.reply(); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
		if got := waits.reply(); got != "[[s [[101-0 [a b]]]]]" {
			t.Fatalf("the waiter got %s", got)
		}
		if got := behind.reply(); got != "[[s [[1-0 [a b]]]]]" {
			t.Fatalf("the one behind got %s", got)
		}
	}
}
