package store

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"iter"
	"slices"
)

// form says where a collection lies. It is ours: Redis's encoding stands in the head beside it. A collection that
// Redis has in a compact encoding is
//
//   - packed, while it is short: one byte string in the order in which Redis has it, the Value of its head, or, from
//     PackedMax on, a chunk of the head's id;
//   - numbered, if it is longer and order is not to be had from what it holds, that of fields and of members of a
//     listpack: each value begins with a number, a uvarint, by which readers of the whole sort;
//   - spilled, if it is longer and orders itself: lists, sorted sets, and intsets, which readers of the whole sort.
//
// All others are plain: items in the engine's order, which Redis leaves open. A form changes when something is
// written, never by a read. A collection that outgrew its head returns to it at half the limit, so that a collection
// which shrinks and grows around the limit is not rewritten each time. Collections written before there were packs
// are plain whatever their encoding, and packed when they are next written.
type form uint8

const (
	plain form = iota
	packed
	numbered
	spilled
)

const (
	// PackedMax is the longest Value of a head that is a collection, in bytes. 100,000 keys, CPU to write and to read one,
	// and what a key takes of the file: values of 250 bytes 5 and 4 us, 342 bytes; of 500 7 and 7, 587; of 900 10 and 10,
	// 1026; of 1000, of which a page of its own holds the rest, 35 and 31, 4687.
	PackedMax = 900
	// packMax is the longest pack, which one page holds as a chunk: 1000 bytes 21 and 7 us, 1229 bytes; 2000 33 and 9,
	// 2260; 4000 48 and 10, 4172. To overwrite one takes 12 us whatever its length.
	packMax = 4000
	// orderMax and orderMaxBytes bound what is numbered or sorted when it is read, whatever limits are configured: all of
	// it is in memory then.
	orderMax      = 4096
	orderMaxBytes = 1 << 20
)

// The first byte of Head.Value of a hash, set or sorted set that has an id tells its form; behind numberedMark stands
// the next number. Nothing is there of a plain one. A list's first byte has spilledMark among others: see listSpan.
const (
	spilledMark  = 2
	numberedMark = 4
	besideMark   = 8
)

func (h *handle) form() form {
	switch {
	case h.packed():
		return packed
	case len(h.head.Value) == 0 || h.head.Type == Stream:
		return plain
	case h.head.Value[0]&spilledMark != 0:
		return spilled
	case h.head.Value[0] == numberedMark && h.head.Type != List:
		return numbered
	}
	return plain
}

// compact reports whether Redis has the collection in one block, and so in an order.
func (h *handle) compact() bool {
	e := Encoding(h.head.Encoding)
	return e == EncodingListpack || e == EncodingIntset || e == EncodingListpackEx
}

// packable reports whether the collection may be packed. Compact collections may. So may a hash that is not compact
// only because one value is long, if it has few fields: most records of real programs are like that, and Redis leaves
// their order open. A limit of 0 forbids packing.
func (h *handle) packable() bool {
	if h.compact() {
		return true
	}
	l := LimitsOf(h.tx)
	return h.head.Type == Hash && h.head.Len <= int64(l.HashMaxListpackEntries) && l.HashMaxListpackValue > 0
}

// packedBytes is how long the collection is as a pack, or would be at most.
func (h *handle) packedBytes() int64 {
	if h.have {
		return int64(len(h.held))
	}
	each := int64(1)
	switch h.head.Type {
	case Hash:
		each = 2
	case ZSet:
		each = 9
	}
	if h.timed() {
		each++
	}
	data := h.head.Bytes - baseBytes(h.key, h.head.Notes) - h.head.Len*ItemBytes(Item{})
	return packHeader + data + h.head.Len*each + data/128
}

// wanted is the form that the collection should have, growth bytes longer than it is.
func (h *handle) wanted(growth int) form {
	if !h.packable() {
		return plain
	}
	most := int64(packMax)
	if now := h.form(); now == spilled || now == numbered || !h.packed() && !h.compact() {
		most /= 2
	}
	switch {
	case h.packedBytes()+int64(growth) <= most:
		return packed
	case !h.compact():
		return plain
	case h.head.Type == List || h.head.Type == ZSet || Encoding(h.head.Encoding) == EncodingIntset:
		return spilled
	case h.head.Len > orderMax || h.head.Bytes > orderMaxBytes:
		return spilled
	}
	return numbered
}

