package store

import (
	"encoding/binary"
)

// ListEnd names an end of a list.
type ListEnd uint8

// The ends of a list: LPUSH works at the front, RPUSH at the back.
const (
	Front ListEnd = iota
	Back
)

const (
	// listGap is the distance of neighbours in a regular list. It leaves room for about 20
	// inserts at one spot before anything has to move.
	listGap = 1 << 20
	// listReach bounds positions on both sides, so that arithmetic with a few gaps on top of
	// them cannot overflow. A queue gets there after 2^42 pushes and is then laid out anew.
	listReach = 1 << 62
)

// ListKey is a list opened inside a transaction. It belongs to the transaction's goroutine.
//
// Elements are items at increasing positions. A list is regular while neighbours are exactly
// listGap apart, as they are when only its ends were touched: then index i stands at first +
// i*listGap. Inserting or removing in the middle makes it irregular: an index is then found
// by Range's Skip, and from RankedMin elements on the engine is asked to count. The rejected
// alternative, whole positions only, moves half the list on every LINSERT.
type ListKey struct {
	handle
	span listSpan
}

// listSpan is what a list keeps in Head.Value. For an empty list it means nothing.
type listSpan struct {
	first, last int64
	irregular   bool
	spilled     bool // see form
}

// OpenList reads the head of a list; an absent key gives an empty list, another type ErrWrongType.
func OpenList(tx Tx, key Key) (*ListKey, error) {
	h, err := open(tx, key, List)
	if err != nil {
		return nil, err
	}
	return listOf(h)
}

// FirstList opens the first of keys that is there and says which; nil if none is. If that holds another type the error
// is ErrWrongType; keys behind it may hold anything.
func FirstList(tx Tx, keys ...Key) (*ListKey, int, error) {
	h, at, err := openFirst(tx, List, keys)
	if at < 0 {
		return nil, at, err
	}
	l, err := listOf(h)
	return l, at, err
}

func listOf(h handle) (*ListKey, error) {
	l := &ListKey{handle: h}
	if h.packed() {
		l.span = regularSpan(h.Len())
		return l, nil
	}
	if h.Exists() && !l.span.parse(h.head.Value) {
		return nil, &Error{Code: CodeInternal, Message: "the head of a list is not readable"}
	}
	return l, nil
}

// regularSpan is that of n elements from position 0 on, as in a pack.
func regularSpan(n int64) listSpan { return listSpan{last: (n - 1) * listGap} }

// append encodes a span: whether it is irregular, and whether the list is spilled, then both ends as varints.
func (s listSpan) append(b []byte) []byte {
	mark := byte(0)
	if s.irregular {
		mark = 1
	}
	if s.spilled {
		mark |= spilledMark
	}
	b = append(b, mark)
	b = binary.AppendVarint(b, s.first)
	return binary.AppendVarint(b, s.last)
}

func (s *listSpan) parse(b []byte) bool {
	if len(b) < 3 || b[0] > 1|spilledMark {
		return false
	}
	first, n := binary.Varint(b[1:])
	if n <= 0 {
		return false
	}
	last, m := binary.Varint(b[1+n:])
	*s = listSpan{first: first, last: last, irregular: b[0]&1 != 0, spilled: b[0]&spilledMark != 0}
	return m > 0
}

// commit saves the list after its items went through ch, the span set already.
func (l *ListKey) commit(ch Change) error {
	l.head.Encoding = uint8(l.encoding(ch))
	l.apply(ch)
	if l.head.Len == 0 {
		return l.drop()
	}
	was := l.packed()
	if !was {
		l.note()
	}
	if err := l.reform(ch.Count < 0); err != nil {
		return err
	}
	if err := l.stow(); err != nil {
		return err
	}
	if l.packed() || was {
		l.span = regularSpan(l.head.Len)
	}
	if !l.packed() {
		l.note()
	}
	return l.save(Change{})
}

// note writes the span of a list that has items into its head.
func (l *ListKey) note() {
	if l.head.Len <= 1 {
		l.span.irregular = false
	}
	if l.span.irregular && l.head.Len >= RankedMin {
		l.head.Ranked = true
	}
	l.span.spilled = l.form() == spilled
	l.head.Value = l.span.append(nil)
}

