package sqlite

import (
	"fmt"
	"sync/atomic"

	"larder/store"
)

// A View holds its snapshot, and the log of the file cannot begin again before that is given up: while somebody writes
// it grows. Nothing else bounds that, so the oldest View is ended when the log is as long as the file, and at least
// heldMin. The next read of that View fails, and so does its command; other Views go on.

// heldMin is the least length in bytes of a log for which a View is ended.
const heldMin = 1 << 30

// hold is the snapshot that a reader has, and which of them was ended. The reader's goroutine takes and drops, a
// checkpoint's ends.
type hold struct{ seen, ended atomic.Uint64 }

func (h *hold) take(seen uint64) { h.seen.Store(seen) }

func (h *hold) drop() { h.seen.Store(0) }

// lost reports whether the snapshot that the reader has was ended.
func (h *hold) lost() bool {
	ended := h.ended.Load()
	return ended != 0 && ended == h.seen.Load()
}

// errHeld is what a View gets that was ended.
func errHeld(path string) error {
	return &store.Error{Code: store.CodeEnded, Message: fmt.Sprintf(
		"the read was ended: what was written while it ran has made %s-wal as long as its file; read in smaller parts, or "+
			"when less is written", path)}
}

// endOldest ends the View that has the oldest snapshot, if that is not of the last commit.
func (p *pool) endOldest(commits uint64) {
	var oldest *hold
	at := commits
	for _, r := range p.all {
		if seen := r.conn.hold.seen.Load(); seen != 0 && seen < at {
			oldest, at = &r.conn.hold, seen
		}
	}
	if oldest != nil {
		oldest.ended.Store(at)
	}
}

// heldMost is how long the log may get while Views hold it, in bytes.
func (e *Engine) heldMost() int64 { return max(e.heldMin, fileSize(e.path)) }
