package lua

import (
	"math"
	"strings"

	"larder/lua/vm"
	"larder/resp/reply"
)

const (
	version    = "7.2.4"
	versionNum = 0x070204
)

// openRedis fills the global table redis, and takes over math.random.
func (m *machine) openRedis() {
	redis := m.rt.NewTable(0, 0)
	m.fill(redis, "call", func(t *vm.Thread, args []vm.Value) []vm.Value { return m.call(t, args, true) })
	m.fill(redis, "pcall", func(t *vm.Thread, args []vm.Value) []vm.Value { return m.call(t, args, false) })
	m.openLog(redis)
	m.fill(redis, "setresp", m.setResp)
	m.fill(redis, "sha1hex", m.sha1hex)
	m.fill(redis, "error_reply", m.errorReply)
	m.fill(redis, "status_reply", m.statusReply)
	m.fill(redis, "set_repl", m.setRepl)
	for i, name := range []string{"REPL_NONE", "REPL_AOF", "REPL_SLAVE", "REPL_ALL"} {
		redis.SetField(name, vm.Number(float64(i)))
	}
	redis.SetField("REPL_REPLICA", vm.Number(2))
	m.fill(redis, "acl_check_cmd", m.aclCheck)
	m.globals.SetField("redis", vm.FromTable(redis))
	mathTable := m.globals.GetField("math").Table()
	m.fill(mathTable, "random", m.random)
	m.fill(mathTable, "randomseed", m.randomSeed)
}

// openLog adds what library code may use while it is loaded as well.
func (m *machine) openLog(redis *vm.Table) {
	m.fill(redis, "log", m.log)
	for i, name := range []string{"LOG_DEBUG", "LOG_VERBOSE", "LOG_NOTICE", "LOG_WARNING"} {
		redis.SetField(name, vm.Number(float64(i)))
	}
	redis.SetField("REDIS_VERSION_NUM", vm.Number(versionNum))
	redis.SetField("REDIS_VERSION", m.rt.String(version))
}

// problem is an error as redis.pcall returns it: a table with a field err. Text that begins
// with "-" brings its own code, all other is an ERR. It ends at a NUL.
func (m *machine) problem(text string) vm.Value {
	text = reply.Quote(text)
	code, rest := "ERR", text
	if strings.HasPrefix(text, "-") {
		rest = text[1:]
		if before, after, found := strings.Cut(rest, " "); found {
			code, rest = before, after
		}
	}
	tb := m.rt.NewTable(0, 1)
	tb.SetField("err", m.rt.String(code+" "+strings.Trim(rest, "\r\n")))
	return vm.FromTable(tb)
}

func (m *machine) raise(t *vm.Thread, text string) { t.RaiseValue(m.problem(text)) }

// inside raises unless a script runs.
func (m *machine) inside(t *vm.Thread, what string) {
	if m.run == nil {
		m.raise(t, what+" can only be called inside a script invocation")
	}
}

// words turns the arguments of redis.call into a command line.
func (m *machine) words(args []vm.Value) (line [][]byte, problem string) {
	if len(args) == 0 {
		return nil, "Please specify at least one argument for this redis lib call"
	}
	line = make([][]byte, len(args))
	for i, v := range args {
		if v.IsNumber() {
			line[i] = number(v.Num())
		} else if s, ok := v.Str(); ok {
			line[i] = []byte(s)
		} else {
			return nil, "Lua redis lib command arguments must be strings or integers"
		}
	}
	return line, ""
}

// number is a Lua number as an argument: exact integers plainly, all other in the shortest
// digits that read back as the same number.
func number(f float64) []byte {
	if f == math.Trunc(f) && math.Abs(f) <= 1<<52 {
		return vm.AppendG(nil, f+0, 17)
	}
	if math.IsNaN(f) {
		return vm.AppendG(nil, f, 17)
	}
	return reply.AppendShortest(nil, f)
}

