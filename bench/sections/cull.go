package sections

import (
	"context"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"larder/bench/contend"
	"larder/bench/load"
	"larder/bench/results"
	"larder/bench/wire"
)

const (
	// cullEvery is the time between two looks at INFO.
	cullEvery = 50 * time.Millisecond
	// cullLimit is passed after some seconds of writing values of cullValue bytes, and so much that the data is in
	// its files and not in memory alone.
	cullLimit = 64 << 20
	cullValue = 4000
	// cullConns leave the machine some time.
	cullConns = 4
)

// runCull fills an empty server under a limit that it passes midway, then halves the limit.
func runCull(ctx context.Context, b *Bench, rec *results.Recorder) error {
	f, err := b.start(ctx, contend.Larder)
	if err != nil {
		return err
	}
	defer f.stop()
	s, seconds := f[0], max(2*b.Plan.Zipf, 10)
	large := strings.Repeat("v", cullValue)
	write := func(c *wire.Conn, r *rand.Rand) { c.Append("SET", "new:"+strconv.FormatUint(r.Uint64(), 36), large) }
	for _, phase := range []struct {
		row   string
		limit int64
	}{{"writing under a limit", cullLimit}, {"writing after the limit is halved", cullLimit / 2}} {
		series := make(chan map[string][][2]float64, 1)
		watching, stop := context.WithCancel(ctx)
		go func() { series <- watch(watching, s) }()
		time.Sleep(5 * cullEvery) // what was before the limit is in the picture
		_, err := wire.Once(s.Addr(), "CONFIG", "SET", "maxmemory", strconv.FormatInt(phase.limit, 10), "maxmemory-policy",
			"allkeys-lru")
		var cell results.Cell
		if err != nil {
			cell = failed(err)
		} else {
			cell = generate(ctx, s, load.Job{Conns: cullConns, Seconds: seconds, Make: write})
		}
		stop()
		cell.Row, cell.Contender, cell.Series = phase.row, s.Kind.Name, <-series
		rec.Add(cell)
		b.logCell(cell)
		if err := rec.Finish(phase.row); err != nil {
			return err
		}
	}
	return nil
}

// watch samples what the data and the files take, in seconds and MB, until its context ends.
func watch(ctx context.Context, s *contend.Server) map[string][][2]float64 {
	series, began := map[string][][2]float64{}, time.Now()
	tick := time.NewTicker(cullEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return series
		case <-tick.C:
		}
		text, err := s.Info("everything")
		if err != nil {
			continue
		}
		at := time.Since(began).Seconds()
		for line := range strings.SplitSeq(text, "\r\n") {
			field, digits, _ := strings.Cut(line, ":")
			name := map[string]string{"used_memory": "data", "file_bytes": "files", "wal_bytes": "logs",
				"maxmemory": "limit"}[field]
			if n, err := strconv.ParseInt(digits, 10, 64); err == nil && name != "" {
				series[name] = append(series[name], [2]float64{at, float64(n) / (1 << 20)})
			}
		}
	}
}
