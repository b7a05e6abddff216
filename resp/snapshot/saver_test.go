// One RDB file is written at a time, replaces the old one as a whole, and leaves it if anything fails.
package snapshot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"larder/disk"
	"larder/rdb"
	"larder/store"
	"larder/store/memory"
)

// again is an engine that runs each View's function twice, as a contract allows.
type again struct{ store.Engine }

func (a again) View(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	if err := a.Engine.View(ctx, s, fn); err != nil {
		return err
	}
	return a.Engine.View(ctx, s, fn)
}

var errDisk = errors.New("the disk fails")

// faulty are files of which one operation fails; the file's are "write" and "sync".
type faulty struct {
	disk.OS
	fails string
	wait  chan struct{} // writing waits for it
	begun chan struct{} // and says that it does
}

func (f *faulty) Create(path string) (disk.File, error) {
	file, err := f.OS.Create(path)
	return &faultyFile{file, f}, err
}

func (f *faulty) Rename(from, to string) error {
	if f.fails == "rename" {
		return errDisk
	}
	return f.OS.Rename(from, to)
}

type faultyFile struct {
	disk.File
	of *faulty
}

func (f *faultyFile) WriteAt(p []byte, at int64) (int, error) {
	if f.of.wait != nil {
		select {
		case f.of.begun <- struct{}{}:
		default:
		}
		<-f.of.wait
	}
	if f.of.fails == "write" {
		return len(p) / 2, errDisk
	}
	return f.File.WriteAt(p, at)
}

func (f *faultyFile) Sync() error {
	if f.of.fails == "sync" {
		return errDisk
	}
	return f.File.Sync()
}

func filled(t *testing.T) store.Engine {
	t.Helper()
	e := memory.New()
	err := e.Update(context.Background(), store.Whole(), func(tx store.Tx) error {
		for i := range 1000 {
			if err := store.SetString(tx, store.Key{DB: i % 3, Name: fmt.Append(nil, "key", i)}, bytes.Repeat([]byte("v"), i*3), 0); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func saverOf(t *testing.T, files disk.Files) *Saver {
	s := &Saver{Source: Source{Engine: again{filled(t)}, Files: files, Databases: 16, Functions: func() []byte { return nil }, Version: "7.2.4"},
		Path: func() string { return "" }, Moment: func() uint64 { return 7 }, Keys: func() int64 { return 1000 }, Log: func(string, error) {}}
	path := filepath.Join(t.TempDir(), "dump.rdb")
	s.Path = func() string { return path }
	s.Begin(time.Unix(1000, 0))
	return s
}

// whole reports whether a file has a beginning, an end and their checksum.
func whole(t *testing.T, path string) bool {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	n := len(data) - 8
	return n > 1_000_000 && bytes.HasPrefix(data, []byte("REDIS0010")) && bytes.Equal(data[n-1:], rdb.AppendFileEnd(nil, rdb.Checksum(data[:n-1])))
}

// TestSaver writes a file although the View's function runs twice, and tells of it.
func TestSaver(t *testing.T) {
	s := saverOf(t, nil)
	if err := s.Save(); err != nil || !whole(t, s.Path()) {
		t.Fatalf("the file is not whole: %v", err)
	}
	got := s.Status()
	if !got.Asked || got.Running || got.Failed || got.Saves != 1 || got.Moment != 7 || !got.Last.After(time.Unix(1000, 0)) || s.keys.Load() != 1000 {
		t.Errorf("%+v", got)
	}
}

// TestSaverFaults: whatever fails, the old file stays, nothing else is left, and the next attempt succeeds.
func TestSaverFaults(t *testing.T) {
	for _, fault := range []string{"write", "sync", "rename"} {
		files := &faulty{}
		s := saverOf(t, files)
		if err := s.Save(); err != nil {
			t.Fatal(err)
		}
		files.fails = fault
		if err := s.Save(); !errors.Is(err, errDisk) {
			t.Errorf("%s: %v", fault, err)
		}
		if got := s.Status(); !got.Failed || got.Saves != 1 {
			t.Errorf("%s: %+v", fault, got)
		}
		names, err := disk.List(filepath.Dir(s.Path()), "*")
		if err != nil || len(names) != 1 || !whole(t, s.Path()) {
			t.Errorf("%s: %q %v", fault, names, err)
		}
		files.fails = ""
		if err := s.Save(); err != nil || s.Status().Failed {
			t.Errorf("%s: then %v", fault, err)
		}
	}
}

// TestSaverAlone: one file is written at a time, Close gives it up, and nothing begins afterwards.
func TestSaverAlone(t *testing.T) {
	files := &faulty{wait: make(chan struct{}), begun: make(chan struct{}, 1)}
	s := saverOf(t, files)
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != ErrRunning {
		t.Error(err)
	}
	if err := s.Save(); err != ErrRunning {
		t.Error(err)
	}
	if got := s.Status(); !got.Running || got.Total != 1000 {
		t.Errorf("%+v", got)
	}
	<-files.begun
	var closed atomic.Bool
	done := make(chan struct{})
	go func() { s.Close(); closed.Store(true); close(done) }()
	for {
		s.mu.Lock()
		giving := s.closed
		s.mu.Unlock()
		if giving {
			break
		}
	}
	if closed.Load() {
		t.Error("Close has not waited")
	}
	close(files.wait)
	<-done
	if got := s.Status(); got.Running || !got.Failed {
		t.Errorf("%+v", got)
	}
	if names, _ := disk.List(filepath.Dir(s.Path()), "*"); len(names) != 0 {
		t.Errorf("%q are left", names)
	}
	if err := s.Start(); err == nil {
		t.Error("it begins after Close")
	}
}
