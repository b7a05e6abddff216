package shard

import (
	"context"
	"slices"

	"larder/store"
)

// A key that is renamed to another shard is moved by its head alone: its items stay in the file where they are, their
// home, and the head names an id of that file (store.Foreign). So RENAME costs the same whatever the names and the
// size.
//
// A transaction on such a key needs two shards at one moment. A writer opens the second shard when it needs it. A View
// learns of it only from the head, and begins again, once. When such a key is removed, the key's file notes the id in
// the transaction that takes the head away: that file alone may know which head it was, since a plain SET looks at
// nothing below. The note is handed over later. One transaction over both shards tells the home and deletes the note,
// so a crash leaves both or neither. Only then are the items swept. An id without a head in its own file may still have
// one in another.

// handOverMost is the number of ids that one transaction tells of.
const handOverMost = 256

// handOver tells other shards of their ids whose last key was removed in this shard, so that their items are swept. A
// note stays in the file until the file has settled the transaction that told of it.
func (s *Shard) handOver(ctx context.Context) error {
	l, ok := s.base.(store.Lender)
	settled := s.base.Settled().LSN
	if !ok || settled < s.toldAt.Load() {
		return nil
	}
	ids, err := l.Estranged(ctx, handOverMost)
	ids = slices.DeleteFunc(ids, func(id store.ID) bool { return s.holds(id, settled) })
	if err != nil || len(ids) == 0 {
		return err
	}
	err = s.order.Update(ctx, store.Whole(), func(tx store.Tx) error { return tx.(*Tx).tell(s.index, ids) })
	s.writing.Lock()
	s.toldAt.Store(s.present().Newest())
	s.writing.Unlock()
	return err
}

// tell has the ids of other shards that keys of a shard were the last to name swept where they are.
func (t *Tx) tell(shard int, ids []store.ID) error {
	for _, id := range ids {
		home, own := id.Home()
		if home >= len(t.order.shards) {
			continue // damaged: nobody to tell
		}
		tx, err := t.at(home)
		if err == nil {
			err = tx.Orphan(own)
		}
		if err != nil {
			return err
		}
	}
	tx, err := t.at(shard)
	if err != nil {
		return err
	}
	return tx.Told(ids...)
}

// claimed returns those of this shard's ids, which are in order, that heads of other shards name. An id that has lost
// its last key is never named again: what no key names at one moment is noted as an orphan here before claimed returns,
// unless it waits for the sweep of a flushed database.
func (s *Shard) claimed(ctx context.Context, ids []store.ID) (named []store.ID, err error) {
	name := func(own store.ID) {
		if _, asked := slices.BinarySearch(ids, own); asked {
			named = append(named, own)
		}
	}
	err = s.order.View(ctx, store.Whole(), func(tx store.Tx) error {
		named = named[:0]
		return tx.(*Tx).borrowed(s.index, name)
	})
	for _, own := range s.limbo.all() {
		name(own)
	}
	for round := range 2 { // the second takes in what the first has told
		for _, other := range s.order.shards {
			if err == nil {
				err = other.Flush(ctx)
			}
			if l, ok := other.base.(store.Lender); ok && err == nil && round == 0 {
				err = l.Borrowed(ctx, s.index, name)
			}
			if err == nil {
				err = other.handOver(ctx)
			}
		}
	}
	return named, err
}

// borrowed calls fn with the ids of one shard that keys of the others name. An expired key still owns its items.
func (t *Tx) borrowed(home int, fn func(store.ID)) error {
	for shard := range t.order.shards {
		tx, err := t.at(shard)
		if err != nil {
			return err
		}
		tx.SetNow(0)
		spaces, err := tx.Keyspaces()
		if err != nil {
			return err
		}
		for _, space := range spaces {
			err := everyHead(tx, space.DB, func(h store.Head) {
				if at, own := h.ID.Home(); at == home {
					fn(own)
				}
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func everyHead(tx store.BaseTx, db int, fn func(store.Head)) error {
	for from := store.Cursor(0); ; {
		page, next, err := tx.Scan(db, from, 256)
		for _, e := range page {
			fn(e.Head)
		}
		if err != nil || next == 0 {
			return err
		}
		from = next
	}
}
