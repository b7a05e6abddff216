package shard_test

import (
	"context"
	"testing"

	"larder/shard"
	"larder/store"
)

// TestLooseItemsAfterCrash: a command may put items under an id that no head names in the end. Neither a log that is
// replayed nor a base that committed alone knows them as lost afterwards, wherever the base has counted its ids to.
func TestLooseItemsAfterCrash(t *testing.T) {
	for _, bytes := range []int{1, 256 << 10} { // the second goes straight to the bases
		dir := t.TempDir()
		copies := map[string]string{}
		s := start(t, dir, shard.WithSteps(shard.Options{OverlayBytes: 64 << 10}, func(name string) {
			if name == "joined record written, bases not committed" {
				copies[name] = copyDir(t, dir)
			}
		}))
		for i := range accounts { // a long value has the base count ahead of the ids that the engine gives out
			s.put(t, account(i), 1000)
		}
		s.settleAll(t)
		err := s.Update(context.Background(), store.Whole(), func(tx store.Tx) error {
			for i := range accounts {
				if err := loose(tx, account(i), bytes); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		copies["acknowledged"] = copyDir(t, dir)
		s.stop(t)
		if large := len(copies) > 1; large != (bytes > 1) {
			t.Errorf("%d bytes: the crashes were %v", bytes, copies)
		}
		for step, dir := range copies {
			s := start(t, dir, shard.Options{})
			if found, err := s.Check(context.Background(), false); err != nil || len(found) > 0 {
				t.Errorf("crash when %s, items of %d bytes: %v, %v", step, bytes, found, err)
			}
			s.stop(t)
		}
	}
}

// put makes a hash of one field.
func (s *server) put(t *testing.T, k store.Key, bytes int) {
	t.Helper()
	err := s.Update(context.Background(), store.One(k), func(tx store.Tx) error {
		id, err := tx.NewID(k)
		if err != nil {
			return err
		}
		if _, err = tx.PutItems(id, store.Fields, field(bytes)); err != nil {
			return err
		}
		return tx.PutHead(k, store.Head{Type: store.Hash, ID: id, Len: 1, Bytes: int64(bytes)})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// loose drops a key, and puts items that stay without one.
func loose(tx store.Tx, k store.Key, bytes int) error {
	id, err := tx.NewID(k)
	if err != nil {
		return err
	}
	if _, err := tx.PutItems(id, store.Fields, field(bytes)); err != nil {
		return err
	}
	_, err = tx.Drop(k)
	return err
}

func field(bytes int) store.Item { return store.Item{Field: []byte("f"), Value: make([]byte, bytes)} }

func (s *server) settleAll(t *testing.T) {
	t.Helper()
	for _, one := range s.Shards() {
		if err := one.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
}
