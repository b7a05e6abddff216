package memtable

import (
	"maps"
	"slices"

	"larder/store"
)

// ids is what a layer knows of ids apart from the heads that name them. It belongs to its layer.
//
// Whether an id has lost its last head is told by what was written, and never concluded from a head that is missing:
// that of an id may be in another shard.
type ids struct {
	// lost are ids whose head is gone or names another id now.
	lost map[store.ID]struct{}
	// away are ids whose head was taken away to be put elsewhere: under a key of another shard, unless a head here
	// names them.
	away map[store.ID]struct{}
	// adopted are ids of this shard that have come back from another: the base does not know their heads.
	adopted []store.ID
	// ended are ids of this shard whose last head was in another shard; told are ids of other shards that have been
	// told so.
	ended, told []store.ID
	// ranked are ids whose items are counted although their head is another shard's.
	ranked []store.ID
}

func (i *ids) reset() {
	clear(i.lost)
	clear(i.away)
	i.adopted, i.ended, i.told, i.ranked = i.adopted[:0], i.ended[:0], i.told[:0], i.ranked[:0]
}

func (i *ids) empty() bool {
	return len(i.lost) == 0 && len(i.ended) == 0 && len(i.told) == 0 && len(i.ranked) == 0
}

func (i *ids) copied() ids {
	return ids{lost: maps.Clone(i.lost), away: maps.Clone(i.away), adopted: slices.Clone(i.adopted),
		ended: slices.Clone(i.ended), told: slices.Clone(i.told), ranked: slices.Clone(i.ranked)}
}

// claim notes that a head names an id.
func (i *ids) claim(id store.ID) {
	if id != 0 {
		delete(i.lost, id)
		delete(i.away, id)
	}
}

// leave notes that an id is to be named elsewhere.
func (i *ids) leave(id store.ID) {
	delete(i.lost, id)
	if i.away == nil {
		i.away = map[store.ID]struct{}{}
	}
	i.away[id] = struct{}{}
}

// absorb takes in what a layer above knows.
func (i *ids) absorb(g *ids) {
	for id := range g.lost {
		i.lost[id] = struct{}{}
		delete(i.away, id)
	}
	for id := range g.away {
		i.leave(id)
	}
	for _, id := range g.ranked {
		i.count(id)
	}
	i.adopted = append(i.adopted, g.adopted...)
	i.ended, i.told = append(i.ended, g.ended...), append(i.told, g.told...)
}

// unknown reports whether the base need not know the head of an id, even if that has long been there.
func (i *ids) unknown(id store.ID) bool { return id >= store.Foreign || slices.Contains(i.adopted, id) }

// count reports whether it is news that an id is ranked.
func (i *ids) count(id store.ID) bool {
	if slices.Contains(i.ranked, id) {
		return false
	}
	i.ranked = append(i.ranked, id)
	return true
}

// dead are the ids whose items need not be written: those that have lost their head, given more that may have.
func (i *ids) dead(given []store.ID) map[store.ID]struct{} {
	dead := maps.Clone(i.lost)
	for _, id := range slices.Concat(given, i.ended) {
		dead[id] = struct{}{}
	}
	for id := range i.away {
		delete(dead, id)
	}
	return dead
}

// settle tells the base what it cannot know: it has orphaned itself what its heads gave up.
func (i *ids) settle(tx store.BaseTx, dead map[store.ID]struct{}, given []store.ID) error {
	orphans := slices.Clone(i.ended)
	for _, id := range given {
		if _, gone := dead[id]; gone {
			orphans = append(orphans, id)
		}
	}
	for id := range dead {
		if i.unknown(id) {
			orphans = append(orphans, id)
		}
	}
	if err := tx.Orphan(orphans...); err != nil {
		return err
	}
	return tx.Told(i.told...)
}

// Touch has the layer settle even if it holds nothing: what was written goes with the mark.
func (w *Writer) Touch() { w.layer.touched = true }

// End notes ids of this shard whose last head was another shard's.
func (w *Writer) End(ids []store.ID) { w.layer.ended = append(w.layer.ended, ids...) }

// Tell notes ids of other shards that these know to be orphans.
func (w *Writer) Tell(ids []store.ID) { w.layer.told = append(w.layer.told, ids...) }

// Adopt notes an id of this shard whose head was another's.
func (w *Writer) Adopt(id store.ID) { w.layer.adopted = append(w.layer.adopted, id) }

// CountItems has the items of an id counted whose head is another shard's, and reports whether that is news to the
// layer.
func (w *Writer) CountItems(id store.ID) bool { return w.layer.count(id) }

// Unlink hides a key's head, and keeps its id for the next head that names it.
func (w *Writer) Unlink(k store.Key) error {
	h, there, err := w.Row(k)
	if err != nil || !there {
		return err
	}
	if err := w.Hide(k, &h); err != nil {
		return err
	}
	w.layer.moved = true
	if h.ID != 0 {
		w.losing(h.ID)
		w.layer.leave(h.ID)
	}
	return nil
}
