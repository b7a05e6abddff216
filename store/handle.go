package store

// handle is a key opened as one type inside one transaction: the part that hashes, lists,
// sets, sorted sets and streams have in common. It belongs to the transaction's goroutine.
//
// The invariant it keeps: a collection without items has no key, and Head.Len and
// Head.Bytes are the sums of the changes its items went through.
type handle struct {
	tx   Tx
	key  Key
	head Head
	// held is the pack of a collection that has one, once have is set. If it is own this handle made it, may change it in
	// place, and has to write it.
	held      pack
	have, own bool
}

// open reads a key's head; absent keys give a handle that does not exist yet. A key of
// another type gives ErrWrongType.
func open(tx Tx, key Key, typ Type) (handle, error) {
	var room [1]Head
	heads, err := tx.Heads(room[:0], key)
	if err != nil {
		return handle{}, err
	}
	h := handle{tx: tx, key: key, head: heads[0]}
	if h.head.Exists() && h.head.Type != typ {
		return handle{}, ErrWrongType
	}
	return h, nil
}

// openFirst opens the first of keys that is there, and says which; at is negative if none is. Keys behind it may hold
// anything.
func openFirst(tx Tx, typ Type, keys []Key) (h handle, at int, err error) {
	heads, err := tx.Heads(nil, keys...)
	if err != nil {
		return handle{}, -1, err
	}
	for i, head := range heads {
		switch {
		case !head.Exists():
		case head.Type != typ:
			return handle{}, -1, ErrWrongType
		default:
			return handle{tx: tx, key: keys[i], head: head}, i, nil
		}
	}
	return handle{}, -1, nil
}

// Exists reports whether the key is there; Len is its number of items.
func (h *handle) Exists() bool { return h.head.Exists() }

// Len is the number of items; 0 for an absent key.
func (h *handle) Len() int64 { return h.head.Len }

// Head returns a copy of what is known without the items.
func (h *handle) Head() Head { return h.head }

// begin gives an absent key a type, in memory only: save writes it. Without an id, what is put lies in the head.
func (h *handle) begin(typ Type) {
	if !h.head.Exists() {
		h.head = Head{Type: typ, Bytes: KeyBytes(h.key)}
	}
}

// create gives an absent key a type and an id, in memory only: save writes it.
func (h *handle) create(typ Type) error {
	if h.head.Exists() {
		return nil
	}
	id, err := h.tx.NewID(h.key)
	if err != nil {
		return err
	}
	h.head = Head{Type: typ, ID: id, Bytes: KeyBytes(h.key)}
	return nil
}

// KeyMin is what any key counts for at least, in bytes of data.
const KeyMin = 16

// KeyBytes is what a key's name counts for in Head.Bytes.
func KeyBytes(k Key) int64 { return int64(len(k.Name)) + KeyMin }

// baseBytes is what a key counts for in Head.Bytes beyond its content.
func baseBytes(k Key, n Notes) int64 { return KeyBytes(k) + int64(len(n)) }

// apply counts what the items went through.
func (h *handle) apply(ch Change) {
	h.head.Len += ch.Count
	h.head.Bytes += ch.Bytes
}

// finish is save for types that may be packed: it gives what is left the form that it should have.
func (h *handle) finish(ch Change) error {
	h.apply(ch)
	if h.head.Len > 0 {
		if err := h.reform(ch.Count < 0); err != nil {
			return err
		}
	}
	if err := h.retime(); err != nil {
		return err
	}
	if err := h.stow(); err != nil {
		return err
	}
	return h.save(Change{})
}

// save applies what the items went through and writes the head, or drops the key when
// nothing is left in it.
func (h *handle) save(ch Change) error {
	h.apply(ch)
	if h.head.Len > 0 {
		return h.tx.PutHead(h.key, h.head)
	}
	return h.drop()
}

// drop removes the key with all it holds, in O(1).
func (h *handle) drop() error {
	h.forget()
	h.head = Head{}
	_, err := h.tx.Drop(h.key)
	return err
}
