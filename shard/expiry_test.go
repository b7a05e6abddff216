package shard_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"larder/shard"
	"larder/store"
	"larder/store/sqlite"
	"larder/store/storetest"
)

// counted is a base that counts the keys it is asked for in the order of expiries, and how often it is asked for names.
type counted struct {
	*sqlite.Engine
	rows, asked atomic.Int64
}

type countedTx struct {
	store.BaseTx
	base *counted
}

func (c *counted) View(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	return c.Engine.View(ctx, s, func(tx store.Tx) error { return fn(countedTx{tx.(store.BaseTx), c}) })
}

func (tx countedTx) Names(db int, s store.Span) ([][]byte, error) {
	tx.base.asked.Add(1)
	return tx.BaseTx.Names(db, s)
}

func (c *counted) Expiring(ctx context.Context, behind store.Due, before int64, n int) ([]store.Due, error) {
	found, err := c.Engine.Expiring(ctx, behind, before, n)
	c.rows.Add(int64(len(found)))
	return found, err
}

// expiries is a shard that settles only when it is told to, and what should be in it.
type expiries struct {
	*shard.Shard
	t     *testing.T
	base  *counted
	clock atomic.Int64
	want  map[string]int64 // expiry, 0 for none
}

func openExpiries(t *testing.T) *expiries {
	dir := t.TempDir()
	x := &expiries{t: t, want: map[string]int64{}}
	x.clock.Store(1_000_000)
	file, err := sqlite.Open(filepath.Join(dir, "shard.db"), sqlite.Options{NowMillis: x.clock.Load, Ordered: true})
	if err != nil {
		t.Fatal(err)
	}
	x.base = &counted{Engine: file}
	j, err := shard.Open(dir, []store.Base{x.base}, shard.Options{Manual: true, OverlayBytes: 256 << 20, NowMillis: x.clock.Load})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close(); file.Close() })
	x.Shard = j.Shards()[0]
	return x
}

func (x *expiries) update(fn func(store.Tx) error) {
	x.t.Helper()
	if err := x.Update(context.Background(), store.Whole(), fn); err != nil {
		x.t.Fatal(err)
	}
}

func (x *expiries) settle() {
	x.t.Helper()
	if err := x.Flush(context.Background()); err != nil {
		x.t.Fatal(err)
	}
}

// keyOf puts neighbours into different databases, whose expiries are one order.
func keyOf(name string) store.Key {
	return store.Key{DB: int(name[len(name)-1]) % 3, Name: []byte(name)}
}

func (x *expiries) put(tx store.Tx, name string, at int64) error {
	x.want[name] = at
	return tx.PutHead(keyOf(name), store.Head{Type: store.String, Len: 1, Bytes: 10, Value: []byte("v"), ExpireAt: at})
}

