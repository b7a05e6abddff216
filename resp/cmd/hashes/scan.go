package hashes

import (
	"strconv"

	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// hscan looks at its options only when there is a hash, as Redis does.
func hscan(c *cmd.Call) reply.Reply {
	s := c.Scan(2)
	from := s.Cursor()
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	h, err := open(c)
	if err != nil {
		return reply.Err(err)
	}
	list, next := c.List(reply.Array), store.Cursor(0)
	if h.Exists() {
		pattern, n, noValues := s.FieldScanOptions()
		if err := s.Err(); err != nil {
			return reply.Err(err)
		}
		next, err = h.Scan(store.Cursor(from), n, func(it store.Item) {
			if pattern == nil || store.Match(pattern, it.Field, false) {
				list.Bytes(it.Field)
				if !noValues {
					list.Bytes(it.Value)
				}
			}
		})
		if err != nil {
			return list.End(err)
		}
	}
	return reply.Of(reply.Text(strconv.FormatUint(uint64(next), 10)), list.Done())
}
