// Package stat counts what the server does: per command, per error, over all. It is
// fed by dispatch and read by INFO, SLOWLOG and LATENCY, and knows neither.
package stat

import (
	"sync/atomic"
	"time"
)

// Command counts the executions of one command. For any goroutine.
type Command struct {
	Name     string // lower case, "config|get"
	Calls    atomic.Int64
	Micros   atomic.Int64
	Rejected atomic.Int64 // refused before running: arity, authentication, memory
	Failed   atomic.Int64 // answered with an error
	Latency  Histogram
}

// NewCommand returns zero counts.
func NewCommand(name string) *Command { return &Command{Name: name} }

// Ran records one execution.
func (c *Command) Ran(took time.Duration, failed, withLatency bool) {
	c.Calls.Add(1)
	c.Micros.Add(took.Microseconds())
	if failed {
		c.Failed.Add(1)
	}
	if withLatency {
		c.Latency.Record(took)
	}
}

// Reset forgets everything: CONFIG RESETSTAT.
func (c *Command) Reset() {
	c.Calls.Store(0)
	c.Micros.Store(0)
	c.Rejected.Store(0)
	c.Failed.Store(0)
	c.Latency.Reset()
}
