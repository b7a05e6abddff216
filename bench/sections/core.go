package sections

import (
	"context"
	"errors"
	"fmt"
	"time"

	"larder/bench/contend"
	"larder/bench/load"
	"larder/bench/results"
	"larder/bench/wire"
)

const (
	coreClients = 50
	listBase    = 20_000 // items a list or set begins with, so that LRANGE has what it needs
	idleLimit   = 10 * time.Second
	sliceFixed  = 0.6 // seconds a slice takes besides its own: waiting for quiet, starting redis-benchmark
	sliceSettle = 4.0 // seconds more until what Larder has written is settled
	minSlice    = 0.3
)

// effect is what a command does to the size of its data.
type effect int

const (
	reads effect = iota
	overwrites
	grows
	shrinks
)

// command is what redis-benchmark sends.
type command struct {
	args   []string
	data   dataset
	effect effect
	wide   bool // draws from a space a hundred times larger: nearly every SADD adds
}

func commandOf(name string) command {
	const any = "__rand_int__"
	key, member, v := "key:"+any, "element:"+any, value()
	switch name {
	case "SET":
		return command{args: []string{"SET", key, v}, data: plainKeys(), effect: overwrites}
	case "GET":
		return command{args: []string{"GET", key}, data: plainKeys()}
	case "INCR":
		return command{args: []string{"INCR", "counter:" + any}, data: counters(), effect: overwrites}
	case "EVAL":
		return command{args: []string{"EVAL", "return redis.call('INCR', KEYS[1])", "1", "counter:" + any}, data: counters(),
			effect: overwrites}
	case "LPUSH", "RPUSH":
		return command{args: []string{name, "mylist", v}, data: listOf("mylist"), effect: grows}
	case "LPOP":
		return command{args: []string{"LPOP", "mylist"}, data: listOf("mylist"), effect: shrinks}
	case "LRANGE_100":
		return command{args: []string{"LRANGE", "mylist", "0", "99"}, data: listOf("mylist")}
	case "SADD":
		return command{args: []string{"SADD", "myset", member}, data: setOf("myset"), effect: grows, wide: true}
	case "SPOP":
		return command{args: []string{"SPOP", "myset"}, data: setOf("myset"), effect: shrinks}
	case "HSET":
		return command{args: []string{"HSET", "myhash", member, v}, data: hashOf("myhash"), effect: overwrites}
	case "ZADD":
		return command{args: []string{"ZADD", "myzset", any, member}, data: zsetOf("myzset"), effect: overwrites}
	}
	args := []string{"MSET"}
	for range 10 {
		args = append(args, key, v)
	}
	return command{args: args, data: plainKeys(), effect: overwrites}
}

// coreRow is one line of the core table.
type coreRow struct {
	title, name       string
	clients, pipeline int
	contenders        []string
}

func coreRows(p CorePlan) (rows []coreRow) {
	for _, name := range p.Single {
		rows = append(rows, coreRow{name, name, coreClients, 1, p.contenders(name, false)})
	}
	for _, name := range p.Piped {
		rows = append(rows, coreRow{name + " -P 16", name, coreClients, 16, p.contenders(name, false)})
	}
	for _, name := range []string{"SET", "GET"} {
		rows = append(rows, coreRow{name + " alone", name, 1, 1, p.contenders(name, true)})
	}
	return rows
}

// contenders of a row: the three fsync modes differ in how they write, so a run that must be quick compares them by
// SET.
func (p CorePlan) contenders(name string, alone bool) []string {
	switch {
	case name == "EVAL": // Redka runs no scripts, and neither did Larder always
		return []string{contend.RedisMemory, contend.RedisEverysec, contend.Kvrocks, contend.LarderBefore, contend.Larder}
	case p.Everybody || name == "SET" && !alone:
		return []string{contend.RedisMemory, contend.RedisEverysec, contend.RedisAlways, contend.Redka,
			contend.Kvrocks, contend.LarderNo, contend.LarderBefore, contend.Larder, contend.LarderAlways}
	case alone:
		return []string{contend.RedisEverysec, contend.Kvrocks, contend.LarderBefore, contend.Larder}
	}
	return []string{contend.RedisMemory, contend.RedisEverysec, contend.Redka, contend.Kvrocks,
		contend.LarderBefore, contend.Larder}
}

