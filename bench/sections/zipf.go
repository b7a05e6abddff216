package sections

import (
	"context"
	"math/rand/v2"
	"time"

	"larder/bench/contend"
	"larder/bench/load"
	"larder/bench/results"
	"larder/bench/wire"
)

func runZipf(ctx context.Context, b *Bench, rec *results.Recorder) error {
	f, err := b.start(ctx, contend.RedisMemory, contend.RedisEverysec, contend.Redka, contend.Kvrocks,
		contend.LarderBefore, contend.Larder)
	if err != nil {
		return err
	}
	defer f.stop()
	if err := b.fillAll(f, b.Plan.Keys, plainKeys(), counters()); err != nil {
		return err
	}
	law, v := load.NewZipf(b.Plan.Keys), value()
	rows := []struct {
		title string
		make  load.Maker
	}{
		{"INCR zipf", func(c *wire.Conn, r *rand.Rand) { c.Append("INCR", number("counter", law.Key(r))) }},
		{"SET zipf", func(c *wire.Conn, r *rand.Rand) { c.Append("SET", number("key", law.Key(r)), v) }},
	}
	for _, row := range rows {
		err := b.inTurn(ctx, rec, f, row.title, func(s *contend.Server) results.Cell {
			return generate(ctx, s, load.Job{Conns: coreClients, Seconds: b.Plan.Zipf, Make: row.make})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// fillAll loads datasets of n items into every contender, as far as each is loaded at all.
func (b *Bench) fillAll(f fleet, n int, data ...dataset) error {
	for _, s := range f {
		start := time.Now()
		for _, d := range data {
			if err := d.fill(s, 0, capped(s, n)); err != nil {
				return err
			}
		}
		b.logf("  loaded %s in %.1f s", s.Kind.Name, time.Since(start).Seconds())
	}
	for _, s := range f {
		s.WaitIdle(restLimit(s))
	}
	return nil
}
