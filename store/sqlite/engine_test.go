// A shard keeps what was acknowledged over restarts and kill -9; a full or damaged file is an error and not a crash.
package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"larder/store"
	"larder/store/sqlite"
)

var ctx = context.Background()

func key(name string) store.Key { return store.Key{Name: []byte(name)} }

func open(t testing.TB, path string, o sqlite.Options) *sqlite.Engine {
	t.Helper()
	e, err := sqlite.Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

func fresh(t testing.TB, o sqlite.Options) *sqlite.Engine {
	t.Helper()
	return open(t, filepath.Join(t.TempDir(), "shard.db"), o)
}

func update(t testing.TB, e store.Engine, fn func(store.Tx) error) {
	t.Helper()
	if err := e.Update(ctx, store.Whole(), fn); err != nil {
		t.Fatal(err)
	}
}

func view(t testing.TB, e store.Engine, fn func(store.Tx) error) {
	t.Helper()
	if err := e.View(ctx, store.Whole(), fn); err != nil {
		t.Fatal(err)
	}
}

func str(value string) store.Head {
	return store.Head{Type: store.String, Len: int64(len(value)), Bytes: int64(len(value)), Value: []byte(value)}
}

func set(t testing.TB, e store.Engine, name, value string) {
	t.Helper()
	update(t, e, func(tx store.Tx) error { return tx.PutHead(key(name), str(value)) })
}

func get(t testing.TB, e store.Engine, name string) (value string, ok bool) {
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
func collection(t testing.TB, e store.Engine, name string, typ store.Type, p store.Part, ranked bool, items ...store.Item) store.ID {
	t.Helper()
	var id store.ID
	update(t, e, func(tx store.Tx) (err error) {
		if id, err = tx.NewID(key(name)); err != nil {
			return err
		}
		ch, err := tx.PutItems(id, p, items...)
		if err != nil {
			return err
		}
		return tx.PutHead(key(name), store.Head{Type: typ, ID: id, Len: ch.Count, Bytes: ch.Bytes, Ranked: ranked})
	})
	return id
}

func sound(t testing.TB, e *sqlite.Engine) {
	t.Helper()
	found, err := e.Check(ctx, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Errorf("check: %s %s", f.Subject, f.Problem)
	}
}

func TestRestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shard.db")
	e := open(t, path, sqlite.Options{})
	set(t, e, "a", "1")
	first := collection(t, e, "h", store.Hash, store.Fields, false,
		store.Item{Field: []byte("f"), Value: []byte("v")}, store.Item{Field: []byte(""), Value: []byte(strings.Repeat("x", 5000))})
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if err := e.Update(ctx, store.Whole(), nil); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Update after Close: %v", err)
	}
	if err := e.View(ctx, store.Whole(), nil); !errors.Is(err, store.ErrClosed) {
		t.Errorf("View after Close: %v", err)
	}
	e = open(t, path, sqlite.Options{})
	if v, _ := get(t, e, "a"); v != "1" {
		t.Errorf("a is %q", v)
	}
	view(t, e, func(tx store.Tx) error {
		items, err := tx.Items(nil, first, store.Fields, []byte("f"), []byte(""), []byte("none"))
		if err != nil {
			return err
		}
		if string(items[0].Value) != "v" || len(items[1].Value) != 5000 || items[2].Found {
			t.Errorf("items are %v", items)
		}
		if n, err := tx.Size(0); n != 2 || err != nil {
			t.Errorf("size %d, %v", n, err)
		}
		return nil
	})
	if second := collection(t, e, "h2", store.Hash, store.Fields, false, store.Item{Field: []byte("f")}); second <= first {
		t.Errorf("id %d after %d", second, first)
	}
	sound(t, e)
}

func TestFileModes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shard.db")
	e := open(t, path, sqlite.Options{})
	set(t, e, "a", "1")
	for _, suffix := range []string{"", "-wal", "-shm"} {
		st, err := os.Stat(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if st.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", suffix, st.Mode())
		}
	}
}

func copyFile(t testing.TB, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
}

