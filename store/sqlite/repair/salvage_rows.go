package repair

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"larder/store"
	"larder/store/sqlite"
	"larder/store/sqlite/capi"
)

// triesMax bounds the reads of one table that fail, each up to a millisecond. A page that is lost costs one for each
// halving of each key's range, from below and from above.
const triesMax = 4000

// source is rows of a table and the numbers they are found by, from the one that orders first.
type source struct {
	table, columns, where string
	keys                  []numbers
	bounds                []any // of the parameters in where: int64 or []byte
}

func from(table, columns, where string, keys ...numbers) source {
	return source{table: table, columns: columns, where: where, keys: keys}
}

// numbers is what a column may hold: from lo up to hi.
type numbers struct {
	column string
	lo, hi int64
	known  string // selects some that are in use, or is empty
	only   bool   // rows with other numbers are of no use
	// Of a column of bytes the numbers are the first eight, in their order.
	bytes bool
}

// many tells whether there is more than one number.
func (n numbers) many() bool { return uint64(n.hi)-uint64(n.lo) > 1 }

func (n numbers) middle() int64 { return n.lo + int64((uint64(n.hi)-uint64(n.lo))/2) }

func (n numbers) between(lo, hi int64) numbers {
	n.lo, n.hi = lo, hi
	return n
}

// span is the condition that a column is in the range, and its parameters. With equality SQLite finds rows by the next
// column, too.
func (n numbers) span() (where string, bounds []any) {
	if !n.bytes && !n.many() {
		return n.column + " = ?", []any{n.lo}
	}
	return fmt.Sprintf("%s >= ? AND %s < ?", n.column, n.column), []any{n.bound(n.lo), n.bound(n.hi)}
}

func (n numbers) bound(at int64) any {
	if n.bytes {
		return binary.BigEndian.AppendUint64(nil, uint64(at)+1<<63)
	}
	return at
}

// sources are the tables but for meta, blocks, which are counted anew, and tags, which heads know. All ids lie below
// ids. That, what is known to be in use, and how far hashes go keep the search out of ranges without rows.
func sources(ids int64) []source {
	const items = "id, part, pos, field, score, value, ref"
	owner := numbers{column: "id", hi: ids, only: true,
		known: fmt.Sprintf(`SELECT id FROM main.heads WHERE id <> 0 AND id < %d UNION SELECT id FROM temp.lent`,
			store.Foreign)}
	place := numbers{column: "pos", lo: math.MinInt64, hi: math.MaxInt64}
	hashed, placed, named := partsOf(store.Hashed), partsOf(store.Placed), partsOf(store.Named)
	return []source{
		from("spaces", "db, ns, size, volatile, bytes", "true", numbers{column: "db", hi: math.MaxInt32}),
		from("dead_spaces", "ns, bytes", "true", numbers{column: "ns", hi: ids}),
		from("orphans", "id, bytes", "true", numbers{column: "id", hi: ids}), // those of other files lie above
		from("heads", "ns, h, name, kind, id, expire, len, bytes, stored, used, value, notes", "true",
			numbers{column: "ns", hi: ids, known: `SELECT ns FROM main.spaces UNION SELECT ns FROM main.dead_spaces`},
			numbers{column: "h", hi: 1 << (store.HashBits + 14)}),
		from("chunks", "at, value", "true", numbers{column: "at", hi: ids << sqlite.ChunkBits}),
		from("blobs", "ref, value", "true", numbers{column: "ref", hi: ids}),
		from("items", items, hashed.where(), owner, hashed, numbers{column: "pos", hi: 1 << store.HashBits}),
		from("items", items, placed.where(), owner, placed, place),
		from("items", items, named.where(), owner, named, place,
			numbers{column: "field", lo: math.MinInt64, hi: math.MaxInt64, bytes: true}),
	}
}

// partsOf are the parts of a class.
func partsOf(class store.Class) numbers {
	n := numbers{column: "part", hi: int64(store.LastPart) + 1, only: true}
	for p := store.Fields; p <= store.LastPart; p++ {
		if p.Class() == class {
			n.known += fmt.Sprintf(", (%d)", p)
		}
	}
	n.known = "VALUES " + n.known[2:]
	return n
}

// where selects the rows with known numbers.
func (n numbers) where() string { return fmt.Sprintf("%s IN (%s)", n.column, n.known) }

// tables copies what can be read of all tables: meta first, for it bounds the numbers of the others.
func (s *salvage) tables() error {
	s.report("meta", s.table(from("meta", "k, v", "true")))
	ids, err := s.conn.Number(`SELECT v FROM main.meta WHERE k = 'ids'`)
	if err != nil {
		return err
	}
	if ids <= 1 || ids >= sqlite.IDMax { // as in a new file: it was not read
		ids = sqlite.IDMax - 1
	}
	unread, list := 0, sources(ids)
	for i, t := range list {
		unread += s.table(t)
		if i+1 == len(list) || list[i+1].table != t.table {
			s.report(t.table, unread)
			unread = 0
		}
	}
	return nil
}

