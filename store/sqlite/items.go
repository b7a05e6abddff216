package sqlite

import (
	"math"

	"larder/store"
	"larder/store/sqlite/blocks"
	"larder/store/sqlite/capi"
	"larder/store/sqlite/sqlfile"
)

const (
	// valueInline is the longest value kept in the items' tree: longer rows make it deep (see doc.go).
	valueInline = 400
	// ChunkBits is the width of a chunk number inside chunks.at: 16 GiB a string.
	ChunkBits = 20
	chunkMax  = 1 << ChunkBits
	// IDMax is above every id.
	IDMax = 1 << (63 - ChunkBits)
)

// place returns where an item stands in its part's natural order.
func (t *tx) place(p store.Part, pos int64, field []byte) blocks.Mark {
	switch p.Class() {
	case store.Hashed:
		return blocks.Mark{Pos: t.engine.hash.sum(field), Field: field}
	case store.Placed:
		return blocks.Mark{Pos: pos}
	}
	return blocks.Mark{Field: field}
}

// chunkAt is the key of a chunk; ok is false outside what a string can have.
func chunkAt(id store.ID, pos int64) (at int64, ok bool) {
	return int64(id)<<ChunkBits | pos, pos >= 0 && pos < chunkMax && id < IDMax
}

// bindItem binds the first four parameters: the row's key.
func (t *tx) bindItem(s *capi.Stmt, id store.ID, p store.Part, m blocks.Mark) {
	s.BindInts(1, int64(id), int64(p))
	m.Bind(s, 3)
}

func fielded(p store.Part) error {
	if p.Class() == store.Placed {
		return misuse("items of this part have no fields")
	}
	return nil
}

// Items answers in the order asked; a field that is not there keeps its name.
func (t *tx) Items(dst []store.Item, id store.ID, p store.Part, fields ...[]byte) ([]store.Item, error) {
	if err := t.readable(); err != nil {
		return dst, err
	}
	if err := fielded(p); err != nil {
		return dst, err
	}
	for _, f := range fields {
		it, err := t.item(id, p, f)
		if err != nil {
			return dst, err
		}
		dst = append(dst, it)
	}
	return dst, nil
}

func (t *tx) item(id store.ID, p store.Part, field []byte) (store.Item, error) {
	m := t.place(p, 0, field)
	it := store.Item{Pos: m.Pos, Field: field}
	if rec := itemRecord(id, p, m); t.cachedItem(p, &rec) {
		it.Found, it.Score, it.Value = rec.Found, scoreOf(&rec), rec.Value
		return it, nil
	}
	s := t.conn.s.itemGet
	t.bindItem(s, id, p, m)
	row, err := t.conn.step(s)
	if err != nil {
		return it, t.fail(err)
	}
	ref := int64(0)
	if row {
		it.Found = true
		it.Score = s.Float(0)
		it.Value = t.arena.column(s, 1)
		ref = s.Int(2)
	}
	s.Reset()
	if ref == 0 {
		t.cacheItem(id, p, m, &it)
		return it, nil
	}
	it.Value, err = t.blob(ref)
	return it, err
}

func (t *tx) blob(ref int64) ([]byte, error) {
	defer t.conn.s.blobGet.Reset()
	if err := t.stepBlob(ref); err != nil {
		return nil, err
	}
	return t.arena.column(t.conn.s.blobGet, 0), nil
}

// stepBlob has blobGet stand on a long value.
func (t *tx) stepBlob(ref int64) error {
	t.conn.s.blobGet.BindInt(1, ref)
	row, err := t.conn.step(t.conn.s.blobGet)
	if err == nil && !row {
		err = sqlfile.Damaged(t.conn.Path, "a long value is missing", nil)
	}
	return t.fail(err)
}

// stored is what must be known of an item to change it.
type stored struct {
	found bool
	score float64
	size  int64 // of its value
	ref   int64
}

func (t *tx) stored(id store.ID, p store.Part, m blocks.Mark) (stored, error) {
	var st stored
	if rec := itemRecord(id, p, m); t.cachedItem(p, &rec) {
		return stored{found: rec.Found, score: scoreOf(&rec), size: int64(len(rec.Value))}, nil
	}
	s := t.conn.s.itemMeta
	t.bindItem(s, id, p, m)
	row, err := t.conn.step(s)
	if err != nil {
		return st, t.fail(err)
	}
	if row {
		st = stored{found: true, score: s.Float(0), size: s.Int(1), ref: s.Int(2)}
	}
	s.Reset()
	if st.ref == 0 {
		return st, nil
	}
	st.size, err = t.blobSize(st.ref)
	return st, err
}

func (t *tx) blobSize(ref int64) (int64, error) {
	t.conn.s.blobLen.BindInt(1, ref)
	n, _, err := t.conn.count(t.conn.s.blobLen)
	return n, t.fail(err)
}

// PutItems writes item by item; rows next to each other share pages, and the pages are in memory.
func (t *tx) PutItems(id store.ID, p store.Part, items ...store.Item) (store.Change, error) {
	var total store.Change
	if err := t.writable(); err != nil {
		return total, err
	}
	ranked, err := t.counted(id, p)
	if err != nil {
		return total, err
	}
	for i := range items {
		var ch store.Change
		if p == store.Chunks {
			ch, err = t.putChunk(id, &items[i])
		} else {
			ch, err = t.putItem(id, p, &items[i], ranked)
		}
		if err != nil {
			return total, err
		}
		total = total.Plus(ch)
	}
	return total, t.counts(id, p).Apply(&t.changes)
}

