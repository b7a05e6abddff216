package blocks

import "larder/store/sqlite/capi"

// Statements are those of one connection; Prepare makes them. They belong to the connection's user.
type Statements struct {
	find, next, before, sum, count, top, any, walk *capi.Stmt
	put, drop, mid                                 *capi.Stmt // of a connection that writes
}

const (
	level  = ` FROM blocks WHERE id = ?1 AND part = ?2 AND level = ?3 `
	within = level + `AND (key, field) >= (?4, ?5) AND (key, field) < (?6, ?7) `
)

// Prepare has the statements prepared.
func (s *Statements) Prepare(writing bool, prepare func(into **capi.Stmt, sql string) error) (err error) {
	one := func(into **capi.Stmt, sql string) {
		if err == nil {
			err = prepare(into, sql)
		}
	}
	one(&s.find, `SELECT n, key, field`+level+`AND (key, field) <= (?4, ?5) ORDER BY key DESC, field DESC LIMIT 1`)
	one(&s.before, `SELECT n, key, field`+level+`AND (key, field) < (?4, ?5) ORDER BY key DESC, field DESC LIMIT 1`)
	one(&s.next, `SELECT n, key, field`+level+`AND (key, field) > (?4, ?5) ORDER BY key, field LIMIT 1`)
	one(&s.sum, `SELECT sum(n)`+within)
	one(&s.count, `SELECT count(*)`+within)
	one(&s.top, `SELECT level FROM blocks WHERE id = ?1 AND part = ?2 ORDER BY level DESC LIMIT 1`)
	one(&s.any, `SELECT 1 FROM blocks WHERE id = ?1 LIMIT 1`)
	one(&s.walk, `SELECT n, key, field`+within+`ORDER BY key, field`)
	if writing {
		one(&s.put, `INSERT INTO blocks (id, part, level, key, field, n) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
			ON CONFLICT (id, part, level, key, field) DO UPDATE SET n = excluded.n`)
		one(&s.drop, `DELETE`+level+`AND key = ?4 AND field = ?5`)
		one(&s.mid, `SELECT key, field`+within+`ORDER BY key, field LIMIT 1 OFFSET ?8`)
	}
	return err
}
