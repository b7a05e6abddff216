package lua

import (
	"fmt"
	"sync/atomic"
	"time"

	"larder/lua/vm"
	"larder/resp/reply"
)

// Run is one execution of a script or function. The goroutine that runs it uses it, others
// only what its methods say.
type Run struct {
	engine   *Engine
	host     Host
	name     string // digest or function name
	function bool
	flags    Flags
	readOnly bool
	command  [][]byte
	began    time.Time
	proto    int
	seeded   bool
	own      generator
	aborted  bool
	counted  bool // see Job.Counted
	wrote    atomic.Bool
	killed   atomic.Bool
}

// Job is what is to be run: exactly one of Script and Function is set.
type Job struct {
	Script   *Script
	Function *Function
	Keys     [][]byte
	Args     [][]byte
	ReadOnly bool     // EVAL_RO and its like
	Command  [][]byte // as the client sent it, for FUNCTION STATS
	// Counted is set by Run if the error it answers was answered to a command of the script,
	// so that the Host has counted it.
	Counted bool
}

// Proto is the protocol that replies to redis.call are wanted in: 2 unless redis.setresp said 3.
func (r *Run) Proto() int { return r.proto }

// ReadOnly says that commands that write, or may replicate, are to be refused.
func (r *Run) ReadOnly() bool { return r.readOnly }

// AllowOOM says that commands may be run although the data is over its limit.
func (r *Run) AllowOOM() bool { return r.flags.Has(AllowOOM) }

// Wrote notes that the script is about to run a command that writes: it cannot be killed any more.
func (r *Run) Wrote() { r.wrote.Store(true) }

// HasWritten reports whether Wrote was called.
func (r *Run) HasWritten() bool { return r.wrote.Load() }

// Abort ends the run when the Host's method returns; no pcall catches it.
func (r *Run) Abort() { r.aborted = true }

// aborted is the panic that carries Abort out.
type aborted struct{}

// Refusal is why a job must not be run at all, nil if it may. overMemory is whether the data
// is over its limit now.
func (j *Job) Refusal(clustered, overMemory bool) error {
	flags := j.flags()
	switch {
	case flags.Has(Undeclared):
		return nil
	case clustered && flags.Has(NoCluster):
		return Fault("ERR Can not run script on cluster, 'no-cluster' flag is set.")
	case j.ReadOnly && !flags.Has(NoWrites):
		return Fault("ERR Can not execute a script with write flag using *_ro command.")
	case overMemory && flags&(AllowOOM|NoWrites) == 0:
		return Fault("OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'")
	}
	return nil
}

// Writes reports whether the job may write, so what kind of transaction it needs.
func (j *Job) Writes() bool { return !j.ReadOnly && !j.flags().Has(NoWrites) }

// CrossesSlots reports whether the job may use keys of several slots of a cluster, one by one.
func (j *Job) CrossesSlots() bool { return j.flags()&(Undeclared|AllowCrossSlot) != 0 }

func (j *Job) flags() Flags {
	if j.Script != nil {
		return j.Script.Flags
	}
	return j.Function.Flags
}

// Run executes a job. It may be called again for the same job, as transactions are; each
// call is a run of its own. An aborted run answers nothing.
func (e *Engine) Run(j *Job, host Host) reply.Reply {
	flags := j.flags()
	r := &Run{engine: e, host: host, flags: flags, readOnly: j.ReadOnly || flags.Has(NoWrites),
		command: j.Command, began: time.Now(), proto: 2}
	defer func() { j.Counted = r.counted }()
	if j.Script != nil {
		r.name = j.Script.SHA
		return r.executeScript(j)
	}
	r.name, r.function = j.Function.Name, true
	m := j.Function.library.machine
	m.lock()
	defer m.unlock()
	return r.execute(m.machine, func() []vm.Value {
		return m.rt.Main().Call(j.Function.callback, m.strings(j.Keys), m.strings(j.Args))
	})
}

// executeScript runs a script on a machine of the pool, with the settings that scripts share.
func (r *Run) executeScript(j *Job) reply.Reply {
	e := r.engine
	m := e.machines.Get().(*machine)
	defer e.machines.Put(m)
	settings := e.json.Load()
	*m.json = *settings
	defer func() {
		if *m.json != *settings {
			kept := *m.json
			e.json.Store(&kept)
		}
		m.globals.Set(m.keys, vm.Nil()) // they may be large, and the pool keeps the machine
		m.globals.Set(m.argv, vm.Nil())
	}()
	return r.execute(m, func() []vm.Value { return m.evaluate(j) })
}

func (m *machine) evaluate(j *Job) []vm.Value {
	m.globals.Set(m.keys, m.strings(j.Keys))
	m.globals.Set(m.argv, m.strings(j.Args))
	t := m.rt.Main()
	return t.Call(t.Load(j.Script.proto))
}

func (r *Run) execute(m *machine, call func() []vm.Value) (answer reply.Reply) {
	r.engine.running.add(r)
	m.run = r
	defer func() {
		p := recover()
		m.run = nil
		r.engine.running.remove(r)
		m.rt.Reset()
		if r.seeded {
			r.engine.dice.leave(r.own)
		}
		if _, ours := p.(aborted); p != nil && !ours {
			panic(p)
		}
	}()
	err := m.rt.Main().Protect(func() {
		rs := call()
		answer = r.result(m, vm.Arg(rs, 0))
	})
	if err != nil {
		return r.failure(m, err)
	}
	return answer
}

// failure is the reply to an error that the script did not catch.
func (r *Run) failure(m *machine, err *vm.Error) reply.Reply {
	tb := err.Value.Table()
	text, ok := err.Value.ToString()
	switch {
	case ok:
		text = "ERR " + reply.Quote(text)
	case tb == nil:
		text = "ERR " + plainText(err.Value)
	default:
		r.counted = tb.GetField(countedField).Truth()
		if text, ok = tb.GetField("err").ToString(); !ok {
			text = "ERR unknown error"
		}
		text = reply.Quote(text)
	}
	if err.Placed {
		text += fmt.Sprintf(" script: %s, on %s:%d.", r.name, err.Source, err.Line)
	}
	return Fault(text).Reply()
}

func plainText(v vm.Value) string {
	switch v.Kind() {
	case vm.KindNil:
		return "nil"
	case vm.KindBool:
		if v.Truth() {
			return "true"
		}
		return "false"
	}
	return fmt.Sprintf("%s: 0x%012x", v.Kind(), v.Address())
}

// hook is called by the interpreter now and then.
func (m *machine) hook(t *vm.Thread) {
	switch {
	case m.run != nil && (m.run.killed.Load() || m.run.engine.closed.Load()):
		m.raise(t, "Script killed by user with SCRIPT KILL...")
	case m.loading != nil && time.Now().After(m.loading.deadline):
		m.raise(t, "FUNCTION LOAD timeout")
	}
}
