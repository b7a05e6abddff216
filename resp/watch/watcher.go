package watch

import (
	"context"
	"slices"
	"sync/atomic"

	"larder/store"
)

// Watcher is what one client watches. It belongs to the client's session, but for Dirty.
type Watcher struct {
	table   *Table
	watched map[key]bool // whether the key was there when Watch looked
	dirty   atomic.Bool  // a watched key has changed
}

// Join makes the watcher one of a table.
func (w *Watcher) Join(t *Table) { w.table = t }

// Watch registers keys first and looks at them second, so that no change falls in between.
// It looks inside an Update, which comes after every write that has run and is not published
// yet: such a write has found no watcher, and a View, also the client's next, does not see it.
func (w *Watcher) Watch(ctx context.Context, e store.Engine, names ...store.Key) error {
	var keys []store.Key
	for _, name := range names {
		k := keyOf(name)
		if _, known := w.watched[k]; known {
			continue
		}
		if w.watched == nil {
			w.watched = map[key]bool{}
		}
		w.watched[k] = false
		w.table.add(w, k)
		keys = append(keys, name)
	}
	if len(keys) == 0 {
		return nil
	}
	return e.Update(ctx, store.One(keys...), func(tx store.Tx) error {
		heads, err := tx.Heads(nil, keys...)
		for i, h := range heads {
			w.watched[keyOf(keys[i])] = h.Exists()
		}
		return err
	})
}

// Forget ends the watch over all keys and forgets what happened to them.
func (w *Watcher) Forget() {
	for k := range w.watched {
		w.table.remove(w, k)
	}
	w.watched = nil
	w.dirty.Store(false)
}

// Keys are the watched keys, to be part of EXEC's scope.
func (w *Watcher) Keys() []store.Key {
	keys := make([]store.Key, 0, len(w.watched))
	for k := range w.watched {
		keys = append(keys, k.of())
	}
	return keys
}

// Dirty reports whether a watched key has changed. For any goroutine.
func (w *Watcher) Dirty() bool { return w.dirty.Load() }

// Lost reports whether EXEC is to run nothing, as far as is known before its transaction.
func (w *Watcher) Lost() bool { return w.Dirty() && len(w.watched) > 0 }

// Disturbed reports, inside EXEC's transaction, whether a watched key has changed. One that
// was there and has expired since has changed too, although nobody wrote it.
func (w *Watcher) Disturbed(tx store.Tx) (bool, error) {
	if w.dirty.Load() {
		return true, nil
	}
	var there []store.Key
	for k, existed := range w.watched {
		if existed {
			there = append(there, k.of())
		}
	}
	if len(there) == 0 {
		return false, nil
	}
	heads, err := tx.Heads(nil, there...)
	gone := slices.ContainsFunc(heads, func(h store.Head) bool { return !h.Exists() })
	return gone || err != nil, err
}
