package shard_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"larder/shard"
	"larder/store"
	"larder/store/sqlite"
	"larder/store/storetest"
)

const crashShards = 2

// server is an engine over SQLite files in a directory, as the real one is made.
type server struct {
	*shard.Engine
	files []*sqlite.Engine
}

func start(t *testing.T, dir string, o shard.Options) *server {
	t.Helper()
	s := &server{}
	var bases []store.Base
	for i := range crashShards {
		f, err := sqlite.Open(filepath.Join(dir, fmt.Sprintf("shard-%d.db", i)), sqlite.Options{CacheBytes: 1 << 20, Ordered: true})
		if err != nil {
			t.Fatal(err)
		}
		s.files, bases = append(s.files, f), append(bases, f)
	}
	o.Manual = true
	j, err := shard.Open(dir, bases, o)
	if err != nil {
		t.Fatal(err)
	}
	s.Engine = j
	return s
}

func (s *server) stop(t *testing.T) {
	t.Helper()
	if err := s.Engine.Close(); err != nil {
		t.Error(err)
	}
	for _, f := range s.files {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

// account keys lie on both shards.
func account(i int) store.Key { return store.Key{Name: fmt.Appendf(nil, "account-%d", i)} }

const (
	accounts = 6
	opening  = 100
)

func balances(tx store.Tx) (sum int64, each []int64, err error) {
	for i := range accounts {
		heads, err := tx.Heads(nil, account(i))
		if err != nil {
			return 0, nil, err
		}
		n := int64(0)
		if heads[0].Exists() {
			n = int64(binary.LittleEndian.Uint64(heads[0].Value))
		}
		each, sum = append(each, n), sum+n
	}
	return sum, each, nil
}

func putBalance(tx store.Tx, i int, n int64) error {
	h := store.Head{Type: store.String, Len: 8, Value: binary.LittleEndian.AppendUint64(nil, uint64(n))}
	if n != opening { // accounts that were never touched have no tags
		h.Notes = h.Notes.WithTags(parity(n), "moved")
	}
	return tx.PutHead(account(i), h)
}

func parity(n int64) string { return fmt.Sprint("parity ", n&1) }

// wantTags compares the index of tags with the balances.
func wantTags(t *testing.T, step string, tx store.Tx, each []int64) {
	t.Helper()
	want := map[string]int{}
	for _, n := range each {
		if n != opening && n != 0 {
			want[parity(n)]++
			want["moved"]++
		}
	}
	for _, tag := range []string{"parity 0", "parity 1", "moved"} {
		names, next, err := tx.(store.Finder).Tagged(0, tag, 0, 100)
		if err != nil || next != 0 || len(names) != want[tag] {
			t.Errorf("crash at %q: the index has %q for %q, the balances are %v: %v", step, names, tag, each, err)
		}
	}
}

func (s *server) open(t *testing.T) {
	t.Helper()
	for i := range accounts {
		if err := s.Update(context.Background(), store.One(account(i)), func(tx store.Tx) error { return putBalance(tx, i, opening) }); err != nil {
			t.Fatal(err)
		}
	}
}

// transfer moves one unit between accounts, over shards more often than not.
func (s *server) transfer(from, to int, large bool) error {
	scope := store.Whole()
	return s.Update(context.Background(), scope, func(tx store.Tx) error {
		_, each, err := balances(tx)
		if err != nil {
			return err
		}
		if large {
			if err := tooLarge(tx); err != nil {
				return err
			}
		}
		if err := putBalance(tx, from, each[from]-1); err != nil {
			return err
		}
		return putBalance(tx, to, each[to]+1)
	})
}

// tooLarge writes more than a layer takes, under a name that nothing else uses.
func tooLarge(tx store.Tx) error {
	k := store.Key{DB: 7, Name: []byte("large")}
	id, err := tx.NewID(k)
	if err != nil {
		return err
	}
	_, err = tx.PutItems(id, store.Fields, store.Item{Field: []byte("f"), Value: make([]byte, 256<<10)})
	return errors.Join(err, tx.PutHead(k, store.Head{Type: store.Hash, ID: id, Len: 1}))
}

// TestCrashAtEveryStep copies the directory at every step of appending, publishing, settling
// and deleting, opens each copy as after a crash, and finds every acknowledged transfer
// and no half of any.
func TestCrashAtEveryStep(t *testing.T) {
	dir := t.TempDir()
	var mu sync.Mutex
	acked, seen, copies := 0, map[string]int{}, []crash{}
	step := func(name string) {
		mu.Lock()
		defer mu.Unlock()
		if seen[name]++; seen[name]%3 == 1 && seen[name] < storetest.Times(12, 20) {
			copies = append(copies, crash{name, acked, copyDir(t, dir)})
		}
	}
	s := start(t, dir, shard.WithSteps(shard.Options{OverlayBytes: 64 << 10}, step))
	s.open(t)
	for i := range 60 {
		if err := s.transfer(i%accounts, (i*5+1)%accounts, i%20 == 19); err != nil {
			t.Fatal(err)
		}
		mu.Lock()
		acked++
		mu.Unlock()
		if i%7 == 6 {
			s.Tend()
			s.Tend()
		}
	}
	s.stop(t)
	steps := []string{"before append", "after append", "before publish", "settle has begun", "settle before commit",
		"settle after commit", "before segments are deleted", "joined record written, bases not committed",
		"before the header of a used segment"}
	for _, name := range steps {
		if seen[name] == 0 {
			t.Errorf("the step %q never came", name)
		}
	}
	for _, c := range copies {
		c.check(t)
	}
}

// crash is a copy of the directory at a step, and how many transfers were acknowledged then.
type crash struct {
	step  string
	acked int
	dir   string
}

// check opens the copy. Money moved is counted by what left account 0 and so on: the sum
// must be whole, or zero while the accounts were being opened.
func (c crash) check(t *testing.T) {
	t.Helper()
	s := start(t, c.dir, shard.Options{})
	defer s.stop(t)
	err := s.View(context.Background(), store.Whole(), func(tx store.Tx) error {
		sum, each, err := balances(tx)
		wantTags(t, c.step, tx, each)
		if c.acked > 0 && sum != accounts*opening {
			t.Errorf("crash at %q after %d transfers: the sum is %d of %v", c.step, c.acked, sum, each)
		}
		return err
	})
	if err != nil {
		t.Errorf("crash at %q: %v", c.step, err)
	}
	if got := expected(c.acked); c.acked > 0 {
		next := expected(c.acked + 1)
		s.wantOneOf(t, c, got, next)
	}
}

// expected is the balances after n transfers.
func expected(n int) []int64 {
	each := make([]int64, accounts)
	for i := range each {
		each[i] = opening
	}
	for i := range n {
		each[i%accounts]--
		each[(i*5+1)%accounts]++
	}
	return each
}

// wantOneOf: all acknowledged transfers are there, and the one under way wholly or not.
func (s *server) wantOneOf(t *testing.T, c crash, states ...[]int64) {
	t.Helper()
	_ = s.View(context.Background(), store.Whole(), func(tx store.Tx) error {
		_, each, err := balances(tx)
		for _, want := range states {
			if fmt.Sprint(each) == fmt.Sprint(want) {
				return err
			}
		}
		t.Errorf("crash at %q after %d transfers: balances %v, want one of %v", c.step, c.acked, each, states)
		return err
	})
}

func copyDir(t *testing.T, dir string) string {
	to := t.TempDir()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Error(err)
	}
	for _, e := range entries {
		if filepath.Ext(e.Name()) == ".db-shm" {
			continue // rebuilt from the log, as after a power cut
		}
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if os.IsNotExist(err) {
			continue
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(to, e.Name()), data, 0o600)
		}
		if err != nil {
			t.Error(err)
		}
	}
	return to
}

