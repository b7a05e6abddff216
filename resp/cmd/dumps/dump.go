package dumps

import (
	"iter"

	"larder/rdb"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

const (
	// shortString is the length up to which a string is looked at for being an integer.
	shortString = 20
	// pageBytes is the size of the pieces a collection is written in.
	pageBytes = 16 << 10
)

var (
	errTooLong  = store.Invalid("the payload is longer than proto-max-bulk-len")
	errNoStream = store.Invalid("DUMP and RESTORE do not serve streams and values of modules")
)

// dump writes the value piece by piece: what is large goes to a temporary file, not to memory.
func dump(c *cmd.Call) reply.Reply {
	heads, err := c.Tx.Heads(nil, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	h := heads[0]
	switch h.Type {
	case store.None:
		return reply.Nil()
	case store.String, store.List, store.Set, store.Hash, store.ZSet:
	default:
		return reply.Err(errNoStream)
	}
	limit := store.LimitsOf(c.Tx).ProtoMaxBulkLen
	answer, err := reply.Spool(bounded(limit, rdb.Sealed(serialized(c.Tx, h))))
	if err != nil {
		return reply.Err(err)
	}
	return answer
}

// bounded ends with an error once the pieces are longer than RESTORE could take.
func bounded(limit int64, pieces iter.Seq2[[]byte, error]) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		left := limit
		for p, err := range pieces {
			if left -= int64(len(p)); left < 0 && err == nil {
				err = errTooLong
			}
			if !yield(p, err) || err != nil {
				return
			}
		}
	}
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
		page := rdb.AppendHeader(make([]byte, 0, pageBytes/16), kind, h.Len)
		for it, err := range store.Content(tx, h, store.Range{}) {
			if err != nil {
				yield(nil, err)
				return
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
