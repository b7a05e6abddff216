package shard_test

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"

	"larder/shard"
	"larder/store"
	"larder/store/memory"
	"larder/store/sqlite"
	"larder/store/storetest"
)

// metered counts the look-ups that reach a base.
type metered struct {
	store.Base
	lookups atomic.Int64
}

func (m *metered) Reader(ctx context.Context) (store.Reader, error) {
	r, err := m.Base.Reader(ctx)
	return &meteredReader{r, m}, err
}

func (m *metered) OwnReader() (store.Reader, error) {
	r, err := m.Base.OwnReader()
	return &meteredReader{r, m}, err
}

type meteredReader struct {
	store.Reader
	m *metered
}

func (r *meteredReader) Begin(nowMillis int64) (store.BaseTx, error) {
	tx, err := r.Reader.Begin(nowMillis)
	return &meteredTx{tx, r.m}, err
}

type meteredTx struct {
	store.BaseTx
	m *metered
}

func (t *meteredTx) Items(dst []store.Item, id store.ID, p store.Part, fields ...[]byte) ([]store.Item, error) {
	t.m.lookups.Add(int64(len(fields)))
	return t.BaseTx.Items(dst, id, p, fields...)
}

func (t *meteredTx) Count(id store.ID, p store.Part, r store.Range) (int64, error) {
	t.m.lookups.Add(1)
	return t.BaseTx.Count(id, p, r)
}

func (t *meteredTx) Random(id store.ID, p store.Part, size int64, n int) ([]store.Item, error) {
	t.m.lookups.Add(int64(n))
	return t.BaseTx.Random(id, p, size, n)
}

// Range counts as one look-up, and one more for each row.
func (t *meteredTx) Range(id store.ID, p store.Part, r store.Range) iter.Seq2[store.Item, error] {
	return func(yield func(store.Item, error) bool) {
		t.m.lookups.Add(1)
		for it, err := range t.BaseTx.Range(id, p, r) {
			t.m.lookups.Add(1)
			if !yield(it, err) {
				return
			}
		}
	}
}

// giant is an engine over a metered base that holds one key of many items.
type giant struct {
	t    testing.TB
	e    *shard.Shard
	base *metered
	key  store.Key
	part store.Part
	id   store.ID
	view []chan struct{} // Views held open
}

func newGiant(t testing.TB, base store.Base, part store.Part, n int) *giant {
	g := &giant{t: t, base: &metered{Base: base}, key: store.Key{Name: []byte("giant")}, part: part}
	j, err := shard.Open(t.TempDir(), []store.Base{g.base}, shard.Options{OverlayBytes: 256 << 20, Sync: shard.Never, Manual: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.release(); j.Close() })
	g.e = j.Shards()[0]
	g.update(func(tx store.Tx) (err error) {
		g.id, err = tx.NewID(g.key)
		if err != nil {
			return err
		}
		for items := range slices.Chunk(g.many(n), 1000) {
			if _, err := tx.PutItems(g.id, part, items...); err != nil {
				return err
			}
		}
		return tx.PutHead(g.key, store.Head{Type: store.ZSet, ID: g.id, Len: int64(n), Ranked: true})
	})
	if err := g.e.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	return g
}

func (g *giant) many(n int) []store.Item {
	items := make([]store.Item, n)
	for i := range items {
		items[i] = g.item(i)
	}
	return items
}

// item i has place i*16 in the order that ranks are counted in.
func (g *giant) item(i int) store.Item { return g.itemAt(fmt.Sprintf("m%d", i), i*16) }

func (g *giant) itemAt(name string, at int) store.Item {
	if g.part == store.Elements {
		return store.Item{Pos: int64(at), Value: []byte("v")}
	}
	return store.Item{Field: []byte(name), Score: float64(at)}
}

func (g *giant) update(fn func(store.Tx) error) {
	g.t.Helper()
	if err := g.e.Update(context.Background(), store.One(g.key), fn); err != nil {
		g.t.Fatal(err)
	}
}