// A copy of the file and its log taken while the engine runs is what kill -9 leaves behind.
func TestCrashKeepsAcknowledged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shard.db")
	e := open(t, path, sqlite.Options{})
	var last store.ID
	for i := range 50 {
		set(t, e, fmt.Sprint("k", i), fmt.Sprint(i))
		last = collection(t, e, fmt.Sprint("c", i), store.Set, store.Members, false, store.Item{Field: []byte("m")})
		if i == 25 {
			if err := e.Checkpoint(ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
	dead := filepath.Join(t.TempDir(), "shard.db")
	// Closing these copies' sources drops locks of the running engine: it must not be written to afterwards.
	copyFile(t, path, dead)
	copyFile(t, path+"-wal", dead+"-wal")
	again := open(t, dead, sqlite.Options{})
	for i := range 50 {
		if v, _ := get(t, again, fmt.Sprint("k", i)); v != fmt.Sprint(i) {
			t.Fatalf("k%d is %q", i, v)
		}
	}
	if id := collection(t, again, "new", store.Set, store.Members, false, store.Item{Field: []byte("m")}); id <= last {
		t.Errorf("id %d was given out before the crash, up to %d", id, last)
	}
	sound(t, again)
}

func TestJobsOfABatchFailAlone(t *testing.T) {
	e := fresh(t, sqlite.Options{})
	boom := errors.New("boom")
	put := func(name string, err error) *store.Job {
		return &store.Job{Scope: store.One(key(name)), Write: true, Fn: func(tx store.Tx) error {
			if err := tx.PutHead(key(name), str(name)); err != nil {
				return err
			}
			return err
		}}
	}
	jobs := []*store.Job{
		put("a", nil), put("b", boom), put("c", nil),
		{Scope: store.One(key("c")), Fn: func(tx store.Tx) error {
			heads, err := tx.Heads(nil, key("c"))
			if err == nil && string(heads[0].Value) != "c" {
				err = errors.New("a View does not see the write before it")
			}
			return err
		}},
		{Scope: store.One(key("d")), Fn: func(tx store.Tx) error { return tx.PutHead(key("d"), str("d")) }},
	}
	store.Batch(ctx, e, jobs)
	for i, want := range []error{nil, boom, nil, nil, store.ErrReadOnly} {
		if !errors.Is(jobs[i].Err, want) || (want == nil) != (jobs[i].Err == nil) {
			t.Errorf("job %d: %v, want %v", i, jobs[i].Err, want)
		}
	}
	for name, want := range map[string]bool{"a": true, "b": false, "c": true, "d": false} {
		if _, ok := get(t, e, name); ok != want {
			t.Errorf("%s there: %v", name, ok)
		}
	}
	sound(t, e)
}

func TestPanicReachesItsCaller(t *testing.T) {
	e := fresh(t, sqlite.Options{})
	set(t, e, "a", "1")
	recovered := func(fn func(store.Tx) error, run func(context.Context, store.Scope, func(store.Tx) error) error) (v any) {
		defer func() { v = recover() }()
		_ = run(ctx, store.Whole(), fn)
		return nil
	}
	blow := func(tx store.Tx) error {
		_ = tx.PutHead(key("a"), str("2"))
		panic("blown")
	}
	if v := recovered(blow, e.Update); v != "blown" {
		t.Errorf("Update panicked with %v", v)
	}
	if v := recovered(blow, e.View); v != "blown" {
		t.Errorf("View panicked with %v", v)
	}
	done := make(chan struct{})
	go func() { // a goroutine that ends inside a transaction must not take the writer with it
		defer close(done)
		_ = e.Update(ctx, store.Whole(), func(tx store.Tx) error {
			_ = tx.PutHead(key("a"), str("3"))
			runtime.Goexit()
			return nil
		})
	}()
	<-done
	if v, _ := get(t, e, "a"); v != "1" {
		t.Errorf("a is %q", v)
	}
	set(t, e, "a", "4")
	sound(t, e)
}

// Writers wait for one another: each has its turn once, and its commit, whatever becomes of its neighbours.
func TestWritersTakeTurns(t *testing.T) {
	e := fresh(t, sqlite.Options{})
	const clients, each = 20, 25
	before, boom := e.Commits(), errors.New("boom")
	inside, runs := 0, 0 // no lock: only one is inside at a time
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			for i := range each {
				k := key(fmt.Sprint(c, ":", i))
				err := e.Update(ctx, store.One(k), func(tx store.Tx) error {
					inside, runs = inside+1, runs+1
					defer func() { inside-- }()
					if inside != 1 {
						t.Errorf("%d are inside", inside)
					}
					return errors.Join(tx.PutHead(k, str("v")), map[bool]error{true: boom}[i%5 == 0])
				})
				if errors.Is(err, boom) != (i%5 == 0) || err != nil && i%5 != 0 {
					t.Errorf("update %d of client %d: %v", i, c, err)
				}
			}
		})
	}
	wg.Wait()
	const kept = clients * each * 4 / 5
	if n := e.Commits() - before; n != kept || runs != clients*each {
		t.Errorf("%d transactions ran %d times, and %d commits keep %d of them", clients*each, runs, n, kept)
	}
	view(t, e, func(tx store.Tx) error {
		if n, _ := tx.Size(0); n != kept {
			t.Errorf("size %d", n)
		}
		return nil
	})
	sound(t, e)
}

