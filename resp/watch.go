package resp

import (
	"slices"
	"sync"
	"sync/atomic"

	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// watches knows which sessions watch which keys. For any goroutine.
//
// A writer marks the sessions inside its transaction, before it commits, and EXEC looks at
// its mark inside its own, which holds the watched keys too. So either the writer comes
// first and is seen, or EXEC does and the writer changes what EXEC has left. A writer that
// is undone afterwards aborts an EXEC for nothing; the client tries again.
type watches struct {
	count atomic.Int64 // of watched keys: 0 lets writers pass without the lock
	mu    sync.Mutex
	byKey map[watchKey]map[*session]struct{}
}

type watchKey struct {
	db   int
	name string
}

func (k watchKey) key() store.Key { return store.Key{DB: k.db, Name: []byte(k.name)} }

func newWatches() *watches { return &watches{byKey: map[watchKey]map[*session]struct{}{}} }

func (w *watches) add(s *session, k watchKey) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.byKey[k] == nil {
		w.byKey[k] = map[*session]struct{}{}
	}
	w.byKey[k][s] = struct{}{}
	w.count.Add(1)
}

func (w *watches) remove(s *session, k watchKey) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.byKey[k], s)
	if len(w.byKey[k]) == 0 {
		delete(w.byKey, k)
	}
	w.count.Add(-1)
}

// touch marks the sessions that watch a key.
func (w *watches) touch(k store.Key) {
	if w.count.Load() == 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for s := range w.byKey[watchKey{k.DB, string(k.Name)}] {
		s.dirty.Store(true)
	}
}

// in lists the watched keys of databases.
func (w *watches) in(dbs ...int) []watchKey {
	if w.count.Load() == 0 {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var keys []watchKey
	for k := range w.byKey {
		for _, db := range dbs {
			if k.db == db {
				keys = append(keys, k)
			}
		}
	}
	return keys
}

// watch is WATCH: it registers first and looks second, so that no change falls in between.
// It looks inside an Update, which comes after every write that has run and is not published
// yet: such a write has found no watcher, and a View, also the client's next, does not see it.
func (s *session) watch(c *cmd.Call) reply.Reply {
	if s.multi != nil {
		return reply.Fail("ERR WATCH inside MULTI is not allowed")
	}
	var keys []store.Key
	for _, k := range c.KeysFrom(1) {
		w := watchKey{k.DB, string(k.Name)}
		if _, known := s.watched[w]; known {
			continue
		}
		if s.watched == nil {
			s.watched = map[watchKey]bool{}
		}
		s.watched[w] = false
		s.server.watches.add(s, w)
		keys = append(keys, k)
	}
	if len(keys) == 0 {
		return reply.OK()
	}
	err := s.server.engine.Update(s.context(), store.One(keys...), func(tx store.Tx) error {
		heads, err := tx.Heads(nil, keys...)
		for i, h := range heads {
			s.watched[watchKey{keys[i].DB, string(keys[i].Name)}] = h.Exists()
		}
		return err
	})
	if err != nil {
		return reply.Err(err)
	}
	return reply.OK()
}

// unwatch forgets all watched keys and what happened to them.
func (s *session) unwatch() {
	for k := range s.watched {
		s.server.watches.remove(s, k)
	}
	s.watched = nil
	s.dirty.Store(false)
}

// watchedKeys are the watched keys, to be part of EXEC's scope.
func (s *session) watchedKeys() []store.Key {
	keys := make([]store.Key, 0, len(s.watched))
	for k := range s.watched {
		keys = append(keys, k.key())
	}
	return keys
}

// disturbed reports, inside EXEC's transaction, whether a watched key has changed. One that
// was there and has expired since has changed too, although nobody wrote it.
func (s *session) disturbed(tx store.Tx) (bool, error) {
	if s.dirty.Load() {
		return true, nil
	}
	var there []store.Key
	for k, existed := range s.watched {
		if existed {
			there = append(there, k.key())
		}
	}
	if len(there) == 0 {
		return false, nil
	}
	heads, err := tx.Heads(nil, there...)
	gone := slices.ContainsFunc(heads, func(h store.Head) bool { return !h.Exists() })
	return gone || err != nil, err
}
