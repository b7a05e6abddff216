package storetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"larder/store"
)

func atomicRows() []row {
	return []row{
		{"Atomic/an error undoes everything", atomicUndo},
		{"Atomic/errors are returned as they are", atomicErrors},
		{"Atomic/counters add up", atomicCounters},
		{"Atomic/nobody sees half of two keys", atomicPairs},
		{"Atomic/one key after the other", atomicSequence},
		{"Atomic/no later write without the earlier", atomicOrder},
		{"Atomic/a View's state is fixed when it begins", atomicSnapshot},
		{"Atomic/a View that has waited sees one moment", atomicWaited},
		{"Atomic/scopes in any order do not lock each other out", atomicDeadlock},
	}
}

// errUndo is what tests return to have everything undone.
var errUndo = errors.New("undo")

func (w *world) wantUndone(err error) {
	w.t.Helper()
	if err != errUndo { // as it is, not wrapped
		w.t.Fatalf("error %v, want %v", err, errUndo)
	}
}

func atomicUndo(w *world) {
	w.update(func(p *probe) {
		p.make(key("h"), store.Fields, hashItems(20)...)
		p.make(key("z"), store.Scores, hashItems(20)...)
		p.set(key("s"), "text")
		p.setUntil(key("e"), "gone", start-1)
		p.set(inDB(1, "one"), "v")
	})
	before := Dump(w.t, w.e)
	err := w.e.Update(ctx, store.Whole(), func(tx store.Tx) error {
		p := &probe{Tx: tx}
		h, z := p.head(key("h")), p.head(key("z"))
		p.putItems(h.ID, store.Fields, item("new", "v"), item("f0003", "other"))
		_, err := p.DropItems(h.ID, store.Fields, []byte("f0001"))
		p.ok(err)
		_, err = p.DropRange(z.ID, store.Scores, store.Range{Order: store.ByScore, Skip: 5})
		p.ok(err)
		p.set(key("s"), "changed")
		p.set(key("new"), "v")
		p.make(key("z"), store.Scores, hashItems(2)...)
		_, err = p.Expire(key("e"))
		p.ok(err)
		p.move(key("h"), inDB(7, "h"))
		p.ok(p.Swap(0, 1))
		p.ok(p.Flush(0))
		p.ok(errUndo)
		return p.err
	})
	w.wantUndone(err)
	if after := Dump(w.t, w.e); after != before {
		w.t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
}

func atomicErrors(w *world) {
	own := errors.New("own")
	fail := func(store.Tx) error { return own }
	for _, s := range []store.Scope{store.Whole(), store.One(key("a")), store.One(key("a"), key("b")), {}} {
		if err := w.e.View(ctx, s, fail); err != own {
			w.t.Errorf("View: %v", err)
		}
		if err := w.e.Update(ctx, s, fail); err != own {
			w.t.Errorf("Update: %v", err)
		}
	}
}

// increment adds to a counter kept in a head's Len, and to an item's score.
func increment(tx store.Tx, k store.Key) error {
	heads, err := tx.Heads(nil, k)
	if err != nil {
		return err
	}
	h := heads[0]
	if !h.Exists() {
		h.Type = store.String
		if h.ID, err = tx.NewID(k); err != nil {
			return err
		}
	}
	found, err := tx.Items(nil, h.ID, store.Scores, []byte("n"))
	if err != nil {
		return err
	}
	if _, err := tx.PutItems(h.ID, store.Scores, store.Item{Field: []byte("n"), Score: found[0].Score + 1}); err != nil {
		return err
	}
	h.Len++
	return tx.PutHead(k, h)
}

func incrementAll(keys ...store.Key) func(store.Tx) error {
	return func(tx store.Tx) error {
		for _, k := range keys {
			if err := increment(tx, k); err != nil {
				return err
			}
		}
		return nil
	}
}

func (p *probe) wantCounter(k store.Key, n int64) {
	h := p.head(k)
	found, err := p.Items(nil, h.ID, store.Scores, []byte("n"))
	p.ok(err)
	p.want(h.Len == n && found[0].Score == float64(n), "counter %q is %d and %v, want %d", k.Name, h.Len, found[0].Score,
		n)
}

// workers runs n goroutines and returns their errors.
func workers(n int, fn func(i int) error) error {
	var wait sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		wait.Go(func() { errs[i] = fn(i) })
	}
	wait.Wait()
	return errors.Join(errs...)
}