func TestSnapshots(t *testing.T) {
	e := fresh(t, sqlite.Options{})
	set(t, e, "a", "old")
	view(t, e, func(tx store.Tx) error {
		done := make(chan struct{})
		go func() {
			defer close(done)
			set(t, e, "a", "new")
			if err := e.Update(ctx, store.Whole(), func(tx store.Tx) error { return tx.Flush(0) }); err != nil {
				t.Error(err)
			}
		}()
		<-done
		heads, err := tx.Heads(nil, key("a"))
		if string(heads[0].Value) != "old" {
			t.Errorf("inside the View: %q", heads[0].Value)
		}
		return err
	})
	if _, ok := get(t, e, "a"); ok {
		t.Error("a later View does not see the flush")
	}
}

func TestFullDevice(t *testing.T) {
	e := fresh(t, sqlite.Options{})
	set(t, e, "a", "1")
	e.LimitPages(t, 40)
	var full error
	for i := 0; full == nil && i < 200; i++ {
		full = e.Update(ctx, store.Whole(), func(tx store.Tx) error {
			id, err := tx.NewID(key("big"))
			if err != nil {
				return err
			}
			if _, err := tx.PutItems(id, store.Chunks, store.Item{Value: make([]byte, store.ChunkSize)}); err != nil {
				return err
			}
			return tx.PutHead(key(fmt.Sprint("big", i)), store.Head{Type: store.String, ID: id, Len: store.ChunkSize, Bytes: store.ChunkSize})
		})
	}
	if !errors.Is(full, &store.Error{Code: store.CodeFull}) {
		t.Fatalf("writing to a full file: %v", full)
	}
	if v, _ := get(t, e, "a"); v != "1" {
		t.Errorf("a is %q", v)
	}
	set(t, e, "a", "2")
	sound(t, e)
	e.LimitPages(t, 1<<30)
	set(t, e, "b", strings.Repeat("b", 400))
	sound(t, e)
}

func TestDamagedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shard.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("this is no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := sqlite.Open(path, sqlite.Options{})
	if !errors.Is(err, &store.Error{Code: store.CodeDamaged}) || !strings.Contains(err.Error(), path) {
		t.Errorf("opening rubbish: %v", err)
	}
}

func TestLogStaysBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shard.db")
	e := open(t, path, sqlite.Options{})
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					get(t, e, "k1")
				}
			}
		})
	}
	var largest int64
	for round := range 30 {
		for i := range 100 {
			set(t, e, fmt.Sprint("k", i), fmt.Sprint(round))
		}
		if err := e.Checkpoint(ctx); err != nil {
			t.Fatal(err)
		}
		st, err := os.Stat(path + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		largest = max(largest, st.Size())
	}
	close(stop)
	wg.Wait()
	// 30 rounds append 25 to 50 MB; a log that restarts holds a few rounds.
	if largest > 10<<20 {
		t.Errorf("the log grew to %d bytes", largest)
	}
	sound(t, e)
}

// What idle readers have seen last does not keep a checkpoint's work for the time when everybody waits.
func TestIdleReadersLeaveNothingToCopyUnderLock(t *testing.T) {
	const readers = 3
	e := fresh(t, sqlite.Options{Readers: readers})
	set(t, e, "k", "before")
	var inside, done sync.WaitGroup
	inside.Add(readers)
	for range readers { // each takes one, all at a time
		done.Go(func() { view(t, e, func(store.Tx) error { inside.Done(); inside.Wait(); return nil }) })
	}
	done.Wait()
	for i := range 1000 {
		set(t, e, fmt.Sprint("k", i), strings.Repeat("v", 400))
	}
	if left := e.CopyBulk(t); left != 0 {
		t.Errorf("%d pages are left to be copied while everybody waits", left)
	}
	if v, _ := get(t, e, "k999"); len(v) != 400 {
		t.Errorf("k999 has %d bytes", len(v))
	}
	sound(t, e)
}

func TestBusyReadersDoNotDeadlock(t *testing.T) {
	e := fresh(t, sqlite.Options{Readers: 1})
	set(t, e, "a", "1")
	inside, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { view(t, e, func(store.Tx) error { close(inside); <-release; return nil }) })
	<-inside
	short, cancel := context.WithCancel(ctx)
	cancel()
	if err := e.View(short, store.Whole(), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("View that may not wait: %v", err)
	}
	if err := e.Checkpoint(ctx); err != nil {
		t.Error(err)
	}
	close(release)
	wg.Wait()
	if v, _ := get(t, e, "a"); v != "1" {
		t.Error("the reader did not come back")
	}
}
