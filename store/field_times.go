package store

import (
	"bytes"
	"cmp"
	"iter"
	"math"
	"slices"
)

// When a field of a hash expires stands in its entry of a pack, and else as an item of Expiries: those are found by
// field, and by time through the second order. In memory it is an Item's Score, 0 for never: a double holds every time
// that Redis takes. The head sums up: see FieldTimes. Readers pass over what has expired and write nothing;
// ExpireFields removes it. All of that holds for the members of a set, too, which are called fields here.

// timeBytes is what the time of a field counts for in Head.Bytes.
const timeBytes = 8

// expires reports whether the part's items may have times of their own.
func (p Part) expires() bool { return p == Fields || p == Members }

// part is the one that the collection's items lie in.
func (h *handle) part() Part { return partsOf(h.head.Type)[0] }

// timed reports whether fields of the hash expire.
func (h *handle) timed() bool { return h.head.Fields.Count > 0 }

// stale reports whether the time of a field has passed.
func (h *handle) stale() bool { return h.timed() && h.head.Fields.due(h.tx.Now().UnixMilli()) }

func anyTimed(items []Item) bool {
	return slices.ContainsFunc(items, func(it Item) bool { return it.Score != 0 })
}

// behind is a time as it orders fields: those that stay come last.
func behind(at int64) int64 {
	if at == 0 {
		return math.MaxInt64
	}
	return at
}

// clock gives items of the hash that were found their times.
func (h *handle) clock(items []Item) error {
	if h.packed() || !h.timed() {
		return nil // a pack has told
	}
	var room [1]Item
	times, err := h.tx.Items(room[:0], h.head.ID, Expiries, fieldsOf(items)...)
	for i := range times {
		items[i].Score = times[i].Score
	}
	return err
}

// alive gives items their times and takes those for absent whose time has passed.
func (h *handle) alive(items []Item) ([]Item, error) {
	if err := h.clock(items); err != nil {
		return nil, err
	}
	now := float64(h.tx.Now().UnixMilli())
	for i := range items {
		if at := items[i].Score; at != 0 && now > at {
			items[i] = Item{Field: items[i].Field}
		}
	}
	return items, nil
}

// clocked yields fields with their times.
func (h *handle) clocked(fields iter.Seq2[Item, error]) iter.Seq2[Item, error] {
	if h.packed() {
		return fields
	}
	return func(yield func(Item, error) bool) {
		stopped := false
		err := inPages(fields, func(page []Item) error {
			if stopped {
				return nil
			}
			if err := h.clock(page); err != nil {
				return err
			}
			for i := 0; i < len(page) && !stopped; i++ {
				stopped = !yield(page[i], nil)
			}
			return nil
		})
		if err != nil && !stopped {
			yield(Item{}, err)
		}
	}
}

// living yields those fields whose time has not passed, with their times.
func (h *handle) living(fields iter.Seq2[Item, error]) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		now := float64(h.tx.Now().UnixMilli())
		for it, err := range h.clocked(fields) {
			if err == nil && it.Score != 0 && now > it.Score {
				continue
			}
			if !yield(it, err) {
				return
			}
		}
	}
}

// live is how many items there are.
func (h *handle) live() (int64, error) {
	n, err := h.lapsed()
	return h.head.Len - n, err
}

// lapsed is how many fields have expired and are not removed yet.
func (h *handle) lapsed() (n int64, err error) {
	if !h.stale() {
		return 0, nil
	}
	now := h.tx.Now().UnixMilli()
	if !h.packed() {
		return h.tx.Count(h.head.ID, Expiries, before(now))
	}
	for it, err := range h.walkPacked(h.part(), Range{}) {
		if err != nil {
			return 0, err
		}
		if it.Score != 0 && float64(now) > it.Score {
			n++
		}
	}
	return n, nil
}

// before is the fields whose time has passed.
func before(now int64) Range {
	return Range{Order: ByScore, Max: Bound{Edge: Exclusive, Score: float64(now)}}
}

// putTimed puts rows that are items, into a hash that has no pack, and their times.
func (h *handle) putTimed(p Part, rows []Item) (Change, error) {
	fields := slices.Clone(rows)
	for i := range fields {
		fields[i].Score = 0
	}
	ch, err := h.tx.PutItems(h.head.ID, p, fields...)
	if err == nil {
		err = h.putTimes(rows)
	}
	return ch, err
}

