package hashes

import (
	"math"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// What the commands answer of a field.
const (
	noField    = -2
	noExpiry   = -1
	notAllowed = 0
	timeSet    = 1
	fieldGone  = 2
)

const (
	needsFields = "Mandatory argument FIELDS is missing or not at the right position"
	needsNumber = "Number of fields must be a positive integer"
	notAsMany   = "The `numfields` parameter must match the number of arguments"
	// latest is the last moment that a field may expire at, in Unix milliseconds. Redis keeps two of 48 bits for itself.
	latest = 1<<46 - 1
)

// clock says how a command writes a time: its unit in milliseconds, and whether it counts from now or from 1970.
type clock struct {
	unit     int64
	relative bool
}

func (cl clock) base(c *cmd.Call) int64 {
	if cl.relative {
		return c.Tx.Now().UnixMilli()
	}
	return 0
}

// read turns the next argument into Unix milliseconds.
func (cl clock) read(c *cmd.Call, s *arg.Scanner) int64 {
	n, base := s.Int(), cl.base(c)
	if n < 0 {
		s.Fail("invalid expire time, must be >= 0")
	}
	if n > latest/cl.unit || n*cl.unit > latest-base {
		s.Fail("invalid expire time in '" + c.LowerName() + "' command")
	}
	return n*cl.unit + base
}

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

func hexpire(c *cmd.Call) reply.Reply    { return setExpiry(c, clock{1000, true}) }
func hpexpire(c *cmd.Call) reply.Reply   { return setExpiry(c, clock{1, true}) }
func hexpireAt(c *cmd.Call) reply.Reply  { return setExpiry(c, clock{1000, false}) }
func hpexpireAt(c *cmd.Call) reply.Reply { return setExpiry(c, clock{1, false}) }

func setExpiry(c *cmd.Call, cl clock) reply.Reply {
	h, err := open(c)
	if err != nil {
		return reply.Err(err)
	}
	s := c.Scan(2)
	at := cl.read(c, &s)
	allows := readCondition(&s, at)
	fields := namedFields(&s, "Parameter `numFields` should be greater than 0")
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	changes, err := h.SetExpiry(max(at, 1), allows, fields...)
	if err != nil {
		return reply.Err(err)
	}
	notifyTimes(c, h, changes, "h:hexpire", true)
	return answers(c, changes, [...]int64{noField, notAllowed, timeSet, fieldGone})
}

// readCondition reads NX, XX, GT or LT, and returns what that asks of the expiry there is.
func readCondition(s *arg.Scanner, at int64) func(was int64) bool {
	switch {
	case s.Word("NX"):
		return func(was int64) bool { return was == 0 }
	case s.Word("XX"):
		return func(was int64) bool { return was != 0 }
	case s.Word("GT"):
		return func(was int64) bool { return was != 0 && at > was }
	case s.Word("LT"):
		return func(was int64) bool { return was == 0 || at < was }
	}
	return func(int64) bool { return true }
}

// answers tells of each field what came of it, by a number for each kind of change.
func answers(c *cmd.Call, changes []store.FieldChange, codes [4]int64) reply.Reply {
	list := c.List(reply.Array)
	for _, ch := range changes {
		list.Integer(codes[ch])
	}
	return list.Done()
}

// notifyTimes announces what was done to fields: one event, that of a removal before that of a new time if both have
// happened and removals lead.
func notifyTimes(c *cmd.Call, h *store.HashKey, changes []store.FieldChange, event string, removalsLead bool) {
	timed, removed := false, false
	for _, ch := range changes {
		timed, removed = timed || ch == store.FieldTimed, removed || ch == store.FieldRemoved
	}
	switch {
	case removed && (removalsLead || !timed):
		c.Notify("h:hdel", c.Key(1))
	case timed:
		c.Notify(event, c.Key(1))
	}
	if removed && !h.Exists() {
		c.Notify("g:del", c.Key(1))
	}
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
	changes, err := h.SetExpiry(0, func(was int64) bool { return was != 0 }, fields...)
	if err != nil {
		return reply.Err(err)
	}
	return answers(c, changes, [...]int64{noField, noExpiry, timeSet, fieldGone})
}

func httl(c *cmd.Call) reply.Reply         { return getExpiry(c, clock{1000, true}) }
func hpttl(c *cmd.Call) reply.Reply        { return getExpiry(c, clock{1, true}) }
func hexpireTime(c *cmd.Call) reply.Reply  { return getExpiry(c, clock{1000, false}) }
func hpexpireTime(c *cmd.Call) reply.Reply { return getExpiry(c, clock{1, false}) }

// getExpiry rounds up, where TTL rounds to the nearest second.
func getExpiry(c *cmd.Call, cl clock) reply.Reply {
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
	base, list := cl.base(c), c.List(reply.Array)
	for _, it := range found {
		switch {
		case !it.Found:
			list.Integer(noField)
		case it.Score == 0:
			list.Integer(noExpiry)
		default:
			list.Integer((int64(it.Score) - base + cl.unit - 1) / cl.unit)
		}
	}
	return list.End(err)
}
