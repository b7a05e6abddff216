package sections

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"larder/bench/contend"
	"larder/bench/load"
	"larder/bench/results"
)

const (
	diskCache = "diskcache"
	mb        = 1 << 20
)

// growth is the state of the section: the servers, and a DiskCache directory if there is a Python for it.
type growth struct {
	b      *Bench
	fleet  fleet
	cache  string // DiskCache's directory; empty without it
	size   int
	before int // what the servers hold already
	cached int // what DiskCache holds already
}

func runGrowth(ctx context.Context, b *Bench, rec *results.Recorder) error {
	g := &growth{b: b}
	var err error
	if g.fleet, err = b.start(ctx, contend.RedisMemory, contend.RedisEverysec, contend.Redka, contend.Larder); err != nil {
		return err
	}
	defer g.fleet.stop()
	if b.Tools.Python != "" && b.wants(diskCache) {
		if g.cache, err = os.MkdirTemp(b.Scratch, "diskcache-"); err != nil {
			return err
		}
		defer os.RemoveAll(g.cache)
	}
	for _, g.size = range b.Plan.Growth.Sizes {
		if err := g.at(ctx, rec); err != nil {
			return err
		}
		g.before = g.size
	}
	return nil
}

func growthRow(command string, size int) string { return fmt.Sprintf("%s, %d keys", command, size) }

// at measures one size. The keys are loaded even if the rows are done: a resumed run needs them for the next size.
func (g *growth) at(ctx context.Context, rec *results.Recorder) error {
	var part fleet
	for _, s := range g.fleet {
		if capped(s, g.size) < g.size {
			continue
		}
		start := time.Now()
		if err := plainKeys().fill(s, g.before, g.size); err != nil {
			return err
		}
		g.b.logf("  %s: up to %d keys in %.1f s", s.Kind.Name, g.size, time.Since(start).Seconds())
		s.WaitIdle(sweepLimit)
		part = append(part, s)
	}
	for _, command := range []string{"GET", "SET"} {
		err := g.b.inTurn(ctx, rec, part, growthRow(command, g.size), func(s *contend.Server) results.Cell {
			return g.slice(ctx, s, command)
		})
		if err != nil {
			return err
		}
	}
	return g.diskCache(ctx, rec)
}

// slice measures time, memory while it runs, and what is on disk after it.
func (g *growth) slice(ctx context.Context, s *contend.Server, name string) results.Cell {
	bench := load.Bench{Path: g.b.Tools.RedisBenchmark, Port: s.Port, Clients: coreClients, Pipeline: 1, Space: g.size,
		Command: commandOf(name).args}
	rate, err := bench.Calibrate(ctx)
	if err != nil {
		return failed(err)
	}
	s.WaitIdle(restLimit(s))
	seconds := g.b.Plan.Growth.Seconds
	top := s.WatchRSS()
	cell, err := measure(ctx, bench, s, max(int(rate*seconds), coreClients), time.Duration(4*seconds+10)*time.Second)
	largest := top()
	if err != nil {
		return failed(err)
	}
	cell.Figures["rss_mb"], cell.Figures["disk_mb"] = float64(largest)/mb, float64(s.Disk())/mb
	cell.Figures["us"] = 1e6 / cell.Figures["rps"]
	return cell
}

// diskCache adds its rounds to the rows of this size: one Python process, which is how it is used.
func (g *growth) diskCache(ctx context.Context, rec *results.Recorder) error {
	row := growthRow("GET", g.size) + " in Python"
	if g.cache == "" || g.size > 1_000_000 || rec.Done(row) {
		return nil
	}
	for round := range g.b.Plan.Rounds {
		out, err := g.b.python(ctx, "growth", filepath.Join(g.cache, "growth"), fmt.Sprint(g.cached), fmt.Sprint(g.size),
			fmt.Sprint(g.b.Plan.Growth.Seconds)).Output()
		if err != nil {
			return fmt.Errorf("diskcache: %w", err)
		}
		var answer map[string]map[string]float64
		if err := json.Unmarshal(out, &answer); err != nil {
			return fmt.Errorf("diskcache: %w", err)
		}
		for _, command := range []string{"GET", "SET"} {
			figures := answer[command]
			figures["us"] = 1e6 / figures["rps"]
			cell := results.Cell{Row: growthRow(command, g.size), Contender: diskCache, Round: round, Figures: figures,
				Note: "one process, in Python"}
			rec.Add(cell)
			g.b.logCell(cell)
		}
		g.cached = g.size
	}
	return rec.Finish(row)
}
