package sqlite

import (
	"context"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"larder/store"
	"larder/store/sqlite/blocks"
	"larder/store/sqlite/capi"
	"larder/store/sqlite/sqlfile"
)

// rule is one thing that must hold: find lists what breaks it, one text a row. What mends all of it is a
// statement, or a function that is called with the inspection.
type rule struct {
	find, problem string
	repair        string // in words
	sql           string
	do            func(*inspection)
}

const owned = `(SELECT id FROM heads WHERE id <> 0 UNION ALL SELECT id FROM orphans)`

// alive are the ids that keys name: those of a flushed database are none any more.
const alive = `(SELECT id FROM heads WHERE id <> 0 AND ns NOT IN (SELECT ns FROM dead_spaces))`

// unowned are the ids that have something and neither a key here nor an end.
const unowned = `SELECT id FROM (SELECT DISTINCT id FROM items UNION SELECT DISTINCT at >> 20 FROM chunks
	UNION SELECT DISTINCT id FROM blocks) WHERE id NOT IN ` + owned

// highest is the largest number that ids are used for.
const highest = `SELECT max(coalesce((SELECT max(id) FROM heads WHERE ` + local + `), 0),
	coalesce((SELECT max(id) FROM items), 0),
	coalesce((SELECT max(ref) FROM blobs), 0), coalesce((SELECT max(at) >> 20 FROM chunks), 0))`

const counted = `(SELECT count(*), count(expire) FILTER (WHERE ` + ownExpiry +
	`), coalesce(sum(heads.bytes), 0) FROM heads WHERE heads.ns = spaces.ns)`

// lost is what listLost has listed.
const lost = `(SELECT id FROM temp.lost)`

// rules run in this order: a repair may leave work for a later rule. What heads say of their items is
// not among them: package store compares these, see store.Audit.
var rules = [...]rule{
	{
		find:    `SELECT 'id ' || id FROM orphans WHERE id IN ` + alive,
		problem: "is to be swept though a key owns it", repair: "it is kept",
		sql: `DELETE FROM orphans WHERE id IN ` + alive,
	},
	{
		find: `SELECT 'keys ' || group_concat(quote(name), ', ') FROM heads
			WHERE id <> 0 AND ` + local + ` AND ns NOT IN (SELECT ns FROM dead_spaces) GROUP BY id HAVING count(*) > 1`,
		problem: "have the same items, so that each changes the others", repair: "each gets a copy of them",
		do: (*inspection).separate,
	},
	{
		find: `SELECT DISTINCT 'items of id ' || id FROM items WHERE id IN ` + lost + `
			UNION ALL SELECT DISTINCT 'chunks of id ' || (at >> 20) FROM chunks WHERE at >> 20 IN ` + lost,
		problem: "belong to no key", repair: "they become the keys recovered:ID of database 0",
		do: (*inspection).adopt,
	},
	{
		find: `SELECT 'item ' || quote(field) || ' at ' || pos || ' of ' ||
				coalesce('key ' || (SELECT quote(name) FROM heads WHERE heads.id = items.id), 'id ' || id)
			FROM items WHERE ref IS NOT NULL AND ref NOT IN (SELECT ref FROM blobs)`,
		problem: "has lost its value", repair: "it is removed: there is nothing to answer for it",
		sql: `DELETE FROM items WHERE ref IS NOT NULL AND ref NOT IN (SELECT ref FROM blobs)`,
	},
	{
		find:    `SELECT 'long value ' || ref FROM blobs WHERE ref NOT IN (SELECT ref FROM items WHERE ref IS NOT NULL)`,
		problem: "belongs to no item", repair: "it is removed: whose it was is not known",
		sql: `DELETE FROM blobs WHERE ref NOT IN (SELECT ref FROM items WHERE ref IS NOT NULL)`,
	},
	{
		find:    `SELECT 'blocks of id ' || id FROM (SELECT DISTINCT id FROM blocks) WHERE id IN ` + lost,
		problem: "count for no key", repair: "they are removed",
		sql: `DELETE FROM blocks WHERE id IN ` + lost,
	},
	{
		find: `SELECT 'keys of namespace ' || ns FROM (SELECT DISTINCT ns FROM heads)
			WHERE ns NOT IN (SELECT ns FROM spaces UNION ALL SELECT ns FROM dead_spaces)`,
		problem: "belong to no database", repair: "they become the first database that is free",
		do: (*inspection).house,
	},
	{
		find:    `SELECT 'database ' || db FROM spaces WHERE (size, volatile, bytes) IS NOT ` + counted,
		problem: "has wrong counters of keys, of keys with an expiry or of bytes", repair: "they are counted anew",
		sql: `UPDATE spaces SET (size, volatile, bytes) = ` + counted,
	},
	{
		find:    `WITH used (n) AS (` + highest + `) SELECT 'id ' || n FROM used, meta WHERE k = 'ids' AND n >= v`,
		problem: "could be given out again", repair: "the next id is a higher one",
		do: (*inspection).raiseIDs,
	},
}

