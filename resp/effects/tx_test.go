package effects_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"larder/resp/cmd"
	"larder/resp/effects"
	"larder/resp/track"
	"larder/resp/waiting"
	"larder/resp/watch"
	"larder/store"
)

// within runs fn in a transaction that the observers see.
func (a *audience) within(t *testing.T, call *cmd.Call, reading, view bool, fn func(store.Tx) error) error {
	t.Helper()
	if call.Spec == nil {
		call.Spec = &cmd.Spec{Flags: cmd.Write}
	}
	call.Client, call.Heard = a.writer, a.Heard()
	tx := a.NewTx(call)
	return a.Update(context.Background(), store.Whole(), func(inner store.Tx) error {
		tx.Begin(inner, reading, true, view)
		defer tx.End()
		err := fn(&tx)
		if tx.Barred() != (view && errors.Is(err, store.ErrReadOnly)) {
			t.Errorf("barred is %v after %v", tx.Barred(), err)
		}
		return err
	})
}

// notices are the names of events and keys.
func notices(o *cmd.Outcome) (all []string) {
	for _, e := range o.Events {
		if e.Do == nil {
			all = append(all, e.Notice.Event+" "+e.Notice.Name)
		}
	}
	return all
}

// Each way of changing a key notifies as Redis does, and tells those who watch, cache or wait for it.
func TestEveryChangeOfAKeyIsSeen(t *testing.T) {
	k, other := store.Key{Name: []byte("k")}, store.Key{Name: []byte("other")}
	head := func(tx store.Tx, k store.Key) (store.Head, error) {
		heads, err := tx.Heads(nil, k)
		return heads[0], err
	}
	for _, row := range []struct {
		name    string
		event   string
		change  func(store.Tx) error
		notices []string
		changes []string
		flushed bool
		ready   int // keys whose loss, or content, somebody waits for
	}{
		{"PutHead", "$:set", func(tx store.Tx) error { return store.SetString(tx, k, []byte("w"), 0) },
			[]string{"set k"}, []string{"k"}, false, 1},
		{"PutHead of a new key", "$:set", func(tx store.Tx) error { return store.SetString(tx, other, []byte("w"), 0) },
			[]string{"new other", "set other"}, []string{"other"}, false, 0},
		{"Drop", "", func(tx store.Tx) error { _, err := tx.Drop(k, other, k); return err },
			[]string{"del k"}, []string{"k", "k"}, false, 1},
		{"Move", cmd.OwnEvents, func(tx store.Tx) error {
			h, err := head(tx, k)
			if err != nil {
				return err
			}
			return tx.Move(k, other, h)
		}, []string{"new other"}, []string{"k", "other"}, false, 1},
		{"Flush", "", func(tx store.Tx) error { return tx.Flush(0) }, nil, nil, true, 1},
		{"Swap", "", func(tx store.Tx) error { return tx.Swap(0, 1) }, nil, nil, false, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := gather(t)
			a.Listen("KEAn")
			set := cmd.Call{}
			if err := a.within(t, &set, false, false, func(tx store.Tx) error {
				return store.SetString(tx, k, []byte("v"), 0)
			}); err != nil {
				t.Fatal(err)
			}
			var w watch.Watcher
			w.Join(a.Watches)
			if err := w.Watch(ctx, a.Engine, k); err != nil {
				t.Fatal(err)
			}
			if err := a.Caches.Enable(a.reader, track.Options{Broadcast: true}); err != nil {
				t.Fatal(err)
			}
			waits := waiting.Blocked(nil, cmd.Block{Keys: []store.Key{k}, Lost: true})
			a.Lines.Join(waits)
			call := cmd.Call{Event: row.event}
			if err := a.within(t, &call, false, false, row.change); err != nil {
				t.Fatal(err)
			}
			if got := notices(&call.Outcome); !slices.Equal(got, row.notices) {
				t.Errorf("notices %q, want %q", got, row.notices)
			}
			if !slices.Equal(call.Changes, row.changes) || call.Flushed != row.flushed || len(call.Ready) != row.ready {
				t.Errorf("changes %q, flushed %v, ready %v", call.Changes, call.Flushed, call.Ready)
			}
			if touched := row.name != "PutHead of a new key"; w.Dirty() != touched {
				t.Errorf("the watcher's mark is %v", w.Dirty())
			}
			a.Lines.Withdraw(waits)
		})
	}
}

