package cmd

import (
	"slices"
	"time"

	"larder/resp/stat"
	"larder/store"
)

// Outcome is what an attempt at a command leads to once it is committed. The handler fills it, and the transaction that
// the handler is given; EXEC and scripts merge those of their commands; package effects publishes it. It belongs to the
// attempt, and the next one begins with an empty one.
type Outcome struct {
	Events []Event  // in their order
	Chores []func() // see Later
	// Changes are the names of the keys written, if anybody caches keys; Flushed says that whole databases were emptied.
	Changes []string
	Flushed bool
	Ready   []store.Key // written, and somebody waits for them
	// Hits and Misses are of reading commands, in a database.
	Hits, Misses int64
	Database     int
	Calls        []Called // of a script
}

// Event is one thing that happens after the commit: a keyspace event, a line for MONITOR, a message of a script for the
// log, or what a handler wants done.
type Event struct {
	Notice  Notice
	Line    *Line
	Message *Message
	Do      func()
}

// Message is what a script logs, at one of Redis's levels.
type Message struct {
	Level int
	Text  string
}

// Line is a command as MONITOR shows it.
type Line struct {
	DB   int
	From string // the client's address, or "lua"
	Args [][]byte
}

// Called is a command that a script has called, for the statistics.
type Called struct {
	Stats    *stat.Command // nil for one that there is not
	Took     time.Duration
	Problem  string // the error it answered
	Rejected bool   // it was not run
}

// Clear begins anew, with the room that there is.
func (o *Outcome) Clear() {
	o.Forgo()
	clear(o.Calls)
	o.Ready, o.Calls, o.Hits, o.Misses = o.Ready[:0], o.Calls[:0], 0, 0
}

// Forgo forgets what waits for a commit that does not come. What was looked up, and which keys are ready, stays.
func (o *Outcome) Forgo() {
	o.Published()
	clear(o.Chores)
	o.Chores = o.Chores[:0]
}

// Published forgets what was published. Chores may wait for transactions, so they are run apart.
func (o *Outcome) Published() {
	clear(o.Events)
	o.Events, o.Changes, o.Flushed = o.Events[:0], o.Changes[:0], false
}

// Merge adds what a step of a script or of EXEC has led to. The step uses its room again, so all is copied.
func (o *Outcome) Merge(step *Outcome) {
	o.Events = append(o.Events, step.Events...)
	o.Chores = append(o.Chores, step.Chores...)
	o.Changes = append(o.Changes, step.Changes...)
	o.Flushed = o.Flushed || step.Flushed
	o.Ready = append(o.Ready, step.Ready...)
	o.Calls = append(o.Calls, step.Calls...)
	o.Hits, o.Misses, o.Database = o.Hits+step.Hits, o.Misses+step.Misses, step.Database
}

// Follow does what was to be done after the commit and may wait for transactions.
func (o *Outcome) Follow() {
	for _, chore := range o.Chores {
		chore()
	}
	clear(o.Chores)
	o.Chores = o.Chores[:0]
}

// Show has MONITOR see a command in its place among the events.
func (o *Outcome) Show(db int, from string, args [][]byte) {
	o.Events = append(o.Events, Event{Line: &Line{db, from, slices.Clone(args)}})
}

// After has fn run once everything the command wrote is committed, in the order of commits, and never if it is not.
// It must not wait for transactions nor for clients; arguments it needs must be copied.
func (o *Outcome) After(fn func()) { o.Events = append(o.Events, Event{Do: fn}) }

// Later is After for a fn that may wait for transactions. It runs before the command is answered.
func (o *Outcome) Later(fn func()) { o.Chores = append(o.Chores, fn) }

// notify adds a keyspace event, unless it is the last one: types may write a key in steps.
func (o *Outcome) notify(n Notice) {
	if last := len(o.Events) - 1; last < 0 || o.Events[last].Notice != n {
		o.Events = append(o.Events, Event{Notice: n})
	}
}

// Public is a command line as SLOWLOG and MONITOR may show it.
func (s *Spec) Public(args [][]byte) [][]byte {
	if s.Secrets == nil {
		return args
	}
	shown := slices.Clone(args)
	for _, i := range s.Secrets(args) {
		shown[i] = []byte("(redacted)")
	}
	return shown
}
