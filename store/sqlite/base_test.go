package sqlite_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"larder/store"
	"larder/store/sqlite"
	"larder/store/sqlite/sqlfile"
)

// What a file promises to the engine in front of it.

func settle(t *testing.T, e *sqlite.Engine, mark store.Mark, fn func(store.BaseTx) error) {
	t.Helper()
	err := e.Settle(ctx, func(tx store.BaseTx) error { return errors.Join(tx.SetMark(mark), fn(tx)) })
	if err != nil {
		t.Fatal(err)
	}
}

// hashOf puts a hash of one field under an id that the engine in front has made.
func hashOf(tx store.BaseTx, k store.Key, id store.ID, expireAt int64) error {
	ch, err := tx.PutItems(id, store.Fields, store.Item{Field: []byte("f"), Value: []byte("v")})
	if err != nil {
		return err
	}
	return tx.PutHead(k, store.Head{Type: store.Hash, ID: id, Len: 1, Bytes: ch.Bytes, ExpireAt: expireAt})
}

func itemsOf(t *testing.T, e *sqlite.Engine, id store.ID) (n int64) {
	t.Helper()
	view(t, e, func(tx store.Tx) (err error) {
		n, err = tx.Count(id, store.Fields, store.Range{})
		return err
	})
	return n
}

// TestMarkComesWithWhatSettles: the mark is there with the rows that it stands for, or neither is, also in snapshots and
// after a restart; and an id below it is never given out again.
func TestMarkComesWithWhatSettles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shard.db")
	e := open(t, path, sqlite.Options{})
	r, err := e.Reader(ctx)
	if err != nil {
		t.Fatal(err)
	}
	old, err := r.Begin(1)
	if err != nil {
		t.Fatal(err)
	}
	mark := store.Mark{LSN: 7, NextID: 100}
	settle(t, e, mark, func(tx store.BaseTx) error { return hashOf(tx, key("k"), 99, 0) })
	failed := errors.New("failed")
	err = e.Settle(ctx, func(tx store.BaseTx) error {
		return errors.Join(tx.SetMark(store.Mark{LSN: 8, NextID: 200}), hashOf(tx, key("lost"), 150, 0), failed)
	})
	if !errors.Is(err, failed) || e.Settled() != mark {
		t.Errorf("a settle that failed: %v, and the mark is %+v", err, e.Settled())
	}
	if m, err := old.Mark(); err != nil || m.LSN != 0 {
		t.Errorf("an old snapshot has the mark %+v, %v", m, err)
	}
	tx, err := r.Begin(1)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time from memory
		if m, err := tx.Mark(); err != nil || m != mark {
			t.Errorf("a new snapshot has the mark %+v, %v", m, err)
		}
	}
	if _, there, err := tx.Row(key("lost")); there || err != nil {
		t.Errorf("a row of a settle that failed is there, %v", err)
	}
	if err := errors.Join(r.Close(), e.Close()); err != nil {
		t.Fatal(err)
	}
	e = open(t, path, sqlite.Options{})
	if m := e.Settled(); m != mark {
		t.Errorf("after a restart the mark is %+v", m)
	}
	update(t, e, func(tx store.Tx) error {
		id, err := tx.NewID(key("new"))
		if id < 100 {
			t.Errorf("id %d is given out again", id)
		}
		return err
	})
}

// TestHurryReadsNoFile: whoever must not wait gets what is remembered, and is told of all else that it is not in memory.
func TestHurryReadsNoFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shard.db")
	e := open(t, path, sqlite.Options{})
	settle(t, e, store.Mark{LSN: 1, NextID: 10}, func(tx store.BaseTx) error {
		return errors.Join(hashOf(tx, key("a"), 5, 0), hashOf(tx, key("b"), 6, 0))
	})
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	e = open(t, path, sqlite.Options{})
	own, err := e.OwnReader()
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	tx, err := own.Begin(1)
	if err != nil {
		t.Fatal(err)
	}
	hurry := tx.(store.Hurrier)
	if hurry.Version() == 0 {
		t.Error("the snapshot has no version")
	}
	heads := func(name string) error {
		_, err := tx.Heads(nil, key(name))
		return err
	}
	items := func() error {
		_, err := tx.Items(nil, 5, store.Fields, []byte("f"))
		return err
	}
	hurry.Hurry(true)
	for name, err := range map[string]error{"Heads": heads("a"), "Items": items()} {
		if !errors.Is(err, store.ErrCold) {
			t.Errorf("%s in a hurry: %v", name, err)
		}
	}
	hurry.Hurry(false)
	if err := errors.Join(heads("a"), heads("nobody's"), items()); err != nil {
		t.Fatal(err)
	}
	hurry.Hurry(true)
	if err := errors.Join(heads("a"), heads("nobody's"), items()); err != nil {
		t.Errorf("what has been read, be it that nothing is there: %v", err)
	}
	if err := heads("b"); !errors.Is(err, store.ErrCold) {
		t.Errorf("a row beside it: %v", err)
	}
	hurry.Hurry(false)
	if err := heads("b"); err != nil {
		t.Errorf("after being cold: %v", err)
	}
}

