package hashes

import (
	"math"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/resp/times"
)

const (
	needsFields = "Mandatory argument FIELDS is missing or not at the right position"
	needsNumber = "Number of fields must be a positive integer"
	notAsMany   = "The `numfields` parameter must match the number of arguments"
)

// namedFields reads FIELDS, a number, and as many fields, to the end.
func namedFields(s *arg.Scanner, badNumber string) [][]byte {
	if !s.Word("FIELDS") {
		s.Fail(needsFields)
	}
	n := s.IntIn(1, math.MaxInt64, badNumber)
	if n != int64(s.Left()) {
		s.Fail(notAsMany)
	}
	return s.Rest()
}

func hexpire(c *cmd.Call) reply.Reply    { return setExpiry(c, times.Seconds) }
func hpexpire(c *cmd.Call) reply.Reply   { return setExpiry(c, times.Millis) }
func hexpireAt(c *cmd.Call) reply.Reply  { return setExpiry(c, times.UnixSeconds) }
func hpexpireAt(c *cmd.Call) reply.Reply { return setExpiry(c, times.UnixMillis) }

func setExpiry(c *cmd.Call, cl times.Clock) reply.Reply {
	h, err := open(c)
	if err != nil {
		return reply.Err(err)
	}
	s := c.Scan(2)
	at := cl.Read(c, &s)
	allows := times.ReadCondition(&s, at)
	if allows == nil {
		allows = times.Any
	}
	fields := namedFields(&s, "Parameter `numFields` should be greater than 0")
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	changes, err := h.SetExpiry(max(at, 1), allows, fields...)
	if err != nil {
		return reply.Err(err)
	}
	times.Events{Timed: "h:hexpire", Removed: "h:hdel"}.Announce(c, changes, h.Exists())
	return times.AnswerSet(c, changes)
}

func hpersist(c *cmd.Call) reply.Reply {
	h, err := open(c)
	if err != nil {
		return reply.Err(err)
	}
	s := c.Scan(2)
	fields := namedFields(&s, needsNumber)
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	changes, err := h.SetExpiry(0, times.Some, fields...)
	if err != nil {
		return reply.Err(err)
	}
	return times.AnswerPersist(c, changes)
}

func httl(c *cmd.Call) reply.Reply         { return getExpiry(c, times.Seconds) }
func hpttl(c *cmd.Call) reply.Reply        { return getExpiry(c, times.Millis) }
func hexpireTime(c *cmd.Call) reply.Reply  { return getExpiry(c, times.UnixSeconds) }
func hpexpireTime(c *cmd.Call) reply.Reply { return getExpiry(c, times.UnixMillis) }

func getExpiry(c *cmd.Call, cl times.Clock) reply.Reply {
	h, err := open(c)
	if err != nil {
		return reply.Err(err)
	}
	s := c.Scan(2)
	fields := namedFields(&s, needsNumber)
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	found, err := h.GetTimed(fields...)
	return cl.AnswerTimes(c, found, err)
}
