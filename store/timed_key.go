package store

import (
	"bytes"
	"iter"
)

// timedKey is what hashes and sets have in common: items in one hashed part, each of which may expire by itself. Those
// whose time has passed are absent. What is said of fields holds for members.
type timedKey struct {
	handle
	of Part
}

// Live is the number of fields.
func (h *timedKey) Live() (int64, error) { return h.live() }

// Get looks fields up, in order; Found tells which are there.
func (h *timedKey) Get(fields ...[]byte) ([]Item, error) { return h.lookup(h.of, fields...) }

// GetTimed is Get, and Score tells when the fields expire.
func (h *timedKey) GetTimed(fields ...[]byte) ([]Item, error) { return h.lookupTimed(h.of, fields...) }

// All yields every field. Slices are valid until the next is asked for.
func (h *timedKey) All() iter.Seq2[Item, error] { return h.items(h.of) }

// Timed is All, and Score tells when the fields expire.
func (h *timedKey) Timed() iter.Seq2[Item, error] { return h.itemsTimed(h.of) }

// Draw calls visit with n fields, each drawn uniformly whatever was drawn before.
func (h *timedKey) Draw(n int64, visit func(Item)) error { return h.draw(h.of, n, visit) }

// Sample calls visit with n different fields chosen at random, or with all if there are not more.
func (h *timedKey) Sample(n int64, visit func(Item)) error { return h.sample(h.of, n, visit) }

// Remove deletes fields and returns how many were there.
func (h *timedKey) Remove(fields ...[]byte) (int64, error) {
	if h.stale() {
		found, err := h.Get(fields...)
		if err != nil {
			return 0, err
		}
		fields = nil
		for _, it := range found {
			if it.Found {
				fields = append(fields, bytes.Clone(it.Field))
			}
		}
	}
	return h.remove(h.of, fields...)
}

// Scan calls visit with about n fields from a cursor on and returns the cursor to go on
// from, 0 at the end. A small collection comes at once.
func (h *timedKey) Scan(from Cursor, n int64, visit func(Item)) (Cursor, error) {
	whole := Encoding(h.head.Encoding) != EncodingHashtable
	if !h.stale() || whole || h.packed() {
		return h.scan(h.of, whole, from, n, visit)
	}
	var found []Item
	next, err := h.scan(h.of, false, from, n, func(it Item) {
		found = append(found, Item{Field: bytes.Clone(it.Field), Value: bytes.Clone(it.Value), Found: true})
	})
	if err == nil {
		found, err = h.alive(found)
	}
	for _, it := range found {
		if it.Found {
			visit(it)
		}
	}
	return next, err
}

// FieldChange is what SetExpiry did to a field.
type FieldChange uint8

// The changes.
const (
	FieldAbsent  FieldChange = iota
	FieldLeft                // it is as it was: see allows
	FieldTimed               // it has the new time
	FieldRemoved             // the new time has passed
)

// SetExpiry has fields expire at a time in Unix milliseconds, 0 for never, if allows says so of the time they have. It
// tells of each what came of it. A field that is named twice is dealt with twice.
func (h *timedKey) SetExpiry(at int64, allows func(was int64) bool, fields ...[]byte) ([]FieldChange, error) {
	found, err := h.GetTimed(fields...)
	if err != nil {
		return nil, err
	}
	changes, first := make([]FieldChange, len(found)), make(map[string]int, len(found))
	var timed []Item
	var doomed [][]byte
	passed := at != 0 && at <= h.tx.Now().UnixMilli()
	for i := range found {
		at0, again := first[string(fields[i])]
		if !again {
			at0 = i
			first[string(fields[i])] = i
		}
		it := &found[at0]
		switch {
		case !it.Found:
			continue
		case !allows(int64(it.Score)):
			changes[i] = FieldLeft
		case passed:
			changes[i], it.Found = FieldRemoved, false
			doomed = append(doomed, fields[i])
		default:
			changes[i], it.Score = FieldTimed, float64(at)
			timed = append(timed, Item{Field: fields[i], Value: bytes.Clone(it.Value), Score: it.Score})
		}
	}
	if len(doomed) > 0 {
		_, err = h.remove(h.of, doomed...)
	} else if len(timed) > 0 {
		if err = h.setTimes(timed); err == nil {
			err = h.finish(Change{})
		}
	}
	return changes, err
}

