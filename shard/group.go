package shard

import (
	"encoding/binary"
	"math"

	"larder/store"
	"larder/store/memtable"
)

// ticket is one caller's jobs. It belongs to the caller, but to the leader of the group while it is in one.
type ticket struct {
	jobs  []*store.Job // that are still to be done
	begun []*store.Job // that were when the group began
	turn  chan signal
	own   store.Job // of a caller with one job
	ones  [1]*store.Job

	tries   int      // how often it has stepped aside: see cold.go
	missing *missing // what it waits for, nil if it does not
	trays   []*tray

	reading bool // the present job only reads
	looks   bool // that is cold or long: it runs in a View

	staged   *staging // what its first job has come to apart from the line, or is to
	stagings int      // how often that has been tried
}

// signal tells a caller what becomes of its ticket.
type signal uint8

const (
	done  signal = iota
	lead         // the caller leads the next group
	fetch        // a read is missing: the caller fetches it and comes back
	look         // the first job only reads, and had better not do that in the turn: the caller does and comes back
	apart        // the first job is too large: the caller stages it and comes back
)

// groupMax bounds the tickets of a group.
const groupMax = 1024

// over runs fn over the present state, with the file alone beside it; for the holder of writing.
func (s *Shard) over(fn func(top, low store.BaseTx, now *memtable.Stack)) error {
	r, err := s.base.OwnReader()
	if err != nil {
		return err
	}
	defer r.Close()
	now := s.present() // a frozen layer may be gone since the writer began to wait
	low, err := r.Begin(s.order.clock.now())
	if err != nil {
		return err
	}
	top, err := now.Over(low, s.base.Hash, math.MaxUint64)
	if err == nil {
		fn(top, low, now)
	}
	return err
}

// under is what lies under the group.
func (s *Shard) under(top store.BaseTx, now *memtable.Stack) memtable.Under {
	return memtable.Under{Stack: now, Low: top, Hash: s.base.Hash, Made: s.firstID, Exact: s.exact.Load()}
}

// absorb makes the group visible.
func (s *Shard) absorb(lsn uint64) {
	flushes := s.group.Empties()
	s.overlay.Lock()
	defer s.overlay.Unlock()
	s.fill.add(s.group.Grown())
	next, taken := s.now.Push(s.group, lsn)
	s.now = next
	if flushes {
		s.recount()
	}
	s.room.follow(s)
	if taken {
		s.group = memtable.NewLayer()
	}
}

// section appends a shard's part of a record: shard, length, operations.
func section(dst []byte, shard int, ops []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(shard))
	dst = binary.AppendUvarint(dst, uint64(len(ops)))
	return append(dst, ops...)
}