// reform gives the collection the form that it should have. What has lost something is put into its head at most, and
// else gets its form with the next item: a chunk and other items take space, and removals are to pass when there is
// none.
func (h *handle) reform(lost bool) error {
	want := h.wanted(0)
	if lost && (want != packed || h.packedBytes() > PackedMax) {
		return nil
	}
	return h.changeTo(want)
}

// prepare makes room for items that are to be put: what would be much longer than a pack is not packed first, for to
// look for each of them in it takes time that grows with its length.
func (h *handle) prepare(items []Item) error {
	if !h.packed() {
		return h.changeTo(h.wanted(entriesBytes(items)))
	}
	held, err := h.pack()
	if err != nil || h.packable() && len(held)+entriesBytes(items) <= 2*packMax {
		return err
	}
	return h.changeTo(h.wanted(2 * packMax))
}

func (h *handle) changeTo(want form) error {
	now := h.form()
	switch {
	case now == want:
		return nil
	case want == packed:
		return h.fold()
	case now == packed:
		return h.unfold(want)
	case now == numbered || want == numbered:
		return h.renumber(want)
	}
	h.mark(want, 0)
	return nil
}

// mark notes the form of a collection that has items. A list does it in its span.
func (h *handle) mark(f form, next uint64) {
	h.forget()
	switch f {
	case plain:
		h.head.Value = nil
	case spilled:
		h.head.Value = []byte{spilledMark}
	case numbered:
		h.head.Value = binary.AppendUvarint([]byte{numberedMark}, next)
	}
}

// fold packs a collection that has items, unless it turns out longer than a pack.
func (h *handle) fold() error {
	p, kind, whole := partsOf(h.head.Type)[0], kindOf(partsOf(h.head.Type)[0]), iter.Seq2[Item, error](nil)
	if whole = h.kept(p); h.timed() {
		kind, whole = kind|packExpiring, h.clocked(whole)
	}
	made := newPack(kind, int(h.packedBytes())+16)
	sum := Change{}
	for it, err := range whole {
		if err != nil {
			return err
		}
		e := entryOf(p, &it)
		made = made.add(&e)
		sum = sum.Plus(Change{Count: 1, Bytes: ItemBytes(Item{Field: e.a, Value: e.b})})
	}
	if len(made) > packMax {
		return nil
	}
	h.head.ID, h.head.Ranked = 0, false
	h.head.Len, h.head.Bytes = sum.Count, baseBytes(h.key, h.head.Notes)+sum.Bytes
	h.head.Fields.Count = 0 // retime counts them, and their bytes
	h.keep(made)
	return nil
}

// unfold gives a packed collection items.
func (h *handle) unfold(want form) error {
	p := partsOf(h.head.Type)[0]
	items, err := h.selected(p, Range{})
	if err != nil {
		return err
	}
	id, err := h.tx.NewID(h.key)
	if err != nil {
		return err
	}
	for i := range items {
		items[i].Found, items[i].New = false, true
		if want == numbered {
			items[i].Value = withNumber(numberAt(items, i), items[i].Value)
		}
	}
	h.head.ID, h.head.Fields.Count = id, 0
	h.mark(want, uint64(len(items)))
	h.head.Len, h.head.Bytes = 0, baseBytes(h.key, h.head.Notes)
	if len(items) == 0 {
		return nil
	}
	var ch Change
	if anyTimed(items) && p.expires() {
		ch, err = h.putTimed(p, items)
	} else {
		ch, err = h.tx.PutItems(id, p, items...)
	}
	h.apply(ch)
	return err
}

// renumber gives items numbers in the order in which they are read, or takes them away.
func (h *handle) renumber(want form) error {
	p := partsOf(h.head.Type)[0]
	items, err := h.gather(p) // times stay as they are
	if err != nil {
		return err
	}
	for i := range items {
		if want == numbered {
			items[i].Value = withNumber(numberAt(items, i), items[i].Value)
		}
		items[i].Found, items[i].Score = false, 0
	}
	h.mark(want, uint64(len(items)))
	ch, err := h.tx.PutItems(h.head.ID, p, items...)
	h.apply(ch)
	return err
}

