package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"larder/store"
	"larder/store/sqlite"
)

func size(t *testing.T, e *sqlite.Engine) store.Size {
	t.Helper()
	sizes, err := e.Sizes(ctx)
	if err != nil || len(sizes) != 1 {
		t.Fatal(sizes, err)
	}
	return sizes[0]
}

func sweepAll(t *testing.T, e *sqlite.Engine, n int) {
	t.Helper()
	for range 10_000 {
		more, err := e.Sweep(ctx, n)
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			return
		}
	}
	t.Fatal("the sweep does not end")
}

// Everything a key can own goes, and the file shrinks.
func TestSweepGivesSpaceBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shard.db")
	e := open(t, path, sqlite.Options{})
	var fields, members, chunks []store.Item
	for i := range 1000 {
		fields = append(fields, store.Item{Field: fmt.Append(nil, i), Value: make([]byte, 2000)})
		members = append(members, member(i, float64(i)))
		chunks = append(chunks, store.Item{Pos: int64(i), Value: make([]byte, 8000)})
	}
	collection(t, e, "h", store.Hash, store.Fields, false, fields...)
	collection(t, e, "z", store.ZSet, store.Scores, true, members...)
	collection(t, e, "s", store.String, store.Chunks, false, chunks...)
	collection(t, e, "kept", store.Hash, store.Fields, false, fields[:3]...)
	update(t, e, func(tx store.Tx) error {
		if _, err := tx.Drop(key("h")); err != nil {
			return err
		}
		if err := tx.Swap(0, 1); err != nil {
			return err
		}
		_, err := tx.Drop(store.Key{DB: 1, Name: []byte("kept")})
		return err
	})
	set(t, e, "other", "database")
	update(t, e, func(tx store.Tx) error { return tx.Flush(1) })
	if err := e.Checkpoint(ctx); err != nil {
		t.Fatal(err)
	}
	before := size(t, e)
	if before.Orphans != 3 || before.Keys != 1 {
		t.Errorf("%+v", before)
	}
	sound(t, e)
	if more, err := e.Sweep(ctx, 100); err != nil || !more {
		t.Errorf("100 rows were all: %v", err)
	}
	sweepAll(t, e, 100)
	if err := e.Checkpoint(ctx); err != nil {
		t.Fatal(err)
	}
	after := size(t, e)
	if after.Orphans != 0 || after.File > before.File/2 {
		t.Errorf("%+v, before %+v", after, before)
	}
	sound(t, e)
	if v, _ := get(t, e, "other"); v != "database" {
		t.Errorf("other is %q", v)
	}
}

// Space goes back a few pages at a time, whether it held short values or chunks of long ones, and in the end the file
// is hardly longer than what is in it.
func TestShrinksInSmallSteps(t *testing.T) {
	const step = 128 * 4096
	for name, fill := range map[string]func(i int) (store.Part, store.Item){
		"chunks": func(i int) (store.Part, store.Item) {
			return store.Chunks, store.Item{Pos: int64(i), Value: make([]byte, 8000)}
		},
		"fields": func(i int) (store.Part, store.Item) {
			return store.Fields, store.Item{Field: fmt.Append(nil, i), Value: make([]byte, 300)}
		},
	} {
		e := fresh(t, sqlite.Options{})
		for k := range 20 { // dropped and kept ones lie among each other
			var items []store.Item
			var part store.Part
			for i := range 4_000_000 / 20 / 300 {
				p, it := fill(i)
				part, items = p, append(items, it)
			}
			collection(t, e, fmt.Sprint(k), store.String, part, false, items[:len(items)*300/(len(items[0].Value)+8)]...)
		}
		update(t, e, func(tx store.Tx) error {
			for k := range 10 {
				if _, err := tx.Drop(key(fmt.Sprint(2 * k))); err != nil {
					return err
				}
			}
			return nil
		})
		if err := e.Checkpoint(ctx); err != nil {
			t.Fatal(err)
		}
		before, shrunk := size(t, e), 0
		for last, idle := before, 0; idle < 2; { // after the last orphan, and after the last page
			more, err := e.Sweep(ctx, 100)
			if err != nil {
				t.Fatal(err)
			}
			if !more {
				idle++
			}
			now := size(t, e)
			if back := last.Free - now.Free; back > step {
				t.Errorf("%s: %d bytes went back in one step", name, back)
			} else if back > 0 {
				shrunk++
			}
			last = now
		}
		if after := size(t, e); after.Free >= max(after.File/8, 1<<20) || after.Excess == 0 || shrunk < 2 {
			t.Errorf("%s: %d steps left %+v", name, shrunk, after)
		}
		if err := e.Checkpoint(ctx); err != nil {
			t.Fatal(err)
		}
		if after := size(t, e); after.Excess != 0 || after.File > before.File*3/4 {
			t.Errorf("%s: the file has %d bytes, before %d, and could have %d less", name, after.File, before.File, after.Excess)
		}
		sound(t, e)
	}
}

