package sections

import (
	"context"
	"math/rand/v2"
	"strconv"
	"time"

	"larder/bench/contend"
	"larder/bench/load"
	"larder/bench/results"
	"larder/bench/wire"
)

const (
	smallLimit = "50mb"
	smallValue = 1024
	// smallFill keys take more than the limit: from the first measured SET on something is evicted for it.
	smallFill = 70_000
	// smallLater is when the data directory is looked at again.
	smallLater = 10 * time.Second
	lookAtDisk = 100 * time.Millisecond
)

// runSmall leaves Kvrocks out: it limits what is on the disk, in whole GB, and evicts nothing.
func runSmall(ctx context.Context, b *Bench, rec *results.Recorder) error {
	f, err := b.startSettling(ctx, contend.RedisEverysec, contend.LarderBefore, contend.Larder)
	if err != nil {
		return err
	}
	defer f.stop()
	text := largeText(smallValue)
	set := func(i int) []string {
		return []string{"SET", "new:" + strconv.Itoa(i), text[i%smallValue:][:smallValue]}
	}
	for _, s := range f {
		_, err := wire.Once(s.Addr(), "CONFIG", "SET", "maxmemory", smallLimit, "maxmemory-policy", "allkeys-lru")
		if err != nil {
			return err
		}
		if _, err := wire.Fill(s.Addr(), 0, smallFill, set); err != nil {
			return err
		}
		s.WaitIdle(settleLimit)
	}
	fresh := func(c *wire.Conn, r *rand.Rand) { c.Append(set(r.IntN(1 << 50))...) }
	return b.inTurn(ctx, rec, f, "SET of 1 KB at maxmemory "+smallLimit, func(s *contend.Server) results.Cell {
		return crowded(ctx, s, load.Job{Addr: s.Addr(), Conns: coreClients, Seconds: b.Plan.Shards.Seconds, Make: fresh})
	})
}

// crowded looks at the directory before the logs are folded for the bill, which would make it smaller than it is.
func crowded(ctx context.Context, s *contend.Server, job load.Job) results.Cell {
	open, largest := openBill(s), watchDisk(s)
	out := load.Run(ctx, job)
	open = open.ran()
	during := largest()
	if out.Hist.Count() == 0 || out.Errors == out.Hist.Count() {
		return results.Cell{Note: firstLine(out.Err)}
	}
	select {
	case <-time.After(smallLater):
	case <-ctx.Done():
	}
	cell := results.Cell{Figures: out.Figures(), Note: firstLine(out.Err)}
	cell.Figures["disk_mb"], cell.Figures["later_mb"] = float64(during)/mb, float64(s.Disk())/mb
	cell.Figures["errors"] = float64(out.Errors)
	open.charge(&cell, out.Hist.Count())
	return cell
}

// watchDisk samples the bytes of the data directory until the returned function is called, which gives the largest.
func watchDisk(s *contend.Server) func() int64 {
	stop, largest := make(chan struct{}), make(chan int64)
	go func() {
		top, tick := s.Disk(), time.NewTicker(lookAtDisk)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				largest <- max(top, s.Disk())
				return
			case <-tick.C:
				top = max(top, s.Disk())
			}
		}
	}()
	return func() int64 { close(stop); return <-largest }
}
