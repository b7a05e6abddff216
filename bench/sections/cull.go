package sections

import (
	"context"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"larder/bench/contend"
	"larder/bench/load"
	"larder/bench/results"
	"larder/bench/wire"
)

// cullEvery is the time between two looks at INFO.
const cullEvery = 50 * time.Millisecond

// runCull fills an empty server under a limit that it passes midway, then halves the limit.
func runCull(ctx context.Context, b *Bench, rec *results.Recorder) error {
	f, err := b.start(ctx, contend.Larder)
	if err != nil {
		return err
	}
	defer f.stop()
	s, seconds := f[0], max(2*b.Plan.Zipf, 4)
	limit := int64(b.Plan.Keys) * int64(keyBytes+len(number("key", 0))+len(value()))
	for _, phase := range []struct {
		row   string
		limit int64
	}{{"writing under a limit", limit}, {"writing after the limit is halved", limit / 2}} {
		series := make(chan map[string][][2]float64, 1)
		watching, stop := context.WithCancel(ctx)
		go func() { series <- watch(watching, s.Addr()) }()
		time.Sleep(5 * cullEvery) // what was before the limit is in the picture
		_, err := wire.Once(s.Addr(), "CONFIG", "SET", "maxmemory", strconv.FormatInt(phase.limit, 10), "maxmemory-policy", "allkeys-lru")
		var cell results.Cell
		if err != nil {
			cell = failed(err)
		} else {
			cell = generate(ctx, s, load.Job{Conns: coreClients, Seconds: seconds, Make: newKey})
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

// info reads what wire, which drops long replies, does not keep.
func info(addr string) (string, error) {
	conn, err := net.DialTimeout("tcp", addr, 10*time.Second)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(conn, "INFO everything\r\nQUIT\r\n"); err != nil {
		return "", err
	}
	text, err := io.ReadAll(conn)
	return string(text), err
}

// watch samples what the data and the files take, in seconds and MB, until its context ends.
func watch(ctx context.Context, addr string) map[string][][2]float64 {
	series, began := map[string][][2]float64{}, time.Now()
	tick := time.NewTicker(cullEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return series
		case <-tick.C:
		}
		text, err := info(addr)
		if err != nil {
			continue
		}
		at := time.Since(began).Seconds()
		for line := range strings.SplitSeq(text, "\r\n") {
			field, digits, _ := strings.Cut(line, ":")
			name := map[string]string{"used_memory": "data", "used_disk": "files", "maxmemory": "limit"}[field]
			if n, err := strconv.ParseInt(digits, 10, 64); err == nil && name != "" {
				series[name] = append(series[name], [2]float64{at, float64(n) / (1 << 20)})
			}
		}
	}
}
