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
	const n, group = 40_000, 500
	k := store.Key{Name: []byte("z")}
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
