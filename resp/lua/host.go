// Package lua runs scripts and functions as Redis does: the sandbox and its API, the cache
// of compiled scripts, the libraries of functions, and the state of what is running.
//
// It knows nothing of commands or transactions. The caller that runs a script brings a Host, which executes
// redis.call inside the transaction that surrounds the run.
//
// Limits, each of which ends in an error of the script alone: live memory (Limits.Memory, for
// strings, tables, closures and coroutines, measured by walking them), 20,000 nested calls,
// 200 calls through functions in Go, 8,000 values of unpack. There is no limit of steps: a
// script past its time only makes the server busy, until a client kills it.
package lua

import (
	"time"

	"larder/resp/reply"
)

// Host does for one run of a script what only the server can. It is used by the goroutine
// that runs the script.
type Host interface {
	// Call runs a command as redis.call does: in the script's transaction, with its user's
	// permissions. Errors are replies. It obeys r.ReadOnly and r.AllowOOM, calls r.Wrote
	// before it runs a command that writes, answers in r.Proto, and calls r.Abort if the
	// run must end because its transaction will be run again.
	Call(r *Run, args [][]byte) reply.Reply
	// Allowed tells whether the script's user may run a command; known is false if there is
	// no such command.
	Allowed(args [][]byte) (allowed, known bool)
	// Log takes a message of redis.log. What an aborted run logged should be dropped.
	Log(level int, message string)
}

// The levels of Host.Log.
const (
	LogDebug = iota
	LogVerbose
	LogNotice
	LogWarning
)

// Vault keeps the libraries of functions across restarts.
type Vault interface {
	// Load returns what was saved last, nil if nothing was.
	Load() ([]byte, error)
	// Save makes a new state durable before it returns.
	Save(state []byte) error
}

// Limits bound what scripts may take. The zero value of a field is its default.
type Limits struct {
	Memory     int                  // live bytes of one script or one library; 256 MB
	Scripts    int                  // scripts kept that came by EVAL; 1,000
	Source     int                  // bytes of source kept, SCRIPT LOAD included; 128 MB
	BusyAfter  func() time.Duration // lua-time-limit; 5 s; 0 means never
	LoadWithin time.Duration        // FUNCTION LOAD's own time; 500 ms
}

func (l Limits) filled() Limits {
	if l.Memory == 0 {
		l.Memory = 256 << 20
	}
	if l.Scripts == 0 {
		l.Scripts = 1000
	}
	if l.Source == 0 {
		l.Source = 128 << 20
	}
	if l.BusyAfter == nil {
		l.BusyAfter = func() time.Duration { return 5 * time.Second }
	}
	if l.LoadWithin == 0 {
		l.LoadWithin = 500 * time.Millisecond
	}
	return l
}

// Fault is an error text for the client, its code first.
type Fault string

func (f Fault) Error() string { return string(f) }

// Reply is the fault as a reply.
func (f Fault) Reply() reply.Reply { return reply.Fail(string(f)) }
