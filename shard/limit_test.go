package shard_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"larder/disk/powercut"
	"larder/shard"
	"larder/store"
	"larder/store/memory"
)

// logBytes is the length of the log's files, but for the reserves, and of the longest of them.
func logBytes(t *testing.T, dir string) (all, longest int64) {
	t.Helper()
	for _, pattern := range []string{"journal-*.log", "spare-segment"} {
		paths, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			info, err := os.Stat(path)
			if err != nil {
				continue // it has gone since
			}
			all, longest = all+info.Size(), max(longest, info.Size())
		}
	}
	return all, longest
}

// newest is the length of the last segment.
func newest(t *testing.T, dir string) int64 {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "journal-*.log"))
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	info, err := os.Stat(slices.Max(paths))
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// put writes a hash of one field.
func put(t *testing.T, e store.Engine, name string, value []byte) {
	t.Helper()
	k := store.Key{Name: []byte(name)}
	err := e.Update(context.Background(), store.Whole(), func(tx store.Tx) error {
		heads, err := tx.Heads(nil, k)
		if err != nil {
			return err
		}
		id := heads[0].ID
		if !heads[0].Exists() {
			if id, err = tx.NewID(k); err != nil {
				return err
			}
			if err := tx.PutHead(k, store.Head{Type: store.Hash, ID: id, Len: 1}); err != nil {
				return err
			}
		}
		_, err = tx.PutItems(id, store.Fields, store.Item{Field: []byte("f"), Value: value})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The second of two shards has one small row, and would keep the whole log while the first overwrites one key, which needs
// no room: only the log's length tells that it must settle.
func TestLogFollowsLimit(t *testing.T) {
	dir := t.TempDir()
	bases := []store.Base{memory.New(memory.AsBase()), memory.New(memory.AsBase())}
	j, err := shard.Open(dir, bases, shard.Options{Sync: shard.Never, OverlayBytes: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	const limit = 8 << 20
	j.SetLimit(limit)
	hot, cold := j.Shards()[0], j.Shards()[1]
	value := make([]byte, 256<<10)
	var most, longest int64
	for i := range 1200 {
		put(t, hot, "hot", value)
		if i%100 == 0 {
			put(t, cold, fmt.Sprint("cold", i), []byte("x"))
		}
		all, long := logBytes(t, dir)
		most, longest = max(most, all), max(longest, long)
	}
	// The log may pass where settling begins by what is written until somebody does.
	if bound := int64(limit/2 + 64<<20 + 48<<20); most > bound {
		t.Errorf("the log took %d bytes, want %d at most", most, bound)
	}
	if longest > 5<<20 {
		t.Errorf("a segment took %d bytes", longest)
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		all, _ := logBytes(t, dir)
		if all < 1<<20 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("the log at rest keeps %d bytes", all)
		}
	}
	put(t, hot, "last", []byte("y"))
}

// A record much longer than a segment does not make a spare file of its length.
func TestGreatRecordIsNotKept(t *testing.T) {
	dir := t.TempDir()
	j, err := shard.Open(dir, []store.Base{memory.New(memory.AsBase())}, shard.Options{Manual: true, SegmentBytes: 64 << 10})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	e := j.Shards()[0]
	put(t, e, "great", make([]byte, 4<<20))
	for i := range 3 {
		put(t, e, fmt.Sprint(i), make([]byte, 100<<10))
		if err := e.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if all, _ := logBytes(t, dir); all > 1<<20 {
		t.Errorf("the log keeps %d bytes", all)
	}
}

// TestPowerCutWhileLogCloses cuts the power at every operation of a log that is closed, of which nothing is to stay.
func TestPowerCutWhileLogCloses(t *testing.T) {
	dir := t.TempDir()
	n := &numbered{base: memory.New(memory.AsBase())}
	r, err := powercut.Record(dir, func() any { return n.moment() })
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		opened, err := openNumbered(dir, n.base, r, nil)
		if err != nil {
			t.Fatal(err)
		}
		n.Engine, n.engine = opened.Engine, opened.engine
		for i := 0; i < 5 || newest(t, dir) <= 1<<10; i++ {
			if err := n.write(); err != nil {
				t.Fatal(err)
			}
		}
		if err := n.Close(); err != nil {
			t.Fatal(err)
		}
		if after, _ := logBytes(t, dir); after > 100 {
			t.Errorf("of the closed log %d bytes are left", after)
		}
	}
	wantAllStates(t, r, 0)
}

// TestIdleShardLeavesNothingOfTheLog closes two shards, of which one has had nothing to settle.
func TestIdleShardLeavesNothingOfTheLog(t *testing.T) {
	dir := t.TempDir()
	bases := []store.Base{memory.New(memory.AsBase()), memory.New(memory.AsBase())}
	for range 2 {
		e, err := shard.Open(dir, bases, shard.Options{Manual: true})
		if err != nil {
			t.Fatal(err)
		}
		put(t, e.Shards()[0], "k", make([]byte, 3<<20))
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		if all, _ := logBytes(t, dir); all > 100 {
			t.Errorf("of the closed log %d bytes are left", all)
		}
	}
}

// TestPowerCutWhileLogRests cuts the power at every operation of a log that goes on in a new file because nobody writes.
func TestPowerCutWhileLogRests(t *testing.T) {
	dir := t.TempDir()
	n := &numbered{base: memory.New(memory.AsBase())}
	r, err := powercut.Record(dir, func() any { return n.moment() })
	if err != nil {
		t.Fatal(err)
	}
	opened, err := openNumbered(dir, n.base, r, nil)
	if err != nil {
		t.Fatal(err)
	}
	n.Engine, n.engine = opened.Engine, opened.engine
	for range 4 {
		for i := 0; i < 9 || newest(t, dir) <= 1<<10; i++ { // more than a segment, so that there is a spare file
			if err := n.write(); err != nil {
				t.Fatal(err)
			}
		}
		n.flush(t)
		before, _ := logBytes(t, dir)
		for range 6 {
			n.Tend()
		}
		if after, _ := logBytes(t, dir); after > 100 {
			t.Errorf("at rest the log takes %d bytes, %d before", after, before)
		}
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	wantAllStates(t, r, 0)
}
