// Package snapshot writes what a store holds in the format of RDB files: single values for DUMP, and all data for SAVE.
package snapshot

import (
	"iter"

	"larder/rdb"
	"larder/store"
)

const (
	// shortString is the length up to which a string is looked at for being an integer.
	shortString = 20
	// pageBytes is the size of the pieces a collection is written in.
	pageBytes = 16 << 10
)

// errTimedSet refuses what no published form holds: without its times the set would live longer than it may.
var errTimedSet = store.Invalid("a set of which members expire has no published serialized form")

// Value is a key's content in Redis's serialisation, and the version of the format that brought its form. Of streams
// newest is the newest form that may be taken; the oldest that tells everything is. The pieces are read as they are
// asked for; what is large is never in memory as a whole.
func Value(tx store.Tx, k store.Key, h store.Head, newest rdb.StreamForm) (version uint16,
	pieces iter.Seq2[[]byte, error], err error) {
	if h.Type == store.Stream {
		return streamValue(tx, k, newest)
	}
	switch {
	case h.Timed() && h.Type == store.Set:
		return 0, nil, errTimedSet
	case h.Timed():
		return rdb.VersionExpiring, collection(tx, h), nil
	}
	return rdb.VersionPlain, serialized(tx, h), nil
}

func serialized(tx store.Tx, h store.Head) iter.Seq2[[]byte, error] {
	if h.Type != store.String {
		return collection(tx, h)
	}
	return func(yield func([]byte, error) bool) {
		if h.Len <= shortString {
			text, err := store.AppendString(nil, tx, h, 0, h.Len)
			yield(rdb.AppendShort(nil, text), err)
			return
		}
		if !yield(rdb.AppendHeader(nil, rdb.String, h.Len), nil) {
			return
		}
		for p, err := range store.StringPieces(tx, h, 0, h.Len) {
			if !yield(p, err) || err != nil {
				return
			}
		}
	}
}

func collection(tx store.Tx, h store.Head) iter.Seq2[[]byte, error] {
	kind := rdb.Set
	switch h.Type {
	case store.List:
		kind = rdb.List
	case store.Hash:
		kind = rdb.Hash
	case store.ZSet:
		kind = rdb.ZSet
	}
	return func(yield func([]byte, error) bool) {
		page, err := header(tx, &h, kind)
		if err != nil {
			yield(nil, err)
			return
		}
		for it, err := range content(tx, &h) {
			if err != nil {
				yield(nil, err)
				return
			}
			if h.Timed() {
				page = rdb.AppendExpiry(page, int64(it.Score), h.Fields.First)
			}
			if page = appendItem(page, kind, &it); len(page) < pageBytes {
				continue
			}
			if !yield(page, nil) {
				return
			}
			page = page[:0]
		}
		yield(page, nil)
	}
}

// header begins a collection. Only a hash of which fields expire takes a form that servers before 7.4 do not read.
func header(tx store.Tx, h *store.Head, kind rdb.Kind) ([]byte, error) {
	page := make([]byte, 0, pageBytes/16)
	if !h.Timed() {
		return rdb.AppendHeader(page, kind, h.Len), nil
	}
	n, err := store.LiveFields(tx, *h)
	return rdb.AppendExpiringHeader(page, n, h.Fields.First), err
}

func content(tx store.Tx, h *store.Head) iter.Seq2[store.Item, error] {
	if h.Timed() {
		return store.TimedFields(tx, *h)
	}
	return store.Content(tx, *h, store.Range{})
}

func appendItem(page []byte, kind rdb.Kind, it *store.Item) []byte {
	switch kind {
	case rdb.List:
		return rdb.AppendText(page, it.Value)
	case rdb.Hash:
		return rdb.AppendText(rdb.AppendText(page, it.Field), it.Value)
	case rdb.ZSet:
		return rdb.AppendScore(rdb.AppendText(page, it.Field), it.Score)
	}
	return rdb.AppendText(page, it.Field)
}
