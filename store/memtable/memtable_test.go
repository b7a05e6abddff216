// Layers over a base pass the conformance suite, and a pinned layer never changes.
package memtable_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"

	"larder/store"
	"larder/store/memory"
	"larder/store/memtable"
	"larder/store/storetest"
)

func TestConformance(t *testing.T) { storetest.Run(t, open) }

func reference(_ *testing.T, clock func() int64) store.Engine {
	return memory.New(memory.WithClock(clock))
}

func TestRandomHistories(t *testing.T) {
	for seed := uint64(1); seed <= 6; seed++ {
		storetest.RunRandom(t, seed, storetest.Times(600, 2000), reference, open)
	}
}

// life is keys that are set, expire and go, in a table whose layers settle as chance will have it. It belongs to the test's
// goroutine.
type life struct {
	*testing.T
	*table
	clock  atomic.Int64
	random *rand.Rand
	alive  map[string]int64  // when each expires, 0 for never
	fields map[string]string // of one hash besides
}

func newLife(t *testing.T, seed uint64) *life {
	l := &life{T: t, random: rand.New(rand.NewPCG(seed, 1)), alive: map[string]int64{}, fields: map[string]string{}}
	l.clock.Store(1_000_000)
	l.table = newTable(l.clock.Load)
	t.Cleanup(func() { l.table.Close() })
	return l
}

func keyOf(name string) store.Key { return store.Key{DB: int(name[1]-'0') % 2, Name: []byte(name)} }

// hash is the key of the hash. It is in no database that is emptied.
func (l *life) hash() store.Key { return store.Key{DB: 2, Name: []byte("hash")} }

// stepHash changes a field.
func (l *life) stepHash() {
	l.Helper()
	field, value := fmt.Sprint("f", l.random.IntN(40)), fmt.Sprint(l.random.Int())
	err := l.Update(context.Background(), store.Whole(), func(tx store.Tx) error {
		h, err := store.OpenHash(tx, l.hash())
		if err != nil {
			return err
		}
		if value[0] < '4' {
			_, err = h.Remove([]byte(field))
			return err
		}
		_, err = h.Set(store.Item{Field: []byte(field), Value: []byte(value)})
		return err
	})
	if err != nil {
		l.Fatal(err)
	}
	if l.fields[field] = value; value[0] < '4' {
		delete(l.fields, field)
	}
}

// step changes one key, or empties a database.
func (l *life) step() {
	l.Helper()
	name := fmt.Sprintf("k%d", l.random.IntN(60))
	k, at := keyOf(name), int64(0)
	change := func(tx store.Tx) error { _, err := tx.Drop(k); return err }
	switch choice := l.random.IntN(20); {
	case choice < 14:
		if at = l.clock.Load() + 1 + l.random.Int64N(5000); choice < 5 {
			at = 0
		}
		l.alive[name] = at
		change = func(tx store.Tx) error { return store.SetString(tx, k, []byte(name), at) }
	case choice < 19:
		delete(l.alive, name)
	default:
		for n := range l.alive {
			if keyOf(n).DB == k.DB {
				delete(l.alive, n)
			}
		}
		change = func(tx store.Tx) error { return tx.Flush(k.DB) }
	}
	if err := l.Update(context.Background(), store.Whole(), change); err != nil {
		l.Fatal(err)
	}
}

