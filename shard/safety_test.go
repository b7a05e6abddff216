package shard_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"larder/shard"
	"larder/store"
)

// TestSizesTellWhatIsUnsynced: each record counts until an fsync, with Always nobody is answered before it, and a
// log that cannot be synced says so until it can.
func TestSizesTellWhatIsUnsynced(t *testing.T) {
	faults := &shard.Faults{}
	base := sqliteBase(t)
	j, err := shard.Open(t.TempDir(), []store.Base{base}, shard.WithFaults(shard.Options{Manual: true}, faults))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	e, ctx := j.Shards()[0], context.Background()
	size := func() store.Size {
		t.Helper()
		sizes, err := e.Sizes(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return sizes[0]
	}
	write := func(n int) {
		t.Helper()
		for i := range n {
			k := store.Key{Name: fmt.Append(nil, "k", i)}
			if err := e.Update(ctx, store.One(k), func(tx store.Tx) error { return store.SetString(tx, k, []byte("v"), 0) }); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(3)
	began := size()
	if began.Unsynced != 3 || began.Failing || began.SyncedAt == 0 {
		t.Errorf("after three writes: %+v", began)
	}
	for time.Now().UnixMilli() == began.SyncedAt {
		time.Sleep(time.Millisecond)
	}
	if err := e.Sync(ctx); err != nil {
		t.Fatal(err)
	}
	if s := size(); s.Unsynced != 0 || s.SyncedAt <= began.SyncedAt {
		t.Errorf("after the fsync: %d unsynced, safe at %d, before at %d", s.Unsynced, s.SyncedAt, began.SyncedAt)
	}
	write(2)
	faults.Syncs = true
	if err := e.Sync(ctx); err == nil {
		t.Fatal("the fsync did not fail")
	}
	if s := size(); s.Unsynced != 2 || !s.Failing {
		t.Errorf("after a failed fsync: %+v", s)
	}
	faults.Syncs = false
	if err := e.Sync(ctx); err != nil {
		t.Fatal(err)
	}
	if s := size(); s.Unsynced != 0 || s.Failing {
		t.Errorf("after it works again: %+v", s)
	}
	j.SetSync(shard.Always)
	write(2)
	if s := size(); s.Unsynced != 0 {
		t.Errorf("with Always %d records wait", s.Unsynced)
	}
}
