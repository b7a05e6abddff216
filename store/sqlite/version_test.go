package sqlite_test

import (
	"fmt"
	"sync"
	"testing"

	"larder/store"
	"larder/store/sqlite"
)

// TestSnapshotsOfOneVersionAreTheSame has readers take snapshots beside a stream of commits: two that say they are of
// the same version show the same state, or what was read in one would be believed in the other.
func TestSnapshotsOfOneVersionAreTheSame(t *testing.T) {
	e := fresh(t, sqlite.Options{})
	done, readers := make(chan struct{}), sync.WaitGroup{}
	var mu sync.Mutex
	sizes := map[uint64]int64{}
	look := func(tx store.BaseTx) error {
		n, err := tx.Size(0)
		version := tx.(store.Hurrier).Version()
		if err != nil || version == 0 {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		if other, met := sizes[version]; met && other != n {
			t.Errorf("version %d has %d keys, and %d", version, other, n)
		}
		sizes[version] = n
		return nil
	}
	for range 3 {
		readers.Add(1)
		go func() {
			defer readers.Done()
			r, err := e.Reader(ctx)
			if err != nil {
				t.Error(err)
				return
			}
			defer r.Close()
			for {
				select {
				case <-done:
					return
				default:
				}
				tx, err := r.Begin(1)
				if err == nil {
					err = look(tx)
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		}()
	}
	for i := range 1000 {
		k := store.Key{Name: fmt.Append(nil, i)}
		err := e.Update(ctx, store.One(k), func(tx store.Tx) error { return store.SetString(tx, k, []byte("v"), 0) })
		if err != nil {
			t.Fatal(err)
		}
	}
	close(done)
	readers.Wait()
}
