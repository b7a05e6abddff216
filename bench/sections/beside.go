package sections

import (
	"context"
	"fmt"
	"time"

	"larder/bench/contend"
	"larder/bench/load"
	"larder/bench/results"
	"larder/bench/wire"
)

// besideLeast is how long the others are watched at least, in seconds: little more than what they are disturbed by
// would take, or nothing of it would be seen in their p99.
const besideLeast = 0.25

// besideEvery is the pace of each of the others. At full speed they would count a stall once, among thousands of
// answers from before it.
const besideEvery = time.Millisecond

// disturbance is what one client does, and how often until it has taken long enough.
type disturbance struct {
	name    string
	prepare func(*contend.Server) error // before every slice
	act     func(*contend.Server) error
	repeat  bool
}

func disturbances(b *Bench) []disturbance {
	name, laps := fmt.Sprintf("RENAME of a set of %d", b.Plan.Shards.Members), map[*contend.Server]int{}
	filled := map[*contend.Server]bool{}
	large, source := setOf(movedName("large", 0, 0)), setOf("copied")
	return []disturbance{
		{name: fmt.Sprintf("COPY of a set of %d", b.Plan.Shards.Members),
			prepare: func(s *contend.Server) error {
				if _, err := wire.Once(s.Addr(), "DEL", "copy"); err != nil || filled[s] {
					return err
				}
				filled[s] = true
				return source.fill(s, 0, b.Plan.Shards.Members)
			},
			act: func(s *contend.Server) error {
				_, err := wire.Once(s.Addr(), "COPY", "copied", "copy")
				return err
			}},
		{name: name, repeat: true,
			prepare: func(s *contend.Server) error {
				if laps[s] > 0 {
					return nil
				}
				return large.fill(s, 0, b.Plan.Shards.Members)
			},
			act: func(s *contend.Server) error {
				_, err := wire.Once(s.Addr(), "RENAME", movedName("large", 0, laps[s]), movedName("large", 0, laps[s]+1))
				laps[s]++
				return err
			}},
		{name: "FLUSHALL",
			prepare: func(s *contend.Server) error { return plainKeys().fill(s, 0, b.Plan.Keys) },
			act: func(s *contend.Server) error {
				_, err := wire.Once(s.Addr(), "FLUSHALL")
				return err
			}},
	}
}

func runBeside(ctx context.Context, b *Bench, rec *results.Recorder) error {
	f, err := b.startSettling(ctx, rivals()...)
	if err != nil {
		return err
	}
	defer f.stop()
	if err := b.fillAll(f, smallKeys, plainKeys()); err != nil {
		return err
	}
	others := []struct {
		name string
		make load.Maker
	}{{"GET", getOf(smallKeys)}, {"SET", setOfKeys(smallKeys)}}
	for _, d := range disturbances(b) {
		for _, other := range others {
			row := other.name + " beside " + d.name
			if !b.wantsRow(row) {
				continue
			}
			err := b.inTurn(ctx, rec, f, row, func(s *contend.Server) results.Cell {
				if err := d.prepare(s); err != nil {
					return failed(err)
				}
				s.WaitIdle(settleLimit)
				return disturbed(ctx, s, load.Job{Conns: bystanders, Seconds: besideLeast, Every: besideEvery, Make: other.make}, d)
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// disturbed compares what bystanders see alone with what they see while something is done beside them. They are watched
// as long as the job says, and until the last act has been answered.
func disturbed(ctx context.Context, s *contend.Server, job load.Job, d disturbance) results.Cell {
	job.Addr = s.Addr()
	alone := load.Run(ctx, job)
	least := time.Duration(job.Seconds * float64(time.Second))
	during, stop := context.WithCancel(ctx)
	defer stop()
	job.Seconds += sweepLimit.Seconds()
	beside := make(chan *load.Outcome, 1)
	go func() { beside <- load.Run(during, job) }()
	time.Sleep(20 * time.Millisecond) // until they are at work
	acts, began := 0, time.Now()
	var err error
	for err == nil && (acts == 0 || d.repeat && time.Since(began) < least) {
		err = d.act(s)
		acts++
	}
	took := time.Since(began)
	time.Sleep(least - took)
	stop()
	watched := <-beside
	s.WaitIdle(settleLimit)
	if err != nil {
		return failed(err)
	}
	figures := watched.Figures()
	figures["reply_ms"] = float64(took.Microseconds()) / 1e3 / float64(acts)
	figures["alone_p99_us"] = alone.Hist.Quantile(0.99)
	figures["p99_ratio"] = figures["p99_us"] / max(figures["alone_p99_us"], 1)
	return results.Cell{Figures: figures, Note: firstLine(watched.Err)}
}
