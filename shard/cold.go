package shard

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"sync/atomic"
	"time"

	"larder/store"
)

// Nobody in the line waits for a slow disk. A job that meets a read which cannot be answered from memory steps aside
// with the rest of its ticket: what it has written is taken back, and the group goes on. Its client's own goroutine
// reads what was missing, beside those of other clients, and gets into the line again. The read leaves the row where
// all snapshots find it, or, for a range, on the ticket, which is good as long as the file does not change. A job that
// was aside twice reads in the line. One that only reads leaves it for good: see look.
//
// While the files answer quickly, because the system has their pages in memory, jobs read in the line at once: to step
// aside costs a few microseconds more than such a read. See pace.

// asideMost is how often a ticket steps aside.
const asideMost = 2

// trayRows bounds the items of a range that a ticket carries.
const trayRows = 128

// missing is a read that could not be answered from memory. It repeats it on another transaction of the same base.
type missing struct {
	shard *Shard
	read  func(store.BaseTx, *tray) error
}

// tray holds the rows that a ticket's goroutine has fetched from one base. It belongs to the goroutine that has the
// ticket.
type tray struct {
	shard   *Shard
	version uint64 // of the base that was read
	ranges  []fetchedRange
}

// fetchedRange is the items of a range, or the first of them.
type fetchedRange struct {
	id    store.ID
	part  store.Part
	r     store.Range
	items []store.Item
	whole bool
	sum   store.Change // of a Count or a Weigh; the items are none then
	what  reading
}

// reading is what was asked of a range.
type reading uint8

const (
	itsItems reading = iota
	itsCount
	itsWeight
)

// bottom is the base under a group's layers. It belongs to the leader.
type bottom struct {
	store.BaseTx
	shard  *Shard
	hurry  store.Hurrier // nil for a base that never waits
	ticket *ticket       // whose job runs
	fresh  store.ID      // the snapshot has nothing of ids from here on, which needs no look
}

// cold notes a read for the ticket, and voids the run of the job.
func (b *bottom) cold(read func(store.BaseTx, *tray) error) error {
	switch {
	case b.ticket.reading:
		b.ticket.looks = true
	case b.ticket.missing == nil:
		b.ticket.missing = &missing{shard: b.shard, read: read}
	}
	return store.ErrAgain
}

// patient reports whether the job's reads may wait for the disk.
func (b *bottom) patient() bool {
	return b.hurry == nil || b.ticket == nil || b.ticket.tries >= asideMost && !b.ticket.reading
}

// read runs a read from memory, and if that does not have the answer and the disk is quick, from the file. ErrCold
// means that the job must step aside.
func (b *bottom) read(do func() error) error {
	b.hurry.Hurry(true)
	err := do()
	b.hurry.Hurry(false)
	if pace := &b.shard.order.pace; isCold(err) && pace.quick() {
		start := time.Now()
		err = do()
		pace.note(time.Since(start))
	}
	return err
}

// pace knows how long reads of the files take. For any goroutine.
type pace struct{ run atomic.Int32 } // of quick reads, one behind the other

const (
	// quickRead is what a read takes that does not wait for a disk.
	quickRead = 200 * time.Microsecond
	// quickRun is how many quick reads it takes until jobs read in the line; one that is slow ends that.
	quickRun = 64
)

func (p *pace) quick() bool { return p.run.Load() >= quickRun }

func (p *pace) note(took time.Duration) {
	if took >= quickRead {
		p.run.Store(0)
	} else if !p.quick() {
		p.run.Add(1)
	}
}

// Heads are mostly among the rows that are remembered.
func (b *bottom) Heads(dst []store.Head, keys ...store.Key) ([]store.Head, error) {
	if b.patient() {
		return b.BaseTx.Heads(dst, keys...)
	}
	heads := dst
	err := b.read(func() (err error) {
		heads, err = b.BaseTx.Heads(dst, keys...)
		return err
	})
	if isCold(err) {
		own := store.CloneKeys(keys)
		return dst, b.cold(func(tx store.BaseTx, _ *tray) error {
			_, err := tx.Heads(nil, own...)
			return err
		})
	}
	return heads, err
}

