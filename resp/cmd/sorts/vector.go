package sorts

import (
	"bytes"
	"cmp"
	"math"
	"slices"
	"strings"

	"larder/resp/arg"
	"larder/resp/reply"
	"larder/store"
)

const (
	// pageLen is the number of elements whose patterns are looked up at once.
	pageLen = 256
	// weightBytes is what one element takes in a vector beside its bytes.
	weightBytes = 56
)

var (
	errNoNumber = store.Invalid("One or more scores can't be converted into double")
	errTooMuch  = store.Invalid("SORT would take more than proto-max-bulk-len of memory, use LIMIT")
)

// weighed is an element and what it is sorted by.
type weighed struct {
	element []byte
	score   float64
	text    []byte // nil where BY found nothing
}

// vector holds the elements to be sorted, or as many of the first as LIMIT asks for: it is
// cut back whenever it holds twice as many. It belongs to one call.
type vector struct {
	q     *query
	items []weighed
	keep  int64 // elements wanted in front
	bytes int64
	page  [][]byte // read, not weighed yet
}

// add takes a copy of an element.
func (v *vector) add(element []byte) error {
	v.page = append(v.page, bytes.Clone(element))
	if len(v.page) < pageLen {
		return nil
	}
	return v.weigh()
}

// weigh moves a page into the vector.
func (v *vector) weigh() error {
	texts, err := v.page, error(nil)
	if v.q.by != nil {
		texts, err = v.q.lookup(v.q.by, v.page)
	}
	if err != nil {
		return err
	}
	for i, e := range v.page {
		w := weighed{element: e}
		switch {
		case v.q.alphabetical:
			w.text = texts[i]
		case texts[i] != nil || v.q.by == nil:
			if w.score, err = number(texts[i]); err != nil {
				return err
			}
		}
		v.items = append(v.items, w)
		v.bytes += v.q.weight(&w)
	}
	v.page = v.page[:0]
	if v.keep < math.MaxInt64/2 && int64(len(v.items)) > 2*v.keep+pageLen {
		v.cut()
	}
	if v.bytes > store.LimitsOf(v.q.tx).ProtoMaxBulkLen {
		return errTooMuch
	}
	return nil
}

// weight is the memory that an element takes: its bytes once more if they are read for BY.
func (q *query) weight(w *weighed) int64 {
	n := int64(len(w.element)) + weightBytes
	if q.by != nil {
		n += int64(len(w.text))
	}
	return n
}

// cut sorts, and forgets what LIMIT leaves out at the end.
func (v *vector) cut() {
	v.sort()
	if int64(len(v.items)) <= v.keep {
		return
	}
	clear(v.items[v.keep:])
	v.items = v.items[:v.keep]
	v.bytes = 0
	for i := range v.items {
		v.bytes += v.q.weight(&v.items[i])
	}
}

func (v *vector) sort() {
	compare := v.q.compare
	if v.q.descending {
		compare = func(a, b weighed) int { return v.q.compare(b, a) }
	}
	slices.SortStableFunc(v.items, compare)
}

// compare orders numbers, equal ones by the elements' bytes; texts by their bytes, where none is
// before any. Equal texts stay as they came.
func (q *query) compare(a, b weighed) int {
	switch {
	case !q.alphabetical:
		if c := cmp.Compare(a.score, b.score); c != 0 {
			return c
		}
		return bytes.Compare(a.element, b.element)
	case a.text == nil || b.text == nil:
		return cmp.Compare(presence(a.text), presence(b.text))
	}
	return bytes.Compare(a.text, b.text)
}

func presence(text []byte) int {
	if text == nil {
		return 0
	}
	return 1
}

// number reads a score as strtod does, which takes leading space, ends at a NUL, and takes nothing at all for zero.
func number(text []byte) (float64, error) {
	digits := reply.Quote(text)
	if digits == "" {
		return 0, nil
	}
	f, ok := arg.ParseFloat([]byte(strings.TrimLeft(digits, " \t\n\v\f\r")))
	if !ok {
		return 0, errNoNumber
	}
	return f, nil
}
