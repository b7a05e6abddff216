package sqlite

import (
	_ "embed"
	"fmt"
	"time"

	"larder/store"
	"larder/store/sqlite/capi"
)

//go:embed schema.sql
var schema string

// pageSize holds for files made from now on; see doc.go.
const pageSize = 4096

// busyTime is how long a connection waits for a lock of SQLite's own. Nobody else writes, but whoever begins to read
// while a commit changes the log's header takes the writer's lock for a moment to read it again. Who
// waits longer has found a second process.
const busyTime = time.Second

// conn is one connection to the file with its prepared statements and the transaction object it
// reuses. One goroutine at a time may use it: the group leader, or the taker of a reader.
type conn struct {
	db   *capi.DB
	path string
	s    statements
	tx   tx
	// mark is the journal's mark in the snapshot the connection has, if marked.
	mark   store.Mark
	marked bool
	hurry  bool // nothing may be read from the file: see store.Hurrier
	ahead  ahead
	idle   [shapes][]*cursor // range statements not in use
	all    []*cursor
	named  []*capi.Stmt // those in s
}

// openConn opens a connection and sets what holds for its whole life; it does not yet prepare
// statements, for the tables may not exist.
func openConn(path string, cacheBytes int64) (*conn, error) {
	db, err := capi.Open(path)
	if err != nil {
		return nil, fault(path, err)
	}
	c := &conn{db: db, path: path}
	err = c.script(fmt.Sprintf(`PRAGMA page_size = %d;
		PRAGMA auto_vacuum = incremental;
		PRAGMA journal_mode = wal;
		PRAGMA wal_autocheckpoint = 0;
		PRAGMA mmap_size = 0;
		PRAGMA busy_timeout = %d;
		PRAGMA synchronous = normal;
		PRAGMA cache_size = %d;`, pageSize, busyTime.Milliseconds(), -max(cacheBytes>>10, 64)))
	if err != nil {
		_ = c.close()
		return nil, err
	}
	return c, nil
}

// script runs statements one after the other, whatever they answer.
func (c *conn) script(sql string) error {
	for sql != "" {
		rest, err := c.query(sql, func(*capi.Stmt) {})
		if err != nil {
			return err
		}
		sql = rest
	}
	return nil
}

// query runs the first statement of sql, once and rarely, and returns the rest of sql.
func (c *conn) query(sql string, row func(*capi.Stmt)) (rest string, err error) {
	s, rest, err := c.db.Prepare(sql)
	if err != nil {
		return "", fault(c.path, err)
	}
	defer s.Finalize()
	for {
		more, err := c.step(s)
		if err != nil || !more {
			return rest, err
		}
		row(s)
	}
}

// number runs a statement that answers one integer.
func (c *conn) number(sql string) (n int64, err error) {
	_, err = c.query(sql, func(s *capi.Stmt) { n = s.Int(0) })
	return n, err
}

func (c *conn) prepare(list []preparation) error {
	for _, p := range list {
		s, _, err := c.db.Prepare(p.sql)
		if err != nil {
			return fault(c.path, err)
		}
		*p.into = s
		c.named = append(c.named, s)
	}
	return nil
}

// step moves to the next row. Whoever steps must reset in the end.
func (c *conn) step(s *capi.Stmt) (bool, error) {
	if c.hurry {
		return false, store.ErrCold
	}
	row, err := s.Step()
	if err != nil {
		return false, fault(c.path, err)
	}
	return row, nil
}

// exec runs a statement that answers nothing.
func (c *conn) exec(s *capi.Stmt) error {
	if _, err := s.Step(); err != nil {
		return fault(c.path, err)
	}
	s.Reset()
	return nil
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

func (c *conn) close() error {
	for _, s := range c.named {
		s.Finalize()
	}
	for _, cur := range c.all {
		cur.stmt.Finalize()
	}
	return fault(c.path, c.db.Close())
}
