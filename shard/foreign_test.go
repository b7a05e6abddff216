package shard_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"

	"larder/shard"
	"larder/store"
	"larder/store/sqlite"
	"larder/store/sqlite/sqlfile"
	"larder/store/storetest"
)

// What holds of keys that were renamed to another shard: their items stay in one file, and no crash makes them lost, or
// somebody else's, or nobody's.

// travel is a history of collections that are renamed all the time, to names of both shards, and now and then removed and made
// anew.
type travel struct{ collections int }

func (v travel) name(j, step int) store.Key {
	return store.Key{Name: fmt.Appendf(nil, "collection-%d-%d", j, step)}
}

// after is how many items each name has after so many steps.
func (v travel) after(steps int) map[string]int64 {
	all := map[string]int64{}
	for j := range v.collections {
		last, size := -1, int64(10)
		for i := j; i < steps; i += v.collections {
			if last = i; v.anew(i) {
				size = int64(10 + i)
			}
		}
		all[string(v.name(j, last).Name)] = size
	}
	return all
}

func (v travel) anew(step int) bool { return step%7 == 3 }

// step does the nth step.
func (v travel) step(e store.Engine, i int) error {
	j := i % v.collections
	from := v.name(j, -1)
	if i >= v.collections {
		from = v.name(j, i-v.collections)
	}
	to := v.name(j, i)
	return e.Update(context.Background(), store.One(from, to), func(tx store.Tx) error {
		if v.anew(i) {
			if _, err := tx.Drop(from); err != nil {
				return err
			}
			return collection(tx, to, 10+i)
		}
		_, err := store.Rename(tx, from, to)
		return err
	})
}

func (v travel) open(t *testing.T, e store.Engine) {
	t.Helper()
	for j := range v.collections {
		k := v.name(j, -1)
		if err := e.Update(context.Background(), store.One(k), func(tx store.Tx) error { return collection(tx, k, 10) }); err != nil {
			t.Fatal(err)
		}
	}
}

// collection makes a sorted set of n members.
func collection(tx store.Tx, k store.Key, n int) error {
	id, err := tx.NewID(k)
	if err != nil {
		return err
	}
	var items []store.Item
	for i := range n {
		items = append(items, store.Item{Field: fmt.Append(nil, i), Score: float64(i), New: true})
	}
	ch, err := tx.PutItems(id, store.Scores, items...)
	if err != nil {
		return err
	}
	return tx.PutHead(k, store.Head{Type: store.ZSet, ID: id, Len: ch.Count, Bytes: ch.Bytes, Ranked: n >= store.RankedMin})
}

