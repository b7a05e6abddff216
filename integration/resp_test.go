package integration

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"
)

// value is a parsed reply. Kind is the byte RESP begins it with, or 'x' where the
// connection ended instead. Null is a null of RESP2 ($-1, *-1) or RESP3 (_).
type value struct {
	kind byte
	text string  // of scalars
	list []value // of aggregates; a map's pairs one behind the other
	null bool
}

// closed stands for "the server ended the connection".
var closed = value{kind: 'x', text: "connection closed"}

func (v value) isError() bool { return v.kind == '-' || v.kind == '!' }

// class is what scripts may match on: the first word of an error, else the kind.
func (v value) class() string {
	switch {
	case v.isError():
		word, _, _ := strings.Cut(v.text, " ")
		return "-" + word
	case v.null:
		return "null"
	}
	return string(v.kind)
}

// String shows a reply the way redis-cli would, on one line.
func (v value) String() string {
	switch {
	case v.kind == 'x':
		return "(" + v.text + ")"
	case v.null:
		return "(nil)"
	case v.isError():
		return "(error) " + strconv.Quote(v.text)
	case v.kind == '$' || v.kind == '=':
		return strconv.Quote(v.text)
	case strings.IndexByte("*~%>", v.kind) >= 0:
		parts := make([]string, len(v.list))
		for i, e := range v.list {
			parts[i] = e.String()
		}
		return string(v.kind) + "[" + strings.Join(parts, " ") + "]"
	}
	return string(v.kind) + v.text
}

// conn is a client of the tests' own: it keeps a reply's raw bytes and parses them.
// One goroutine at a time.
type conn struct {
	net.Conn
	r   *bufio.Reader
	raw bytes.Buffer // of the reply being read
}

func dial(t testing.TB, s *server) *conn {
	t.Helper()
	return dialAt(t, "tcp", s.addr())
}

func dialAt(t testing.TB, network, addr string) *conn {
	t.Helper()
	c, err := net.DialTimeout(network, addr, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &conn{Conn: c, r: bufio.NewReader(c)}
}

// encode is a command as RESP.
func encode(words ...string) []byte {
	b := fmt.Appendf(nil, "*%d\r\n", len(words))
	for _, w := range words {
		b = fmt.Appendf(b, "$%d\r\n%s\r\n", len(w), w)
	}
	return b
}

// do sends one command and reads its reply.
func (c *conn) do(words ...string) (value, string) { return c.send(encode(words...)) }

// send writes bytes as they are and reads one reply. A connection that ends is a reply of kind 'x'.
func (c *conn) send(b []byte) (value, string) {
	c.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := c.Write(b); err != nil {
		// The server may have answered before it closed: read that first.
		if v, raw := c.receive(); v.kind != 'x' {
			return v, raw
		}
		return closed, ""
	}
	return c.receive()
}

// receive reads one reply.
func (c *conn) receive() (value, string) {
	c.SetDeadline(time.Now().Add(30 * time.Second))
	c.raw.Reset()
	v, err := c.parse()
	var timeout net.Error
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		return value{kind: 'x', text: "no reply within 30 s"}, c.raw.String()
	case err != nil && strings.HasPrefix(err.Error(), "RESP:"):
		return value{kind: 'x', text: err.Error()}, c.raw.String()
	case err != nil:
		return closed, c.raw.String()
	}
	return v, c.raw.String()
}

func (c *conn) line() (string, error) {
	l, err := c.r.ReadString('\n')
	c.raw.WriteString(l)
	if err != nil {
		return "", err
	}
	if !strings.HasSuffix(l, "\r\n") {
		return "", fmt.Errorf("RESP: line %q does not end in CRLF", l)
	}
	return l[:len(l)-2], nil
}

func (c *conn) parse() (value, error) {
	l, err := c.line()
	if err != nil {
		return value{}, err
	}
	if l == "" {
		return value{}, errors.New("RESP: empty line")
	}
	v := value{kind: l[0], text: l[1:]}
	switch l[0] {
	case '+', '-', ':', ',', '#', '(':
		return v, nil
	case '_':
		v.null = true
		return v, nil
	case '$', '=', '!':
		return c.bulk(v)
	case '*', '~', '%', '>':
		return c.aggregate(v)
	}
	return v, fmt.Errorf("RESP: unknown type in %q", l)
}

func (c *conn) bulk(v value) (value, error) {
	n, err := strconv.Atoi(v.text)
	if err != nil || n < -1 {
		return v, fmt.Errorf("RESP: bulk length %q", v.text)
	}
	if n == -1 {
		v.null = true
		return v, nil
	}
	b := make([]byte, n+2)
	read, err := io.ReadFull(c.r, b)
	c.raw.Write(b[:read])
	if err != nil {
		return v, err
	}
	if string(b[n:]) != "\r\n" {
		return v, errors.New("RESP: bulk does not end in CRLF")
	}
	v.text = string(b[:n])
	return v, nil
}

func (c *conn) aggregate(v value) (value, error) {
	n, err := strconv.Atoi(v.text)
	if err != nil || n < -1 {
		return v, fmt.Errorf("RESP: length %q", v.text)
	}
	if n == -1 {
		v.null = true
		return v, nil
	}
	if v.kind == '%' {
		n *= 2
	}
	v.list = make([]value, 0, n)
	for range n {
		e, err := c.parse()
		if err != nil {
			return v, err
		}
		v.list = append(v.list, e)
	}
	return v, nil
}

// must runs a command that has to succeed.
func (c *conn) must(t testing.TB, words ...string) value {
	t.Helper()
	v, _ := c.do(words...)
	if v.isError() || v.kind == 'x' {
		t.Fatalf("%.200q: %v", words, v)
	}
	return v
}

// texts are the elements of an aggregate of scalars.
func (v value) texts() []string {
	out := make([]string, len(v.list))
	for i, e := range v.list {
		out[i] = e.text
	}
	return out
}

// field finds a field of a map or of a flat array of pairs.
func (v value) field(name string) (value, bool) {
	for i := 0; i+1 < len(v.list); i += 2 {
		if v.list[i].text == name {
			return v.list[i+1], true
		}
	}
	return value{}, false
}
