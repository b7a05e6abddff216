package wal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"larder/store"
)

// TestWhatLiesBehindTheLastRecord: what a crash leaves there is no finding, what can have been acknowledged is, and then a
// copy is kept of what recovery would not read.
func TestWhatLiesBehindTheLastRecord(t *testing.T) {
	whole := func(lsn uint64, chain uint32) []byte {
		b, _ := frame(nil, lsn, []byte("behind"), chain)
		return b
	}
	for _, c := range []struct {
		name   string
		used   bool
		behind []byte
		found  bool
	}{
		{"nothing", false, nil, false},
		{"less than a record's head", false, []byte("abc"), false},
		{"zeros", false, make([]byte, 500), false},
		{"a record that was cut off", false, whole(6, 0)[:frameBytes+3], false},
		{"a whole record with a wrong checksum", false, whole(6, 0), true},
		{"the same in a file used before, which the end of what was cut off looks like", true, whole(6, 0), false},
		{"and another behind it, so that it was whole", true, append(whole(6, 0), whole(7, 0)...), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			path := segmentPath(dir, 1)
			writeSegment(t, path, newHeader(1, 1, c.used), 5)
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			content = append(content, c.behind...)
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			found, err := Check(dir, true)
			if err != nil || (len(found) == 1) != c.found {
				t.Fatalf("%v, %v", found, err)
			}
			if n, err := readAll(t, dir); err != nil || n != 5 {
				t.Errorf("%d records are read: %v", n, err)
			}
			kept, err := os.ReadFile(path + aside)
			switch {
			case !c.found && err == nil:
				t.Error("a copy of a sound segment is kept")
			case c.found && (err != nil || !bytes.Equal(kept, content) || !found[0].Fixed):
				t.Errorf("%d of %d bytes are kept: %v, %+v", len(kept), len(content), err, found)
			case c.found && !strings.Contains(found[0].Problem, "behind record 5"):
				t.Errorf("%q does not say where", found[0].Problem)
			}
		})
	}
}

// A length of rubbish, longer than the file, ends the segment and costs nothing.
func TestLengthOfRubbish(t *testing.T) {
	dir := t.TempDir()
	path := segmentPath(dir, 1)
	writeSegment(t, path, newHeader(1, 1, false), 2)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	content = append(binary.LittleEndian.AppendUint32(content, 1<<32-1), make([]byte, 100)...)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if n, err := readAll(t, dir); err != nil || n != 2 {
		t.Errorf("%d records are read: %v", n, err)
	}
}

// SetAside renames what is there, and the log begins as if there had been none.
func TestSetAside(t *testing.T) {
	dir := t.TempDir()
	writeSegment(t, segmentPath(dir, 1), newHeader(1, 1, false), 3)
	writeSegment(t, segmentPath(dir, 2), newHeader(2, 4, false), 3)
	paths, err := SetAside(dir)
	if err != nil || len(paths) != 2 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		if _, err := os.Stat(path + aside); err != nil {
			t.Error(err)
		}
	}
	if n, err := readAll(t, dir); err != nil || n != 0 {
		t.Errorf("%d records are read: %v", n, err)
	}
	if _, err := SetAside(filepath.Join(dir, "absent")); err == nil {
		t.Error("a directory that is not there is set aside")
	}
	if _, err := Check(filepath.Join(dir, "absent"), false); err == nil {
		t.Error("a directory that is not there is sound")
	}
}

// Records that no fsync has covered are bounded: from some number of bytes on their writers are to wait.
func TestUnsyncedRecordsAreBounded(t *testing.T) {
	f := begin(t, Options{})
	for !f.Crowded() {
		if unsynced, _, _ := f.Safety(); unsynced > 2*keptMax>>20 {
			t.Fatalf("%d records of a megabyte each may be lost", unsynced)
		}
		if err := f.put(1 << 20); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Sync(f.Last()); err != nil || f.Crowded() {
		t.Errorf("crowded %v after an fsync, %v", f.Crowded(), err)
	}
}

// TestRecoveryThatFails: what replay answers, and a segment that cannot be opened, end recovery with that error.
func TestRecoveryThatFails(t *testing.T) {
	dir := t.TempDir()
	writeSegment(t, segmentPath(dir, 1), newHeader(1, 1, false), 3)
	_, err := New(dir, 1, Options{}).Recover(func(lsn uint64, _ []byte) error {
		if lsn == 2 {
			return errInjected
		}
		return nil
	})
	if err != errInjected {
		t.Error(err)
	}
	if err := os.Mkdir(segmentPath(dir, 2), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := readAll(t, dir); err == nil {
		t.Error("a directory is read as a segment")
	}
	if _, err := Check(dir, false); err == nil {
		t.Error("a directory is sound as a segment")
	}
	if _, err := New(filepath.Join(dir, "absent"), 1, Options{}).Recover(nil); err == nil {
		t.Error("a directory that is not there is recovered")
	}
	strange := filepath.Join(dir, "journal-strange.log")
	if err := os.WriteFile(strange, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	os.Remove(segmentPath(dir, 2))
	var refused *store.Error
	if _, err := readAll(t, dir); !errors.As(err, &refused) || refused.Code != store.CodeDamaged || !strings.Contains(refused.Message, strange) {
		t.Errorf("a file that no segment is called by: %v", err)
	}
}
