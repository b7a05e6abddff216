package shard

import (
	"math"
	"slices"
	"time"

	"larder/store"
	"larder/store/memtable"
	"larder/store/wal"
)

// group is a run of transactions that becomes one record. It belongs to the leader of the line.
type group struct {
	order  *Order
	parts  []part // by shard
	open   []int  // the shards that are open, in the order in which they were touched
	tx     Tx
	now    int64
	dbs    numbering // as the transactions so far leave it
	read   bool      // the present job only reads
	left   int64     // what that may still read in the turn: see glance
	ticket *ticket   // the present job's
	done   []*store.Job
	full   error // why nothing may grow: the log has no room for it
	// touched are the shards that the present job has touched.
	touched []bool
}

// part is a shard in a group: its lock, a reader of its file and the layer that the group fills.
type part struct {
	reader  store.Reader
	bottom  bottom // the file's snapshot
	present *memtable.Stack
	writer  writer
	glance  glance
	began   mark // what the writer had written when the present job began
}

func newGroup(o *Order) group {
	return group{order: o, parts: make([]part, len(o.shards)), touched: make([]bool, len(o.shards))}
}

// at opens a shard when a transaction first touches it: a group locks nothing that it does not need.
func (g *group) at(shard int) (store.BaseTx, error) {
	p := &g.parts[shard]
	g.touched[shard] = true
	if p.reader == nil {
		if err := g.enter(shard, p); err != nil {
			return nil, err
		}
	}
	if g.read {
		return &p.glance, nil
	}
	return &p.writer, nil
}

func (g *group) enter(shard int, p *part) error {
	s := g.order.shards[shard]
	s.writing.Lock()
	err := g.attach(s, p)
	if err != nil {
		s.writing.Unlock()
		return err
	}
	g.open = append(g.open, shard)
	return nil
}

func (g *group) attach(s *Shard, p *part) error {
	if s.closed {
		return store.ErrClosed
	}
	r, err := s.base.OwnReader()
	if err != nil {
		return err
	}
	if err := p.begin(s, r, g.now, g.ticket); err != nil {
		_ = r.Close() // the error is the one that is known
		return err
	}
	p.reader = r
	return nil
}

// begin lays an empty layer over the present state of a shard. The layers come before the snapshot, as for a View: of a
// generation that settles in between there would be nothing in either.
func (p *part) begin(s *Shard, r store.Reader, now int64, t *ticket) error {
	present := s.present()
	low, err := r.Begin(now)
	if err != nil {
		return err
	}
	settled, err := low.Mark()
	if err != nil {
		return err
	}
	p.bottom = bottom{BaseTx: low, shard: s, ticket: t, fresh: settled.NextID}
	p.bottom.hurry, _ = low.(store.Hurrier)
	top, err := present.Over(&p.bottom, s.base.Hash, math.MaxUint64)
	if err != nil {
		return err
	}
	s.group.Reset()
	s.rec.reset()
	s.rec.prints, s.rec.shard = s.order.prints.follow(), s.index
	p.writer = writer{Writer: p.writer.Writer, shard: s, rec: s.rec, points: p.writer.points[:0]}
	p.writer.Begin(s.group, s.under(top, present))
	p.glance = glance{Merged: &p.writer.Merged, group: &s.order.group}
	p.present = present
	if _, p.writer.strait = s.room.wait(s.index); p.writer.strait.grow == nil {
		p.writer.strait.grow = s.order.group.full
	}
	p.began = mark{}
	return nil
}

// undo takes back what the present job has written.
func (g *group) undo() {
	for _, shard := range g.open {
		p := &g.parts[shard]
		p.writer.rollback(p.began)
	}
}

// leave lets go of the shards that are open, in the order in which they were touched.
func (g *group) leave() {
	for _, shard := range g.open {
		p, s := &g.parts[shard], g.order.shards[shard]
		_ = p.reader.Close() // the transaction that met an error has answered it
		s.rec = p.writer.rec
		p.writer.Leave()
		*p = part{writer: writer{Writer: p.writer.Writer, points: p.writer.points}}
		s.writing.Unlock()
	}
	g.open = g.open[:0]
}

// outcome says what the present job has done.
func (g *group) outcome() (wrote, large bool) {
	for _, shard := range g.open {
		w := &g.parts[shard].writer
		wrote, large = wrote || w.wrote, large || w.large
	}
	return wrote, large
}

func (g *group) void() bool {
	_, large := g.outcome()
	return large || g.ticket.missing != nil || g.ticket.looks
}

func (g *group) runJob(t *ticket, j *store.Job) error {
	g.ticket = t
	for _, shard := range g.open {
		p := &g.parts[shard]
		p.writer.wrote, p.writer.large, p.writer.points = false, false, p.writer.points[:0]
		p.began = p.writer.mark()
		p.bottom.ticket = t
	}
	g.read, t.reading, g.left = !j.Write, !j.Write, glanceMost
	clear(g.touched)
	g.tx.begin(g.order, g, g.dbs, time.UnixMilli(g.now), &j.Scope, j.Write)
	if s := t.staged; s != nil && s.job == j {
		return s.publish(g)
	}
	return j.Fn(&g.tx)
}