// seconds of a slice before the budget has its say.
func (p CorePlan) seconds(r coreRow, contender string) float64 {
	everysec := contender == contend.RedisEverysec || contender == contend.Larder || contender == contend.LarderBefore
	always := contender == contend.RedisAlways || contender == contend.LarderAlways
	usual := r.pipeline == 1 && r.clients > 1
	switch {
	case commandOf(r.name).effect == reads:
		return p.Read
	case everysec && usual && (r.name == "SET" || r.name == "INCR"), always && usual && r.name == "SET":
		return p.Steady
	case everysec:
		return p.Write
	}
	return p.Other
}

// core is the state of the section while it runs.
type core struct {
	b      *Bench
	rows   []coreRow
	fleet  fleet
	loaded map[string]bool    // contender + dataset
	rates  map[string]float64 // row + contender: requests a second in the last round
}

func runCore(ctx context.Context, b *Bench, rec *results.Recorder) error {
	c := &core{b: b, loaded: map[string]bool{}, rates: map[string]float64{}}
	for _, r := range coreRows(b.Plan.Core) {
		if !rec.Done(r.title) && b.wantsRow(r.title) {
			c.rows = append(c.rows, r)
		}
	}
	if len(c.rows) == 0 {
		return nil
	}
	var err error
	if c.fleet, err = b.start(ctx, names()...); err != nil {
		return err
	}
	defer c.fleet.stop()
	for len(c.rows) > 0 {
		if err := c.row(ctx, rec, c.rows[0]); err != nil {
			return err
		}
		c.rows = c.rows[1:]
	}
	return nil
}

func names() (all []string) {
	for _, k := range contend.Kinds() {
		all = append(all, k.Name)
	}
	return all
}

// takePart is the row's part of the fleet.
func (c *core) takePart(r coreRow) (part fleet) {
	for _, name := range r.contenders {
		for _, s := range c.fleet {
			if s.Kind.Name == name {
				part = append(part, s)
			}
		}
	}
	return part
}

func (c *core) row(ctx context.Context, rec *results.Recorder, r coreRow) error {
	part, cmd, refused := c.takePart(r), commandOf(r.name), map[string]error{}
	for _, s := range part {
		refused[s.Kind.Name] = c.preload(s, cmd.data)
		if r.name == "GET" && refused[s.Kind.Name] == nil {
			refused[s.Kind.Name] = c.warm(s, cmd.data)
		}
	}
	pace := c.pace()
	return c.b.inTurn(ctx, rec, part, r.title, func(s *contend.Server) results.Cell {
		if err := refused[s.Kind.Name]; err != nil {
			return failed(err)
		}
		return c.slice(ctx, r, cmd, s, max(minSlice, pace*c.b.Plan.Core.seconds(r, s.Kind.Name)))
	})
}

// pace is the factor by which slices shrink so that what is left of the table fits what is left of the budget.
func (c *core) pace() float64 {
	if c.b.Plan.Budget == 0 {
		return 1
	}
	planned, fixed := 0.0, 0.0
	for _, r := range c.rows {
		for _, s := range c.takePart(r) {
			planned += c.b.Plan.Core.seconds(r, s.Kind.Name) * float64(c.b.Plan.Rounds)
			cmd := commandOf(r.name)
			fixed += sliceFixed*float64(c.b.Plan.Rounds) + c.loadEstimate(s, cmd.data)
			if s.AwaitSettled && s.Kind.Settles && cmd.effect != reads {
				fixed += sliceSettle * float64(c.b.Plan.Rounds)
			}
		}
	}
	left := (c.b.Plan.Budget - time.Since(c.b.Started)).Seconds() - fixed
	return max(0, min(1, left/planned))
}

// loadEstimate is the seconds a load may take that has not been done yet: 50,000 items a second on disk.
// Rows that share a dataset count it more than once, which leaves room for surprises.
func (c *core) loadEstimate(s *contend.Server, d dataset) float64 {
	onDisk := s.Kind.Name == contend.Redka || s.Kind.Fold != nil
	if c.loaded[s.Kind.Name+d.name] || !onDisk {
		return 0
	}
	return float64(c.b.Plan.Keys) / 50_000 / 2
}

