package zsets

import (
	"math"
	"strconv"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// zscan looks at its options only when there is a set, as Redis does.
func zscan(c *cmd.Call) reply.Reply {
	s := c.Scan(2)
	from := s.Cursor()
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	z, err := store.OpenZSet(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	list, next := c.List(reply.Array), store.Cursor(0)
	if z.Exists() {
		pattern, n, err := scanOptions(s)
		if err != nil {
			return reply.Err(err)
		}
		text := scoreText(z)
		next, err = z.Scan(store.Cursor(from), n, func(it store.Item) {
			if pattern == nil || store.Match(pattern, it.Field, false) {
				list.Bytes(it.Field)
				list.Bytes(text(it.Score))
			}
		})
		if err != nil {
			return reply.Err(err)
		}
	}
	return reply.Of(reply.Text(strconv.FormatUint(uint64(next), 10)), list.Done())
}

// scanOptions reads MATCH and COUNT; a pattern that matches everything is nil.
func scanOptions(s arg.Scanner) (pattern []byte, n int64, err error) {
	n = 10
	for s.More() {
		switch {
		case s.WordWith("COUNT", 1):
			if n = s.Int(); n < 1 {
				s.Fail(arg.SyntaxError)
			}
		case s.WordWith("MATCH", 1):
			if pattern = s.Bytes(); string(pattern) == "*" {
				pattern = nil
			}
		default:
			s.Fail(arg.SyntaxError)
		}
	}
	return pattern, n, s.Err()
}

// scoreText formats scores as ZSCAN does, which is not as the other commands do: scores of
// a large set come with 17 digits, 3.3 as 3.2999999999999998.
func scoreText(z *store.ZSetKey) func(float64) []byte {
	large := store.Encoding(z.Head().Encoding) == store.EncodingSkiplist
	return func(f float64) []byte {
		if large && !math.IsInf(f, 0) {
			return strconv.AppendFloat(nil, f, 'g', 17, 64)
		}
		return reply.AppendFloat(nil, f)
	}
}
