package sqlite

import (
	"context"
	"fmt"
	"strings"

	"larder/store"
)

// rule is one thing that must hold: find lists what breaks it, one text a row, and repair mends all of it.
type rule struct {
	find, problem, repair string
}

// lengths lists collections whose len is not their number of items. Type and part numbers are package store's.
const lengths = `WITH parts (type, part) AS (VALUES (2, 1), (3, 4), (4, 2), (5, 3), (6, 6)),
	wrong AS (SELECT ns, h, name, id, len,
			(SELECT count(*) FROM items WHERE items.id = heads.id AND items.part = parts.part) AS n
		FROM heads JOIN parts ON parts.type = heads.kind & 255 WHERE n <> len)
	`

const owned = `(SELECT id FROM heads WHERE id <> 0 UNION ALL SELECT id FROM orphans)`

// lengthRules hold for heads written by the data types of package store.
var lengthRules = [...]rule{
	{
		lengths + `SELECT 'key ' || quote(name) || ' of ' || len FROM wrong`,
		"has another number of items than it says",
		lengths + `UPDATE heads SET len = wrong.n FROM wrong
			WHERE heads.ns = wrong.ns AND heads.h = wrong.h AND heads.name = wrong.name`,
	},
	{
		`SELECT 'key ' || quote(name) FROM heads WHERE kind & 255 BETWEEN 2 AND 5 AND len = 0`,
		"is an empty collection",
		`DELETE FROM heads WHERE kind & 255 BETWEEN 2 AND 5 AND len = 0`,
	},
}

// rules run in this order: a repair may leave work for a later rule.
var rules = [...]rule{
	{
		`SELECT 'id ' || id FROM orphans WHERE id IN (SELECT id FROM heads WHERE id <> 0)`,
		"is to be swept though a key owns it",
		`DELETE FROM orphans WHERE id IN (SELECT id FROM heads WHERE id <> 0)`,
	},
	{
		`SELECT 'id ' || id FROM heads WHERE id <> 0 GROUP BY id HAVING count(*) > 1`,
		"has more than one key", "",
	},
	{
		`SELECT DISTINCT 'items of id ' || id FROM items WHERE id NOT IN ` + owned,
		"belong to no key",
		`INSERT INTO orphans (id) SELECT DISTINCT id FROM items WHERE id NOT IN ` + owned,
	},
	{
		`SELECT DISTINCT 'chunks of id ' || (at >> 20) FROM chunks WHERE at >> 20 NOT IN ` + owned,
		"belong to no key",
		`INSERT INTO orphans (id) SELECT DISTINCT at >> 20 FROM chunks WHERE at >> 20 NOT IN ` + owned,
	},
	{
		`SELECT 'id ' || id || ' field ' || quote(field) FROM items WHERE ref IS NOT NULL AND ref NOT IN (SELECT ref FROM blobs)`,
		"has lost its value", "",
	},
	{
		`SELECT 'long value ' || ref FROM blobs WHERE ref NOT IN (SELECT ref FROM items WHERE ref IS NOT NULL)`,
		"belongs to no item",
		`DELETE FROM blobs WHERE ref NOT IN (SELECT ref FROM items WHERE ref IS NOT NULL)`,
	},
	{
		`SELECT 'heads of namespace ' || ns FROM (SELECT DISTINCT ns FROM heads)
			WHERE ns NOT IN (SELECT ns FROM spaces UNION ALL SELECT ns FROM dead_spaces)`,
		"belong to no database",
		`INSERT INTO dead_spaces (ns) SELECT DISTINCT ns FROM heads
			WHERE ns NOT IN (SELECT ns FROM spaces UNION ALL SELECT ns FROM dead_spaces)`,
	},
	{
		`SELECT 'database ' || db FROM spaces WHERE (size, volatile, bytes) IS NOT
			(SELECT count(*), count(expire), coalesce(sum(heads.bytes), 0) FROM heads WHERE heads.ns = spaces.ns)`,
		"has wrong counters",
		`UPDATE spaces SET (size, volatile, bytes) =
			(SELECT count(*), count(expire), coalesce(sum(heads.bytes), 0) FROM heads WHERE heads.ns = spaces.ns)`,
	},
	{
		`WITH used (n) AS (SELECT max(coalesce((SELECT max(id) FROM heads), 0), coalesce((SELECT max(id) FROM items), 0),
				coalesce((SELECT max(ref) FROM blobs), 0), coalesce((SELECT max(at) >> 20 FROM chunks), 0)))
			SELECT 'id ' || n FROM used, meta WHERE k = 'ids' AND n >= v`,
		"could be given out again", "",
	},
}

// Check verifies the file and every rule. The repairs run in one transaction, during which writers wait.
func (e *Engine) Check(ctx context.Context, fix bool) ([]store.Finding, error) {
	var found []store.Finding
	if !fix {
		err := e.read(ctx, func(t *tx) (err error) {
			found, err = t.inspect(false)
			return err
		})
		return found, err
	}
	err := e.change(ctx, func(t *tx) (err error) {
		if err = t.ledger.flush(t.conn); err == nil {
			found, err = t.inspect(true)
		}
		if err == nil {
			t.ledger.moved = true
			err = t.ledger.load(t.conn)
		}
		return err
	})
	return found, err
}

