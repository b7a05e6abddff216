package stat

import (
	"sync"
	"sync/atomic"
	"time"
)

// latencyKept is how many samples an event keeps, as in Redis.
const latencyKept = 160

// Sample is one spike: when, in Unix seconds, and the longest duration of that second.
type Sample struct {
	Unix   int64
	Millis int64
}

// Latency remembers spikes by event: LATENCY LATEST and HISTORY. For any goroutine.
type Latency struct {
	// ThresholdMillis: shorter ones are not kept; 0 turns the monitor off.
	ThresholdMillis atomic.Int64

	mu     sync.Mutex
	events map[string]*event
}

type event struct {
	samples []Sample
	max     int64
}

// Record notes that an event took this long.
func (l *Latency) Record(name string, took time.Duration) {
	threshold, millis := l.ThresholdMillis.Load(), took.Milliseconds()
	if threshold == 0 || millis < threshold {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.events == nil {
		l.events = map[string]*event{}
	}
	e := l.events[name]
	if e == nil {
		e = &event{}
		l.events[name] = e
	}
	e.add(Sample{Unix: time.Now().Unix(), Millis: millis})
}

func (e *event) add(s Sample) {
	e.max = max(e.max, s.Millis)
	if n := len(e.samples); n > 0 && e.samples[n-1].Unix == s.Unix {
		e.samples[n-1].Millis = max(e.samples[n-1].Millis, s.Millis)
		return
	}
	if len(e.samples) == latencyKept {
		e.samples = append(e.samples[:0], e.samples[1:]...)
	}
	e.samples = append(e.samples, s)
}

// Events lists the names that have samples.
func (l *Latency) Events() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	names := make([]string, 0, len(l.events))
	for n := range l.events {
		names = append(names, n)
	}
	return names
}

// History returns an event's samples, oldest first, and the longest it ever took in ms.
func (l *Latency) History(name string) (samples []Sample, maxMillis int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.events[name]
	if e == nil {
		return nil, 0
	}
	return append(samples, e.samples...), e.max
}

// Reset forgets the named events, or all without names, and returns how many there were.
func (l *Latency) Reset(names ...string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(names) == 0 {
		n := len(l.events)
		l.events = nil
		return n
	}
	n := 0
	for _, name := range names {
		if _, there := l.events[name]; there {
			delete(l.events, name)
			n++
		}
	}
	return n
}
