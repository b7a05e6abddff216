package resp

import (
	"fmt"
	"sync/atomic"
	"time"
)

// rates are what happened in the last second: INFO's instantaneous_* fields. One goroutine
// samples, any reads.
type rates struct {
	before        [3]int64 // the totals at the last sample: commands, bytes in, bytes out
	commands      atomic.Int64
	bytesIn, sent atomic.Int64
}

// sample compares the totals with those of a second ago. A total that shrank was reset.
func (r *rates) sample(commands, bytesIn, sent int64) {
	totals := [3]int64{commands, bytesIn, sent}
	for i, rate := range []*atomic.Int64{&r.commands, &r.bytesIn, &r.sent} {
		rate.Store(max(totals[i]-r.before[i], 0))
	}
	r.before = totals
}

func kilobytes(rate *atomic.Int64) string { return fmt.Sprintf("%.2f", float64(rate.Load())/1024) }

// everySecond samples the rates, writes the RDB files that save lines ask for, and, while `timeout` is set, ends idle connections.
func (s *Server) everySecond() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for seconds := 0; ; {
		select {
		case <-s.done:
			return
		case now := <-tick.C:
			if seconds++; seconds%statsEvery == 0 {
				s.saveCounts()
			}
			s.rates.sample(s.stats.Commands.Load(), s.traffic.In.Load(), s.traffic.Out.Load())
			s.clients.enforce()
			if s.saving.due(now) {
				_ = s.saving.Start() // whoever came first writes the file
			}
			if idle := s.params.Int("timeout"); idle > 0 {
				s.clients.closeIdle(now, time.Duration(idle)*time.Second)
			}
		}
	}
}
