package lua

import (
	"strings"
	"sync"
	"time"

	"larder/lua/vm"
	"larder/resp/reply"
)

// Library is a set of functions that share state. Its fields do not change.
type Library struct {
	Name      string
	Code      string
	Functions []*Function // in the order of registration
	machine   *libraryMachine
}

// Function is a registered function. Its fields do not change.
type Function struct {
	Name        string
	Description string
	Described   bool // Description was given
	Flags       Flags
	callback    vm.Value
	library     *Library
}

// libraryMachine is a machine with the lock that its runs take turns by: the functions of a
// library may share variables.
type libraryMachine struct {
	*machine
	turn sync.Mutex
}

func (m *libraryMachine) lock()   { m.turn.Lock() }
func (m *libraryMachine) unlock() { m.turn.Unlock() }

const badName = "Library names can only contain letters, numbers, or underscores(_) and must be at least one " +
	"character long"

func validName(name string) bool {
	for i := range len(name) {
		c := name[i]
		if c != '_' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return name != ""
}

func (l *Library) register(f *Function) (problem string) {
	if !validName(f.Name) {
		return badName
	}
	for _, other := range l.Functions {
		if other.Name == f.Name {
			return "Function already exists in the library"
		}
	}
	f.library = l
	l.Functions = append(l.Functions, f)
	return ""
}

// metadata reads the first line of a library: "#!lua name=mylib".
func metadata(code string) (engine, name string, skip int, err error) {
	if !strings.HasPrefix(code, "#!") {
		return "", "", 0, Fault("ERR Missing library metadata")
	}
	end := strings.IndexByte(reply.Quote(code), '\n') // see shebang
	if end < 0 {
		return "", "", 0, Fault("ERR Invalid library metadata")
	}
	words, ok := splitArgs(code[:end])
	if !ok || len(words) == 0 {
		return "", "", 0, Fault("ERR Invalid library metadata")
	}
	named := false
	for _, w := range words[1:] {
		if len(w) < 5 || !strings.EqualFold(w[:5], "name=") {
			return "", "", 0, Fault("ERR Invalid metadata value given: " + w)
		}
		if named {
			return "", "", 0, Fault("ERR Invalid metadata value, name argument was given multiple times")
		}
		name, named = w[5:], true
	}
	if !named {
		return "", "", 0, Fault("ERR Library name was not given")
	}
	return words[0][min(2, len(words[0])):], name, end, nil
}

// header checks a library's first line and returns its name.
func header(code string) (name string, skip int, err error) {
	engine, name, skip, err := metadata(code)
	switch {
	case err != nil:
		return "", 0, err
	case !validName(name):
		return "", 0, Fault("ERR " + badName)
	case !strings.EqualFold(engine, "lua"):
		return "", 0, Fault("ERR Engine '" + engine + "' not found")
	}
	return name, skip, nil
}

// compileLibrary runs a library's code and collects its functions. The error is a Fault.
func (e *Engine) compileLibrary(code string, within time.Duration, logged func(int, string)) (*Library, error) {
	name, skip, err := header(code)
	if err != nil {
		return nil, err
	}
	proto, err := vm.Compile(code[skip:], "@user_function")
	if err != nil {
		return nil, Fault("ERR Error compiling function: " + err.Error())
	}
	m := newLibraryMachine(e)
	l := &Library{Name: name, Code: code, machine: &libraryMachine{machine: m}}
	m.loading = &loading{library: l, deadline: time.Now().Add(within), logged: logged}
	t := m.rt.Main()
	failed := t.Protect(func() { t.Call(t.Load(proto)) })
	m.loading = nil
	m.expose(m.globals)
	m.rt.Reset()
	if failed != nil {
		return nil, Fault("ERR Error registering functions: " + loadFailure(failed))
	}
	if len(l.Functions) == 0 {
		return nil, Fault("ERR No functions registered")
	}
	m.keep(l)
	return l, nil
}

// keep puts the callbacks where the measuring of memory sees them.
func (m *machine) keep(l *Library) {
	tb := m.rt.NewTable(len(l.Functions), 0)
	for i, f := range l.Functions {
		tb.SetInt(i+1, f.callback)
	}
	m.rt.Registry = tb
}

func loadFailure(err *vm.Error) string {
	if tb := err.Value.Table(); tb != nil {
		text, _ := tb.GetField("err").ToString()
		return text
	}
	return "ERR " + err.Error()
}
