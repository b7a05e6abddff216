package memtable

import (
	"bytes"
	"iter"
	"math/rand/v2"
	"sort"

	"github.com/tidwall/btree"

	"larder/store"
)

// Items looks each field up in the layer, and the rest below in one call.
func (m *Merged) Items(dst []store.Item, id store.ID, p store.Part, fields ...[]byte) ([]store.Item, error) {
	c := m.layer.coll(id, p)
	if c == nil {
		return m.low.Items(dst, id, p, fields...)
	}
	at := len(dst)
	var missing [][]byte
	var places []int
	for i, f := range fields {
		r := c.find(0, f)
		if r == nil {
			missing, places = append(missing, f), append(places, at+i)
		}
		it := seen(r)
		it.Field = f
		dst = append(dst, it)
	}
	if len(missing) == 0 {
		return dst, nil
	}
	below, err := m.low.Items(nil, id, p, missing...)
	if err != nil {
		return nil, err
	}
	for i, it := range below {
		if it.Found && c.tomb(it) != nil {
			it = store.Item{Field: it.Field}
		}
		dst[places[i]] = it
	}
	return dst, nil
}

func seen(r *row) store.Item {
	if r == nil || !r.live {
		return store.Item{}
	}
	it := r.item()
	it.Found = true
	return it
}

// against compares a row's place with a bound. A ByScore bound without field stands for
// the whole score, a Natural bound of a named part compares fields, any other the position.
func against(pos int64, score float64, field []byte, o store.Order, class store.Class, b store.Bound) int {
	if o == store.ByScore {
		switch {
		case score < b.Score:
			return -1
		case score > b.Score:
			return 1
		case b.Field == nil:
			return 0
		}
		return bytes.Compare(field, b.Field)
	}
	if class == store.Named {
		return bytes.Compare(field, b.Field)
	}
	switch {
	case pos < b.Pos:
		return -1
	case pos > b.Pos:
		return 1
	}
	return 0
}

// rankIn is the number of rows of a tree before the range's lower edge (or, with upper
// set, not beyond its upper edge). old compares by the score below.
func rankIn(t *btree.BTreeG[*row], r store.Range, class store.Class, upper, old bool) int {
	b := r.Min
	if upper {
		b = r.Max
	}
	if b.Edge == store.Unbounded {
		if upper {
			return t.Len()
		}
		return 0
	}
	return reach(t, r.Order, class, b, upper == (b.Edge == store.Inclusive), old)
}

// reach is the number of rows of a tree before a bound, and with those at it if with is set.
func reach(t *btree.BTreeG[*row], o store.Order, class store.Class, b store.Bound, with, old bool) int {
	return sort.Search(t.Len(), func(i int) bool {
		x, _ := t.GetAt(i)
		score := x.score
		if old {
			score = x.oldScore
		}
		cmp := against(x.pos, score, x.field(), o, class, b)
		if with {
			return cmp > 0
		}
		return cmp >= 0
	})
}

// within is how many rows of a tree lie in the range.
func within(t *btree.BTreeG[*row], r store.Range, class store.Class, old bool) int64 {
	return int64(max(rankIn(t, r, class, true, old)-rankIn(t, r, class, false, old), 0))
}

// clip applies Skip and Limit to a number of items.
func clip(n int64, r store.Range) int64 {
	n = max(n-r.Skip, 0)
	if r.Limit > 0 {
		n = min(n, r.Limit)
	}
	return n
}

// Count is the count below, plus what the layer shows, less what it hides.
func (m *Merged) Count(id store.ID, p store.Part, r store.Range) (int64, error) {
	c := m.layer.coll(id, p)
	if c == nil {
		return m.low.Count(id, p, r)
	}
	n, err := m.countAll(c, id, p, r)
	return clip(n, r), err
}

func (m *Merged) countAll(c *coll, id store.ID, p store.Part, r store.Range) (int64, error) {
	bare := r
	bare.Skip, bare.Limit = 0, 0
	if len(c.tombstones) > 0 && r.Order != rankOrder(p) {
		sum, err := m.addUp(id, p, bare)
		return sum.Count, err
	}
	t := c.ordered(r.Order)
	n := within(t.live, bare, p.Class(), false)
	rest, hidden, none := c.uncovered(bare)
	if none {
		return n, nil
	}
	low, err := m.low.Count(id, p, rest)
	return n + low - hidden.Count - within(t.gone, rest, p.Class(), r.Order == store.ByScore), err
}

