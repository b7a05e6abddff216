package sqlite

import (
	"time"

	"larder/store"
	"larder/store/sqlite/blocks"
)

// tx is one transaction. Every connection has one and uses it again and again; one goroutine
// at a time may use it, between begin and end.
type tx struct {
	engine *Engine
	conn   *conn
	ledger *ledger
	now    int64
	write  bool
	// stamp is when the next head was put, 0 for now.
	stamp int64
	// snapshot is the commit count of the snapshot it reads, 0 if that is not certain or if it writes.
	snapshot uint64
	// settling: ids come from a journal, which gave them out.
	settling bool
	open     bool
	wrote    bool
	// failure is an error of SQLite's: the transaction cannot succeed whatever fn makes of it.
	failure error
	arena   arena
	known   []knownID
	loose   []store.ID     // made or moved here, and not under a key yet
	loops   []*cursor      // ranges being read
	changes blocks.Changes // what a call changes in the counts of one part
	// counting are the ids whose items are counted from this transaction on. Whether one is counted cannot be read from
	// the file before it has items, and known forgets.
	counting []store.ID
	points   []point
}

func (t *tx) begin(e *Engine, c *conn, l *ledger, write bool) {
	t.engine, t.conn, t.ledger = e, c, l
	t.now = e.now()
	t.write, t.open, t.wrote, t.failure, t.snapshot = write, true, false, nil, 0
}

// finish orphans what no key names.
func (t *tx) finish() error {
	if t.failure != nil {
		return t.failure
	}
	if err := t.releaseFrom(0); err != nil {
		return err
	}
	for _, id := range t.loose {
		if err := t.orphan(id, 0); err != nil {
			return err
		}
	}
	return nil
}

// end closes what fn left open.
func (t *tx) end() {
	for len(t.loops) > 0 {
		t.closeLoop(t.loops[len(t.loops)-1])
	}
	t.arena.reset()
	t.known, t.loose = t.known[:0], t.loose[:0]
	t.changes.Clear()
	t.counting = t.counting[:0]
	clear(t.points)
	t.points = t.points[:0]
	t.open = false
}

// fail notes an error of the engine's own. All SQL of a transaction goes through it.
func (t *tx) fail(err error) error {
	if err != nil && t.failure == nil && err != store.ErrCold {
		t.failure = err
	}
	return err
}

func (t *tx) readable() error {
	if !t.open {
		return misuse("transaction used after its end")
	}
	if t.conn.hold.lost() {
		return t.fail(errHeld(t.conn.Path))
	}
	return t.failure
}

func (t *tx) writable() error {
	if err := t.readable(); err != nil {
		return err
	}
	if !t.write {
		return store.ErrReadOnly
	}
	t.wrote = true
	return nil
}

// Hurry keeps the transaction from reading the file.
func (t *tx) Hurry(on bool) { t.conn.hurry = on }

// Version is the number of commits before the snapshot.
func (t *tx) Version() uint64 { return t.snapshot }

// Now is the same for the whole transaction.
func (t *tx) Now() time.Time { return time.UnixMilli(t.now) }

// Size is exact, also for what this transaction did so far.
func (t *tx) Size(db int) (int64, error) {
	if err := t.readable(); err != nil {
		return 0, err
	}
	if sp := t.ledger.find(db); sp != nil {
		return sp.size, nil
	}
	return 0, nil
}

// Flush leaves the rows to the sweep.
func (t *tx) Flush(db int) error {
	if err := t.writable(); err != nil {
		return err
	}
	sp, ok := t.ledger.remove(db)
	if !ok {
		return nil
	}
	t.ledger.pending += sp.bytes
	t.conn.s.spaceDead.BindInts(1, sp.ns, sp.bytes)
	if err := t.conn.Exec(t.conn.s.spaceDead); err != nil {
		return t.fail(err)
	}
	return t.dropSpace(db)
}

func (t *tx) dropSpace(db int) error {
	t.conn.s.spaceDrop.BindInt(1, int64(db))
	return t.fail(t.conn.Exec(t.conn.s.spaceDrop))
}

// Swap renumbers two spaces; a number left without one loses its row.
func (t *tx) Swap(a, b int) error {
	if err := t.writable(); err != nil {
		return err
	}
	if a == b {
		return nil
	}
	t.ledger.swap(a, b)
	for _, db := range [...]int{a, b} {
		if t.ledger.find(db) == nil {
			if err := t.dropSpace(db); err != nil {
				return err
			}
		}
	}
	return nil
}
