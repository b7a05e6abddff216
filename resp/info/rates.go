package info

import (
	"fmt"
	"sync/atomic"
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
