package lists

import (
	"math"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// signed reads an integer that can be negated.
func signed(s *arg.Scanner) int64 {
	n := s.Int()
	if n == math.MinInt64 {
		s.Fail("value is out of range, value must between -9223372036854775807 and 9223372036854775807")
	}
	return n
}

func lrem(c *cmd.Call) reply.Reply {
	s := c.Scan(2)
	count := signed(&s)
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	l, err := store.OpenList(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	n, err := l.Remove(c.Args[3], count)
	if err != nil {
		return reply.Err(err)
	}
	return reply.Integer(n)
}

func lpos(c *cmd.Call) reply.Reply {
	search, counted, err := searchOf(c.Scan(3))
	if err != nil {
		return reply.Err(err)
	}
	l, err := store.OpenList(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	list, first := c.List(reply.Array), reply.Nil()
	err = l.Find(c.Args[2], search, func(i int64) {
		if counted {
			list.Integer(i)
		} else {
			first = reply.Integer(i)
		}
	})
	switch {
	case err != nil:
		return reply.Err(err)
	case counted:
		return list.Done()
	}
	return first
}

// searchOf reads LPOS's options; counted tells whether COUNT was among them.
func searchOf(s arg.Scanner) (search store.ListSearch, counted bool, err error) {
	search = store.ListSearch{Rank: 1, Count: 1}
	for s.More() {
		switch {
		case s.WordWith("RANK", 1):
			search.Rank = signed(&s)
			if search.Rank == 0 {
				s.Fail("RANK can't be zero: use 1 to start from the first match, " +
					"2 from the second ... or use negative to start from the end of the list")
			}
		case s.WordWith("COUNT", 1):
			search.Count = s.IntIn(0, math.MaxInt64, "COUNT can't be negative")
			counted = true
		case s.WordWith("MAXLEN", 1):
			search.MaxLen = s.IntIn(0, math.MaxInt64, "MAXLEN can't be negative")
		default:
			s.Fail(arg.SyntaxError)
		}
	}
	return search, counted, s.Err()
}
