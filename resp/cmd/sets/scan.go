package sets

import (
	"strconv"

	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// sscan looks at its options only when there is a set, as Redis does.
func sscan(c *cmd.Call) reply.Reply {
	s := c.Scan(2)
	from := s.Cursor()
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	m, err := open(c)
	if err != nil {
		return reply.Err(err)
	}
	list, next := c.List(reply.Array), store.Cursor(0)
	if m.Exists() {
		pattern, n := s.ScanOptions()
		if err := s.Err(); err != nil {
			return reply.Err(err)
		}
		next, err = m.Scan(store.Cursor(from), n, func(it store.Item) {
			if pattern == nil || store.Match(pattern, it.Field, false) {
				list.Bytes(it.Field)
			}
		})
		if err != nil {
			return list.End(err)
		}
	}
	return reply.Of(reply.Text(strconv.FormatUint(uint64(next), 10)), list.Done())
}
