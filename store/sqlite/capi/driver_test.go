// Values come back as they went in, errors have SQLite's codes, and memory for pages is bounded and returned.
package capi

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"modernc.org/libc"
)

func open(t *testing.T) *DB {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func prepare(t *testing.T, d *DB, sql string) *Stmt {
	t.Helper()
	s, _, err := d.Prepare(sql)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Finalize)
	return s
}

// row steps to a row.
func row(t *testing.T, s *Stmt) {
	t.Helper()
	if there, err := s.Step(); err != nil || !there {
		t.Fatalf("no row: %v", err)
	}
}

// TestValuesComeBack binds each type, reads it from a row, and again after the statement was bound anew: what it
// pointed to before must not show, nor what a shorter value leaves of a longer one.
func TestValuesComeBack(t *testing.T) {
	d := open(t)
	s := prepare(t, d, `SELECT ?1, ?2, ?3, ?4, typeof(?1), typeof(?2), typeof(?3), typeof(?4)`)
	long := bytes.Repeat([]byte("0123456789"), blobKept/5) // more than a statement keeps
	for _, c := range []struct {
		number int64
		float  float64
		blob   []byte
		text   string
	}{
		{math.MinInt64, math.Inf(-1), []byte("some\x00bytes"), "text"},
		{math.MaxInt64, 0.1, long, strings.Repeat("long ", 100)},
		{0, -0.5, []byte("x"), "y"},
		{-1, math.MaxFloat64, nil, ""},
	} {
		s.BindInt(1, c.number)
		s.BindFloat(2, c.float)
		s.BindBlob(3, c.blob)
		s.BindText(4, c.text)
		row(t, s)
		if s.Int(0) != c.number || s.Float(1) != c.float || !bytes.Equal(s.Bytes(2), c.blob) || s.Text(3) != c.text {
			t.Errorf("%d, %v, %d bytes, %q of %+v", s.Int(0), s.Float(1), len(s.Bytes(2)), s.Text(3), c.text)
		}
		types := s.Text(4) + " " + s.Text(5) + " " + s.Text(6) + " " + s.Text(7)
		if types != "integer real blob text" {
			t.Errorf("types %s: an empty value is no NULL", types)
		}
		own := s.Clone(2)
		if there, err := s.Step(); there || err != nil {
			t.Errorf("a second row: %v", err)
		}
		s.Reset()
		if !bytes.Equal(own, c.blob) {
			t.Error("a clone changes with its statement")
		}
	}
	if n := len(s.blobs[2].mem); n > blobKept {
		t.Errorf("a statement keeps %d bytes for a blob", n)
	}
	for i := 1; i <= 4; i++ {
		s.BindNull(i)
	}
	row(t, s)
	if s.Int(0) != 0 || s.Float(1) != 0 || s.Bytes(2) != nil || s.Text(3) != "" || s.Text(4) != "null" {
		t.Error("NULL is not the zero value")
	}
}

func TestTransactionsAndChanges(t *testing.T) {
	d := open(t)
	run(t, d, `CREATE TABLE rows (v)`)
	run(t, d, `BEGIN`)
	if !d.InTransaction() {
		t.Error("BEGIN begins nothing")
	}
	run(t, d, `INSERT INTO rows VALUES (1), (2), (3)`)
	if n := d.Changes(); n != 3 {
		t.Errorf("%d rows were written", n)
	}
	run(t, d, `ROLLBACK`)
	if d.InTransaction() {
		t.Error("ROLLBACK ends nothing")
	}
	s := prepare(t, d, `SELECT count(*) FROM rows`)
	row(t, s)
	if s.Int(0) != 0 {
		t.Error("rows are left of what was rolled back")
	}
	s.Reset()
	if n := s.TakeSteps(); n == 0 || s.TakeSteps() != 0 {
		t.Errorf("%d steps, and the same again", n)
	}
}

