package lua

import (
	"larder/lua/vm"
	"larder/resp/reply"
)

// fromReply turns a command's reply into what redis.call returns, by the protocol that the
// script has chosen. The reply must be Plain.
func (m *machine) fromReply(t *vm.Thread, r reply.Reply) vm.Value {
	c := &converter{m: m, t: t, proto: m.run.proto}
	return c.value(r)
}

type converter struct {
	m     *machine
	t     *vm.Thread
	proto int
}

func (c *converter) value(r reply.Reply) vm.Value {
	rt := c.m.rt
	switch r.Kind() {
	case reply.Null, reply.NullArray, reply.None:
		if c.proto == 3 {
			return vm.Nil()
		}
		return vm.Bool(false)
	case reply.Int:
		return vm.Number(float64(r.Int()))
	case reply.Bulk:
		return rt.String(r.Text())
	case reply.Status:
		return c.single("ok", rt.String(r.Text()))
	case reply.Error:
		return c.failure(r.Text())
	case reply.Double, reply.Bool, reply.BigNumber, reply.Verbatim:
		if c.proto == 2 {
			return c.old(r)
		}
		return c.scalar(r)
	case reply.Map:
		if c.proto == 3 {
			return c.pairs("map", r.Elems())
		}
	case reply.Set:
		if c.proto == 3 {
			return c.set(r.Elems())
		}
	}
	return c.array(r.Elems())
}

func (c *converter) single(name string, v vm.Value) vm.Value {
	tb := c.m.rt.NewTable(0, 1)
	tb.SetField(name, v)
	return vm.FromTable(tb)
}

// countedField marks the errors that commands have answered, by the name it has in Redis.
const countedField = "ignore_error_stats_update"

func (c *converter) failure(text string) vm.Value {
	v := c.m.problem("-" + text)
	v.Table().SetField(countedField, vm.Bool(true))
	return v
}

// old is how protocol 2 gives what only 3 has.
func (c *converter) old(r reply.Reply) vm.Value {
	switch r.Kind() {
	case reply.Double:
		if text := r.Text(); text != "" {
			return c.m.rt.String(text) // it was told how to look
		}
		return c.m.rt.Bytes(reply.AppendFloat(nil, r.Double()))
	case reply.Bool:
		return vm.Number(float64(r.Int()))
	}
	return c.m.rt.String(r.Text())
}

func (c *converter) scalar(r reply.Reply) vm.Value {
	rt := c.m.rt
	switch r.Kind() {
	case reply.Double:
		return c.single("double", vm.Number(r.Double()))
	case reply.Bool:
		return vm.Bool(r.Int() == 1)
	case reply.BigNumber:
		return c.single("big_number", rt.String(r.Text()))
	}
	tb := rt.NewTable(0, 0)
	tb.SetField("string", rt.String(r.Text()))
	tb.SetField("format", rt.String(r.Format()))
	return c.single("verbatim_string", vm.FromTable(tb))
}

// table makes a table that stands where the measuring of memory sees it while it is filled.
func (c *converter) table(fill func(*vm.Table)) vm.Value {
	tb := c.m.rt.NewTable(0, 0)
	drop := c.t.Keep(vm.FromTable(tb))
	fill(tb)
	drop()
	return vm.FromTable(tb)
}

func (c *converter) array(elems []reply.Reply) vm.Value {
	return c.table(func(tb *vm.Table) {
		for i, e := range elems {
			tb.SetInt(i+1, c.value(e))
		}
	})
}

func (c *converter) pairs(name string, elems []reply.Reply) vm.Value {
	return c.single(name, c.table(func(tb *vm.Table) {
		for i := 0; i+1 < len(elems); i += 2 {
			k := c.value(elems[i])
			tb.Set(k, c.value(elems[i+1]))
		}
	}))
}

func (c *converter) set(elems []reply.Reply) vm.Value {
	return c.single("set", c.table(func(tb *vm.Table) {
		for _, e := range elems {
			tb.Set(c.value(e), vm.Bool(true))
		}
	}))
}

// maxReplyDepth is where the original's stack ends.
const maxReplyDepth = 7996

// result turns what a script returned into the reply to its client.
func (r *Run) result(m *machine, v vm.Value) reply.Reply {
	return r.toReply(m.rt.Main(), v, 0)
}

func (r *Run) toReply(t *vm.Thread, v vm.Value, depth int) reply.Reply {
	if depth > maxReplyDepth {
		return reply.Fail("ERR reached lua stack limit")
	}
	switch v.Kind() {
	case vm.KindString:
		s, _ := v.Str()
		return reply.Text(s)
	case vm.KindNumber:
		return reply.Integer(vm.Integer(v.Num()))
	case vm.KindBool:
		switch {
		case r.proto == 3:
			return reply.Boolean(v.Truth())
		case v.Truth():
			return reply.Integer(1)
		}
		return reply.Nil()
	case vm.KindTable:
		return r.tableReply(t, v.Table(), depth)
	}
	return reply.Nil()
}

// tableReply knows the tables that stand for one value; all others are arrays up to their
// first nil.
func (r *Run) tableReply(t *vm.Thread, tb *vm.Table, depth int) reply.Reply {
	if text, ok := tb.GetField("err").Str(); ok {
		r.counted = depth == 0 && tb.GetField(countedField).Truth()
		return reply.Fail(reply.Quote(text))
	}
	if text, ok := tb.GetField("ok").Str(); ok {
		return reply.Word(reply.Quote(text))
	}
	if v := tb.GetField("double"); v.IsNumber() {
		return reply.Float(v.Num())
	}
	if text, ok := tb.GetField("big_number").Str(); ok {
		return reply.Big(text)
	}
	if v := tb.GetField("verbatim_string").Table(); v != nil {
		format, ok := v.GetField("format").Str()
		text, also := v.GetField("string").Str()
		if ok && also {
			return reply.VerbatimText((format + "   ")[:3], text)
		}
	}
	if v := tb.GetField("map").Table(); v != nil {
		return reply.MapOf(r.entries(t, v, depth, true)...)
	}
	if v := tb.GetField("set").Table(); v != nil {
		return reply.SetOf(r.entries(t, v, depth, false)...)
	}
	var elems []reply.Reply
	for i := 1; ; i++ {
		v := tb.GetInt(i)
		if v.IsNil() {
			return reply.Of(elems...)
		}
		t.Charge(replyBytes)
		elems = append(elems, r.toReply(t, v, depth+1))
	}
}

// replyBytes is what an element of a reply takes beside its text.
const replyBytes = 128

func (r *Run) entries(t *vm.Thread, tb *vm.Table, depth int, values bool) []reply.Reply {
	var elems []reply.Reply
	for k, v, _ := tb.Next(vm.Nil()); !k.IsNil(); k, v, _ = tb.Next(k) {
		t.Charge(2 * replyBytes)
		elems = append(elems, r.toReply(t, k, depth+1))
		if values {
			elems = append(elems, r.toReply(t, v, depth+1))
		}
	}
	return elems
}
