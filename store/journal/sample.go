package journal

import (
	"bytes"
	"context"
	"math/rand/v2"
	"slices"

	"larder/store"
)

var (
	_ store.Gauge     = (*Engine)(nil)
	_ store.Sampler   = (*Engine)(nil)
	_ store.UseKeeper = (*Engine)(nil)
)

const (
	// sampleTries bounds how often a sample that the layers hide is drawn again, before what they show is walked for.
	sampleTries = 16
	// walkPage is the length of a page of such a walk.
	walkPage = 512
)

// Sample draws from the layers and from the base in proportion to what they hold.
func (e *Engine) Sample(ctx context.Context, dst []store.Candidate, n int, volatile bool) ([]store.Candidate, error) {
	below, ok := e.base.(store.Drawer)
	if !ok {
		return dst, nil
	}
	g, err := e.pin()
	if err != nil {
		return dst, err
	}
	defer g.top().pins.Add(-1)
	s := sampling{layers: slices.Concat(g.frozen, g.active), volatile: volatile}
	mine, theirs := s.size(), share(e.baseFill(), volatile)
	at := len(dst)
	for range sampleTries {
		wanted := 0
		for range n {
			wanted += int(one(rand.Int64N(max(mine+theirs, 1)) < mine))
		}
		dst = s.draw(dst, wanted)
		if wanted < n {
			rest, err := below.Sample(ctx, nil, n-wanted, volatile)
			if err != nil {
				return dst, err
			}
			dst = s.appendVisible(dst, rest)
		}
		if len(dst) > at || mine+theirs <= 0 {
			return dst, nil
		}
	}
	if volatile {
		return e.Soonest(ctx, dst, n)
	}
	return e.walkSample(ctx, dst, n)
}

// walked is where a walk for samples goes on: keys behind it were not looked at for longest.
type walked struct {
	db   int
	from store.Cursor
}

// walkSample takes the next keys in the order of databases and heads, where nearly all that is drawn is hidden. One that finds
// nothing has gone through all; else the next goes on where this one ends, so that many together look at a key once.
func (e *Engine) walkSample(ctx context.Context, dst []store.Candidate, n int) ([]store.Candidate, error) {
	spaces, err := e.Keyspaces(ctx)
	if err != nil || len(spaces) == 0 {
		return dst, err
	}
	var at walked
	if last := e.walked.Load(); last != nil {
		at = *last
	}
	first, _ := slices.BinarySearchFunc(spaces, at.db, func(s store.Keyspace, db int) int { return s.DB - db })
	first %= len(spaces)
	if spaces[first].DB != at.db {
		at = walked{db: spaces[first].DB}
	}
	begin, start := len(dst), at
	err = e.View(ctx, store.Whole(), func(tx store.Tx) error {
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
	e.walked.Store(&at)
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
				Bytes: e.Head.Bytes, ExpireAt: e.Head.ExpireAt})
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

// sampling looks for keys in pinned layers, oldest first. For one goroutine.
type sampling struct {
	layers   []*layer
	volatile bool
}

func (s *sampling) sizeOf(l *layer) int64 {
	if s.volatile {
		return int64(l.ttl.Len())
	}
	return int64(l.heads.n)
}

func (s *sampling) size() (n int64) {
	for _, l := range s.layers {
		n += s.sizeOf(l)
	}
	return n
}

// draw appends about n keys. A layer's keys are met in the order of its index, which begins
// somewhere else each time.
func (s *sampling) draw(dst []store.Candidate, n int) []store.Candidate {
	total := s.size()
	for most := len(dst) + n; n > 0 && total > 0 && len(dst) < most; n-- {
		i, pick := 0, rand.Int64N(total)
		for ; pick >= s.sizeOf(s.layers[i]); i++ {
			pick -= s.sizeOf(s.layers[i])
		}
		dst = s.drawFrom(dst, i, int(pick), 1+n/2)
	}
	return dst
}

// drawFrom appends at most n keys of a layer.
func (s *sampling) drawFrom(dst []store.Candidate, i, pick, n int) []store.Candidate {
	l := s.layers[i]
	if s.volatile {
		if e, ok := l.ttl.GetAt(pick); ok && !hidden(s.layers[i+1:], e.key()) {
			dst = append(dst, e.candidate())
		}
		return dst
	}
	tries := 8 * n
	for e := range l.heads.all() {
		if e.live() && !hidden(s.layers[i+1:], e.key()) {
			dst = append(dst, e.candidate())
			n--
		}
		if tries--; n == 0 || tries == 0 {
			break
		}
	}
	return dst
}

// appendVisible takes what came from the base and no layer has an entry of.
func (s *sampling) appendVisible(dst, found []store.Candidate) []store.Candidate {
	for _, c := range found {
		if !hidden(s.layers, c.Key) {
			dst = append(dst, c)
		}
	}
	return dst
}

// KeepUses goes straight to the base: a use is no write, and the journal need not know it.
func (e *Engine) KeepUses(ctx context.Context, uses []store.Use) error {
	if k, ok := e.base.(store.UseKeeper); ok {
		return k.KeepUses(ctx, uses)
	}
	return nil
}

// stamp passes down when a head was put.
func stamp(tx store.BaseTx, e *headEntry) {
	if s, ok := tx.(store.Stamper); ok {
		s.Stamp(e.stored)
	}
}
