package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// conn is a connection to the server under test. It belongs to one goroutine.
type conn struct {
	net.Conn
	in  *bufio.Reader
	out *bufio.Writer
	db  int // selected on the server
}

// reply is what the server answers, in RESP2.
type reply struct {
	kind byte // + - : $ *
	text string
	list []reply
	null bool
}

// patience is how long a server may be silent before it counts as hung.
const patience = 2 * time.Minute

func dial(addr string) (*conn, error) {
	c, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, in: bufio.NewReaderSize(c, 1<<16), out: bufio.NewWriterSize(c, 1<<16)}, nil
}

// send writes a command into the buffer.
func (c *conn) send(words ...string) {
	fmt.Fprintf(c.out, "*%d\r\n", len(words))
	for _, w := range words {
		fmt.Fprintf(c.out, "$%d\r\n", len(w))
		c.out.WriteString(w)
		c.out.WriteString("\r\n")
	}
}

// flush sends what is buffered, and gives the server its time to answer.
func (c *conn) flush() error {
	c.SetDeadline(time.Now().Add(patience))
	return c.out.Flush()
}

// do sends one command and reads its reply; an error reply is an error.
func (c *conn) do(words ...string) (reply, error) {
	c.send(words...)
	if err := c.flush(); err != nil {
		return reply{}, err
	}
	r, err := c.read()
	if err == nil && r.kind == '-' {
		err = fmt.Errorf("%.60q answers %s", words, r.text)
	}
	return r, err
}

func (c *conn) read() (reply, error) {
	line, err := c.in.ReadString('\n')
	if err != nil {
		return reply{}, err
	}
	if len(line) < 3 {
		return reply{}, fmt.Errorf("a reply begins with %q", line)
	}
	r := reply{kind: line[0], text: strings.TrimSuffix(line[1:], "\r\n")}
	switch r.kind {
	case '+', '-', ':':
		return r, nil
	case '$', '*':
	default:
		return r, fmt.Errorf("a reply begins with %q", line)
	}
	n, err := strconv.Atoi(r.text)
	if err != nil || n < 0 {
		r.null = true
		return r, err
	}
	if r.kind == '$' {
		body := make([]byte, n+2)
		_, err = io.ReadFull(c.in, body)
		r.text = string(body[:n])
		return r, err
	}
	for range n {
		e, err := c.read()
		if err != nil {
			return r, err
		}
		r.list = append(r.list, e)
	}
	return r, nil
}

func (r reply) texts() (all []string) {
	for _, e := range r.list {
		all = append(all, e.text)
	}
	return all
}
