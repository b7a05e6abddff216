package shard

import (
	"context"
	"errors"
	"slices"
	"time"

	"larder/store"
)

// A transaction that outgrows its room in the turn is staged, if its job has a Publish. It leaves the line and runs
// on a View's moment, on its client's own goroutine, while other writers go on. The items of ids that it has made go
// into the files at once, in transactions of bounded size (chunk): no head names those ids, so nobody sees them. What
// else it writes, heads above all, is kept as the writer of a group keeps it. Then it comes back to the line. If
// nothing that it has read has changed since its moment (prints), and nothing of it has expired, the record that it
// has kept becomes part of its group's: so it has its place in the one order, and what the others wait for is a few
// heads. Else its items are left to the sweep (limbo), and it runs again. Its Now is that of its moment.
//
// What cannot be staged runs straight on the files, while everybody waits: what has lost against other writers
// stageMost times; what writes more than a layer takes to ids that were there before, for readers would see that; and
// what takes something back behind a chunk, or looks at whole databases. EXEC and scripts have no Publish: each of
// their commands takes a savepoint, and the next may be any command.
//
// The rejected alternatives: to stage in the layers, which bounds a transaction by memory; and a record of many parts
// in the log with a mark at its end, by which all that is staged would be written twice, and replayed.

// stageMost is how often a job is staged before it runs straight on the files.
const stageMost = 2

// staging is a job that runs apart from the line, or has. It belongs to its ticket.
type staging struct {
	order   *Order
	job     *store.Job
	touched []bool // the shards that it is known to need
	view    *view
	parts   []*stagedPart // by shard, nil for those that it has not touched
	tx      Tx
	chunk   chunk
	pinned  uint64 // the position of the moment that it sees
	reads   map[uint64]struct{}
	wakes   int64 // when the first of what it has read expires, 0 for never
	gaveUp  bool  // it cannot be staged
	err     error // the job's
}

// setApart readies a ticket whose first job is too large to leave the line; false if the job must run straight on the
// bases.
func (o *Order) setApart(t *ticket, j *store.Job) bool {
	before := t.staged
	if before != nil {
		copy(o.group.touched, before.touched)
	}
	staged := j.Publish != nil && t.stagings < stageMost && (before == nil || !before.gaveUp)
	o.unstage(t)
	if !staged {
		t.stagings = 0 // the ticket's next job is another
		return false
	}
	t.stagings++
	t.staged = &staging{order: o, job: j, touched: slices.Clone(o.group.touched)}
	o.reach(t.staged.touched, &j.Scope)
	o.prints.begin()
	return true
}

// unstage ends what a ticket has staged, be it published or not.
func (o *Order) unstage(t *ticket) {
	if t.staged == nil {
		return
	}
	o.prints.end()
	t.staged.forget()
	t.staged = nil
}

// forget gives up the ids that are not published.
func (s *staging) forget() {
	for _, p := range s.parts {
		if p != nil {
			for id := range p.made {
				p.shard.limbo.leave(id)
			}
		}
	}
}

// stage runs a ticket's first job apart from the line. It begins again if the View needs another shard.
func (o *Order) stage(t *ticket) {
	o.staging.Lock()
	defer o.staging.Unlock()
	s, v := t.staged, o.view()
	defer o.views.Put(v)
	defer v.close()
	copy(v.shards, s.touched)
	s.view, v.careful = v, false
	for v.beyond = true; v.beyond && !s.gaveUp; {
		v.release()
		now, err := v.open(context.Background())
		v.effects = nil // the turn is behind them
		if err != nil {
			s.err = err
			break
		}
		s.run(now)
	}
	copy(s.touched, v.shards)
	s.view = nil
}

// run is one run of the job.
func (s *staging) run(nowMillis int64) {
	s.forget()
	v := s.view
	v.beyond, s.wakes, s.pinned = false, 0, v.newest
	s.reads, s.parts = map[uint64]struct{}{}, make([]*stagedPart, len(v.shards))
	s.chunk = chunk{run: s}
	defer s.chunk.abandon()
	s.tx.begin(s.order, s, v.dbs, time.UnixMilli(nowMillis), &s.job.Scope, true)
	if s.err = s.job.Fn(&s.tx); s.err == nil {
		s.err = s.chunk.end()
	}
	// The View was ended for the length of the file's log. What runs straight needs none.
	ended := errors.Is(s.err, &store.Error{Code: store.CodeEnded})
	s.gaveUp = s.gaveUp || ended || s.void() && !v.beyond
	for _, p := range s.parts {
		if p != nil && !s.void() {
			p.conclude()
		}
	}
	s.order.log.Step("staged, not published")
}

// at is a shard as the View sees it, with what the job has written.
func (s *staging) at(shard int) (store.BaseTx, error) {
	top, err := s.view.at(shard)
	if err != nil || s.gaveUp {
		return nil, store.ErrAgain
	}
	if s.parts[shard] == nil {
		s.parts[shard] = newStagedPart(s, shard, top)
	}
	return s.parts[shard], nil
}

// void reports whether the present run has no place: it needs another shard, or cannot be staged.
func (s *staging) void() bool {
	for _, p := range s.parts {
		if p != nil && p.large {
			return true
		}
	}
	return s.gaveUp || s.view != nil && s.view.beyond
}

// giveUp has the job run straight on the bases.
func (s *staging) giveUp() error {
	s.gaveUp = true
	return store.ErrAgain
}

func (s *staging) note(print uint64) { s.reads[print] = struct{}{} }

func (s *staging) expiring(wakeMillis int64) {
	if s.wakes == 0 || wakeMillis < s.wakes {
		s.wakes = wakeMillis
	}
}

func (s *staging) whole() error { return s.giveUp() }

// stands reports whether the job would come to the same now, in the turn.
func (s *staging) stands(nowMillis int64) bool {
	expired := s.wakes != 0 && s.wakes < nowMillis
	return !s.gaveUp && !expired && !s.order.prints.since(s.pinned, s.reads)
}

// publish has a group write what was kept, whose record then makes it visible.
func (s *staging) publish(g *group) error {
	if s.err != nil {
		return s.err
	}
	for shard, p := range s.parts {
		if p == nil || len(p.rec.buf) == 0 {
			continue
		}
		tx, err := g.tx.at(shard)
		if err != nil {
			return err
		}
		for _, id := range p.kept {
			p.shard.limbo.publish(id, s.order.prints.at)
		}
		if err := replay(p.rec.buf, tx); err != nil {
			return err
		}
		p.shard.Staged.Add(1)
	}
	return s.job.Publish(&g.tx)
}
