package cmd

import (
	"strings"

	"larder/resp/reply"
)

// LowerName is the command's full name as Redis's error texts have it.
func (c *Call) LowerName() string { return c.Spec.LowerName() }

// LowerName is FullName in lower case.
func (s *Spec) LowerName() string { return strings.ToLower(s.FullName()) }

// Takes reports whether a command line of n words is one of the command's.
func (s *Spec) Takes(n int) bool { return n == s.Arity || s.Arity < 0 && n >= -s.Arity }

// UnknownForm is the error of a subcommand that got a number of words it has no form for.
func (c *Call) UnknownForm() reply.Reply {
	word := c.Args[1][:min(len(c.Args[1]), 128)]
	return reply.Fail("ERR unknown subcommand or wrong number of arguments for '" + reply.Quote(word) +
		"'. Try " + c.Spec.Parent + " HELP.")
}

// WrongArity is the error of a command that allows a number of words its row cannot
// express: LPOP takes one or two arguments, the row says "at least".
func (c *Call) WrongArity() reply.Reply {
	return reply.Fail("ERR wrong number of arguments for '" + c.LowerName() + "' command")
}