// runTicket runs the ticket's jobs, each once, and takes back what one that fails has written. It ends before a job
// that is too large, or is to be staged again, which it returns, and before one that has to wait for a read.
func (g *group) runTicket(t *ticket) (large *store.Job) {
	for len(t.jobs) > 0 {
		j := t.jobs[0]
		if t.staged != nil && !t.staged.stands(g.now) {
			return j
		}
		j.Err = g.runJob(t, j)
		wrote, tooLarge := g.outcome()
		if wrote && (tooLarge || j.Err != nil || t.missing != nil) {
			g.undo()
		}
		switch {
		case t.missing != nil || t.looks:
			return nil
		case tooLarge:
			return j
		case j.Err == nil:
			g.dbs = g.tx.dbs
		}
		g.done, t.jobs = append(g.done, j), t.jobs[1:]
	}
	return nil
}

// commit runs the tickets' jobs and makes visible what they write. It returns those it has dealt with, and the tickets
// that the next group is to begin with, since this one is long enough. A job for which the group has become too large
// begins the next one; one that is too large by itself is staged, or runs straight on the bases.
func (o *Order) commit(tickets []*ticket) (jobs []*store.Job, rest []*ticket) {
	g := &o.group
	g.done = nil
	for len(tickets) > 0 {
		before := len(g.done)
		n, large := o.attempt(tickets)
		if tickets = tickets[n:]; large == nil {
			break
		}
		if alone := len(g.done) == before; !alone {
			continue
		}
		if o.setApart(tickets[0], large) {
			tickets = tickets[1:]
		} else {
			large.Err = o.direct(large)
			large.Moment = o.moment.Load()
			g.done, tickets[0].jobs = append(g.done, large), tickets[0].jobs[1:]
		}
	}
	return g.done, tickets
}

// attempt runs tickets in one group and commits them. It returns how many it is through with, and the job that is too
// large, if one is: it is the next one's.
func (o *Order) attempt(tickets []*ticket) (n int, large *store.Job) {
	g := &o.group
	before := len(g.done)
	for _, t := range tickets {
		t.begun = t.jobs
	}
	n, large, err := o.try(tickets)
	if err == errStrait { // once more, without what takes more space
		g.done = g.done[:before]
		for _, t := range tickets {
			t.jobs, t.missing, t.looks = t.begun, nil, false
		}
		n, large, err = o.try(tickets)
		g.full = nil
	}
	if err != nil {
		fail(g.done[before:], err)
	}
	for _, j := range g.done[before:] {
		j.Moment = o.moment.Load()
	}
	for _, t := range tickets {
		if t.staged != nil && (len(t.jobs) == 0 || t.jobs[0] != t.staged.job) {
			o.unstage(t)
			t.stagings = 0
		}
	}
	return n, large
}

// try is one run of an attempt. errStrait means that the record has no room as it is.
func (o *Order) try(tickets []*ticket) (n int, large *store.Job, err error) {
	g := &o.group
	g.now, g.dbs, o.prints.at = o.clock.begin(), o.numbering(), o.log.Last()+1
	defer o.clock.end()
	defer g.leave()
	o.tellPrints()
	began := time.Now()
	for n < len(tickets) && (n == 0 || !g.long(began)) {
		if large = g.runTicket(tickets[n]); large != nil {
			break
		}
		n++
	}
	return n, large, o.publish()
}

// tellPrints has the prints of the present record known to Views, with Always.
func (o *Order) tellPrints() {
	if o.careful() {
		o.unhappened.begin(o.prints.at, *o.pending, *o.effects.Load())
		o.prints.pending = &o.unhappened
	} else if o.prints.pending != nil {
		o.unhappened.end()
		o.prints.pending = nil
	}
}

const (
	// groupBytes and groupTime end a group, whose clients wait for each other: neither long records nor long commands keep
	// short ones from their replies.
	groupBytes = 256 << 10
	groupTime  = time.Millisecond
)

// long reports whether those that are left had better be in a group of their own.
func (g *group) long(began time.Time) bool {
	sum := 0
	for _, shard := range g.open {
		sum += len(g.parts[shard].writer.rec.buf)
	}
	return sum > groupBytes || time.Since(began) > groupTime
}

// publish appends the group's record and then makes its layers visible, all in one step.
func (o *Order) publish() error {
	g := &o.group
	o.payload = o.payload[:0]
	need := wal.Frees
	for _, shard := range g.open {
		w := &g.parts[shard].writer
		w.rec.loose(o.shards[shard].group.DropLoose())
		if len(w.rec.buf) > 0 {
			o.payload = section(o.payload, shard, w.rec.buf)
			need = max(need, w.rec.demand())
		}
	}
	if len(o.payload) == 0 {
		return nil
	}
	lsn, err := o.log.Append(o.payload, need)
	if cap(o.payload) > bufferKept {
		o.payload = nil
	}
	if outOfSpace(err) && need == wal.Grows && g.full == nil {
		g.full = err
		return errStrait
	}
	if err != nil {
		return err
	}
	o.log.Step("before publish")
	for _, shard := range g.open {
		p := &g.parts[shard]
		p.present.Discount(o.shards[shard].group, p.bottom.BaseTx)
	}
	o.publishing.Lock()
	for _, shard := range g.open {
		if len(g.parts[shard].writer.rec.buf) > 0 {
			o.shards[shard].absorb(lsn)
		}
	}
	o.show(lsn, g.now)
	o.publishing.Unlock()
	if o.log.Crowded() {
		return o.log.Sync(lsn)
	}
	return nil
}

// show notes what a View has that begins now.
func (o *Order) show(lsn uint64, now int64) {
	o.newest.Store(lsn)
	if dbs := o.group.dbs; !slices.Equal(dbs, o.numbering()) {
		o.dbs.Store(&dbs)
	}
	o.shown.Store(now)
	o.moment.Add(1)
	o.effects.Store(o.pending)
}