// fill puts n keys that expire at once.
func (x *expiries) fill(prefix string, n int, at int64) {
	x.t.Helper()
	for from := 0; from < n; from += 1000 {
		x.update(func(tx store.Tx) error {
			for i := from; i < min(n, from+1000); i++ {
				if err := x.put(tx, fmt.Sprint(prefix, i), at); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

func (x *expiries) expired(n int) []store.Due {
	x.t.Helper()
	due, err := x.Expired(context.Background(), x.clock.Load(), n)
	if err != nil {
		x.t.Fatal(err)
	}
	return due
}

// remove expires hints, all of which must be right.
func (x *expiries) remove(due []store.Due) {
	x.t.Helper()
	x.update(func(tx store.Tx) error {
		for _, d := range due {
			n, err := store.Expire(tx, d.Key)
			if err != nil {
				return err
			}
			if n != 1 {
				x.t.Fatalf("%s has not expired", d.Key.Name)
			}
			delete(x.want, string(d.Key.Name))
		}
		return nil
	})
}

// removeAll expires step by step until there are no more hints.
func (x *expiries) removeAll(step int, between func()) (removed int) {
	x.t.Helper()
	for {
		due := x.expired(step)
		if len(due) == 0 {
			return removed
		}
		x.remove(due)
		removed += len(due)
		between()
	}
}

// However many keys expire at once, all are found, settled or not and while others write; and the file's index is
// read about once, not again from its beginning for each step.
func TestExpiryGoesOnBehindWhatIsGone(t *testing.T) {
	for _, n := range []int{3, 64, 4_000, storetest.Times(20_000, 100_000)} {
		for _, settled := range []bool{true, false} {
			for _, writers := range []bool{true, false} {
				t.Run(fmt.Sprintf("%d settled %v writers %v", n, settled, writers), func(t *testing.T) {
					x, at := openExpiries(t), int64(1_000_500)
					x.fill("k", n, at)
					x.fill("later", 100, at+1_000_000)
					if settled {
						x.settle()
					}
					x.clock.Store(at + 1)
					written := 0
					removed := x.removeAll(64, func() {
						if writers {
							written++
							x.fill(fmt.Sprint("w", written, "-"), 1, at+1_000_000)
						}
					})
					if removed != n {
						t.Errorf("%d of %d keys were found", removed, n)
					}
					if rows := x.base.rows.Load(); rows > int64(2*n+1000) {
						t.Errorf("the file was asked for %d keys", x.base.rows.Load())
					}
				})
			}
		}
	}
}

// Keys that have got a later expiry, or none, stand in the way at the front of the file's index.
func TestExpiryPassesWhatHasChanged(t *testing.T) {
	x, at := openExpiries(t), int64(1_000_500)
	x.fill("changed", 20_000, at)
	x.fill("k", 5_000, at+1)
	x.settle()
	x.fill("changed", 10_000, at+1_000_000)
	x.fill("changed", 5_000, 0)
	x.clock.Store(at + 2)
	if n := x.removeAll(64, func() {}); n != 15_000 {
		t.Errorf("%d keys were found, want 15000", n)
	}
	if x.base.rows.Load() > 60_000 {
		t.Errorf("the file was asked for %d keys", x.base.rows.Load())
	}
}

// The hints are exact in any history of writes, settles and Views that keep layers apart.
func TestExpiryInRandomHistories(t *testing.T) {
	for seed := range uint64(storetest.Times(3, 6)) {
		x, rng := openExpiries(t), rand.New(rand.NewPCG(seed, 1))
		var run func(steps, held int)
		run = func(steps, held int) {
			for range steps {
				x.clock.Add(rng.Int64N(20))
				switch name := fmt.Sprint("k", rng.IntN(150)); rng.IntN(12) {
				case 0:
					x.update(func(tx store.Tx) error {
						delete(x.want, name)
						_, err := tx.Drop(keyOf(name))
						return err
					})
				case 1:
					x.update(func(tx store.Tx) error { return x.put(tx, name, 0) })
				case 2, 3:
					x.remove(x.expired(1 + rng.IntN(8)))
				case 4:
					if rng.IntN(8) == 0 {
						x.settle()
					}
				case 5:
					if held > 0 {
						err := x.View(context.Background(), store.Whole(), func(store.Tx) error { run(25, held-1); return nil })
						if err != nil {
							t.Fatal(err)
						}
					}
				default:
					x.update(func(tx store.Tx) error { return x.put(tx, name, x.clock.Load()+1+rng.Int64N(800)) })
				}
				x.compare()
			}
		}
		run(600, 2)
	}
}

// compare holds what is found against what should be.
func (x *expiries) compare() {
	x.t.Helper()
	var want, got []string
	first := int64(0)
	for name, at := range x.want {
		if at != 0 && at < x.clock.Load() {
			want = append(want, fmt.Sprint(name, " ", at))
			if first == 0 || at < first {
				first = at
			}
		}
	}
	for _, d := range x.expired(1000) {
		got = append(got, fmt.Sprint(string(d.Key.Name), " ", d.ExpireAt))
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		x.t.Fatalf("due are\n%q, want\n%q", got, want)
	}
	if one := x.expired(1); len(want) > 0 && (len(one) != 1 || one[0].ExpireAt != first) {
		x.t.Fatalf("the first is %+v, want one of %d", one, first)
	}
}

// Soonest finds the first n keys however many are hidden before them.
func TestSoonestGoesOnBehindWhatIsGone(t *testing.T) {
	x, at := openExpiries(t), int64(2_000_000)
	x.fill("gone", 20_000, at)
	x.fill("k", 10, at+1)
	x.settle()
	for from := 0; from < 20_000; from += 1000 {
		x.update(func(tx store.Tx) error {
			for i := from; i < from+1000; i++ {
				if _, err := tx.Drop(keyOf(fmt.Sprint("gone", i))); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for range 3 {
		found, err := x.Soonest(context.Background(), nil, 5)
		if err != nil {
			t.Fatal(err)
		}
		if len(found) != 5 || found[0].ExpireAt != at+1 || found[0].Bytes != 10 {
			t.Fatalf("%+v", found)
		}
	}
	if x.base.rows.Load() > 21_000 {
		t.Errorf("the file was asked for %d keys", x.base.rows.Load())
	}
}

// Beside writers, settles and another remover each key is removed once, and none is left.
func TestExpiryBesideOthers(t *testing.T) {
	const n = 5_000
	x := openExpiries(t)
	x.fill("k", n, 1_000_500)
	x.settle()
	x.clock.Store(1_000_501)
	var removed atomic.Int64
	var removers, others sync.WaitGroup
	stop := make(chan struct{})
	for w := range 2 {
		removers.Go(func() {
			for {
				due, err := x.Expired(context.Background(), 1_000_501, 32)
				if err != nil || len(due) == 0 {
					return
				}
				for _, d := range due {
					gone := 0
					if err := x.Update(context.Background(), store.One(d.Key), func(tx store.Tx) (err error) {
						gone, err = store.Expire(tx, d.Key)
						return err
					}); err != nil {
						t.Error(err)
					}
					removed.Add(int64(gone))
				}
			}
		})
		others.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				k := keyOf(fmt.Sprint("other", w, "-", i%500))
				err := x.Update(context.Background(), store.One(k), func(tx store.Tx) error {
					return tx.PutHead(k, store.Head{Type: store.String, Len: 1, Bytes: 1, Value: []byte("v"), ExpireAt: 2_000_000 + int64(i%7)})
				})
				if w == 0 && i%200 == 0 {
					err = errors.Join(err, x.Flush(context.Background()))
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	removers.Wait()
	close(stop)
	others.Wait()
	if due := x.expired(10); removed.Load() != n || len(due) != 0 {
		t.Errorf("%d of %d keys were removed, %d are left", removed.Load(), n, len(due))
	}
}
