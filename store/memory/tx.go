package memory

import (
	"bytes"
	"fmt"
	"time"

	"larder/store"
)

// tx is one transaction. One goroutine at a time may use it, until end.
type tx struct {
	engine *Engine
	st     *state
	now    int64
	write  bool
	done   bool
	all    bool
	slots  map[uint16]struct{}
	// known are the ids this transaction has met by name; loose are those that no head names.
	known map[store.ID]struct{}
	loose map[store.ID]struct{}
	// reading counts the open Range loops of an id.
	reading map[store.ID]int
	lent    [][]byte
	points  []point
}

var errEnded = &store.Error{Message: "transaction used after its end"}

func misuse(format string, args ...any) error {
	return &store.Error{Message: fmt.Sprintf(format, args...)}
}

func newTx(e *Engine, st *state, now int64, s store.Scope, write bool) *tx {
	t := &tx{
		engine: e, st: st, now: now, write: write, all: s.All || write,
		slots:   make(map[uint16]struct{}, len(s.Keys)),
		known:   map[store.ID]struct{}{},
		loose:   map[store.ID]struct{}{},
		reading: map[store.ID]int{},
	}
	for _, k := range s.Keys {
		t.slots[store.Slot(k.Name)] = struct{}{}
	}
	return t
}

// end orphans what was left without a head and overwrites every slice that was lent.
func (t *tx) end() {
	for id := range t.loose {
		t.st.orphan(id)
	}
	for _, b := range t.lent {
		spoil(b)
	}
	t.done = true
}

func spoil(b []byte) {
	for i := range b {
		b[i] = 0xDB
	}
}

// lend gives fn a copy of b that is spoilt when the transaction ends.
func (t *tx) lend(b []byte) []byte {
	if b == nil {
		return nil
	}
	c := bytes.Clone(b)
	t.lent = append(t.lent, c)
	return c
}

func (t *tx) lendItem(it store.Item) store.Item {
	it.Field, it.Value = t.lend(it.Field), t.lend(it.Value)
	return it
}

func (t *tx) readable() error {
	if t.done {
		return errEnded
	}
	return nil
}

func (t *tx) writable() error {
	if t.done {
		return errEnded
	}
	if !t.write {
		return store.ErrReadOnly
	}
	return nil
}

func (t *tx) inScope(keys ...store.Key) error {
	for _, k := range keys {
		if _, ok := t.slots[store.Slot(k.Name)]; !ok && !t.all {
			return store.ErrScope
		}
	}
	return nil
}

func (t *tx) whole() error {
	if !t.all {
		return store.ErrScope
	}
	return nil
}

// firstError is for the checks at the head of a method.
func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// Now is the same for the whole transaction.
func (t *tx) Now() time.Time { return time.UnixMilli(t.now) }

// position is where a key stands in the order of heads.
func (t *tx) position(name []byte) store.Cursor {
	return store.Cursor(store.Slot(name))<<store.HashBits | store.Cursor(t.engine.hash(name))
}

// row finds a key's row, expired or not; nil if there is none.
func (t *tx) row(k store.Key) *headRow {
	sp := t.st.spaces[k.DB]
	if sp.id == 0 {
		return nil
	}
	r, _ := t.st.heads.Get(&headRow{space: sp.id, pos: t.position(k.Name), name: string(k.Name)})
	return r
}

// Heads leaves the zero Head where a key is absent or expired.
func (t *tx) Heads(dst []store.Head, keys ...store.Key) ([]store.Head, error) {
	if err := firstError(t.readable(), t.inScope(keys...)); err != nil {
		return dst, err
	}
	for _, k := range keys {
		var h store.Head
		if r := t.row(k); r != nil && !r.head.Expired(t.now) {
			h = t.meet(r.head)
		}
		dst = append(dst, h)
	}
	return dst, nil
}

// meet lends a head to fn, which from now on may use its id.
func (t *tx) meet(h store.Head) store.Head {
	if h.ID != 0 {
		t.known[h.ID] = struct{}{}
	}
	h.Value = t.lend(h.Value)
	return h
}

// PutHead refuses ids that are neither the key's own nor made or detached in this transaction.
func (t *tx) PutHead(k store.Key, h store.Head) error {
	if err := firstError(t.writable(), t.inScope(k)); err != nil {
		return err
	}
	if !h.Exists() || len(h.Value) > h.ValueMax() {
		return misuse("head of type %v with a value of %d bytes", h.Type, len(h.Value))
	}
	old := t.row(k)
	if old == nil || old.head.ID != h.ID {
		if err := t.adopt(h.ID); err != nil {
			return err
		}
		if old != nil {
			t.st.orphan(old.head.ID)
		}
	}
	h.Value = bytes.Clone(h.Value)
	t.st.setHead(k.DB, &headRow{space: t.st.spaceOf(k.DB), pos: t.position(k.Name), name: string(k.Name), head: h})
	return nil
}

func (t *tx) adopt(id store.ID) error {
	if id == 0 {
		return nil
	}
	if _, ok := t.loose[id]; !ok && !t.engine.base {
		return misuse("id %d was neither made nor moved in this transaction, or has a head already", id)
	}
	delete(t.loose, id)
	t.st.owned.Set(id, struct{}{})
	return nil
}

// NewID counts up.
func (t *tx) NewID(k store.Key) (store.ID, error) {
	if err := firstError(t.writable(), t.inScope(k)); err != nil {
		return 0, err
	}
	id := t.st.nextID
	t.st.nextID++
	t.loose[id], t.known[id] = struct{}{}, struct{}{}
	return id, nil
}

// Drop counts the keys that were there.
func (t *tx) Drop(keys ...store.Key) (int, error) {
	return t.remove(keys, func(store.Head) bool { return true }, func(h store.Head) bool { return !h.Expired(t.now) })
}

// Expire counts what it removes.
func (t *tx) Expire(keys ...store.Key) (int, error) {
	expired := func(h store.Head) bool { return h.Outlived(t.now) }
	return t.remove(keys, expired, expired)
}

func (t *tx) remove(keys []store.Key, which, counts func(store.Head) bool) (int, error) {
	if err := firstError(t.writable(), t.inScope(keys...)); err != nil {
		return 0, err
	}
	n := 0
	for _, k := range keys {
		r := t.row(k)
		if r == nil || !which(r.head) {
			continue
		}
		t.st.removeHead(k.DB, r)
		t.st.orphan(r.head.ID)
		if counts(r.head) {
			n++
		}
	}
	return n, nil
}

// Move has the id loose in between.
func (t *tx) Move(from, to store.Key, h store.Head) error {
	if err := firstError(t.writable(), t.inScope(from, to)); err != nil {
		return err
	}
	if r := t.row(from); r != nil {
		t.st.removeHead(from.DB, r)
		if r.head.ID != 0 {
			t.st.owned.Delete(r.head.ID)
			t.loose[r.head.ID] = struct{}{}
		}
	}
	return t.PutHead(to, h)
}