// Check looks for damage in a snapshot, while readers and the writer go on. Only if there is something to mend, a
// transaction looks again and mends it, while writers wait.
func (e *Engine) Check(ctx context.Context, fix bool) ([]store.Finding, error) {
	return e.CheckAmong(ctx, fix, func([]store.ID) ([]store.ID, error) { return nil, nil })
}

// CheckAmong takes for lost what belongs to no key, neither here nor in another file, both before and after the others
// have been asked: whose last key has gone is never named again, and its end may be on its way here.
func (e *Engine) CheckAmong(ctx context.Context, fix bool,
	claimed func([]store.ID) ([]store.ID, error)) ([]store.Finding, error) {
	lost, err := e.lost(ctx, claimed)
	if err != nil {
		return nil, err
	}
	var found []store.Finding
	err = e.read(ctx, func(t *tx) (err error) {
		found, err = t.inspect(lost, false)
		return err
	})
	if err != nil || !fix || len(found) == 0 || found[0].Damage {
		return found, err
	}
	err = e.change(ctx, func(t *tx) (err error) {
		if err = t.ledger.flush(t.conn); err == nil {
			found, err = t.inspect(lost, true)
		}
		if err == nil {
			err = t.ledger.load(t.conn)
		}
		return err
	})
	return found, err
}

// lostMost is how many lost ids one check deals with: the next one goes on.
const lostMost = 10000

func (e *Engine) lost(ctx context.Context, claimed func([]store.ID) ([]store.ID, error)) ([]store.ID, error) {
	before, err := e.unowned(ctx)
	if len(before) == 0 || err != nil {
		return nil, err
	}
	kept, err := claimed(before)
	if err != nil {
		return nil, err
	}
	slices.Sort(kept)
	now, err := e.unowned(ctx)
	lost := slices.DeleteFunc(now, func(id store.ID) bool {
		_, old := slices.BinarySearch(before, id)
		_, kept := slices.BinarySearch(kept, id)
		return kept || !old
	})
	return lost[:min(len(lost), lostMost)], err
}

// unowned answers in order. A file that is damaged is for others to tell of.
func (e *Engine) unowned(ctx context.Context) (ids []store.ID, err error) {
	err = e.read(ctx, func(t *tx) error {
		ids = ids[:0]
		_, err := t.conn.Query(unowned+` ORDER BY id`, func(s *capi.Stmt) { ids = append(ids, store.ID(s.Int(0))) })
		return err
	})
	if sqlfile.Unsound(err) {
		return nil, nil
	}
	return ids, err
}

func (t *tx) inspect(lost []store.ID, fix bool) ([]store.Finding, error) {
	in := inspection{tx: t, fix: fix, lost: lost}
	t.engine.writer.unseen = t.engine.writer.unseen || fix
	in.file()
	if len(in.found) > 0 && in.found[0].Damage {
		return in.found, t.fail(in.err)
	}
	in.heads()
	in.items()
	in.tags()
	in.listLost()
	for i := range rules {
		in.apply(&rules[i])
	}
	in.blocks()
	return in.found, t.fail(in.err)
}

// inspection collects findings; after an error it does nothing more.
type inspection struct {
	tx    *tx
	fix   bool
	lost  []store.ID
	found []store.Finding
	seen  int // findings before the rule at hand
	err   error
}