// gather copies all items, in order.
func (h *handle) gather(p Part) (items []Item, err error) {
	for it, err := range h.kept(p) {
		if err != nil {
			return nil, err
		}
		it.Field, it.Value = bytes.Clone(it.Field), bytes.Clone(it.Value)
		items = append(items, it)
	}
	return items, nil
}

// numberAt is the number of one of a collection's items that are in order: see byTime.
func numberAt(items []Item, i int) uint64 {
	if items[i].Score != 0 {
		return uint64(len(items) - 1 - i)
	}
	return uint64(i)
}

func withNumber(n uint64, value []byte) []byte {
	return append(binary.AppendUvarint(make([]byte, 0, 4+len(value)), n), value...)
}

// cutNumber splits a numbered value.
func cutNumber(value []byte) (n uint64, rest []byte) {
	n, size := binary.Uvarint(value)
	if size <= 0 {
		return 0, value
	}
	return n, value[size:]
}

// nextNumber is the number of the next item that is new.
func (h *handle) nextNumber() uint64 {
	n, _ := cutNumber(h.head.Value[1:])
	return n
}

// putNumbered is put: what is there keeps its number, but for a field that gets another time.
func (h *handle) putNumbered(p Part, items []Item) (Change, error) {
	next := h.nextNumber()
	there, err := h.tx.Items(nil, h.head.ID, p, fieldsOf(items)...)
	if err == nil {
		err = h.clock(there)
	}
	if err != nil {
		return Change{}, err
	}
	given := make(map[string]uint64, len(items))
	put := make([]Item, len(items))
	for i, it := range items {
		n, again := given[string(it.Field)]
		switch {
		case again:
		case there[i].Found && there[i].Score == it.Score:
			n, _ = cutNumber(there[i].Value)
		default:
			n = next
			next++
		}
		given[string(it.Field)] = n
		put[i] = Item{Field: it.Field, Score: it.Score, Value: withNumber(n, it.Value)}
	}
	h.mark(numbered, next)
	if h.timed() || anyTimed(put) {
		return h.putTimed(p, put)
	}
	return h.tx.PutItems(h.head.ID, p, put...)
}

// sorted yields all items of a collection whose order has to be made: by number, or by the number that a member is.
func (h *handle) sorted(p Part) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		var items []Item
		for it, err := range h.tx.Range(h.head.ID, p, Range{}) {
			if err != nil {
				yield(Item{}, err)
				return
			}
			items = append(items, h.numberOf(it))
		}
		if err := h.clock(items); err != nil {
			yield(Item{}, err)
			return
		}
		order := func(a, b Item) int { return cmp.Compare(a.Pos, b.Pos) }
		if h.timed() {
			order = sooner
		}
		slices.SortStableFunc(items, order)
		for _, it := range items {
			if it.Pos = 0; !yield(it, nil) {
				return
			}
		}
	}
}

// numberOf copies an item, with what to sort it by in Pos.
func (h *handle) numberOf(it Item) Item {
	it.Field = bytes.Clone(it.Field)
	if h.form() == numbered {
		n, value := cutNumber(it.Value)
		it.Pos, it.Value = int64(n), bytes.Clone(value)
		return it
	}
	it.Pos, _ = ParseInteger(it.Field)
	return it
}

// bare takes the numbers off items that were looked up.
func (h *handle) bare(items []Item) []Item {
	if h.form() == numbered {
		for i := range items {
			if items[i].Found {
				_, items[i].Value = cutNumber(items[i].Value)
			}
		}
	}
	return items
}

// sorts reports whether the order of all items of a part has to be made.
func (h *handle) sorts(p Part) bool {
	if h.packed() {
		return false
	}
	intset := p == Members && Encoding(h.head.Encoding) == EncodingIntset && h.head.Len <= orderMax
	return intset || (p == Members || p == Fields) && h.form() == numbered
}
