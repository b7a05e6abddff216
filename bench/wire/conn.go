// Package wire is the smallest RESP2 client that can load and measure a server: no pooling, no retries.
package wire

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// ServerError is an error reply of the server: the connection stays usable.
type ServerError string

// Error is the server's text.
func (e ServerError) Error() string { return string(e) }

var errShape = errors.New("the server's answer is not RESP2")

// Reply is an answer reduced to what a benchmark looks at.
type Reply struct {
	Kind byte   // '+', ':', '$' or '*' of RESP2
	Int  int64  // the number of ':', the length of '$' and '*', -1 for nil
	Text string // the text of '+'; bulk strings are read and dropped
}

// Conn is one connection. One goroutine at a time.
type Conn struct {
	net net.Conn
	in  *bufio.Reader
	out *bufio.Writer
	num []byte
}

// Dial connects to addr (host:port). No deadline is set yet.
func Dial(addr string) (*Conn, error) {
	c, err := net.DialTimeout("tcp", addr, 5*time.Second)
	if err != nil {
		return nil, err
	}
	return &Conn{net: c, in: bufio.NewReaderSize(c, 64<<10), out: bufio.NewWriterSize(c, 64<<10)}, nil
}

// Close ends the connection.
func (c *Conn) Close() error { return c.net.Close() }

// SetDeadline bounds every read and write until the next call.
func (c *Conn) SetDeadline(t time.Time) error { return c.net.SetDeadline(t) }

// Append buffers one command; Flush sends. A failed write shows at Flush.
func (c *Conn) Append(args ...string) {
	c.header('*', len(args))
	for _, a := range args {
		c.header('$', len(a))
		c.out.WriteString(a)
		c.out.WriteString("\r\n")
	}
}

func (c *Conn) header(kind byte, n int) {
	c.num = append(strconv.AppendInt(append(c.num[:0], kind), int64(n), 10), '\r', '\n')
	c.out.Write(c.num)
}

// Flush sends what Append has buffered.
func (c *Conn) Flush() error { return c.out.Flush() }

// Do sends one command and reads its answer, which is a ServerError if the server says no.
func (c *Conn) Do(args ...string) (Reply, error) {
	c.Append(args...)
	if err := c.Flush(); err != nil {
		return Reply{}, err
	}
	return c.Receive()
}

// Receive reads one answer and drops its payload.
func (c *Conn) Receive() (Reply, error) {
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return Reply{}, err
	}
	if len(line) < 3 {
		return Reply{}, errShape
	}
	kind, rest := line[0], line[1:len(line)-2]
	switch kind {
	case '+':
		return Reply{Kind: kind, Text: string(rest)}, nil
	case '-':
		return Reply{}, ServerError(rest)
	case ':', '$', '*':
		n, err := strconv.ParseInt(string(rest), 10, 64)
		if err != nil {
			return Reply{}, fmt.Errorf("%w: %q", errShape, rest)
		}
		return Reply{Kind: kind, Int: n}, c.drop(kind, n)
	}
	return Reply{}, fmt.Errorf("%w: %q", errShape, line)
}

// drop reads over the payload that follows a header.
func (c *Conn) drop(kind byte, n int64) error {
	if kind == ':' || n < 0 {
		return nil
	}
	if kind == '$' {
		_, err := io.CopyN(io.Discard, c.in, n+2)
		return err
	}
	var refused error // of one element: the others follow all the same
	for range n {
		_, err := c.Receive()
		if said := ServerError(""); err != nil && !errors.As(err, &said) {
			return err
		}
		if refused == nil {
			refused = err
		}
	}
	return refused
}
