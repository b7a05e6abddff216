package shard_test

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"larder/shard"
	"larder/store"
	"larder/store/memory"
	"larder/store/sqlite"
	"larder/store/storetest"
)

// The tests of this file let happen at any moment what a loaded machine lets happen seldom: generations settle while
// groups begin and end, reads are not in memory, and Views keep layers apart.

// nap gives other goroutines a chance, for a while of a random length.
func nap() {
	switch rand.IntN(40) {
	case 0:
		time.Sleep(time.Duration(rand.IntN(300)) * time.Microsecond)
	case 1, 2, 3, 4:
		for range rand.IntN(20) {
			runtime.Gosched()
		}
	}
}

// dawdling is a base that takes its time and remembers little.
type dawdling struct {
	commits atomic.Uint64 // odd while a generation settles
}

func (d *dawdling) settle(run func(fn func(store.BaseTx) error) error, fn func(store.BaseTx) error) error {
	nap()
	d.commits.Add(1)
	err := run(func(tx store.BaseTx) error {
		nap()
		defer nap()
		return fn(tx)
	})
	d.commits.Add(1)
	nap()
	return err
}

type dawdlingMemory struct {
	*memory.Engine
	dawdling
}

func (m *dawdlingMemory) Settle(ctx context.Context, fn func(store.BaseTx) error) error {
	return m.settle(func(fn func(store.BaseTx) error) error { return m.Engine.Settle(ctx, fn) }, fn)
}

func (m *dawdlingMemory) Reader(ctx context.Context) (store.Reader, error) {
	nap()
	r, err := m.Engine.Reader(ctx)
	return &dawdlingReader{r, &m.dawdling}, err
}

func (m *dawdlingMemory) OwnReader() (store.Reader, error) {
	r, err := m.Engine.OwnReader()
	return &dawdlingReader{r, &m.dawdling}, err
}

type dawdlingSQLite struct {
	*sqlite.Engine
	dawdling
}

func (s *dawdlingSQLite) Settle(ctx context.Context, fn func(store.BaseTx) error) error {
	return s.settle(func(fn func(store.BaseTx) error) error { return s.Engine.Settle(ctx, fn) }, fn)
}

func (s *dawdlingSQLite) Reader(ctx context.Context) (store.Reader, error) {
	nap()
	r, err := s.Engine.Reader(ctx)
	return &dawdlingReader{r, &s.dawdling}, err
}

func (s *dawdlingSQLite) OwnReader() (store.Reader, error) {
	r, err := s.Engine.OwnReader()
	return &dawdlingReader{r, &s.dawdling}, err
}

type dawdlingReader struct {
	store.Reader
	d *dawdling
}

func (r *dawdlingReader) Begin(nowMillis int64) (store.BaseTx, error) {
	nap()
	before := r.d.commits.Load()
	tx, err := r.Reader.Begin(nowMillis)
	if before%2 == 1 || r.d.commits.Load() != before {
		before = 0
	}
	nap()
	return &dawdlingTx{BaseTx: tx, version: before}, err
}

// dawdlingTx does not have in memory what it has at other times, and is slow now and then.
type dawdlingTx struct {
	store.BaseTx
	version uint64
	hurried bool
}

func (t *dawdlingTx) Hurry(on bool) {
	t.hurried = on
	if h, ok := t.BaseTx.(store.Hurrier); ok {
		h.Hurry(on)
	}
}

func (t *dawdlingTx) Version() uint64 {
	if h, ok := t.BaseTx.(store.Hurrier); ok {
		return h.Version()
	}
	return t.version
}

// cold is what a read answers. One that may wait is slow now and then, or the engine would take the disk for a quick one.
func (t *dawdlingTx) cold() error {
	switch n := rand.IntN(40); {
	case t.hurried && n < 10:
		return store.ErrCold
	case !t.hurried && n == 0:
		time.Sleep(250 * time.Microsecond)
	}
	return nil
}

func (t *dawdlingTx) Heads(dst []store.Head, keys ...store.Key) ([]store.Head, error) {
	if err := t.cold(); err != nil {
		return dst, err
	}
	return t.BaseTx.Heads(dst, keys...)
}

func (t *dawdlingTx) Row(k store.Key) (store.Head, bool, error) {
	if err := t.cold(); err != nil {
		return store.Head{}, false, err
	}
	return t.BaseTx.Row(k)
}

