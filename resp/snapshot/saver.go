package snapshot

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"larder/disk"
)

// ErrRunning says that a file is being written already.
var ErrRunning = errors.New("snapshot: a file is being written")

// Status is how writing files goes. It is a value.
type Status struct {
	// Asked says that a client has asked for a file since the start.
	Asked   bool
	Running bool
	Since   time.Time // when what runs began
	// Last is when the last file was whole; before there was one, the start.
	Last   time.Time
	Moment uint64 // how many commits there were before the last file
	Failed bool   // the last attempt
	Tried  time.Time
	Took   time.Duration // the last attempt, negative if there was none
	Saves  int64         // files written since the start
	// Done and Total are keys of the file that is being written.
	Done, Total int64
}

// Saver writes one file at a time. For any goroutine.
type Saver struct {
	Source Source
	Path   func() string
	// Moment counts commits, Keys keys.
	Moment func() uint64
	Keys   func() int64
	Log    func(text string, err error)

	points atomic.Pointer[[]point] // save lines; nil for none

	mu     sync.Mutex
	status Status
	keys   atomic.Int64
	stop   context.CancelFunc
	ended  chan struct{} // closed when what runs has ended
	closed bool
}

// Begin sets when the server has started. It comes before all else.
func (s *Saver) Begin(now time.Time) {
	if s.Source.Files == nil {
		s.Source.Files = disk.OS{}
	}
	s.status = Status{Last: now, Took: -time.Second}
}

// Status is how it goes now.
func (s *Saver) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.status
	if now.Running {
		now.Done = s.keys.Load()
	}
	return now
}

// begin takes the only place.
func (s *Saver) begin() (context.Context, error) {
	total := s.Keys()
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return nil, context.Canceled
	case s.status.Running:
		return nil, ErrRunning
	}
	ctx, stop := context.WithCancel(context.Background())
	s.stop, s.ended = stop, make(chan struct{})
	s.keys.Store(0)
	s.status.Asked, s.status.Running, s.status.Since, s.status.Total = true, true, time.Now(), total
	return ctx, nil
}

// write writes a file and notes what came of it.
func (s *Saver) write(ctx context.Context) error {
	moment := s.Moment() // what comes meanwhile may be in the file, and counts as if it were not
	err := s.Source.WriteFile(ctx, s.Path(), &s.keys)
	if err != nil {
		s.Log("the RDB file is not written", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stop()
	now := time.Now()
	s.status.Running, s.status.Failed, s.status.Tried, s.status.Took = false, err != nil, now, now.Sub(s.status.Since)
	if err == nil {
		s.status.Last, s.status.Moment = now, moment
		s.status.Saves++
	}
	close(s.ended)
	return err
}

// Save writes a file and returns when it is there.
func (s *Saver) Save() error {
	ctx, err := s.begin()
	if err != nil {
		return err
	}
	return s.write(ctx)
}

// Start writes a file in the background.
func (s *Saver) Start() error {
	ctx, err := s.begin()
	if err == nil {
		go func() { _ = s.write(ctx) }() // it is in the status and in the log
	}
	return err
}

// Close ends what runs, which leaves the file that was there, and waits for that. Nothing begins afterwards.
func (s *Saver) Close() {
	s.mu.Lock()
	s.closed = true
	running, ended := s.status.Running, s.ended
	if running {
		s.stop()
	}
	s.mu.Unlock()
	if running {
		<-ended
	}
}
