package hashes

import (
	"math"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/resp/times"
	"larder/store"
)

// hgetdel answers a field that is named twice once: then it is gone.
func hgetdel(c *cmd.Call) reply.Reply {
	h, err := open(c)
	if err != nil {
		return reply.Err(err)
	}
	s := c.Scan(2)
	fields := namedFields(&s, needsNumber)
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	found, err := h.Get(fields...)
	if err != nil {
		return reply.Err(err)
	}
	list := values(c, found, true)
	_, err = h.Remove(fields...)
	return list.End(err)
}

// values answers what was found; once says that a field which comes again is absent.
func values(c *cmd.Call, found []store.Item, once bool) *reply.List {
	list, seen := c.List(reply.Array), make(map[string]struct{}, len(found))
	for _, it := range found {
		_, again := seen[string(it.Field)]
		if !it.Found || once && again {
			list.Nil()
			continue
		}
		seen[string(it.Field)] = struct{}{}
		list.Bytes(it.Value)
	}
	return list
}

// hgetex without an option changes nothing.
func hgetex(c *cmd.Call) reply.Reply {
	h, err := open(c)
	if err != nil {
		return reply.Err(err)
	}
	s := c.Scan(2)
	at := times.ReadOption(c, &s)
	persist := at == 0 && s.Word("PERSIST")
	fields := namedFields(&s, needsNumber)
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	found, err := h.Get(fields...)
	if err != nil {
		return reply.Err(err)
	}
	list := values(c, found, at > 0 && at <= c.Tx.Now().UnixMilli())
	if at == 0 && !persist {
		return list.Done()
	}
	events, allows := times.Events{Timed: "h:hexpire", Removed: "h:hdel"}, times.Any
	if persist {
		events.Timed, allows = "h:hpersist", times.Some
	}
	changes, err := h.SetExpiry(at, allows, fields...)
	if err == nil {
		events.Announce(c, changes, h.Exists())
	}
	return list.End(err)
}

// setting is HSETEX's arguments.
type setting struct {
	fnx, fxx bool
	time     times.Choice
	pairs    []store.Item
}

func parseSetting(c *cmd.Call) (o setting, err error) {
	s := c.Scan(2)
	for s.Err() == nil && !s.Word("FIELDS") {
		switch {
		case arg.Is(s.Peek(), "FXX") || arg.Is(s.Peek(), "FNX"):
			if o.fnx || o.fxx {
				s.Fail("Only one of FXX or FNX arguments can be specified")
			}
			o.fnx, o.fxx = s.Word("FNX"), s.Word("FXX")
		case o.time.Read(c, &s):
		case !s.More():
			return o, errArity
		default:
			s.Fail("unknown argument: " + string(s.Peek()))
		}
	}
	if s.Err() == nil && s.Left() < 3 {
		return o, errArity
	}
	n := s.IntIn(1, math.MaxInt32, "invalid number of fields")
	words := s.Rest()
	if s.Err() == nil && (len(words)%2 != 0 || int64(len(words)/2) != n) {
		return o, errArity
	}
	for i := 0; i+1 < len(words); i += 2 {
		o.pairs = append(o.pairs, store.Item{Field: words[i], Value: words[i+1], Score: float64(o.time.At)})
	}
	return o, s.Err()
}

// errArity stands for the error that names the command.
var errArity = store.Invalid("wrong number of arguments")

func hsetex(c *cmd.Call) reply.Reply {
	o, err := parseSetting(c)
	if err == error(errArity) { // errors.Is would compare codes alone
		return c.WrongArity()
	}
	if err != nil {
		return reply.Err(err)
	}
	h, err := open(c)
	if err != nil {
		return reply.Err(err)
	}
	met, err := o.meets(h)
	switch {
	case err != nil:
		return reply.Err(err)
	case !met:
		return reply.Integer(0)
	case o.time.Passed(c):
		err = o.passed(c, h)
	default:
		if _, err = h.Set(o.pairs...); err == nil {
			c.Notify("h:hset", c.Key(1))
			if o.time.At != 0 {
				c.Notify("h:hexpire", c.Key(1))
			}
		}
	}
	if err != nil {
		return reply.Err(err)
	}
	return reply.Integer(1)
}

// meets reports whether the fields are there, or not, as the options ask, and has them keep their times if so asked.
func (o *setting) meets(h *store.HashKey) (bool, error) {
	if !o.fnx && !o.fxx && !o.time.Keep {
		return true, nil
	}
	found, err := h.GetTimed(o.fields()...)
	for i := range found {
		if o.fnx && found[i].Found || o.fxx && !found[i].Found {
			return false, err
		}
		if o.time.Keep {
			o.pairs[i].Score = found[i].Score
		}
	}
	return true, err
}

func (o *setting) fields() [][]byte {
	fields := make([][]byte, len(o.pairs))
	for i := range fields {
		fields[i] = o.pairs[i].Field
	}
	return fields
}

// passed sets fields whose time has passed already: they are gone at once.
func (o *setting) passed(c *cmd.Call, h *store.HashKey) error {
	_, err := h.Remove(o.fields()...)
	if err == nil {
		c.Notify("h:hset", c.Key(1))
		c.Notify("h:hdel", c.Key(1))
		if !h.Exists() {
			c.Notify("g:del", c.Key(1))
		}
	}
	return err
}
