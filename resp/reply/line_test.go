package reply_test

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"larder/resp/reply"
)

func TestLinesHoldWhatTheirMakerChose(t *testing.T) {
	rows := []struct {
		r    reply.Reply
		want string
	}{
		{reply.Fail("ERR a\r\nb\n\rc\r\n"), "-ERR a  b  c\r\n"},
		{reply.Fail("\r\n+OK\r\n"), "-  +OK\r\n"},
		{reply.Fail(""), "-\r\n"},
		{reply.Fail("ERR \x00 stays"), "-ERR \x00 stays\r\n"},
		{reply.Word("a\r\nb\r\n"), "+a  b  \r\n"},
		{reply.Failf("ERR no '%s' in '%s'", []byte("a\r\nb\x00c"), []byte("\xff%s")), "-ERR no 'a  b' in '\xff%s'\r\n"},
		{reply.Err(errors.New("disk\r\n+OK\r\n")), "-ERR internal error: disk  +OK\r\n"},
	}
	for _, row := range rows {
		for _, proto := range []int{2, 3} {
			if got := string(row.r.Append(nil, proto)); got != row.want {
				t.Errorf("RESP%d: got %q, want %q", proto, got, row.want)
			}
		}
	}
	if got := string(reply.Big("1\r\n2").Append(nil, 3)); got != "(1  2\r\n" {
		t.Errorf("a big number: got %q", got)
	}
	if got := reply.Fail("MY\r\nown").ErrorText(); got != "MY  own" {
		t.Errorf("a script would read %q", got)
	}
}

// FuzzAReplyIsOneReply makes replies of any shape from any bytes: whoever reads what is sent finds the shape
// that was made, and nothing behind it.
func FuzzAReplyIsOneReply(f *testing.F) {
	for kind := range byte(len(leaves)) {
		f.Add([]byte{kind}, "a\r\nb\x00\n+OK\r\n")
	}
	f.Add([]byte{200, 3, 0, 201, 2, 1, 203, 2, 2, 3, 202, 1, 4, 204, 2, 0, 1}, "\r\n$5\r\n*1\r\n")
	f.Fuzz(func(t *testing.T, plan []byte, text string) {
		for _, proto := range []int{2, 3} {
			m := &maker{plan: plan, text: text, proto: proto}
			r, shape := m.make(0)
			encoded := r.Append([]byte("before"), proto)
			got, rest, err := shapeOf(encoded[len("before"):])
			if err != nil || len(rest) != 0 || got != shape {
				t.Errorf("RESP%d: %s is sent as %q, which is %s and %q (%v)", proto, shape, encoded, got, rest, err)
			}
			if _, rest, err = reply.Parse(encoded[len("before"):]); err != nil || len(rest) != 0 {
				t.Errorf("RESP%d: Parse leaves %q of %q (%v)", proto, rest, encoded, err)
			}
			plain, err := r.Plain()
			if err != nil || string(plain.Append(nil, proto)) != string(encoded[len("before"):]) {
				t.Errorf("RESP%d: Plain makes %q of %q (%v)", proto, plain.Append(nil, proto), encoded, err)
			}
		}
	})
}

// leaves are the replies that hold no others.
var leaves = []func(text string) reply.Reply{
	reply.Fail,
	reply.Word,
	reply.Text,
	reply.Big,
	func(text string) reply.Reply { return reply.VerbatimText("txt", text) },
	func(text string) reply.Reply { return reply.Bytes([]byte(text)) },
	func(text string) reply.Reply { return reply.Failf("ERR '%s' and '%s'", []byte(text), []byte(text)) },
	func(text string) reply.Reply { return reply.Err(errors.New(text)) },
	func(text string) reply.Reply { return reply.Integer(len(text)) },
	func(text string) reply.Reply { return reply.Float(float64(len(text)) / 3) },
	func(text string) reply.Reply { return reply.Boolean(text == "") },
	func(string) reply.Reply { return reply.Nil() },
	func(string) reply.Reply { return reply.NilArray() },
}

// maker builds a reply as the bytes of its plan say, and its shape: "." for a leaf, brackets around elements.
type maker struct {
	plan  []byte
	text  string
	proto int
}

func (m *maker) next() byte {
	if len(m.plan) == 0 {
		return 0
	}
	b := m.plan[0]
	m.plan = m.plan[1:]
	return b
}

func (m *maker) make(depth int) (reply.Reply, string) {
	b := m.next()
	if b < 200 || depth == 20 {
		return leaves[int(b)%len(leaves)](m.text), "."
	}
	n := int(m.next() % 8)
	if b%5 == 3 {
		n += n % 2 // a map
	}
	elems, shape := make([]reply.Reply, n), "["
	for i := range elems {
		var s string
		elems[i], s = m.make(depth + 1)
		shape += s
	}
	switch b % 5 {
	case 0:
		return reply.Of(elems...), shape + "]"
	case 1:
		return reply.SetOf(elems...), shape + "]"
	case 2:
		return reply.PushOf(elems...), shape + "]"
	case 3:
		return reply.MapOf(elems...), shape + "]"
	}
	l := reply.NewList(m.proto, reply.Array)
	for _, e := range elems {
		l.Reply(e)
	}
	l.Bytes([]byte(m.text))
	return l.Done(), shape + ".]"
}

// shapeOf reads a reply as a client does that takes a line to end at its first CR or LF.
func shapeOf(b []byte) (shape string, rest []byte, err error) {
	end := bytes.IndexAny(b, "\r\n")
	if end < 1 || !bytes.HasPrefix(b[end:], []byte("\r\n")) {
		return "", b, fmt.Errorf("no line at %q", b)
	}
	line, rest := string(b[1:end]), b[end+2:]
	if strings.IndexByte("+-:(,#_", b[0]) >= 0 {
		return ".", rest, nil
	}
	n, err := strconv.Atoi(line)
	switch {
	case err != nil:
		return "", rest, err
	case n < 0:
		return ".", rest, nil
	case b[0] == '$' || b[0] == '=':
		if len(rest) < n+2 || string(rest[n:n+2]) != "\r\n" {
			return "", rest, fmt.Errorf("no end of a string at %q", rest)
		}
		return ".", rest[n+2:], nil
	case b[0] == '%':
		n *= 2
	}
	shape = "["
	for range n {
		var s string
		if s, rest, err = shapeOf(rest); err != nil {
			return "", rest, err
		}
		shape += s
	}
	return shape + "]", rest, nil
}
