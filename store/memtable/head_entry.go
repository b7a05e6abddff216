package memtable

import (
	"bytes"
	"cmp"

	"larder/store"
)

// below tells what lies under an entry.
type below uint8

const (
	unknown below = iota // not looked up yet
	absent
	present
)

// headEntry is a key as the layer leaves it; Type None is a key that is gone. It is kept small: see index.
type headEntry struct {
	text               []byte // name, value, Head.Aside; never changed, only replaced
	pos                store.Cursor
	id                 store.ID
	wake, length, size int64
	// below, and belowTTL and belowSize if something is: what Size and Keyspaces must not count twice.
	belowSize int64
	stored    int64 // Unix milliseconds of the last put
	db        int32
	nameLen   uint32
	asideLen  uint16
	kind      store.Type
	encoding  uint8
	marks     marks
	below     below
	belowTTL  bool
	counted   bool // the layer's growth takes account of what lies below; a Writer's knowledge
}

// marks are what is true of a head.
type marks uint8

const (
	ranked   marks = 1 << iota
	timed          // see Head.Timed
	volatile       // it has an expiry of its own
)

func marksOf(h *store.Head) (m marks) {
	if h.Ranked {
		m |= ranked
	}
	if h.Timed() {
		m |= timed
	}
	if h.ExpireAt != 0 {
		m |= volatile
	}
	return m
}

func (m marks) has(o marks) bool { return m&o != 0 }

// headBytes is what an entry costs beyond its text: itself, its slot, what the allocator rounds up.
const headBytes = 96 + 16 + 8

func newHeadEntry(k store.Key, pos store.Cursor) *headEntry {
	return &headEntry{text: k.Name, pos: pos, db: int32(k.DB), nameLen: uint32(len(k.Name))}
}

func (e *headEntry) live() bool { return e.kind != store.None }

func (e *headEntry) name() []byte { return e.text[:e.nameLen:e.nameLen] }

func (e *headEntry) place() place { return place{int64(e.db), e.name()} }

func (e *headEntry) key() store.Key { return store.Key{DB: int(e.db), Name: e.name()} }

func (e *headEntry) value() []byte {
	end := len(e.text) - int(e.asideLen)
	if end == int(e.nameLen) {
		return nil
	}
	return e.text[e.nameLen:end:end]
}

func (e *headEntry) head() store.Head {
	h := store.Head{Type: e.kind, Encoding: e.encoding, Ranked: e.marks.has(ranked), ID: e.id, ExpireAt: e.wake,
		Len: e.length, Bytes: e.size, Value: e.value()}
	if e.asideLen > 0 {
		h.SetAside(e.wake, e.marks.has(timed), string(e.text[len(e.text)-int(e.asideLen):]))
	}
	return h
}

// set gives the entry another head, and memory of its own.
func (e *headEntry) set(h *store.Head) {
	aside := h.Aside()
	text := make([]byte, 0, int(e.nameLen)+len(h.Value)+len(aside))
	text = append(append(append(text, e.name()...), h.Value...), aside...)
	e.text, e.asideLen = text, uint16(len(aside))
	e.kind, e.encoding, e.marks, e.id = h.Type, h.Encoding, marksOf(h), h.ID
	e.wake, e.length, e.size = h.Wake(), h.Len, h.Bytes
}

// take gives the entry the head of another one of the same name.
func (e *headEntry) take(from *headEntry) {
	e.text, e.asideLen = from.text, from.asideLen
	e.kind, e.encoding, e.marks, e.id = from.kind, from.encoding, from.marks, from.id
	e.wake, e.length, e.size, e.stored = from.wake, from.length, from.size, from.stored
}

// headCompare looks at names only where it must: see naturalCompare.
func headCompare(a, b *headEntry) int {
	switch {
	case a.db != b.db:
		return cmp.Compare(a.db, b.db)
	case a.pos != b.pos:
		return cmp.Compare(a.pos, b.pos)
	}
	return bytes.Compare(a.name(), b.name())
}

func headOrder(a, b *headEntry) bool { return headCompare(a, b) < 0 }

func nameCompare(a, b *headEntry) int {
	if a.db != b.db {
		return cmp.Compare(a.db, b.db)
	}
	return bytes.Compare(a.name(), b.name())
}

func nameOrder(a, b *headEntry) bool { return nameCompare(a, b) < 0 }

func ttlOrder(a, b *headEntry) bool {
	if a.wake != b.wake {
		return a.wake < b.wake
	}
	return nameOrder(a, b)
}

// weight is what the entry counts for.
func (e *headEntry) weight() store.Fill {
	blind := one(!e.counted)
	if !e.live() {
		return store.Fill{Blind: blind}
	}
	return store.Fill{Data: e.size, Keys: 1, Volatile: one(e.marks.has(volatile)), Blind: blind}
}

// weighBelow is what lies below an entry, as far as the layer's growth takes account of it.
func (e *headEntry) weighBelow() store.Fill {
	if !e.counted || e.below != present {
		return store.Fill{}
	}
	return store.Fill{Data: e.belowSize, Keys: 1, Volatile: one(e.belowTTL)}
}

// adds is what the entry adds to what lies below it, once that is known.
func (e *headEntry) adds() store.Fill {
	return e.weight().Minus(store.Fill{Data: e.belowSize, Keys: one(e.below == present), Volatile: one(e.belowTTL)})
}

// expireAt is when the key as such expires, 0 for never.
func (e *headEntry) expireAt() int64 {
	if !e.marks.has(timed) {
		return e.wake
	}
	h := e.head()
	return h.ExpireAt
}

func (e *headEntry) liesOver(h *store.Head, there bool) {
	e.below, e.belowTTL, e.belowSize = absent, false, 0
	if there {
		e.below, e.belowTTL, e.belowSize = present, h.ExpireAt != 0, h.Bytes
	}
}

func (e *headEntry) candidate() store.Candidate {
	c := store.Candidate{Key: e.key(), Bytes: e.size, ExpireAt: e.expireAt(), StoredAt: e.stored}
	if e.asideLen > 0 {
		c.Blessed = e.head().Notes.Blessed()
	}
	return c
}
