package sqlite

import (
	"context"
	"math"

	"larder/store"
	"larder/store/sqlite/blocks"
	"larder/store/sqlite/capi"
)

// Sweep deletes rows of orphans and of flushed databases, in one short transaction. When there are none it
// shrinks a file that became mostly empty. After the disk was full it has the log start again first: sweeping makes it
// longer.
func (e *Engine) Sweep(ctx context.Context, n int) (more bool, err error) {
	if e.full.Load() {
		if err := e.Checkpoint(ctx); err != nil {
			return false, err
		}
	}
	idle, err := e.nothingToSweep(ctx)
	if err != nil {
		return false, err
	}
	if idle {
		return e.shrink(ctx)
	}
	err = e.change(ctx, func(t *tx) error {
		more, err = t.sweep(max(n, 1))
		return err
	})
	return more, err
}

func (e *Engine) nothingToSweep(ctx context.Context) (idle bool, err error) {
	err = e.read(ctx, func(t *tx) error {
		n, err := t.conn.Number(`SELECT EXISTS (SELECT 1 FROM orphans WHERE ` + local +
			`) OR EXISTS (SELECT 1 FROM dead_spaces)`)
		idle = n == 0
		return err
	})
	return idle, err
}

// sweep deletes about n rows; every id and namespace counts as a row too.
func (t *tx) sweep(n int) (more bool, err error) {
	for n > 0 {
		id, found, err := t.conn.count(t.conn.s.sweepIDs)
		if err != nil {
			return false, t.fail(err)
		}
		if !found {
			break
		}
		used, err := t.sweepID(id, n)
		if err != nil {
			return false, err
		}
		n -= used
	}
	if n <= 0 {
		return true, nil
	}
	ns, found, err := t.conn.count(t.conn.s.deadSpaces)
	if err != nil || !found {
		return false, t.fail(err)
	}
	return true, t.sweepSpace(ns, n)
}

// sweepID deletes items, then chunks, then what counted them.
func (t *tx) sweepID(id int64, n int) (used int, err error) {
	used, whole, err := t.sweepItems(id, n)
	if err != nil || !whole {
		return used, err
	}
	cut, whole, err := t.sweepChunks(id, n-used)
	used += cut
	if err != nil || !whole {
		return used, err
	}
	t.conn.s.sweepBlocks.BindInt(1, id)
	if err := t.conn.Exec(t.conn.s.sweepBlocks); err != nil {
		return used, t.fail(err)
	}
	used += t.conn.DB.Changes() + 1
	return used, t.forgetOrphan(id)
}

// forgetOrphan takes an id out of those to be swept.
func (t *tx) forgetOrphan(id int64) error {
	t.conn.s.orphanBytes.BindInt(1, id)
	bytes, _, err := t.conn.count(t.conn.s.orphanBytes)
	if err != nil {
		return t.fail(err)
	}
	t.ledger.pending -= bytes
	t.conn.s.orphanDrop.BindInt(1, id)
	return t.fail(t.conn.Exec(t.conn.s.orphanDrop))
}

// sweepItems deletes the first n items; whole tells that these were all.
func (t *tx) sweepItems(id int64, n int) (used int, whole bool, err error) {
	s := t.conn.s.sweepItems
	s.BindInt(1, id)
	s.BindInt(2, int64(n))
	row, err := t.conn.step(s)
	if err != nil {
		return 0, false, t.fail(err)
	}
	part, m := int64(math.MaxInt64), blocks.Mark{}
	if row {
		part, m = s.Int(0), blocks.Mark{Pos: s.Int(1), Field: t.arena.column(s, 2)}
	}
	s.Reset()
	for _, s := range [...]*capi.Stmt{t.conn.s.sweepBlobs, t.conn.s.sweepDelete} {
		s.BindInt(1, id)
		s.BindInt(2, part)
		m.Bind(s, 3)
		if err := t.conn.Exec(s); err != nil {
			return 0, false, t.fail(err)
		}
	}
	return t.conn.DB.Changes(), !row, nil
}

func (t *tx) sweepChunks(id int64, n int) (used int, whole bool, err error) {
	if id >= IDMax {
		return 0, true, nil
	}
	from, to := id<<ChunkBits, (id+1)<<ChunkBits
	s := t.conn.s.sweepChunks
	s.BindInt(1, from)
	s.BindInt(2, to)
	s.BindInt(3, int64(max(n, 1)))
	at, more, err := t.conn.count(s)
	if err != nil {
		return 0, false, t.fail(err)
	}
	if more {
		to = at
	}
	s = t.conn.s.sweepChunkDrop
	s.BindInt(1, from)
	s.BindInt(2, to)
	if err := t.conn.Exec(s); err != nil {
		return 0, false, t.fail(err)
	}
	return t.conn.DB.Changes(), !more, nil
}

// sweepSpace deletes heads of a flushed database; the ids they own become orphans in turn.
func (t *tx) sweepSpace(ns int64, n int) error {
	s := t.conn.s.deadHeads
	s.BindInt(1, ns)
	s.BindInt(2, int64(n))
	row, err := t.conn.step(s)
	if err != nil {
		return t.fail(err)
	}
	h, name := int64(math.MaxInt64), []byte(nil)
	if row {
		h, name = s.Int(0), t.arena.column(s, 1)
	}
	s.Reset()
	if err := t.discountSpace(ns, h, name); err != nil {
		return err
	}
	for _, s := range [...]*capi.Stmt{t.conn.s.deadOrphans, t.conn.s.deadDrop} {
		s.BindInt(1, ns)
		s.BindInt(2, h)
		s.BindBlob(3, name)
		if err := t.conn.Exec(s); err != nil {
			return t.fail(err)
		}
	}
	if row {
		return nil
	}
	t.conn.s.deadTags.BindInt(1, ns)
	t.conn.s.deadTags.BindInt(2, int64(n))
	if err := t.conn.Exec(t.conn.s.deadTags); err != nil || t.conn.DB.Changes() > 0 {
		return t.fail(err)
	}
	t.conn.s.deadSpaceDrop.BindInt(1, ns)
	return t.fail(t.conn.Exec(t.conn.s.deadSpaceDrop))
}

// local selects ids of this file, and not those of others that heads name.
const local = `id < 1 << 48`

// orphan hands an id's items to the sweep; bytes is what they counted for, 0 if unknown.
func (t *tx) orphan(id store.ID, bytes int64) error {
	if id == 0 {
		return nil
	}
	t.conn.s.orphan.BindInt(1, int64(id))
	t.conn.s.orphan.BindInt(2, bytes)
	if err := t.conn.Exec(t.conn.s.orphan); err != nil {
		return t.fail(err)
	}
	if t.conn.DB.Changes() > 0 {
		t.ledger.pending += bytes
	}
	return nil
}

// discountSpace takes the heads before a place out of what a flushed database counts for. Those that own
// items hand their bytes on to the orphans.
func (t *tx) discountSpace(ns, h int64, name []byte) error {
	s := t.conn.s.deadBytes
	s.BindInt(1, ns)
	s.BindInt(2, h)
	s.BindBlob(3, name)
	if _, err := t.conn.step(s); err != nil {
		return t.fail(err)
	}
	all, inline := s.Int(0), s.Int(1)
	s.Reset()
	t.ledger.pending -= inline
	t.conn.s.deadLess.BindInt(1, ns)
	t.conn.s.deadLess.BindInt(2, all)
	return t.fail(t.conn.Exec(t.conn.s.deadLess))
}
