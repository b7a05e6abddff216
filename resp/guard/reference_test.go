package guard

import (
	"bytes"
	"fmt"
	"math/big"
	"math/rand"
	"testing"
)

// reference reads a finished stream the plain way, after networking.c: one pass, strings, big numbers.
func reference(in []byte, stranger bool) (o outcome) {
	for len(in) > 0 {
		args, rest, text, whole := referenceCommand(in, stranger)
		if text != "" {
			o.Refusal = text
			return o
		}
		if !whole {
			return o
		}
		if len(args) > 0 {
			o.Commands = append(o.Commands, args)
		}
		in = rest
	}
	return o
}

func referenceCommand(in []byte, stranger bool) (args []string, rest []byte, text string, whole bool) {
	if in[0] != '*' {
		return referenceInline(in)
	}
	line, rest, long, whole := referenceHeader(in)
	if long {
		return nil, nil, tooBigCount, false
	}
	if !whole {
		return nil, nil, "", false
	}
	count, ok := referenceNumber(line[1:], 1<<31-1)
	if !ok {
		return nil, nil, invalidCount, false
	}
	if count > 10 && stranger {
		return nil, nil, unauthorizedCount, false
	}
	for ; count > 0; count-- {
		in = rest
		line, rest, long, whole = referenceHeader(in)
		if long {
			return nil, nil, tooBigLength, false
		}
		if !whole {
			return nil, nil, "", false
		}
		if in[0] != '$' {
			return nil, nil, expectedDollar(in[0]), false
		}
		size, ok := referenceNumber(line[1:], 512<<20)
		if !ok || size < 0 {
			return nil, nil, invalidLength, false
		}
		if size > 16384 && stranger {
			return nil, nil, unauthorizedLength, false
		}
		if int64(len(rest)) < size+2 {
			return nil, nil, "", false
		}
		args = append(args, string(rest[:size]))
		rest = rest[size+2:]
	}
	return args, rest, "", true
}

func referenceHeader(in []byte) (line string, rest []byte, long, whole bool) {
	visible, _, _ := bytes.Cut(in, []byte{0})
	end := bytes.IndexByte(visible, '\r')
	if end < 0 {
		return "", nil, len(in) > 65536, false
	}
	if end > 65536 {
		return "", nil, true, false
	}
	if end+1 >= len(in) {
		return "", nil, false, false
	}
	return string(in[:end]), in[end+2:], false, true
}

func referenceNumber(s string, most int64) (int64, bool) {
	v, ok := new(big.Int).SetString(s, 10)
	if !ok || v.String() != s || !v.IsInt64() || v.Int64() > most {
		return 0, false
	}
	return v.Int64(), true
}

func referenceInline(in []byte) (args []string, rest []byte, text string, whole bool) {
	visible, _, _ := bytes.Cut(in, []byte{0})
	end := bytes.IndexByte(visible, '\n')
	if end > 65536 || end < 0 && len(in) > 65536 {
		return nil, nil, tooBigInline, false
	}
	if end < 0 {
		return nil, nil, "", false
	}
	args, ok := sdssplitargs(string(bytes.TrimSuffix(in[:end], []byte("\r"))) + "\x00")
	if !ok {
		return nil, nil, unbalancedQuotes, false
	}
	return args, in[end+1:], "", true
}

// sdssplitargs is Redis's function, line by line; p ends with a NUL.
func sdssplitargs(p string) (args []string, ok bool) {
	space := func(c byte) bool { return bytes.IndexByte([]byte(" \t\n\v\f\r"), c) >= 0 }
	hex := func(c byte) bool { return bytes.IndexByte([]byte("0123456789abcdefABCDEF"), c) >= 0 }
	for {
		for p[0] != 0 && space(p[0]) {
			p = p[1:]
		}
		if p[0] == 0 {
			return args, true
		}
		inq, insq, done := false, false, false
		current := []byte{}
		for !done {
			switch {
			case inq && p[0] == '\\' && p[1] == 'x' && hex(p[2]) && hex(p[3]):
				var c byte
				_, _ = fmt.Sscanf(p[2:4], "%02x", &c)
				current = append(current, c)
				p = p[3:]
			case inq && p[0] == '\\' && p[1] != 0:
				p = p[1:]
				c := p[0]
				if i := bytes.IndexByte([]byte("nrtba"), c); i >= 0 {
					c = "\n\r\t\b\a"[i]
				}
				current = append(current, c)
			case insq && p[0] == '\\' && p[1] == '\'':
				p = p[1:]
				current = append(current, '\'')
			case inq && p[0] == '"', insq && p[0] == '\'':
				if p[1] != 0 && !space(p[1]) {
					return nil, false
				}
				done = true
			case inq || insq:
				if p[0] == 0 {
					return nil, false
				}
				current = append(current, p[0])
			case bytes.IndexByte([]byte(" \n\r\t\x00"), p[0]) >= 0:
				done = true
			case p[0] == '"':
				inq = true
			case p[0] == '\'':
				insq = true
			default:
				current = append(current, p[0])
			}
			if p[0] != 0 {
				p = p[1:]
			}
		}
		args = append(args, string(current))
	}
}

// FuzzGuard: no input, in whatever pieces, panics the guard or redcon behind it, or means anything else than it does
// to Redis.
func FuzzGuard(f *testing.F) {
	for i, in := range []string{
		"*1\r\n$9223372036854775800\r\nabc", "*1000000000\r\n$3\r\nabc\r\n", bulks("SET", "k", "v") + bulks("GET", "k"),
		"*0\r\n*-1\r\n\r\nget \"a\\x41\" 'b'\n", bulks("") + "*1\rX$1\r\nab\r*1\r\n\x00", "set \"a\n", "*11\r\n", "*2\r\n$16385\r\n",
	} {
		f.Add([]byte(in), int64(i), i%2 == 0)
	}
	f.Fuzz(func(t *testing.T, in []byte, seed int64, stranger bool) {
		want := reference(in, stranger)
		limits := NewLimits()
		rnd := rand.New(rand.NewSource(seed))
		mustEqual(t, "whole", want, through(t, limits, stranger, split(in, len(in), nil)))
		mustEqual(t, "byte by byte", want, through(t, limits, stranger, split(in, 1, nil)))
		mustEqual(t, "in pieces", want, through(t, limits, stranger, split(in, 1+rnd.Intn(100), rnd)))
	})
}
