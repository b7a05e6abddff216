package access

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Context is what ran the command that was denied.
type Context string

// The contexts.
const (
	TopLevel Context = "toplevel"
	InMulti  Context = "multi"
	InScript Context = "lua"
)

const (
	// logAlike is how near entries must be to be one, logLook among how many of the newest one looks for such.
	logAlike = time.Minute
	logLook  = 10
)

// Entry is what was denied, once or several times.
type Entry struct {
	ID, Count        int64
	Denial           Denial
	Context          Context
	Object           string // command, key or channel; of a wrong password the command
	User             string
	Client           string // as CLIENT LIST shows it
	Created, Updated time.Time
}

// Log is what was denied lately, the newest first: ACL LOG. For any goroutine.
type Log struct {
	denied  [DeniedAuth + 1]atomic.Int64
	mu      sync.Mutex
	nextID  int64
	entries []*Entry
}

// Add notes a denial at its time Updated. The log keeps limit entries; with 0 it keeps those it has, and no new one.
func (l *Log) Add(e Entry, limit int) {
	l.denied[e.Denial].Add(1)
	if limit == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, have := range l.entries[:min(len(l.entries), logLook)] {
		if have.alike(&e) {
			have.Count++
			have.Updated, have.Client = e.Updated, e.Client
			copy(l.entries[1:], l.entries[:i])
			l.entries[0] = have
			return
		}
	}
	e.ID, e.Count, e.Created = l.nextID, 1, e.Updated
	l.nextID++
	l.entries = slices.Insert(l.entries, 0, &e)
	l.entries = l.entries[:min(len(l.entries), limit)]
}

func (e *Entry) alike(o *Entry) bool {
	return e.Denial == o.Denial && e.Context == o.Context && o.Updated.Sub(e.Updated).Abs() <= logAlike &&
		e.Object == o.Object && e.User == o.User
}

// Entries are copies of at most n, the newest first.
func (l *Log) Entries(n int64) []Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	var list []Entry
	for _, e := range l.entries[:min(int64(len(l.entries)), max(n, 0))] {
		list = append(list, *e)
	}
	return list
}

// Reset forgets all entries.
func (l *Log) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = nil
}

// Denied is how many times something was denied for a reason since the start.
func (l *Log) Denied(d Denial) int64 { return l.denied[d].Load() }
