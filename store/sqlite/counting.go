package sqlite

import (
	"slices"

	"larder/store"
	"larder/store/sqlite/blocks"
	"larder/store/sqlite/capi"
	"larder/store/sqlite/sqlfile"
)

// knownMax is how many ids a transaction remembers.
const knownMax = 32

// knownID is an id the transaction met, and whether its items are counted in blocks.
type knownID struct {
	id     store.ID
	ranked bool
}

// note remembers an id. Beyond a few dozen it does not, and ranked asks the file. An id that is counted stays so,
// whatever a head says that was written before: the key that asked for it may be another file's.
func (t *tx) note(id store.ID, ranked bool) {
	if id == 0 {
		return
	}
	for i := range t.known {
		if t.known[i].id == id {
			t.known[i].ranked = t.known[i].ranked || ranked
			return
		}
	}
	if len(t.known) < knownMax {
		t.known = append(t.known, knownID{id, ranked})
	}
}

// ranked tells whether blocks count an id's items.
func (t *tx) ranked(id store.ID) (bool, error) {
	for i := range t.known {
		if t.known[i].id == id {
			return t.known[i].ranked, nil
		}
	}
	if slices.Contains(t.counting, id) {
		return true, nil
	}
	found, err := t.counts(id, 0).Any()
	if err == nil {
		t.note(id, found)
	}
	return found, err
}

// counted tells whether writes to a part must be counted.
func (t *tx) counted(id store.ID, p store.Part) (bool, error) {
	if _, ok := blocks.Order(p); !ok {
		return false, nil
	}
	return t.ranked(id)
}

// rankable tells whether blocks can answer for an order.
func (t *tx) rankable(id store.ID, p store.Part, o store.Order) (bool, error) {
	if bo, ok := blocks.Order(p); !ok || bo != o {
		return false, nil
	}
	return t.ranked(id)
}

// buildRanks counts what an id already owns, when its head asks for it the first time. An id that moves
// to another key brings its blocks.
func (t *tx) buildRanks(id store.ID) error {
	if found, err := t.counts(id, 0).Any(); found || err != nil {
		return err
	}
	for _, p := range blocks.Parts() {
		if err := t.counts(id, p).Build(); err != nil {
			return err
		}
	}
	t.counting = append(t.counting, id)
	return nil
}

func (t *tx) counts(id store.ID, p store.Part) blocks.Counts {
	return blocks.Of(rows{t}, &t.conn.s.blocks, id, p)
}

// rows are the items of a transaction as package blocks sees them.
type rows struct{ *tx }

// Step notes errors.
func (r rows) Step(s *capi.Stmt) (bool, error) {
	row, err := r.conn.step(s)
	return row, r.fail(err)
}

// Exec notes errors.
func (r rows) Exec(s *capi.Stmt) error { return r.fail(r.conn.Exec(s)) }

// Column copies into the arena.
func (r rows) Column(s *capi.Stmt, col int) []byte { return r.arena.column(s, col) }

// CountRows counts one by one.
func (r rows) CountRows(id store.ID, p store.Part, o store.Order, sp blocks.Span) (int64, error) {
	return r.countRows(id, p, o, sp)
}

// NthRow steps over the rows before it.
func (r rows) NthRow(id store.ID, p store.Part, sp blocks.Span, i int64) (m blocks.Mark, ok bool, err error) {
	o, _ := blocks.Order(p)
	cur, err := r.loop(id, p, sp, shapeOf(p, store.Range{Order: o}), 1, i)
	if err != nil {
		return m, false, err
	}
	defer r.closeLoop(cur)
	e, ok, err := r.next(cur)
	return blocks.Scored(p, blocks.Mark{Pos: e.pos, Field: r.keep(e.field)}, e.score), ok, err
}

// EachRow hands out SQLite's own memory.
func (r rows) EachRow(id store.ID, p store.Part, fn func(blocks.Mark) error) error {
	o, _ := blocks.Order(p)
	cur, err := r.openLoop(id, p, store.Range{Order: o})
	if err != nil || cur == nil {
		return err
	}
	defer r.closeLoop(cur)
	for {
		e, ok, err := r.next(cur)
		if err != nil || !ok {
			return err
		}
		if err := fn(blocks.Scored(p, e.mark(), e.score)); err != nil {
			return err
		}
	}
}

// Damaged notes the error.
func (r rows) Damaged(how string) error { return r.fail(sqlfile.Damaged(r.conn.Path, how, nil)) }
