package sqlite

import (
	"fmt"

	"larder/store"
	"larder/store/sqlite/capi"
	"larder/store/sqlite/sqlfile"
)

// place is a row whose hash is not that of its name, where nobody finds it.
type place struct {
	number [3]int64 // ns, h or id, part, pos
	name   []byte
	right  int64
}

// heads checks that keys stand where their hash says.
func (in *inspection) heads() {
	in.seen = len(in.found)
	var lost []place
	hash := in.tx.engine.hash
	in.each(`SELECT ns, h, name FROM heads`, func(s *capi.Stmt) {
		if right := hash.head(s.Bytes(2)); right != s.Int(1) {
			lost = append(lost, place{number: [3]int64{s.Int(0), s.Int(1)}, name: s.Clone(2), right: right})
			in.report(fmt.Sprintf("key %q", s.Bytes(2)), "stands where it is not looked for",
				"it is put in its place, or where another one has it is removed")
		}
	})
	if in.mending() {
		in.move(lost, `UPDATE OR IGNORE heads SET h = ?4 WHERE ns = ?1 AND h = ?2 AND name = ?5 AND ?3 = 0`,
			`INSERT INTO orphans (id, bytes) SELECT id, bytes FROM heads WHERE ns = ?1 AND h = ?2 AND name = ?5 AND ?3 = 0 `+
				`AND id <> 0 ON CONFLICT DO NOTHING`,
			`DELETE FROM heads WHERE ns = ?1 AND h = ?2 AND name = ?5 AND ?3 = 0`)
		in.mended()
	}
}

// items does the same for the items of hashed parts.
func (in *inspection) items() {
	in.seen = len(in.found)
	var lost []place
	hash := in.tx.engine.hash
	in.each(`SELECT id, part, pos, field FROM items`, func(s *capi.Stmt) {
		if store.Part(s.Int(1)).Class() != store.Hashed {
			return
		}
		if right := hash.sum(s.Bytes(3)); right != s.Int(2) {
			lost = append(lost, place{number: [3]int64{s.Int(0), s.Int(1), s.Int(2)}, name: s.Clone(3), right: right})
			in.report(fmt.Sprintf("item %q of id %d", s.Bytes(3), s.Int(0)), "stands where it is not looked for",
				"it is put in its place, or where another one has it is removed")
		}
	})
	if in.mending() {
		in.move(lost, `UPDATE OR IGNORE items SET pos = ?4 WHERE id = ?1 AND part = ?2 AND pos = ?3 AND field = ?5`,
			`DELETE FROM items WHERE id = ?1 AND part = ?2 AND pos = ?3 AND field = ?5`)
		in.mended()
	}
}

// move runs statements in turn for each row, as far as they change nothing more: what the first could not
// put in its place is left to the others.
func (in *inspection) move(rows []place, statements ...string) {
	for _, sql := range statements {
		if in.err != nil {
			return
		}
		s, _, err := in.tx.conn.DB.Prepare(sql)
		if err != nil {
			in.err = sqlfile.Fault(in.tx.conn.Path, err)
			return
		}
		for _, r := range rows {
			for i, n := range r.number {
				s.BindInt(i+1, n)
			}
			s.BindInt(4, r.right)
			s.BindBlob(5, r.name)
			if err := in.tx.conn.Exec(s); err != nil && in.err == nil {
				in.err = err
			}
		}
		s.Finalize()
	}
}

// separate gives all but the first of the keys that name one id items of their own.
func (in *inspection) separate() {
	type twin struct {
		ns, h int64
		name  []byte
		id    store.ID
	}
	var twins []twin
	in.each(`SELECT ns, h, name, id FROM heads AS a WHERE id <> 0 AND `+local+` AND EXISTS
		(SELECT 1 FROM heads AS b WHERE b.id = a.id AND (b.ns, b.h, b.name) < (a.ns, a.h, a.name))`, func(s *capi.Stmt) {
		twins = append(twins, twin{s.Int(0), s.Int(1), s.Clone(2), store.ID(s.Int(3))})
	})
	in.raiseIDs()
	for _, w := range twins {
		if in.err != nil {
			return
		}
		fresh, err := in.tx.engine.writer.reserve()
		if in.err = err; err == nil {
			in.duplicate(w.id, store.ID(fresh))
		}
		if in.err == nil {
			s := place{number: [3]int64{w.ns, w.h}, name: w.name, right: fresh}
			in.move([]place{s}, `UPDATE heads SET id = ?4 WHERE ns = ?1 AND h = ?2 AND name = ?5 AND ?3 = 0`)
		}
	}
}