func (in *inspection) each(sql string, row func(*capi.Stmt)) {
	if in.err == nil {
		_, in.err = in.tx.conn.Query(sql, row)
	}
}

// listLost has statements know the lost ids. The table is the connection's alone, and not in the file.
func (in *inspection) listLost() {
	in.run(`CREATE TEMP TABLE IF NOT EXISTS lost (id INTEGER PRIMARY KEY)`)
	in.run(`DELETE FROM temp.lost`)
	for _, id := range in.lost {
		in.run(fmt.Sprintf(`INSERT INTO temp.lost VALUES (%d)`, id))
	}
}

func (in *inspection) run(sql string) { in.each(sql, func(*capi.Stmt) {}) }

func (in *inspection) apply(r *rule) {
	in.seen = len(in.found)
	in.each(r.find, func(s *capi.Stmt) { in.report(legible(s.Text(0)), r.problem, r.repair) })
	if !in.mending() {
		return
	}
	if r.do != nil {
		r.do(in)
	} else {
		in.run(r.sql)
	}
	in.mended()
}

// hexName is how SQLite's quote writes a name.
var hexName = regexp.MustCompile(`X'([0-9A-F]*)'`)

// legible writes names as people know them.
func legible(text string) string {
	return hexName.ReplaceAllStringFunc(text, func(quoted string) string {
		name, err := hex.DecodeString(quoted[2 : len(quoted)-1])
		if err != nil {
			return quoted
		}
		return strconv.Quote(string(name))
	})
}

func (in *inspection) report(subject, problem, repair string) {
	in.found = append(in.found, store.Finding{Subject: subject, Problem: strings.TrimSpace(problem), Repair: repair})
}

// mending tells whether the rule at hand found something and is to mend it.
func (in *inspection) mending() bool { return in.fix && in.err == nil && len(in.found) > in.seen }

func (in *inspection) mended() {
	for i := in.seen; i < len(in.found); i++ {
		in.found[i].Fixed = in.err == nil
	}
}

// file asks SQLite. An index that disagrees with its table is written anew; bytes that make no page are
// beyond what can be done while the file is in use.
func (in *inspection) file() {
	texts, err := in.tx.conn.Integrity("integrity_check")
	if in.err = err; err != nil {
		if sqlfile.Unsound(err) {
			in.err = nil
			in.found = append(in.found, damage(err.Error()))
		}
		return
	}
	for _, text := range texts {
		if !indexFault(text) {
			in.found = append(in.found, damage(text))
		}
	}
	if len(in.found) > 0 {
		return
	}
	for _, text := range texts {
		in.report("index", text, "the indexes are made anew from the tables")
	}
	if in.mending() {
		in.run(`REINDEX`)
		in.mended()
	}
}

// indexFault recognizes what integrity_check says of an index: it has no codes.
func indexFault(text string) bool {
	return strings.Contains(text, " missing from index ") || strings.Contains(text, " in index ") ||
		strings.Contains(text, " out of order for index")
}

// damage is the finding of a page that cannot be read.
func damage(text string) store.Finding {
	return store.Finding{Subject: "file", Problem: text, Damage: true,
		Repair: "what can be read is copied into a new file and the damaged one is kept beside it"}
}

// blocks counts what every block of a ranked key counts.
func (in *inspection) blocks() {
	var ids []store.ID
	in.each(fmt.Sprintf(`SELECT id FROM heads WHERE kind & %d <> 0 AND id <> 0 AND %s
		UNION SELECT DISTINCT id FROM blocks WHERE id NOT IN (SELECT id FROM orphans)`,
		rankedBit, local), func(s *capi.Stmt) {
		ids = append(ids, store.ID(s.Int(0)))
	})
	for _, id := range ids {
		in.seen = len(in.found)
		for _, p := range blocks.Parts() {
			if in.err == nil {
				in.err = in.tx.counts(id, p).Check(func(problem string) {
					in.report(fmt.Sprintf("rank of id %d", id), problem, "its items are counted anew")
				})
			}
		}
		if !in.mending() {
			continue
		}
		in.run(fmt.Sprintf(`DELETE FROM blocks WHERE id = %d`, id))
		if in.err == nil {
			in.err = in.tx.buildRanks(id)
		}
		in.mended()
	}
}
