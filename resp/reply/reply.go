// Package reply holds what a command answers, as a value: handlers return it, and the
// session encodes it after the transaction has committed, in the client's protocol.
// A reply written to the socket before the commit would promise what may yet fail.
package reply

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"larder/store"
)

// Kind is the RESP3 type of a Reply; RESP2 clients get its nearest form.
type Kind uint8

const (
	None      Kind = iota // nothing is sent
	Null                  // _ ; RESP2 $-1
	NullArray             // _ ; RESP2 *-1
	Status                // +
	Error                 // -
	Int                   // :
	Bulk                  // $
	Double                // , ; RESP2 bulk
	Bool                  // # ; RESP2 :0 or :1
	BigNumber             // ( ; RESP2 bulk
	Verbatim              // = ; RESP2 bulk
	Array                 // *
	Map                   // % ; RESP2 flat array
	Set                   // ~ ; RESP2 array
	Push                  // > ; RESP2 array
	Attribute             // | ; nothing in RESP2
	built                 // a List, encoded already
	sequence              // several replies, one behind the other
)

// Reply is one value of the protocol. It is immutable once returned; slices given to
// it must not change until it is encoded. The zero Reply sends nothing.
type Reply struct {
	kind  Kind
	n     int64
	f     float64
	s     string
	b     []byte
	elems []Reply
	list  *List
}

// OK is the status every other command ends with.
func OK() Reply { return Reply{kind: Status, s: "OK"} }

// Word is a status reply. Line ends in it become spaces.
func Word(s string) Reply { return Reply{kind: Status, s: oneLine(s)} }

// Integer is an integer reply.
func Integer[T ~int | ~int64 | ~int32 | ~uint32 | ~uint8](n T) Reply {
	return Reply{kind: Int, n: int64(n)}
}

// Truth is 1 or 0, as Redis answers yes and no in both protocols.
func Truth(yes bool) Reply {
	if yes {
		return Reply{kind: Int, n: 1}
	}
	return Reply{kind: Int}
}

// Boolean is a RESP3 boolean, 1 or 0 in RESP2.
func Boolean(yes bool) Reply {
	r := Truth(yes)
	r.kind = Bool
	return r
}

// Bytes is a bulk string.
func Bytes(b []byte) Reply { return Reply{kind: Bulk, b: b} }

// Text is a bulk string.
func Text(s string) Reply { return Reply{kind: Bulk, s: s} }

// Float is a double, a bulk string in RESP2.
func Float(f float64) Reply { return Reply{kind: Double, f: f} }

// Decimal is a double written out to 17 places behind the point, as Redis writes coordinates.
func Decimal(f float64) Reply {
	text := strings.TrimRight(strconv.FormatFloat(f, 'f', 17, 64), "0")
	return Reply{kind: Double, f: f, s: strings.TrimSuffix(text, ".")}
}

// Big is a number too long for Integer, in decimal. Line ends in it become spaces.
func Big(s string) Reply { return Reply{kind: BigNumber, s: oneLine(s)} }

// Verbatim text of format "txt" or "mkd".
func VerbatimText(format, s string) Reply {
	return Reply{kind: Verbatim, s: s, b: []byte(format)}
}

// Nil is the null bulk string.
func Nil() Reply { return Reply{kind: Null} }

// NilArray is the null array.
func NilArray() Reply { return Reply{kind: NullArray} }

// Nothing is the absence of a reply.
func Nothing() Reply { return Reply{} }

// Of is an array.
func Of(elems ...Reply) Reply { return Reply{kind: Array, elems: elems} }

// MapOf is a map: key, value, key, value.
func MapOf(pairs ...Reply) Reply { return Reply{kind: Map, elems: pairs} }

// SetOf is a set.
func SetOf(elems ...Reply) Reply { return Reply{kind: Set, elems: elems} }

// AttributeOf is a map of remarks that stands before the reply it is about; RESP2 has none.
func AttributeOf(pairs ...Reply) Reply { return Reply{kind: Attribute, elems: pairs} }

// PushOf is an out-of-band message.
func PushOf(elems ...Reply) Reply { return Reply{kind: Push, elems: elems} }

// Texts is an array of bulk strings.
func Texts(words ...string) Reply {
	elems := make([]Reply, len(words))
	for i, w := range words {
		elems[i] = Text(w)
	}
	return Of(elems...)
}

// Words is an array of status replies: what container HELP answers.
func Words(lines ...string) Reply {
	elems := make([]Reply, len(lines))
	for i, l := range lines {
		elems[i] = Word(l)
	}
	return Of(elems...)
}

// Fail is an error reply whose text begins with its code: "ERR syntax error". Line ends behind the
// text are dropped, others become spaces. That happens here, and not when the reply is encoded,
// because scripts and the statistics of errors read the same text.
func Fail(text string) Reply { return Reply{kind: Error, s: oneLine(strings.TrimRight(text, "\r\n"))} }

// Failf is Fail with words of a client, each in the place of a %s as Quote shows it.
func Failf(form string, words ...[]byte) Reply {
	quoted := make([]any, len(words))
	for i, w := range words {
		quoted[i] = Quote(w)
	}
	return Fail(fmt.Sprintf(form, quoted...))
}

// Quote is what an error shows of a client's word: the bytes before its first NUL, where the %s of
// C ends.
func Quote[T ~string | ~[]byte](word T) string {
	text, _, _ := strings.Cut(string(word), "\x00")
	return text
}

// Err maps an error to the wire; it is the only place that does.
func Err(err error) Reply { return Fail(errorText(err)) }

func errorText(err error) string {
	var e *store.Error
	if !errors.As(err, &e) {
		return "ERR internal error: " + err.Error()
	}
	switch e.Code {
	case store.CodeInvalid:
		return "ERR " + e.Message
	case store.CodeWrongType:
		return "WRONGTYPE " + store.ErrWrongType.Message
	case store.CodeLate:
		return "TIMEOUT " + e.Message
	case store.CodeFull:
		return "MISCONF Errors writing to the AOF file: No space left on device" // as Redis has it
	case store.CodeIO:
		return "MISCONF The data directory cannot be written: " + e.Error()
	}
	return "ERR " + e.Error()
}

// oneLine keeps a text from ending its line of the protocol: a client that chose the text could write replies of its
// own behind it.
func oneLine(s string) string {
	if strings.IndexByte(s, '\r') < 0 && strings.IndexByte(s, '\n') < 0 {
		return s
	}
	b := []byte(s)
	for i, c := range b {
		if c == '\r' || c == '\n' {
			b[i] = ' '
		}
	}
	return string(b)
}

// Kind returns the reply's type; a List reports the kind it was made with.
func (r Reply) Kind() Kind {
	if r.kind == built {
		return r.list.kind
	}
	return r.kind
}

// IsError reports whether this is an error: then the command's writes are undone.
func (r Reply) IsError() bool { return r.kind == Error }

// ErrorText is the text of an error reply, its code first.
func (r Reply) ErrorText() string { return r.s }
