package shard_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"larder/shard"
	"larder/store"
)

// dbs are the databases that the tests of swaps use.
const dbs = 6

func marker(db int) store.Key { return store.Key{DB: db, Name: []byte("marker")} }

// mark writes into each database which one it was at first, on several shards.
func mark(t *testing.T, s *server) {
	t.Helper()
	err := s.Update(context.Background(), store.Whole(), func(tx store.Tx) error {
		for db := range dbs {
			for _, k := range []store.Key{marker(db), {DB: db, Name: fmt.Append(nil, "another")}, {DB: db, Name: fmt.Append(nil, "third")}} {
				if err := store.SetString(tx, k, fmt.Append(nil, db), 0); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// wantMarked compares which database is where, by each of its keys.
func (s *server) wantMarked(t *testing.T, want []int) {
	t.Helper()
	err := s.View(context.Background(), store.Whole(), func(tx store.Tx) error {
		for db := range dbs {
			entries, _, err := tx.Scan(db, 0, 100)
			if err != nil || len(entries) != 3 {
				return fmt.Errorf("database %d has %d keys: %w", db, len(entries), err)
			}
			for _, e := range entries {
				heads, err := tx.Heads(nil, store.Key{DB: db, Name: e.Name})
				if err != nil || string(heads[0].Value) != fmt.Sprint(want[db]) {
					return fmt.Errorf("%s of database %d says it is of %q, want %d: %w", e.Name, db, heads[0].Value, want[db], err)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestSwapSettlesNothing: databases are exchanged by a short record, whatever they hold, and stay so over restarts, with the
// log and without.
func TestSwapSettlesNothing(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, shard.Options{})
	mark(t, s)
	want := []int{0, 1, 2, 3, 4, 5}
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 30 {
		a, b := random.IntN(dbs), random.IntN(dbs)
		before, settles := s.logBytes(t), s.settles(t)
		err := s.Update(context.Background(), store.Whole(), func(tx store.Tx) error {
			point, err := tx.Savepoint()
			if err != nil {
				return err
			}
			if err := tx.Swap(b, (a+1)%dbs); err != nil {
				return err
			}
			if err := tx.Rollback(point); err != nil {
				return err
			}
			return tx.Swap(a, b)
		})
		if err != nil {
			t.Fatal(err)
		}
		want[a], want[b] = want[b], want[a]
		if grown := s.logBytes(t) - before; grown > 200 || s.settles(t) != settles {
			t.Errorf("a swap has written %d bytes and settled %d times", grown, s.settles(t)-settles)
		}
		s.wantMarked(t, want)
		switch round % 6 {
		case 3: // as after kill -9
			copied := copyDir(t, dir)
			s.stop(t)
			s = start(t, copied, shard.Options{})
			dir = copied
		case 5:
			s.stop(t)
			s = start(t, dir, shard.Options{})
		}
		s.wantMarked(t, want)
	}
	failed := fmt.Errorf("no")
	if err := s.Update(context.Background(), store.Whole(), func(tx store.Tx) error {
		if err := tx.Swap(0, 5); err != nil {
			return err
		}
		return failed
	}); err != failed {
		t.Error(err)
	}
	s.wantMarked(t, want)
	if err := s.View(context.Background(), store.Whole(), func(tx store.Tx) error { return tx.Swap(0, 1) }); err != store.ErrReadOnly {
		t.Errorf("a View swaps: %v", err)
	}
	s.stop(t)
}

func (s *server) settles(t *testing.T) (n int64) {
	t.Helper()
	sizes, err := s.Sizes(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range sizes {
		n += size.Settles
	}
	return n
}

// TestUpkeepKnowsClientsNumbers: who looks for keys that expire, that are to be evicted or whose use is to be kept is told
// of databases by the numbers that clients know.
func TestUpkeepKnowsClientsNumbers(t *testing.T) {
	ctx := context.Background()
	for _, settled := range []bool{false, true} {
		s := start(t, t.TempDir(), shard.Options{})
		k := store.Key{DB: 1, Name: []byte("k")}
		err := s.Update(ctx, store.Whole(), func(tx store.Tx) error {
			return tx.PutHead(k, store.Head{Type: store.String, ExpireAt: 1_000_000})
		})
		if err != nil {
			t.Fatal(err)
		}
		if settled {
			s.tidy(t)
		}
		if err := s.Update(ctx, store.Whole(), func(tx store.Tx) error { return tx.Swap(1, 4) }); err != nil {
			t.Fatal(err)
		}
		due, err := s.Expired(ctx, 2_000_000, 5)
		if err != nil || len(due) != 1 || due[0].Key.DB != 4 {
			t.Errorf("due: %v, %v", due, err)
		}
		for _, volatile := range []bool{false, true} {
			some, err := s.Sample(ctx, nil, 1, volatile)
			if err != nil || len(some) != 1 || some[0].Key.DB != 4 {
				t.Errorf("sampled: %v, %v", some, err)
			}
		}
		soon, err := s.Soonest(ctx, nil, 1)
		if err != nil || len(soon) != 1 || soon[0].Key.DB != 4 {
			t.Errorf("soonest: %v, %v", soon, err)
		}
		spaces, err := s.Keyspaces(ctx)
		if err != nil || len(spaces) != 1 || spaces[0].DB != 4 {
			t.Errorf("keyspaces: %v, %v", spaces, err)
		}
		if err := s.Update(ctx, store.One(store.Key{DB: 4, Name: k.Name}), func(tx store.Tx) error {
			n, err := store.Expire(tx, store.Key{DB: 4, Name: k.Name})
			if n != 1 {
				t.Errorf("%d keys expired", n)
			}
			return err
		}); err != nil {
			t.Error(err)
		}
		s.stop(t)
	}
}
