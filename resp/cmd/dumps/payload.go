package dumps

import (
	"iter"

	"larder/rdb"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/resp/snapshot"
	"larder/store"
)

var errTooLong = store.Invalid("the payload is longer than proto-max-bulk-len")

// dump writes the value piece by piece: what is large goes to a temporary file, not to memory.
func dump(c *cmd.Call) reply.Reply {
	key := c.Key(1)
	heads, err := c.Tx.Heads(nil, key)
	switch {
	case err != nil:
		return reply.Err(err)
	case !heads[0].Exists():
		return reply.Nil()
	}
	version, pieces, err := snapshot.Value(c.Tx, key, heads[0], rdb.StreamActive)
	if err != nil {
		return reply.Err(err)
	}
	answer, err := reply.Spool(bounded(store.LimitsOf(c.Tx).ProtoMaxBulkLen, rdb.Sealed(version, pieces)))
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
