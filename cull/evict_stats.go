package cull

import (
	"sync/atomic"
	"time"
)

// EvictStats counts what an Evictor did. Any goroutine may read it.
type EvictStats struct {
	Evicted atomic.Int64 // keys
	Expired atomic.Int64 // keys that turned out to have expired
	Bytes   atomic.Int64 // their bytes
	Refused atomic.Int64 // commands that found no room
	Waits   atomic.Int64 // commands that had to wait for room
	Busy    atomic.Int64 // time spent, in nanoseconds

	over     atomic.Int64 // nanoseconds over the limit, up to since
	overFrom atomic.Int64 // Unix nanoseconds, 0 while it is not over
}

// clock measures the time over the limit. One goroutine at a time calls it.
func (s *EvictStats) clock(over bool) {
	now := time.Now().UnixNano()
	switch from := s.overFrom.Load(); {
	case over && from == 0:
		s.overFrom.Store(now)
	case !over && from != 0:
		s.over.Add(now - from)
		s.overFrom.Store(0)
	}
}

// Exceeded is how long the data was over its limit since the start, and how long it is now.
func (s *EvictStats) Exceeded() (total, current time.Duration) {
	total = time.Duration(s.over.Load())
	if from := s.overFrom.Load(); from != 0 {
		current = time.Duration(time.Now().UnixNano() - from)
	}
	return total + current, current
}