func (g *giant) look(fn func(store.Tx) error) {
	g.t.Helper()
	err := g.e.View(context.Background(), store.One(g.key), func(tx store.Tx) error {
		if _, err := tx.Heads(nil, g.key); err != nil {
			return err
		}
		return fn(tx)
	})
	if err != nil {
		g.t.Fatal(err)
	}
}

// hold opens a View that keeps the layers of now apart from later ones.
func (g *giant) hold() {
	inside, end := make(chan struct{}), make(chan struct{})
	go g.e.View(context.Background(), store.One(g.key), func(store.Tx) error {
		close(inside)
		<-end
		return nil
	})
	<-inside
	g.view = append(g.view, end)
}

func (g *giant) release() {
	for _, end := range g.view {
		close(end)
	}
	g.view = nil
}

func (g *giant) put(items ...store.Item) {
	g.update(func(tx store.Tx) error { _, err := tx.PutItems(g.id, g.part, items...); return err })
}

func (g *giant) drop(it store.Item) {
	g.update(func(tx store.Tx) (err error) {
		if g.part == store.Elements {
			_, err = tx.DropRange(g.id, g.part, store.Positions(it.Pos, it.Pos))
		} else {
			_, err = tx.DropItems(g.id, g.part, it.Field)
		}
		return err
	})
}

func (g *giant) order() store.Order {
	if g.part == store.Scores {
		return store.ByScore
	}
	return store.Natural
}

// at reads the item of a rank, by the cost of which the engine is judged.
func (g *giant) at(skip int64, reverse bool) (name string, lookups int64) {
	before := g.base.lookups.Load()
	g.look(func(tx store.Tx) error {
		name = ""
		for it, err := range tx.Range(g.id, g.part, store.Range{Order: g.order(), Reverse: reverse, Skip: skip, Limit: 1}) {
			name = label(it)
			return err
		}
		return nil
	})
	return name, g.base.lookups.Load() - before
}

func label(it store.Item) string {
	return fmt.Sprintf("%s %d %g", it.Field, it.Pos*int64(1-min(len(it.Field), 1)), it.Score)
}

func (g *giant) all() (list []string) {
	g.look(func(tx store.Tx) error {
		list = nil
		for it, err := range tx.Range(g.id, g.part, store.Range{Order: g.order()}) {
			if err != nil {
				return err
			}
			list = append(list, label(it))
		}
		return nil
	})
	return list
}

func memoryBase(testing.TB) store.Base { return memory.New(memory.AsBase()) }

