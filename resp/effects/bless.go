package effects

import (
	"context"

	"larder/store"
)

// FindBlessed looks whether any key of an engine's databases is blessed: as long as none is, nobody looks at what a
// write replaces.
func (o *Observers) FindBlessed(e store.Engine, databases int) error {
	n, err := CountBlessed(e, databases, 1)
	o.Blessed.Store(n > 0)
	return err
}

// blessedPage is how many blessed keys are counted at a time.
const blessedPage = 1000

// CountBlessed counts the blessed keys of all databases, up to a number that is enough.
func CountBlessed(e store.Engine, databases, enough int) (n int, err error) {
	err = e.View(context.Background(), store.Whole(), func(tx store.Tx) error {
		n = 0
		finder, ok := store.As[store.Finder](tx)
		for db := 0; ok && db < databases && n < enough; db++ {
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

// keepBlessing gives a head the blessing of what it replaces: only who removes a key, or says so, ends it.
func (t *Tx) keepBlessing(k store.Key, h *store.Head) error {
	if !t.to.Blessed.Load() || t.call.Frees || h.Notes.Blessed() {
		return nil
	}
	heads, err := t.Tx.Heads(nil, k)
	if err == nil && heads[0].Exists() && heads[0].Notes.Blessed() {
		h.SetNotes(h.Notes.Bless(true))
	}
	return err
}
