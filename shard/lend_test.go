package shard_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"larder/shard"
	"larder/store"
	"larder/store/memory"
)

// borrower is a base that only notes what it may use.
type borrower struct {
	store.Base
	lent atomic.Int64
}

func (b *borrower) Borrow(bytes int64) { b.lent.Store(bytes) }

// The memtable's room is the base's while nobody writes, and no longer.
func TestRoomIsLent(t *testing.T) {
	const room = 1 << 20
	base := &borrower{Base: memory.New(memory.AsBase())}
	j, err := shard.Open(t.TempDir(), []store.Base{base}, shard.Options{OverlayBytes: room})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	e := j.Shards()[0]
	write := func(n int) {
		t.Helper()
		for i := range n {
			k := store.Key{Name: fmt.Append(nil, "key ", i)}
			err := e.Update(t.Context(), store.One(k), func(tx store.Tx) error {
				return store.SetString(tx, k, make([]byte, 300), 0)
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	idle := func() {
		t.Helper()
		j.Tend()
		if err := e.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		j.Tend()
	}
	if idle(); base.lent.Load() != room*3/2 {
		t.Fatalf("%d bytes are lent while nobody writes", base.lent.Load())
	}
	if write(100); base.lent.Load() == 0 {
		t.Fatal("a few writes have ended the loan")
	}
	if write(1000); base.lent.Load() != 0 {
		t.Fatalf("%d bytes are lent to the base while the overlay needs them", base.lent.Load())
	}
	if idle(); base.lent.Load() != room*3/2 {
		t.Fatal("nothing is lent after the writes have settled")
	}
}
