package lua

import (
	"slices"
	"strconv"
	"strings"

	"larder/resp/reply"
)

// fakeHost is a Host over a map, with a handful of commands.
type fakeHost struct {
	data  map[string]string
	lists map[string][]string
	hash  map[string][]string
	logs  []string
	after func(*Run, []string) // looks on after each command
}

func newHost() *fakeHost {
	return &fakeHost{data: map[string]string{}, lists: map[string][]string{}, hash: map[string][]string{}}
}

func (h *fakeHost) Log(level int, message string) {
	h.logs = append(h.logs, strconv.Itoa(level)+" "+message)
}

func (h *fakeHost) Allowed(args [][]byte) (bool, bool) {
	name := strings.ToLower(string(args[0]))
	_, known := arities[name]
	return name != "del", known
}

var arities = map[string]int{"get": 2, "set": -3, "del": -2, "incr": 2, "ping": -1, "echo": 2, "rpush": -3,
	"lrange": 4, "hset": -4, "hgetall": 2, "debug": -2, "multi": 1}

var writers = []string{"set", "del", "incr", "rpush", "hset"}

func (h *fakeHost) Call(r *Run, args [][]byte) reply.Reply {
	words := make([]string, len(args))
	for i, a := range args {
		words[i] = string(a)
	}
	name := strings.ToLower(words[0])
	arity, known := arities[name]
	switch {
	case !known:
		return reply.Fail("ERR Unknown Redis command called from script")
	case arity > 0 && len(args) != arity || len(args) < -arity:
		return reply.Fail("ERR Wrong number of args calling Redis command from script")
	case name == "multi":
		return reply.Fail("ERR This Redis command is not allowed from script")
	}
	if slices.Contains(writers, name) {
		if r.ReadOnly() {
			return reply.Fail("ERR Write commands are not allowed from read-only scripts.")
		}
		r.Wrote()
	}
	answer := h.run(r.Proto(), name, words)
	if h.after != nil {
		h.after(r, words)
	}
	return answer
}

func (h *fakeHost) run(proto int, name string, w []string) reply.Reply {
	switch name {
	case "ping":
		return reply.Word("PONG")
	case "echo":
		return reply.Text(w[1])
	case "get":
		if v, ok := h.data[w[1]]; ok {
			return reply.Text(v)
		}
		return reply.Nil()
	case "set":
		h.data[w[1]] = w[2]
		return reply.OK()
	case "del":
		n := len(h.data)
		for _, k := range w[1:] {
			delete(h.data, k)
		}
		return reply.Integer(n - len(h.data))
	case "incr":
		n, err := strconv.Atoi("0" + h.data[w[1]])
		if err != nil {
			return reply.Fail("ERR value is not an integer or out of range")
		}
		h.data[w[1]] = strconv.Itoa(n + 1)
		return reply.Integer(n + 1)
	case "rpush":
		h.lists[w[1]] = append(h.lists[w[1]], w[2:]...)
		return reply.Integer(len(h.lists[w[1]]))
	case "lrange":
		l := reply.NewList(proto, reply.Array)
		for _, s := range h.lists[w[1]] {
			l.Bytes([]byte(s))
		}
		return l.Done()
	case "hset":
		h.hash[w[1]] = append(h.hash[w[1]], w[2:]...)
		return reply.Integer(len(w)/2 - 1)
	case "hgetall":
		l := reply.NewList(proto, reply.Map)
		for _, s := range h.hash[w[1]] {
			l.Bytes([]byte(s))
		}
		return l.Done()
	}
	return protocol(w[2])
}

// protocol is DEBUG PROTOCOL: a reply of each type.
func protocol(kind string) reply.Reply {
	switch kind {
	case "bignum":
		return reply.Big("1234567999999999999999999999999999999")
	case "map":
		return reply.MapOf(reply.Integer(0), reply.Boolean(false), reply.Integer(1), reply.Boolean(true), reply.Integer(2), reply.Boolean(false))
	case "set":
		return reply.SetOf(reply.Integer(0), reply.Integer(1), reply.Integer(2))
	case "double":
		return reply.Float(3.141)
	case "null":
		return reply.Nil()
	case "verbatim":
		return reply.VerbatimText("txt", "This is a verbatim\nstring")
	case "true":
		return reply.Boolean(true)
	case "false":
		return reply.Boolean(false)
	}
	return reply.Fail("ERR Wrong protocol type name. Please use one of the following: string|integer|double|null|array|set|map|attrib|push|verbatim|true|false")
}
