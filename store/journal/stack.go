package journal

import (
	"errors"
	"slices"
	"sync/atomic"

	"larder/store"
)

// generations are the layers over the base, oldest first: those that settle, then those
// that still grow. The value is immutable; a change makes a new one.
//
// Only the newest layer is written to, and only while no View reads it: a View pins the
// layer that was newest when it began, and with it all below. A group that finds the newest
// layer pinned becomes a layer of its own, and layers melt together again as soon as no
// View needs them apart. So Views never wait and never make anybody wait.
type generations struct {
	frozen []*layer
	active []*layer // never empty
}

func newGenerations() *generations { return &generations{active: []*layer{newLayer()}} }

func (g *generations) top() *layer { return g.active[len(g.active)-1] }

func (g *generations) bytes() (n int64) {
	for _, l := range g.active {
		n += l.bytes
	}
	return n
}

func (g *generations) frozenBytes() (n int64) {
	for _, l := range g.frozen {
		n += l.bytes
	}
	return n
}

// empty reports whether nothing waits to be settled by a rotation.
func (g *generations) empty() bool {
	for _, l := range g.active {
		if !l.empty() {
			return false
		}
	}
	return true
}

// last is the LSN of the newest record that the growing layers hold.
func (g *generations) last() (lsn uint64) {
	for _, l := range g.active {
		lsn = max(lsn, l.last)
	}
	return lsn
}

// newest is the LSN of the newest record in any layer.
func (g *generations) newest() uint64 { return max(g.last(), g.frozenLast()) }

func (g *generations) frozenLast() (lsn uint64) {
	for _, l := range g.frozen {
		lsn = max(lsn, l.last)
	}
	return lsn
}

// errMoved means that layers have settled since others were pinned: the snapshot contains more than those tell.
var errMoved = errors.New("journal: the snapshot is newer than the layers")

// over lays the layers over a snapshot of the base: the frozen ones only if the snapshot does not contain
// them yet. A generation settles as a whole, so the mark is below all growing layers or below none. Nor may the snapshot
// contain more than the newest record that may be seen: what was written later may have settled already, and there may
// have been no layers to tell it by.
func (g *generations) over(low store.BaseTx, hash func([]byte) int64, newest uint64) (store.BaseTx, error) {
	mark, err := low.Mark()
	if err != nil {
		return nil, err
	}
	layers := g.active
	switch {
	case mark.LSN > newest || !g.empty() && mark.LSN >= g.last():
		return nil, errMoved
	case g.frozen != nil && mark.LSN < g.frozenLast():
		layers = slices.Concat(g.frozen, g.active)
	}
	for _, l := range layers {
		if len(l.emptied) > 0 {
			low = &emptied{BaseTx: low, layer: l}
		}
		if !l.empty() {
			low = &merged{layer: l, low: low, hash: hash}
		}
	}
	return low, nil
}

// head is the newest entry for a key in the growing layers, nil if there is none.
func (g *generations) head(k store.Key) *headEntry {
	e, _ := newest(g.active, k)
	return e
}

// newest is the newest entry for a key. Without one, gone tells that the layers hide what lies below.
func newest(layers []*layer, k store.Key) (e *headEntry, gone bool) {
	for i := len(layers) - 1; i >= 0; i-- {
		l := layers[i]
		if e := l.head(k); e != nil {
			return e, false
		}
		if l.emptied[k.DB] {
			return nil, true
		}
	}
	return nil, false
}

// mentions reports whether a growing layer has entries of a part.
func (g *generations) mentions(id store.ID, p store.Part) bool {
	for _, l := range g.active {
		if l.coll(id, p) != nil {
			return true
		}
	}
	return false
}

// meltBytes is the size past which a layer is left as it is: absorbing it would hold up
// everybody, and the bound on a generation keeps such layers few.
const meltBytes = 512 << 10

// push adds a group's writes as the newest. The group's layer is taken over if the newest
// is pinned, or if it is large itself; then the caller must use another one for its next group.
func (g *generations) push(group *layer, lsn uint64) (next *generations, taken bool) {
	if len(group.emptied) > 0 {
		g.unburden(group.emptied)
	}
	next = g.melt(meltBytes)
	if top := next.top(); top.pins.Load() == 0 && top.absorbs(group, meltBytes) {
		top.absorb(group)
		top.last = lsn
		return next, false
	}
	group.last = lsn
	return &generations{frozen: next.frozen, active: append(slices.Clip(next.active), group)}, true
}

// melt joins the newest layers that no View reads, unless they are larger than most. A View pins the newest layer it
// reads, so an unpinned one may change if none above it is pinned either.
func (g *generations) melt(most int64) *generations {
	free := len(g.active)
	for free > 0 && g.active[free-1].pins.Load() == 0 {
		free--
	}
	if len(g.active)-free < 2 {
		return g
	}
	active := slices.Clone(g.active[:free+1])
	for _, l := range g.active[free+1:] {
		into := active[len(active)-1]
		if !into.absorbs(l, most) {
			active = append(active, l)
			continue
		}
		into.absorb(l)
		into.last = max(into.last, l.last)
	}
	return &generations{frozen: g.frozen, active: active}
}

// freeze makes the growing layers settle and begins a new one.
func (g *generations) freeze() *generations {
	g.unburden(nil)
	return &generations{frozen: g.active, active: []*layer{newLayer()}}
}

// settled drops the frozen layers.
func (g *generations) settled() *generations { return &generations{active: g.active} }

// pins counts the Views that read a layer as their newest.
type pins struct{ atomic.Int64 }
