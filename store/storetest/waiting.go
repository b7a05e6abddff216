package storetest

import (
	"context"
	"fmt"
	"sync"

	"larder/store"
)

// waitingContext tells when somebody who holds it begins to wait: nobody asks for Done who does not.
type waitingContext struct {
	context.Context
	once    sync.Once
	waiting chan struct{}
}

func newWaitingContext() *waitingContext {
	return &waitingContext{Context: context.Background(), waiting: make(chan struct{})}
}

func (c *waitingContext) Done() <-chan struct{} {
	c.once.Do(func() { close(c.waiting) })
	return nil
}

// manyViews are more than run at a time on one file. An engine that runs them all has no bound.
const manyViews = 16

// waiters begins Views until one of them has to wait. Those before it have been entered and stay open until
// leave is called; then all of them look, and leave returns what was wrong.
func (w *world) waiters(look func(*probe)) (leave func() error) {
	open, ended := make(chan struct{}), make(chan error, manyViews)
	for n := range manyViews {
		c, entered := newWaitingContext(), make(chan struct{})
		go func() {
			ended <- w.e.View(c, store.Whole(), probing(func(p *probe) {
				close(entered)
				<-open
				look(p)
			}))
		}()
		waits := false
		select {
		case <-entered:
		case <-c.waiting:
			waits = true
		}
		if waits || n == manyViews-1 {
			return func() (err error) {
				close(open)
				for range n + 1 {
					if e := <-ended; e != nil {
						err = e
					}
				}
				return err
			}
		}
	}
	return nil
}

// handDown has an engine that keeps writes back hand them down, as whoever asks for an exact count does. No reader is
// needed for it.
func (w *world) handDown() {
	if g, ok := w.e.(store.Gauge); ok {
		g.Exact(false)
		g.Exact(true)
	}
}

// board is a sorted set that tests add to, and keys beside it: as many as it has members.
func (p *probe) board(from, to int) {
	k := key("board")
	h := p.head(k)
	items := make([]store.Item, 0, to-from)
	for i := from; i < to; i++ {
		items = append(items, store.Item{Field: fmt.Appendf(nil, "m%05d", i), Score: float64(i)})
	}
	if !h.Exists() {
		h.Type, h.Ranked = store.ZSet, true
		id, err := p.NewID(k)
		p.ok(err)
		h.ID = id
		p.put(k, h)
	}
	ch := p.putItems(h.ID, store.Scores, items...)
	h.Len, h.Bytes = h.Len+ch.Count, h.Bytes+ch.Bytes
	p.put(k, h)
	for i := from; i < to; i += 10 {
		p.set(key("beside%d", i), "v")
		if i >= 100 {
			_, err := p.Drop(key("beside%d", i-100))
			p.ok(err)
		}
	}
}

// wantBoard: whatever is counted, by whatever order, is of the moment when the board had n members.
func (p *probe) wantBoard(n int64) {
	h := p.head(key("board"))
	p.want(h.Len == n, "the head has %d members, want %d", h.Len, n)
	whole := store.Range{Order: store.ByScore}
	byScore, byHash := p.count(h.ID, store.Scores, whole), p.count(h.ID, store.Scores, store.Range{})
	p.want(byScore == h.Len && byHash == h.Len, "%d are counted by score and %d by hash, the head has %d", byScore, byHash,
		h.Len)
	listed, hashed := len(p.list(h.ID, store.Scores, whole)), len(p.list(h.ID, store.Scores, store.Range{}))
	p.want(int64(listed) == h.Len && int64(hashed) == h.Len, "%d are listed by score and %d by hash, the head has %d",
		listed, hashed, h.Len)
	for at := h.Len - 1; at > 0; at /= 2 {
		there := p.list(h.ID, store.Scores, store.Range{Order: store.ByScore, Skip: at, Limit: 1})
		p.want(len(there) == 1 && there[0].Score == float64(at), "at rank %d is %v", at, there)
	}
	size, scanned := p.size(0), int64(0)
	for from := store.Cursor(0); ; {
		entries, next, err := p.Scan(0, from, 100)
		p.ok(err)
		scanned += int64(len(entries))
		if from = next; next == 0 {
			break
		}
	}
	p.want(size == 11 && scanned == 11, "the size is %d and %d keys are found, want 11", size, scanned)
}

// atomicWaited has a View wait, if the engine's Views do, while what was written before is handed down: it sees one
// moment, however long it waits.
func atomicWaited(w *world) {
	const settled, before, after = 3000, 3100, 3150
	w.update(func(p *probe) { p.board(0, settled) })
	w.handDown()
	w.update(func(p *probe) { p.board(settled, before) })
	leave := w.waiters(func(p *probe) { p.wantBoard(before) })
	w.handDown()
	if err := leave(); err != nil {
		w.t.Error(err)
	}
	w.update(func(p *probe) { p.board(before, after) })
	w.view(func(p *probe) { p.wantBoard(after) })
}
