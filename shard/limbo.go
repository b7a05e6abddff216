package shard

import (
	"maps"
	"slices"
	"sync"

	"larder/store"
)

// limbo are the ids of a shard whose items are staged. Its file notes each in the transaction that puts the first
// item, in the form in which it notes ids of other files that have lost their last key: a crash leaves the note, and
// handOver has the items swept. The record that publishes the id's head takes the note back. Until the file has
// settled that, limbo keeps the note from being handed over. For any goroutine.
type limbo struct {
	mu  sync.Mutex
	ids map[store.ID]uint64 // the position of the record, 0 before there is one
}

func (l *limbo) enter(id store.ID) { l.set(id, 0) }

// publish tells of the record that is about to be made. If it is not made after all, a later one has its position, and
// the items are swept when that has settled.
func (l *limbo) publish(id store.ID, lsn uint64) { l.set(id, lsn) }

func (l *limbo) set(id store.ID, lsn uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ids == nil {
		l.ids = map[store.ID]uint64{}
	}
	l.ids[id] = lsn
}

// leave gives an id up that no record publishes.
func (l *limbo) leave(id store.ID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ids[id] == 0 {
		delete(l.ids, id)
	}
}

// keeps reports whether the note of an id is to stay, in a file that has settled so far or further.
func (l *limbo) keeps(id store.ID, settled uint64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	maps.DeleteFunc(l.ids, func(_ store.ID, lsn uint64) bool { return lsn != 0 && lsn <= settled })
	_, kept := l.ids[id]
	return kept
}

// all are the ids in order.
func (l *limbo) all() []store.ID {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Sorted(maps.Keys(l.ids))
}

// holds reports whether an id that the file notes is one of its own whose items are staged.
func (s *Shard) holds(id store.ID, settled uint64) bool {
	home, own := id.Home()
	return home == s.index && s.limbo.keeps(own, settled)
}

// stagedID is a fresh id whose items lie in the file before a head names it: so it lies below the memtable.
func (s *Shard) stagedID() store.ID {
	s.writing.Lock()
	defer s.writing.Unlock()
	id := s.newID()
	s.firstID = s.nextID
	s.limbo.enter(id)
	return id
}
