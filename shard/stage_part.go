package shard

import (
	"bytes"
	"iter"
	"maps"
	"slices"

	"larder/store"
	"larder/store/memtable"
)

// stagedPart is a shard in a transaction that is staged: a writer over the View, with a layer and a record of its own,
// but for the items of ids that it has made, which lie in the file. It belongs to its staging.
type stagedPart struct {
	writer
	run  *staging
	made map[store.ID]bool // the ids that were given out; true of those that have items in the file
	kept []store.ID        // those that heads name in the end
}

func newStagedPart(s *staging, shard int, top store.BaseTx) *stagedPart {
	home := s.order.shards[shard]
	p := &stagedPart{run: s, made: map[store.ID]bool{}}
	p.writer.shard = home
	low := &noting{BaseTx: top, to: s, shard: shard}
	p.Begin(memtable.NewLayer(), memtable.Under{Stack: s.view.pinned[shard], Low: low, Hash: home.base.Hash,
		Made: store.Foreign})
	return p
}

// conclude completes the record: heads come to name ids of which the memtable and the file know no head, and the notes
// are taken back.
func (p *stagedPart) conclude() {
	loose := p.Loose()
	var notes []store.ID
	for _, id := range slices.Sorted(maps.Keys(p.made)) {
		if p.made[id] && !loose[id] {
			p.kept, notes = append(p.kept, id), append(notes, store.Abroad(p.shard.index, id))
		}
	}
	if len(p.kept) > 0 {
		p.rec.ids(opAdopt, p.kept)
		p.rec.ids(opTold, notes)
	}
}

// NewID ends the chunk: who holds a base must not wait for the shard's writer, who may be waiting for the base.
func (p *stagedPart) NewID(store.Key) (store.ID, error) {
	if err := p.run.chunk.end(); err != nil {
		return 0, err
	}
	id := p.shard.stagedID()
	p.made[id] = false
	p.Give(id)
	return id, nil
}

// mine reports whether an id was made here.
func (p *stagedPart) mine(id store.ID) bool {
	_, mine := p.made[id]
	return mine
}

// PutHead has an id that is ranked counted in the file at once: when the head settles the others would wait for it.
func (p *stagedPart) PutHead(k store.Key, h store.Head) error {
	if home, own := h.ID.Home(); home >= 0 && p.run.parts[home] != nil && p.run.parts[home].mine(own) {
		return p.run.giveUp()
	}
	if h.Ranked && p.made[h.ID] {
		tx, err := p.run.chunk.of(p)
		if err == nil {
			err = tx.Rank(h.ID)
		}
		if err != nil {
			return err
		}
	}
	return p.writer.PutHead(k, h)
}

// PutItems puts those of ids that were made here into the file.
func (p *stagedPart) PutItems(id store.ID, part store.Part, items ...store.Item) (store.Change, error) {
	if !p.mine(id) {
		return p.writer.PutItems(id, part, items...)
	}
	tx, err := p.run.chunk.of(p)
	if err != nil {
		return store.Change{}, err
	}
	p.made[id] = true
	ch, err := tx.PutItems(id, part, items...)
	if err == nil {
		err = p.run.chunk.took(id, items)
	}
	return ch, err
}

// DropItems: see PutItems.
func (p *stagedPart) DropItems(id store.ID, part store.Part, fields ...[]byte) (store.Change, error) {
	if !p.mine(id) {
		return p.writer.DropItems(id, part, fields...)
	}
	tx, err := p.run.chunk.of(p)
	if err != nil {
		return store.Change{}, err
	}
	return tx.DropItems(id, part, fields...)
}

// DropRange: see PutItems.
func (p *stagedPart) DropRange(id store.ID, part store.Part, r store.Range) (store.Change, error) {
	if !p.mine(id) {
		return p.writer.DropRange(id, part, r)
	}
	tx, err := p.run.chunk.of(p)
	if err != nil {
		return store.Change{}, err
	}
	return tx.DropRange(id, part, r)
}

// Items copies what the chunk shows, which may end before the transaction does.
func (p *stagedPart) Items(dst []store.Item, id store.ID, part store.Part, fields ...[]byte) ([]store.Item, error) {
	if !p.mine(id) {
		return p.writer.Items(dst, id, part, fields...)
	}
	from := len(dst)
	tx, err := p.run.chunk.of(p)
	if err == nil {
		dst, err = tx.Items(dst, id, part, fields...)
	}
	return own(dst, from), err
}

// Random: see Items.
func (p *stagedPart) Random(id store.ID, part store.Part, size int64, n int) ([]store.Item, error) {
	if !p.mine(id) {
		return p.writer.Random(id, part, size, n)
	}
	tx, err := p.run.chunk.of(p)
	if err != nil {
		return nil, err
	}
	items, err := tx.Random(id, part, size, n)
	return own(items, 0), err
}

// own has items outlive the transaction that has shown them.
func own(items []store.Item, from int) []store.Item {
	for i := range items[from:] {
		it := &items[from+i]
		it.Field, it.Value = bytes.Clone(it.Field), bytes.Clone(it.Value)
	}
	return items
}

// Range keeps the chunk open while it is read.
func (p *stagedPart) Range(id store.ID, part store.Part, r store.Range) iter.Seq2[store.Item, error] {
	if !p.mine(id) {
		return p.writer.Range(id, part, r)
	}
	return func(yield func(store.Item, error) bool) {
		tx, err := p.run.chunk.of(p)
		if err != nil {
			yield(store.Item{}, err)
			return
		}
		p.run.chunk.loops++
		defer func() { p.run.chunk.loops-- }()
		tx.Range(id, part, r)(yield)
	}
}

// Count counts in the file.
func (p *stagedPart) Count(id store.ID, part store.Part, r store.Range) (int64, error) {
	if !p.mine(id) {
		return p.writer.Count(id, part, r)
	}
	tx, err := p.run.chunk.of(p)
	if err != nil {
		return 0, err
	}
	return tx.Count(id, part, r)
}

// Weigh: see Count.
func (p *stagedPart) Weigh(id store.ID, part store.Part, r store.Range) (store.Change, error) {
	if !p.mine(id) {
		return p.writer.Weigh(id, part, r)
	}
	tx, err := p.run.chunk.of(p)
	if err != nil {
		return store.Change{}, err
	}
	return tx.Weigh(id, part, r)
}

// Move: PutHead is the part's.
func (p *stagedPart) Move(from, to store.Key, h store.Head) error {
	if err := p.Unlink(from); err != nil {
		return err
	}
	return p.PutHead(to, h)
}

// Rollback cannot take chunks back.
func (p *stagedPart) Rollback(store.Savepoint) error { return p.run.giveUp() }

// Flush concerns keys that nobody has named.
func (p *stagedPart) Flush(int) error { return p.run.giveUp() }

func (p *stagedPart) renumber(numbering) error { return p.run.giveUp() }
