package sqlite

import (
	"larder/store"
	"larder/store/sqlite/capi"
)

// headRow is a key's row as it is in the file, expired or not.
type headRow struct {
	h     int64
	name  []byte
	found bool
	head  store.Head
}

const (
	rankedBit = 1 << 16
	timedBit  = 1 << 17 // notes begin with times: see store.Head.Aside
	bareBit   = 1 << 18 // expire is that of a field, for the key has none
)

func kindOf(h store.Head) int64 {
	k := int64(h.Type) | int64(h.Encoding)<<8
	if h.Ranked {
		k |= rankedBit
	}
	if h.Timed() {
		k |= timedBit
		if h.ExpireAt == 0 {
			k |= bareBit
		}
	}
	return k
}

// headOf is a head of which only the kind is known.
func headOf(kind int64) store.Head {
	return store.Head{Type: store.Type(kind & 0xff), Encoding: uint8(kind >> 8), Ranked: kind&rankedBit != 0}
}

// readHead reads headColumns, but for the name.
func (t *tx) readHead(s *capi.Stmt) store.Head {
	h := headOf(s.Int(1))
	h.ID = store.ID(s.Int(2))
	h.Len, h.Bytes = s.Int(4), s.Int(5)
	h.Value = t.arena.column(s, 6)
	h.SetAside(s.Int(3), s.Int(1)&timedBit != 0, string(s.Bytes(7)))
	return h
}

// lookup finds a key's row, expired or not.
func (t *tx) lookup(k store.Key) (headRow, error) {
	row, ns := t.rowOf(k)
	if ns == 0 || t.cached(ns, &row) {
		return row, nil
	}
	err := t.fetch(t.conn.s.headGet, ns, &row)
	if err == nil {
		t.cache(ns, &row)
	}
	return row, err
}

// meta is lookup without the value.
func (t *tx) meta(k store.Key) (headRow, error) {
	row, ns := t.rowOf(k)
	if ns == 0 || t.cached(ns, &row) {
		return row, nil
	}
	return row, t.fetch(t.conn.s.headMeta, ns, &row)
}

// rowOf is where a key's row would stand; ns is 0 if its database has none.
func (t *tx) rowOf(k store.Key) (row headRow, ns int64) {
	if sp := t.ledger.find(k.DB); sp != nil {
		ns = sp.ns
	}
	return headRow{h: t.engine.hash.head(k.Name), name: k.Name}, ns
}

// fetch runs headGet or headMeta for a row.
func (t *tx) fetch(s *capi.Stmt, ns int64, row *headRow) error {
	bindHead(s, ns, row.h, row.name)
	found, err := t.conn.step(s)
	if err != nil {
		return t.fail(err)
	}
	if found {
		row.found, row.head = true, t.readHead(s)
	}
	s.Reset()
	return nil
}

func bindHead(s *capi.Stmt, ns, h int64, name []byte) {
	s.BindInt(1, ns)
	s.BindInt(2, h)
	s.BindBlob(3, name)
}

// keep copies bytes for the rest of the transaction.
func (t *tx) keep(b []byte) []byte {
	c := t.arena.Take(len(b))
	copy(c, b)
	return c
}

// Heads leaves the zero Head where a key is absent or expired.
func (t *tx) Heads(dst []store.Head, keys ...store.Key) ([]store.Head, error) {
	if err := t.readable(); err != nil {
		return dst, err
	}
	for i := range keys {
		row, err := t.lookup(keys[i])
		if err != nil {
			return dst, err
		}
		if !row.found || row.head.Expired(t.now) {
			dst = append(dst, store.Head{})
			continue
		}
		t.note(row.head.ID, row.head.Ranked)
		dst = append(dst, row.head)
	}
	return dst, nil
}

// PutHead inserts or updates as the row is known to be absent or there: an upsert would look
// for it once more.
func (t *tx) PutHead(k store.Key, h store.Head) error {
	if err := t.writable(); err != nil {
		return err
	}
	if !h.Exists() || len(h.Value) > h.ValueMax() {
		return misuse("a head without a type, or with too long a value")
	}
	old, err := t.meta(k)
	if err != nil {
		return err
	}
	if err := t.own(old, h); err != nil {
		return err
	}
	sp := t.ledger.open(k.DB)
	if err := t.writeHead(sp, old, h); err != nil {
		return err
	}
	if err := t.retag(sp, &old, &h); err != nil {
		return err
	}
	sp.add(ones(!old.found), ones(h.ExpireAt != 0)-ones(old.head.ExpireAt != 0), h.Bytes-old.head.Bytes)
	t.note(h.ID, h.Ranked)
	old.found, old.head = true, h
	t.stage(sp.ns, &old)
	return nil
}

