// The reference engine finds misuse of the contract by its callers, and passes the conformance suite.
package memory

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"larder/store"
)

var ctx = context.Background()

func key(name string) store.Key { return store.Key{Name: []byte(name)} }

func mustUpdate(t *testing.T, e *Engine, fn func(store.Tx) error) {
	t.Helper()
	if err := e.Update(ctx, store.Whole(), fn); err != nil {
		t.Fatal(err)
	}
}

func putHash(tx store.Tx, name string, fields ...string) error {
	id, err := tx.NewID(key(name))
	if err != nil {
		return err
	}
	for _, f := range fields {
		if _, err := tx.PutItems(id, store.Fields, store.Item{Field: []byte(f), Value: []byte("v" + f)}); err != nil {
			return err
		}
	}
	return tx.PutHead(key(name), store.Head{Type: store.Hash, ID: id, Len: int64(len(fields))})
}

func TestMisuseIsLoud(t *testing.T) {
	e := New()
	mustUpdate(t, e, func(tx store.Tx) error { return putHash(tx, "h", "a", "b") })
	var id store.ID
	rows := map[string]func(store.Tx) error{
		"a head that names another key's id": func(tx store.Tx) error {
			return tx.PutHead(key("thief"), store.Head{Type: store.Hash, ID: id})
		},
		"writing a dropped key's items": func(tx store.Tx) error {
			_, _ = tx.Drop(key("h"))
			_, err := tx.PutItems(id, store.Fields, store.Item{Field: []byte("c")})
			return err
		},
		"writing inside a loop over the id": func(tx store.Tx) error {
			for range tx.Range(id, store.Fields, store.Range{}) {
				_, err := tx.DropItems(id, store.Fields, []byte("a"))
				return err
			}
			return nil
		},
		"an id from elsewhere": func(tx store.Tx) error {
			_, err := tx.Items(nil, id+1000, store.Fields, []byte("a"))
			return err
		},
		"a long inline value": func(tx store.Tx) error {
			return tx.PutHead(key("s"), store.Head{Type: store.String, Value: make([]byte, store.InlineMax+1)})
		},
		"a score order without scores": func(tx store.Tx) error {
			_, err := tx.Count(id, store.Fields, store.Range{Order: store.ByScore})
			return err
		},
		"fields of a placed part": func(tx store.Tx) error {
			_, err := tx.Items(nil, id, store.Chunks, []byte("a"))
			return err
		},
		"a wrong size for Random": func(tx store.Tx) error {
			_, err := tx.Random(id, store.Fields, 3, 1)
			return err
		},
	}
	for name, fn := range rows {
		err := e.Update(ctx, store.Whole(), func(tx store.Tx) error {
			heads, err := tx.Heads(nil, key("h"))
			id = heads[0].ID
			return errors.Join(err, fn(tx))
		})
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestLentSlicesAreSpoilt(t *testing.T) {
	e := New()
	mustUpdate(t, e, func(tx store.Tx) error {
		return tx.PutHead(key("s"), store.Head{Type: store.String, Value: []byte("text")})
	})
	var kept []byte
	if err := e.View(ctx, store.Whole(), func(tx store.Tx) error {
		heads, err := tx.Heads(nil, key("s"))
		kept = heads[0].Value
		if !bytes.Equal(kept, []byte("text")) {
			t.Errorf("inside: %q", kept)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(kept, []byte("text")) {
		t.Error("the value is still there after the transaction")
	}
}

func TestTransactionAfterItsEnd(t *testing.T) {
	e := New()
	var kept store.Tx
	mustUpdate(t, e, func(tx store.Tx) error { kept = tx; return nil })
	if _, err := kept.Heads(nil, key("a")); err == nil {
		t.Error("reads")
	}
	if _, err := kept.Drop(key("a")); err == nil {
		t.Error("writes")
	}
}

// With one position for all names, a cursor can only stand before or behind all of them.
func TestScanKeepsEqualPositionsTogether(t *testing.T) {
	e := New()
	e.hash = func([]byte) uint64 { return 7 }
	mustUpdate(t, e, func(tx store.Tx) error {
		return errors.Join(putHash(tx, "{x}1"), putHash(tx, "{x}2"), putHash(tx, "{x}3"))
	})
	mustUpdate(t, e, func(tx store.Tx) error {
		found, next, err := tx.Scan(0, 0, 1)
		if len(found) != 3 || next != 0 {
			t.Errorf("%d keys, next %d", len(found), next)
		}
		return err
	})
}

func TestRerunsLeaveNothing(t *testing.T) {
	e := New(WithReruns(2))
	runs := 0
	mustUpdate(t, e, func(tx store.Tx) error {
		runs++
		heads, err := tx.Heads(nil, key("n"))
		return errors.Join(err, tx.PutHead(key("n"), store.Head{Type: store.String, Len: heads[0].Len + 1}))
	})
	mustUpdate(t, e, func(tx store.Tx) error {
		heads, err := tx.Heads(nil, key("n"))
		if heads[0].Len != 1 || runs != 3 {
			t.Errorf("Len %d after %d runs", heads[0].Len, runs)
		}
		return err
	})
}