// TestTornAndStaleTails cuts the last segment anywhere and puts rubbish or an older
// segment's records behind the cut: what is left is a prefix of the history.
func TestTornAndStaleTails(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, shard.Options{})
	s.open(t)
	for i := range 20 {
		if err := s.transfer(i%accounts, (i*5+1)%accounts, false); err != nil {
			t.Fatal(err)
		}
	}
	crashed := copyDir(t, dir)
	s.stop(t)
	path := lastSegment(t, crashed)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const headerBytes = 40
	for cut := headerBytes; cut <= len(whole); cut += storetest.Times(287, 37) {
		for _, tail := range [][]byte{nil, make([]byte, 100), whole[headerBytes:min(len(whole), headerBytes+200)]} {
			torn := copyDir(t, crashed)
			if err := os.WriteFile(lastSegment(t, torn), append(whole[:cut:cut], tail...), 0o600); err != nil {
				t.Fatal(err)
			}
			wantPrefix(t, torn, cut)
		}
	}
}

func wantPrefix(t *testing.T, dir string, cut int) {
	t.Helper()
	s := start(t, dir, shard.Options{})
	defer s.stop(t)
	_ = s.View(context.Background(), store.Whole(), func(tx store.Tx) error {
		sum, each, err := balances(tx)
		if sum%opening != 0 {
			t.Errorf("cut at %d: half a transfer: %v", cut, each)
		}
		return err
	})
}

