package stat

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// As in Redis: a slow command is remembered with at most so many arguments of so many bytes.
const (
	slowMaxArgs = 32
	slowMaxArg  = 128
)

// SlowEntry is one command that took long.
type SlowEntry struct {
	ID     int64
	At     time.Time
	Took   time.Duration
	Args   []string
	Addr   string
	Client string // CLIENT SETNAME's
}

// Slowlog remembers the latest slow commands. For any goroutine.
type Slowlog struct {
	// ThresholdMicros: commands taking at least this are logged; negative logs none.
	ThresholdMicros atomic.Int64
	MaxLen          atomic.Int64

	mu      sync.Mutex
	nextID  int64
	entries []SlowEntry // newest last
}

// Wants reports whether a command of this duration is to be logged.
func (l *Slowlog) Wants(took time.Duration) bool {
	threshold := l.ThresholdMicros.Load()
	return threshold >= 0 && took.Microseconds() >= threshold
}

// Add logs a command; args are copied and shortened.
func (l *Slowlog) Add(args [][]byte, took time.Duration, addr, client string) {
	e := SlowEntry{At: time.Now(), Took: took, Args: shorten(args), Addr: addr, Client: client}
	l.mu.Lock()
	defer l.mu.Unlock()
	e.ID = l.nextID
	l.nextID++
	l.entries = append(l.entries, e)
	l.trim()
}

func (l *Slowlog) trim() {
	if over := len(l.entries) - int(max(l.MaxLen.Load(), 0)); over > 0 {
		l.entries = append([]SlowEntry(nil), l.entries[over:]...)
	}
}

// Newest returns up to n entries, the latest first; n < 0 returns all.
func (l *Slowlog) Newest(n int) []SlowEntry {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n < 0 || n > len(l.entries) {
		n = len(l.entries)
	}
	newest := make([]SlowEntry, n)
	for i := range newest {
		newest[i] = l.entries[len(l.entries)-1-i]
	}
	return newest
}

// Len is the number of entries.
func (l *Slowlog) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.entries)
}

// Reset forgets the entries; ids go on.
func (l *Slowlog) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = nil
}

func shorten(args [][]byte) []string {
	n := min(len(args), slowMaxArgs)
	words := make([]string, n)
	for i := range n {
		words[i] = shortenArg(args[i])
	}
	if len(args) > slowMaxArgs {
		words[n-1] = fmt.Sprintf("... (%d more arguments)", len(args)-n+1)
	}
	return words
}

func shortenArg(a []byte) string {
	if len(a) <= slowMaxArg {
		return string(a)
	}
	return fmt.Sprintf("%s... (%d more bytes)", a[:slowMaxArg], len(a)-slowMaxArg)
}