func (t *tx) putItem(id store.ID, p store.Part, it *store.Item, ranked bool) (store.Change, error) {
	m, old := t.place(p, it.Pos, it.Field), stored{}
	if !it.New {
		var err error
		if old, err = t.stored(id, p, m); err != nil {
			return store.Change{}, err
		}
	}
	ch := store.Change{Count: 1 - ones(old.found), Bytes: int64(len(it.Value)) - old.size}
	if !old.found {
		ch.Bytes += int64(len(m.Field)) + 8
	}
	moved := p.Scored() && math.Float64bits(it.Score) != math.Float64bits(old.score)
	if p.Scored() && old.found && !moved && len(it.Value) == 0 && old.size == 0 {
		return ch, nil
	}
	if err := t.writeItem(id, p, m, it, old); err != nil {
		return ch, err
	}
	if ranked && (moved || !old.found) {
		if old.found {
			t.changes.Leave(blocks.Scored(p, m, old.score))
		}
		t.changes.Take(blocks.Scored(p, m, it.Score))
	}
	return ch, nil
}

// writeItem inserts or updates the row; its value goes to blobs if it is long.
func (t *tx) writeItem(id store.ID, p store.Part, m blocks.Mark, it *store.Item, old stored) error {
	inline := valueInline
	if p.Scored() {
		inline = 0 // see items_score
	}
	ref, value, err := t.putValue(it.Value, inline, old.ref)
	if err != nil {
		return err
	}
	t.stageItem(id, p, m, it, ref != 0)
	s := t.conn.s.itemInsert
	switch {
	case old.found && p.Scored():
		s = t.conn.s.itemScore
	case old.found:
		s = t.conn.s.itemValue
	}
	t.bindItem(s, id, p, m)
	bindValue(s, 5, value)
	bindNonZero(s, 6, ref)
	if p.Scored() {
		blocks.BindScore(s, 7, it.Score)
	} else if !old.found {
		s.BindNull(7)
	}
	return t.fail(t.conn.Exec(s))
}

// putValue decides where a value lives. It returns the reference to a blob, or the value to keep in the row.
func (t *tx) putValue(v []byte, inline int, old int64) (ref int64, value []byte, err error) {
	if len(v) <= inline {
		return 0, v, t.dropBlob(old)
	}
	if old == 0 {
		if old, err = t.engine.writer.reserve(); err != nil {
			return 0, nil, t.fail(err)
		}
	}
	s := t.conn.s.blobPut
	s.BindInt(1, old)
	s.BindBlob(2, v)
	return old, nil, t.fail(t.conn.Exec(s))
}

func (t *tx) dropBlob(ref int64) error {
	if ref == 0 {
		return nil
	}
	t.conn.s.blobDrop.BindInt(1, ref)
	return t.fail(t.conn.Exec(t.conn.s.blobDrop))
}

func (t *tx) putChunk(id store.ID, it *store.Item) (store.Change, error) {
	at, ok := chunkAt(id, it.Pos)
	if !ok {
		return store.Change{}, misuse("a chunk number out of range")
	}
	size, found := int64(0), false
	if !it.New {
		var err error
		t.conn.s.chunkLen.BindInt(1, at)
		if size, found, err = t.conn.count(t.conn.s.chunkLen); err != nil {
			return store.Change{}, t.fail(err)
		}
	}
	s := t.conn.s.chunkPut
	s.BindInt(1, at)
	bindValue(s, 2, it.Value)
	ch := store.Change{Count: 1 - ones(found), Bytes: int64(len(it.Value)) - size + 8*(1-ones(found))}
	return ch, t.fail(t.conn.Exec(s))
}

// DropItems skips fields that are not there.
func (t *tx) DropItems(id store.ID, p store.Part, fields ...[]byte) (store.Change, error) {
	var total store.Change
	if err := t.writable(); err != nil {
		return total, err
	}
	if err := fielded(p); err != nil {
		return total, err
	}
	ranked, err := t.counted(id, p)
	if err != nil {
		return total, err
	}
	for _, f := range fields {
		m := t.place(p, 0, f)
		st, err := t.stored(id, p, m)
		if err != nil {
			return total, err
		}
		if !st.found {
			continue
		}
		if err := t.dropRow(id, p, m, st.ref); err != nil {
			return total, err
		}
		if ranked {
			t.changes.Leave(blocks.Scored(p, m, st.score))
		}
		total = total.Plus(store.Change{Count: -1, Bytes: -int64(len(f)) - st.size - 8})
	}
	return total, t.counts(id, p).Apply(&t.changes)
}

// dropRow deletes one item, wherever its part keeps it.
func (t *tx) dropRow(id store.ID, p store.Part, m blocks.Mark, ref int64) error {
	if p == store.Chunks {
		at, _ := chunkAt(id, m.Pos)
		t.conn.s.chunkDrop.BindInt(1, at)
		return t.fail(t.conn.Exec(t.conn.s.chunkDrop))
	}
	if err := t.dropBlob(ref); err != nil {
		return err
	}
	t.stageItem(id, p, m, nil, false)
	s := t.conn.s.itemDrop
	t.bindItem(s, id, p, m)
	return t.fail(t.conn.Exec(s))
}
