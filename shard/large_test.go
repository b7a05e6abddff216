package shard_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"larder/shard"
	"larder/store"
	"larder/store/memory"
	"larder/store/sqlite"
)

// TestLargeGeneration settles a sorted set of more members than are handed down at a time, among many other keys, and
// finds them by rank.
func TestLargeGeneration(t *testing.T) {
	dir := t.TempDir()
	base, err := sqlite.Open(filepath.Join(dir, "shard.db"), sqlite.Options{CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer base.Close()
	j, err := shard.Open(dir, []store.Base{base}, shard.Options{OverlayBytes: 64 << 20, Manual: true})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	e := j.Shards()[0]
	const n = 40_000
	k := store.Key{Name: []byte("z")}
	addMembers(t, e, k, n)
	setIn(t, e, 0, 100)
	if err := e.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	err = e.View(t.Context(), store.One(k), func(tx store.Tx) error {
		heads, err := tx.Heads(nil, k)
		if err != nil {
			return err
		}
		for _, rank := range []int64{0, 1000, n / 2, n - 1} {
			found := 0
			for it, err := range tx.Range(heads[0].ID, store.Scores, store.Range{Order: store.ByScore, Skip: rank, Limit: 1}) {
				if found++; err != nil || it.Score != float64(rank) {
					t.Errorf("at rank %d is %q with score %v, %v", rank, it.Field, it.Score, err)
				}
			}
			if found != 1 {
				t.Errorf("%d items at rank %d", found, rank)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// addMembers makes a sorted set of n members, whose scores are 0 to n-1 in no order.
func addMembers(t *testing.T, e store.Engine, k store.Key, n int) {
	t.Helper()
	const group = 500
	for from := 0; from < n; from += group {
		err := e.Update(t.Context(), store.One(k), func(tx store.Tx) error {
			z, err := store.OpenZSet(tx, k)
			if err != nil {
				return err
			}
			for i := from; i < from+group; i++ {
				if _, err := z.Add(store.ZRule{}, store.Item{Field: fmt.Append(nil, i), Score: float64(i * 7919 % n)}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestLongRangeIsATombstone removes 30,000 of 40,000 members in the table: the memtable gets no row for any of them, nothing
// runs straight on the file, and what is left is the same before it settles, when the log is replayed, and when the file has
// it.
func TestLongRangeIsATombstone(t *testing.T) {
	dir := t.TempDir()
	j := openLong(t, dir)
	k := store.Key{Name: []byte("z")}
	const n, gone = 40_000, 30_000
	addMembers(t, j, k, n)
	if err := j.Shards()[0].Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := j.Update(t.Context(), store.One(k), func(tx store.Tx) error {
		z, err := store.OpenZSet(tx, k)
		if err != nil {
			return err
		}
		dropped, err := z.RemoveRange(store.Range{Order: store.ByScore, Skip: 5000, Limit: gone})
		if err == nil && dropped != gone {
			t.Errorf("%d members went", dropped)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if bytes := shard.MemtableBytes(j.Shards()[0]); bytes > 4096 {
		t.Errorf("the memtable has %d bytes for a range", bytes)
	}
	if direct := j.Shards()[0].Direct.Load(); direct != 0 {
		t.Errorf("%d transactions ran straight on the file", direct)
	}
	hasOuter(t, j, k, 5000, 5000+gone, n)
	replayed := openLong(t, copyDir(t, dir))
	hasOuter(t, replayed, k, 5000, 5000+gone, n)
	if err := replayed.Shards()[0].Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	hasOuter(t, replayed, k, 5000, 5000+gone, n)
}

func openLong(t *testing.T, dir string) *shard.Engine {
	t.Helper()
	base, err := sqlite.Open(filepath.Join(dir, "shard.db"), sqlite.Options{CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { base.Close() })
	j, err := shard.Open(dir, []store.Base{base}, shard.Options{OverlayBytes: 64 << 20, Manual: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

// hasOuter checks that a sorted set has the scores from 0 to n-1 but for those from a to b-1.
func hasOuter(t *testing.T, e store.Engine, k store.Key, a, b, n int64) {
	t.Helper()
	err := e.View(t.Context(), store.One(k), func(tx store.Tx) error {
		z, err := store.OpenZSet(tx, k)
		if err != nil {
			return err
		}
		want := int64(0)
		for it, err := range z.Members(store.Range{Order: store.ByScore}) {
			if want == a {
				want = b
			}
			if err != nil || it.Score != float64(want) {
				t.Fatalf("a score is %v, want %d, %v", it.Score, want, err)
			}
			want++
		}
		if z.Len() != n-(b-a) || want != n {
			t.Errorf("%d members, the last scores %d", z.Len(), want-1)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestManyJobsAreNoLargeOne batches jobs that are too large for the layers together, and none by itself: the group is cut,
// and nothing runs straight on the file.
func TestManyJobsAreNoLargeOne(t *testing.T) {
	const limit, n = 64 << 10, 200
	j, err := shard.Open(t.TempDir(), []store.Base{memory.New(memory.AsBase())}, shard.Options{OverlayBytes: limit})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	jobs := make([]*store.Job, n)
	for i := range jobs {
		k := store.Key{Name: fmt.Append(nil, "k", i)}
		jobs[i] = &store.Job{Scope: store.One(k), Write: true, Fn: func(tx store.Tx) error {
			return store.SetString(tx, k, make([]byte, 390), 0)
		}}
	}
	j.Batch(t.Context(), jobs)
	for i, job := range jobs {
		if job.Err != nil {
			t.Fatalf("job %d: %v", i, job.Err)
		}
	}
	err = j.View(t.Context(), store.Whole(), func(tx store.Tx) error {
		size, err := tx.Size(0)
		if size != n {
			t.Errorf("%d keys, want %d", size, n)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if direct := j.Shards()[0].Direct.Load(); direct != 0 {
		t.Errorf("%d jobs ran straight on the file", direct)
	}
}

// TestLargeBesideOthers writes more than the memtable takes: to one shard while it reads another, which leaves no record,
// and to two shards, which leaves one and runs once more for it.
func TestLargeBesideOthers(t *testing.T) {
	seen := map[string]int{}
	bases := make([]store.Base, threeShards)
	for i := range bases {
		bases[i] = memory.New(memory.AsBase())
	}
	o := shard.WithSteps(shard.Options{OverlayBytes: 64 << 10, Manual: true}, func(name string) { seen[name]++ })
	j, err := shard.Open(t.TempDir(), bases, o)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	here, there := nth(0), nth(2)
	for i := 4; homeOf(there) == homeOf(here); i += 2 {
		there = nth(i)
	}
	large, update := make([]byte, 1<<20), func(fn func(tx store.Tx) error) {
		t.Helper()
		if err := j.Update(t.Context(), store.One(here, there), fn); err != nil {
			t.Fatal(err)
		}
	}
	update(func(tx store.Tx) error { return store.SetString(tx, here, []byte("short"), 0) })
	runs := 0
	update(func(tx store.Tx) error {
		runs++
		b, err := store.OpenBlob(tx, here)
		if err != nil {
			return err
		}
		return store.SetString(tx, there, append(large, b.Head().Value...), 0)
	})
	if one, joined := seen["one base written, none committed"], seen["joined record written, bases not committed"]; one != 1 || joined != 0 {
		t.Errorf("one shard written: %d transactions without a record, %d with one, in %d runs", one, joined, runs)
	}
	update(func(tx store.Tx) error {
		if err := store.SetString(tx, here, large, 0); err != nil {
			return err
		}
		b, err := store.OpenBlob(tx, there)
		if err != nil {
			return err
		}
		_, err = b.Append([]byte("er"))
		return err
	})
	if one, joined := seen["one base written, none committed"], seen["joined record written, bases not committed"]; one != 1 || joined != 1 {
		t.Errorf("two shards written: %d transactions without a record, %d with one", one, joined)
	}
	update(func(tx store.Tx) error {
		heads, err := tx.Heads(nil, here, there)
		if err != nil {
			return err
		}
		end, err := store.AppendString(nil, tx, heads[1], 1<<20, heads[1].Len)
		if string(end) != "shorter" || heads[0].Len != 1<<20 {
			t.Errorf("%q behind 1 MB, and %d bytes", end, heads[0].Len)
		}
		return err
	})
}
