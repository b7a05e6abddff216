package conns

import (
	"time"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
)

// Answering says which of a client's commands are answered.
type Answering uint8

// The words of CLIENT REPLY.
const (
	AnswerAll Answering = iota
	AnswerNone
	SkipNext // not the next one
)

// replies is CLIENT REPLY; only ON is answered itself.
func (f *family) replies(c *cmd.Call) reply.Reply {
	switch {
	case arg.Is(c.Args[2], "ON"):
		f.host.Answer(c, AnswerAll)
		return reply.OK()
	case arg.Is(c.Args[2], "OFF"):
		f.host.Answer(c, AnswerNone)
	case arg.Is(c.Args[2], "SKIP"):
		f.host.Answer(c, SkipNext)
	default:
		return reply.Fail("ERR " + arg.SyntaxError)
	}
	return reply.Nothing()
}

// maxPause keeps the end of a pause within what times can hold.
const maxPause = 100 * 365 * 24 * time.Hour

func (f *family) pause(c *cmd.Call) reply.Reply {
	if len(c.Args) > 4 {
		return c.UnknownForm()
	}
	s := c.Scan(2)
	all := true
	if len(c.Args) == 4 {
		all = arg.Is(c.Args[3], "ALL")
		if !all && !arg.Is(c.Args[3], "WRITE") {
			return reply.Fail("ERR CLIENT PAUSE mode must be WRITE or ALL")
		}
	}
	millis := s.IntOr("timeout is not an integer or out of range")
	if millis < 0 {
		s.Fail("timeout is negative")
	}
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	f.host.Pause(time.Duration(min(millis, maxPause.Milliseconds()))*time.Millisecond, all)
	return reply.OK()
}

func (f *family) unpause(*cmd.Call) reply.Reply {
	f.host.Unpause()
	return reply.OK()
}

// unblock ends the wait of another client's blocking command, as if its time were over or
// with an error. A client that does not wait, or waits for a pause to end, answers 0.
func (f *family) unblock(c *cmd.Call) reply.Reply {
	if len(c.Args) > 4 {
		return c.UnknownForm()
	}
	failed := len(c.Args) == 4 && arg.Is(c.Args[3], "ERROR")
	if len(c.Args) == 4 && !failed && !arg.Is(c.Args[3], "TIMEOUT") {
		return reply.Fail("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR")
	}
	s := c.Scan(2)
	id := s.Int()
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	other := f.host.Client(id)
	return reply.Truth(other != nil && other.Unblock(failed))
}
