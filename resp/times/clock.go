// Package times is how commands read and tell when a field of a hash or a member of a set expires. What it says of
// fields holds for members. It keeps nothing.
package times

import (
	"larder/resp/arg"
	"larder/resp/cmd"
)

// latest is the last moment that a field may expire at, in Unix milliseconds. Redis keeps two of 48 bits for itself.
const latest = 1<<46 - 1

// Clock says how a command writes a time: its unit in milliseconds, and whether it counts from now or from 1970.
type Clock struct {
	unit     int64
	relative bool
}

// The clocks: seconds and milliseconds from now, and since 1970.
var (
	Seconds     = Clock{1000, true}
	Millis      = Clock{1, true}
	UnixSeconds = Clock{1000, false}
	UnixMillis  = Clock{1, false}
)

func (cl Clock) base(c *cmd.Call) int64 {
	if cl.relative {
		return c.Tx.Now().UnixMilli()
	}
	return 0
}

// Read turns the next argument into Unix milliseconds.
func (cl Clock) Read(c *cmd.Call, s *arg.Scanner) int64 {
	n, base := s.Int(), cl.base(c)
	if n < 0 {
		s.Fail("invalid expire time, must be >= 0")
	}
	if n > latest/cl.unit || n*cl.unit > latest-base {
		s.Fail("invalid expire time in '" + c.LowerName() + "' command")
	}
	return n*cl.unit + base
}

// options are those that give a time.
var options = [...]struct {
	word string
	Clock
}{{"EX", Seconds}, {"PX", Millis}, {"EXAT", UnixSeconds}, {"PXAT", UnixMillis}}

// ReadOption reads an option that gives a time, 0 if the next argument is none.
func ReadOption(c *cmd.Call, s *arg.Scanner) int64 {
	for i := range options {
		if s.Word(options[i].word) {
			return max(options[i].Read(c, s), 1)
		}
	}
	return 0
}

// Choice is the time that an option gives, or that fields keep theirs.
type Choice struct {
	At   int64 // in Unix milliseconds, 0 for none
	Keep bool
}

// Read reads KEEPTTL or an option that gives a time, and reports whether the next argument is one.
func (o *Choice) Read(c *cmd.Call, s *arg.Scanner) bool {
	if !isOption(s.Peek()) {
		return false
	}
	switch {
	case o.Keep || o.At != 0:
		s.Fail("Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified")
	case s.Word("KEEPTTL"):
		o.Keep = true
	case s.Left() == 1:
		s.Fail("missing expire time")
	default:
		o.At = ReadOption(c, s)
	}
	return true
}

func isOption(word []byte) bool {
	for i := range options {
		if arg.Is(word, options[i].word) {
			return true
		}
	}
	return arg.Is(word, "KEEPTTL")
}

// Passed reports whether the time is one at which everything is gone at once.
func (o *Choice) Passed(c *cmd.Call) bool { return o.At != 0 && o.At <= c.Tx.Now().UnixMilli() }
