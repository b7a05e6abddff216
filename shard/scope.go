package shard

import (
	"bytes"
	"slices"

	"larder/store"
)

// fence keeps a View inside the scope it named: it sees no other shards. It belongs to the transaction's goroutine.
type fence struct {
	scope *store.Scope // nil for a transaction that may touch any key
	next  int          // the key of scope that is expected next: a command of n keys asks for them in order
}

// admits checks that keys are in the scope: by slot, because a name's slot is the same in
// every database.
func (f *fence) admits(keys ...store.Key) error {
	if f.scope == nil || f.scope.All {
		return nil
	}
	for _, k := range keys {
		if !f.holds(k) {
			return store.ErrScope
		}
	}
	return nil
}

func (f *fence) holds(k store.Key) bool {
	keys := f.scope.Keys
	for range keys {
		if f.next >= len(keys) {
			f.next = 0
		}
		if bytes.Equal(keys[f.next].Name, k.Name) {
			return true
		}
		f.next++
	}
	slot := store.Slot(k.Name)
	return slices.ContainsFunc(keys, func(s store.Key) bool { return store.Slot(s.Name) == slot })
}

// whole checks that the scope covers everything.
func (f *fence) whole() error {
	if f.scope == nil || f.scope.All {
		return nil
	}
	return store.ErrScope
}
