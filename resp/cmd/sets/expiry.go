package sets

import (
	"math"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/resp/times"
	"larder/store"
)

const wrongNumber = "wrong number of arguments"

func sexpire(c *cmd.Call) reply.Reply    { return setExpiry(c, times.Seconds) }
func spexpire(c *cmd.Call) reply.Reply   { return setExpiry(c, times.Millis) }
func sexpireAt(c *cmd.Call) reply.Reply  { return setExpiry(c, times.UnixSeconds) }
func spexpireAt(c *cmd.Call) reply.Reply { return setExpiry(c, times.UnixMillis) }

func setExpiry(c *cmd.Call, cl times.Clock) reply.Reply {
	set, err := open(c)
	if err != nil {
		return reply.Err(err)
	}
	s := c.Scan(2)
	at := cl.Read(c, &s)
	members, allows := timing(&s, at)
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	changes, err := set.SetExpiry(max(at, 1), allows, members...)
	if err != nil {
		return reply.Err(err)
	}
	times.Events{Timed: "s:sexpire", Removed: "s:srem"}.Announce(c, changes, set.Exists())
	return times.AnswerSet(c, changes)
}

// timing reads a condition and MEMBERS, which come in any order. A condition may be there twice, but no other.
func timing(s *arg.Scanner, at int64) (members [][]byte, allows times.Condition) {
	word := ""
	several := false
	for s.More() {
		next := string(s.Peek())
		if s.Word("MEMBERS") {
			if members != nil {
				s.Fail("MEMBERS keyword specified multiple times")
			} else if s.Left() < 2 {
				s.Fail("MEMBERS requires at least nummembers and one member argument")
			}
			members = listed(s, "Parameter `numMembers` should be greater than 0")
		} else if asks := times.ReadCondition(s, at); asks != nil {
			several = several || allows != nil && !arg.Is([]byte(next), word)
			allows, word = asks, next
		} else {
			s.Fail("unknown argument: " + next)
		}
	}
	switch {
	case members == nil:
		s.Fail("missing MEMBERS argument")
	case several:
		s.Fail("Multiple condition flags specified")
	case allows == nil:
		allows = times.Any
	}
	return members, allows
}

// listed reads a number and as many members; more may follow.
func listed(s *arg.Scanner, badNumber string) [][]byte {
	n := s.IntIn(1, math.MaxInt32, badNumber)
	if n > int64(s.Left()) {
		s.Fail(wrongNumber)
	}
	if s.Err() != nil {
		return nil
	}
	return s.Take(int(n))
}

// named reads MEMBERS, a number, and as many members, to the end.
func named(s *arg.Scanner) [][]byte {
	if !s.Word("MEMBERS") {
		s.Fail("Mandatory argument MEMBERS is missing or not at the right position")
	}
	n := s.IntIn(1, math.MaxInt64, "Number of members must be a positive integer")
	if n != int64(s.Left()) {
		s.Fail("The `nummembers` parameter must match the number of arguments")
	}
	return s.Rest()
}

func spersist(c *cmd.Call) reply.Reply {
	set, err := open(c)
	if err != nil {
		return reply.Err(err)
	}
	s := c.Scan(2)
	members := named(&s)
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	changes, err := set.SetExpiry(0, times.Some, members...)
	if err != nil {
		return reply.Err(err)
	}
	return times.AnswerPersist(c, changes)
}

func sttl(c *cmd.Call) reply.Reply         { return getExpiry(c, times.Seconds) }
func spttl(c *cmd.Call) reply.Reply        { return getExpiry(c, times.Millis) }
func sexpireTime(c *cmd.Call) reply.Reply  { return getExpiry(c, times.UnixSeconds) }
func spexpireTime(c *cmd.Call) reply.Reply { return getExpiry(c, times.UnixMillis) }

func getExpiry(c *cmd.Call, cl times.Clock) reply.Reply {
	set, err := open(c)
	if err != nil {
		return reply.Err(err)
	}
	s := c.Scan(2)
	members := named(&s)
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	found, err := set.GetTimed(members...)
	return cl.AnswerTimes(c, found, err)
}

// adding is SADDEX's arguments.
type adding struct {
	mnx, mxx bool
	time     times.Choice
	members  [][]byte
}

// parse reports whether the arguments are enough; if they are wrong the scanner has the error.
func (o *adding) parse(c *cmd.Call, s *arg.Scanner) (enough bool) {
	for s.More() {
		switch next := s.Peek(); {
		case s.Word("MEMBERS"):
			if o.members != nil {
				s.Fail("MEMBERS keyword specified multiple times")
			} else if !s.More() {
				return false
			}
			o.members = listed(s, "invalid number of members")
		case arg.Is(next, "MNX") || arg.Is(next, "MXX"):
			if o.mnx || o.mxx {
				s.Fail("Only one of MXX or MNX arguments can be specified")
			}
			o.mnx, o.mxx = s.Word("MNX"), s.Word("MXX")
		case !o.time.Read(c, s):
			s.Fail("unknown argument: " + string(next))
		}
	}
	if o.members == nil {
		s.Fail("missing MEMBERS argument")
	}
	return true
}

func saddex(c *cmd.Call) reply.Reply {
	o, s := adding{}, c.Scan(2)
	if !o.parse(c, &s) {
		return c.WrongArity()
	}
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	set, err := open(c)
	if err != nil {
		return reply.Err(err)
	}
	met, err := o.meets(set)
	switch {
	case err != nil:
		return reply.Err(err)
	case !met:
		return reply.Integer(0)
	case o.time.Passed(c):
		err = o.passed(c, set)
	default:
		if _, err = set.AddExpiring(o.time.At, o.time.Keep, o.members...); err == nil {
			c.Notify("s:sadd", c.Key(1))
			if o.time.At != 0 {
				c.Notify("s:sexpire", c.Key(1))
			}
		}
	}
	if err != nil {
		return reply.Err(err)
	}
	return reply.Integer(1)
}

// meets reports whether all members are there, or none, as the options ask.
func (o *adding) meets(set *store.SetKey) (bool, error) {
	if !o.mnx && !o.mxx {
		return true, nil
	}
	found, err := set.Get(o.members...)
	for i := range found {
		if found[i].Found == o.mnx {
			return false, err
		}
	}
	return true, err
}

// passed is SADDEX of members whose time has passed already: those that are there go.
func (o *adding) passed(c *cmd.Call, set *store.SetKey) error {
	n, err := set.Remove(o.members...)
	if err == nil && n > 0 {
		c.Notify("s:srem", c.Key(1))
		if !set.Exists() {
			c.Notify("g:del", c.Key(1))
		}
	}
	return err
}
