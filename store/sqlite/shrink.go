package sqlite

import (
	"context"
	"fmt"
)

const (
	// vacuumPages is how many free pages one Sweep takes from the file: what is at its end moves into them. While it
	// does, this shard's file takes no other write.
	vacuumPages = 128
	// The file shrinks once vacuumFloor pages and an eighth of it are free, and on until a thirty-second
	// part is: what a cache at its limit frees and fills again stays.
	vacuumFloor = 256
	vacuumFrom  = 8
	vacuumTo    = 32
)

// shrink gives free pages back, when there is nothing to sweep. The file itself becomes shorter with the next
// checkpoint: see Size.Excess.
func (e *Engine) shrink(ctx context.Context) (more bool, err error) {
	var free, all int64
	err = e.read(ctx, func(t *tx) error {
		free, all, err = t.pages()
		return err
	})
	part := int64(vacuumFrom)
	if e.shrinking.Load() {
		part = vacuumTo
	}
	more = err == nil && free >= vacuumFloor && free*part >= all
	e.shrinking.Store(more)
	if !more {
		return false, err
	}
	err = e.writer.exclusive(ctx, func(c *conn) error {
		defer e.commits.Add(2) // or readers would go on to see the pages
		return c.Script(fmt.Sprintf("PRAGMA incremental_vacuum(%d);", vacuumPages))
	})
	return err == nil, err
}