// found is how many items each key has, by two orders, which must agree.
func found(t *testing.T, e store.Engine) map[string]int64 {
	t.Helper()
	all := map[string]int64{}
	err := e.View(context.Background(), store.Whole(), func(tx store.Tx) error {
		clear(all)
		entries, next, err := tx.Scan(0, 0, 1000)
		if err != nil || next != 0 {
			return fmt.Errorf("%d, %w", next, err)
		}
		for _, k := range entries {
			n, err := tx.Count(k.Head.ID, store.Scores, store.Range{})
			if err != nil {
				return err
			}
			byScore := int64(0)
			for _, err := range tx.Range(k.Head.ID, store.Scores, store.Range{Order: store.ByScore}) {
				if err != nil {
					return err
				}
				byScore++
			}
			if n != byScore || n != k.Head.Len {
				t.Errorf("%s has %d items, %d by score, and says it has %d", k.Name, n, byScore, k.Head.Len)
			}
			all[string(k.Name)] = n
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return all
}

// tidy does the upkeep until nothing is left to do.
func (s *server) tidy(t *testing.T) {
	t.Helper()
	for range 5 { // a note is settled, handed over, settled there, swept and forgotten
		found, err := s.Check(context.Background(), false)
		if err != nil {
			t.Error(err)
		}
		for _, f := range found {
			if !f.Audited {
				t.Errorf("file %d: %s %s", f.Shard, f.Subject, f.Problem)
			}
		}
		for more := true; more; {
			if more, err = s.Sweep(context.Background(), 1000); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// rows counts the rows of some tables of a file.
func rows(t *testing.T, f *sqlite.Engine, tables ...string) (n int64) {
	t.Helper()
	err := f.Exclusive(context.Background(), func(c *sqlfile.Conn) error {
		for _, table := range tables {
			more, err := c.Number("SELECT count(*) FROM " + table)
			if n += more; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return n
}

// wantNothing removes all keys and finds that nothing of them stays in any file.
func (s *server) wantNothing(t *testing.T, keys map[string]int64) {
	t.Helper()
	for name := range keys {
		k := store.Key{Name: []byte(name)}
		err := s.Engine.Update(context.Background(), store.One(k), func(tx store.Tx) error {
			_, err := tx.Drop(k)
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	s.tidy(t)
	for i, f := range s.files {
		if n := rows(t, f, "heads", "items", "blocks", "orphans"); n != 0 {
			t.Errorf("%d rows are left in file %d", n, i)
		}
	}
}

// TestCrashBetweenTwoFiles copies the directory at every step while collections travel between two files, opens each
// copy as after a crash, and finds the collections as they were after the last acknowledged step or one more; files that
// are sound; and nothing left of them when they are removed.
func TestCrashBetweenTwoFiles(t *testing.T) {
	dir := t.TempDir()
	v := travel{collections: 5}
	var mu sync.Mutex
	acked, seen := 0, map[string]int{}
	var copies []crash
	step := func(name string) {
		mu.Lock()
		defer mu.Unlock()
		if seen[name]++; acked > 0 && seen[name]%storetest.Times(4, 2) == 1 && seen[name] < storetest.Times(40, 200) {
			copies = append(copies, crash{name, acked, copyDir(t, dir)})
		}
	}
	s := start(t, dir, shard.WithSteps(shard.Options{OverlayBytes: 64 << 10}, step))
	v.open(t, s.Engine)
	for i := range 80 {
		if err := v.step(s.Engine, i); err != nil {
			t.Fatal(err)
		}
		mu.Lock()
		acked++
		mu.Unlock()
		if i%5 == 4 {
			s.Tend()
			s.Tend()
		}
		if i%9 == 8 {
			if _, err := s.Sweep(context.Background(), 50); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got, want := found(t, s.Engine), v.after(80); !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	mu.Lock()
	acked = 0 // no more copies
	mu.Unlock()
	s.wantNothing(t, v.after(80))
	s.stop(t)
	for _, c := range copies {
		t.Run(fmt.Sprintf("%s after %d", c.step, c.acked), func(t *testing.T) {
			s := start(t, c.dir, shard.Options{})
			defer s.stop(t)
			got := found(t, s.Engine)
			if !maps.Equal(got, v.after(c.acked)) && !maps.Equal(got, v.after(c.acked+1)) {
				t.Errorf("%v, want %v", got, v.after(c.acked))
			}
			s.wantNothing(t, got)
		})
	}
}

func (s *server) logBytes(t *testing.T) int64 {
	t.Helper()
	sizes, err := s.Sizes(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return sizes[0].Journal
}

// TestRenameMovesTheHeadAlone: a rename to another shard writes one short record, whatever the key holds, and the items are
// swept when the key is removed, and not before.
func TestRenameMovesTheHeadAlone(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, shard.Options{})
	defer s.stop(t)
	const size = 5000
	var names []store.Key
	for i := range 8 {
		names = append(names, store.Key{Name: fmt.Append(nil, "name ", i)})
	}
	update := func(fn func(tx store.Tx) error) {
		t.Helper()
		if err := s.Engine.Update(context.Background(), store.One(names...), fn); err != nil {
			t.Fatal(err)
		}
	}
	update(func(tx store.Tx) error { return collection(tx, names[0], size) })
	s.tidy(t)
	before := s.logBytes(t)
	for i := range names[1:] {
		update(func(tx store.Tx) error { _, err := store.Rename(tx, names[i], names[i+1]); return err })
	}
	if grown := s.logBytes(t) - before; grown > 2000 {
		t.Errorf("%d renames of a key with %d items have written %d bytes", len(names)-1, size, grown)
	}
	s.tidy(t)
	last := string(names[len(names)-1].Name)
	if got := found(t, s.Engine); got[last] != size || len(got) != 1 {
		t.Errorf("%v", got)
	}
	s.wantNothing(t, map[string]int64{last: size})
}

// TestRanksOfARenamedKey: a sorted set that grows past RankedMin after it was renamed to another shard is counted in
// its own file.
func TestRanksOfARenamedKey(t *testing.T) {
	s := start(t, t.TempDir(), shard.Options{})
	defer s.stop(t)
	for i := range 8 { // some are on the other shard
		from, to := store.Key{Name: fmt.Append(nil, "from ", i)}, store.Key{Name: fmt.Append(nil, "to ", i)}
		err := s.Engine.Update(context.Background(), store.One(from, to), func(tx store.Tx) error {
			if err := collection(tx, from, 100); err != nil {
				return err
			}
			_, err := store.Rename(tx, from, to)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		s.tidy(t)
		err = s.Engine.Update(context.Background(), store.One(to), func(tx store.Tx) error {
			heads, err := tx.Heads(nil, to)
			if err != nil {
				return err
			}
			h := heads[0]
			for n := 100; n < 2*store.RankedMin && err == nil; n++ {
				_, err = tx.PutItems(h.ID, store.Scores, store.Item{Field: fmt.Append(nil, n), Score: float64(n)})
				h.Len++
			}
			h.Ranked = true
			return errors.Join(err, tx.PutHead(to, h))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	s.tidy(t)
	counted := int64(0)
	for _, f := range s.files {
		counted += rows(t, f, "(SELECT DISTINCT id FROM blocks)")
	}
	if counted != 8 {
		t.Errorf("%d of 8 sorted sets are counted", counted)
	}
	for i := range 8 {
		err := s.View(context.Background(), store.One(store.Key{Name: fmt.Append(nil, "to ", i)}), func(tx store.Tx) error {
			heads, err := tx.Heads(nil, store.Key{Name: fmt.Append(nil, "to ", i)})
			if err != nil {
				return err
			}
			for it, err := range tx.Range(heads[0].ID, store.Scores, store.Range{Order: store.ByScore, Skip: 700, Limit: 1}) {
				if string(it.Field) != "700" || err != nil {
					return fmt.Errorf("rank 700 is %q: %w", it.Field, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}
