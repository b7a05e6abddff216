package shard

import (
	"slices"

	"larder/store"
)

// Tagged goes through the shards as Scan does, with the same cursors.
func (t *wideTx) Tagged(db int, tag string, from store.Cursor, n int) ([][]byte, store.Cursor, error) {
	if !t.all {
		return nil, 0, store.ErrScope
	}
	var all [][]byte
	shard := int(from>>store.HashBits) * len(t.txs) >> 14
	for ; shard < len(t.txs); shard++ { // false at once for a cursor that is none of ours
		found, next, err := t.txs[shard].Tagged(db, tag, from, n-len(all))
		if err != nil {
			return nil, 0, err
		}
		all = append(all, t.shown(db, shard, found)...)
		if next != 0 {
			return all, next, nil
		}
		from = store.Cursor(t.firstSlot(shard+1)) << store.HashBits
		if len(all) >= n && shard+1 < len(t.txs) {
			return all, from, nil
		}
	}
	return all, 0, nil
}

// shown leaves out the names of keys that have expired by the common time.
func (t *wideTx) shown(db, shard int, names [][]byte) [][]byte {
	return slices.DeleteFunc(names, func(name []byte) bool {
		return t.hidden(shard, store.Key{DB: db, Name: name})
	})
}

// Names merges what each shard has of the span. Keys hidden by the common time may leave a
// page short, so each shard is asked again from where its answer ended.
func (t *wideTx) Names(db int, s store.Span) ([][]byte, error) {
	if !t.all {
		return nil, store.ErrScope
	}
	var all [][]byte
	for shard := range t.txs {
		names, err := t.namesOf(shard, db, s)
		if err != nil {
			return nil, err
		}
		all = append(all, names...)
	}
	slices.SortFunc(all, func(a, b []byte) int {
		if s.Precedes(a, b) {
			return -1
		}
		return 1 // names differ: each is on one shard
	})
	return all[:min(len(all), s.Limit)], nil
}

func (t *wideTx) namesOf(shard, db int, s store.Span) (names [][]byte, err error) {
	for {
		found, err := t.txs[shard].Names(db, s)
		if err != nil || len(found) == 0 {
			return names, err
		}
		full := len(found) == s.Limit
		s.Limit -= len(found)
		last := found[len(found)-1]
		kept := t.shown(db, shard, slices.Clone(found))
		names = append(names, kept...)
		if s.Limit += len(found) - len(kept); !full || s.Limit == 0 {
			return names, nil
		}
		s = s.Beyond(last)
	}
}
