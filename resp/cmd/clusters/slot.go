package clusters

import (
	"math"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// pageKeys is how many keys are asked of the engine at a time. They may reach into the next slots, so it is small.
const pageKeys = 128

func keySlot(c *cmd.Call) reply.Reply { return reply.Integer(int(store.Slot(c.Args[2]))) }

// walk calls fn with the first n keys of a slot, in the engine's order. Keys lie by slot, so it reads no others but
// those behind them on the last page.
func walk(c *cmd.Call, slot, n int64, fn func(name []byte)) error {
	from := store.Cursor(slot << store.HashBits)
	for n > 0 {
		page, next, err := c.Tx.Scan(c.DB, from, int(min(n, pageKeys)))
		if err != nil {
			return err
		}
		for _, e := range page {
			if int64(store.Slot(e.Name)) == slot && n > 0 {
				fn(e.Name)
				n--
			}
		}
		if from = next; next>>store.HashBits != store.Cursor(slot) || next == 0 {
			break
		}
	}
	return nil
}

func countKeys(c *cmd.Call) reply.Reply {
	s := c.Scan(2)
	slot := s.Int()
	if slot < 0 || slot >= store.SlotCount {
		s.Fail("Invalid slot")
	}
	if err := s.End(); err != nil {
		return reply.Err(err)
	}
	n := 0
	if err := walk(c, slot, math.MaxInt64, func([]byte) { n++ }); err != nil {
		return reply.Err(err)
	}
	return reply.Integer(n)
}

func keysIn(c *cmd.Call) reply.Reply {
	s := c.Scan(2)
	slot, n := s.Int(), s.Int()
	if slot < 0 || slot >= store.SlotCount || n < 0 {
		s.Fail("Invalid slot or number of keys")
	}
	if err := s.End(); err != nil {
		return reply.Err(err)
	}
	list := c.List(reply.Array)
	return list.End(walk(c, slot, n, list.Bytes))
}

// eachSlot calls check with every slot that the words name, one by one or in ranges, until one does not please it.
func eachSlot(c *cmd.Call, ranges bool, check func(slot int64) string) error {
	s := c.Scan(2)
	for s.More() {
		first := number(&s)
		last := first
		if ranges {
			last = number(&s)
		}
		if s.Err() == nil && first > last {
			s.Fail("start slot number " + digits(first) + " is greater than end slot number " + digits(last))
		}
		for slot := first; slot <= last && s.Err() == nil; slot++ {
			if problem := check(slot); problem != "" {
				s.Fail(problem)
			}
		}
	}
	return s.Err()
}

func number(s *arg.Scanner) int64 {
	return s.IntIn(0, store.SlotCount-1, "Invalid or out of range slot")
}
