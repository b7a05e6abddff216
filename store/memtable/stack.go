package memtable

import (
	"errors"
	"math"
	"slices"
	"sync/atomic"

	"larder/store"
)

// Stack is the layers over the base, oldest first: those that settle, then those
// that still grow. The value is immutable; a change makes a new one.
//
// Only the newest layer is written to, and only while no View reads it: a View pins the
// layer that was newest when it began, and with it all below. A group that finds the newest
// layer pinned becomes a layer of its own, and layers melt together again as soon as no
// View needs them apart; small ones before that, in a copy. So Views never wait, and nothing waits for them.
//
// Any goroutine may read a Stack that it has pinned, and settling reads the frozen layers. Only one goroutine at a
// time fills a layer and pushes it: the leader of the running group.
type Stack struct {
	frozen []*Layer
	active []*Layer // never empty
}

// NewStack is an empty layer over the base.
func NewStack() *Stack { return &Stack{active: []*Layer{NewLayer()}} }

func (s *Stack) top() *Layer { return s.active[len(s.active)-1] }

// Bytes is what the growing layers take.
func (s *Stack) Bytes() (n int64) {
	for _, l := range s.active {
		n += l.bytes
	}
	return n
}

// FrozenBytes is what the layers take that settle.
func (s *Stack) FrozenBytes() (n int64) {
	for _, l := range s.frozen {
		n += l.bytes
	}
	return n
}

// Empty reports whether nothing waits to be settled by a rotation.
func (s *Stack) Empty() bool {
	for _, l := range s.active {
		if !l.empty() {
			return false
		}
	}
	return true
}

// last is the LSN of the newest record that the growing layers hold.
func (s *Stack) last() (lsn uint64) {
	for _, l := range s.active {
		lsn = max(lsn, l.last)
	}
	return lsn
}

// Newest is the LSN of the newest record in any layer.
func (s *Stack) Newest() uint64 { return max(s.last(), s.FrozenLast()) }

// FrozenLast is the LSN of the newest record that the frozen layers hold.
func (s *Stack) FrozenLast() (lsn uint64) {
	for _, l := range s.frozen {
		lsn = max(lsn, l.last)
	}
	return lsn
}

// ErrMoved means that layers have settled since others were pinned: the snapshot contains more than those tell.
var ErrMoved = errors.New("memtable: the snapshot is newer than the layers")

// Over lays the layers over a snapshot of the base: the frozen ones only if the snapshot does not contain
// them yet. A generation settles as a whole, so the mark is below all growing layers or below none. Nor may the
// snapshot contain more than the newest record that may be seen: what was written later may have settled already, and
// there may have been no layers to tell it by.
func (s *Stack) Over(low store.BaseTx, hash func([]byte) int64, newest uint64) (store.BaseTx, error) {
	mark, err := low.Mark()
	if err != nil {
		return nil, err
	}
	layers := s.active
	switch {
	case mark.LSN > newest || !s.Empty() && mark.LSN >= s.last():
		return nil, ErrMoved
	case s.frozen != nil && mark.LSN < s.FrozenLast():
		layers = slices.Concat(s.frozen, s.active)
	}
	for _, l := range layers {
		if len(l.emptied) > 0 {
			low = &emptied{BaseTx: low, layer: l}
		}
		if !l.empty() {
			low = &Merged{layer: l, low: low, hash: hash}
		}
	}
	return low, nil
}

// head is the newest entry for a key in the growing layers, nil if there is none.
func (s *Stack) head(k store.Key) *headEntry {
	e, _ := newest(s.active, k)
	return e
}

// find is the newest entry for a key in any layer. Without one, gone tells that it was flushed.
func (s *Stack) find(k store.Key) (e *headEntry, gone bool) {
	if e, gone = newest(s.active, k); e != nil || gone {
		return e, gone
	}
	return newest(s.frozen, k)
}

