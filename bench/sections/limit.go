package sections

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"larder/bench/contend"
	"larder/bench/load"
	"larder/bench/results"
	"larder/bench/wire"
)

const (
	setFree    = "SET of new keys, no limit"
	setLimited = "SET of new keys, at maxmemory"
	setCalm    = "SET, nothing expires"
	setExpiry  = "SET, many keys expire in one second"
	// keyBytes is what Larder counts for a key beyond its name and value.
	keyBytes = 16
	// fillRate is a rate of SET that any machine reaches, by which it is known when the keys are loaded.
	fillRate = 10_000
)

// runLimit measures what a limit costs those who write, and what mass expiry does to the worst of them. Slices are as
// long as those of the zipf section.
func runLimit(ctx context.Context, b *Bench, rec *results.Recorder) error {
	f, err := b.start(ctx, contend.LarderBefore, contend.Larder)
	if err != nil {
		return err
	}
	defer f.stop()
	if err := b.fillAll(f, b.Plan.Keys, plainKeys()); err != nil {
		return err
	}
	limit := int64(b.Plan.Keys) * int64(keyBytes+len(number("key", 0))+len(value()))
	rows := []struct {
		title   string
		prepare func(*contend.Server) error
		make    load.Maker
	}{
		{setFree, func(s *contend.Server) error { return configure(s, 0) }, newKey},
		{setLimited, func(s *contend.Server) error { return configure(s, limit) }, newKey},
		{setCalm, func(s *contend.Server) error { return configure(s, 0) }, oldKey(b.Plan.Keys)},
		{setExpiry, func(s *contend.Server) error { return b.expireSoon(ctx, s) }, oldKey(b.Plan.Keys)},
	}
	for _, row := range rows {
		err := b.inTurn(ctx, rec, f, row.title, func(s *contend.Server) results.Cell {
			if err := row.prepare(s); err != nil {
				return failed(err)
			}
			return generate(ctx, s, load.Job{Conns: coreClients, Seconds: max(b.Plan.Zipf, 4), Make: row.make})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// configure sets the limit and waits until the data is within it.
func configure(s *contend.Server, limit int64) error {
	_, err := wire.Once(s.Addr(), "CONFIG", "SET", "maxmemory", strconv.FormatInt(limit, 10), "maxmemory-policy",
		"allkeys-lru")
	s.WaitIdle(sweepLimit)
	return err
}

func newKey(c *wire.Conn, r *rand.Rand) {
	c.Append("SET", "new:"+strconv.FormatUint(r.Uint64(), 36), value())
}

func oldKey(n int) load.Maker {
	v := value()
	return func(c *wire.Conn, r *rand.Rand) { c.Append("SET", number("key", r.IntN(n)), v) }
}

// expireSoon loads keys and returns a second before all of them expire, in the same second.
func (b *Bench) expireSoon(ctx context.Context, s *contend.Server) error {
	n, v := b.Plan.Expire, value()
	at := time.Now().Add(time.Duration(n/fillRate+3) * time.Second)
	_, err := wire.Fill(s.Addr(), 0, n, func(i int) []string {
		return []string{"SET", fmt.Sprint("brief:", i), v, "PXAT", strconv.FormatInt(at.UnixMilli()+int64(i*1000/n), 10)}
	})
	if err != nil {
		return err
	}
	select {
	case <-time.After(time.Until(at) - time.Second):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
