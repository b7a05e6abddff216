package resp_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"larder/shard"
	"larder/store"
	"larder/store/memory"
)

// chunked is a base that tells once of a transaction which is not one of settling: of a chunk that is staged.
type chunked struct {
	*memory.Engine
	once  sync.Once
	chunk func()
}

func (b *chunked) Settle(ctx context.Context, fn func(store.BaseTx) error) error {
	before := store.Mark{}
	err := b.Engine.Settle(ctx, func(tx store.BaseTx) (err error) {
		if before, err = tx.Mark(); err == nil {
			err = fn(tx)
		}
		return err
	})
	if after := b.Settled(); err == nil && after.LSN == before.LSN && after.NextID > before.NextID {
		b.once.Do(b.chunk)
	}
	return err
}

// TestWhoComesWhileACopyIsStaged: who begins to wait for its key, to watch it or to track it before it is published is served,
// disturbed and told. What is staged is seen by nobody, and others write meanwhile.
func TestWhoComesWhileACopyIsStaged(t *testing.T) {
	base := &chunked{Engine: memory.New(memory.AsBase())}
	e, err := shard.Open(t.TempDir(), []store.Base{base}, shard.Options{OverlayBytes: 64 << 10, Manual: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	s := serveOn(t, e, same, "notify-keyspace-events=KA")
	c, watcher, tracker, hearer := s.dial(t), s.dial(t), s.dial(t), s.dial(t)
	hearer.do("SUBSCRIBE __keyspace@0__:dst")
	const elements = 20_000
	for from := 0; from < elements; from += 500 {
		var line strings.Builder
		line.WriteString("RPUSH src")
		for i := from; i < from+500; i++ {
			fmt.Fprintf(&line, " element-%d", i)
		}
		c.do(line.String())
	}
	var waiter *caller
	base.chunk = func() {
		other := s.dial(t)
		other.want("SET other 1", "+OK")
		other.want("EXISTS dst", ":0")
		waiter = s.blockOn(t, other, 1, "BLPOP dst 0")
		watcher.want("WATCH dst", "+OK")
		tracker.do("HELLO 3")
		tracker.want("CLIENT TRACKING ON", "+OK")
		tracker.want("EXISTS dst", ":0")
	}
	c.want("COPY src dst", ":1")
	if waiter == nil {
		t.Fatal("nothing was staged")
	}
	if got := waiter.reply(); got != "[dst element-0]" {
		t.Errorf("who waited for the copy was answered %s", got)
	}
	c.want("LLEN dst", fmt.Sprint(":", elements-1))
	watcher.want("MULTI", "+OK")
	watcher.want("GET other", "+QUEUED")
	watcher.want("EXEC", "nil")
	if got := tracker.reply(); got != "[invalidate [dst]]" {
		t.Errorf("who tracks the key was told %s", got)
	}
	for _, event := range []string{"copy_to", "lpop"} {
		if got := hearer.reply(); got != "[message __keyspace@0__:dst "+event+"]" {
			t.Errorf("the event is %s, want %s", got, event)
		}
	}
	if n := c.info("journal_staged_transactions"); n != "1" {
		t.Errorf("%s transactions were staged", n)
	}
	if n := e.Shards()[0].Direct.Load(); n != 0 {
		t.Errorf("%d transactions ran straight on the file", n)
	}
}
