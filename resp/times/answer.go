package times

import (
	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// What commands answer of a field.
const (
	noField    = -2
	noExpiry   = -1
	notAllowed = 0
	timeSet    = 1
	fieldGone  = 2
)

// Condition asks something of the expiry there is, 0 for none.
type Condition func(was int64) bool

// ReadCondition reads NX, XX, GT or LT, and returns what that asks if the new expiry is at a time; nil if it is none of
// them.
func ReadCondition(s *arg.Scanner, at int64) Condition {
	switch {
	case s.Word("NX"):
		return func(was int64) bool { return was == 0 }
	case s.Word("XX"):
		return Some
	case s.Word("GT"):
		return func(was int64) bool { return was != 0 && at > was }
	case s.Word("LT"):
		return func(was int64) bool { return was == 0 || at < was }
	}
	return nil
}

// Any asks nothing, Some for an expiry.
func Any(int64) bool { return true }

// Some asks for an expiry.
func Some(was int64) bool { return was != 0 }

// AnswerSet tells of each field what came of a new time.
func AnswerSet(c *cmd.Call, changes []store.FieldChange) reply.Reply {
	return answers(c, changes, [...]int64{noField, notAllowed, timeSet, fieldGone})
}

// AnswerPersist tells of each field whether it has lost its time.
func AnswerPersist(c *cmd.Call, changes []store.FieldChange) reply.Reply {
	return answers(c, changes, [...]int64{noField, noExpiry, timeSet, fieldGone})
}

func answers(c *cmd.Call, changes []store.FieldChange, codes [4]int64) reply.Reply {
	list := c.List(reply.Array)
	for _, ch := range changes {
		list.Integer(codes[ch])
	}
	return list.Done()
}

// AnswerTimes tells when fields expire. It rounds up, where TTL rounds to the nearest second.
func (cl Clock) AnswerTimes(c *cmd.Call, found []store.Item, err error) reply.Reply {
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

// Events are those of a family: of new times, and of what is gone because the new time has passed.
type Events struct{ Timed, Removed string }

// Announce tells what was done to fields of the call's first key, and that it is gone with the last of them.
func (e Events) Announce(c *cmd.Call, changes []store.FieldChange, exists bool) {
	timed, removed := false, false
	for _, ch := range changes {
		timed, removed = timed || ch == store.FieldTimed, removed || ch == store.FieldRemoved
	}
	if removed {
		c.Notify(e.Removed, c.Key(1))
	} else if timed {
		c.Notify(e.Timed, c.Key(1))
	}
	if removed && !exists {
		c.Notify("g:del", c.Key(1))
	}
}
