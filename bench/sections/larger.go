package sections

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"larder/bench/contend"
	"larder/bench/load"
	"larder/bench/results"
	"larder/bench/wire"
)

// runLarger gives each contender a cage of its own. A contender that the kernel ends is a result, not an error.
func runLarger(ctx context.Context, b *Bench, rec *results.Recorder) error {
	for _, name := range []string{contend.Larder, contend.RedisMemory} {
		k, there := contend.Find(name, b.Tools)
		if !there || !b.wants(name) || rec.Done("load, "+name) {
			continue
		}
		if err := b.caged(ctx, rec, k); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		done := []string{"load, " + name}
		for _, row := range largerRows() {
			done = append(done, row.title+", "+name)
		}
		if err := rec.Finish(done...); err != nil {
			return err
		}
	}
	return nil
}

// largerRow is a share of SETs among random GETs.
type largerRow struct {
	title  string
	writes float64
}

func largerRows() []largerRow {
	return []largerRow{{"GET", 0}, {"SET", 1}, {"GET 90% SET 10%", 0.1}}
}

func (b *Bench) caged(ctx context.Context, rec *results.Recorder, k contend.Kind) error {
	cage, err := contend.NewCage(b.Plan.Larger.Limit)
	if err != nil {
		return err
	}
	defer cage.Remove()
	s, err := contend.Start(ctx, k, b.Tools, b.Scratch, cage)
	if err != nil {
		return err
	}
	defer s.Stop()
	add := func(row string, round int, c results.Cell) {
		c.Row, c.Contender, c.Round = row, k.Name, round
		rec.Add(c)
		b.logCell(c)
	}
	loaded := b.fillLarge(s, cage)
	add("load", 0, loaded)
	if !s.Alive() {
		return nil
	}
	for round := range b.Plan.Rounds {
		for _, row := range largerRows() {
			if !s.Alive() || ctx.Err() != nil {
				return nil
			}
			job := load.Job{Conns: coreClients, Seconds: b.Plan.Larger.Seconds, Make: largeMaker(b.Plan.Larger, row.writes)}
			add(row.title, round, b.survive(ctx, s, job))
		}
	}
	return nil
}

// survive measures, and says what became of the server.
func (b *Bench) survive(ctx context.Context, s *contend.Server, job load.Job) results.Cell {
	top := s.WatchRSS()
	c := generate(ctx, s, job)
	rss := float64(top()) / mb
	if c.Figures != nil {
		c.Figures["rss_mb"], c.Figures["disk_mb"] = rss, float64(s.Disk())/mb
	}
	if !s.Alive() {
		c.Note = fmt.Sprintf("ended: %v", s.End())
	}
	return c
}

// fillLarge loads the values one SET at a time and notes how far it came.
func (b *Bench) fillLarge(s *contend.Server, cage *contend.Cage) results.Cell {
	p, text := b.Plan.Larger, largeText(b.Plan.Larger.ValueBytes)
	start := time.Now()
	n, err := wire.Fill(s.Addr(), 0, p.Keys, func(i int) []string {
		return []string{"SET", number("key", i), largeValue(text, p, i)}
	})
	c := results.Cell{Note: cage.Means, Figures: map[string]float64{"rps": float64(n) / time.Since(start).Seconds(),
		"loaded_mb": float64(n) * float64(p.ValueBytes) / mb, "rss_mb": float64(s.RSS()) / mb,
		"disk_mb": float64(s.Disk()) / mb}}
	if err != nil {
		time.Sleep(time.Second) // a killed process is reaped a moment after its connections break
		c.Note = fmt.Sprintf("%s; after %.0f MB: %v; process: %v", cage.Means, c.Figures["loaded_mb"], err, s.End())
	}
	return c
}

// largeText is what values are cut from: random letters, so that nothing compresses them to less.
func largeText(size int) string {
	r := rand.New(rand.NewPCG(1, 1))
	text := make([]byte, 2*size)
	for i := range text {
		text[i] = byte('!' + r.IntN(90))
	}
	return string(text)
}

func largeValue(text string, p LargerPlan, i int) string {
	at := i % p.ValueBytes
	return text[at : at+p.ValueBytes]
}

func largeMaker(p LargerPlan, writes float64) load.Maker {
	text := largeText(p.ValueBytes)
	return func(c *wire.Conn, r *rand.Rand) {
		i := r.IntN(p.Keys)
		if r.Float64() < writes {
			c.Append("SET", number("key", i), largeValue(text, p, r.IntN(p.ValueBytes)))
			return
		}
		c.Append("GET", number("key", i))
	}
}
