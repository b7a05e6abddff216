package sqlite

import (
	"fmt"

	"larder/store/sqlite/capi"
	"larder/store/sqlite/sqlfile"
)

// tagRow is an entry of the index of tags that is there and should not be, or the other way round.
type tagRow struct {
	ns, h     int64
	name, tag []byte
	missing   bool
}

// tags compares the index with the keys' own notes, both ways. Notes are believed.
func (in *inspection) tags() {
	in.seen = len(in.found)
	var wrong []tagRow
	in.each(`SELECT tags.ns, tags.h, tags.name, tags.tag, heads.expire, heads.kind, heads.notes
		FROM tags LEFT JOIN heads USING (ns, h, name)
		WHERE tags.ns NOT IN (SELECT ns FROM dead_spaces)`, func(s *capi.Stmt) {
		if tag, h := s.Bytes(3), timesOf(s, 4); !h.Notes.Tagged(string(tag)) {
			in.report(fmt.Sprintf("tag %q", tag), fmt.Sprintf("lists the key %q, which is not there or has it no more",
				s.Bytes(2)), "the entry is removed")
			wrong = append(wrong, tagRow{s.Int(0), s.Int(1), s.Clone(2), s.Clone(3), false})
		}
	})
	if in.err != nil {
		return
	}
	lookup, _, err := in.tx.conn.DB.Prepare(`SELECT 1 FROM tags WHERE ns = ?1 AND h = ?2 AND name = ?3 AND tag = ?4`)
	if err != nil {
		in.err = sqlfile.Fault(in.tx.conn.Path, err)
		return
	}
	defer lookup.Finalize()
	in.each(`SELECT ns, h, name, expire, kind, notes FROM heads WHERE notes IS NOT NULL AND ns NOT IN (SELECT ns FROM `+
		`dead_spaces)`, func(s *capi.Stmt) {
		h := timesOf(s, 3)
		for tag := range h.Notes.Tags() {
			row := tagRow{s.Int(0), s.Int(1), s.Clone(2), []byte(tag), true}
			row.bind(lookup)
			if _, found, err := in.tx.conn.count(lookup); err == nil && !found {
				in.report(fmt.Sprintf("key %q", row.name), fmt.Sprintf("has the tag %q, which does not list it", tag),
					"the entry is added")
				wrong = append(wrong, row)
			}
		}
	})
	if in.mending() {
		in.retag(wrong)
		in.mended()
	}
}

func (r *tagRow) bind(s *capi.Stmt) {
	s.BindInt(1, r.ns)
	s.BindInt(2, r.h)
	s.BindBlob(3, r.name)
	s.BindBlob(4, r.tag)
}

func (in *inspection) retag(rows []tagRow) {
	for _, sql := range [...]string{
		`DELETE FROM tags WHERE ns = ?1 AND h = ?2 AND name = ?3 AND tag = ?4`,
		`INSERT INTO tags (ns, h, name, tag) VALUES (?1, ?2, ?3, ?4)`,
	} {
		s, _, err := in.tx.conn.DB.Prepare(sql)
		if err != nil {
			in.err = sqlfile.Fault(in.tx.conn.Path, err)
			return
		}
		for i := range rows {
			if rows[i].missing == (sql[0] == 'I') && in.err == nil {
				rows[i].bind(s)
				in.err = in.tx.conn.Exec(s)
			}
		}
		s.Finalize()
	}
}