// room makes room for values that are to be put, and takes into account that their positions may have to change.
func (l *ListKey) room(elements []Item) error {
	if !l.packed() {
		return nil
	}
	err := l.prepare(elements)
	if !l.packed() {
		l.span = regularSpan(l.head.Len)
	}
	return err
}

// Push adds values at one end, one after the other, and creates the list if it is absent.
func (l *ListKey) Push(end ListEnd, values ...[]byte) error {
	if !l.Exists() {
		l.become(end)
	}
	items := make([]Item, len(values))
	for i, v := range values {
		items[i].Value = v
	}
	if err := l.room(items); err != nil {
		return err
	}
	if l.span.last > listReach || l.span.first < -listReach {
		if err := l.rebuild(); err != nil {
			return err
		}
	}
	if l.head.Len == 0 {
		l.span = emptySpan(end)
	}
	for i := range items {
		items[i].Pos, items[i].New = l.span.extend(end), true
	}
	ch, err := l.put(Elements, items...)
	if err != nil {
		return err
	}
	return l.commit(ch)
}

// become makes an absent key a list without elements.
func (l *ListKey) become(end ListEnd) {
	l.begin(List)
	l.head.Encoding, l.span = uint8(EncodingListpack), emptySpan(end)
}

// emptySpan is the span of no elements that the first push at end turns into one at 0.
func emptySpan(end ListEnd) listSpan {
	if end == Front {
		return listSpan{first: listGap}
	}
	return listSpan{last: -listGap}
}

// extend moves an end one gap outwards and returns the position there.
func (s *listSpan) extend(end ListEnd) int64 {
	if end == Front {
		s.first -= listGap
		return s.first
	}
	s.last += listGap
	return s.last
}

// Pop removes up to n elements at one end and calls visit with each, the outermost first.
// visit must not keep the slice. An absent list gives none.
func (l *ListKey) Pop(end ListEnd, n int64, visit func(value []byte)) error {
	n = min(n, l.Len())
	if n <= 0 {
		return nil
	}
	taken, edge, next := int64(0), int64(0), int64(0)
	for it, err := range l.walk(Elements, l.outermost(end, n)) {
		if err != nil {
			return err
		}
		if taken == n {
			next = it.Pos
			break
		}
		visit(it.Value)
		edge = it.Pos
		taken++
	}
	if n == l.Len() {
		return l.drop()
	}
	return l.cut(end, n, edge, next)
}

// outermost is the range of n elements at an end, and of one more in an irregular list: the
// next end, which a regular list computes.
func (l *ListKey) outermost(end ListEnd, n int64) Range {
	if l.span.irregular {
		r := l.whole()
		r.Reverse, r.Limit = end == Back, n+1
		return r
	}
	if end == Front {
		return Positions(l.span.first, l.span.first+(n-1)*listGap)
	}
	r := Positions(l.span.last-(n-1)*listGap, l.span.last)
	r.Reverse = true
	return r
}

// cut removes the n elements between an end and edge, edge included; next is the end after that.
func (l *ListKey) cut(end ListEnd, n, edge, next int64) error {
	doomed := Positions(l.span.first, edge)
	inwards := int64(listGap)
	if end == Back {
		doomed = Positions(edge, l.span.last)
		inwards = -listGap
	}
	if !l.span.irregular {
		next = edge + inwards
	}
	if end == Front {
		l.span.first = next
	} else {
		l.span.last = next
	}
	return l.remain(n, doomed)
}

// remain removes n elements, all of those in some ranges, when the span has become that of the others.
func (l *ListKey) remain(n int64, doomed ...Range) error {
	if !l.packed() && movable(l.Len()-n, n) {
		ch, err := l.moveItems(Elements, l.tx.Range(l.head.ID, Elements, l.whole()))
		if err != nil {
			return err
		}
		return l.commit(ch)
	}
	var total Change
	for _, r := range doomed {
		ch, err := l.dropRange(Elements, r)
		if err != nil {
			return err
		}
		total = total.Plus(ch)
	}
	return l.commit(total)
}
