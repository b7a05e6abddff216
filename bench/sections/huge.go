package sections

import (
	"context"
	"math/rand/v2"
	"strconv"
	"strings"

	"larder/bench/contend"
	"larder/bench/load"
	"larder/bench/results"
	"larder/bench/wire"
)

const (
	bystanders = 4      // clients that GET small keys while a huge one is deleted
	smallKeys  = 10_000 // what they read
)

// giant is one huge key: how it is made, what is asked of it, and how it is removed.
type giant struct {
	name   string
	fill   func(*contend.Server) error
	ops    map[string]load.Maker
	order  []string // of ops
	remove string   // DEL or UNLINK
}

// giants: the hash is made twice, once for each way of removing it.
func giants(p HugePlan) []giant {
	n, v := p.Items, value()
	member := func(r *rand.Rand) string { return number("element", r.IntN(n)) }
	return []giant{
		{name: "hash", fill: items(hashOf("hash"), n), remove: "DEL", order: []string{"HGET", "HSET"},
			ops: map[string]load.Maker{
				"HGET": func(c *wire.Conn, r *rand.Rand) { c.Append("HGET", "hash", member(r)) },
				"HSET": func(c *wire.Conn, r *rand.Rand) { c.Append("HSET", "hash", member(r), v) }}},
		{name: "hash2", fill: items(hashOf("hash2"), n), remove: "UNLINK"},
		{name: "zset", fill: items(zsetOf("zset"), n), remove: "DEL", order: []string{"ZRANK", "ZADD"},
			ops: map[string]load.Maker{
				"ZADD":  func(c *wire.Conn, r *rand.Rand) { c.Append("ZADD", "zset", strconv.Itoa(r.IntN(n)), member(r)) },
				"ZRANK": func(c *wire.Conn, r *rand.Rand) { c.Append("ZRANK", "zset", member(r)) }}},
		{name: "list", fill: items(listOf("list"), n), remove: "DEL", order: []string{"LINDEX"}, ops: map[string]load.Maker{
			"LINDEX": func(c *wire.Conn, r *rand.Rand) { c.Append("LINDEX", "list", strconv.Itoa(n/4+r.IntN(n/2))) }}},
		{name: "set", fill: items(setOf("set"), n), remove: "DEL", order: []string{"SPOP"}, ops: map[string]load.Maker{
			"SPOP": func(c *wire.Conn, _ *rand.Rand) { c.Append("SPOP", "set") }}},
		{name: "string", fill: text("string", p.StringMB), remove: "DEL", order: []string{"GETRANGE", "SETRANGE"},
			ops: map[string]load.Maker{
				"GETRANGE": func(c *wire.Conn, r *rand.Rand) {
					at := r.IntN(p.StringMB*mb - valueBytes)
					c.Append("GETRANGE", "string", strconv.Itoa(at), strconv.Itoa(at+valueBytes-1))
				},
				"SETRANGE": func(c *wire.Conn, r *rand.Rand) {
					c.Append("SETRANGE", "string", strconv.Itoa(r.IntN(p.StringMB*mb-valueBytes)), v)
				}}},
	}
}

func items(d dataset, n int) func(*contend.Server) error {
	return func(s *contend.Server) error { return d.fill(s, 0, n) }
}

// text builds a string by appending a megabyte at a time.
func text(key string, megabytes int) func(*contend.Server) error {
	return func(s *contend.Server) error {
		chunk := strings.Repeat("0123456789abcdef", mb/16)
		_, err := wire.Fill(s.Addr(), 0, megabytes, func(int) []string { return []string{"APPEND", key, chunk} })
		return err
	}
}

func runHuge(ctx context.Context, b *Bench, rec *results.Recorder) error {
	f, err := b.start(ctx, contend.RedisMemory, contend.RedisEverysec, contend.Redka, contend.Kvrocks,
		contend.LarderBefore, contend.Larder)
	if err != nil {
		return err
	}
	defer f.stop()
	if err := b.fillAll(f, smallKeys, plainKeys()); err != nil {
		return err
	}
	for _, g := range giants(b.Plan.Huge) {
		if err := b.giantInTurn(ctx, rec, f, g); err != nil {
			return err
		}
	}
	return nil
}

// giantInTurn makes, asks and removes one huge key, in each round of each contender.
func (b *Bench) giantInTurn(ctx context.Context, rec *results.Recorder, f fleet, g giant) error {
	last := g.remove + " " + g.name
	if rec.Done(last) {
		return nil
	}
	for round := range b.Plan.Rounds {
		for _, s := range f {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			for _, c := range b.giantOf(ctx, s, g) {
				c.Contender, c.Round = s.Kind.Name, round
				rec.Add(c)
				b.logCell(c)
			}
		}
	}
	return rec.Finish(append(g.order, last)...)
}

func (b *Bench) giantOf(ctx context.Context, s *contend.Server, g giant) (cells []results.Cell) {
	if err := g.fill(s); err != nil {
		for _, row := range append(g.order, g.remove+" "+g.name) {
			cells = append(cells, results.Cell{Row: row, Note: firstLine(err)})
		}
		return cells
	}
	s.WaitIdle(sweepLimit)
	for _, row := range g.order {
		c := generate(ctx, s, load.Job{Conns: 1, Seconds: b.Plan.Huge.Seconds, MaxOps: b.Plan.Huge.Items / 2,
			Make: g.ops[row]})
		c.Row = row
		cells = append(cells, c)
	}
	return append(cells, b.removal(ctx, s, g))
}

// removal is what bystanders see from the moment the huge key is deleted.
func (b *Bench) removal(ctx context.Context, s *contend.Server, g giant) results.Cell {
	cell := disturbed(ctx, s, load.Job{Conns: bystanders, Seconds: b.Plan.Huge.Seconds, Make: getOf(smallKeys)},
		disturbance{act: func(s *contend.Server) error {
			_, err := wire.Once(s.Addr(), g.remove, g.name)
			return err
		}})
	cell.Row = g.remove + " " + g.name
	return cell
}
