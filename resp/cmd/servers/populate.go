package servers

import (
	"context"
	"fmt"
	"strconv"

	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

func debugNothing(*family, *cmd.Call) reply.Reply { return reply.OK() }

// populateBatch is how many keys are made at once, and populateBytes of how many bytes.
const populateBatch, populateBytes = 500, 1 << 20

// debugPopulate makes string keys; those that are there stay. Nobody is told of them, as in Redis.
func (f *family) debugPopulate(c *cmd.Call) reply.Reply {
	if len(c.Args) > 5 {
		return debugUnknown(c)
	}
	s := c.Scan(2)
	const out = "value is out of range, must be positive"
	count, prefix, size := s.IntIn(0, 1<<40, out), "key", int64(0)
	if s.More() {
		prefix = s.String()
	}
	if s.More() {
		size = s.IntIn(0, 512<<20, out)
	}
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	if c.Nested { // EXEC is a transaction already, and these are many: they come after it
		db := c.DB
		c.Later(func() { _ = f.populate(db, prefix, count, size) })
	} else if err := f.populate(c.DB, prefix, count, size); err != nil {
		return reply.Err(err)
	}
	return reply.OK()
}

func (f *family) populate(db int, prefix string, count, size int64) error {
	batch := min(max(populateBytes/max(size, 1), 1), populateBatch)
	for from := int64(0); from < count; from += batch {
		var keys []store.Key
		for i := from; i < min(from+batch, count); i++ {
			keys = append(keys, store.Key{DB: db, Name: fmt.Append(nil, prefix, ":", i)})
		}
		err := f.host.Update(context.Background(), store.One(keys...), func(tx store.Tx) error {
			return populate(tx, keys, from, size)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func populate(tx store.Tx, keys []store.Key, from, size int64) error {
	heads, err := tx.Heads(nil, keys...)
	if err != nil {
		return err
	}
	for i, k := range keys {
		if heads[i].Exists() {
			continue
		}
		value := append([]byte("value:"), strconv.FormatInt(from+int64(i), 10)...)
		if size > 0 { // cut, or filled with zeros
			room := make([]byte, size)
			copy(room, value)
			value = room
		}
		if err := store.SetString(tx, k, value, 0); err != nil {
			return err
		}
	}
	return nil
}
