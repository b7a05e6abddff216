package resp

import (
	"context"
	"math"

	"larder/store"
)

// findBlessed looks whether any key is blessed: as long as none is, nobody looks at what a write replaces.
func (s *Server) findBlessed() error {
	n, err := s.countBlessed(1)
	s.blessed.Store(n > 0)
	return err
}

// blessedPage is how many blessed keys are counted at a time.
const blessedPage = 1000

// countBlessed counts the blessed keys of all databases, up to a number that is enough.
func (s *Server) countBlessed(enough int) (n int, err error) {
	err = s.engine.View(context.Background(), store.Whole(), func(tx store.Tx) error {
		n = 0
		finder, ok := store.As[store.Finder](tx)
		for db := 0; ok && db < s.databases && n < enough; db++ {
			for from, more := store.Cursor(0), true; more && n < enough; more = from != 0 {
				names, next, err := store.BlessedKeys(finder, db, from, min(enough, blessedPage))
				if err != nil {
					return err
				}
				n, from = n+len(names), next
			}
		}
		return nil
	})
	return n, err
}

// infoBlessed counts the blessed keys, if there may be any: programs of 7.2 do not know the line.
func (s *Server) infoBlessed(t *infoText) {
	if !s.blessed.Load() {
		return
	}
	if n, err := s.countBlessed(math.MaxInt); err == nil {
		t.lines("blessed_keys", n)
	}
}

// keepBlessing gives a head the blessing of what it replaces: only who removes a key, or says so, ends it.
func (t *trackTx) keepBlessing(k store.Key, h *store.Head) error {
	if !t.server.blessed.Load() || t.call.Frees || h.Notes.Blessed() {
		return nil
	}
	heads, err := t.Tx.Heads(nil, k)
	if err == nil && heads[0].Exists() && heads[0].Notes.Blessed() {
		h.SetNotes(h.Notes.Bless(true))
	}
	return err
}
