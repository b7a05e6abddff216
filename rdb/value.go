package rdb

import (
	"encoding/binary"
	"iter"
	"math"
	"strconv"
)

// Kind is the type of a value.
type Kind uint8

// The kinds.
const (
	String Kind = iota + 1
	List
	Set
	Hash
	ZSet
	Stream
)

// form is the byte a value begins with.
type form byte

const (
	plainString  form = 0
	plainList    form = 1
	plainSet     form = 2
	textZSet     form = 3 // scores in decimal
	plainHash    form = 4
	plainZSet    form = 5
	modulePreGA  form = 6
	module       form = 7
	zipmap       form = 9
	ziplistList  form = 10
	intset       form = 11
	ziplistZSet  form = 12
	ziplistHash  form = 13
	quicklist    form = 14 // of ziplists
	stream       form = 15
	listpackHash form = 16
	listpackZSet form = 17
	quicklist2   form = 18 // of listpacks and of single long elements
	stream2      form = 19 // with what was deleted and added
	listpackSet  form = 20
	stream3      form = 21 // with when consumers were active
	// Hashes whose fields have expiries of their own: release candidates of 7.4 wrote the first two.
	expiringHashRC     form = 22
	expiringListpackRC form = 23
	expiringHash       form = 24
	expiringListpack   form = 25
	stream4            form = 26 // with the producers' message ids, 8.6
	stream5            form = 27 // with entries that were given back, 8.8
	array              form = 28
	// Numbers of Valkey's that Redis has for something else are moved out of the way.
	valkeyHash    form = 200 // 22: with expiries in full
	valkeyUnknown form = 201 // 23
)

// ofValkey is the form that a payload with a version of Valkey's means.
func (f form) ofValkey() form {
	switch {
	case f < 22:
		return f
	case f == 22:
		return valkeyHash
	case f == 23:
		return valkeyUnknown
	}
	return 0xFF
}

func (f form) kind() Kind {
	switch f {
	case plainString:
		return String
	case plainList, ziplistList, quicklist, quicklist2:
		return List
	case plainSet, intset, listpackSet:
		return Set
	case plainHash, zipmap, ziplistHash, listpackHash, expiringHashRC, expiringListpackRC, expiringHash, expiringListpack,
		valkeyHash:
		return Hash
	case textZSet, plainZSet, ziplistZSet, listpackZSet:
		return ZSet
	case stream, stream2, stream3, stream4, stream5:
		return Stream
	}
	return 0
}

// foreign is why a type that others have is not read.
func (f form) foreign() string {
	switch f {
	case modulePreGA, module:
		return "DUMP and RESTORE do not serve values of modules"
	case array:
		return "RESTORE does not serve arrays of Redis 8.8"
	case valkeyUnknown:
		return "RESTORE does not serve type 23 of Valkey"
	}
	return ""
}

// Value is a payload whose footer is right; its content has not been looked at. For one goroutine.
type Value struct {
	Kind Kind
	form form
	body []byte
}

// Element is one of a collection. Name is an element of a list, a member, or a field.
type Element struct {
	Name, Value []byte
	Score       float64 // never nan, nor a negative zero
	ExpireAt    int64   // of a field, in Unix milliseconds; 0 for never
}

// Bytes is the content of a string.
func (v *Value) Bytes() ([]byte, error) {
	r := reader{in: v.body}
	b := r.text()
	if r.failed || v.Kind != String {
		return nil, ErrFormat
	}
	return b, nil
}

// Check reads all of a value and keeps nothing.
func (v *Value) Check() error {
	switch v.Kind {
	case String:
		_, err := v.Bytes()
		return err
	case Stream:
		return v.checkStream()
	}
	for _, err := range v.Elements() {
		if err != nil {
			return err
		}
	}
	return nil
}

// Elements yields the elements of a collection, in order, and ErrFormat where the payload is wrong; an empty
// collection is. That none comes twice is for the caller to see to. Slices stay valid as long as
// the payload.
func (v *Value) Elements() iter.Seq2[Element, error] {
	return func(yield func(Element, error) bool) {
		w := walk{r: reader{in: v.body}, kind: v.Kind, yield: yield}
		w.read(v.form)
		if !w.stopped && (w.r.failed || w.half || w.n == 0) {
			yield(Element{}, ErrFormat)
		}
	}
}

