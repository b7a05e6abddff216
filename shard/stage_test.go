package shard_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"larder/shard"
	"larder/store"
	"larder/store/memory"
	"larder/store/sqlite/sqlfile"
)

// What is said of transactions that are staged: see stage.go.

const stagedItems = 8_000

// stagedFrom is copied to stagedTo.
var stagedFrom, stagedTo = nth(0), nth(2)

// startStaged opens shards over SQLite whose layers take a small part of what is staged, with a set to copy.
func startStaged(t *testing.T, step func(name string)) *server {
	t.Helper()
	o := shard.Options{OverlayBytes: 128 << 10}
	s := start(t, t.TempDir(), shard.WithSteps(o, func(name string) {
		if step != nil {
			step(name)
		}
	}))
	t.Cleanup(func() { s.stop(t) })
	s.fill(t, stagedFrom, stagedItems)
	return s
}

// fill makes a sorted set of n members.
func (s *server) fill(t *testing.T, k store.Key, n int) {
	t.Helper()
	for from := 0; from < n; from += 500 {
		s.update(t, k, func(tx store.Tx) error {
			z, err := store.OpenZSet(tx, k)
			for i := from; i < from+500 && err == nil; i++ {
				_, err = z.Add(store.ZRule{}, store.Item{Field: fmt.Append(nil, "member ", i), Score: float64(i)})
			}
			return err
		})
	}
}

func (s *server) update(t *testing.T, k store.Key, fn func(store.Tx) error) {
	t.Helper()
	if err := s.Update(context.Background(), store.One(k), fn); err != nil {
		t.Error(err)
	}
}

// copying is a job that copies a key, and counts.
type copying struct {
	store.Job
	staged, published int
}

func newCopying(from, to store.Key) *copying {
	c := &copying{}
	c.Job = store.Job{Scope: store.One(from, to), Write: true, Fn: func(tx store.Tx) error {
		if tx.(store.Stager).Staged() {
			c.staged++
		}
		_, err := store.Copy(tx, from, to)
		return err
	}, Publish: func(store.Tx) error {
		c.published++
		return nil
	}}
	return c
}

func (c *copying) run(t *testing.T, e store.Engine) {
	t.Helper()
	store.Run(context.Background(), e, &c.Job)
	if c.Err != nil {
		t.Fatal(c.Err)
	}
}

// direct is how many transactions ran straight on the files, a count for each of their shards.
func (s *server) direct() (n int64) {
	for _, one := range s.Shards() {
		n += one.Direct.Load()
	}
	return n
}

