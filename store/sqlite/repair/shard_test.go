package repair_test

import (
	"context"
	"testing"

	"larder/store"
	"larder/store/sqlite"
	"larder/store/sqlite/sqlfile"
)

var ctx = context.Background()

func key(name string) store.Key { return store.Key{Name: []byte(name)} }

func str(value string) store.Head {
	return store.Head{Type: store.String, Len: int64(len(value)), Bytes: int64(len(value)), Value: []byte(value)}
}

func open(t *testing.T, path string) *sqlite.Engine {
	t.Helper()
	e, err := sqlite.Open(path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

func update(t *testing.T, e store.Engine, fn func(store.Tx) error) {
	t.Helper()
	if err := e.Update(ctx, store.Whole(), fn); err != nil {
		t.Fatal(err)
	}
}

func view(t *testing.T, e store.Engine, fn func(store.Tx) error) {
	t.Helper()
	if err := e.View(ctx, store.Whole(), fn); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, e store.Engine, name string) (value string, ok bool) {
	t.Helper()
	view(t, e, func(tx store.Tx) error {
		heads, err := tx.Heads(nil, key(name))
		if err == nil {
			value, ok = string(heads[0].Value), heads[0].Exists()
		}
		return err
	})
	return value, ok
}

// collection puts items under a new key.
func collection(t *testing.T, e store.Engine, name string, typ store.Type, p store.Part, items ...store.Item) {
	t.Helper()
	update(t, e, func(tx store.Tx) error {
		id, err := tx.NewID(key(name))
		if err != nil {
			return err
		}
		ch, err := tx.PutItems(id, p, items...)
		if err != nil {
			return err
		}
		return tx.PutHead(key(name), store.Head{Type: typ, ID: id, Len: ch.Count, Bytes: ch.Bytes})
	})
}

func sound(t *testing.T, e *sqlite.Engine) {
	t.Helper()
	found, err := e.Check(ctx, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Errorf("check: %s %s", f.Subject, f.Problem)
	}
}

// rootOf is the number of the page a table's tree begins at; pages count from 1.
func rootOf(t *testing.T, path, table string) int64 {
	t.Helper()
	c, err := sqlfile.Open(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	root, err := c.Number("SELECT rootpage FROM sqlite_schema WHERE name = '" + table + "'")
	if err != nil {
		t.Fatal(err)
	}
	return root
}
