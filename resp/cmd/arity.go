package cmd

import (
	"strings"

	"larder/resp/reply"
)

// LowerName is the command's full name as Redis's error texts have it.
func (c *Call) LowerName() string { return strings.ToLower(c.Spec.FullName()) }

// WrongArity is the error of a command that allows a number of words its row cannot
// express: LPOP takes one or two arguments, the row says "at least".
func (c *Call) WrongArity() reply.Reply {
	return reply.Fail("ERR wrong number of arguments for '" + c.LowerName() + "' command")
}