// Row: see Heads.
func (b *bottom) Row(k store.Key) (store.Head, bool, error) {
	if b.patient() {
		return b.BaseTx.Row(k)
	}
	var h store.Head
	there := false
	err := b.read(func() (err error) {
		h, there, err = b.BaseTx.Row(k)
		return err
	})
	if isCold(err) {
		own := store.CloneKeys([]store.Key{k})[0]
		return h, false, b.cold(func(tx store.BaseTx, _ *tray) error {
			_, _, err := tx.Row(own)
			return err
		})
	}
	return h, there, err
}

// Items of hashed parts are mostly among the rows that are remembered.
func (b *bottom) Items(dst []store.Item, id store.ID, p store.Part, fields ...[]byte) ([]store.Item, error) {
	if id >= b.fresh {
		for _, f := range fields {
			dst = append(dst, store.Item{Field: f})
		}
		return dst, nil
	}
	if b.patient() {
		return b.BaseTx.Items(dst, id, p, fields...)
	}
	items := dst
	err := b.read(func() (err error) {
		items, err = b.BaseTx.Items(dst, id, p, fields...)
		return err
	})
	if isCold(err) {
		own := make([][]byte, len(fields))
		for i, f := range fields {
			own[i] = bytes.Clone(f)
		}
		return dst, b.cold(func(tx store.BaseTx, _ *tray) error {
			_, err := tx.Items(nil, id, p, own...)
			return err
		})
	}
	return items, err
}

// Count looks on the ticket.
func (b *bottom) Count(id store.ID, p store.Part, r store.Range) (int64, error) {
	if id >= b.fresh {
		return 0, nil
	}
	if f := b.fetched(id, p, r, itsCount); f != nil {
		return f.sum.Count, nil
	}
	if b.patient() || id == 0 || b.shard.order.pace.quick() {
		return b.BaseTx.Count(id, p, r)
	}
	own := cloneRange(r)
	return 0, b.cold(func(tx store.BaseTx, t *tray) error {
		n, err := tx.Count(id, p, own)
		t.ranges = append(t.ranges, fetchedRange{id: id, part: p, r: own, sum: store.Change{Count: n}, what: itsCount})
		return err
	})
}

// Weigh looks on the ticket. It reads all of a long range, so a job steps aside for it once more than for other reads.
func (b *bottom) Weigh(id store.ID, p store.Part, r store.Range) (store.Change, error) {
	if id >= b.fresh {
		return store.Change{}, nil
	}
	if f := b.fetched(id, p, r, itsWeight); f != nil {
		return f.sum, nil
	}
	if b.hurry == nil || b.ticket == nil || b.ticket.tries > asideMost || id == 0 || b.shard.order.pace.quick() {
		return b.BaseTx.Weigh(id, p, r)
	}
	own := cloneRange(r)
	return store.Change{}, b.cold(func(tx store.BaseTx, t *tray) error {
		sum, err := tx.Weigh(id, p, own)
		t.ranges = append(t.ranges, fetchedRange{id: id, part: p, r: own, sum: sum, what: itsWeight})
		return err
	})
}

// Range looks on the ticket, and else in what the base has read ahead.
func (b *bottom) Range(id store.ID, p store.Part, r store.Range) iter.Seq2[store.Item, error] {
	if id >= b.fresh {
		return func(func(store.Item, error) bool) {}
	}
	if f := b.fetched(id, p, r, itsItems); f != nil {
		return func(yield func(store.Item, error) bool) { b.carry(f, yield) }
	}
	if b.patient() || id == 0 || b.shard.order.pace.quick() {
		return b.BaseTx.Range(id, p, r)
	}
	return func(yield func(store.Item, error) bool) {
		if err := b.ahead(id, p, r, yield); isCold(err) {
			own := cloneRange(r)
			yield(store.Item{}, b.cold(func(tx store.BaseTx, t *tray) error { return t.fetch(tx, id, p, own) }))
		}
	}
}

