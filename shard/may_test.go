package shard_test

import (
	"context"
	"testing"

	"larder/shard"
	"larder/store"
	"larder/store/memory"
)

// TestAJobThatMayWriteReadsFirst runs a batch whose second job fills a key in if it is absent: once as a whole if it is
// there, else again in the line, so that the job behind it sees what it wrote. Effects come once.
func TestAJobThatMayWriteReadsFirst(t *testing.T) {
	s := start(t, t.TempDir(), shard.Options{})
	defer s.stop(t)
	for name, e := range map[string]store.Engine{"shards": s.Engine, "memory": memory.New()} {
		for _, wantRuns := range []int{2, 1} {
			runs, effects, seen := 0, 0, ""
			read := func(tx store.Tx) error {
				b, err := store.OpenBlob(tx, long(0))
				if err != nil {
					return err
				}
				text, err := b.Bytes()
				seen = string(text)
				return err
			}
			fill := func(tx store.Tx) error {
				runs++
				if err := read(tx); err != nil || seen != "" {
					return err
				}
				return store.SetString(tx, long(0), []byte("filled in"), 0)
			}
			after := func() { effects++ }
			jobs := []*store.Job{
				{Scope: store.One(long(1)), Fn: func(store.Tx) error { return nil }, After: after},
				{Scope: store.One(long(0)), May: true, Fn: fill, After: after},
				{Scope: store.One(long(0)), Fn: read, After: after},
			}
			store.Batch(context.Background(), e, jobs)
			for i, j := range jobs {
				if j.Err != nil {
					t.Errorf("%s: job %d: %v", name, i, j.Err)
				}
			}
			if runs != wantRuns || effects != 3 || seen != "filled in" {
				t.Errorf("%s: %d runs and %d effects, the last has seen %q", name, runs, effects, seen)
			}
		}
	}
}
