package lua

import (
	"bytes"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// running are the runs under way, oldest first. For any goroutine.
type running struct {
	count atomic.Int32 // of runs: 0 lets Busy pass without the lock
	mu    sync.Mutex
	runs  []*Run
}

func (g *running) add(r *Run) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.runs = append(g.runs, r)
	g.count.Store(int32(len(g.runs)))
}

func (g *running) remove(r *Run) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if i := slices.Index(g.runs, r); i >= 0 {
		g.runs = slices.Delete(g.runs, i, i+1)
	}
	g.count.Store(int32(len(g.runs)))
}

// Busy is a run past its time.
type Busy struct {
	Function bool // it is a function, not an EVAL script
	Name     string
	Command  [][]byte
	Duration time.Duration
}

const (
	busyScript   Fault = "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE."
	busyFunction Fault = "BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE."
	notBusy      Fault = "NOTBUSY No scripts in execution right now."
	unkillable   Fault = "UNKILLABLE Sorry the script already executed write commands against the dataset. " +
		"You can either wait the script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command."
)

// Fault is what other clients are answered meanwhile.
func (b *Busy) Fault() Fault {
	if b.Function {
		return busyFunction
	}
	return busyScript
}

// Busy tells whether a script is past its time; the oldest one is described. It is cheap
// while nothing runs.
func (e *Engine) Busy() (Busy, bool) {
	if e.running.count.Load() == 0 {
		return Busy{}, false
	}
	e.running.mu.Lock()
	defer e.running.mu.Unlock()
	if late := e.late(); len(late) > 0 {
		return late[0].busy(), true
	}
	return Busy{}, false
}

// Current describes the function that runs longest, late or not, for FUNCTION STATS.
func (e *Engine) Current() (Busy, bool) {
	e.running.mu.Lock()
	defer e.running.mu.Unlock()
	for _, r := range e.running.runs {
		if r.function {
			return r.busy(), true
		}
	}
	return Busy{}, false
}

// busy copies the command, whose bytes are the client's until the run is removed; so the lock
// of running is held.
func (r *Run) busy() Busy {
	b := Busy{Function: r.function, Name: r.name, Duration: time.Since(r.began)}
	for _, word := range r.command {
		b.Command = append(b.Command, bytes.Clone(word))
	}
	return b
}

// late are the runs past their time. The lock of running is held.
func (e *Engine) late() []*Run {
	if len(e.running.runs) == 0 {
		return nil
	}
	limit := e.limits.BusyAfter()
	if limit <= 0 {
		return nil
	}
	var late []*Run
	for _, r := range e.running.runs {
		if time.Since(r.began) > limit {
			late = append(late, r)
		}
	}
	return late
}

// Kill is SCRIPT KILL, or FUNCTION KILL: it ends what is past its time and has not written.
// The error is a Fault.
func (e *Engine) Kill(function bool) error {
	e.running.mu.Lock()
	defer e.running.mu.Unlock()
	late := e.late()
	if len(late) == 0 {
		return notBusy
	}
	var refusal error
	killed := false
	for _, r := range late {
		switch {
		case r.wrote.Load():
			refusal = unkillable
		case r.function != function:
			if refusal == nil {
				refusal = (&Busy{Function: r.function}).Fault()
			}
		default:
			r.killed.Store(true)
			killed = true
		}
	}
	if killed {
		return nil
	}
	return refusal
}

// Close ends all runs, those to come too, whatever they have written: their callers must undo it.
func (e *Engine) Close() { e.closed.Store(true) }
