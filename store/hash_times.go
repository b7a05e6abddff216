package store

import (
	"bytes"
	"iter"
	"math/rand/v2"
	"slices"
)

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
func (h *HashKey) SetExpiry(at int64, allows func(was int64) bool, fields ...[]byte) ([]FieldChange, error) {
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
		_, err = h.remove(Fields, doomed...)
	} else if len(timed) > 0 {
		err = h.setTimes(timed)
	}
	return changes, err
}

// setTimes writes the times of fields that are there. Where it can, it leaves the fields themselves alone.
func (h *HashKey) setTimes(fields []Item) error {
	h.extend(fields)
	if err := h.prepare(fields); err != nil {
		return err
	}
	var ch Change
	err := error(nil)
	if f := h.form(); f == packed || f == numbered {
		ch, err = h.put(Fields, fields...)
	} else {
		err = h.putTimes(fields)
	}
	if err != nil {
		return err
	}
	return h.finish(ch)
}

// extend notes that Redis has room for times in the hash, if one of these fields expires.
func (h *HashKey) extend(fields []Item) {
	if Encoding(h.head.Encoding) == EncodingListpack && anyTimed(fields) {
		h.head.Encoding = uint8(EncodingListpackEx)
	}
}

// bury removes those of some fields whose time has passed: what is written in their place is new.
func (h *HashKey) bury(fields []Item) error {
	if !h.stale() {
		return nil
	}
	now := float64(h.tx.Now().UnixMilli())
	found, err := h.find(Fields, fieldsOf(fields))
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
	ch, err := h.dropFields(Fields, doomed...)
	h.apply(ch)
	return err
}

// Timed yields every field with its time.
func (h *HashKey) Timed() iter.Seq2[Item, error] { return h.living(h.kept(Fields)) }

// TimedFields is Timed of a hash's head.
func TimedFields(tx Tx, head Head) iter.Seq2[Item, error] {
	of := HashKey{handle{tx: tx, head: head}}
	return of.Timed()
}

// LiveFields is how many fields a hash's head has.
func LiveFields(tx Tx, head Head) (int64, error) {
	of := HashKey{handle{tx: tx, head: head}}
	return of.Live()
}

// drawLive is Draw while some fields have expired and are not removed yet: then it walks over all of them for each batch, for
// draws that meet an expired field would go on for as long as nearly all are. That state is short.
func (h *HashKey) drawLive(n int64, visit func(Item)) error {
	live, err := h.Live()
	if n > drawMax {
		return errDraws
	}
	for err == nil && n > 0 && live > 0 {
		ranks := make([]int64, min(n, batchItems))
		for i := range ranks {
			ranks[i] = rand.Int64N(live)
		}
		n -= int64(len(ranks))
		var drawn []Item
		if drawn, err = h.nth(ranks); err == nil && len(drawn) < len(ranks) {
			err = errWrongLen
		}
		for _, it := range drawn {
			visit(it)
		}
	}
	return err
}

// nth copies the fields at these places of All.
func (h *HashKey) nth(ranks []int64) ([]Item, error) {
	slices.Sort(ranks)
	drawn, at := make([]Item, 0, len(ranks)), int64(0)
	for it, err := range h.All() {
		if err != nil {
			return nil, err
		}
		for len(drawn) < len(ranks) && ranks[len(drawn)] == at {
			drawn = append(drawn, Item{Field: bytes.Clone(it.Field), Value: bytes.Clone(it.Value), Found: true})
		}
		if at++; len(drawn) == len(ranks) {
			break
		}
	}
	rand.Shuffle(len(drawn), func(i, j int) { drawn[i], drawn[j] = drawn[j], drawn[i] })
	return drawn, nil
}

// FieldsGone is what ExpireFields removed.
type FieldsGone struct {
	Fields int64
	Key    bool // and with the last of them the key
}

// FieldReaper is an optional interface of a Tx that wants to know what ExpireFields removes.
type FieldReaper interface {
	// ExpireFields is the function of that name.
	ExpireFields(k Key, most int) (FieldsGone, error)
}

// ExpireFields has a transaction remove fields of a hash whose time has passed, at most so many, or all of the hash if
// that is gone with the last of them.
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
		return FieldsGone{Fields: head.Len, Key: true}, err
	case most == 0:
		return gone, nil
	}
	h := handle{tx: tx, key: k, head: head}
	gone.Fields, err = h.fieldsGone(most)
	gone.Key = !h.Exists()
	return gone, err
}
