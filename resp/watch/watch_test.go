// Watched keys: who is told of a change, and what counts as one.
package watch_test

import (
	"context"
	"testing"

	"larder/resp/watch"
	"larder/store"
	"larder/store/memory"
)

var ctx = context.Background()

func key(db int, name string) store.Key { return store.Key{DB: db, Name: []byte(name)} }

func set(t *testing.T, e store.Engine, k store.Key) {
	t.Helper()
	if err := e.Update(ctx, store.One(k), func(tx store.Tx) error {
		return store.SetString(tx, k, []byte("v"), 0)
	}); err != nil {
		t.Fatal(err)
	}
}

func disturbed(t *testing.T, e store.Engine, w *watch.Watcher) (lost bool) {
	t.Helper()
	if err := e.Update(ctx, store.Whole(), func(tx store.Tx) (err error) {
		lost, err = w.Disturbed(tx)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return lost
}

func TestOnlyWatchersOfAKeyLearnOfItsChange(t *testing.T) {
	e, table := memory.New(), watch.NewTable()
	var a, b watch.Watcher
	a.Join(table)
	b.Join(table)
	if table.Active() {
		t.Error("nobody watches, and the table is active")
	}
	for range 2 { // once more is no other watch
		if err := a.Watch(ctx, e, key(0, "k"), key(0, "l")); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Watch(ctx, e, key(1, "k")); err != nil {
		t.Fatal(err)
	}
	if n := len(a.Keys()); n != 2 {
		t.Errorf("%d keys", n)
	}
	table.Touch(key(0, "k"))
	if !a.Dirty() || !a.Lost() || b.Dirty() || !disturbed(t, e, &a) || disturbed(t, e, &b) {
		t.Error("the watcher of the key, and only that one, is to learn of its change")
	}
	a.Forget()
	b.Forget()
	if a.Dirty() || a.Lost() || table.Active() || len(a.Keys()) != 0 {
		t.Error("something is left of what was forgotten")
	}
}

// A key that was there and is gone has changed although nobody wrote it; one that was absent has not.
func TestAKeyThatIsGoneHasChanged(t *testing.T) {
	e, table := memory.New(), watch.NewTable()
	set(t, e, key(0, "there"))
	var w watch.Watcher
	w.Join(table)
	if err := w.Watch(ctx, e, key(0, "there"), key(0, "absent")); err != nil {
		t.Fatal(err)
	}
	if disturbed(t, e, &w) {
		t.Error("nothing has changed")
	}
	if err := e.Update(ctx, store.One(key(0, "there")), func(tx store.Tx) error {
		_, err := tx.Drop(key(0, "there")) // as its expiry would
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if !disturbed(t, e, &w) || w.Dirty() {
		t.Error("the key is gone, and nobody notices")
	}
}

// FLUSHDB and SWAPDB change keys that are there, in any of the databases.
func TestEmptiedDatabasesChangeWhatIsThere(t *testing.T) {
	e, table := memory.New(), watch.NewTable()
	set(t, e, key(1, "k"))
	var there, nowhere watch.Watcher
	for w, name := range map[*watch.Watcher]string{&there: "k", &nowhere: "l"} {
		w.Join(table)
		if err := w.Watch(ctx, e, key(0, name)); err != nil {
			t.Fatal(err)
		}
	}
	emptied := func(dbs ...int) {
		if err := e.View(ctx, store.Whole(), func(tx store.Tx) error { return table.Emptied(tx, dbs...) }); err != nil {
			t.Fatal(err)
		}
	}
	if emptied(0); there.Dirty() {
		t.Error("database 0 has no such key")
	}
	if emptied(0, 1); !there.Dirty() || nowhere.Dirty() {
		t.Error("the key that comes from database 1, and only that one, is another")
	}
}
