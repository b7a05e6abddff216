package sqlite

import (
	"context"
	"testing"
)

// Steps returns how many steps of SQLite's virtual machine the writer's statements took since it was
// last asked: a measure of rows visited that no load on the machine changes.
func (e *Engine) Steps(t *testing.T) (n int64) {
	t.Helper()
	err := e.writer.exclusive(context.Background(), func(c *conn) error {
		n = c.takeSteps()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// ReadSteps is Steps for the reader that the next View gets.
func (e *Engine) ReadSteps(t *testing.T) int64 {
	t.Helper()
	r, err := e.readers.take(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer e.readers.put(r)
	return r.conn.takeSteps()
}

func (c *conn) takeSteps() (n int64) {
	for _, s := range c.named {
		n += s.TakeSteps()
	}
	for _, cur := range c.all {
		n += cur.stmt.TakeSteps()
	}
	return n
}
