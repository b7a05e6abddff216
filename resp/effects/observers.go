// Package effects is what follows from a transaction: Tx sees what a command does to keys and notes it in the call's
// Outcome, and Observers publishes that after the commit to all who are to learn of it.
package effects

import (
	"slices"
	"strconv"
	"sync/atomic"

	"larder/resp/admission"
	"larder/resp/broker"
	"larder/resp/cmd"
	"larder/resp/lease"
	"larder/resp/monitor"
	"larder/resp/stat"
	"larder/resp/track"
	"larder/resp/waiting"
	"larder/resp/watch"
	"larder/store"
)

// Observers are all who learn what transactions do. The fields are set once; what they point to is for any goroutine,
// and so are the methods.
type Observers struct {
	Broker   *broker.Broker
	Monitors *monitor.Feed
	Caches   *track.Table   // who caches which keys
	Watches  *watch.Table   // who watches which keys
	Lines    *waiting.Lines // who waits for which keys
	Pause    *waiting.Pause
	Leases   *lease.Table
	Stats    *stat.Server
	Counts   *stat.Cache
	Recency  *stat.Recency
	Uses     *admission.Uses
	Log      func(*cmd.Message)

	Limits  atomic.Pointer[store.Limits] // of encodings, as configured
	Blessed atomic.Bool                  // a key may be blessed
	// TimesCommands is latency-tracking.
	TimesCommands atomic.Bool
	events        atomic.Uint32 // cmd.EventMask that somebody may listen to
}

// Listen makes notify-keyspace-events take effect. Without K or E nobody hears anything.
func (o *Observers) Listen(classes string) {
	mask := cmd.Events(classes)
	if !mask.Has('K') && !mask.Has('E') {
		mask = 0
	}
	o.events.Store(uint32(mask))
}

// Heard are the classes of events that somebody may listen to.
func (o *Observers) Heard() cmd.EventMask { return cmd.EventMask(o.events.Load()) }

// Publish lets happen what waited for the commit of a transaction: by a client, nil if it was none, and served, nil if
// nobody, are those whom it has served. It is called in the order of commits. The outcome is published once.
func (o *Observers) Publish(by *cmd.Client, out *cmd.Outcome, served *waiting.Serving) {
	for i := range out.Events {
		o.happen(&out.Events[i])
	}
	if out.Flushed {
		o.Caches.Flush()
	}
	o.Caches.Invalidate(by, out.Changes)
	out.Published()
	if served != nil {
		served.Deliver()
	}
}

// Vent publishes before the commit what may be: the statistics, lines for MONITOR and messages for the log, of a script
// that leaves so many that they would fill memory.
func (o *Observers) Vent(out *cmd.Outcome) {
	out.Events = slices.DeleteFunc(out.Events, func(e cmd.Event) bool {
		early := e.Line != nil || e.Message != nil
		if early {
			o.happen(&e)
		}
		return early
	})
	o.Count(out)
}

func (o *Observers) happen(e *cmd.Event) {
	switch {
	case e.Do != nil:
		e.Do()
	case e.Line != nil:
		o.Monitors.Show(e.Line.DB, e.Line.From, e.Line.Args)
	case e.Message != nil:
		o.Log(e.Message)
	default:
		o.announce(e.Notice)
	}
}

// announce publishes a keyspace event in the forms that are asked for.
// https://redis.io/docs/latest/develop/use/keyspace-notifications/
func (o *Observers) announce(n cmd.Notice) {
	mask, db := o.Heard(), strconv.Itoa(n.DB)
	if mask.Has('K') {
		o.Broker.Publish(broker.Channels, []byte("__keyspace@"+db+"__:"+n.Name), []byte(n.Event))
	}
	if mask.Has('E') {
		o.Broker.Publish(broker.Channels, []byte("__keyevent@"+db+"__:"+n.Event), []byte(n.Name))
	}
}

// Count adds to the statistics what keys were looked up, and what a script has called. A command that has failed
// counts, too.
func (o *Observers) Count(out *cmd.Outcome) {
	if out.Hits != 0 {
		o.Stats.Hits.Add(out.Hits)
	}
	if out.Misses != 0 {
		o.Stats.Misses.Add(out.Misses)
	}
	o.Counts.Looked(out.Database, out.Hits, out.Misses)
	for i := range out.Calls {
		o.called(&out.Calls[i])
	}
	out.Hits, out.Misses, out.Calls = 0, 0, out.Calls[:0]
}

func (o *Observers) called(c *cmd.Called) {
	if c.Problem != "" {
		o.Stats.Errors.Count(c.Problem)
	}
	switch {
	case c.Stats == nil:
	case c.Rejected:
		c.Stats.Rejected.Add(1)
	default:
		c.Stats.Ran(c.Took, c.Problem != "", o.TimesCommands.Load())
	}
}
