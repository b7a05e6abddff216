package shard_test

import (
	"testing"
	"time"

	"larder/shard"
	"larder/store"
)

// TestLogBeforeData: nothing comes into a file that the log could still lose, and what is there has the position up to
// which it goes. Else a power cut leaves the shards of one transaction at different times.
func TestLogBeforeData(t *testing.T) {
	faults := &shard.Faults{}
	base := sqliteBase(t)
	j, err := shard.Open(t.TempDir(), []store.Base{base}, shard.WithFaults(shard.Options{Manual: true}, faults))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	s, k := j.Shards()[0], store.Key{Name: []byte("k")}
	in := func() (there bool) {
		t.Helper()
		err := base.View(ctx, store.One(k), func(tx store.Tx) error {
			heads, err := tx.Heads(nil, k)
			there = heads[0].Exists()
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return there
	}
	if err := s.Update(ctx, store.One(k), func(tx store.Tx) error { return store.SetString(tx, k, []byte("v"), 0) }); err != nil {
		t.Fatal(err)
	}
	before := base.Settled().LSN
	faults.Syncs = true
	if err := s.Flush(ctx); err == nil || in() || base.Settled().LSN != before {
		t.Errorf("while the log cannot be synced the key is in the file: %v, which goes up to record %d: %v", in(), base.Settled().LSN, err)
	}
	faults.Syncs = false
	for s.Flush(ctx) != nil { // it rests a second after it has failed
		time.Sleep(10 * time.Millisecond)
	}
	if !in() || base.Settled().LSN != before+1 {
		t.Errorf("the key is in the file: %v, which goes up to record %d, one after %d", in(), base.Settled().LSN, before)
	}
}
