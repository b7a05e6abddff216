package sqlite_test

import (
	"fmt"
	"strings"
	"testing"

	"larder/store"
	"larder/store/sqlite"
)

// line fills an id with elements at every tenth position from 0 on; every seventh value is too long for a row.
func line(t *testing.T, e *sqlite.Engine, name string, n int) (id store.ID) {
	t.Helper()
	update(t, e, func(tx store.Tx) (err error) {
		if id, err = tx.NewID(key(name)); err != nil {
			return err
		}
		for i := range n {
			if _, err = tx.PutItems(id, store.Elements, store.Item{Pos: int64(i * 10), Value: []byte(lineValue(name, i))}); err != nil {
				return err
			}
		}
		return tx.PutHead(key(name), store.Head{Type: store.List, ID: id, Len: int64(n)})
	})
	return id
}

func lineValue(name string, i int) string {
	v := fmt.Sprintf("%s-%d", name, i)
	if i%7 == 0 {
		return v + strings.Repeat(".", 5000)
	}
	return v
}

// elementAt reads one position by itself; "" if nothing is there.
func elementAt(t *testing.T, tx store.Tx, id store.ID, pos int64) (value string) {
	t.Helper()
	for it, err := range tx.Range(id, store.Elements, store.Positions(pos, pos)) {
		if err != nil {
			t.Fatal(err)
		}
		if it.Pos != pos || !it.Found || value != "" {
			t.Fatalf("position %d gave %d, found %t, after %q", pos, it.Pos, it.Found, value)
		}
		value = string(it.Value)
	}
	return value
}

func TestElementsReadInStepsAreThoseThere(t *testing.T) {
	e := fresh(t, sqlite.Options{})
	const n = 300
	id := line(t, e, "a", n)
	for _, step := range []int64{10, 5, 30, -10, -5, -30} {
		from := int64(0)
		if step < 0 {
			from = 10 * n
		}
		for pos := from; -100 <= pos && pos <= 10*n+100; pos += step {
			view(t, e, func(tx store.Tx) error {
				want := ""
				if pos%10 == 0 && pos >= 0 && pos < 10*n {
					want = lineValue("a", int(pos/10))
				}
				if got := elementAt(t, tx, id, pos); got != want {
					t.Fatalf("in steps of %d, position %d: %.20q instead of %.20q", step, pos, got, want)
				}
				return nil
			})
		}
	}
}

func TestElementsReadAheadEndWithTheirSnapshot(t *testing.T) {
	e := fresh(t, sqlite.Options{})
	id := line(t, e, "a", 100)
	for i := range 50 {
		view(t, e, func(tx store.Tx) error {
			if got, want := elementAt(t, tx, id, int64(i*10)), lineValue("a", i); got != want && got != "new" {
				t.Fatalf("element %d: %.20q", i, got)
			} else if i > 20 && got != "new" {
				t.Fatalf("element %d is as it was before it was written", i)
			}
			return nil
		})
		if i != 20 {
			continue
		}
		update(t, e, func(tx store.Tx) error { // what is kept now is of an older snapshot
			for j := i; j < 50; j++ {
				if _, err := tx.PutItems(id, store.Elements, store.Item{Pos: int64(j * 10), Value: []byte("new")}); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// What a loop's body holds must stay as it is while it reads other lists in steps.
func TestElementsReadAheadKeepWhileLent(t *testing.T) {
	e := fresh(t, sqlite.Options{})
	a, b := line(t, e, "a", 100), line(t, e, "b", 100)
	view(t, e, func(tx store.Tx) error {
		for i := range int64(60) {
			for it, err := range tx.Range(a, store.Elements, store.Positions(i*10, i*10)) {
				if err != nil {
					return err
				}
				want := string(it.Value)
				for j := range i % 10 / 9 * 5 { // in between a must come to be read ahead
					if got := elementAt(t, tx, b, j*10); got != lineValue("b", int(j)) {
						t.Fatalf("inside, element %d: %.20q", j, got)
					}
				}
				if string(it.Value) != want || want != lineValue("a", int(i)) {
					t.Fatalf("element %d turned from %.20q to %.20q", i, want, it.Value)
				}
			}
		}
		return nil
	})
}

// TestElementsInStepsCostLess counts steps of SQLite's machine: an element in line costs less than half of one
// found by itself.
func TestElementsInStepsCostLess(t *testing.T) {
	e := fresh(t, sqlite.Options{})
	const n = 2000
	id := line(t, e, "a", n)
	cost := func(at func(i int) int64) int64 {
		e.ReadSteps(t)
		for i := range n {
			view(t, e, func(tx store.Tx) error { elementAt(t, tx, id, at(i)); return nil })
		}
		return e.ReadSteps(t)
	}
	inLine := cost(func(i int) int64 { return int64(i * 10) })
	scattered := cost(func(i int) int64 { return int64(i * 7919 % n * 10) })
	if scattered == 0 || 2*inLine > scattered {
		t.Errorf("%d elements in line take %d steps, scattered ones %d", n, inLine, scattered)
	}
}

// A transaction that writes sees what it has written behind the elements that it read in steps, and not what it took back.
func TestElementsWrittenAreNotReadAhead(t *testing.T) {
	e := fresh(t, sqlite.Options{})
	id := line(t, e, "a", 3)
	err := e.Settle(t.Context(), func(tx store.BaseTx) error {
		point, err := tx.Savepoint()
		if err != nil {
			return err
		}
		for i := range 3 {
			elementAt(t, tx, id, int64(i*10))
		}
		if _, err := tx.PutItems(id, store.Elements, store.Item{Pos: 30, Value: []byte("new")}); err != nil {
			return err
		}
		if got := elementAt(t, tx, id, 30); got != "new" {
			t.Errorf("what was written reads %q", got)
		}
		if err := tx.Rollback(point); err != nil {
			return err
		}
		if got := elementAt(t, tx, id, 30); got != "" {
			t.Errorf("what was taken back reads %q", got)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
