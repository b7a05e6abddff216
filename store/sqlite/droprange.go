package sqlite

import (
	"larder/store"
	"larder/store/sqlite/blocks"
)

// dropPage is how many rows DropRange collects before it deletes them: enough for what counts them to be found and
// written once for most of it.
const dropPage = 2048

// doomed is a row to delete; its field is in the arena, and its value is forgotten.
type doomed struct {
	entry
	size int64
}

// dropping is a DropRange in progress.
type dropping struct {
	id     store.ID
	part   store.Part
	r      store.Range
	span   blocks.Span
	skip   int64
	ranked bool
	page   []doomed
	total  store.Change
}

// DropRange deletes page by page.
func (t *tx) DropRange(id store.ID, p store.Part, r store.Range) (store.Change, error) {
	if err := t.writable(); err != nil {
		return store.Change{}, err
	}
	sp, err := blocks.SpanOf(p, r, &t.arena)
	if err != nil || sp.Empty {
		return store.Change{}, err
	}
	d := dropping{id: id, part: p, r: r, span: sp, skip: r.Skip}
	if d.ranked, err = t.counted(id, p); err != nil {
		return d.total, err
	}
	if d.skip > 0 {
		if d.span, d.skip, err = t.skip(id, p, r, sp); err != nil || d.span.Empty {
			return d.total, err
		}
	}
	for more := true; more && err == nil; {
		if err = t.readPage(&d); err == nil {
			more = len(d.page) == dropPage
			err = t.dropPageOf(&d)
		}
	}
	return d.total, err
}

// readPage collects the next rows.
func (t *tx) readPage(d *dropping) error {
	limit := int64(dropPage)
	if d.r.Limit > 0 {
		limit = min(limit, d.r.Limit+d.total.Count) // Count is below zero
	}
	d.page = d.page[:0]
	if limit == 0 {
		return nil
	}
	cur, err := t.loop(d.id, d.part, d.span, shapeOf(d.part, d.r), limit, d.skip)
	if err != nil {
		return err
	}
	defer t.closeLoop(cur)
	for {
		e, ok, err := t.next(cur)
		if err != nil || !ok {
			return err
		}
		e.field = t.keep(e.field)
		d.page = append(d.page, doomed{e, int64(len(e.value))})
	}
}

// dropPageOf deletes the page.
func (t *tx) dropPageOf(d *dropping) error {
	d.settle(&t.arena)
	for _, e := range d.page {
		m := e.mark()
		if e.ref != 0 {
			var err error
			if e.size, err = t.blobSize(e.ref); err != nil {
				return err
			}
		}
		if err := t.dropOne(d, m, e.ref); err != nil {
			return err
		}
		d.total = d.total.Plus(store.Change{Count: -1, Bytes: -e.size - int64(len(e.field)) - 8})
		if d.ranked {
			t.changes.Leave(blocks.Scored(d.part, m, e.score))
		}
	}
	if err := t.dropRun(d); err != nil {
		return err
	}
	return t.counts(d.id, d.part).Apply(&t.changes)
}

// dropOne deletes a row of the page, or of a list only its blob: see dropRun.
func (t *tx) dropOne(d *dropping, m blocks.Mark, ref int64) error {
	if d.part.Class() == store.Placed && d.part != store.Chunks {
		return t.dropBlob(ref)
	}
	return t.dropRow(d.id, d.part, m, ref)
}

// dropRun deletes the page of a list by one statement, as nothing else lies between its rows. That takes a third
// of the time of deleting them one by one.
func (t *tx) dropRun(d *dropping) error {
	if d.part.Class() != store.Placed || d.part == store.Chunks || len(d.page) == 0 {
		return nil
	}
	first, last := d.page[0].pos, d.page[len(d.page)-1].pos
	s := t.conn.s.placedDrop
	s.BindInts(1, int64(d.id), int64(d.part), min(first, last), max(first, last))
	return t.fail(t.conn.Exec(s))
}

// settle turns the rows to skip into a mark, once the first page shows where they end: later pages
// must not skip again.
func (d *dropping) settle(a *arena) {
	if d.skip == 0 || len(d.page) == 0 {
		return
	}
	d.skip = 0
	first := d.page[0]
	m := first.mark()
	if d.r.Order == store.ByScore {
		m = blocks.ByScore(first.score, first.field)
	}
	if d.r.Reverse {
		d.span.Hi = m.After(a)
		return
	}
	d.span.Lo = m
}
