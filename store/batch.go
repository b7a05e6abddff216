package store

import (
	"bytes"
	"iter"
)

const (
	// batchItems and batchBytes bound what a batch holds in memory between two writes.
	batchItems = 512
	batchBytes = 1 << 20
)

// batch writes any number of items to a fresh id with bounded memory: how a collection is
// made from others of unknown size. Until a head names the id it is nobody's, so a
// destination that is also a source stays readable meanwhile. For the transaction's goroutine.
type batch struct {
	tx    Tx
	id    ID
	part  Part
	items []Item
	held  int
	total Change
}

func newBatch(tx Tx, key Key, p Part) (*batch, error) {
	id, err := tx.NewID(key)
	return &batch{tx: tx, id: id, part: p}, err
}

// add copies an item; it is written with one of the next flushes.
func (b *batch) add(it Item) error {
	it.Field, it.Value = bytes.Clone(it.Field), bytes.Clone(it.Value)
	b.items = append(b.items, it)
	b.held += len(it.Field) + len(it.Value)
	if len(b.items) < batchItems && b.held < batchBytes {
		return nil
	}
	_, err := b.flush()
	return err
}

// flush writes what is held and returns the change of all items so far.
func (b *batch) flush() (Change, error) {
	err := b.put(b.items)
	b.items, b.held = b.items[:0], 0
	return b.total, err
}

// put writes items at once, past what is held.
func (b *batch) put(items []Item) error {
	if len(items) == 0 {
		return nil
	}
	ch, err := b.tx.PutItems(b.id, b.part, items...)
	b.total = b.total.Plus(ch)
	return err
}

// inPages calls write with copies of items, a bounded number at a time.
func inPages(items iter.Seq2[Item, error], write func(page []Item) error) error {
	var page []Item
	held := 0
	for it, err := range items {
		if err != nil {
			return err
		}
		it.Field, it.Value = bytes.Clone(it.Field), bytes.Clone(it.Value)
		page = append(page, it)
		if held += len(it.Field) + len(it.Value); len(page) < batchItems && held < batchBytes {
			continue
		}
		if err := write(page); err != nil {
			return err
		}
		page, held = page[:0], 0
	}
	if len(page) == 0 {
		return nil
	}
	return write(page)
}