// length is that of a sorted set, as its head says, as it is counted and as it is read, which must agree.
func (s *server) length(t *testing.T, k store.Key) (n int64) {
	t.Helper()
	err := s.View(context.Background(), store.One(k), func(tx store.Tx) error {
		heads, err := tx.Heads(nil, k)
		if err != nil || !heads[0].Exists() {
			n = 0
			return err
		}
		n = heads[0].Len
		counted, err := tx.Count(heads[0].ID, store.Scores, store.Range{Order: store.ByScore})
		read := int64(0)
		for _, failed := range tx.Range(heads[0].ID, store.Scores, store.Range{}) {
			if failed != nil {
				return failed
			}
			read++
		}
		if counted != n || read != n {
			t.Errorf("%s has %d members, counted are %d, read %d", k.Name, n, counted, read)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return n
}

// TestStagedBesideWriters: while a copy is staged, others write, and nobody sees the copy before all of it is there.
func TestStagedBesideWriters(t *testing.T) {
	var s *server
	other, chunks, wrote := nth(1), 0, 0
	s = startStaged(t, func(name string) {
		if name != "chunk staged" {
			return
		}
		chunks++
		s.update(t, other, func(tx store.Tx) error {
			wrote++
			return store.SetString(tx, other, fmt.Append(nil, chunks), 0)
		})
		if n := s.length(t, stagedTo); n != 0 {
			t.Errorf("%d members are seen of a copy that is not published", n)
		}
		if chunks > 1 {
			return
		}
		if found, err := s.Check(context.Background(), false); err != nil || len(found) > 0 {
			t.Errorf("what is staged is taken for damage: %v, %v", found, err)
		}
	})
	c := newCopying(stagedFrom, stagedTo)
	c.run(t, s)
	if chunks < 5 || wrote != chunks {
		t.Errorf("%d chunks, others wrote %d times", chunks, wrote)
	}
	if c.staged != 1 || c.published != 1 || s.direct() != 0 {
		t.Errorf("%d runs were staged, %d published, %d straight", c.staged, c.published, s.direct())
	}
	if n := s.length(t, stagedTo); n != stagedItems {
		t.Errorf("the copy has %d members", n)
	}
	s.settleAll(t)
	if n := s.length(t, stagedTo); n != stagedItems {
		t.Errorf("the copy has %d members when it has settled", n)
	}
	s.wantClean(t)
}

// wantClean looks for damage, and for items that belong to nobody.
func (s *server) wantClean(t *testing.T) {
	t.Helper()
	s.sweepAll(t)
	if found, err := s.Check(context.Background(), false); err != nil || len(found) > 0 {
		t.Errorf("check: %v, %v", found, err)
	}
	for i, f := range s.files {
		ids, err := f.Estranged(context.Background(), 10)
		if err != nil || len(ids) > 0 {
			t.Errorf("shard %d still notes %v, %v", i, ids, err)
		}
	}
}

// sweepAll settles and sweeps until nothing is left.
func (s *server) sweepAll(t *testing.T) {
	t.Helper()
	for range 4 { // what is handed over settles before it is swept, and its note goes with the next
		s.settleAll(t)
		for more := true; more; {
			var err error
			if more, err = s.Sweep(context.Background(), 100_000); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// rows is how many members the files hold in all, the sweep's included.
func (s *server) rows(t *testing.T) (n int64) {
	t.Helper()
	for _, f := range s.files {
		err := f.Exclusive(context.Background(), func(c *sqlfile.Conn) error {
			rows, err := c.Number(`SELECT count(*) FROM items`)
			n += rows
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	return n
}

// TestStagedRunsAgain: when the source changes meanwhile the copy is one of what it is in its turn, and after two tries
// it runs straight on the files. What was staged in vain is swept.
func TestStagedRunsAgain(t *testing.T) {
	for _, tries := range []int{1, 2} {
		t.Run(fmt.Sprint(tries), func(t *testing.T) {
			var s *server
			changes := 0
			s = startStaged(t, func(name string) {
				if name == "staged, not published" && changes < tries {
					changes++
					s.update(t, stagedFrom, func(tx store.Tx) error { // the head stays as it is
						z, err := store.OpenZSet(tx, stagedFrom)
						if err == nil {
							_, err = z.Add(store.ZRule{}, store.Item{Field: []byte("member 7"), Score: float64(-changes)})
						}
						return err
					})
				}
			})
			c := newCopying(stagedFrom, stagedTo)
			c.run(t, s)
			if straight := s.direct() > 0; c.staged != 2 || straight != (tries == 2) {
				t.Errorf("staged %d times, straight: %v", c.staged, straight)
			}
			err := s.View(context.Background(), store.One(stagedTo), func(tx store.Tx) error {
				heads, err := tx.Heads(nil, stagedTo)
				if err != nil {
					return err
				}
				items, err := tx.Items(nil, heads[0].ID, store.Scores, []byte("member 7"))
				if err == nil && items[0].Score != float64(-changes) {
					t.Errorf("after %d changes the copy has the score %v", changes, items[0].Score)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
			s.wantClean(t)
			if n := s.rows(t); n != 2*stagedItems {
				t.Errorf("%d items are left, want %d", n, 2*stagedItems)
			}
		})
	}
}

// TestStagedAndGone: a copy that is removed, or written over, before or after it has settled leaves nothing.
func TestStagedAndGone(t *testing.T) {
	for _, settled := range []bool{false, true} {
		s := startStaged(t, nil)
		newCopying(stagedFrom, stagedTo).run(t, s)
		if settled {
			s.settleAll(t)
		}
		s.update(t, stagedTo, func(tx store.Tx) error {
			_, err := tx.Drop(stagedTo)
			return err
		})
		s.wantClean(t)
		if n := s.rows(t); n != stagedItems {
			t.Errorf("settled: %v: %d items are left, want %d", settled, n, stagedItems)
		}
	}
}

// TestStagedCrash copies the directory at the steps of staging and opens it: the copy is there wholly or not at all,
// wholly once it is acknowledged, and what is left of it is swept.
func TestStagedCrash(t *testing.T) {
	var s *server
	dir, copies := t.TempDir(), []crash{}
	acked, seen := false, map[string]int{}
	s = start(t, dir, shard.WithSteps(shard.Options{OverlayBytes: 128 << 10}, func(name string) {
		steps := []string{"chunk staged", "staged, not published", "before append", "after append", "before publish",
			"settle before commit", "settle after commit"}
		if s != nil && slices.Contains(steps, name) {
			if seen[name]++; seen[name]%8 != 1 {
				return
			}
			acknowledged := 0
			if acked {
				acknowledged = 1
			}
			copies = append(copies, crash{name, acknowledged, copyDir(t, dir)})
		}
	}))
	e := s
	s = nil
	e.fill(t, stagedFrom, stagedItems)
	e.settleAll(t)
	s = e
	newCopying(stagedFrom, stagedTo).run(t, s)
	acked = true
	copies = append(copies, crash{"acknowledged", 1, copyDir(t, dir)})
	s.settleAll(t)
	s.stop(t)
	for _, c := range copies {
		again := start(t, c.dir, shard.Options{})
		n := again.length(t, stagedTo)
		if n != 0 && n != stagedItems || c.acked > 0 && n == 0 {
			t.Errorf("crash at %q: the copy has %d members", c.step, n)
		}
		fresh := nth(4) // an id that was used before would have more
		if again.fill(t, fresh, 500); again.length(t, fresh) != 500 {
			t.Errorf("crash at %q: a new set has %d members", c.step, again.length(t, fresh))
		}
		again.wantClean(t)
		if rows := again.rows(t); rows != stagedItems+n+500 {
			t.Errorf("crash at %q: %d items are left, want %d", c.step, rows, stagedItems+n+500)
		}
		again.stop(t)
	}
	for _, step := range []string{"chunk staged", "staged, not published", "before append", "before publish"} {
		if seen[step] == 0 {
			t.Errorf("the step %q never came", step)
		}
	}
}

// TestStagedExpires: what a copy is made of may expire before it is published. Then there is none.
func TestStagedExpires(t *testing.T) {
	var s *server
	now := int64(1000)
	o := shard.Options{OverlayBytes: 128 << 10, NowMillis: func() int64 { return now }}
	o = shard.WithSteps(o, func(name string) {
		if name == "staged, not published" {
			now = 2001
		}
	})
	s = start(t, t.TempDir(), o)
	defer s.stop(t)
	s.fill(t, stagedFrom, stagedItems)
	s.update(t, stagedFrom, func(tx store.Tx) error {
		heads, err := tx.Heads(nil, stagedFrom)
		if err != nil {
			return err
		}
		heads[0].ExpireAt = 2000
		return tx.PutHead(stagedFrom, heads[0])
	})
	c := newCopying(stagedFrom, stagedTo)
	c.run(t, s)
	if n := s.length(t, stagedTo); n != 0 || c.staged != 2 || c.published != 1 {
		t.Errorf("the copy of an expired key has %d members, it was staged %d times and published %d times",
			n, c.staged, c.published)
	}
	s.wantClean(t)
}

// fullBase takes no chunk while it is full.
type fullBase struct {
	*memory.Engine
	full bool
}

func (b *fullBase) Settle(ctx context.Context, fn func(store.BaseTx) error) error {
	return b.Engine.Settle(ctx, func(tx store.BaseTx) error {
		before, _ := tx.Mark()
		err := fn(tx)
		after, _ := tx.Mark()
		if err == nil && b.full && after.LSN == before.LSN {
			err = &store.Error{Code: store.CodeFull, Message: "full"}
		}
		return err
	})
}

// TestStagedOnAFullDisk: a copy that the file does not take answers its error, and leaves nothing behind.
func TestStagedOnAFullDisk(t *testing.T) {
	base := &fullBase{Engine: memory.New(memory.AsBase()), full: true}
	j, err := shard.Open(t.TempDir(), []store.Base{base}, shard.Options{OverlayBytes: 64 << 10, Manual: true})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	s := &server{Engine: j}
	s.fill(t, stagedFrom, stagedItems)
	c := newCopying(stagedFrom, stagedTo)
	store.Run(context.Background(), s, &c.Job)
	if !errors.Is(c.Err, &store.Error{Code: store.CodeFull}) || s.direct() != 0 {
		t.Errorf("a copy on a full disk answered %v", c.Err)
	}
	if n := s.length(t, stagedTo); n != 0 {
		t.Errorf("it has %d members", n)
	}
	base.full = false
	c.run(t, s)
	if n := s.length(t, stagedTo); n != stagedItems {
		t.Errorf("once there is room it has %d members", n)
	}
	s.sweepAll(t)
	if sizes, err := base.Sizes(context.Background()); err != nil || sizes[0].Orphans != 0 {
		t.Errorf("%d ids wait for the sweep: %v", sizes[0].Orphans, err)
	}
}

// TestStagedBeforeAColdJob: what stands behind a staged job in its batch runs, whatever it has to wait for.
func TestStagedBeforeAColdJob(t *testing.T) {
	o := shard.Options{OverlayBytes: 64 << 10, Manual: true}
	j, err := shard.Open(t.TempDir(), []store.Base{frozen{memory.New(memory.AsBase())}}, o)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	s := &server{Engine: j}
	s.update(t, stagedFrom, func(tx store.Tx) error { return collection(tx, stagedFrom, stagedItems) })
	c, last := newCopying(stagedFrom, stagedTo), coldKey
	runs := 0
	behind := &store.Job{Scope: store.One(last), Write: true, Fn: func(tx store.Tx) error {
		runs++
		if _, err := tx.Heads(nil, last); err != nil {
			return err
		}
		return store.SetString(tx, last, []byte("v"), 0)
	}}
	j.Batch(context.Background(), []*store.Job{&c.Job, behind})
	if c.Err != nil || behind.Err != nil || c.staged == 0 || runs < 2 {
		t.Errorf("%v, %v, staged %d times, %d runs of the job behind", c.Err, behind.Err, c.staged, runs)
	}
	err = j.View(context.Background(), store.One(last), func(tx store.Tx) error {
		heads, err := tx.Heads(nil, last)
		if err == nil && string(heads[0].Value) != "v" {
			t.Errorf("the job behind has left %q", heads[0].Value)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