func lastSegment(t *testing.T, dir string) string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "journal-*.log"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no segments in %s (%v)", dir, err)
	}
	return paths[len(paths)-1]
}

// TestFailedAppendPublishesNothing: a write that fails leaves nothing, and writing resumes.
func TestFailedAppendPublishesNothing(t *testing.T) {
	for _, truncates := range []bool{false, true} {
		dir := t.TempDir()
		faults := &shard.Faults{}
		s := start(t, dir, shard.WithFaults(shard.Options{}, faults))
		s.open(t)
		faults.Writes, faults.Truncates = true, truncates
		err := s.transfer(0, 1, false)
		var e *store.Error
		if !errors.As(err, &e) || e.Code != store.CodeIO {
			t.Fatalf("a failed append answered %v", err)
		}
		faults.Writes, faults.Truncates = false, false
		s.wantOneOf(t, crash{step: "failed append"}, expected(0))
		if err := s.transfer(0, 1, false); err != nil {
			t.Fatalf("writing did not resume: %v", err)
		}
		copied := copyDir(t, dir)
		s.stop(t)
		crash{"after a failed append", 1, copied}.check(t)
	}
}

// TestFailedSyncKeepsWhatWasAcknowledged: after a failed fsync the old file is not trusted;
// the records since the last good one are written again elsewhere.
func TestFailedSyncKeepsWhatWasAcknowledged(t *testing.T) {
	dir := t.TempDir()
	faults := &shard.Faults{}
	s := start(t, dir, shard.WithFaults(shard.Options{}, faults))
	s.open(t)
	if err := s.transfer(0, 1, false); err != nil {
		t.Fatal(err)
	}
	faults.Syncs = true
	if err := s.Sync(context.Background()); err == nil {
		t.Fatal("a failed fsync went unnoticed")
	}
	if err := s.transfer(1, 0, false); err == nil {
		t.Fatal("a write was acknowledged while the log cannot be synced")
	}
	faults.Syncs = false
	old := lastSegment(t, dir)
	if err := s.transfer(1, 0, false); err != nil {
		t.Fatalf("writing did not resume: %v", err)
	}
	if lastSegment(t, dir) == old {
		t.Error("the log went on in a file whose fsync had failed")
	}
	copied := copyDir(t, dir)
	s.stop(t)
	c := start(t, copied, shard.Options{})
	defer c.stop(t)
	_ = c.View(context.Background(), store.Whole(), func(tx store.Tx) error {
		if sum, each, err := balances(tx); err != nil || sum != accounts*opening || each[0] != opening {
			t.Errorf("after recovery: %v %v", each, err)
		}
		return nil
	})
}

// TestJournalOlderThanData is refused by name.
func TestJournalOlderThanData(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, shard.Options{})
	s.open(t)
	early := copyDir(t, dir)
	for i := range 5 {
		if err := s.transfer(i, i+1, false); err != nil {
			t.Fatal(err)
		}
	}
	s.stop(t)
	for _, name := range []string{"shard-0.db", "shard-1.db"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(early, name), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		os.Remove(filepath.Join(early, name+"-wal"))
	}
	var bases []store.Base
	for i := range crashShards {
		f, err := sqlite.Open(filepath.Join(early, fmt.Sprintf("shard-%d.db", i)), sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		bases = append(bases, f)
	}
	_, err := shard.Open(early, bases, shard.Options{})
	var e *store.Error
	if !errors.As(err, &e) || e.Code != store.CodeDamaged {
		t.Fatalf("opened, or failed with %v", err)
	}
}
