package sections

import (
	"context"
	"math/rand/v2"
	"strconv"
	"sync/atomic"

	"larder/bench/contend"
	"larder/bench/load"
	"larder/bench/results"
	"larder/bench/wire"
)

const (
	objectKeys   = 100_000 // of each type, at most
	objectFields = 10
	objectItems  = 5 // of a list or a sorted set

	// objectPushes is how often a list is pushed to before the next one of its number takes its place: it stays short.
	objectPushes = 2
)

// objectRow is a command on many small collections.
type objectRow struct {
	title string
	maker func() load.Maker // one for each server: it may count what that server has got
}

// objectRows begin with those that make what the others read.
func objectRows(n int) []objectRow {
	one := func(name, prefix string, args ...string) func() load.Maker {
		return func() load.Maker {
			return func(c *wire.Conn, r *rand.Rand) {
				c.Append(append([]string{name, number(prefix, r.IntN(n))}, args...)...)
			}
		}
	}
	return []objectRow{
		{"HSET of 10 fields", one("HSET", "object", pairs("field", objectFields, false)...)},
		{"RPUSH of 5 to a short list", func() load.Maker { return pusher(n) }},
		{"ZADD of 5", one("ZADD", "board", pairs("member", objectItems, true)...)},
		{"SADD of 3", one("SADD", "labels", "first", "second", "third")},
		{"HINCRBY in a small hash", one("HINCRBY", "object", "visits", "1")},
		{"HGETALL of 10 fields", one("HGETALL", "object")},
		{"LRANGE of a short list", one("LRANGE", "queue:0", "0", "-1")},
		{"ZRANGE of 5", one("ZRANGE", "board", "0", "-1")},
		{"SMEMBERS of 3", one("SMEMBERS", "labels")},
	}
}

// pairs are names and their values, the value first if the command wants scores.
func pairs(name string, n int, scores bool) (args []string) {
	for i := range n {
		if scores {
			args = append(args, strconv.Itoa(i*10), name+strconv.Itoa(i))
		} else {
			args = append(args, name+strconv.Itoa(i), "value of "+strconv.Itoa(i))
		}
	}
	return args
}

// pusher pushes to lists in turn. Those of the first lap are there to be read, whatever became of the later ones.
func pusher(n int) load.Maker {
	var count atomic.Int64
	return func(c *wire.Conn, _ *rand.Rand) {
		at := int(count.Add(1) - 1)
		args := []string{"RPUSH", number("queue:"+strconv.Itoa(at/n/objectPushes), at%n)}
		for i := range objectItems {
			args = append(args, "element "+strconv.Itoa(i))
		}
		c.Append(args...)
	}
}

// runObjects ends with what all of that takes on disk.
func runObjects(ctx context.Context, b *Bench, rec *results.Recorder) error {
	f, err := b.startSettling(ctx, rivals()...)
	if err != nil {
		return err
	}
	defer f.stop()
	n := min(b.Plan.Keys, objectKeys)
	if err := b.fillObjects(f, n); err != nil {
		return err
	}
	for _, row := range objectRows(n) {
		if !b.wantsRow(row.title) || rec.Done(row.title) {
			continue
		}
		makers := map[*contend.Server]load.Maker{}
		for _, s := range f {
			makers[s] = row.maker()
		}
		err := b.inTurn(ctx, rec, f, row.title, func(s *contend.Server) results.Cell {
			return generate(ctx, s, load.Job{Conns: coreClients, Seconds: b.Plan.Shards.Seconds, Make: makers[s]})
		})
		if err != nil {
			return err
		}
	}
	return b.inTurn(ctx, rec, f, "all of these", func(s *contend.Server) results.Cell {
		s.WaitIdle(settleLimit)
		return results.Cell{Figures: map[string]float64{"disk_mb": float64(s.Disk()) / mb}}
	})
}

// fillObjects makes each collection once, so that no row depends on the ones before.
func (b *Bench) fillObjects(f fleet, n int) error {
	made := []func(i int) []string{
		func(i int) []string {
			return append([]string{"HSET", number("object", i)}, pairs("field", objectFields, false)...)
		},
		func(i int) []string {
			return append([]string{"ZADD", number("board", i)}, pairs("member", objectItems, true)...)
		},
		func(i int) []string { return []string{"SADD", number("labels", i), "first", "second", "third"} },
		func(i int) []string { return []string{"RPUSH", number("queue:0", i), "a", "b", "c", "d", "e"} },
	}
	for _, s := range f {
		for _, item := range made {
			if _, err := wire.Fill(s.Addr(), 0, n, item); err != nil {
				return err
			}
		}
		s.WaitIdle(settleLimit)
		b.logf("  made %d small collections of each type in %s", n, s.Kind.Name)
	}
	return nil
}