// Each damage is done behind the engine's back, found, mended, and then gone.
func TestCheckFindsAndMends(t *testing.T) {
	for _, row := range []struct{ damage, problem string }{
		{`UPDATE spaces SET size = size + 1`, "wrong counters"},
		{`UPDATE spaces SET volatile = volatile + 1`, "wrong counters"},
		{`UPDATE spaces SET bytes = bytes - 1`, "wrong counters"},
		{`INSERT INTO orphans (id) SELECT id FROM heads WHERE id <> 0`, "is to be swept though"},
		{`INSERT INTO items (id, part, pos, field) VALUES (1 << 40, 9, 0, x'00')`, "belong to no key"},
		{`INSERT INTO chunks (at, value) VALUES (77 << 20, x'00')`, "belong to no key"},
		{`INSERT INTO blobs (ref, value) VALUES (1 << 40, x'00')`, "belongs to no item"},
		{`DELETE FROM blobs`, "has lost its value"},
		{`DELETE FROM blocks WHERE level = 0`, "is ranked but not counted"},
		{`UPDATE blocks SET n = n - 1`, "that says"},
		{`INSERT INTO blocks (id, part, level, key, field, n) VALUES (1 << 30, 3, 0, 0, x'', 1)`, "count for no key"},
		{`UPDATE heads SET h = h + 1 WHERE name = x'73'`, "key \"s\" stands where it is not"},
		{`UPDATE items SET pos = pos + 1 WHERE part = 1`, "stands where it is not"},
		{`UPDATE heads SET id = (SELECT id FROM heads WHERE name = x'68') WHERE name = x'74'`, "have the same items"},
		{`UPDATE heads SET ns = 99`, "belong to no database"},
		{`UPDATE meta SET v = 1 WHERE k = 'ids'`, "could be given out again"},
		{`DELETE FROM tags`, "which does not list it"},
		{`INSERT INTO tags (ns, tag, h, name) SELECT ns, x'71', h, name FROM tags`, "has it no more"},
		{`INSERT INTO tags (ns, tag, h, name) SELECT ns, tag, 7, x'71' FROM tags`, "which is not there"},
	} {
		t.Run(row.damage, func(t *testing.T) {
			e := fresh(t, sqlite.Options{})
			furnish(t, e)
			sound(t, e)
			e.Exec(t, row.damage)
			found, err := e.Check(ctx, true)
			if err != nil {
				t.Fatal(err)
			}
			hit := false
			for _, f := range found {
				hit = hit || strings.Contains(f.Subject+" "+f.Problem, row.problem)
				if !f.Fixed || f.Repair == "" {
					t.Errorf("not mended: %+v", f)
				}
			}
			if !hit {
				t.Errorf("found %+v, not %q", found, row.problem)
			}
			sound(t, e)
			if v, _ := get(t, e, "s"); v != "v" {
				t.Errorf("s is %q", v)
			}
		})
	}
}

// furnish makes a key of each kind of storage: inline, counted, long values, chunks, and a second hash.
func furnish(t *testing.T, e *sqlite.Engine) {
	t.Helper()
	set(t, e, "s", "v")
	tagged := str("v")
	tagged.Notes = store.Notes("").WithTags("red")
	update(t, e, func(tx store.Tx) error { return tx.PutHead(key("tagged"), tagged) })
	var members []store.Item
	for i := range 600 {
		members = append(members, member(i, float64(i)))
	}
	collection(t, e, "z", store.ZSet, store.Scores, true, members...)
	collection(t, e, "h", store.Hash, store.Fields, false,
		store.Item{Field: []byte("short"), Value: []byte("1")}, store.Item{Field: []byte("long"), Value: make([]byte, 5000)})
	collection(t, e, "t", store.Hash, store.Fields, false, store.Item{Field: []byte("f"), Value: []byte("1")})
	collection(t, e, "c", store.String, store.Chunks, false, store.Item{Pos: 0, Value: make([]byte, store.ChunkSize)})
}

func TestDamagedPageIsNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shard.db")
	e := open(t, path, sqlite.Options{})
	for i := range 500 {
		set(t, e, fmt.Sprint("k", i), strings.Repeat("v", 300))
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	st, _ := f.Stat()
	for at := int64(8 * 4096); at < st.Size(); at += 4096 {
		if _, err := f.WriteAt([]byte(strings.Repeat("\xff", 4096)), at); err != nil {
			t.Fatal(err)
		}
	}
	f.Close()
	e, err = sqlite.Open(path, sqlite.Options{})
	if err == nil {
		defer e.Close()
		for i := 0; err == nil && i < 500; i++ {
			err = e.View(ctx, store.Whole(), func(tx store.Tx) error {
				_, err := tx.Heads(nil, key(fmt.Sprint("k", i)))
				return err
			})
		}
	}
	if err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("reading damaged pages: %v", err)
	}
}

// SQLite syncs no commit of its own accord; Sync and Settle do.
func TestSync(t *testing.T) {
	e := fresh(t, sqlite.Options{})
	set(t, e, "a", "1")
	if got := e.Pragma(t, "synchronous"); got != 1 {
		t.Errorf("the writer has synchronous = %d", got)
	}
	if err := e.Sync(ctx); err != nil {
		t.Fatal(err)
	}
	e.FailSync(t)
	if err := e.Sync(ctx); !errors.Is(err, &store.Error{Code: store.CodeIO}) {
		t.Errorf("a sync that fails: %v", err)
	}
	err := e.Settle(ctx, func(tx store.BaseTx) error { return tx.PutHead(key("a"), str("2")) })
	if !errors.Is(err, &store.Error{Code: store.CodeIO}) {
		t.Errorf("a settle whose sync fails: %v", err)
	}
}

// What a row costs in garbage: nothing to read it, and nothing to settle one that is there.
func TestAllocations(t *testing.T) {
	e, one := fresh(t, sqlite.Options{}), newBenchOne()
	scope := one.pick(1)
	none := func(what string, run func() error) {
		if n := testing.AllocsPerRun(200, func() {
			if err := run(); err != nil {
				t.Fatal(err)
			}
		}); n > 0 {
			t.Errorf("%s makes %v allocations", what, n)
		}
	}
	if err := e.Settle(ctx, func(tx store.BaseTx) error {
		none("a SET that settles", func() error { return one.set(tx) })
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	none("a GET", func() error { return e.View(ctx, scope, one.get) })
}

// The log's file stays for the next commits up to its share; at rest nothing stays. A View in progress is not waited for.
func TestLogKeepsToItsShare(t *testing.T) {
	e := open(t, filepath.Join(t.TempDir(), "shard.db"), sqlite.Options{})
	e.SetLogShare(1 << 20)
	fill := func(bytes int) {
		t.Helper()
		update(t, e, func(tx store.Tx) error {
			id, err := tx.NewID(key("k"))
			if err != nil {
				return err
			}
			if _, err := tx.PutItems(id, store.Fields, store.Item{Field: []byte("f"), Value: make([]byte, bytes)}); err != nil {
				return err
			}
			return tx.PutHead(key("k"), store.Head{Type: store.Hash, ID: id, Len: 1})
		})
	}
	want := func(when string, call func(context.Context) error, least, most int64) {
		t.Helper()
		if err := call(ctx); err != nil {
			t.Fatal(err)
		}
		if n := size(t, e).WAL; n < least || n > most {
			t.Errorf("%s: the log's file has %d bytes, want %d to %d", when, n, least, most)
		}
	}
	fill(500 << 10)
	want("below the share", e.Trim, 500<<10, 1<<20)
	want("checkpointed", e.Checkpoint, 500<<10, 1<<20)
	want("at rest", e.Rest, 0, 0)
	fill(3 << 20)
	view(t, e, func(tx store.Tx) error {
		if _, err := tx.Heads(nil, key("k")); err != nil { // it has a snapshot
			return err
		}
		want("while a View goes on", e.Trim, 3<<20, 4<<20)
		return nil
	})
	want("beyond the share", e.Trim, 0, 0)
	fill(3 << 20)
	want("checkpointed beyond the share", e.Checkpoint, 0, 0)
}
