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
	text                   []byte // name, value, notes; never changed, only replaced
	pos                    store.Cursor
	id                     store.ID
	expireAt, length, size int64
	// below, and belowTTL and belowSize if something is: what Size and Keyspaces must not count twice.
	belowSize int64
	stored    int64 // Unix milliseconds of the last put
	db        int32
	nameLen   uint32
	notesLen  uint16
	kind      store.Type
	encoding  uint8
	ranked    bool
	below     below
	belowTTL  bool
	counted   bool // the layer's growth takes account of what lies below; a Writer's knowledge
}

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
	end := len(e.text) - int(e.notesLen)
	if end == int(e.nameLen) {
		return nil
	}
	return e.text[e.nameLen:end:end]
}

func (e *headEntry) notes() store.Notes {
	return store.Notes(e.text[len(e.text)-int(e.notesLen):])
}

func (e *headEntry) head() store.Head {
	return store.Head{Type: e.kind, Encoding: e.encoding, Ranked: e.ranked, ID: e.id, ExpireAt: e.expireAt,
		Len: e.length, Bytes: e.size, Value: e.value(), Notes: e.notes()}
}

// set gives the entry another head, and memory of its own.
func (e *headEntry) set(h *store.Head) {
	text := make([]byte, 0, int(e.nameLen)+len(h.Value)+len(h.Notes))
	text = append(append(append(text, e.name()...), h.Value...), h.Notes...)
	e.text, e.notesLen = text, uint16(len(h.Notes))
	e.kind, e.encoding, e.ranked, e.id = h.Type, h.Encoding, h.Ranked, h.ID
	e.expireAt, e.length, e.size = h.ExpireAt, h.Len, h.Bytes
}

// take gives the entry the head of another one of the same name.
func (e *headEntry) take(from *headEntry) {
	e.text, e.notesLen = from.text, from.notesLen
	e.kind, e.encoding, e.ranked, e.id = from.kind, from.encoding, from.ranked, from.id
	e.expireAt, e.length, e.size, e.stored = from.expireAt, from.length, from.size, from.stored
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
	if a.expireAt != b.expireAt {
		return a.expireAt < b.expireAt
	}
	return nameOrder(a, b)
}

// weight is what the entry counts for.
func (e *headEntry) weight() store.Fill {
	if !e.live() {
		return store.Fill{}
	}
	return store.Fill{Data: e.size, Keys: 1, Volatile: one(e.expireAt != 0)}
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

func (e *headEntry) liesOver(h *store.Head, there bool) {
	e.below, e.belowTTL, e.belowSize = absent, false, 0
	if there {
		e.below, e.belowTTL, e.belowSize = present, h.ExpireAt != 0, h.Bytes
	}
}

func (e *headEntry) candidate() store.Candidate {
	return store.Candidate{Key: e.key(), Bytes: e.size, ExpireAt: e.expireAt, StoredAt: e.stored, Blessed: e.notes().Blessed()}
}