// TestWhoOwnsAnID: Unlink leaves it to another name, and an id that nobody named in the end is swept if it is orphaned.
func TestWhoOwnsAnID(t *testing.T) {
	e := open(t, filepath.Join(t.TempDir(), "shard.db"), sqlite.Options{})
	settle(t, e, store.Mark{LSN: 1, NextID: 10}, func(tx store.BaseTx) error {
		return errors.Join(hashOf(tx, key("moves"), 5, 0), hashOf(tx, key("goes"), 6, 3))
	})
	settle(t, e, store.Mark{LSN: 2, NextID: 10}, func(tx store.BaseTx) error {
		tx.SetNow(10)
		if h, there, err := tx.Row(key("goes")); !there || h.ID != 6 || err != nil {
			t.Errorf("an expired row: %+v, %v, %v", h, there, err)
		}
		if tx.Now().UnixMilli() != 10 {
			t.Errorf("the time is %v", tx.Now())
		}
		h, _, err := tx.Row(key("moves"))
		return errors.Join(err, tx.Unlink(key("moves")), tx.PutHead(key("moved"), h), tx.Unlink(key("goes")), tx.Orphan(6))
	})
	sweepAll(t, e, 100)
	if moved, gone := itemsOf(t, e, 5), itemsOf(t, e, 6); moved != 1 || gone != 0 {
		t.Errorf("%d items of what moved, %d of what went", moved, gone)
	}
}

// TestIDsOfOtherFiles: heads here may name them, and whose last head goes is noted until their own file knows.
func TestIDsOfOtherFiles(t *testing.T) {
	e := open(t, filepath.Join(t.TempDir(), "shard.db"), sqlite.Options{})
	abroad := func(own store.ID) store.ID { return store.Abroad(2, own) }
	settle(t, e, store.Mark{LSN: 1, NextID: 10}, func(tx store.BaseTx) error {
		for i := range 3 {
			h := store.Head{Type: store.Hash, ID: abroad(store.ID(5 + i)), Len: 1, Bytes: 30}
			if err := tx.PutHead(key(fmt.Sprint("k", i)), h); err != nil {
				return err
			}
		}
		return hashOf(tx, key("own"), 7, 0)
	})
	borrowed := func(home int) (ids []store.ID) {
		if err := e.Borrowed(ctx, home, func(id store.ID) { ids = append(ids, id) }); err != nil {
			t.Fatal(err)
		}
		slices.Sort(ids)
		return ids
	}
	if of2, of1 := borrowed(2), borrowed(1); !slices.Equal(of2, []store.ID{5, 6, 7}) || len(of1) != 0 {
		t.Errorf("%v of one file and %v of another are borrowed", of2, of1)
	}
	settle(t, e, store.Mark{LSN: 2, NextID: 10}, func(tx store.BaseTx) error {
		_, err := tx.Drop(key("k0"), key("k2"))
		return errors.Join(err, tx.Adopt(7))
	})
	estranged := func() []store.ID {
		ids, err := e.Estranged(ctx, 10)
		if err != nil {
			t.Fatal(err)
		}
		return ids
	}
	if got := estranged(); !slices.Equal(got, []store.ID{abroad(5), abroad(7)}) {
		t.Errorf("%v have lost their heads here", got)
	}
	sweepAll(t, e, 100) // leaves them alone
	settle(t, e, store.Mark{LSN: 3, NextID: 10}, func(tx store.BaseTx) error { return tx.Told(abroad(5)) })
	if got := estranged(); !slices.Equal(got, []store.ID{abroad(7)}) {
		t.Errorf("%v are left", got)
	}
	if got := borrowed(2); !slices.Equal(got, []store.ID{6}) {
		t.Errorf("%v are borrowed still", got)
	}
	if n := itemsOf(t, e, 7); n != 1 {
		t.Errorf("%d items of an id of this file's, whose number is another's as well", n)
	}
}

// TestOtherFormats: a file of the format before becomes one of this format, and any other is refused by name.
func TestOtherFormats(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shard.db")
	e := open(t, path, sqlite.Options{})
	update(t, e, func(tx store.Tx) error { return store.SetString(tx, key("k"), []byte("v"), 0) })
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	script := func(sql string) {
		t.Helper()
		c, err := sqlfile.Open(path, 0)
		if err == nil {
			err = errors.Join(c.Script(sql), c.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	number := func(sql string) int64 {
		t.Helper()
		c, err := sqlfile.Open(path, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		n, err := c.Number(sql)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	now := number(`PRAGMA user_version`)
	for _, other := range []int64{now + 1, 1, 0} {
		script(fmt.Sprintf(`PRAGMA user_version = %d`, other))
		_, err := sqlite.Open(path, sqlite.Options{})
		if !errors.Is(err, &store.Error{Code: store.CodeRefused}) || number(`PRAGMA user_version`) != other {
			t.Errorf("format %d: %v, and it is %d", other, err, number(`PRAGMA user_version`))
		}
	}
	script(fmt.Sprintf(`PRAGMA user_version = %d; UPDATE meta SET v = %d WHERE k = 'format'`, now-1, now-1))
	e = open(t, path, sqlite.Options{})
	view(t, e, func(tx store.Tx) error {
		heads, err := tx.Heads(nil, key("k"))
		if err == nil && string(heads[0].Value) != "v" {
			t.Errorf("the value is %q", heads[0].Value)
		}
		return err
	})
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if v, m := number(`PRAGMA user_version`), number(`SELECT v FROM meta WHERE k = 'format'`); v != now || m != now {
		t.Errorf("the format is %d, and says %d", v, m)
	}
	script(`DELETE FROM meta WHERE k = 'seed'`)
	if _, err := sqlite.Open(path, sqlite.Options{}); !errors.Is(err, &store.Error{Code: store.CodeDamaged}) {
		t.Errorf("without its seed: %v", err)
	}
	script(`PRAGMA application_id = 1`)
	if _, err := sqlite.Open(path, sqlite.Options{}); !errors.Is(err, &store.Error{Code: store.CodeRefused}) {
		t.Errorf("somebody else's database: %v", err)
	}
}
