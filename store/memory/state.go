package memory

import (
	"bytes"
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/tidwall/btree"

	"larder/store"
)

// state is everything the engine knows. A published state is never written again, but for
// the bookkeeping of copying it, which only the holder of Engine.write does.
type state struct {
	spaces    map[int]space // by database number; absent means empty
	nextSpace uint64
	nextID    store.ID
	mark      store.Mark

	heads   *btree.BTreeG[*headRow]
	items   *btree.BTreeG[*itemRow] // natural order
	scores  *btree.BTreeG[*itemRow] // second order, scored parts only
	owned   *btree.Map[store.ID, struct{}]
	orphans *btree.Map[store.ID, struct{}]
	flushed []uint64 // spaces whose heads wait for the sweep; replaced, never appended in place
}

// space is what a database number stands for: flushing or swapping changes the
// number's space and leaves the rows alone.
type space struct {
	id   uint64 // 0: no space yet
	keys int64
}

// headRow is immutable once in the tree, as is itemRow.
type headRow struct {
	space uint64
	pos   store.Cursor
	name  string
	head  store.Head
}

type itemRow struct {
	id   store.ID
	part store.Part
	item store.Item
	// edge is not 0 in rows that are only looked for: such a row lies before (-1) or behind (1)
	// every row that is equal up to Pos or Score.
	edge int
}

func newState() *state {
	alone := btree.Options{NoLocks: true}
	return &state{
		spaces:    map[int]space{},
		nextSpace: 1,
		nextID:    1,
		heads:     btree.NewBTreeGOptions(headBefore, alone),
		items:     btree.NewBTreeGOptions(naturalBefore, alone),
		scores:    btree.NewBTreeGOptions(scoreBefore, alone),
		owned:     btree.NewMap[store.ID, struct{}](0),
		orphans:   btree.NewMap[store.ID, struct{}](0),
	}
}

func headBefore(a, b *headRow) bool {
	return cmp.Or(cmp.Compare(a.space, b.space), cmp.Compare(a.pos, b.pos), strings.Compare(a.name, b.name)) < 0
}

func naturalBefore(a, b *itemRow) bool {
	return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.part, b.part), cmp.Compare(a.item.Pos, b.item.Pos),
		cmp.Compare(a.edge, b.edge), bytes.Compare(a.item.Field, b.item.Field)) < 0
}

func scoreBefore(a, b *itemRow) bool {
	return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.part, b.part), cmp.Compare(a.item.Score, b.item.Score),
		cmp.Compare(a.edge, b.edge), bytes.Compare(a.item.Field, b.item.Field)) < 0
}

// lowest and highest are rows to look for that lie before and behind all of a part.
func lowest(id store.ID, p store.Part) *itemRow {
	return &itemRow{id: id, part: p, edge: -1, item: store.Item{Pos: math.MinInt64, Score: math.Inf(-1)}}
}

func highest(id store.ID, p store.Part) *itemRow {
	return &itemRow{id: id, part: p, edge: 1, item: store.Item{Pos: math.MaxInt64, Score: math.Inf(1)}}
}

// setHead replaces the row of a key and keeps the count of its database.
func (s *state) setHead(db int, row *headRow) {
	if _, replaced := s.heads.Set(row); !replaced {
		sp := s.spaces[db]
		sp.keys++
		s.spaces[db] = sp
	}
}

// removeHead takes a key's row away and keeps the count of its database.
func (s *state) removeHead(db int, row *headRow) {
	if _, was := s.heads.Delete(row); was {
		sp := s.spaces[db]
		sp.keys--
		s.spaces[db] = sp
	}
}

// orphan hands an id's items to the sweep.
func (s *state) orphan(id store.ID) {
	if id != 0 {
		s.owned.Delete(id)
		s.orphans.Set(id, struct{}{})
	}
}

// flush makes a database number stand for nothing.
func (s *state) flush(db int) {
	if sp := s.spaces[db]; sp.id != 0 {
		s.flushed = append(slices.Clip(s.flushed), sp.id)
		delete(s.spaces, db)
	}
}

// spaceOf returns the space of a database, making one if it has none.
func (s *state) spaceOf(db int) uint64 {
	sp := s.spaces[db]
	if sp.id == 0 {
		sp.id = s.nextSpace
		s.nextSpace++
		s.spaces[db] = sp
	}
	return sp.id
}

// headsOf yields the rows of a space from a position on.
func (s *state) headsOf(space uint64, from store.Cursor, yield func(*headRow) bool) {
	s.heads.Ascend(&headRow{space: space, pos: from}, func(r *headRow) bool {
		return r.space == space && yield(r)
	})
}

// removeItem deletes one row from every order it stands in.
func (s *state) removeItem(row *itemRow) {
	s.items.Delete(row)
	if row.part.Scored() {
		s.scores.Delete(row)
	}
}
