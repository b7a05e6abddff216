package servers

import (
	"context"
	"math"
	"strconv"
	"time"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
)

func (f *family) info(c *cmd.Call) reply.Reply {
	var sections []string
	for _, a := range c.Args[1:] {
		sections = append(sections, string(a))
	}
	return reply.VerbatimText("txt", f.host.Info(sections))
}

func clock(*cmd.Call) reply.Reply {
	now := time.Now()
	return reply.Texts(strconv.FormatInt(now.Unix(), 10), strconv.Itoa(now.Nanosecond()/1000))
}

// lolwut draws a larder: shelves of jars.
func lolwut(c *cmd.Call) reply.Reply {
	s := c.Scan(1)
	if s.WordWith("VERSION", 1) {
		s.Int()
	}
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	const shelf = " __  _  __ __  _ __ \n(__)(_)(__)__)(_)__)\n|  || ||  |  || |  |\n====================\n"
	return reply.VerbatimText("txt", shelf+shelf+"\nA larder: cool, roomy, cheap. Redis ver. "+cmd.RedisVersion+"\n")
}

func role(*cmd.Call) reply.Reply {
	return reply.Of(reply.Text("master"), reply.Integer(0), reply.Of())
}

// shutdown takes Redis's options. Data is on disk already: SAVE, or a save line, is about the RDB file.
func (f *family) shutdown(c *cmd.Call) reply.Reply {
	s := c.Scan(1)
	var save, nosave, abort, now, force bool
	for s.More() {
		switch {
		case s.Word("SAVE"):
			save = true
		case s.Word("NOSAVE"):
			nosave = true
		case s.Word("NOW"):
			now = true
		case s.Word("FORCE"):
			force = true
		case s.Word("ABORT"):
			abort = true
		default:
			s.Fail(arg.SyntaxError)
		}
	}
	if s.Err() == nil && (save && nosave || abort && (save || nosave || now || force)) {
		s.Fail(arg.SyntaxError)
	}
	switch {
	case s.Err() != nil:
		return reply.Err(s.Err())
	case abort:
		return reply.Fail("ERR No shutdown in progress.")
	}
	if text, busy := f.host.Busy(); busy && !nosave {
		return reply.Fail(text)
	}
	if save || !nosave && f.host.SavesAlone() {
		if err := f.host.Save(context.Background()); err != nil && !force {
			return reply.Fail("ERR Errors trying to SHUTDOWN. Check logs.")
		}
	}
	c.Client.Killed.Store(true)
	f.host.Stop()
	return reply.Nothing()
}

func (f *family) slowlogGet(c *cmd.Call) reply.Reply {
	if len(c.Args) > 3 {
		return c.UnknownForm()
	}
	s := c.Scan(2)
	count := int64(10)
	if s.More() {
		count = s.IntIn(-1, math.MaxInt64, "count should be greater than or equal to -1")
	}
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	var entries []reply.Reply
	for _, e := range f.host.Stats().Slow.Newest(int(min(count, 1<<31))) {
		entries = append(entries, reply.Of(reply.Integer(e.ID), reply.Integer(e.At.Unix()),
			reply.Integer(e.Took.Microseconds()),
			reply.Texts(e.Args...), reply.Text(e.Addr), reply.Text(e.Client)))
	}
	return reply.Of(entries...)
}

func (f *family) slowlogLen(*cmd.Call) reply.Reply { return reply.Integer(f.host.Stats().Slow.Len()) }

func (f *family) slowlogReset(*cmd.Call) reply.Reply {
	f.host.Stats().Slow.Reset()
	return reply.OK()
}

// memoryUsage answers the bytes the key accounts for: names, fields and values.
func memoryUsage(c *cmd.Call) reply.Reply {
	s := c.Scan(3)
	for s.More() {
		if !s.WordWith("SAMPLES", 1) {
			return reply.Fail("ERR syntax error")
		}
		if n := s.Int(); s.Err() == nil && n < 0 {
			return reply.Fail("ERR syntax error")
		}
	}
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	heads, err := c.Tx.Heads(nil, c.Key(2))
	switch {
	case err != nil:
		return reply.Err(err)
	case !heads[0].Exists():
		return reply.Nil()
	}
	return reply.Integer(heads[0].Bytes)
}

func (f *family) memoryPurge(*cmd.Call) reply.Reply {
	f.host.Release()
	return reply.OK()
}

func (f *family) latencyReset(c *cmd.Call) reply.Reply {
	names := make([]string, 0, len(c.Args)-2)
	for _, a := range c.Args[2:] {
		names = append(names, string(a))
	}
	return reply.Integer(f.host.Stats().Events.Reset(names...))
}

func noSamples(event []byte) reply.Reply {
	return reply.Failf("ERR No samples available for event '%s'", event)
}
