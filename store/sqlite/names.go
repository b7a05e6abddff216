package sqlite

import (
	"errors"

	"larder/store"
	"larder/store/sqlite/capi"
)

// order makes the index of names, or removes it: keeping it costs every new key a place in a
// second tree, and that one in an order in which keys do not come.
func (e *Engine) order(c *conn) error {
	if e.opts.Ordered {
		return c.Script("CREATE INDEX IF NOT EXISTS heads_name ON heads (ns, name);")
	}
	return c.Script("DROP INDEX IF EXISTS heads_name;")
}

// prepared are the statements of a connection that reads.
func (e *Engine) prepared(s *statements) []preparation {
	if e.opts.Ordered {
		return append(s.reading(), s.ordering()...)
	}
	return s.reading()
}

// Names walks the index of names.
func (t *tx) Names(db int, span store.Span) ([][]byte, error) {
	if err := t.readable(); err != nil {
		return nil, err
	}
	if !t.engine.opts.Ordered {
		return nil, store.ErrNoOrder
	}
	sp := t.ledger.find(db)
	if sp == nil {
		return nil, nil
	}
	s := t.walkNames(sp.ns, &span)
	defer s.Reset()
	var names [][]byte
	for len(names) < span.Limit {
		row, err := t.conn.step(s)
		if err != nil || !row {
			return names, t.fail(err)
		}
		name := t.nameIn(s, 0)
		if span.Past(name) {
			break
		}
		if span.Admits(name) && t.alive(s, 1) {
			names = append(names, name)
		}
	}
	return names, nil
}

func (t *tx) walkNames(ns int64, span *store.Span) *capi.Stmt {
	s, bound := t.conn.s.namesUp, span.From
	if span.Reverse {
		s, bound = t.conn.s.namesDown, span.To
		if bound == nil {
			s = t.conn.s.namesLast
		}
	}
	s.BindInt(1, ns)
	if s != t.conn.s.namesLast {
		s.BindBlob(2, bound)
	}
	return s
}

// nameIn is a name in a column: empty, it is not nil.
func (t *tx) nameIn(s *capi.Stmt, col int) []byte {
	if name := t.arena.column(s, col); name != nil {
		return name
	}
	return []byte{}
}

// Ordered reports whether a shard's file has the index of names, for callers that open it as it is.
func Ordered(path string) (bool, error) {
	c, err := openConn(path, 0)
	if err != nil {
		return false, err
	}
	n, err := c.Number(`SELECT count(*) FROM sqlite_schema WHERE name = 'heads_name'`)
	return n > 0, errors.Join(err, c.close())
}
