package memtable_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"larder/store"
)

// tally is what a Stack tells of a history, and what should be told.
type tally struct {
	*single
	t     *testing.T
	draw  *rand.Rand
	heads map[string]store.Head
	// flushed: what layers add is not exact from a flush on until all has settled, if a View has kept them apart or they
	// were taken back.
	flushed bool
}

const tallyDBs = 3

func (y *tally) key(name string) store.Key {
	return store.Key{DB: int(name[len(name)-1]) % tallyDBs, Name: []byte(name)}
}

// write changes keys at random, and empties a database now and then.
func (y *tally) write() {
	y.t.Helper()
	empties := y.draw.IntN(100) == 0
	y.flushed = empties || y.flushed && (y.stack.Frozen() || !y.stack.Empty())
	err := y.Update(context.Background(), store.Whole(), func(tx store.Tx) error {
		for range 1 + y.draw.IntN(8) {
			name := fmt.Sprint("k", y.draw.IntN(200))
			if y.draw.IntN(4) == 0 {
				delete(y.heads, name)
				if _, err := tx.Drop(y.key(name)); err != nil {
					return err
				}
				continue
			}
			h := store.Head{Type: store.String, Len: 1, Bytes: 1 + y.draw.Int64N(50), Value: []byte("v")}
			if y.draw.IntN(2) == 0 {
				h.ExpireAt = 10_000 + y.draw.Int64N(500)
			}
			y.heads[name] = h
			if err := tx.PutHead(y.key(name), h); err != nil {
				return err
			}
		}
		if !empties {
			return nil
		}
		for name := range y.heads {
			if y.key(name).DB == 1 {
				delete(y.heads, name)
			}
		}
		return tx.Flush(1)
	})
	if err != nil {
		y.t.Fatal(err)
	}
}

// counts compares the databases, and what the layers have grown by.
func (y *tally) counts() {
	y.t.Helper()
	want := make([]store.Keyspace, tallyDBs)
	var all store.Fill
	for name, h := range y.heads {
		k := &want[y.key(name).DB]
		f := store.Fill{Data: h.Bytes, Keys: 1}
		if h.ExpireAt != 0 {
			f.Volatile = 1
		}
		k.Keys, k.Expires, k.Bytes, all = k.Keys+1, k.Expires+f.Volatile, k.Bytes+h.Bytes, all.Plus(f)
	}
	err := y.over(func(top, _ store.BaseTx) error {
		spaces, err := top.Keyspaces()
		got := make([]store.Keyspace, tallyDBs)
		for _, s := range spaces {
			got[s.DB] = store.Keyspace{Keys: s.Keys, Expires: s.Expires, Bytes: s.Bytes}
		}
		if !slices.Equal(got, want) {
			y.t.Errorf("the databases are %+v, want %+v", got, want)
		}
		return err
	})
	if err != nil {
		y.t.Fatal(err)
	}
	f := y.base.Fill().Plus(y.stack.Grown())
	if y.stack.Frozen() {
		return // the base may have them already
	}
	if !y.flushed && (f.Keys != all.Keys || f.Data != all.Data || f.Volatile != all.Volatile) {
		y.t.Errorf("the base and what the layers add are %+v, want %+v", f, all)
	}
}

// hints compares what is told of single keys: which expire, and what a sample may have.
func (y *tally) hints() {
	y.t.Helper()
	for _, d := range y.stack.Expiring(10_250, 1000) {
		if h := y.heads[string(d.Key.Name)]; h.ExpireAt != d.ExpireAt {
			y.t.Errorf("%s expires at %d, told as %d", d.Key.Name, h.ExpireAt, d.ExpireAt)
		}
	}
	for _, volatile := range []bool{false, true} {
		drawn := y.stack.Sampler(volatile).Draw(nil, 20)
		for _, c := range drawn {
			h, there := y.heads[string(c.Key.Name)]
			mine, ok := y.stack.Candidate(c.Key)
			if !there || c.Bytes != h.Bytes || volatile && c.ExpireAt == 0 || !ok || mine.Bytes != h.Bytes ||
				!y.stack.Hides(c.Key) {
				y.t.Errorf("%s is drawn as %+v, is %+v", c.Key.Name, c, h)
			}
		}
		if len(y.stack.Sampler(volatile).AppendVisible(nil, drawn)) != 0 {
			y.t.Error("what the layers have is taken from the base")
		}
	}
	if y.stack.Grown().Keys > 0 && y.stack.Puts(1<<40) == 0 {
		y.t.Error("layers with more keys have nothing to write")
	}
}

// TestWhatLayersTell holds counts and hints against a plain map, while layers settle, are taken back and kept apart.
func TestWhatLayersTell(t *testing.T) {
	for seed := range uint64(4) {
		e := newSingle(func() int64 { return 1000 }, seed)
		e.exact = true
		y := &tally{single: e, t: t, draw: rand.New(rand.NewPCG(seed, 3)), heads: map[string]store.Head{}}
		for range 600 {
			y.write()
			y.counts()
			y.hints()
			if t.Failed() {
				t.FailNow()
			}
		}
	}
}