// Weigh is what lies below weighs, plus what the layer shows, less what it hides.
func (m *Merged) Weigh(id store.ID, p store.Part, r store.Range) (store.Change, error) {
	c := m.layer.coll(id, p)
	if c == nil {
		return m.low.Weigh(id, p, r)
	}
	if r.Order != rankOrder(p) {
		return m.addUp(id, p, r)
	}
	var sum store.Change
	for _, x := range c.shownIn(r) {
		sum = sum.Plus(changeOf(x))
	}
	rest, hidden, none := c.uncovered(r)
	if none {
		return sum, nil
	}
	low, err := m.low.Weigh(id, p, rest)
	sum = sum.Plus(low).Minus(hidden)
	old, gone := r.Order == store.ByScore, c.ordered(r.Order).gone
	for i, end := rankIn(gone, rest, p.Class(), false, old), rankIn(gone, rest, p.Class(), true, old); i < end; i++ {
		x, _ := gone.GetAt(i)
		sum = sum.Minus(store.Change{Count: 1, Bytes: int64(x.oldSize)})
	}
	return sum, err
}

// addUp weighs a range item by item.
func (m *Merged) addUp(id store.ID, p store.Part, r store.Range) (sum store.Change, err error) {
	for it, err := range m.Range(id, p, r) {
		if err != nil {
			return sum, err
		}
		sum = sum.Plus(store.Change{Count: 1, Bytes: store.ItemBytes(it)})
	}
	return sum, nil
}

// Range merges the rows below, less those the layer hides, with the layer's live rows.
func (m *Merged) Range(id store.ID, p store.Part, r store.Range) iter.Seq2[store.Item, error] {
	c := m.layer.coll(id, p)
	if c == nil {
		return m.low.Range(id, p, r)
	}
	if Single(p, r) {
		return m.single(c, id, p, r)
	}
	return func(yield func(store.Item, error) bool) {
		w := &walk{m: m, c: c, id: id, part: p, r: r, trees: c.ordered(r.Order)}
		if err := w.seek(); err != nil {
			yield(store.Item{}, err)
			return
		}
		w.run(yield)
	}
}

// Single reports whether a range is one position, as those are by which lists are popped: it needs no order.
func Single(p store.Part, r store.Range) bool {
	return p.Class() == store.Placed && r.Skip == 0 &&
		r.Min.Edge == store.Inclusive && r.Max.Edge == store.Inclusive && r.Min.Pos == r.Max.Pos
}

// single is a Range of one position: the ends of a list need no order.
func (m *Merged) single(c *coll, id store.ID, p store.Part, r store.Range) iter.Seq2[store.Item, error] {
	found := c.find(r.Min.Pos, nil)
	if found == nil && c.tombAt(r.Min) == nil {
		return m.low.Range(id, p, r)
	}
	return func(yield func(store.Item, error) bool) {
		if found != nil && found.live {
			yield(found.item(), nil)
		}
	}
}

// Random draws from the rows below and the live ones in proportion, and again when the
// layer hides what came from below: every remaining item is equally likely.
func (m *Merged) Random(id store.ID, p store.Part, size int64, n int) ([]store.Item, error) {
	c := m.layer.coll(id, p)
	if c == nil {
		return m.low.Random(id, p, size, n)
	}
	if size <= 0 {
		return nil, nil
	}
	live := int64(c.lives)
	lowSize := size - live + int64(c.unders)
	for i := range c.tombstones {
		lowSize += c.tombstones[i].was.Count
	}
	items := make([]store.Item, 0, n)
	for range n {
		it, ok, err := m.draw(c, id, p, lowSize, live)
		if err == nil && !ok {
			it, err = m.at(id, p, rand.Int64N(size))
		}
		if err != nil {
			return nil, err
		}
		items = append(items, it)
	}
	return items, nil
}

func (m *Merged) draw(c *coll, id store.ID, p store.Part, lowSize, live int64) (store.Item, bool, error) {
	for range randomTries {
		if u := rand.Int64N(lowSize + live); u >= lowSize {
			return seen(c.drawn()[u-lowSize]), true, nil
		}
		drawn, err := m.low.Random(id, p, lowSize, 1)
		if err != nil {
			return store.Item{}, false, err
		}
		if len(drawn) == 1 && c.find(drawn[0].Pos, drawn[0].Field) == nil && c.tomb(drawn[0]) == nil {
			return drawn[0], true, nil
		}
	}
	return store.Item{}, false, nil
}

func (m *Merged) at(id store.ID, p store.Part, rank int64) (store.Item, error) {
	for it, err := range m.Range(id, p, store.Range{Order: rankOrder(p), Skip: rank, Limit: 1}) {
		it.Field = bytes.Clone(it.Field)
		it.Value = bytes.Clone(it.Value)
		it.Found = true
		return it, err
	}
	return store.Item{}, nil
}
