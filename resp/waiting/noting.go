package waiting

import (
	"slices"

	"larder/store"
)

// Written adds a key that somebody may wait for and that now holds a type to those that are ready. An entry of a stream
// is what its waiters want; still says that there is none.
func (ws *Lines) Written(ready []store.Key, k store.Key, t store.Type, still bool) []store.Key {
	if ws.count.Load() == 0 {
		return ready
	}
	switch {
	case t == store.Stream && still:
	case t == store.List, t == store.ZSet, t == store.Stream, ws.loss.Load() > 0:
		return ws.awaited(ready, k)
	}
	return ready
}

// Gone adds keys that are gone, if that ends somebody's wait.
func (ws *Lines) Gone(ready []store.Key, keys ...store.Key) []store.Key {
	if ws.loss.Load() == 0 {
		return ready
	}
	for _, k := range keys {
		ready = ws.awaited(ready, k)
	}
	return ready
}

// Flushed adds the keys of a database that somebody waits for who is to learn that they are gone.
func (ws *Lines) Flushed(ready []store.Key, db int) []store.Key {
	if ws.loss.Load() == 0 {
		return ready
	}
	return append(ready, ws.in(db)...)
}

// Swapped adds the keys of two databases that somebody waits for, in either.
func (ws *Lines) Swapped(ready []store.Key, a, b int) []store.Key {
	if ws.count.Load() == 0 {
		return ready
	}
	return append(ready, ws.in(a, b)...)
}

// awaited adds a key to keys if somebody waits for it.
func (ws *Lines) awaited(keys []store.Key, k store.Key) []store.Key {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	l := ws.find(k)
	if l == nil || slices.ContainsFunc(keys, func(o store.Key) bool { return o.Equal(k) }) {
		return keys
	}
	return append(keys, l.key)
}

// in lists the keys of databases that somebody waits for.
func (ws *Lines) in(dbs ...int) []store.Key {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	var keys []store.Key
	for _, l := range ws.lines {
		for ; l != nil; l = l.next {
			if slices.Contains(dbs, l.key.DB) {
				keys = append(keys, l.key)
			}
		}
	}
	return keys
}
