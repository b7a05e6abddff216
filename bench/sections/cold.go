package sections

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync/atomic"

	"larder/bench/contend"
	"larder/bench/load"
	"larder/bench/results"
	"larder/bench/wire"
)

// coldItems is how much a small list, hash or sorted set begins with; a list gives away one in a slice.
const coldItems = 10

// coldRow is a write, and how the key that it meets has been made.
type coldRow struct {
	title string
	made  func(i int) []string
	write func(i int) []string
}

func coldRows() []coldRow {
	v := value()
	row := func(name, prefix string, made []string, write ...string) coldRow {
		command := func(name string, args []string) func(int) []string {
			return func(i int) []string { return append([]string{name, number(prefix, i)}, args...) }
		}
		return coldRow{name, command(made[0], made[1:]), command(name, write)}
	}
	hash, list, zset := []string{"HSET"}, []string{"RPUSH"}, []string{"ZADD"}
	for k := range coldItems {
		field := "field:" + strconv.Itoa(k)
		hash, list, zset = append(hash, field, v), append(list, v), append(zset, strconv.Itoa(k), field)
	}
	return []coldRow{
		row("INCR", "counter", []string{"SET", "0"}),
		row("HSET", "hash", hash, "field:3", v),
		row("LPOP", "list", list),
		row("ZADD", "zset", zset, "99", "field:3"),
	}
}

func runCold(ctx context.Context, b *Bench, rec *results.Recorder) error {
	f, err := b.startSettling(ctx, rivals()...)
	if err != nil {
		return err
	}
	defer f.stop()
	for _, s := range f {
		for _, row := range coldRows() {
			if _, err := wire.Fill(s.Addr(), 0, b.Plan.Cold.Keys, row.made); err != nil {
				return fmt.Errorf("loading for %s into %s: %w", row.title, s.Kind.Name, err)
			}
		}
		b.logf("  loaded %s: four kinds of %d keys", s.Kind.Name, b.Plan.Cold.Keys)
		s.WaitIdle(settleLimit)
	}
	for _, row := range coldRows() {
		if !b.wantsRow(row.title + " cold") {
			continue
		}
		made := map[*contend.Server]load.Maker{}
		for _, s := range f {
			made[s] = eachOnce(b.Plan.Cold.Keys, row.write)
		}
		err := b.inTurn(ctx, rec, f, row.title+" cold", func(s *contend.Server) results.Cell {
			return b.cold(ctx, s, made[s])
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// eachOnce writes to the keys in an order in which neighbours are far apart, and to none twice before all had their
// turn.
func eachOnce(n int, write func(i int) []string) load.Maker {
	var count atomic.Int64
	return func(c *wire.Conn, _ *rand.Rand) { c.Append(write(load.Scattered(int(count.Add(1)-1), n))...) }
}

// cold starts the server again with its files out of the page cache, and measures before they are back.
func (b *Bench) cold(ctx context.Context, s *contend.Server, make load.Maker) results.Cell {
	left := 0.0
	err := s.Restart(ctx, func(data string) (err error) {
		left, err = contend.Uncache(data)
		return err
	})
	if err != nil {
		return failed(err)
	}
	s.WaitIdle(settleLimit)
	cell := generate(ctx, s, load.Job{Conns: coreClients, Seconds: b.Plan.Cold.Seconds, MaxOps: b.Plan.Cold.Ops,
		Make: make})
	if cell.Figures != nil {
		cell.Figures["cached_percent"] = 100 * left
	}
	return cell
}
