package caches

import (
	"bytes"
	"encoding/hex"
	"math"
	"strconv"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

func number(n uint64) reply.Reply { return reply.Text(strconv.FormatUint(n, 10)) }

// count reads COUNT n, if it is there.
func count(s *arg.Scanner, standard int64) int64 {
	if !s.WordWith("COUNT", 1) {
		return standard
	}
	n := s.Int()
	if n < 1 {
		s.Fail(arg.SyntaxError)
	}
	return n
}

var errNoFinder = store.Invalid("keys are only found by their names here")

func finderOf(tx store.Tx) (store.Finder, error) {
	if f, ok := store.As[store.Finder](tx); ok {
		return f, nil
	}
	return nil, errNoFinder
}

// scanPrefix has the last name as its cursor, in hexadecimal: it stays right whatever is
// added and removed meanwhile, and no number could say where a name stands.
func scanPrefix(c *cmd.Call) reply.Reply {
	s := c.Scan(3)
	span := store.Prefixed(c.Args[2])
	if at := s.String(); at != "0" {
		last, err := hex.DecodeString(at)
		if err != nil || !bytes.HasPrefix(last, c.Args[2]) {
			s.Fail("invalid cursor")
		}
		span = span.Beyond(last)
	}
	n := count(&s, 10)
	if err := s.End(); err != nil {
		return reply.Err(err)
	}
	list := c.List(reply.Array)
	last, err := eachName(c, span, n, list)
	if err != nil {
		return list.End(err)
	}
	next := "0"
	if int64(list.Len()) == n {
		next = hex.EncodeToString(last)
	}
	return reply.Of(reply.Text(next), list.Done())
}

// eachName adds at most n names of a span to a list, in pages, and returns the last.
func eachName(c *cmd.Call, span store.Span, n int64, to *reply.List) (last []byte, err error) {
	finder, err := finderOf(c.Tx)
	if err != nil {
		return nil, err
	}
	for n > 0 {
		span.Limit = int(min(n, pageKeys))
		names, err := finder.Names(c.DB, span)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			to.Bytes(name)
			last = name
		}
		if len(names) < span.Limit {
			break
		}
		n -= int64(len(names))
		span = span.Beyond(last)
	}
	return last, nil
}

func rangeOf(c *cmd.Call) reply.Reply {
	s := c.Scan(2)
	var span store.Span
	low, high := s.Bytes(), s.Bytes()
	empty := arg.Is(low, "+") || arg.Is(high, "-")
	span.From, span.After = bound(low)
	span.To, span.Before = bound(high)
	n := int64(math.MaxInt64)
	for s.More() {
		switch {
		case s.Word("REV"):
			span.Reverse = true
		case arg.Is(s.Peek(), "COUNT"):
			n = count(&s, 0)
			if s.Left() > 0 && n == 0 {
				s.Fail(arg.SyntaxError)
			}
		default:
			s.Fail(arg.SyntaxError)
		}
	}
	if err := s.End(); err != nil {
		return reply.Err(err)
	}
	list := c.List(reply.Array)
	if empty {
		return list.Done()
	}
	_, err := eachName(c, span, n, list)
	return list.End(err)
}

// bound reads an end of a range as ZRANGE's BYLEX has it, and takes a plain name too. - and
// + are the ends of all names.
func bound(word []byte) (name []byte, exclusive bool) {
	switch {
	case len(word) == 1 && (word[0] == '-' || word[0] == '+'):
		return nil, false
	case len(word) > 0 && word[0] == '(':
		return word[1:], true
	case len(word) > 0 && word[0] == '[':
		return word[1:], false
	}
	return word, false
}