// walk is one loop over a collection.
type walk struct {
	r       reader
	kind    Kind
	yield   func(Element, error) bool
	name    []byte // of a pair whose first half was read
	half    bool
	n       int
	stopped bool // by who loops
}

func (w *walk) read(f form) {
	switch f {
	case plainList, plainSet:
		w.plain(1)
	case plainHash:
		w.plain(2)
	case textZSet, plainZSet:
		w.scored(f)
	case ziplistList, ziplistZSet, ziplistHash:
		w.ziplist()
	case listpackSet, listpackHash, listpackZSet:
		w.listpack()
	case zipmap:
		w.zipmap()
	case expiringHashRC, expiringHash, valkeyHash:
		w.expiring(f)
	case expiringListpack:
		w.r.take(8) // the first expiry, which each field tells again
		w.triples()
	case expiringListpackRC:
		w.triples()
	case intset:
		w.integers()
	case quicklist, quicklist2:
		w.nodes(f)
	default:
		w.r.fail()
	}
}

// going reports whether there is reason to read on.
func (w *walk) going() bool { return !w.r.failed && !w.stopped }

// word takes the next of what a collection is made of: an element, or half of one.
func (w *walk) word(b []byte) bool {
	switch {
	case w.kind != Hash && w.kind != ZSet:
		w.give(Element{Name: b})
	case !w.half:
		w.name, w.half = b, true
	case w.kind == Hash:
		w.half = false
		w.give(Element{Name: w.name, Value: b})
	default:
		score, err := strconv.ParseFloat(string(b), 64)
		w.half = false
		if err != nil && !math.IsInf(score, 0) {
			w.r.fail()
			return false
		}
		w.member(w.name, score)
	}
	return w.going()
}

func (w *walk) give(e Element) {
	w.n++
	w.stopped = !w.yield(e, nil)
}

func (w *walk) member(name []byte, score float64) {
	if math.IsNaN(score) {
		w.r.fail()
		return
	}
	if score == 0 {
		score = 0 // a negative zero becomes zero
	}
	w.give(Element{Name: name, Score: score})
}

// plain reads strings, so many for each element.
func (w *walk) plain(each uint64) {
	for n := w.r.count() * each; n > 0 && w.going(); n-- {
		if b := w.r.text(); !w.r.failed {
			w.word(b)
		}
	}
}

func (w *walk) scored(f form) {
	for n := w.r.count(); n > 0 && w.going(); n-- {
		name, score := w.r.text(), 0.0
		if f == plainZSet {
			score = math.Float64frombits(w.r.little(8))
		} else {
			score = w.r.decimal()
		}
		if !w.r.failed {
			w.member(name, score)
		}
	}
}

// integers reads an intset: a width, a number, and so many integers that ascend.
func (w *walk) integers() {
	in := reader{in: w.r.text()}
	width, n := in.little(4), in.little(4)
	if w.r.failed || width != 2 && width != 4 && width != 8 || uint64(len(in.in)) != n*width {
		w.r.fail()
		return
	}
	before := int64(math.MinInt64)
	for i := uint64(0); i < n && w.going(); i++ {
		v := signed(in.little(int(width)), int(width))
		if i > 0 && v <= before {
			w.r.fail()
			return
		}
		before = v
		w.word(strconv.AppendInt(nil, v, 10))
	}
}

// nodes reads a list's nodes.
func (w *walk) nodes(f form) {
	const single, packed = 1, 2
	for n := w.r.count(); n > 0 && w.going(); n-- {
		kind := uint64(packed)
		if f == quicklist2 {
			kind = w.r.number()
		}
		switch {
		case f == quicklist:
			w.ziplist()
		case kind == packed:
			w.listpack()
		case kind == single:
			if b := w.r.text(); !w.r.failed {
				w.word(b)
			}
		default:
			w.r.fail()
		}
	}
}

// signed extends the sign of an integer of so many bytes.
func signed(v uint64, width int) int64 {
	shift := 64 - 8*width
	return int64(v<<shift) >> shift
}

// littleEndian reads an integer of up to eight bytes.
func littleEndian(b []byte) uint64 {
	var room [8]byte
	copy(room[:], b)
	return binary.LittleEndian.Uint64(room[:])
}