func (t *tx) inspect(fix bool) ([]store.Finding, error) {
	in := inspection{tx: t, fix: fix}
	in.texts("file", `PRAGMA integrity_check`, "")
	in.places()
	if !t.engine.opts.AnyLen {
		in.apply(lengthRules[:])
	}
	in.apply(rules[:])
	in.blocks()
	return in.found, t.fail(in.err)
}

// inspection collects findings; after an error it does nothing more.
type inspection struct {
	tx    *tx
	fix   bool
	found []store.Finding
	seen  int // findings before the rule at hand
	err   error
}

func (in *inspection) each(sql string, row func(*stmt)) {
	if in.err == nil {
		_, in.err = in.tx.conn.query(sql, row)
	}
}

func (in *inspection) run(sql string) { in.each(sql, func(*stmt) {}) }

func (in *inspection) apply(list []rule) {
	for _, r := range list {
		in.texts("", r.find, r.problem)
		if in.fix && r.repair != "" && in.fresh() {
			in.run(r.repair)
			in.mended()
		}
	}
}

// texts reports every row of a query, as the subject or, if a subject is given, as the problem.
func (in *inspection) texts(subject, sql, problem string) {
	in.seen = len(in.found)
	in.each(sql, func(s *stmt) {
		text := s.text(0)
		switch {
		case subject == "":
			in.report(text, problem)
		case text != "ok":
			in.report(subject, text)
		}
	})
}

func (in *inspection) report(subject, problem string) {
	in.found = append(in.found, store.Finding{Subject: subject, Problem: strings.TrimSpace(problem)})
}

func (in *inspection) fresh() bool { return in.err == nil && len(in.found) > in.seen }

func (in *inspection) mended() {
	for i := in.seen; i < len(in.found); i++ {
		in.found[i].Fixed = in.err == nil
	}
}

// places checks that rows stand where their hash says: a row elsewhere cannot be found.
func (in *inspection) places() {
	hash := in.tx.engine.hash
	in.each(`SELECT h, name FROM heads`, func(s *stmt) {
		if name := s.bytes(1); hash.head(name) != s.int(0) {
			in.report(fmt.Sprintf("key %q", name), "stands in the wrong place")
		}
	})
	in.each(`SELECT pos, field, part, id FROM items`, func(s *stmt) {
		p := store.Part(s.int(2))
		if f := s.bytes(1); p.Class() == store.Hashed && hash.sum(f) != s.int(0) {
			in.report(fmt.Sprintf("id %d field %q", s.int(3), f), "stands in the wrong place")
		}
	})
}

// blocks counts what every block of a ranked key counts.
func (in *inspection) blocks() {
	var ids []store.ID
	in.each(fmt.Sprintf(`SELECT id FROM heads WHERE kind & %d <> 0 AND id <> 0`, rankedBit), func(s *stmt) {
		ids = append(ids, store.ID(s.int(0)))
	})
	for _, id := range ids {
		in.seen = len(in.found)
		for _, p := range rankedParts {
			if in.err == nil {
				in.part(id, p)
			}
		}
		if !in.fix || !in.fresh() {
			continue
		}
		in.run(fmt.Sprintf(`DELETE FROM blocks WHERE id = %d`, id))
		if in.err == nil {
			in.err = in.tx.buildRanks(id)
		}
		in.mended()
	}
}

// part compares every level with the one below, and the lowest with the items.
func (in *inspection) part(id store.ID, p store.Part) {
	t := in.tx
	top, err := t.top(id, p)
	if in.err = err; err != nil {
		return
	}
	o, _ := blockOrder(p)
	items, err := t.countRows(id, p, o, span{lo: lowest(p), hi: mark{kind: beyond}})
	if in.err = err; err == nil && top < 0 && items > 0 {
		in.report(fmt.Sprintf("id %d", id), "is ranked but not counted")
	}
	for level := 0; level <= top && in.err == nil; level++ {
		in.level(id, p, level)
	}
}

func (in *inspection) level(id store.ID, p store.Part, level int) {
	t := in.tx
	o, _ := blockOrder(p)
	b, ok, err := t.find(id, p, level, lowest(p))
	if err == nil && !ok {
		in.report(fmt.Sprintf("id %d", id), "has no first block")
	}
	for ok && err == nil {
		next, more, nextErr := t.near(t.conn.s.blockNext, id, p, level, b.start)
		sp := span{lo: b.start, hi: next.start}
		if !more {
			sp.hi = mark{kind: beyond}
		}
		n := int64(0)
		if err = nextErr; err == nil && level == 0 {
			n, err = t.countRows(id, p, o, sp)
		} else if err == nil {
			n, err = t.overBlocks(t.conn.s.blockSum, id, p, level-1, sp)
		}
		if err == nil && n != b.n {
			in.report(fmt.Sprintf("id %d", id), fmt.Sprintf("has a block of %d items that says %d", n, b.n))
		}
		b, ok = next, more
	}
	in.err = err
}
