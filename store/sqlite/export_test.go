package sqlite

import (
	"context"
	"fmt"
	"os"
	"testing"
)

// Commits counts the commits that changed something.
func (e *Engine) Commits() uint64 { return e.commits.Load() / 2 }

// HoldAtLeast sets how long the log gets at least before a View is ended that holds it.
func (e *Engine) HoldAtLeast(bytes int64) { e.heldMin = bytes }

// LogBytes is the length of the log's file.
func (e *Engine) LogBytes() int64 { return e.logBytes() }

// LimitPages makes the file full at n pages.
func (e *Engine) LimitPages(t *testing.T, n int) {
	t.Helper()
	if err := e.writer.exclusive(context.Background(), func(c *conn) error {
		return c.Script(fmt.Sprintf("PRAGMA max_page_count = %d;", n))
	}); err != nil {
		t.Fatal(err)
	}
}

// Exec runs SQL behind the engine's back.
func (e *Engine) Exec(t *testing.T, sql string) {
	t.Helper()
	if err := e.writer.exclusive(context.Background(), func(c *conn) error { return c.Script(sql) }); err != nil {
		t.Fatal(err)
	}
	e.commits.Add(2)
	e.rows.Clear()
}

// FailSync has every sync of the log fail from now on.
func (e *Engine) FailSync(t *testing.T) {
	t.Helper()
	r, w, err := os.Pipe() // no pipe can be synced
	if err != nil {
		t.Fatal(err)
	}
	e.check.mu.Lock()
	defer e.check.mu.Unlock()
	log := e.check.wal
	e.check.wal = r
	t.Cleanup(func() { _, _ = w.Close(), log.Close() })
}

// Pragma reads a setting of the writer's connection.
func (e *Engine) Pragma(t *testing.T, name string) int64 {
	t.Helper()
	return e.number(t, "PRAGMA "+name)
}

func (e *Engine) number(t *testing.T, sql string) (n int64) {
	t.Helper()
	if err := e.writer.exclusive(context.Background(), func(c *conn) (err error) {
		n, err = c.Number(sql)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

// CopyBulk is the part of a checkpoint that holds nobody up; left is the number of pages that remain.
func (e *Engine) CopyBulk(t *testing.T) (left int64) {
	t.Helper()
	left, err := e.copyBulk()
	if err != nil {
		t.Fatal(err)
	}
	return left
}