// setTimes writes the times of fields that are there; finish is still to come. Where it can, it leaves the fields
// themselves alone.
func (h *timedKey) setTimes(fields []Item) error {
	if err := h.extend(fields); err != nil {
		return err
	}
	if err := h.prepare(fields); err != nil {
		return err
	}
	if f := h.form(); f != packed && f != numbered {
		return h.putTimes(fields)
	}
	ch, err := h.put(h.of, fields...)
	h.apply(ch)
	return err
}

// extend notes that Redis has room for times in the collection, if one of these fields expires. An intset has none: it
// becomes what its members would be with a word among them.
func (h *timedKey) extend(fields []Item) error {
	now, next := Encoding(h.head.Encoding), EncodingListpackEx
	if now == EncodingHashtable || now == next || !anyTimed(fields) {
		return nil
	}
	if h.of == Members && !setTakesTimes(now, h.head.Len, LimitsOf(h.tx)) {
		next = EncodingHashtable
	}
	if now == EncodingIntset && next == EncodingListpackEx && !h.packed() {
		if err := h.renumber(numbered); err != nil { // while its order is that of numbers still
			return err
		}
	}
	h.head.Encoding = uint8(next)
	return nil
}

// bury removes those of some fields whose time has passed: what is written in their place is new.
func (h *timedKey) bury(fields []Item) error {
	if !h.stale() {
		return nil
	}
	now := float64(h.tx.Now().UnixMilli())
	found, err := h.find(h.of, fieldsOf(fields))
	if err == nil {
		err = h.clock(found)
	}
	if err != nil {
		return err
	}
	var doomed [][]byte
	for _, it := range found {
		if it.Found && it.Score != 0 && now > it.Score {
			doomed = append(doomed, bytes.Clone(it.Field))
		}
	}
	if len(doomed) == 0 {
		return nil
	}
	ch, err := h.dropFields(h.of, doomed...)
	h.apply(ch)
	return err
}

// TimedFields is Timed of a hash's or a set's head.
func TimedFields(tx Tx, head Head) iter.Seq2[Item, error] {
	of := handle{tx: tx, head: head}
	return of.itemsTimed(of.part())
}

// LiveFields is how many fields a hash's or a set's head has.
func LiveFields(tx Tx, head Head) (int64, error) {
	of := handle{tx: tx, head: head}
	return of.live()
}

// FieldsGone is what ExpireFields removed.
type FieldsGone struct {
	Type   Type
	Fields int64
	Key    bool // and with the last of them the key
}

// FieldReaper is an optional interface of a Tx that wants to know what ExpireFields removes.
type FieldReaper interface {
	// ExpireFields is the function of that name.
	ExpireFields(k Key, most int) (FieldsGone, error)
}

// ExpireFields has a transaction remove fields of a hash, or members of a set, whose time has passed, at most so many,
// or all of the key if that is gone with the last of them.
func ExpireFields(tx Tx, k Key, most int) (gone FieldsGone, err error) {
	if r, ok := As[FieldReaper](tx); ok {
		return r.ExpireFields(k, most)
	}
	r, ok := As[Rower](tx)
	if !ok {
		return gone, nil
	}
	head, there, err := r.Row(k)
	now := tx.Now().UnixMilli()
	switch {
	case err != nil || !there || !head.Fields.due(now) || head.Outlived(now):
		return gone, err
	case head.Expired(now):
		_, err = tx.Drop(k)
		return FieldsGone{Type: head.Type, Fields: head.Len, Key: true}, err
	case most == 0:
		return gone, nil
	}
	h := handle{tx: tx, key: k, head: head}
	gone.Type = head.Type
	gone.Fields, err = h.fieldsGone(most)
	gone.Key = !h.Exists()
	return gone, err
}