func atomicCounters(w *world) {
	const goroutines, rounds, keys = 8, 40, 5
	err := workers(goroutines, func(i int) error {
		for n := range rounds {
			a, b := key("c%d", (i+n)%keys), key("all")
			if n%10 == 9 {
				fail := func(tx store.Tx) error { return errors.Join(increment(tx, a), errUndo) }
				if err := w.e.Update(ctx, store.One(a), fail); !errors.Is(err, errUndo) {
					return fmt.Errorf("undone: %w", err)
				}
			}
			if err := w.e.Update(ctx, store.One(a), incrementAll(a)); err != nil {
				return err
			}
			if err := w.e.Update(ctx, store.One(b, a), incrementAll(b, a)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.view(func(p *probe) {
		p.wantCounter(key("all"), goroutines*rounds)
		total := int64(0)
		for i := range keys {
			total += p.head(key("c%d", i)).Len
		}
		p.want(total == 2*goroutines*rounds, "the counters add up to %d", total)
	})
}

// lens reads the counters of keys in one View.
func (w *world) lens(keys ...store.Key) ([]int64, error) {
	var lens []int64
	err := w.e.View(ctx, store.One(keys...), func(tx store.Tx) error {
		heads, err := tx.Heads(nil, keys...)
		lens = lens[:0]
		for _, h := range heads {
			lens = append(lens, h.Len)
		}
		return err
	})
	return lens, err
}

// atomicPairs uses names that lie on different shards of any fanout of up to eight.
func atomicPairs(w *world) {
	pair := []store.Key{key("foo"), key("bar")} // slots 12182 and 5061
	w.whileIncrementing(pair, func() error {
		lens, err := w.lens(pair...)
		if err == nil && lens[0] != lens[1] {
			err = fmt.Errorf("half of a transaction: %v", lens)
		}
		return err
	})
}

func atomicSequence(w *world) {
	a, b := key("foo"), key("bar")
	w.whileIncrementing([]store.Key{a, b}, func() error {
		for _, order := range [][2]store.Key{{a, b}, {b, a}} {
			first, err := w.lens(order[0])
			if err != nil {
				return err
			}
			second, err := w.lens(order[1])
			if err != nil {
				return err
			}
			if second[0] < first[0] {
				return fmt.Errorf("saw %d, and then the time before it: %d", first[0], second[0])
			}
		}
		return nil
	})
}

// atomicOrder writes to one key and then to another, while others look at both.
func atomicOrder(w *world) {
	a, b := key("foo"), key("bar")
	var done atomic.Bool
	write := func() error {
		defer done.Store(true)
		for range 300 {
			for _, k := range []store.Key{a, b} {
				if err := w.e.Update(ctx, store.One(k), incrementAll(k)); err != nil {
					return err
				}
			}
		}
		return nil
	}
	err := workers(3, func(i int) error {
		if i == 0 {
			return write()
		}
		for !done.Load() {
			lens, err := w.lens(b, a)
			if err != nil {
				return err
			}
			if lens[0] > lens[1] {
				return fmt.Errorf("saw write %d, but of those before it only %d", lens[0], lens[1])
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// whileIncrementing runs look again and again on two goroutines while others increment keys.
func (w *world) whileIncrementing(keys []store.Key, look func() error) {
	w.t.Helper()
	const writers, rounds = 2, 150
	var left atomic.Int32
	left.Store(writers)
	err := workers(writers+2, func(i int) error {
		if i >= writers {
			for left.Load() > 0 {
				if err := look(); err != nil {
					return err
				}
			}
			return look()
		}
		defer left.Add(-1)
		for range rounds {
			if err := w.e.Update(ctx, store.One(keys...), incrementAll(keys...)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.viewIn(store.One(keys...), func(p *probe) {
		for _, k := range keys {
			p.wantCounter(k, writers*rounds)
		}
	})
}

func atomicSnapshot(w *world) {
	a, b := key("foo"), key("bar")
	var made atomic.Int64
	for _, s := range []store.Scope{store.One(a), store.One(a, b), store.Whole()} {
		w.viewIn(s, func(p *probe) {
			before, change := made.Load(), make(chan error)
			go func() { change <- w.e.Update(ctx, store.One(a), incrementAll(a)) }()
			p.ok(<-change)
			made.Add(1)
			n := p.head(a).Len
			p.want(n == before, "the View sees %d increments, %d were made before it began", n, before)
		})
	}
}

func atomicDeadlock(w *world) {
	names := []store.Key{key("foo"), key("bar"), key("hello"), key("a"), key("zz")}
	err := workers(6, func(i int) error {
		for n := range 60 {
			s := store.One(names[(i+n)%5], names[(i*3+n*2+1)%5])
			var err error
			switch (i + n) % 4 {
			case 0:
				err = w.e.Update(ctx, store.Whole(), incrementAll(names...))
			case 1:
				err = w.e.View(ctx, store.Whole(), func(tx store.Tx) error { _, err := tx.Size(0); return err })
			default:
				err = w.e.Update(ctx, s, incrementAll(s.Keys...))
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}
