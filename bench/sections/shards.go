package sections

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"

	"larder/bench/contend"
	"larder/bench/load"
	"larder/bench/results"
	"larder/bench/wire"
)

const (
	txSets     = 5      // SETs of a transaction
	msetKeys   = 10     // keys of an MSET
	moved      = 10_000 // small keys that RENAME moves, in turn: no two clients are at the same one
	unionSets  = 10_000 // small sets that SUNIONSTORE joins two of
	unionItems = 10
)

// spreadRow is one command over keys that lie in any shards. Names are spread evenly: of four shards, three of four
// pairs of names are in two.
type spreadRow struct {
	title string
	conns int
	// depth and replies are load.Job's.
	depth, replies int
	maxOps         int
	fill           func(*contend.Server) error // nil if the preloaded keys will do
	maker          func() load.Maker           // one for each server: it may count what that server has got
}

func spreadRows(p Plan) []spreadRow {
	n := p.Keys
	same := func(m load.Maker) func() load.Maker { return func() load.Maker { return m } }
	return []spreadRow{
		{title: "EXEC of 5 SETs", conns: coreClients, replies: txSets + 2, maker: same(transaction(n))},
		{title: "EXEC of 5 SETs -P 16", conns: coreClients, depth: 16, replies: txSets + 2, maker: same(transaction(n))},
		{title: "MSET of 10 keys", conns: coreClients, maker: same(manyKeys(n))},
		{title: "EVAL of one INCR", conns: coreClients, maker: same(script(n))},
		{title: "RENAME of small keys", conns: coreClients, fill: fillMoved,
			maker: func() load.Maker { return mover("small", moved) }},
		{title: "COPY of small keys", conns: coreClients, maker: same(copier(n))},
		{title: "SUNIONSTORE of 2 small sets", conns: coreClients, fill: fillUnions, maker: same(union)},
		{title: fmt.Sprintf("RENAME of a set of %d", p.Shards.Members), conns: 1, maxOps: p.Shards.Moves,
			fill:  items(setOf(movedName("large", 0, 0)), p.Shards.Members),
			maker: func() load.Maker { return mover("large", 1) }},
	}
}

func runShards(ctx context.Context, b *Bench, rec *results.Recorder) error {
	f, err := b.startSettling(ctx, rivals()...)
	if err != nil {
		return err
	}
	defer f.stop()
	if err := b.fillAll(f, b.Plan.Keys, plainKeys(), counters()); err != nil {
		return err
	}
	for _, row := range spreadRows(b.Plan) {
		if !b.wantsRow(row.title) || rec.Done(row.title) {
			continue
		}
		if err := b.spread(ctx, rec, f, row); err != nil {
			return err
		}
	}
	return nil
}

func (b *Bench) spread(ctx context.Context, rec *results.Recorder, f fleet, row spreadRow) error {
	makers := map[*contend.Server]load.Maker{}
	for _, s := range f {
		makers[s] = row.maker()
		if row.fill == nil {
			continue
		}
		if err := row.fill(s); err != nil {
			return fmt.Errorf("%s: preparing %s: %w", row.title, s.Kind.Name, err)
		}
		s.WaitIdle(settleLimit)
	}
	return b.inTurn(ctx, rec, f, row.title, func(s *contend.Server) results.Cell {
		return generate(ctx, s, load.Job{Conns: row.conns, Seconds: b.Plan.Shards.Seconds, MaxOps: row.maxOps,
			Depth: row.depth, Replies: row.replies, Make: makers[s]})
	})
}

// transaction is sent in one piece, as pipelining clients do.
func transaction(n int) load.Maker {
	v := value()
	return func(c *wire.Conn, r *rand.Rand) {
		c.Append("MULTI")
		for range txSets {
			c.Append("SET", number("key", r.IntN(n)), v)
		}
		c.Append("EXEC")
	}
}

func manyKeys(n int) load.Maker {
	v := value()
	return func(c *wire.Conn, r *rand.Rand) {
		args := make([]string, 1, 1+2*msetKeys)
		args[0] = "MSET"
		for range msetKeys {
			args = append(args, number("key", r.IntN(n)), v)
		}
		c.Append(args...)
	}
}

func script(n int) load.Maker {
	return func(c *wire.Conn, r *rand.Rand) {
		c.Append("EVAL", "return redis.call('INCR', KEYS[1])", "1", number("counter", r.IntN(n)))
	}
}

func copier(n int) load.Maker {
	return func(c *wire.Conn, r *rand.Rand) {
		c.Append("COPY", number("key", r.IntN(n)), number("copy", r.IntN(n)), "REPLACE")
	}
}

func union(c *wire.Conn, r *rand.Rand) {
	part := func() string { return number("part", r.IntN(unionSets)) }
	c.Append("SUNIONSTORE", number("union", r.IntN(unionSets)), part(), part())
}

func fillUnions(s *contend.Server) error {
	_, err := wire.Fill(s.Addr(), 0, unionSets, func(i int) []string {
		args := []string{"SADD", number("part", i)}
		for k := range unionItems {
			args = append(args, number("element", i+k))
		}
		return args
	})
	return err
}

// movedName is the name of a key after it has been renamed lap times.
func movedName(prefix string, i, lap int) string { return fmt.Sprintf("%s:%d:%d", prefix, i, lap) }

// mover renames n keys in turn, each from its name of one lap to that of the next.
func mover(prefix string, n int) load.Maker {
	var count atomic.Int64
	return func(c *wire.Conn, _ *rand.Rand) {
		at := int(count.Add(1) - 1)
		i, lap := at%n, at/n
		c.Append("RENAME", movedName(prefix, i, lap), movedName(prefix, i, lap+1))
	}
}

func fillMoved(s *contend.Server) error {
	v := value()
	_, err := wire.Fill(s.Addr(), 0, moved, func(i int) []string { return []string{"SET", movedName("small", i, 0), v} })
	return err
}