// ahead reads a range as far as the base has it in memory.
func (b *bottom) ahead(id store.ID, p store.Part, r store.Range, yield func(store.Item, error) bool) error {
	b.hurry.Hurry(true)
	defer b.hurry.Hurry(false)
	for it, err := range b.BaseTx.Range(id, p, r) {
		if isCold(err) {
			return err
		}
		b.hurry.Hurry(false) // what the caller does meanwhile is not this read
		if !yield(it, err) {
			return nil
		}
		b.hurry.Hurry(true)
	}
	return nil
}

// carry yields what the ticket has, and behind it what it could not carry.
func (b *bottom) carry(f *fetchedRange, yield func(store.Item, error) bool) {
	for _, it := range f.items {
		if !yield(it, nil) {
			return
		}
	}
	if f.whole {
		return
	}
	rest := f.r
	rest.Skip += int64(len(f.items))
	if rest.Limit > 0 {
		rest.Limit -= int64(len(f.items))
	}
	b.BaseTx.Range(f.id, f.part, rest)(yield)
}

// fetched finds what the ticket has of a range, if the base is still the one that was read. It is asked first, also by
// a job that may wait: what it fetched when it was aside for the last time must not be read once more, in the line.
func (b *bottom) fetched(id store.ID, p store.Part, r store.Range, what reading) *fetchedRange {
	if b.hurry == nil || b.ticket == nil {
		return nil
	}
	for _, t := range b.ticket.trays {
		if t.shard != b.shard || t.version == 0 || t.version != b.hurry.Version() {
			continue
		}
		for i := range t.ranges {
			if f := &t.ranges[i]; f.id == id && f.part == p && f.what == what && sameRange(f.r, r) {
				return f
			}
		}
	}
	return nil
}

// fetch reads the first items of a range.
func (t *tray) fetch(tx store.BaseTx, id store.ID, p store.Part, r store.Range) error {
	f := fetchedRange{id: id, part: p, r: r, whole: true}
	for it, err := range tx.Range(id, p, r) {
		if err != nil {
			return err
		}
		if len(f.items) == trayRows {
			f.whole = false
			break
		}
		it.Field, it.Value = bytes.Clone(it.Field), bytes.Clone(it.Value)
		f.items = append(f.items, it)
	}
	t.ranges = append(t.ranges, f)
	return nil
}

// fetch reads what a ticket's job was missing, on the goroutine of its client. An error is left to the job, which
// meets it again.
func (o *Order) fetch(t *ticket) {
	m := t.missing
	t.missing = nil
	t.tries++
	r, err := m.shard.base.Reader(context.Background())
	if err != nil {
		return
	}
	defer r.Close()
	tx, err := r.Begin(o.clock.now())
	if err != nil {
		return
	}
	start := time.Now()
	defer func() { o.pace.note(time.Since(start)) }()
	carried := &tray{shard: m.shard}
	if h, ok := tx.(store.Hurrier); ok {
		carried.version = h.Version()
	}
	if err := m.read(tx, carried); err == nil && len(carried.ranges) > 0 {
		t.trays = append(t.trays, carried)
	}
}

func isCold(err error) bool { return err != nil && errors.Is(err, store.ErrCold) }

func cloneRange(r store.Range) store.Range {
	r.Min.Field, r.Max.Field = bytes.Clone(r.Min.Field), bytes.Clone(r.Max.Field)
	return r
}

func sameRange(a, b store.Range) bool {
	return a.Order == b.Order && a.Reverse == b.Reverse && a.Skip == b.Skip && a.Limit == b.Limit &&
		sameBound(a.Min, b.Min) && sameBound(a.Max, b.Max)
}

func sameBound(a, b store.Bound) bool {
	return a.Edge == b.Edge && a.Pos == b.Pos && a.Score == b.Score && bytes.Equal(a.Field, b.Field) &&
		(a.Field == nil) == (b.Field == nil)
}
