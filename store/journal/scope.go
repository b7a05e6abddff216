package journal

import (
	"bytes"

	"larder/store"
)

// fence keeps a command inside the scope it named. Only the top of a stack has one.
type fence struct{ scope *store.Scope }

// admits checks that keys are in the scope: by slot, because a name's slot is the same in
// every database.
func (f fence) admits(keys ...store.Key) error {
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

func (f fence) holds(k store.Key) bool {
	for _, s := range f.scope.Keys {
		if bytes.Equal(s.Name, k.Name) {
			return true
		}
	}
	slot := store.Slot(k.Name)
	for _, s := range f.scope.Keys {
		if store.Slot(s.Name) == slot {
			return true
		}
	}
	return false
}

// whole checks that the scope covers everything.
func (f fence) whole() error {
	if f.scope == nil || f.scope.All {
		return nil
	}
	return store.ErrScope
}

// fenced gives the top of a stack a fence. A bare snapshot has the base's own.
func fenced(top store.BaseTx, s *store.Scope) store.BaseTx {
	if m, ok := top.(*merged); ok {
		m.scope = s
	}
	return top
}
