package reply

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"strconv"
)

// Int is the number of an Int, 1 or 0 of a Bool.
func (r Reply) Int() int64 { return r.n }

// Text is the text of a Status, Error, Bulk, BigNumber or Verbatim.
func (r Reply) Text() string {
	if r.kind == Bulk && r.b != nil {
		return string(r.b)
	}
	return r.s
}

// Format is the three letters of a Verbatim.
func (r Reply) Format() string { return string(r.b) }

// Double is the number of a Double.
func (r Reply) Double() float64 { return r.f }

// Elems are the elements of an aggregate, keys and values of a Map one by one. The caller
// must not change them. A List has none: call Plain first, which also looks for Lists among the elements.
func (r Reply) Elems() []Reply { return r.elems }

// Plain is the reply as a tree of values: a List, which keeps its elements encoded, is decoded and
// released wherever in the tree it stands. Whatever it has spilled to disk is read into memory.
// After an error nothing of the reply is left to release.
func (r Reply) Plain() (Reply, error) {
	if r.kind == built {
		encoded := r.list.append(nil)
		r.list.close()
		plain, _, err := Parse(encoded)
		return plain, err
	}
	plain := r
	for i, e := range r.elems {
		if e.kind != built && e.elems == nil {
			continue
		}
		p, err := e.Plain()
		if err != nil {
			r.Release()
			return Reply{}, err
		}
		if &plain.elems[0] == &r.elems[0] {
			plain.elems = slices.Clone(r.elems) // a reply is immutable, and others may hold this one
		}
		plain.elems[i] = p
	}
	return plain, nil
}

var errProtocol = errors.New("reply: malformed")

// Parse decodes one reply in protocol 2 or 3 and returns what is behind it. Attributes are
// skipped. The reply refers to encoded.
func Parse(encoded []byte) (Reply, []byte, error) {
	end := bytes.Index(encoded, []byte("\r\n"))
	if end < 1 {
		return Reply{}, nil, errProtocol
	}
	line, rest := encoded[1:end], encoded[end+2:]
	switch encoded[0] {
	case '+':
		return Word(string(line)), rest, nil
	case '-':
		return Fail(string(line)), rest, nil
	case '_':
		return Nil(), rest, nil
	case '#':
		return Boolean(string(line) == "t"), rest, nil
	case '(':
		return Big(string(line)), rest, nil
	case ',':
		f, err := parseDouble(string(line))
		return Float(f), rest, err
	}
	n, err := strconv.ParseInt(string(line), 10, 64)
	if err != nil {
		return Reply{}, nil, errProtocol
	}
	switch encoded[0] {
	case ':':
		return Integer(n), rest, nil
	case '$', '=':
		return parseBulk(encoded[0], n, rest)
	}
	return parseAggregate(encoded[0], n, rest)
}

func parseDouble(s string) (float64, error) {
	if s == "nan" {
		return math.NaN(), nil
	}
	return strconv.ParseFloat(s, 64)
}

func parseBulk(mark byte, n int64, rest []byte) (Reply, []byte, error) {
	if n == -1 {
		return Nil(), rest, nil
	}
	if n < 0 || int64(len(rest)) < n+2 {
		return Reply{}, nil, errProtocol
	}
	text, rest := rest[:n:n], rest[n+2:]
	if mark == '$' {
		return Bytes(text), rest, nil
	}
	if n < 4 {
		return Reply{}, nil, errProtocol
	}
	return VerbatimText(string(text[:3]), string(text[4:])), rest, nil
}

func parseAggregate(mark byte, n int64, rest []byte) (Reply, []byte, error) {
	kind, each := Array, int64(1)
	switch mark {
	case '*':
	case '~':
		kind = Set
	case '>':
		kind = Push
	case '%', '|':
		kind, each = Map, 2
	default:
		return Reply{}, nil, errProtocol
	}
	if n == -1 {
		return NilArray(), rest, nil
	}
	// The least an element takes is three bytes, so a length that lies costs nothing.
	if n < 0 || n > int64(len(rest)) {
		return Reply{}, nil, errProtocol
	}
	elems := make([]Reply, 0, n*each)
	for range n * each {
		var e Reply
		var err error
		if e, rest, err = Parse(rest); err != nil {
			return Reply{}, nil, err
		}
		elems = append(elems, e)
	}
	if mark == '|' {
		return Parse(rest)
	}
	return Reply{kind: kind, elems: elems}, rest, nil
}

// AppendShortest appends f in the shortest digits that read back as f, as a script's
// numbers become arguments: integers too large to be exact turn scientific.
func AppendShortest(dst []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) || f == 0 {
		return AppendFloat(dst, f)
	}
	return appendShortest(dst, f)
}
