package wal

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"larder/disk"
	"larder/store"
)

// writeSegment makes a file with a header and n records behind it.
func writeSegment(t *testing.T, path string, h header, n int) {
	t.Helper()
	content, chain := h.encode(), h.chain()
	for i := range uint64(n) {
		content, chain = frame(content, h.first+i, []byte("payload"), chain)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func countRecords(t *testing.T, path string) (n int) {
	t.Helper()
	s, err := openSegment(disk.OS{}, path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.file.Close()
	if err := s.each(func(uint64, []byte) error { n++; return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestStaleRecordsDoNotValidate puts a new header before the records of a file's earlier use. Their numbers are those that
// the new header expects, so that nothing but the checksums can tell. In version 1 they all passed.
func TestStaleRecordsDoNotValidate(t *testing.T) {
	path := segmentPath(t.TempDir(), 7)
	for _, version := range []byte{'1', '2'} {
		h := newHeader(7, 1, true)
		if h.version = version; version == '1' {
			h.number, h.used = 0, false
		}
		writeSegment(t, path, h, 5)
		if n := countRecords(t, path); n != 5 {
			t.Fatalf("version %c: %d records are read, want 5", version, n)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		again := h
		again.salt++
		copy(content, again.encode())
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		want := 0
		if version == '1' {
			want = 5
		}
		if n := countRecords(t, path); n != want {
			t.Errorf("version %c: %d records of the use before are read, want %d", version, n, want)
		}
	}
}

// planned is a segment of a log as a test wants it.
type planned struct {
	name    uint64
	header  header
	records int
}

func second(number, first uint64) header { return newHeader(number, first, true) }

// old is a header of version 1.
func old(first uint64) header { return header{version: '1', salt: first * 77, first: first} }

// TestSegmentsThatDoNotFollow: a log in which records are missing, or a file stands under another's name, is refused by
// the name of the file that does not belong, and check names and puts aside the same; what a crash may leave is read.
func TestSegmentsThatDoNotFollow(t *testing.T) {
	for _, c := range []struct {
		name     string
		segments []planned
		culprit  uint64 // number of the file that is named; 0: the log is sound
		records  uint64 // that are replayed, when the log is sound or once it is mended
	}{
		{"one after the other", []planned{{1, second(1, 1), 4}, {2, second(2, 5), 3}}, 0, 7},
		{"one that repeats what the one before may have lost", []planned{{1, second(1, 1), 4}, {2, second(2, 3), 4}}, 0, 6},
		{"a number left out", []planned{{1, second(1, 1), 4}, {3, second(3, 5), 3}}, 0, 7},
		{"a header that was not written yet", []planned{{2, second(2, 1), 4}, {3, second(1, 1), 4}}, 0, 4},
		{"the middle is missing", []planned{{1, second(1, 1), 4}, {3, second(3, 9), 3}}, 3, 4},
		{"a torn one in the middle", []planned{{1, second(1, 1), 2}, {2, second(2, 4), 3}}, 2, 2},
		{"a later header under an old name", []planned{{1, second(4, 9), 0}, {2, second(2, 1), 4}, {3, second(3, 5), 4}}, 1, 8},
		{"one that begins before the one before", []planned{{1, second(1, 5), 4}, {2, second(2, 1), 9}}, 2, 4},
		{"version 1", []planned{{1, old(1), 4}, {2, old(5), 3}}, 0, 7},
		{"version 1, then 2", []planned{{1, old(1), 4}, {2, second(2, 5), 3}}, 0, 7},
		{"version 1, a header that was not written yet", []planned{{2, old(5), 4}, {3, old(1), 4}}, 0, 4},
		{"version 1, a later header under an old name", []planned{{1, old(9), 0}, {2, old(1), 4}, {3, old(5), 4}}, 1, 8},
		{"version 1, the middle is missing", []planned{{1, old(1), 4}, {3, old(9), 3}}, 3, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for _, p := range c.segments {
				writeSegment(t, segmentPath(dir, p.name), p.header, p.records)
			}
			wantRead(t, dir, c.culprit, c.records)
		})
	}
}

// readAll is recovery without shards.
func readAll(t *testing.T, dir string) (n uint64, err error) {
	t.Helper()
	_, err = New(dir, 0, Options{}).Recover(func(uint64, []byte) error { n++; return nil })
	return n, err
}

func wantRead(t *testing.T, dir string, culprit, records uint64) {
	t.Helper()
	n, err := readAll(t, dir)
	found, checkErr := Check(dir, false)
	if checkErr != nil {
		t.Fatal(checkErr)
	}
	if culprit == 0 {
		if err != nil || n != records || len(found) != 0 {
			t.Errorf("%d records are read, want %d: %v, check finds %v", n, records, err, found)
		}
		return
	}
	name := filepath.Base(segmentPath(dir, culprit))
	var refused *store.Error
	if !errors.As(err, &refused) || refused.Code != store.CodeDamaged || !strings.Contains(err.Error(), name+" ") {
		t.Errorf("read, or refused without the name of %s: %v", name, err)
	}
	if len(found) != 1 || !strings.HasSuffix(found[0].Subject, name) {
		t.Errorf("check finds %v, want one about %s", found, name)
	}
	if _, err := Check(dir, true); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(segmentPath(dir, culprit) + aside); err != nil {
		t.Error(err)
	}
	if n, err = readAll(t, dir); err != nil || n != records {
		t.Errorf("mended, %d records are read, want %d: %v", n, records, err)
	}
}

// TestHeaders: what stands where the header should be decides what is done.
func TestHeaders(t *testing.T) {
	sound := second(1, 1).encode()
	changed := append([]byte(nil), sound...)
	changed[20] ^= 1
	later := append([]byte(nil), sound...)
	later[len(magic)] = '3'
	for _, c := range []struct {
		name    string
		content []byte
		code    store.Code
		says    string
	}{
		{"nothing", nil, 0, ""},
		{"a part", sound[:headerBytes-1], 0, ""},
		{"zeros", make([]byte, 5000), 0, ""},
		{"zeros before something", append(make([]byte, 5000), 1), store.CodeDamaged, "unreadable header"},
		{"a changed bit", changed, store.CodeDamaged, "unreadable header"},
		{"something else", []byte(strings.Repeat("text ", 20)), store.CodeDamaged, "unreadable header"},
		{"a later version", later, store.CodeRefused, "start the newer Larder"},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(segmentPath(dir, 1), c.content, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := readAll(t, dir)
		var refused *store.Error
		switch {
		case c.says == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.says != "" && (!errors.As(err, &refused) || refused.Code != c.code || !strings.Contains(err.Error(), c.says) ||
			!strings.Contains(err.Error(), "journal-0000000000000001.log")):
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
