package journal_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"larder/store"
	"larder/store/journal"
	"larder/store/memory"
)

// between does something once in the moment between the pin of a View and its snapshot.
type between struct {
	store.Base
	do atomic.Pointer[func()]
}

func (b *between) Snapshot(ctx context.Context, s store.Scope, l store.Looker) error {
	return b.Base.Snapshot(ctx, s, &betweenLook{l, b})
}

type betweenLook struct {
	store.Looker
	b *between
}

func (l *betweenLook) Pin() error {
	err := l.Looker.Pin()
	if do := l.b.do.Swap(nil); do != nil {
		(*do)()
	}
	return err
}

// TestSettledBetweenPinAndSnapshot has a generation settle in the moment that is left between a View's pin and its
// snapshot: nothing is counted twice, by whatever opens a View.
func TestSettledBetweenPinAndSnapshot(t *testing.T) {
	ctx := context.Background()
	base := &between{Base: memory.New(memory.AsBase())}
	j, err := journal.Open(t.TempDir(), []store.Base{base}, journal.Options{Manual: true})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	e := j.Engines()[0].(*journal.Engine)
	e.Exact(true) // each write looks what it replaces: a count that is corrected later would hide the fault
	for i := range 4 {
		k := store.Key{Name: fmt.Appendf(nil, "k%d", i)}
		if err := e.Update(ctx, store.One(k), func(tx store.Tx) error { return store.SetString(tx, k, []byte("v"), 0) }); err != nil {
			t.Fatal(err)
		}
		settle := func() {
			if err := e.Flush(ctx); err != nil {
				t.Error(err)
			}
		}
		base.do.Store(&settle)
		want := int64(i + 1)
		if i%2 == 0 {
			err = e.View(ctx, store.Whole(), func(tx store.Tx) error {
				n, err := tx.Size(0)
				if n != want {
					t.Errorf("a View counts %d keys, want %d", n, want)
				}
				return err
			})
		} else {
			var spaces []store.Keyspace
			if spaces, err = e.Keyspaces(ctx); len(spaces) != 1 || spaces[0].Keys != want {
				t.Errorf("the keyspaces are %+v, want %d keys", spaces, want)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		if base.do.Load() != nil {
			t.Fatal("no generation settled")
		}
	}
}