func (s *salvage) report(table string, unread int) {
	if unread > 0 {
		s.done.Gaps = append(s.done.Gaps, fmt.Sprintf("some rows of table %s, in up to %d stretches", table, unread))
	}
}

// portion is rows of a source that are not copied yet: those with the numbers r in keys[0].
type portion struct {
	source
	r numbers
}

func (p portion) with(r numbers) portion {
	p.r = r
	return p
}

// narrow is the source that has the portion's rows only.
func (p portion) narrow() source {
	t := p.source
	where, bounds := p.r.span()
	t.where += " AND " + where
	t.bounds = slices.Concat(t.bounds, bounds)
	return t
}

// table copies what can be read of one source, and answers how many stretches it gave up.
func (s *salvage) table(t source) int {
	s.tries, s.unread, s.rest = triesMax, 0, nil
	if s.take(t) {
		return 0
	}
	if len(t.keys) == 0 {
		return 1
	}
	s.search(t)
	s.divide()
	t.where += fmt.Sprintf(" AND %s >= %d", t.keys[0].column, t.keys[0].hi)
	s.take(t) // nothing should be there, but who knows
	return max(s.unread, 1)
}

// search copies rows by the first of the keys: from both ends as far as they can be read, then those of known numbers
// in between, and what else there is. Known numbers alone would be a read for each of a million keys.
func (s *salvage) search(t source) {
	p := portion{t, t.keys[0]}
	lo, hi := s.bottom(p), s.top(p)
	if p.r.known != "" {
		_, _ = s.conn.Query(fmt.Sprintf("WITH known (n) AS (%s) SELECT n FROM known WHERE n >= %d AND n < %d", p.r.known, lo,
			hi),
			func(row *capi.Stmt) { s.single(p, row.Int(0)) })
		s.divide()
	}
	if !p.r.only {
		s.leave(p, lo, hi)
	}
}

// divide halves what fence left, larger portions first, until what cannot be read is fenced in or it has failed too
// often.
func (s *salvage) divide() {
	for len(s.rest) > 0 {
		p := s.rest[0]
		s.rest = s.rest[1:]
		if mid := p.r.middle(); p.r.many() {
			s.fence(p.with(p.r.between(p.r.lo, mid)))
			s.fence(p.with(p.r.between(mid, p.r.hi)))
		} else {
			s.single(p, p.r.lo)
		}
	}
}

// fence copies a portion from below as far as it can be read, and from above; a single number in which that ends is
// searched by the next key, and what lies between is left for later. Halving alone would not do: the first and the last
// page of a tree are on the way to every range without rows below or above, and of these there is no end.
func (s *salvage) fence(p portion) {
	if s.tries == 0 {
		s.unread++
		return
	}
	if s.take(p.narrow()) {
		return
	}
	s.leave(p, s.bottom(p), s.top(p))
}

// leave searches the ends of what bottom and top could not read, and puts what lies between into the rest.
func (s *salvage) leave(p portion, lo, hi int64) {
	s.single(p, lo)
	if lo < hi-1 {
		s.single(p, hi-1)
	}
	if lo+1 < hi-1 {
		s.rest = append(s.rest, p.with(p.r.between(lo+1, hi-1)))
	}
}

// bottom copies the lower rows of a portion and answers the lowest number that cannot be read.
func (s *salvage) bottom(p portion) int64 {
	r := p.r
	for r.many() {
		if mid := r.middle(); s.take(p.with(r.between(r.lo, mid)).narrow()) {
			r.lo = mid
		} else {
			r.hi = mid
		}
	}
	return r.lo
}

// top copies the upper rows of a portion and answers the number behind the highest that cannot be read.
func (s *salvage) top(p portion) int64 {
	r := p.r
	for r.many() {
		if mid := r.middle(); s.take(p.with(r.between(mid, r.hi)).narrow()) {
			r.hi = mid
		} else {
			r.lo = mid
		}
	}
	return r.hi
}

// single copies the rows with one number.
func (s *salvage) single(p portion, n int64) {
	t := p.with(p.r.between(n, n+1)).narrow()
	t.keys = t.keys[1:]
	switch {
	case s.take(t):
	case len(t.keys) == 0:
		s.unread++
	default:
		s.search(t)
	}
}

// take copies rows all or none, and counts a failure.
func (s *salvage) take(t source) bool {
	verb := "INSERT OR IGNORE"
	if t.table == "meta" {
		verb = "INSERT OR REPLACE"
	}
	copied := fmt.Sprintf("%s INTO main.%s (%s) SELECT %s FROM old.%s WHERE %s", verb, t.table, t.columns, t.columns,
		t.table, t.where)
	if err := s.run(copied, t.bounds); err != nil {
		s.tries = max(s.tries-1, 0)
		return false
	}
	s.done.Rows += int64(s.conn.DB.Changes())
	return true
}
