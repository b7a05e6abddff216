package shard

import (
	"bytes"
	"context"
	"math/rand/v2"
	"slices"

	"larder/store"
)

var (
	_ store.Gauge     = (*Shard)(nil)
	_ store.Sampler   = (*Shard)(nil)
	_ store.UseKeeper = (*Shard)(nil)
)

const (
	// sampleTries bounds how often a sample that the layers hide is drawn again, before what they show is walked for.
	sampleTries = 16
	// walkPage is the length of a page of such a walk.
	walkPage = 512
)

// Sample draws from the layers and from the base in proportion to what they hold.
func (s *Shard) Sample(ctx context.Context, dst []store.Candidate, n int, volatile bool) ([]store.Candidate, error) {
	at := len(dst)
	dst, walk, err := s.draw(ctx, dst, n, volatile)
	switch {
	case err != nil || !walk:
		s.outward(dst[at:])
		return dst, err
	case volatile:
		return s.Soonest(ctx, dst, n)
	}
	return s.walkSample(ctx, dst, n)
}

// outward turns candidates into what clients know.
func (s *Shard) outward(found []store.Candidate) {
	for i := range found {
		s.order.outward(&found[i].Key)
	}
}

// draw reports whether all that it has drawn is hidden: then what can be seen is to be walked for.
func (s *Shard) draw(ctx context.Context, dst []store.Candidate, n int, volatile bool) (_ []store.Candidate, walk bool,
	err error) {
	below, ok := s.base.(store.Drawer)
	if !ok {
		return dst, false, nil
	}
	g, err := s.pin()
	if err != nil {
		return dst, false, err
	}
	defer g.Unpin()
	draws := g.Sampler(volatile)
	mine, theirs := draws.Size(), share(s.baseFill(), volatile)
	at := len(dst)
	for range sampleTries {
		wanted := 0
		for range n {
			if rand.Int64N(max(mine+theirs, 1)) < mine {
				wanted++
			}
		}
		dst = draws.Draw(dst, wanted)
		if wanted < n {
			rest, err := below.Sample(ctx, nil, n-wanted, volatile)
			if err != nil {
				return dst, false, err
			}
			dst = draws.AppendVisible(dst, rest)
		}
		if len(dst) > at || mine+theirs <= 0 {
			return dst, false, nil
		}
	}
	return dst, true, nil
}

// walked is where a walk for samples goes on: keys behind it were not looked at for longest.
type walked struct {
	db   int
	from store.Cursor
}

// walkSample takes the next keys in the order of databases and heads, where nearly all that is drawn is hidden. One
// that finds nothing has gone through all; else the next goes on where this one ends, so that many together look at a
// key once.
func (s *Shard) walkSample(ctx context.Context, dst []store.Candidate, n int) ([]store.Candidate, error) {
	spaces, err := s.Keyspaces(ctx)
	if err != nil || len(spaces) == 0 {
		return dst, err
	}
	var at walked
	if last := s.walked.Load(); last != nil {
		at = *last
	}
	first, _ := slices.BinarySearchFunc(spaces, at.db, func(space store.Keyspace, db int) int { return space.DB - db })
	first %= len(spaces)
	if spaces[first].DB != at.db {
		at = walked{db: spaces[first].DB}
	}
	begin, start := len(dst), at
	err = s.View(ctx, store.Whole(), func(tx store.Tx) error {
		dst, at = dst[:begin], start
		for i := range len(spaces) + 1 { // the first twice: its beginning comes last
			if i > 0 {
				at = walked{db: spaces[(first+i)%len(spaces)].DB}
			}
			found, err := at.walk(tx, n)
			dst = append(dst, found...)
			if err != nil || len(found) > 0 {
				return err
			}
		}
		return nil
	})
	s.walked.Store(&at)
	return dst, err
}

// walk goes on to the next page of its database that shows something, and takes at most n keys of it.
func (w *walked) walk(tx store.Tx, n int) (found []store.Candidate, err error) {
	for {
		entries, next, err := tx.Scan(w.db, w.from, walkPage)
		if err != nil {
			return nil, err
		}
		w.from = next
		for _, e := range entries[:min(n, len(entries))] {
			found = append(found, store.Candidate{Key: store.Key{DB: w.db, Name: bytes.Clone(e.Name)},
				Bytes: e.Head.Bytes, ExpireAt: e.Head.ExpireAt, Blessed: e.Head.Notes.Blessed()})
		}
		if len(found) > 0 || next == 0 {
			return found, nil
		}
	}
}

func share(f store.Fill, volatile bool) int64 {
	if volatile {
		return max(f.Volatile, 0)
	}
	return max(f.Keys, 0)
}

// KeepUses goes straight to the base: a use is no write, and the log need not know it.
func (s *Shard) KeepUses(ctx context.Context, uses []store.Use) error {
	k, ok := s.base.(store.UseKeeper)
	if !ok {
		return nil
	}
	if dbs := s.order.numbering(); len(dbs) > 0 {
		uses = slices.Clone(uses)
		for i := range uses {
			uses[i].Key.DB = dbs.inner(uses[i].Key.DB)
		}
	}
	return k.KeepUses(ctx, uses)
}
