package sqlite

import (
	_ "embed"
	"fmt"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"larder/store"
)

//go:embed schema.sql
var schema string

const pageSize = 4096

// conn is one connection to the file with its prepared statements and the transaction object it
// reuses. One goroutine at a time may use it: the group leader, or the taker of a reader.
type conn struct {
	db   *sqlite.Conn
	path string
	s    statements
	tx   tx
	// mark is the journal's mark in the snapshot the connection has, if marked.
	mark   store.Mark
	marked bool
	idle   [shapes][]*cursor // range statements not in use
	all    []*cursor
}

// openConn opens a connection and sets what holds for its whole life; it does not yet prepare
// statements, for the tables may not exist.
func openConn(path string, cacheBytes int64) (*conn, error) {
	db, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
	if err != nil {
		return nil, fault(path, err)
	}
	// Nobody else writes: whoever has to wait here found a second process.
	db.SetBusyTimeout(0)
	c := &conn{db: db, path: path}
	err = c.script(fmt.Sprintf(`PRAGMA page_size = %d;
		PRAGMA auto_vacuum = incremental;
		PRAGMA journal_mode = wal;
		PRAGMA wal_autocheckpoint = 0;
		PRAGMA mmap_size = 0;
		PRAGMA synchronous = normal;
		PRAGMA cache_size = %d;`, pageSize, -max(cacheBytes>>10, 64)))
	if err != nil {
		_ = c.close()
		return nil, err
	}
	return c, nil
}

// script runs statements outside any transaction.
func (c *conn) script(sql string) error {
	for sql != "" {
		s, rest, err := c.db.PrepareTransient(sql)
		if err != nil {
			return fault(c.path, err)
		}
		for more := true; more && err == nil; {
			more, err = s.Step()
		}
		_ = s.Finalize()
		if err != nil {
			return fault(c.path, err)
		}
		sql = trimmed(sql[len(sql)-rest:])
	}
	return nil
}

func trimmed(sql string) string {
	for sql != "" && (sql[0] <= ' ' || sql[0] == ';') {
		sql = sql[1:]
	}
	return sql
}

// number runs a statement that answers one integer.
func (c *conn) number(sql string) (n int64, err error) {
	err = sqlitex.ExecuteTransient(c.db, sql, &sqlitex.ExecOptions{ResultFunc: func(s *sqlite.Stmt) error {
		n = s.ColumnInt64(0)
		return nil
	}})
	return n, fault(c.path, err)
}

func (c *conn) prepare(list []preparation) error {
	for _, p := range list {
		s, err := c.db.Prepare(p.sql)
		if err != nil {
			return fault(c.path, err)
		}
		*p.into = s
	}
	return nil
}

// step moves to the next row. Whoever steps must reset in the end.
func (c *conn) step(s *sqlite.Stmt) (bool, error) {
	row, err := s.Step()
	if err != nil {
		return false, fault(c.path, err)
	}
	return row, nil
}

// exec runs a statement that answers nothing.
func (c *conn) exec(s *sqlite.Stmt) error {
	if _, err := s.Step(); err != nil {
		return fault(c.path, err)
	}
	return fault(c.path, s.Reset())
}

// count runs a statement that answers one number at most; without a row it is 0, found false.
func (c *conn) count(s *sqlite.Stmt) (n int64, found bool, err error) {
	found, err = c.step(s)
	if found {
		n = s.ColumnInt64(0)
	}
	if err == nil {
		err = fault(c.path, s.Reset())
	}
	return n, found, err
}

func (c *conn) close() error {
	for _, cur := range c.all {
		_ = cur.stmt.Finalize()
	}
	return fault(c.path, c.db.Close())
}
