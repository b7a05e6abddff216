// Blocks count exactly the items that are there, and the check tells where they do not.
package blocks_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"larder/store"
	"larder/store/sqlite/blocks"
	"larder/store/sqlite/capi"
)

var errDamaged = errors.New("damaged")

// items are the positions of one list, in memory, with the table of blocks in a file. It is the blocks.Tx of one test.
type items struct {
	t      *testing.T
	db     *capi.DB
	s      blocks.Statements
	at     []int64 // sorted
	change blocks.Changes
}

func newItems(t *testing.T) *items {
	t.Helper()
	path := filepath.Join(t.TempDir(), "blocks.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := capi.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	i := &items{t: t, db: db}
	i.run(`PRAGMA synchronous = off`)
	i.run(`PRAGMA journal_mode = off`)
	i.run(`CREATE TABLE blocks (id INTEGER, part INTEGER, level INTEGER, key, field BLOB, n INTEGER,
		PRIMARY KEY (id, part, level, key, field)) WITHOUT ROWID`)
	err = i.s.Prepare(true, func(into **capi.Stmt, sql string) (err error) {
		*into, _, err = db.Prepare(sql)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// run runs a statement and returns the first column of its last row.
func (i *items) run(sql string) (n int64) {
	i.t.Helper()
	s, _, err := i.db.Prepare(sql)
	if err != nil {
		i.t.Fatal(err)
	}
	defer s.Finalize()
	for {
		row, err := s.Step()
		if err != nil {
			i.t.Fatal(err)
		}
		if !row {
			return n
		}
		n = s.Int(0)
	}
}

func (i *items) Step(s *capi.Stmt) (bool, error) { return s.Step() }

func (i *items) Exec(s *capi.Stmt) error {
	_, err := s.Step()
	s.Reset()
	return err
}

func (i *items) Column(s *capi.Stmt, col int) []byte { return s.Clone(col) }

func (i *items) Damaged(string) error { return errDamaged }

func (i *items) index(m blocks.Mark) int {
	if m.IsBeyond() {
		return len(i.at)
	}
	n, _ := slices.BinarySearch(i.at, m.Pos)
	return n
}

func (i *items) CountRows(_ store.ID, _ store.Part, _ store.Order, sp blocks.Span) (int64, error) {
	return int64(max(i.index(sp.Hi)-i.index(sp.Lo), 0)), nil
}

func (i *items) NthRow(_ store.ID, _ store.Part, sp blocks.Span, n int64) (m blocks.Mark, ok bool, err error) {
	at := i.index(sp.Lo) + int(n)
	if at >= i.index(sp.Hi) {
		return m, false, nil
	}
	return blocks.Mark{Pos: i.at[at]}, true, nil
}

func (i *items) EachRow(_ store.ID, _ store.Part, fn func(blocks.Mark) error) error {
	for _, pos := range i.at {
		if err := fn(blocks.Mark{Pos: pos}); err != nil {
			return err
		}
	}
	return nil
}

func (i *items) counts() blocks.Counts { return blocks.Of(i, &i.s, 7, store.Elements) }

// add puts items at positions where there are none.
func (i *items) add(positions ...int64) {
	i.t.Helper()
	for _, pos := range positions {
		if n, there := slices.BinarySearch(i.at, pos); !there {
			i.at = slices.Insert(i.at, n, pos)
			i.change.Take(blocks.Mark{Pos: pos})
		}
	}
	i.ok(i.counts().Apply(&i.change))
}

// drop removes the items with indexes from one up to another.
func (i *items) drop(from, to int) {
	i.t.Helper()
	gone := slices.Clone(i.at[from:to])
	i.at = slices.Delete(i.at, from, to)
	for _, pos := range gone {
		i.change.Leave(blocks.Mark{Pos: pos})
	}
	i.ok(i.counts().Apply(&i.change))
}

func (i *items) ok(err error) {
	i.t.Helper()
	if err != nil {
		i.t.Fatal(err)
	}
}

func (i *items) problems() (all []string) {
	i.t.Helper()
	i.ok(i.counts().Check(func(p string) { all = append(all, p) }))
	return all
}

// compare asks for ranks and for items by rank, from both ends.
func (i *items) compare() {
	i.t.Helper()
	if found := i.problems(); len(found) > 0 {
		i.t.Fatalf("%d items: %q", len(i.at), found)
	}
	all := blocks.Span{Lo: blocks.Mark{Pos: math.MinInt64}, Hi: blocks.Beyond()}
	if n, err := i.counts().Rank(all.Hi); err != nil || n != int64(len(i.at)) {
		i.t.Fatalf("%d items are counted as %d, %v", len(i.at), n, err)
	}
	for range 20 {
		want := rand.IntN(len(i.at))
		if n, err := i.counts().Rank(blocks.Mark{Pos: i.at[want]}); err != nil || n != int64(want) {
			i.t.Fatalf("rank %d of %d is said to be %d, %v", want, len(i.at), n, err)
		}
		sp, left, err := i.counts().Skip(int64(want), all)
		if got := i.index(sp.Lo) + int(left); err != nil || got != want || left > 256 {
			i.t.Fatalf("skipping %d of %d leads to %d, %d of them left, %v", want, len(i.at), got, left, err)
		}
		sp, left, err = i.counts().SkipBack(int64(want), all)
		if got := len(i.at) - i.index(sp.Hi) + int(left); err != nil || got != want || left > 256 {
			i.t.Fatalf("skipping %d of %d from the end leads to %d, %d of them left, %v", want, len(i.at), got, left, err)
		}
	}
	for _, skip := range []func(int64, blocks.Span) (blocks.Span, int64, error){i.counts().Skip, i.counts().SkipBack} {
		if sp, _, err := skip(int64(len(i.at)), all); err != nil || !sp.Empty {
			i.t.Fatalf("skipping all %d items leads to %+v, %v", len(i.at), sp, err)
		}
	}
}

func TestCountsFollowItems(t *testing.T) {
	i := newItems(t)
	for range 25 {
		var some []int64
		for range rand.IntN(4000) + 1 {
			some = append(some, rand.Int64N(1<<40))
		}
		i.add(some...)
		for range 200 { // a burst in one place
			i.add(some[0] + rand.Int64N(1<<20))
		}
		i.compare()
	}
	if top := i.run(`SELECT max(level) FROM blocks`); top < 1 {
		t.Errorf("the rows that count %d items are not counted themselves", len(i.at))
	}
	for len(i.at) > 300 {
		n := min(rand.IntN(6000)+1, len(i.at)-1)
		from := rand.IntN(len(i.at) - n)
		i.drop(from, from+n)
		i.compare()
	}
	for len(i.at) > 1 {
		i.drop(len(i.at)-1, len(i.at))
	}
	i.compare()
	if rows := i.run(`SELECT count(*) FROM blocks`); rows > 20 {
		t.Errorf("one item is counted by %d rows", rows)
	}
}

func TestBuildCountsWhatIsThere(t *testing.T) {
	i := newItems(t)
	i.ok(i.counts().Build())
	if any, err := i.counts().Any(); any || err != nil {
		t.Errorf("nothing is counted by blocks: %v, %v", any, err)
	}
	for n := range int64(30_000) {
		i.at = append(i.at, n*3)
	}
	if found := i.problems(); len(found) != 1 || found[0] != "is ranked but not counted" {
		t.Errorf("before: %q", found)
	}
	i.ok(i.counts().Build())
	i.compare()
	if any, err := i.counts().Any(); !any || err != nil {
		t.Errorf("any: %v, %v", any, err)
	}
}

func TestCheckTellsWhatIsWrong(t *testing.T) {
	for sql, want := range map[string]string{
		`UPDATE blocks SET n = n + 1 WHERE level = 1`: "has a block of 8192 items that says 8193",
		`DELETE FROM blocks WHERE level = 0`:          "has no first block",
	} {
		i := newItems(t)
		for n := range int64(30_000) {
			i.at = append(i.at, n)
		}
		i.ok(i.counts().Build())
		i.run(sql)
		if found := i.problems(); len(found) == 0 || found[0] != want {
			t.Errorf("%s: %q", sql, found)
		}
	}
}

func TestRowsThatCountTooManyAreDamage(t *testing.T) {
	i := newItems(t)
	i.add(1)
	i.run(`UPDATE blocks SET n = 1000`)
	i.at = append(i.at, 2)
	i.change.Take(blocks.Mark{Pos: 2})
	if err := i.counts().Apply(&i.change); !errors.Is(err, errDamaged) {
		t.Errorf("splitting a row of items that are not there: %v", err)
	}
}