// due is what expires before a time, by the model.
func (l *life) due(before int64) (names []string) {
	for name, at := range l.alive {
		if at != 0 && at < before {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// found is what the layers and the base say of it together.
func (l *life) found(before int64) (names []string) {
	l.Helper()
	now, _, err := l.pin()
	if err != nil {
		l.Fatal(err)
	}
	defer now.Unpin()
	for _, d := range now.Expiring(before, 1000) {
		names = append(names, string(d.Key.Name))
	}
	below, err := l.base.Expiring(context.Background(), store.Due{}, before, 1000)
	if err != nil {
		l.Fatal(err)
	}
	for _, d := range below {
		if !now.Hides(d.Key) {
			names = append(names, string(d.Key.Name))
		}
	}
	slices.Sort(names)
	return names
}

// TestHintsOfExpiry: what the layers list, and what they do not hide of the base's, are the keys that expire, each once.
func TestHintsOfExpiry(t *testing.T) {
	l := newLife(t, 3)
	for range storetest.Times(3000, 20_000) {
		l.step()
		before := l.clock.Load() + l.random.Int64N(6000)
		if got, want := l.found(before), l.due(before); !slices.Equal(got, want) {
			t.Fatalf("%q expire, want %q", got, want)
		}
	}
}

// TestSamplesOfLayers: what is drawn from the layers lives, as it is there, and all that lives is drawn some day.
func TestSamplesOfLayers(t *testing.T) {
	for _, volatile := range []bool{false, true} {
		l := newLife(t, 5)
		for range 40 {
			for range 20 {
				l.step()
			}
			now, _, err := l.pin()
			if err != nil {
				t.Fatal(err)
			}
			s, drawn := now.Sampler(volatile), map[string]bool{}
			for range 400 {
				for _, c := range s.Draw(nil, 4) {
					at, lives := l.alive[string(c.Key.Name)]
					same, known := now.Candidate(c.Key)
					if !lives || at != c.ExpireAt || volatile && at == 0 || !known || same.Bytes != c.Bytes || c.StoredAt == 0 {
						t.Fatalf("%+v of %d, %v, %+v", c, at, lives, same)
					}
					drawn[string(c.Key.Name)] = true
				}
			}
			below := s.AppendVisible(nil, []store.Candidate{{Key: keyOf("k1")}, {Key: keyOf("k2")}, {Key: keyOf("k3")}})
			for name, at := range l.alive {
				k := keyOf(name)
				if now.Hides(k) && (at != 0 || !volatile) && !drawn[name] {
					t.Errorf("%s is never drawn from %d entries", name, s.Size())
				}
				if shown := slices.ContainsFunc(below, func(c store.Candidate) bool { return bytes.Equal(c.Key.Name, k.Name) }); shown && now.Hides(k) {
					t.Errorf("%s is hidden, and shown as the base has it", name)
				}
			}
			now.Unpin()
		}
	}
}

// TestPinnedLayersStay has Views of all ages read everything again while others write, and layers melt, freeze and settle: each
// sees what it saw first.
func TestPinnedLayersStay(t *testing.T) {
	l := newLife(t, 9)
	type view struct {
		now  *memtable.Stack
		tx   store.BaseTx
		r    store.Reader
		want string
	}
	var views []view
	for range storetest.Times(4000, 20_000) {
		if l.random.IntN(2) == 0 {
			l.step()
		} else {
			l.stepHash()
		}
		switch l.random.IntN(8) {
		case 0, 1:
			r, err := l.base.Reader(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			now, newest, err := l.pin()
			if err != nil {
				t.Fatal(err)
			}
			low, err := r.Begin(l.clock.Load())
			if err == nil {
				low, err = now.Over(low, l.base.Hash, newest)
			}
			if err != nil {
				t.Fatal(err)
			}
			views = append(views, view{now, low, r, everything(t, low)})
			if got := l.model(); got != views[len(views)-1].want {
				t.Fatalf("a View sees %s, want %s", views[len(views)-1].want, got)
			}
		case 2:
			if n := len(views); n > 0 {
				i := l.random.IntN(n)
				v := views[i]
				if got := everything(t, v.tx); got != v.want {
					t.Fatalf("an old View sees %s, saw %s", got, v.want)
				}
				v.now.Unpin()
				v.r.Close()
				views = slices.Delete(views, i, i+1)
			}
		}
	}
	for _, v := range views {
		if got := everything(t, v.tx); got != v.want {
			t.Fatalf("an old View sees %s, saw %s", got, v.want)
		}
		v.r.Close()
	}
}

func (l *life) model() string {
	var names []string
	for name, at := range l.alive {
		names = append(names, fmt.Sprint(name, "=", name, " ", at))
	}
	for field, value := range l.fields {
		names = append(names, field+"="+value)
	}
	slices.Sort(names)
	return fmt.Sprint(names)
}

// everything is what a transaction shows of two databases, keys, values and sizes, and of the hash.
func everything(t *testing.T, tx store.BaseTx) string {
	t.Helper()
	var names []string
	sizes := int64(0)
	for db := range 2 {
		entries, _, err := tx.Scan(db, 0, 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if e.Head.Type == store.Hash {
				e.Head.Value = nil
			}
			names = append(names, fmt.Sprint(string(e.Name), "=", string(e.Head.Value), " ", e.Head.ExpireAt))
		}
		n, err := tx.Size(db)
		if err != nil {
			t.Fatal(err)
		}
		sizes += n
	}
	if sizes != int64(len(names)) {
		t.Fatalf("%d keys are counted, and %d shown", sizes, len(names))
	}
	heads, err := tx.Heads(nil, (*life)(nil).hash())
	if err != nil {
		t.Fatal(err)
	}
	for it, err := range store.Content(tx, heads[0], store.Range{}) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, string(it.Field)+"="+string(it.Value))
	}
	slices.Sort(names)
	return fmt.Sprint(names)
}

// A transaction that only reads refuses every write.
func TestMergedIsReadOnly(t *testing.T) {
	l := newLife(t, 1)
	l.step()
	err := l.View(context.Background(), store.Whole(), func(tx store.Tx) error {
		k := keyOf("k1")
		_, id := tx.NewID(k)
		_, drop := tx.Drop(k)
		_, put := tx.PutItems(1, store.Fields, store.Item{})
		_, items := tx.DropItems(1, store.Fields, nil)
		_, all := tx.DropRange(1, store.Fields, store.Range{})
		low := tx.(fenced).BaseTx
		for i, err := range []error{id, drop, put, items, all, tx.PutHead(k, store.Head{}), tx.Move(k, keyOf("k2"), store.Head{}), tx.Flush(0),
			tx.Swap(0, 1), low.SetMark(store.Mark{}), low.Unlink(k), low.Orphan(1), low.Told(1), low.Adopt(1), low.Rank(1)} {
			if err != store.ErrReadOnly {
				t.Errorf("write %d: %v", i, err)
			}
		}
		point, err := tx.Savepoint()
		if err != nil || tx.Rollback(point) != nil || tx.Release(point) != nil {
			t.Error("savepoints of a View do harm")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
