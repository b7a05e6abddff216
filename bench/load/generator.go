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

// Maker appends the next command to c. Each worker has its own random source.
type Maker func(c *wire.Conn, r *rand.Rand)

// Job is a closed loop: each connection sends one command, waits for its answer, sends the next.
type Job struct {
	Addr    string
	Conns   int
	Seconds float64
	MaxOps  int // over all connections; 0 leaves only the time to bound it
	Make    Maker
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
	for n := 0; ctx.Err() == nil && (job.MaxOps == 0 || n < quota); n++ {
		if !step(c, r, job.Make, out) {
			return
		}
	}
}

// step does one round trip; false means that the connection is of no further use.
func step(c *wire.Conn, r *rand.Rand, make Maker, out *Outcome) bool {
	make(c, r)
	start := time.Now()
	err := c.Flush()
	if err == nil {
		_, err = c.Receive()
	}
	out.Hist.Add(time.Since(start))
	var refused wire.ServerError
	if errors.As(err, &refused) {
		out.Errors++
	} else if err != nil {
		out.Err = err
		return false
	}
	if out.Err == nil {
		out.Err = err
	}
	return true
}