func (t *dawdlingTx) Items(dst []store.Item, id store.ID, p store.Part, fields ...[]byte) ([]store.Item, error) {
	if err := t.cold(); err != nil {
		return dst, err
	}
	return t.BaseTx.Items(dst, id, p, fields...)
}

func (t *dawdlingTx) Range(id store.ID, p store.Part, r store.Range) iter.Seq2[store.Item, error] {
	return func(yield func(store.Item, error) bool) {
		if err := t.cold(); err != nil {
			yield(store.Item{}, err)
			return
		}
		for it, err := range t.BaseTx.Range(id, p, r) {
			if err == nil && t.hurried && rand.IntN(40) == 0 {
				err = store.ErrCold
			}
			if !yield(it, err) || err != nil {
				return
			}
		}
	}
}

// openDawdling is an engine over two shards, so many of them in files. Behind its back generations settle and Views
// look on.
func openDawdling(files int, room int64) storetest.Open {
	return func(t *testing.T, clock func() int64) store.Engine {
		dir, err := os.MkdirTemp("", "dawdling") // a settle that has failed may end behind the test, and leave a file
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.RemoveAll(dir) })
		var bases []store.Base
		for i := range 2 {
			if i >= files {
				bases = append(bases, &dawdlingMemory{Engine: memory.New(memory.WithClock(clock), memory.AsBase())})
				continue
			}
			options := sqlite.Options{NowMillis: clock, CacheBytes: 1 << 20, Ordered: true}
			base, err := sqlite.Open(filepath.Join(dir, string(rune('a'+i))), options)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { base.Close() })
			bases = append(bases, &dawdlingSQLite{Engine: base})
		}
		o := shard.WithSteps(shard.Options{OverlayBytes: room, NowMillis: clock, Manual: true}, func(string) { nap() })
		j, err := shard.Open(dir, bases, o)
		if err != nil {
			t.Fatal(err)
		}
		j.OnSettle(nap)
		stop, done := make(chan struct{}), &sync.WaitGroup{}
		every(stop, done, j.Tend)
		every(stop, done, func() { lookOn(t, j.Order) })
		t.Cleanup(func() {
			close(stop)
			done.Wait()
			j.Close()
		})
		return settling{j.Order, j.Shards()}
	}
}

// every does something again and again until it is to stop, but leaves most of the time to others.
func every(stop chan struct{}, done *sync.WaitGroup, do func()) {
	done.Add(1)
	go func() {
		defer done.Done()
		for took := time.Duration(0); ; {
			select {
			case <-stop:
				return
			case <-time.After(10*took + time.Duration(rand.IntN(2000))*time.Microsecond):
			}
			start := time.Now()
			do()
			took = time.Since(start)
		}
	}()
}

// lookOn compares in one View what the ways to find keys say.
func lookOn(t *testing.T, o *shard.Order) {
	err := o.View(context.Background(), store.Whole(), func(tx store.Tx) error {
		for db := range 3 {
			named, err := tx.(store.Finder).Names(db, store.Span{Limit: 1 << 20})
			if err != nil {
				return err
			}
			nap()
			scanned, err := scan(tx, db)
			if err != nil {
				return err
			}
			size, err := tx.Size(db)
			if err != nil {
				return err
			}
			if !slices.EqualFunc(named, scanned, bytes.Equal) || int64(len(named)) > size {
				t.Errorf("one View of database %d: %d names, %d scanned, size %d; names %.500q, scanned %.500q", db,
					len(named), len(scanned), size, named, scanned)
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, store.ErrClosed) {
		t.Error(err)
	}
}

// scan lists the names of a database in order.
func scan(tx store.Tx, db int) (names [][]byte, err error) {
	for at, first := store.Cursor(0), true; first || at != 0; first = false {
		var found []store.Entry
		if found, at, err = tx.Scan(db, at, 100); err != nil {
			return nil, err
		}
		for _, e := range found {
			names = append(names, bytes.Clone(e.Name))
		}
	}
	slices.SortFunc(names, bytes.Compare)
	return names, nil
}

func TestRandomHistoriesWhileBasesDawdle(t *testing.T) {
	for seed := range uint64(storetest.Times(4, 100)) {
		storetest.RunRandom(t, seed, 200, reference, openDawdling(int(seed%3), 8<<10<<(seed%3*3)))
	}
}

func TestConformanceWhileBasesDawdle(t *testing.T) {
	storetest.Run(t, openDawdling(storetest.Times(0, 1), 32<<10))
}
