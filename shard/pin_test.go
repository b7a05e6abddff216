package shard_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"larder/shard"
	"larder/store"
	"larder/store/memory"
	"larder/store/sqlite"
)

// between does something once in the moment between the pin of a View and its snapshot, or at the snapshot of a
// writer's own reader: before it is taken, or right behind it.
type between struct {
	store.Base
	do             atomic.Pointer[func()]
	before, behind atomic.Pointer[func()]
}

func (b *between) Reader(ctx context.Context) (store.Reader, error) {
	r, err := b.Base.Reader(ctx)
	return &betweenReader{r, b}, err
}

func (b *between) OwnReader() (store.Reader, error) {
	r, err := b.Base.OwnReader()
	return &ownReader{r, b}, err
}

type ownReader struct {
	store.Reader
	b *between
}

func (r *ownReader) Begin(nowMillis int64) (store.BaseTx, error) {
	once(&r.b.before)
	tx, err := r.Reader.Begin(nowMillis)
	once(&r.b.behind)
	return tx, err
}

func once(do *atomic.Pointer[func()]) {
	if fn := do.Swap(nil); fn != nil {
		(*fn)()
	}
}

type betweenReader struct {
	store.Reader
	b *between
}

func (r *betweenReader) Begin(nowMillis int64) (store.BaseTx, error) {
	once(&r.b.do)
	return r.Reader.Begin(nowMillis)
}

// TestSettledBetweenPinAndSnapshot has a generation settle in the moment that is left between a View's pin and its
// snapshot: nothing is counted twice, by whatever opens a View.
func TestSettledBetweenPinAndSnapshot(t *testing.T) {
	ctx := context.Background()
	base := &between{Base: memory.New(memory.AsBase())}
	j, err := shard.Open(t.TempDir(), []store.Base{base}, shard.Options{Manual: true})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	e := j.Shards()[0]
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

// TestWriterSeesWhatSettlesAtItsSnapshot has a generation settle at the moment in which a group takes its snapshot of
// the file: the group sees it in the snapshot or in the layers, and counts it once.
func TestWriterSeesWhatSettlesAtItsSnapshot(t *testing.T) {
	ctx := context.Background()
	base := &between{Base: memory.New(memory.AsBase())}
	j, err := shard.Open(t.TempDir(), []store.Base{base}, shard.Options{Manual: true})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	gate := make(chan struct{})
	j.OnSettle(func() { <-gate })
	k := store.Key{Name: []byte("n")}
	increment := func(want string) {
		t.Helper()
		err := j.Update(ctx, store.Whole(), func(tx store.Tx) error {
			heads, err := tx.Heads(nil, k)
			if err != nil {
				return err
			}
			n, sizeErr := tx.Size(0)
			if got := fmt.Sprintf("%q of %d", heads[0].Value, n); got != want {
				t.Errorf("the writer sees %s, want %s", got, want)
			}
			return errors.Join(sizeErr, store.SetString(tx, k, append(heads[0].Value, '+'), 0))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	increment(`"" of 0`)
	for i, moment := range []*atomic.Pointer[func()]{&base.before, &base.behind, &base.before, &base.behind} {
		j.Tend()
		j.Tend() // it has been idle
		if !j.Settling() {
			t.Fatal("nothing settles")
		}
		settle := func() {
			gate <- struct{}{}
			for j.Settling() {
				time.Sleep(time.Millisecond)
			}
		}
		moment.Store(&settle)
		increment(fmt.Sprintf("%q of 1", strings.Repeat("+", i+1)))
		if moment.Load() != nil {
			t.Fatal("nothing settled at the snapshot")
		}
	}
	close(gate)
}

// TestViewIsOneMomentWhileItsLayersAreEmpty has a write settle on one of its two shards between a View's pin, when no
// shard has anything in its layers, and its snapshots: the View sees both halves of the write or neither.
func TestViewIsOneMomentWhileItsLayersAreEmpty(t *testing.T) {
	ctx := context.Background()
	base := &between{Base: memory.New(memory.AsBase())}
	j, err := shard.Open(t.TempDir(), []store.Base{base, memory.New(memory.AsBase())}, shard.Options{Manual: true})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	low, high := store.Key{Name: []byte("{06S}")}, store.Key{Name: []byte("foo")}
	if store.Slot(low.Name) >= store.SlotCount/2 || store.Slot(high.Name) < store.SlotCount/2 {
		t.Fatal("the keys are not on two shards")
	}
	write := func() {
		err := j.Update(ctx, store.One(low, high), func(tx store.Tx) error {
			return errors.Join(store.SetString(tx, low, []byte("v"), 0), store.SetString(tx, high, []byte("v"), 0))
		})
		if err := errors.Join(err, j.Shards()[0].Flush(ctx)); err != nil {
			t.Error(err)
		}
	}
	base.do.Store(&write)
	err = j.View(ctx, store.One(low, high), func(tx store.Tx) error {
		heads, err := tx.Heads(nil, low, high)
		if err == nil && heads[0].Exists() != heads[1].Exists() {
			t.Errorf("the View sees %v of one shard and %v of the other", heads[0].Exists(), heads[1].Exists())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if base.do.Load() != nil {
		t.Fatal("nothing was written")
	}
}

// TestFlushWaitsForNoReader empties everything while a View has the only reader of the file: it publishes with what the
// writer has read itself.
func TestFlushWaitsForNoReader(t *testing.T) {
	base, err := sqlite.Open(filepath.Join(t.TempDir(), "shard.db"), sqlite.Options{Readers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer base.Close()
	j, err := shard.Open(t.TempDir(), []store.Base{base}, shard.Options{Manual: true})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	setIn(t, j, 0, 5)
	flushed := make(chan error, 1)
	err = j.View(context.Background(), store.Whole(), func(tx store.Tx) error {
		go func() { flushed <- j.Update(context.Background(), store.Whole(), flushAll) }()
		select {
		case err := <-flushed:
			return err
		case <-time.After(20 * time.Second):
			return errors.New("a flush waits for the reader that a View has")
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := sizes(t, j); n != [3]int64{} {
		t.Errorf("sizes %v after the flush", n)
	}
}

// TestFlushIsAccountedForWhileItSettles has a generation settle at the snapshot of the flush: what it held is taken off
// once.
func TestFlushIsAccountedForWhileItSettles(t *testing.T) {
	base := &between{Base: memory.New(memory.AsBase())}
	gauge := struct {
		*between
		store.Gauge
	}{base, base.Base.(store.Gauge)}
	j, err := shard.Open(t.TempDir(), []store.Base{gauge}, shard.Options{Manual: true})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	gate := make(chan struct{})
	j.OnSettle(func() { <-gate })
	e := j.Shards()[0]
	for _, moment := range []*atomic.Pointer[func()]{&base.before, &base.behind} {
		setIn(t, e, 0, 30)
		j.Tend()
		j.Tend() // idle: it settles
		settle := func() {
			gate <- struct{}{}
			for j.Settling() {
				time.Sleep(time.Millisecond)
			}
		}
		moment.Store(&settle)
		if err := e.Update(context.Background(), store.Whole(), flushAll); err != nil {
			t.Fatal(err)
		}
		if moment.Load() != nil {
			t.Fatal("nothing settled at the snapshot")
		}
		if n := e.Fill().Keys; n != 0 {
			t.Errorf("%d keys are accounted for after the flush", n)
		}
		for range 2 {
			j.Tend()
		}
		gate <- struct{}{}
		for j.Settling() {
			time.Sleep(time.Millisecond)
		}
	}
	close(gate)
}
