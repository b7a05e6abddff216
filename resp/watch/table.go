// Package watch knows which clients watch which keys: WATCH.
package watch

import (
	"slices"
	"sync"
	"sync/atomic"

	"larder/store"
)

// Table knows who watches which keys. For any goroutine.
//
// A writer marks the watchers inside its transaction, before it commits, and EXEC looks at
// its mark inside its own, which holds the watched keys too. So either the writer comes
// first and is seen, or EXEC does and the writer changes what EXEC has left. A writer that
// is undone afterwards aborts an EXEC for nothing; the client tries again.
type Table struct {
	count atomic.Int64 // of watched keys: 0 lets writers pass without the lock
	mu    sync.Mutex
	byKey map[key]map[*Watcher]struct{}
}

type key struct {
	db   int
	name string
}

func keyOf(k store.Key) key { return key{k.DB, string(k.Name)} }

func (k key) of() store.Key { return store.Key{DB: k.db, Name: []byte(k.name)} }

// NewTable makes a table in which nobody watches anything.
func NewTable() *Table { return &Table{byKey: map[key]map[*Watcher]struct{}{}} }

// Active reports whether anybody watches a key.
func (t *Table) Active() bool { return t.count.Load() > 0 }

func (t *Table) add(w *Watcher, k key) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byKey[k] == nil {
		t.byKey[k] = map[*Watcher]struct{}{}
	}
	t.byKey[k][w] = struct{}{}
	t.count.Add(1)
}

func (t *Table) remove(w *Watcher, k key) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.byKey[k], w)
	if len(t.byKey[k]) == 0 {
		delete(t.byKey, k)
	}
	t.count.Add(-1)
}

// Touch marks those who watch a key.
func (t *Table) Touch(k store.Key) {
	if t.count.Load() == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for w := range t.byKey[keyOf(k)] {
		w.dirty.Store(true)
	}
}

// in lists the watched keys of databases.
func (t *Table) in(dbs ...int) (keys []key) {
	if t.count.Load() == 0 {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for k := range t.byKey {
		if slices.Contains(dbs, k.db) {
			keys = append(keys, k)
		}
	}
	return keys
}

// Emptied marks those who watch a key of databases that exists in any of them.
func (t *Table) Emptied(tx store.Tx, dbs ...int) error {
	watched := t.in(dbs...)
	if len(watched) == 0 {
		return nil
	}
	keys := make([]store.Key, 0, len(watched)*len(dbs))
	for _, w := range watched {
		for _, db := range dbs {
			keys = append(keys, store.Key{DB: db, Name: []byte(w.name)})
		}
	}
	heads, err := tx.Heads(nil, keys...)
	for i, h := range heads {
		if h.Exists() {
			t.Touch(watched[i/len(dbs)].of())
		}
	}
	return err
}
