package shard

import (
	"sync"
	"sync/atomic"
)

// unhappened knows, with Always, what was written by records that may not be synced yet, or whose effects have not
// happened: a View waits for the newest of those that it has read, and for no other. So whoever reads what nobody
// writes does not wait for the disk. The leader writes, any goroutine reads.
//
// It goes by keys and by ids, not by fields. The rejected alternative, a position in each entry of the memtable, is
// more exact and takes memory from what settles together, in every mode.
type unhappened struct {
	// since is the position from which on all records are known here; 0 while it is not Always.
	since atomic.Uint64

	mu sync.RWMutex
	// young and old are the writers of each print: the old go when their last one has happened.
	young, old         map[uint64]*deed
	youngLast, oldLast *deed
	all                *deed // the last that changed any key
	at                 *deed // the present one
}

// deed is a record of a group's.
type deed struct {
	lsn      uint64
	happened <-chan struct{} // closed when it is synced and what it led to has happened
}

// over reports whether a deed has happened, as none has.
func (d *deed) over() bool {
	if d == nil {
		return true
	}
	select {
	case <-d.happened:
		return true
	default:
		return false
	}
}

// begin is told of the record that is being made. The first one that it is told of counts those before it as changing
// any key.
func (u *unhappened) begin(lsn uint64, happened, before <-chan struct{}) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.at = &deed{lsn, happened}
	if u.since.Load() == 0 {
		u.young, u.old, u.youngLast, u.oldLast = map[uint64]*deed{}, nil, nil, nil
		u.all = &deed{lsn - 1, before}
		u.since.Store(lsn)
	}
	if u.youngLast != nil && u.oldLast.over() {
		u.old, u.oldLast = u.young, u.youngLast
		u.young, u.youngLast = map[uint64]*deed{}, nil
	}
}

// end is told that it is not Always any more.
func (u *unhappened) end() { u.since.Store(0) }

func (u *unhappened) leave(print uint64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.young[print], u.youngLast = u.at, u.at
}

func (u *unhappened) leaveAll() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.all = u.at
}

// newest is the newest deed that has written one of several prints and has not happened, nil if there is none.
func (u *unhappened) newest(of []uint64) (last *deed) {
	u.mu.RLock()
	defer u.mu.RUnlock()
	note := func(d *deed) {
		if !d.over() && (last == nil || d.lsn > last.lsn) {
			last = d
		}
	}
	note(u.all)
	for _, print := range of {
		note(u.old[print])
		note(u.young[print])
	}
	return last
}
