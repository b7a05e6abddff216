// A connection has the settings that durability needs, and SQLite's results become sentences with codes.
package sqlfile_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"larder/store"
	"larder/store/sqlite/capi"
	"larder/store/sqlite/sqlfile"
)

func open(t *testing.T, path string) *sqlfile.Conn {
	t.Helper()
	c, err := sqlfile.Open(path, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func newFile(t *testing.T, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "shard.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func wantCode(t *testing.T, err error, code store.Code) {
	t.Helper()
	if !errors.Is(err, &store.Error{Code: code}) {
		t.Errorf("%v, want code %v", err, code)
	}
}

// TestWhatAConnectionHolds: what Open sets is in force, whatever the library's defaults are.
func TestWhatAConnectionHolds(t *testing.T) {
	c := open(t, newFile(t, nil))
	if err := c.Script(`CREATE TABLE rows (v); INSERT INTO rows VALUES (1), (2);`); err != nil {
		t.Fatal(err)
	}
	for pragma, want := range map[string]int64{"page_size": sqlfile.PageSize, "auto_vacuum": 2, "wal_autocheckpoint": 0,
		"mmap_size": 0, "synchronous": 1, "busy_timeout": 1000, "cache_size": -1024} {
		if got, err := c.Number("PRAGMA " + pragma); err != nil || got != want {
			t.Errorf("%s is %d, want %d: %v", pragma, got, want, err)
		}
	}
	mode := ""
	if _, err := c.Query(`PRAGMA journal_mode`, func(s *capi.Stmt) { mode = s.Text(0) }); err != nil || mode != "wal" {
		t.Errorf("the mode is %s: %v", mode, err)
	}
	if texts, err := c.Integrity("integrity_check"); err != nil || len(texts) != 0 {
		t.Errorf("a sound file: %q, %v", texts, err)
	}
}

// TestScriptEndsAtItsError: what stands behind the error is not run, and the error names the file.
func TestScriptEndsAtItsError(t *testing.T) {
	path := newFile(t, nil)
	c := open(t, path)
	err := c.Script(`CREATE TABLE rows (v UNIQUE); INSERT INTO rows VALUES (1); INSERT INTO rows VALUES (1); DROP TABLE rows`)
	wantCode(t, err, store.CodeInternal)
	if err == nil || !strings.HasPrefix(err.Error(), path) {
		t.Errorf("%v does not name %s", err, path)
	}
	if n, err := c.Number(`SELECT count(*) FROM rows`); err != nil || n != 1 {
		t.Errorf("%d rows, %v", n, err)
	}
	wantCode(t, c.Script(`no statement`), store.CodeInternal)
	s, _, err := c.DB.Prepare(`INSERT INTO rows VALUES (?1)`)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Finalize()
	for i, fails := range []bool{true, false, true} {
		s.BindInt(1, int64(1+i%2))
		if err := c.Exec(s); (err != nil) != fails {
			t.Errorf("row %d: %v", i, err)
		}
	}
}

// A second writer has to wait, and is told that another program has the file.
func TestTwoWriters(t *testing.T) {
	path := newFile(t, nil)
	a, b := open(t, path), open(t, path)
	if err := a.Script(`CREATE TABLE rows (v); BEGIN IMMEDIATE`); err != nil {
		t.Fatal(err)
	}
	err := b.Script(`BEGIN IMMEDIATE`)
	wantCode(t, err, store.CodeInternal)
	if err == nil || !strings.Contains(err.Error(), "another") && !strings.Contains(err.Error(), "other program") {
		t.Errorf("%v does not say who has it", err)
	}
	if err := errors.Join(a.Script(`COMMIT`), b.Script(`BEGIN IMMEDIATE; COMMIT`)); err != nil {
		t.Error(err)
	}
}

// TestFilesThatAreNone: what cannot be opened, is none of SQLite's or is damaged comes as the store's errors.
func TestFilesThatAreNone(t *testing.T) {
	_, err := sqlfile.Open(filepath.Join(t.TempDir(), "absent.db"), 0)
	wantCode(t, err, store.CodeIO)
	_, err = sqlfile.Open(newFile(t, bytes.Repeat([]byte("text "), 2000)), 0)
	wantCode(t, err, store.CodeDamaged)
	if !sqlfile.Unsound(err) || sqlfile.Unsound(nil) || sqlfile.Unsound(store.ErrClosed) {
		t.Error("what is unsound is not told")
	}
}

// TestIntegrityNamesWhatIsWrong overwrites a page of an index, and expects a text about it for each finding.
func TestIntegrityNamesWhatIsWrong(t *testing.T) {
	path := newFile(t, nil)
	c, err := sqlfile.Open(path, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	err = c.Script(`CREATE TABLE rows (v); CREATE INDEX by_v ON rows (v);
		INSERT INTO rows WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) SELECT i FROM n;
		PRAGMA wal_checkpoint(TRUNCATE);`)
	root, rootErr := c.Number(`SELECT rootpage FROM sqlite_schema WHERE name = 'by_v'`)
	if err := errors.Join(err, rootErr, c.Close()); err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteAt(make([]byte, 64), (root-1)*sqlfile.PageSize); err != nil {
		t.Fatal(err)
	}
	file.Close()
	texts, err := open(t, path).Integrity("integrity_check")
	if err == nil && len(texts) == 0 || err != nil && !sqlfile.Unsound(err) {
		t.Errorf("a page of zeros: %q, %v", texts, err)
	}
	if slices.Contains(texts, "ok") || slices.ContainsFunc(texts, func(s string) bool { return strings.HasPrefix(s, "***") }) {
		t.Errorf("%q are not all findings", texts)
	}
}

// TestInterrupted: a file that is away while a new one made of it is there has a repair behind it that did not end.
func TestInterrupted(t *testing.T) {
	path := newFile(t, nil)
	fresh := path + sqlfile.FreshSuffix
	if err := os.WriteFile(fresh, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if sqlfile.Interrupted(path) {
		t.Error("the file is there")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if !sqlfile.Interrupted(path) {
		t.Error("the file is not there, and a new one is")
	}
	if err := os.Remove(fresh); err != nil {
		t.Fatal(err)
	}
	if sqlfile.Interrupted(path) {
		t.Error("neither is there")
	}
	if err := sqlfile.SyncDir(filepath.Dir(path)); err != nil {
		t.Error(err)
	}
	wantCode(t, sqlfile.SyncDir(path), store.CodeIO)
}

// TestOtherErrors: the store's own pass as they are, strange ones are defects, and damage says what to do.
func TestOtherErrors(t *testing.T) {
	if err := sqlfile.Fault("p", nil); err != nil {
		t.Error(err)
	}
	if err := sqlfile.Fault("p", store.ErrClosed); err != store.ErrClosed {
		t.Error(err)
	}
	strange := errors.New("strange")
	err := sqlfile.Fault("p", strange)
	wantCode(t, err, store.CodeInternal)
	if !errors.Is(err, strange) {
		t.Errorf("%v hides what it is about", err)
	}
	wantCode(t, sqlfile.Fault("p", &capi.Error{Code: capi.Perm}), store.CodeIO)
	wantCode(t, sqlfile.Fault("p", &capi.Error{Code: 12345}), store.CodeInternal)
	err = sqlfile.Damaged("/d/shard.db", "its seed is missing", strange)
	wantCode(t, err, store.CodeDamaged)
	if !strings.HasPrefix(err.Error(), "/d/shard.db is damaged: its seed is missing: stop the server") || !errors.Is(err, strange) {
		t.Error(err)
	}
}
