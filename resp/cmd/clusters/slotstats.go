package clusters

import (
	"cmp"
	"slices"

	"larder/resp/arg"
	command "larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// usage is how many keys a slot has.
type usage struct{ slot, keys int64 }

// slotStats tells what Redis does unless it counts more than keys: `cluster-slot-stats-enabled` is no by default.
func slotStats(c *command.Call) reply.Reply {
	s := c.Scan(2)
	first, last, limit := int64(0), int64(store.SlotCount-1), int64(store.SlotCount)
	var order func(a, b usage) int
	switch {
	case s.Left() == 3 && s.Word("SLOTSRANGE"):
		if first, last = number(&s), number(&s); first > last {
			s.Fail("Start slot number " + digits(first) + " is greater than end slot number " + digits(last))
		}
	case s.Word("ORDERBY"):
		if !s.Word("key-count") {
			s.Fail("Unrecognized sort metric for ORDERBY.")
		}
		order, limit = readOrder(&s)
	default:
		return c.UnknownForm()
	}
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	slots, err := usages(c, first, last)
	if err != nil {
		return reply.Err(err)
	}
	if order != nil {
		slices.SortStableFunc(slots, order)
	}
	list := c.List(reply.Array)
	for _, u := range slots[:min(limit, int64(len(slots)))] {
		list.Reply(reply.Of(reply.Integer(u.slot), reply.MapOf(reply.Text("key-count"), reply.Integer(u.keys))))
	}
	return list.Done()
}

// readOrder reads LIMIT and ASC or DESC, each of them once.
func readOrder(s *arg.Scanner) (order func(a, b usage) int, limit int64) {
	ascending := func(a, b usage) int { return cmp.Compare(a.keys, b.keys) }
	descending := func(a, b usage) int { return ascending(b, a) }
	limit = store.SlotCount
	limited := false
	for s.More() {
		again := false
		switch {
		case s.WordWith("LIMIT", 1):
			limit = s.IntIn(1, store.SlotCount, "Limit has to lie in between 1 and 16384 (maximum number of slots).")
			again, limited = limited, true
		case arg.Is(s.Peek(), "ASC") || arg.Is(s.Peek(), "DESC"):
			again = order != nil
			if order = descending; s.Word("ASC") {
				order = ascending
			} else {
				s.Word("DESC")
			}
		default:
			s.Fail(arg.SyntaxError)
		}
		if again {
			s.Fail("Multiple filters of the same type are disallowed.")
		}
	}
	if order == nil {
		order = descending
	}
	return order, limit
}

// usages counts the keys of slots, which lie one behind the other.
func usages(c *command.Call, first, last int64) ([]usage, error) {
	slots := make([]usage, last-first+1)
	for i := range slots {
		slots[i].slot = first + int64(i)
	}
	for from := store.Cursor(first << store.HashBits); int64(from>>store.HashBits) <= last; {
		page, next, err := c.Tx.Scan(c.DB, from, pageKeys)
		if err != nil {
			return nil, err
		}
		for _, e := range page {
			if slot := int64(store.Slot(e.Name)); slot >= first && slot <= last {
				slots[slot-first].keys++
			}
		}
		if from = next; next == 0 {
			break
		}
	}
	return slots, nil
}