// putTimes writes the times of fields that are there: a time of 0 is none.
func (h *handle) putTimes(items []Item) error {
	var times []Item
	var free [][]byte
	for i := range items {
		if items[i].Score != 0 {
			times = append(times, Item{Field: items[i].Field, Score: items[i].Score})
		} else {
			free = append(free, items[i].Field)
		}
	}
	if len(times) > 0 {
		ch, err := h.tx.PutItems(h.head.ID, Expiries, times...)
		if err != nil {
			return err
		}
		h.countTimes(ch.Count)
	}
	return h.dropTimes(free...)
}

// dropTimes removes the times of fields that do not lie in a pack.
func (h *handle) dropTimes(fields ...[]byte) error {
	if !h.timed() || len(fields) == 0 {
		return nil
	}
	ch, err := h.tx.DropItems(h.head.ID, Expiries, fields...)
	h.countTimes(ch.Count)
	return err
}

func (h *handle) countTimes(n int64) {
	h.head.Fields.Count += n
	h.head.Bytes += n * timeBytes
}

// retime has the head say when fields expire, after something was written.
func (h *handle) retime() error {
	switch {
	case h.head.Len == 0 || !h.part().expires():
		return nil
	case h.packed() && h.own:
		return h.retimePack()
	case h.packed() || h.head.Fields == FieldTimes{}:
		return nil
	}
	f := FieldTimes{Count: h.head.Fields.Count}
	err := error(nil)
	if f.Count > 0 {
		f.First, err = h.firstTime(false)
	}
	if f.Count == h.head.Len && err == nil {
		f.Last, err = h.firstTime(true)
	}
	h.head.Fields = f
	return err
}

// firstTime is the first of all times, or the last.
func (h *handle) firstTime(reverse bool) (int64, error) {
	for it, err := range h.tx.Range(h.head.ID, Expiries, Range{Order: ByScore, Reverse: reverse, Limit: 1}) {
		return int64(it.Score), err
	}
	return 0, nil
}

// retimePack leaves no expiries in a pack of which no field expires any more.
func (h *handle) retimePack() error {
	held, err := h.pack()
	if err != nil || held.kind()&packExpiring == 0 && h.head.Fields == (FieldTimes{}) {
		return err
	}
	f, err := held.times()
	if err != nil {
		return err
	}
	h.countTimes(f.Count - h.head.Fields.Count)
	h.head.Fields = f
	if f.Count == 0 && held.kind()&packExpiring != 0 {
		plain, err := held.as(kindOf(h.part()))
		h.keep(plain)
		return err
	}
	return nil
}

// times sums up when the entries of a pack expire.
func (k pack) times() (f FieldTimes, err error) {
	n := int64(0)
	r := k.read()
	for ; r.next(); n++ {
		if r.expireAt == 0 {
			continue
		}
		if f.Count == 0 || r.expireAt < f.First {
			f.First = r.expireAt
		}
		f.Count, f.Last = f.Count+1, max(f.Last, r.expireAt)
	}
	if f.Count < n {
		f.Last = 0
	}
	return f, r.err()
}

// as is a pack with the same entries in the same order, of another kind.
func (k pack) as(kind packKind) (pack, error) {
	if k.kind()&packFlags == kind {
		return k, nil
	}
	made := newPack(kind, 2*len(k))
	r := k.read()
	for r.next() {
		made = made.add(&r.packEntry)
	}
	return made, r.err()
}

// sooner orders fields as Redis does where it has them in one block: those that expire by their time, of equal times
// the latest first, and behind them the others as they came. Pos is their number.
func sooner(a, b Item) int {
	if c := cmp.Compare(behind(int64(a.Score)), behind(int64(b.Score))); c != 0 {
		return c
	}
	if a.Score != 0 {
		return cmp.Compare(b.Pos, a.Pos)
	}
	return cmp.Compare(a.Pos, b.Pos)
}

// fieldsGone removes the first fields whose time has passed, at most so many, and returns how many.
func (h *handle) fieldsGone(most int) (int64, error) {
	now := h.tx.Now().UnixMilli()
	var doomed [][]byte
	source := h.walk(h.part(), Range{})
	if !h.packed() {
		r := before(now)
		r.Limit = int64(most)
		source = h.tx.Range(h.head.ID, Expiries, r)
	}
	for it, err := range source {
		if err != nil {
			return 0, err
		}
		if it.Score != 0 && float64(now) > it.Score && len(doomed) < most {
			doomed = append(doomed, bytes.Clone(it.Field))
		}
	}
	return h.remove(h.part(), doomed...)
}
