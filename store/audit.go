package store

import "fmt"

// Audit compares a head with the items it owns and returns what they contradict.
//
// Items are believed, since each stands for itself, and heads are not: the repair of every
// finding is a head that says what the items are, which Amend writes.
func Audit(tx Tx, k Key, h Head) ([]Finding, error) {
	a := audit{tx: tx, key: k, head: h, want: h}
	err := a.compare()
	return a.found, err
}

// Amend audits a key and makes its head agree with its items. Only a collection of which
// nothing is left goes. It belongs into an Update.
func Amend(tx Tx, k Key) ([]Finding, error) {
	h, ok, err := headOf(tx, k)
	if err != nil || !ok {
		return nil, err
	}
	a := audit{tx: tx, key: k, head: h, want: h}
	if err := a.compare(); err != nil || len(a.found) == 0 {
		return a.found, err
	}
	if a.want.Type != String && Encoding(a.want.Encoding) == EncodingNone { // its head was lost
		a.want.Encoding = uint8(roomiest(a.want.Type))
	}
	if a.gone {
		_, err = tx.Drop(k)
	} else {
		err = tx.PutHead(k, a.want)
	}
	for _, mend := range a.mends {
		if err == nil {
			err = mend()
		}
	}
	for i := range a.found {
		a.found[i].Fixed = err == nil
	}
	return a.found, err
}

// audit is one key being compared. It belongs to the transaction's goroutine.
type audit struct {
	tx         Tx
	key        Key
	head, want Head
	gone       bool // nothing is left to keep
	found      []Finding
	mends      []func() error // what is to be mended besides the head, once that is right
}

// tally is what the items of one part add up to.
type tally struct {
	count, bytes int64
	first, last  int64  // positions
	uneven       bool   // neighbours are not listGap apart
	end          int64  // of a long string
	next         uint64 // behind the highest number of what is numbered
}

func (a *audit) report(repair, format string, args ...any) {
	a.found = append(a.found, Finding{Subject: Describe(a.key, a.head.Type), Problem: fmt.Sprintf(format, args...),
		Repair: repair, Audited: true})
}

// Describe names a key in a report.
func Describe(k Key, t Type) string { return fmt.Sprintf("%s %q of database %d", t, k.Name, k.DB) }

func (a *audit) compare() error {
	switch {
	case a.head.ID == 0 && a.head.Type == String:
		return a.inline()
	case a.head.ID == 0 || a.head.beside():
		return a.pack()
	}
	own := partsOf(a.head.Type)
	if len(own) == 0 {
		return nil
	}
	if lost, err := a.lostPack(); lost || err != nil {
		return err
	}
	sum, err := a.sum(own[0])
	switch {
	case err != nil:
		return err
	case a.head.Type == Stream:
		return a.stream(sum)
	case sum.count == 0:
		return a.empty()
	}
	if err := a.lostNumbers(sum); err != nil {
		return err
	}
	a.whole(sum)
	return a.expiries()
}

// inline compares a string that has no chunks.
func (a *audit) inline() error {
	a.length(int64(len(a.head.Value)))
	a.bytes(int64(len(a.head.Value)))
	return nil
}

func (a *audit) sum(p Part) (t tally, err error) {
	for it, err := range a.tx.Range(a.head.ID, p, Range{}) {
		if err != nil {
			return t, err
		}
		if t.count == 0 {
			t.first = it.Pos
		} else if it.Pos-t.last != listGap {
			t.uneven = true
		}
		t.count, t.bytes, t.last = t.count+1, t.bytes+ItemBytes(it), it.Pos
		t.end = it.Pos*ChunkSize + int64(len(it.Value))
		n, _ := cutNumber(it.Value)
		t.next = max(t.next, n+1)
	}
	return t, nil
}

// whole compares a key that has items.
func (a *audit) whole(sum tally) {
	switch a.head.Type {
	case String:
		a.length(sum.end)
	case List:
		a.length(sum.count)
		a.span(sum)
	default:
		a.length(sum.count)
		a.numbers(sum)
	}
	a.bytes(sum.bytes)
}

func (a *audit) length(n int64) {
	if a.head.Len == n {
		return
	}
	unit := "items"
	if a.head.Type == String {
		unit = "bytes"
	}
	a.want.Len = n
	a.report(fmt.Sprintf("its length becomes %d; what is missing is lost", n), "says it has %d %s and has %d", a.head.Len,
		unit, n)
}

func (a *audit) bytes(n int64) {
	if n += baseBytes(a.key, a.head.Notes) + a.head.Fields.Count*timeBytes; a.head.Bytes != n {
		a.want.Bytes = n
		a.report(fmt.Sprintf("its size becomes %d", n), "counts for %d bytes and takes %d", a.head.Bytes, n)
	}
}

// span compares where a list says its ends are, and whether an index can be computed.
func (a *audit) span(sum tally) {
	var has listSpan
	readable := has.parse(a.head.Value)
	want := listSpan{first: sum.first, last: sum.last, irregular: sum.uneven || readable && has.irregular && sum.count > 1,
		spilled: readable && has.spilled}
	switch {
	case !readable:
		a.report("its ends are taken from its elements", "does not say where its ends are")
	case has.first != want.first || has.last != want.last:
		a.report("its ends are taken from its elements", "has its ends at %d and %d and says %d and %d", want.first,
			want.last, has.first, has.last)
	case want.irregular && !has.irregular:
		a.report("its elements are found by counting", "has gaps between its elements and says it has none")
	default:
		return
	}
	a.want.Value = want.append(nil)
	a.want.Ranked = a.want.Ranked || want.irregular && sum.count >= RankedMin
}

// empty looks whether a key without items of its type has others: then its type is wrong.
func (a *audit) empty() error {
	for _, t := range [...]Type{String, Hash, Set, ZSet, List, Stream} {
		if t == a.head.Type || a.head.ID == 0 {
			continue
		}
		sum, err := a.sum(partsOf(t)[0])
		if err != nil {
			return err
		}
		if sum.count > 0 {
			a.report("it becomes a "+t.String(), "holds the items of a %s", t)
			a.want = Head{Type: t, Encoding: uint8(roomiest(t)), ID: a.head.ID, ExpireAt: a.head.ExpireAt, Notes: a.head.Notes}
			a.head = a.want
			if t == Stream {
				return a.stream(sum)
			}
			a.retype(t, sum)
			return a.expiries()
		}
	}
	a.gone = true
	a.report("it is removed: nothing is left of it", "has none of the %d items or bytes it says it has", a.head.Len)
	return nil
}

// retype makes the head of another type.
func (a *audit) retype(t Type, sum tally) {
	a.want.Len, a.want.Bytes = sum.count, sum.bytes+baseBytes(a.key, a.want.Notes)
	switch {
	case t == String:
		a.want.Len = sum.end
	case t == List:
		a.want.Value = listSpan{first: sum.first, last: sum.last, irregular: sum.uneven}.append(nil)
	}
	a.want.Ranked = sum.count >= RankedMin && (t == ZSet || t == List && sum.uneven)
}

// roomiest is the encoding that fits any content of a type.
func roomiest(t Type) Encoding {
	switch t {
	case Hash, Set:
		return EncodingHashtable
	case ZSet:
		return EncodingSkiplist
	case List:
		return EncodingQuicklist
	case Stream:
		return EncodingStream
	}
	return EncodingRaw
}