func sqliteBase(t testing.TB) store.Base {
	base, err := sqlite.Open(filepath.Join(t.TempDir(), "shard.db"), sqlite.Options{CacheBytes: 32 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { base.Close() })
	return base
}

// churn changes a giant of n items: items move, go and come, and some in one dense place.
func (g *giant) churn(random *rand.Rand, n, changes int) {
	for i := range changes {
		switch at := random.IntN(n); random.IntN(4) {
		case 0:
			g.put(g.itemAt(fmt.Sprintf("m%d", at), random.IntN(n*16)))
		case 1:
			g.put(g.itemAt(fmt.Sprintf("new%d", i), random.IntN(n*16)))
		case 2:
			g.put(g.itemAt(fmt.Sprintf("dense%d", i), n*8+1+random.IntN(14)))
		default:
			g.drop(g.item(at))
		}
	}
}

// TestRanksThroughLayers compares every way to a rank with a walk over everything.
func TestRanksThroughLayers(t *testing.T) {
	for _, part := range []store.Part{store.Scores, store.Elements} {
		random := rand.New(rand.NewPCG(1, uint64(part)))
		g := newGiant(t, memoryBase(t), part, 3000)
		for layer := range 4 {
			g.churn(random, 3000, 400)
			g.update(func(tx store.Tx) error { // a stretch goes at once
				_, err := tx.DropRange(g.id, part, store.Range{Order: g.order(), Skip: int64(300 + 500*layer), Limit: 400})
				return err
			})
			if layer != 2 {
				g.hold()
			}
			list := g.all()
			for range storetest.Times(20, 60) {
				skip := random.IntN(len(list) + 3)
				up, _ := g.at(int64(skip), false)
				down, _ := g.at(int64(len(list)-1-min(skip, len(list)-1)), true)
				want, wantDown := "", list[min(skip, len(list)-1)]
				if skip < len(list) {
					want = list[skip]
				}
				if up != want || down != wantDown {
					t.Fatalf("part %d layer %d: rank %d is %q and %q, not %q and %q", part, layer, skip, up, down, want, wantDown)
				}
			}
			g.wantSlices(random, list)
		}
	}
}

// wantSlices compares ranges of some length, both ways.
func (g *giant) wantSlices(random *rand.Rand, list []string) {
	for range storetest.Times(10, 40) {
		r := store.Range{Order: g.order(), Skip: int64(random.IntN(len(list))), Limit: int64(1 + random.IntN(600)), Reverse: random.IntN(2) == 0}
		want := slices.Clone(list)
		if r.Reverse {
			slices.Reverse(want)
		}
		want = want[r.Skip:min(int(r.Skip+r.Limit), len(want))]
		var got []string
		g.look(func(tx store.Tx) error {
			got = nil
			for it, err := range tx.Range(g.id, g.part, r) {
				if err != nil {
					return err
				}
				got = append(got, label(it))
			}
			return nil
		})
		if !slices.Equal(got, want) {
			g.t.Fatalf("part %d, %+v: %d items, not %d", g.part, r, len(got), len(want))
		}
	}
}

// TestRankLookups holds what a rank costs below while the memtable is full of changes.
func TestRankLookups(t *testing.T) {
	const n = 8000
	for _, part := range []store.Part{store.Scores, store.Elements} {
		g := newGiant(t, memoryBase(t), part, n)
		random := rand.New(rand.NewPCG(5, uint64(part)))
		g.churn(random, n, 2500)
		g.hold()
		g.churn(random, n, 1500)
		size := len(g.all())
		total, most := int64(0), int64(0)
		for range 60 {
			_, lookups := g.at(int64(500+random.IntN(size-1000)), random.IntN(2) == 0)
			total, most = total+lookups, max(most, lookups)
		}
		t.Logf("part %d: %d look-ups and rows for a rank on average, at most %d", part, total/60, most)
		if total/60 > 24 || most > 80 {
			t.Errorf("part %d: %d look-ups and rows for a rank on average, at most %d", part, total/60, most)
		}
	}
}

// TestLongDrop reads what a range drops once, looks nothing up again, and settles it as a
// range; items that were moved into it or out of it before are where they belong.
func TestLongDrop(t *testing.T) {
	const n = 6000
	for _, part := range []store.Part{store.Scores, store.Elements} {
		g := newGiant(t, sqliteBase(t), part, n)
		random := rand.New(rand.NewPCG(9, uint64(part)))
		g.churn(random, n, 300)
		list, r := g.all(), store.Range{Order: g.order(), Skip: 1000, Limit: 3000}
		before := g.base.lookups.Load()
		g.update(func(tx store.Tx) error {
			_, err := tx.DropRange(g.id, part, r)
			return err
		})
		if lookups := g.base.lookups.Load() - before; lookups > 3000+300+100 {
			t.Errorf("part %d: %d look-ups and rows to drop 3000 items", part, lookups)
		}
		want := slices.Delete(slices.Clone(list), 1000, 4000)
		if got := g.all(); !slices.Equal(got, want) {
			t.Fatalf("part %d: %d items, not %d", part, len(got), len(want))
		}
		if _, lookups := g.at(1200, false); lookups > 60 {
			t.Errorf("part %d: %d look-ups for a rank behind dropped items", part, lookups)
		}
		if err := g.e.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got := g.all(); !slices.Equal(got, want) {
			t.Fatalf("part %d: %d items after settling, not %d", part, len(got), len(want))
		}
		found, err := g.e.Check(context.Background(), false)
		if err != nil || len(found) > 0 {
			t.Errorf("part %d: %v %v", part, found, err)
		}
	}
}