// TestErrorsHaveTheirCodes: each comes with SQLite's number and words, and the statement can be used again.
func TestErrorsHaveTheirCodes(t *testing.T) {
	d := open(t)
	var e *Error
	if _, _, err := d.Prepare(`SELECT`); !errors.As(err, &e) || !strings.Contains(e.Error(), "SQLite: ") {
		t.Errorf("half a statement: %v", err)
	}
	run(t, d, `CREATE TABLE rows (v UNIQUE)`)
	s := prepare(t, d, `INSERT INTO rows VALUES (?1)`)
	s.BindInt(1, 5)
	if _, err := s.Step(); err != nil {
		t.Fatal(err)
	}
	s.Reset()
	_, err := s.Step()
	if !errors.As(err, &e) || e.Primary() != 19 || e.Code == e.Primary() {
		t.Errorf("the same again: %v", err)
	}
	s.BindInt(1, 6)
	if _, err := s.Step(); err != nil {
		t.Errorf("after an error: %v", err)
	}
	if _, err := Open(t.TempDir()); !errors.As(err, &e) || e.Primary() != CantOpen {
		t.Errorf("a directory: %v", err)
	}
	path := filepath.Join(t.TempDir(), "no.db")
	if err := os.WriteFile(path, bytes.Repeat([]byte("no database "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	wrong, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer wrong.Close()
	if _, _, err := wrong.Prepare(`SELECT * FROM sqlite_schema`); !errors.As(err, &e) || e.Primary() != NotADB {
		t.Errorf("a file that is none of SQLite's: %v", err)
	}
}

// A connection that is closed before its statements says so, and stays open.
func TestCloseBeforeStatements(t *testing.T) {
	d := open(t)
	s := prepare(t, d, `SELECT 1`)
	var e *Error
	if err := d.Close(); !errors.As(err, &e) || e.Primary() != Busy {
		t.Errorf("closed with a statement: %v", err)
	}
	row(t, s)
}

// TestMemoryOfPagesGrows: a slot is a slot as long as it suffices, its bytes move when it does not, and the usual
// allocator has what is no page.
func TestMemoryOfPagesGrows(t *testing.T) {
	m, err := configure()
	if err != nil {
		t.Fatal(err)
	}
	tls := libc.NewTLS()
	defer tls.Close()
	before := slotsInUse(t)
	p := m.lend(tls, slotBytes)
	if m.find(p) == nil || m.sizeOf(tls, p) != slotBytes || slotsInUse(t) != before+1 {
		t.Fatal("a page is not in a slot")
	}
	copy(libc.GoBytes(p, slotBytes), "beginning")
	if same := m.resize(tls, p, slotBytes-8); same != p {
		t.Error("a slot moves that suffices")
	}
	large := m.resize(tls, p, 2*slotBytes)
	if m.find(large) != nil || string(libc.GoBytes(large, 9)) != "beginning" || slotsInUse(t) != before {
		t.Errorf("what has grown out of its slot: %q, %d slots", libc.GoBytes(large, 9), slotsInUse(t)-before)
	}
	if n := m.sizeOf(tls, large); n < 2*slotBytes {
		t.Errorf("%d bytes for %d", n, 2*slotBytes)
	}
	larger := m.resize(tls, large, 4*slotBytes)
	if string(libc.GoBytes(larger, 9)) != "beginning" {
		t.Error("the usual allocator loses bytes")
	}
	m.takeBack(tls, larger)
	small := m.lend(tls, 64)
	if m.find(small) != nil {
		t.Error("a slot is lent for 64 bytes")
	}
	m.takeBack(tls, small)
}

// TestRegionsGoBack: memory for pages goes back to the system when nothing of its region is lent, but for the region that
// the next page comes from.
func TestRegionsGoBack(t *testing.T) {
	m, err := configure()
	if err != nil {
		t.Fatal(err)
	}
	tls := libc.NewTLS()
	defer tls.Close()
	regions := func() int { return len(*m.regions.Load()) }
	before := regions()
	var pages []uintptr
	for range 3*regionSlots + 1 {
		pages = append(pages, m.lend(tls, slotBytes))
	}
	if n := regions(); n < before+3 {
		t.Errorf("%d regions for three full ones", n)
	}
	for _, p := range pages {
		m.takeBack(tls, p)
	}
	if n := regions(); n > before+1 {
		t.Errorf("%d regions stay, of %d before", n, before)
	}
}
