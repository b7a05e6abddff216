// Package storetest holds engines to the contract of package store. Run checks every rule by
// itself, RunRandom compares long random histories with a reference engine, and Reopen
// does both across restarts of engines that keep their data.
//
// Beyond what package store says, it requires that a View's state is fixed before fn is
// entered, and that a View does not keep Updates waiting: the fanout relies on both.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"larder/store"
)

// Open makes an empty engine that tells the time by clock, in Unix milliseconds. The suite
// closes it.
type Open func(t *testing.T, clock func() int64) store.Engine

// Run runs the whole suite.
func Run(t *testing.T, open Open) {
	for _, group := range [][]row{
		headRows(), scopeRows(), expiryRows(), identityRows(), databaseRows(), scanRows(),
		itemRows(), rangeRows(), rankRows(), randomRows(), atomicRows(), batchRows(), upkeepRows(),
		findRows(), savepointRows(),
	} {
		for _, r := range group {
			t.Run(r.name, func(t *testing.T) { r.run(newWorld(t, open)) })
		}
	}
}

type row struct {
	name string
	run  func(*world)
}

var ctx = context.Background()

// start is the time a world's clock begins at.
const start = 1_700_000_000_000

// world is an engine under test with its clock. The test's goroutine owns it; only the clock is
// read by others.
type world struct {
	t     *testing.T
	e     store.Engine
	clock *atomic.Int64
}

func newWorld(t *testing.T, open Open) *world {
	w := &world{t: t, clock: new(atomic.Int64)}
	w.clock.Store(start)
	w.e = open(t, w.clock.Load)
	t.Cleanup(func() {
		w.check()
		if err := w.e.Close(); err != nil && !errors.Is(err, store.ErrClosed) {
			t.Errorf("close: %v", err)
		}
	})
	return w
}

// check lets the engine look for damage of its own.
func (w *world) check() {
	c, ok := w.e.(store.Checker)
	if !ok {
		return
	}
	found, err := c.Check(ctx, false)
	if err != nil && !errors.Is(err, store.ErrClosed) {
		w.t.Errorf("check: %v", err)
	}
	for _, f := range found {
		if f.Audited {
			continue // the suite writes heads and items as it likes
		}
		w.t.Errorf("check: shard %d: %s: %s", f.Shard, f.Subject, f.Problem)
	}
}

// probe is a Tx that remembers the first thing that was wrong, because a test must not be
// ended from inside a transaction: it may run on a goroutine of the engine's.
type probe struct {
	store.Tx
	err   error
	stops bool // a run that the engine has given up ends at once
}

// Expire is the engine's, if it has one.
func (p *probe) Expire(keys ...store.Key) (int, error) { return store.Expire(p.Tx, keys...) }

// finder is the engine's way to find keys otherwise than by name. Without one nothing is found.
func (p *probe) finder() store.Finder {
	f, ok := store.As[store.Finder](p.Tx)
	p.want(ok, "the transaction is no Finder")
	return f
}

func (p *probe) ok(err error) {
	if p.stops && errors.Is(err, store.ErrAgain) {
		panic(void{})
	}
	if p.err == nil {
		p.err = err
	}
}

func (p *probe) want(condition bool, format string, args ...any) {
	if !condition {
		p.ok(fmt.Errorf(format, args...))
	}
}

func (w *world) updateIn(s store.Scope, fn func(*probe)) {
	w.t.Helper()
	if err := w.e.Update(ctx, s, probing(fn)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) viewIn(s store.Scope, fn func(*probe)) {
	w.t.Helper()
	if err := w.e.View(ctx, s, probing(fn)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) update(fn func(*probe)) { w.t.Helper(); w.updateIn(store.Whole(), fn) }
func (w *world) view(fn func(*probe))   { w.t.Helper(); w.viewIn(store.Whole(), fn) }

func probing(fn func(*probe)) func(store.Tx) error {
	return func(tx store.Tx) (err error) {
		p := &probe{Tx: tx, stops: true}
		defer func() {
			switch r := recover().(type) {
			case nil:
			case void:
				err = store.ErrAgain
			default:
				panic(r)
			}
		}()
		fn(p)
		return p.err
	}
}

// void ends a run that the engine has given up.
type void struct{}

func key(format string, args ...any) store.Key { return inDB(0, format, args...) }

func inDB(db int, format string, args ...any) store.Key {
	return store.Key{DB: db, Name: fmt.Appendf(nil, format, args...)}
}

func (p *probe) head(k store.Key) store.Head {
	heads, err := p.Heads(nil, k)
	p.ok(err)
	if len(heads) != 1 {
		p.ok(fmt.Errorf("%d heads for one key", len(heads)))
		return store.Head{}
	}
	return heads[0]
}

func (p *probe) put(k store.Key, h store.Head) { p.ok(p.PutHead(k, h)) }

// set writes a short string.
func (p *probe) set(k store.Key, value string) {
	p.put(k, store.Head{Type: store.String, Len: int64(len(value)), Value: []byte(value)})
}

func (p *probe) wantValue(k store.Key, value string) {
	h := p.head(k)
	p.want(h.Exists() && string(h.Value) == value, "key %q in %d: %+v, want the value %q", k.Name, k.DB, h, value)
}

func (p *probe) wantAbsent(k store.Key) {
	h := p.head(k)
	p.want(!h.Exists() && h.ID == 0 && h.Len == 0, "key %q in %d is there: %+v", k.Name, k.DB, h)
}

func (p *probe) size(db int) int64 {
	n, err := p.Size(db)
	p.ok(err)
	return n
}

// make gives a key a fresh id with items of one part. The key is a string, whatever the part: tests
// change items without their head, and only of strings nobody expects Len to count items.
func (p *probe) make(k store.Key, part store.Part, items ...store.Item) store.ID {
	id, err := p.NewID(k)
	p.ok(err)
	ch := p.putItems(id, part, items...)
	p.put(k, store.Head{Type: store.String, ID: id, Len: ch.Count, Bytes: ch.Bytes})
	return id
}

func (p *probe) putItems(id store.ID, part store.Part, items ...store.Item) store.Change {
	ch, err := p.PutItems(id, part, withoutValues(part, items...)...)
	p.ok(err)
	return ch
}

// withoutValues takes the values from items of a scored part, which have none.
func withoutValues(part store.Part, items ...store.Item) []store.Item {
	for i := range items {
		if part.Scored() {
			items[i].Value = nil
		}
	}
	return items
}

// list reads a range and copies what is lent.
func (p *probe) list(id store.ID, part store.Part, r store.Range) []store.Item {
	var all []store.Item
	for it, err := range p.Range(id, part, r) {
		p.ok(err)
		it.Field, it.Value, it.Found = bytes.Clone(it.Field), bytes.Clone(it.Value), false
		all = append(all, it)
	}
	return all
}

func (p *probe) count(id store.ID, part store.Part, r store.Range) int64 {
	n, err := p.Count(id, part, r)
	p.ok(err)
	return n
}

func sameItem(a, b store.Item) bool {
	return a.Pos == b.Pos && a.Score == b.Score && bytes.Equal(a.Field, b.Field) && bytes.Equal(a.Value, b.Value)
}

func sameItems(a, b []store.Item) bool {
	for i := range a {
		if i >= len(b) || !sameItem(a[i], b[i]) {
			return false
		}
	}
	return len(a) == len(b)
}