// A write hides that the key had expired, so that is announced first.
func TestAnExpiredKeyIsAnnouncedBeforeItIsWritten(t *testing.T) {
	a := gather(t)
	k := store.Key{Name: []byte("k")}
	if err := a.Update(ctx, store.One(k), func(tx store.Tx) error {
		return store.SetString(tx, k, []byte("v"), 1)
	}); err != nil {
		t.Fatal(err)
	}
	call := cmd.Call{Event: "$:set"}
	if err := a.within(t, &call, false, false, func(tx store.Tx) error {
		return store.SetString(tx, k, []byte("w"), 0)
	}); err != nil {
		t.Fatal(err)
	}
	if got := notices(&call.Outcome); !slices.Equal(got, []string{"expired k", "set k"}) {
		t.Errorf("notices %q", got)
	}
	a.Publish(a.writer, &call.Outcome, nil)
	if n := a.Stats.Expired.Load(); n != 1 {
		t.Errorf("%d keys are counted as expired", n)
	}
}

// A reading command counts what it finds and what it does not, and a transaction that reads as a rule ends with a write.
func TestReadsAreCountedAndWritesOfReadersBarred(t *testing.T) {
	a := gather(t)
	a.Listen("KEm")
	k, call := store.Key{DB: 2, Name: []byte("k")}, cmd.Call{DB: 2}
	look := func(tx store.Tx) error {
		_, err := tx.Heads(nil, k, store.Key{DB: 2, Name: []byte("none")})
		return err
	}
	for _, err := range []error{
		a.within(t, &cmd.Call{DB: 2}, false, false, func(tx store.Tx) error { return store.SetString(tx, k, nil, 0) }),
		a.within(t, &call, true, true, look),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := notices(&call.Outcome); call.Hits != 1 || call.Misses != 1 || call.Database != 2 ||
		!slices.Equal(got, []string{"keymiss none"}) {
		t.Errorf("%d hits, %d misses in database %d, notices %q", call.Hits, call.Misses, call.Database, got)
	}
	err := a.within(t, &call, true, true, func(tx store.Tx) error { return store.SetString(tx, k, nil, 0) })
	if !errors.Is(err, store.ErrReadOnly) || len(call.Events) != 0 || call.Hits != 0 {
		t.Errorf("%v; it led to %+v", err, call.Outcome)
	}
}

// Only who removes a blessed key, or says so, ends its blessing.
func TestABlessingOutlivesWhatReplacesTheKey(t *testing.T) {
	a := gather(t)
	k := store.Key{Name: []byte("k")}
	blessed := func() (is bool) {
		if err := a.View(ctx, store.One(k), func(tx store.Tx) error {
			heads, err := tx.Heads(nil, k)
			is = heads[0].Notes.Blessed()
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return is
	}
	put := func(call *cmd.Call, bless bool) {
		if err := a.within(t, call, false, false, func(tx store.Tx) error {
			h := store.Head{Type: store.String, Value: []byte("v"), Len: 1}
			if bless {
				h.SetNotes(h.Notes.Bless(true))
			}
			return tx.PutHead(k, h)
		}); err != nil {
			t.Fatal(err)
		}
	}
	put(&cmd.Call{}, true)
	a.Blessed.Store(false)
	if err := a.FindBlessed(a.Engine, 16); err != nil || !a.Blessed.Load() {
		t.Fatalf("it is not found: %v", err)
	}
	if n, err := effects.CountBlessed(a.Engine, 16, 100); n != 1 || err != nil {
		t.Errorf("%d keys are blessed, %v", n, err)
	}
	if put(&cmd.Call{}, false); !blessed() {
		t.Error("a write has ended the blessing")
	}
	if put(&cmd.Call{Frees: true}, false); blessed() {
		t.Error("who says that it ends has not ended it")
	}
}