func ones(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// own moves the ownership of items from a key's old head to its new one, and counts them if they are
// to be ranked from now on.
func (t *tx) own(old headRow, h store.Head) error {
	if old.head.ID != h.ID || !old.found {
		if err := t.adopt(h.ID); err != nil {
			return err
		}
		if err := t.orphan(old.head.ID, old.head.Bytes); err != nil {
			return err
		}
	}
	if !h.Ranked || old.head.Ranked && old.head.ID == h.ID || h.ID >= store.Foreign {
		return nil // of an id of another file that is told: see Rank
	}
	return t.buildRanks(h.ID)
}

// adopt takes an id out of the loose ones.
func (t *tx) adopt(id store.ID) error {
	if id == 0 {
		return nil
	}
	for i, l := range t.loose {
		if l == id {
			last := len(t.loose) - 1
			t.loose[i] = t.loose[last]
			t.loose = t.loose[:last]
			return nil
		}
	}
	if t.settling {
		return nil // the journal gave it out
	}
	return misuse("an id that was neither made nor moved in this transaction, or has a key already")
}

func (t *tx) writeHead(sp *space, old headRow, h store.Head) error {
	s := t.conn.s.headInsert
	timed := true
	if old.found {
		// Leaving the column out leaves its index alone.
		timed = old.head.Wake() != h.Wake()
		s = t.conn.s.headUpdate
		if timed {
			s = t.conn.s.headTimed
		}
	}
	bindHead(s, sp.ns, old.h, old.name)
	s.BindInt(4, kindOf(h))
	s.BindInt(5, int64(h.ID))
	s.BindInt(6, h.Len)
	s.BindInt(7, h.Bytes)
	s.BindInt(8, t.storedAt())
	bindValue(s, 9, h.Value)
	if timed {
		bindNonZero(s, 10, h.Wake())
	}
	return t.fail(t.conn.Exec(s))
}

func bindValue(s *capi.Stmt, i int, v []byte) {
	if len(v) == 0 {
		s.BindNull(i)
		return
	}
	s.BindBlob(i, v)
}

func bindNonZero(s *capi.Stmt, i int, n int64) {
	if n == 0 {
		s.BindNull(i)
		return
	}
	s.BindInt(i, n)
}

// NewID counts up.
func (t *tx) NewID(store.Key) (store.ID, error) {
	if err := t.writable(); err != nil {
		return 0, err
	}
	n, err := t.engine.writer.reserve()
	if err != nil {
		return 0, t.fail(err)
	}
	id := store.ID(n)
	t.loose = append(t.loose, id)
	t.note(id, false)
	return id, nil
}

// Drop counts the keys that were there.
func (t *tx) Drop(keys ...store.Key) (int, error) {
	n := 0
	for _, k := range keys {
		old, err := t.remove(k, false)
		if err != nil {
			return n, err
		}
		if old.found && !old.head.Expired(t.now) {
			n++
		}
		if err := t.orphan(old.head.ID, old.head.Bytes); err != nil {
			return n, err
		}
	}
	return n, nil
}

// Expire counts what it removes.
func (t *tx) Expire(keys ...store.Key) (int, error) {
	n := 0
	for _, k := range keys {
		old, err := t.remove(k, true)
		if err != nil {
			return n, err
		}
		n += int(ones(old.found))
		if err := t.orphan(old.head.ID, old.head.Bytes); err != nil {
			return n, err
		}
	}
	return n, nil
}

// Move has the id loose in between.
func (t *tx) Move(from, to store.Key, h store.Head) error {
	old, err := t.remove(from, false)
	if err != nil {
		return err
	}
	if old.head.ID != 0 {
		t.loose = append(t.loose, old.head.ID)
	}
	return t.PutHead(to, h)
}

// remove deletes a key's row and returns what it was; with onlyOutlived it leaves other keys alone
// and returns nothing.
func (t *tx) remove(k store.Key, onlyOutlived bool) (headRow, error) {
	if err := t.writable(); err != nil {
		return headRow{}, err
	}
	old, err := t.meta(k)
	if err != nil || !old.found || onlyOutlived && !old.head.Outlived(t.now) {
		return headRow{}, err
	}
	sp := t.ledger.find(k.DB)
	s := t.conn.s.headDrop
	bindHead(s, sp.ns, old.h, k.Name)
	if err := t.conn.Exec(s); err != nil {
		return headRow{}, t.fail(err)
	}
	if err := t.untag(sp, &old); err != nil {
		return headRow{}, err
	}
	sp.add(-1, -ones(old.head.ExpireAt != 0), -old.head.Bytes)
	t.stage(sp.ns, &headRow{h: old.h, name: k.Name})
	return old, nil
}