func (m *machine) call(t *vm.Thread, args []vm.Value, raises bool) []vm.Value {
	m.inside(t, "redis.call/pcall")
	line, problem := m.words(args)
	if problem != "" {
		if raises {
			m.raise(t, problem)
		}
		return t.Return(m.problem(problem))
	}
	r := m.run
	answer := r.host.Call(r, line)
	if r.aborted {
		answer.Release()
		panic(aborted{})
	}
	answer, err := answer.Plain()
	if err != nil {
		answer = reply.Fail("ERR the reply cannot be read: " + err.Error())
	}
	if r.killed.Load() {
		m.rt.Hurry() // commands may take long, and count as one step each
	}
	t.Step()
	v := m.fromReply(t, answer)
	if answer.IsError() && raises {
		t.RaiseValue(v)
	}
	return t.Return(v)
}

func (m *machine) aclCheck(t *vm.Thread, args []vm.Value) []vm.Value {
	m.inside(t, "redis.acl_check_cmd")
	line, problem := m.words(args)
	if problem != "" {
		m.raise(t, problem)
	}
	allowed, known := m.run.host.Allowed(line)
	if !known {
		m.raise(t, "Invalid command passed to redis.acl_check_cmd()")
	}
	return t.Return(vm.Bool(allowed))
}

func (m *machine) sha1hex(t *vm.Thread, args []vm.Value) []vm.Value {
	if len(args) != 1 {
		m.raise(t, "wrong number of arguments")
	}
	s, _ := args[0].ToString()
	return t.Return(m.rt.String(Digest(s)))
}

func (m *machine) errorReply(t *vm.Thread, args []vm.Value) []vm.Value {
	text, ok := onlyString(args)
	if !ok {
		return t.Return(m.problem("wrong number or type of arguments"))
	}
	if !strings.HasPrefix(text, "-") {
		text = "-" + text
	}
	return t.Return(m.problem(text))
}

func (m *machine) statusReply(t *vm.Thread, args []vm.Value) []vm.Value {
	if _, ok := onlyString(args); !ok {
		return t.Return(m.problem("wrong number or type of arguments"))
	}
	tb := m.rt.NewTable(0, 1)
	tb.SetField("ok", args[0])
	return t.Return(vm.FromTable(tb))
}

func onlyString(args []vm.Value) (string, bool) {
	if len(args) != 1 {
		return "", false
	}
	return args[0].Str()
}

// setRepl checks its argument; there are no replicas to which a choice could matter.
func (m *machine) setRepl(t *vm.Thread, args []vm.Value) []vm.Value {
	m.inside(t, "redis.set_repl")
	if len(args) != 1 {
		m.raise(t, "redis.set_repl() requires two arguments.")
	}
	f, _ := args[0].ToNumber()
	if int32(vm.Integer(f))&^3 != 0 {
		m.raise(t, "Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.")
	}
	return t.Return()
}

func (m *machine) setResp(t *vm.Thread, args []vm.Value) []vm.Value {
	m.inside(t, "redis.setresp")
	if len(args) != 1 {
		m.raise(t, "redis.setresp() requires one argument.")
	}
	f, _ := args[0].ToNumber()
	proto := int32(vm.Integer(f))
	if proto != 2 && proto != 3 {
		m.raise(t, "RESP version must be 2 or 3.")
	}
	m.run.proto = int(proto)
	return t.Return()
}

func (m *machine) log(t *vm.Thread, args []vm.Value) []vm.Value {
	if len(args) < 2 {
		m.raise(t, "redis.log() requires two arguments or more.")
	}
	f, ok := args[0].ToNumber()
	if !ok {
		m.raise(t, "First argument must be a number (log level).")
	}
	level := int(int32(vm.Integer(f)))
	if level < LogDebug || level > LogWarning {
		m.raise(t, "Invalid debug level.")
	}
	var text []string
	for _, v := range args[1:] {
		if s, ok := v.ToString(); ok {
			text = append(text, s)
		}
	}
	if m.run != nil {
		m.run.host.Log(level, strings.Join(text, " "))
	} else if m.loading != nil {
		m.loading.logged(level, strings.Join(text, " "))
	}
	return t.Return()
}
