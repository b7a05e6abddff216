package load

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"larder/bench/stats"
	"larder/bench/wire"
)

// Maker appends the next command to c, or several that count as one. Each worker has its own random source.
type Maker func(c *wire.Conn, r *rand.Rand)

// Job is a closed loop: each connection sends Depth commands, waits for their answers, sends the next.
type Job struct {
	Addr    string
	Conns   int
	Seconds float64
	MaxOps  int // over all connections; 0 leaves only the time to bound it
	Depth   int // commands in flight on a connection; 0 is one
	Replies int // answers to what Make appends at once; 0 is one
	// Every is the time from one command of a connection to the next, 0 for as fast as answers come. What is due while
	// an earlier answer is late counts from when it was due: a stall of a second is seen by everything it has kept.
	Every time.Duration
	Make  Maker
}

// Outcome is what a Job has seen. Server errors count; the first one is kept in Err.
type Outcome struct {
	Hist    stats.Hist
	Elapsed time.Duration
	Errors  int64
	Err     error
}

// Rate is the number of answered commands a second.
func (o *Outcome) Rate() float64 { return float64(o.Hist.Count()) / max(o.Elapsed.Seconds(), 1e-9) }

// Figures are rps, p50_us, p99_us and max_us.
func (o *Outcome) Figures() map[string]float64 {
	return map[string]float64{
		"rps": o.Rate(), "p50_us": o.Hist.Quantile(0.5), "p99_us": o.Hist.Quantile(0.99), "max_us": o.Hist.Max(),
	}
}

// Run drives the job to its end or until ctx is done. A broken connection ends its worker and shows in Err.
func Run(ctx context.Context, job Job) *Outcome {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(job.Seconds*float64(time.Second)))
	defer cancel()
	parts := make([]Outcome, job.Conns)
	var wg sync.WaitGroup
	start := time.Now()
	for i := range parts {
		wg.Go(func() { work(ctx, job, i, &parts[i]) })
	}
	wg.Wait()
	total := &Outcome{Elapsed: time.Since(start)}
	for i := range parts {
		total.Hist.Merge(&parts[i].Hist)
		total.Errors += parts[i].Errors
		total.Err = errors.Join(total.Err, parts[i].Err)
	}
	return total
}

// patience is how long an answer may take beyond the end of the job before the server counts as stuck.
const patience = 30 * time.Second

func work(ctx context.Context, job Job, id int, out *Outcome) {
	c, err := wire.Dial(job.Addr)
	if err != nil {
		out.Err = err
		return
	}
	defer c.Close()
	end, _ := ctx.Deadline()
	c.SetDeadline(end.Add(patience))
	r := rand.New(rand.NewPCG(uint64(id), 42))
	quota := job.MaxOps / job.Conns
	due, ended := time.Now(), time.Time{}
	// What a stall at the end has kept is sent behind it: left out, the stall would count once.
	live := func() bool {
		if ctx.Err() == nil {
			return true
		}
		if ended.IsZero() {
			ended = time.Now()
		}
		return job.Every > 0 && due.Before(ended)
	}
	for n := 0; live() && (job.MaxOps == 0 || n < quota); n += max(job.Depth, 1) {
		if !step(c, r, job, startOf(job, due), out) {
			return
		}
		due = due.Add(job.Every)
	}
}

// startOf is when the command that is due began: now, after a wait for it, or when it was due if that has passed.
func startOf(job Job, due time.Time) time.Time {
	if early := time.Until(due); job.Every == 0 || early > 0 {
		time.Sleep(early)
		return time.Now()
	}
	return due
}

// step does one round trip; false means that the connection is of no further use. Each command of a flight takes as
// long as the flight does.
func step(c *wire.Conn, r *rand.Rand, job Job, start time.Time, out *Outcome) bool {
	depth := max(job.Depth, 1)
	for range depth {
		job.Make(c, r)
	}
	if err := c.Flush(); err != nil {
		out.Err = err
		return false
	}
	for range depth {
		err := receive(c, max(job.Replies, 1))
		var refused wire.ServerError
		if err != nil && out.Err == nil {
			out.Err = err
		}
		if errors.As(err, &refused) {
			out.Errors++
		} else if err != nil {
			return false
		}
		out.Hist.Add(time.Since(start))
	}
	return true
}

// receive reads the answers to what counts as one command, and returns the first refusal among them.
func receive(c *wire.Conn, replies int) (refused error) {
	for range replies {
		_, err := c.Receive()
		if said := wire.ServerError(""); err != nil && !errors.As(err, &said) {
			return err
		}
		if refused == nil {
			refused = err
		}
	}
	return refused
}
