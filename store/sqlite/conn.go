package sqlite

import (
	_ "embed"

	"larder/store"
	"larder/store/sqlite/capi"
	"larder/store/sqlite/sqlfile"
)

//go:embed schema.sql
var schema string

// conn is one connection to the file with its prepared statements and the transaction object it
// reuses. One goroutine at a time may use it: the one that has locked the writer, or taken the reader.
type conn struct {
	*sqlfile.Conn
	s  statements
	tx tx
	// mark is the journal's mark in the snapshot the connection has, if marked.
	mark   store.Mark
	marked bool
	hurry  bool // nothing may be read from the file: see store.Hurrier
	hold   hold
	ahead  ahead
	idle   [shapes][]*cursor // range statements not in use
	all    []*cursor
	named  []*capi.Stmt // those in s
}

// openConn opens a connection that has no prepared statements yet, for the tables may not exist.
func openConn(path string, cacheBytes int64) (*conn, error) {
	r, err := sqlfile.Open(path, cacheBytes)
	if err != nil {
		return nil, err
	}
	return &conn{Conn: r}, nil
}

// prepare prepares statements by name, and those that count.
func (c *conn) prepare(list []preparation, writing bool) error {
	for _, p := range list {
		if err := c.name(p.into, p.sql); err != nil {
			return err
		}
	}
	return c.s.blocks.Prepare(writing, c.name)
}

func (c *conn) name(into **capi.Stmt, sql string) error {
	s, _, err := c.DB.Prepare(sql)
	if err != nil {
		return sqlfile.Fault(c.Path, err)
	}
	*into = s
	c.named = append(c.named, s)
	return nil
}

// step moves to the next row. The caller must reset the statement in the end.
func (c *conn) step(s *capi.Stmt) (bool, error) {
	if c.hurry {
		return false, store.ErrCold
	}
	row, err := s.Step()
	if err != nil {
		return false, sqlfile.Fault(c.Path, err)
	}
	return row, nil
}

// count runs a statement that answers one number at most; without a row it is 0, found false.
func (c *conn) count(s *capi.Stmt) (n int64, found bool, err error) {
	found, err = c.step(s)
	if found {
		n = s.Int(0)
	}
	s.Reset()
	return n, found, err
}

func (c *conn) metaPut(k string, n int64) error {
	c.s.metaSet.BindText(1, k)
	c.s.metaSet.BindInt(2, n)
	return c.Exec(c.s.metaSet)
}

func (c *conn) close() error {
	for _, s := range c.named {
		s.Finalize()
	}
	for _, cur := range c.all {
		cur.stmt.Finalize()
	}
	return c.Conn.Close()
}

// misuse reports a caller that breaks the contract of package store.
func misuse(what string) error { return &store.Error{Code: store.CodeInternal, Message: what} }