// preload brings a dataset into a server once.
func (c *core) preload(s *contend.Server, d dataset) error {
	if c.loaded[s.Kind.Name+d.name] {
		return nil
	}
	n := c.b.Plan.Keys
	if d.name == "mylist" || d.name == "myset" {
		n = min(n, listBase)
	}
	start := time.Now()
	if err := d.fill(s, 0, capped(s, n)); err != nil {
		return err
	}
	c.loaded[s.Kind.Name+d.name] = true
	c.b.logf("  loaded %s into %s: %d items in %.1f s", d.name, s.Kind.Name, capped(s, n), time.Since(start).Seconds())
	s.WaitIdle(restLimit(s))
	return nil
}

// warm reads every key once: what is read again and again is the steady state of a cache, and slices are too short to
// come to it.
func (c *core) warm(s *contend.Server, d dataset) error {
	_, err := wire.Fill(s.Addr(), 0, capped(s, c.b.Plan.Keys), func(i int) []string {
		return []string{"GET", d.item(i)[0]}
	})
	if err != nil {
		return fmt.Errorf("reading %s of %s: %w", d.name, s.Kind.Name, err)
	}
	return nil
}

// slice measures one contender once.
func (c *core) slice(ctx context.Context, r coreRow, cmd command, s *contend.Server, seconds float64) results.Cell {
	bench := c.bench(r, cmd, s)
	id := r.title + s.Kind.Name
	if c.rates[id] == 0 {
		rate, err := bench.Calibrate(ctx)
		if err != nil {
			return failed(err)
		}
		c.rates[id] = rate
		s.WaitIdle(restLimit(s))
	}
	n, err := c.makeRoom(cmd, s, max(int(c.rates[id]*seconds), r.clients*r.pipeline))
	if err != nil {
		return failed(err)
	}
	cell, err := measure(ctx, bench, s, n, time.Duration(4*seconds+10)*time.Second)
	if errors.Is(err, load.ErrSlow) {
		s.WaitIdle(time.Minute)
	}
	if err != nil {
		return failed(err)
	}
	c.rates[id] = cell.Figures["rps"]
	return cell
}

func (c *core) bench(r coreRow, cmd command, s *contend.Server) load.Bench {
	space := capped(s, c.b.Plan.Keys)
	if cmd.wide {
		space *= 100
	}
	return load.Bench{Path: c.b.Tools.RedisBenchmark, Port: s.Port, Clients: r.clients, Pipeline: r.pipeline, Space: space,
		Command: cmd.args}
}

// measure runs redis-benchmark and bills the server's CPU.
func measure(
	ctx context.Context, bench load.Bench, s *contend.Server, n int, limit time.Duration,
) (c results.Cell, err error) {
	open := openBill(s)
	sample, err := bench.Run(ctx, n, limit)
	if err != nil {
		return c, err
	}
	c = results.Cell{Figures: map[string]float64{"rps": sample.RPS, "p50_us": sample.P50, "p99_us": sample.P99,
		"max_us": sample.Max, "seconds": float64(n) / sample.RPS}}
	open.ran().charge(&c, int64(n))
	return c, nil
}

// makeRoom brings the data into a state in which n requests do what they are named for: a pop finds something,
// and a push does not grow a key without bound. It returns how many requests may be sent.
func (c *core) makeRoom(cmd command, s *contend.Server, n int) (int, error) {
	if cmd.effect != grows && cmd.effect != shrinks {
		return n, nil
	}
	n = min(n, c.b.Plan.Core.MaxItems)
	if s.Kind.MaxKey > 0 {
		n = min(n, s.Kind.MaxKey)
	}
	have, err := cmd.data.length(s)
	if err != nil {
		return 0, err
	}
	if cmd.effect == shrinks {
		return n, c.topUp(cmd.data, s, have, n)
	}
	if have+n <= c.b.Plan.Core.MaxItems+listBase {
		return n, nil
	}
	if err := renew(cmd.data, s); err != nil {
		return 0, fmt.Errorf("making %s anew: %w", cmd.data.name, err)
	}
	return n, nil
}

// topUp adds items that are not there yet until need are.
func (c *core) topUp(d dataset, s *contend.Server, have, need int) error {
	for from := c.b.Plan.Keys; have < need; from += need {
		if err := d.fill(s, from, from+need-have); err != nil {
			return err
		}
		var err error
		if have, err = d.length(s); err != nil {
			return err
		}
		s.WaitIdle(restLimit(s))
	}
	return nil
}
