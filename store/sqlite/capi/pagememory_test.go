package capi

import (
	"os"
	"path/filepath"
	"testing"
)

// slotsInUse is the number of slots for pages that SQLite holds in this process.
func slotsInUse(t *testing.T) (used int) {
	t.Helper()
	m, err := configure()
	if err != nil {
		t.Fatal(err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range *m.regions.Load() {
		used += r.used()
	}
	return used
}

func run(t *testing.T, d *DB, sql string) {
	t.Helper()
	for sql != "" {
		s, rest, err := d.Prepare(sql)
		if err != nil {
			t.Fatal(err)
		}
		for row := true; row && err == nil; {
			row, err = s.Step()
		}
		if s.Finalize(); err != nil {
			t.Fatal(err)
		}
		sql = rest
	}
}

// TestPagesShareRegions holds that SQLite's pages still fit their slots, and that regions go
// back when a file is closed.
func TestPagesShareRegions(t *testing.T) {
	before := slotsInUse(t)
	path := filepath.Join(t.TempDir(), "pages.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	run(t, d, `PRAGMA page_size = 4096; PRAGMA journal_mode = wal; PRAGMA cache_size = -8192; CREATE TABLE rows (v);
		INSERT INTO rows WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000) SELECT zeroblob(400) FROM n`)
	if used := slotsInUse(t) - before; used < 300 {
		t.Errorf("%d pages of 1.6 MB are in slots", used)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if left := slotsInUse(t) - before; left > 0 {
		t.Errorf("%d slots are lent when the file is closed", left)
	}
}