// newest is the newest entry for a key. Without one, gone tells that the layers hide what lies below.
func newest(layers []*Layer, k store.Key) (e *headEntry, gone bool) {
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
func (s *Stack) mentions(id store.ID, p store.Part) bool {
	for _, l := range s.active {
		if l.coll(id, p) != nil {
			return true
		}
	}
	return false
}

// meltBytes is the size past which a layer is left as it is: absorbing it would hold up
// everybody, and the bound on a generation keeps such layers few.
const meltBytes = 512 << 10

// Push adds a group's writes as the newest. The group's layer is taken over if the newest
// is pinned, or if it is large itself; then the caller must use another one for its next group.
func (s *Stack) Push(group *Layer, lsn uint64) (next *Stack, taken bool) {
	if len(group.emptied) > 0 {
		s.unburden(group.emptied)
	}
	next = s.melt(meltBytes)
	if top := next.top(); !top.held() && top.absorbs(group, meltBytes) {
		top.absorb(group)
		top.last = lsn
		return next, false
	}
	group.last = lsn
	if from := next.small(group); from < len(next.active) {
		return next.copied(from, group), false
	}
	return &Stack{frozen: next.frozen, active: append(slices.Clip(next.active), group)}, true
}

// spread is how many times larger a layer that stays apart is than all above it. With readers that keep layers apart
// all the time, each transaction would have to look into as many layers as there are; so small ones are joined in a
// copy. A write is copied about spread times for each power of spread+1 between a group and meltBytes.
const spread = 3

// small is where the layers begin that are to be joined with a group in a copy: their number if there are none.
func (s *Stack) small(group *Layer) (from int) {
	from = len(s.active)
	sum := group.bytes
	for i := len(s.active) - 1; i >= 0 && s.active[i].bytes <= meltBytes; i-- {
		l := s.active[i]
		above := append(slices.Clone(s.active[i+1:]), group)
		if l.moved && len(emptiedBy(above)) > 0 { // it cannot absorb them
			break
		}
		if l.bytes <= spread*sum {
			from = i
		}
		sum += l.bytes
	}
	return from
}

// copied joins the layers from one on with a group in a new layer. Views go on reading those that it stands for, so
// what lies below them stays as it is until they end.
func (s *Stack) copied(from int, group *Layer) *Stack {
	into := NewLayer()
	for _, l := range s.active[from:] {
		into.absorb(l.copied())
	}
	into.absorb(group)
	into.last = group.last
	if under := slices.Concat(s.frozen, s.active[:from]); len(under) > 0 {
		under[len(under)-1].keep(s.active[from:])
	}
	return &Stack{frozen: s.frozen, active: append(slices.Clone(s.active[:from]), into)}
}

// melt joins the newest layers that no View reads, unless they are larger than most. A View pins the newest layer it
// reads, so an unpinned one may change if none above it is pinned either.
func (s *Stack) melt(most int64) *Stack {
	free := len(s.active)
	for free > 0 && !s.active[free-1].held() {
		free--
	}
	if len(s.active)-free < 2 {
		return s
	}
	active := slices.Clone(s.active[:free+1])
	for _, l := range s.active[free+1:] {
		into := active[len(active)-1]
		if !into.absorbs(l, most) {
			active = append(active, l)
			continue
		}
		into.absorb(l)
		into.last = max(into.last, l.last)
	}
	return &Stack{frozen: s.frozen, active: active}
}

// Freeze makes the growing layers settle and begins a new one.
func (s *Stack) Freeze() *Stack {
	s.unburden(nil)
	return &Stack{frozen: s.active, active: []*Layer{NewLayer()}}
}

// Settled drops the frozen layers.
func (s *Stack) Settled() *Stack { return &Stack{active: s.active} }

// pins counts the Views that read a layer as their newest.
type pins struct{ atomic.Int64 }

// held reports whether a View reads the layer as its newest, or one that a copy stands for and that lay above it. The
// caller writes.
func (l *Layer) held() bool {
	l.above = slices.DeleteFunc(l.above, func(a *Layer) bool { return !a.held() }) // nobody pins it again
	return l.pins.Load() > 0 || len(l.above) > 0
}

// keep has the layer stay as it is while a View reads one of those that lay above it.
func (l *Layer) keep(above []*Layer) {
	l.held() // forgets those that nobody reads any more
	for _, a := range above {
		if a.held() {
			l.above = append(l.above, a)
		}
	}
}

// Pin keeps the layers as they are until Unpin. The caller holds what guards which Stack is the present one.
func (s *Stack) Pin() { s.top().pins.Add(1) }

// Unpin lets go of the layers.
func (s *Stack) Unpin() { s.top().pins.Add(-1) }

// all are the layers, oldest first.
func (s *Stack) all() []*Layer { return slices.Concat(s.frozen, s.active) }

// Frozen reports whether there are layers that settle.
func (s *Stack) Frozen() bool { return s.frozen != nil }

// Grown is what all layers together add to the base.
func (s *Stack) Grown() (sum store.Fill) {
	for _, l := range s.all() {
		sum = sum.Plus(l.grown)
	}
	return sum
}

// Puts is about how many bytes the layers have to write. It stops counting above most.
func (s *Stack) Puts(most int64) (n int64) {
	for _, l := range s.all() {
		if n += l.puts(); n > most {
			break
		}
	}
	return n
}

// Thaw makes the layers that did not settle grow again.
func (s *Stack) Thaw() *Stack {
	return &Stack{active: slices.Concat(s.frozen, s.active)}
}

// Compact joins the growing layers, however large, as far as no View reads them, and drops their items of dead ids: the
// heads of those were removed after the layers had been frozen once.
func (s *Stack) Compact() *Stack {
	next := s.melt(math.MaxInt64)
	next.purge()
	return next
}

func (s *Stack) purge() {
	for i := len(s.active) - 1; i >= 0 && !s.active[i].held(); i-- {
		l := s.active[i]
		dead := make(map[store.ID]bool, len(l.lost))
		for id := range l.lost {
			dead[id] = true
		}
		l.clear(func(*headEntry) bool { return false }, dead)
	}
}
