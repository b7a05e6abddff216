package stat

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Server counts what concerns no single command. For any goroutine.
type Server struct {
	Started     time.Time
	Connections atomic.Int64 // accepted
	Refused     atomic.Int64 // over maxclients
	Commands    atomic.Int64
	Hits        atomic.Int64 // keys found by reading commands
	Misses      atomic.Int64
	Expired     atomic.Int64 // keys removed because their time had passed
	// ExpiredFields counts fields of hashes, of those too that went with the last of them.
	ExpiredFields atomic.Int64
	Errors        Errors
	Slow          Slowlog
	Events        Latency
}

// Reset forgets what CONFIG RESETSTAT forgets.
func (s *Server) Reset() {
	for _, n := range []*atomic.Int64{&s.Connections, &s.Refused, &s.Commands, &s.Hits, &s.Misses, &s.Expired,
		&s.ExpiredFields} {
		n.Store(0)
	}
	s.Errors.Reset()
}

// maxErrorCodes bounds Errors: error codes may come from scripts, which can make up any.
const maxErrorCodes = 128

// maxErrorCode is within how many bytes a code must end.
const maxErrorCode = 31

// Errors counts error replies by their first word. For any goroutine.
type Errors struct {
	total atomic.Int64
	mu    sync.Mutex
	codes map[string]int64
}

// Count records one error reply by its text.
func (e *Errors) Count(text string) {
	e.total.Add(1)
	code := errorCode(text)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.codes == nil {
		e.codes = map[string]int64{}
	}
	if _, known := e.codes[code]; known || len(e.codes) < maxErrorCodes {
		e.codes[code]++
	}
}

// errorCode is the code of an error by Redis's rules: text without one among its first bytes is an ERR,
// and what has a meaning in the lines of INFO becomes "_".
func errorCode(text string) string {
	end := strings.IndexByte(text[:min(len(text), maxErrorCode)], ' ')
	if end < 0 {
		return "ERR"
	}
	if code := text[:end]; !strings.ContainsAny(code, "#:") {
		return code
	}
	return strings.NewReplacer("#", "_", ":", "_").Replace(text[:end])
}

// Total is the number of error replies.
func (e *Errors) Total() int64 { return e.total.Load() }

// Codes returns a copy of the counts by code.
func (e *Errors) Codes() map[string]int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	counts := make(map[string]int64, len(e.codes))
	for c, n := range e.codes {
		counts[c] = n
	}
	return counts
}

// Reset forgets all.
func (e *Errors) Reset() {
	e.total.Store(0)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.codes = nil
}