// duplicate copies all that an id owns; blocks are counted anew by their own rule.
func (in *inspection) duplicate(from, to store.ID) {
	var refs []int64
	in.each(fmt.Sprintf(`SELECT ref FROM items WHERE id = %d AND ref IS NOT NULL`, from), func(s *capi.Stmt) {
		refs = append(refs, s.Int(0))
	})
	in.run(fmt.Sprintf(`INSERT INTO items (id, part, pos, field, score, value, ref)
		SELECT %d, part, pos, field, score, value, ref FROM items WHERE id = %d`, to, from))
	in.run(fmt.Sprintf(`INSERT INTO chunks (at, value) SELECT (%d << 20) | (at & 1048575), value FROM chunks WHERE at `+
		`>> 20 = %d`, to, from))
	for _, ref := range refs {
		if in.err != nil {
			return
		}
		fresh, err := in.tx.engine.writer.reserve()
		if in.err = err; err == nil {
			in.run(fmt.Sprintf(`INSERT INTO blobs (ref, value) SELECT %d, value FROM blobs WHERE ref = %d`, fresh, ref))
			in.run(fmt.Sprintf(`UPDATE items SET ref = %d WHERE id = %d AND ref = %d`, fresh, to, ref))
		}
	}
}

// typeOf is the type whose items lie in a part.
func typeOf(p store.Part) store.Type {
	switch p {
	case store.Fields, store.Expiries:
		return store.Hash
	case store.Members:
		return store.Set
	case store.Scores:
		return store.ZSet
	case store.Elements:
		return store.List
	case store.Chunks:
		return store.String
	case store.Entries, store.Groups, store.Consumers, store.Pending, store.Producers:
		return store.Stream
	}
	return store.None
}

// adopt puts items that no key names under keys of their own; what their heads should say, store.Amend
// finds out. Items of no known type are left to the sweep. Where several parts lie under an id the type's own comes
// first.
func (in *inspection) adopt() {
	type orphan struct {
		id   store.ID
		part store.Part
	}
	var orphans []orphan
	in.each(fmt.Sprintf(`SELECT id, min(part) FROM items WHERE id IN %s GROUP BY id
		UNION ALL SELECT at >> 20, %d FROM chunks WHERE at >> 20 IN %s GROUP BY 1`,
		lost, store.Chunks, lost), func(s *capi.Stmt) {
		orphans = append(orphans, orphan{store.ID(s.Int(0)), store.Part(s.Int(1))})
	})
	for _, o := range orphans {
		if in.err != nil {
			return
		}
		k := store.Key{Name: fmt.Appendf(nil, "recovered:%d", o.id)}
		if t := typeOf(o.part); t != store.None {
			in.tx.loose = append(in.tx.loose, o.id)
			in.err = in.tx.PutHead(k, store.Head{Type: t, ID: o.id})
		} else {
			in.run(fmt.Sprintf(`INSERT INTO orphans (id) VALUES (%d) ON CONFLICT DO NOTHING`, o.id))
		}
	}
	if in.err == nil {
		in.err = in.tx.ledger.flush(in.tx.conn)
	}
}

// house gives namespaces without a database number the first free ones.
func (in *inspection) house() {
	in.run(`WITH RECURSIVE
		homeless (ns, i) AS (SELECT ns, row_number() OVER (ORDER BY ns) FROM (SELECT DISTINCT ns FROM heads
			WHERE ns NOT IN (SELECT ns FROM spaces UNION ALL SELECT ns FROM dead_spaces))),
		number (db) AS (SELECT 0 UNION ALL SELECT db + 1 FROM number WHERE db < 16384),
		free (db, i) AS (SELECT db, row_number() OVER (ORDER BY db) FROM number WHERE db NOT IN
			(SELECT db FROM spaces WHERE ns IN (SELECT ns FROM heads)))
		INSERT INTO spaces (db, ns, size, volatile, bytes) SELECT db, ns, 0, 0, 0 FROM homeless JOIN free USING (i)
			WHERE true ON CONFLICT (db) DO UPDATE SET ns = excluded.ns`)
	in.reload()
}

// reload has the transaction know what a statement did to the databases.
func (in *inspection) reload() {
	if in.err == nil {
		in.err = in.tx.ledger.load(in.tx.conn)
	}
	for _, sp := range in.tx.ledger.spaces {
		in.tx.ledger.nextNS = max(in.tx.ledger.nextNS, sp.ns+1)
	}
}

// raiseIDs makes the next id higher than all in use.
func (in *inspection) raiseIDs() {
	if in.err != nil {
		return
	}
	used, err := in.tx.conn.Number(highest)
	w := &in.tx.engine.writer
	if in.err = err; err == nil {
		w.nextID = max(w.nextID, used+1)
		w.idLimit = max(w.idLimit, w.nextID)
		in.err = in.tx.metaPut("ids", w.idLimit)
	}
}
