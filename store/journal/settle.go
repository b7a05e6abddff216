package journal

import (
	"context"
	"maps"
	"math"
	"slices"
	"sort"
	"time"

	"larder/store"
)

const (
	// roomPatience is how long a group waits for a generation to settle before it gives up.
	roomPatience = 30 * time.Second
	// settleRetry is the pause after a failed settle.
	settleRetry = time.Second
)

// waitForRoom waits, before anything is held, until there is room for a group, and returns what the group may not write.
func (e *Engine) waitForRoom() (strait, error) {
	var late <-chan time.Time
	for {
		freed, s := e.room.wait(e.shard)
		if s.grow != nil {
			e.Stalls.Add(1)
		}
		if freed == nil {
			return s, nil
		}
		if late == nil {
			late = time.After(roomPatience)
		}
		e.Stalls.Add(1)
		select {
		case <-freed:
		case <-late:
			return s, errNoRoom(nil)
		}
	}
}

// settleFull begins to settle what has grown while the room got full.
func (e *Engine) settleFull() {
	e.writing.Lock()
	defer e.writing.Unlock()
	e.rotate()
	e.room.answered(e.shard)
}

// rotate freezes the active generation and begins to settle it, unless one is settling or
// there is nothing to settle, or the last attempt has just failed. The caller holds writing.
func (e *Engine) rotate() {
	e.overlay.Lock()
	defer e.overlay.Unlock()
	if e.settles != nil || e.resting || e.now.frozen == nil && e.now.empty() {
		e.room.follow(e)
		return
	}
	if e.now.frozen == nil {
		if e.failed != nil {
			e.now = e.now.melt(math.MaxInt64)
			e.now.purge()
		}
		e.now = e.now.freeze()
		e.firstID = e.nextID
	}
	e.settles = make(chan struct{})
	e.room.follow(e)
	go e.settle(e.now.frozen, store.Mark{LSN: e.now.frozenLast(), NextID: e.nextID})
}

// settle tries to hand a frozen generation down.
func (e *Engine) settle(layers []*layer, mark store.Mark) {
	if fn := e.began.Load(); fn != nil {
		(*fn)()
	}
	start := time.Now()
	if err := e.handDown(layers, mark); err != nil {
		e.postpone(mark, err)
		return
	}
	e.log.Step("settle after commit")
	e.Settles.Add(1)
	e.SettleTime.Add(int64(time.Since(start)))
	e.overlay.Lock()
	e.now, e.failed = e.now.settled(), nil
	e.recount()
	e.room.follow(e)
	e.overlay.Unlock()
	e.log.Settled(e.shard, mark.LSN)
	e.trim()
	e.overlay.Lock()
	close(e.settles)
	e.settles = nil
	e.room.follow(e)
	e.overlay.Unlock()
}

// trim has a base fold its own log when that has passed its share. No other generation settles instead of this one until
// it has, or under full-speed writing the logs of all shards would stand at their longest together.
func (e *Engine) trim() {
	if t, ok := e.base.(store.Trimmer); ok && !e.spoken() {
		_ = t.Trim(context.Background()) // the regular checkpoint tells
	}
}

// handDown writes layers to the base. Log before data, always: the base never makes durable what the journal could
// still lose.
func (e *Engine) handDown(layers []*layer, mark store.Mark) error {
	if err := e.reserved(); err != nil {
		return err
	}
	if err := e.log.Sync(mark.LSN); err != nil {
		return err
	}
	return e.base.Settle(context.Background(), func(tx store.BaseTx) error {
		if err := tx.SetMark(mark); err != nil {
			return err
		}
		e.log.Step("settle has begun")
		if err := applyAll(layers, tx); err != nil {
			return err
		}
		e.log.Step("settle before commit")
		return nil
	})
}

func (e *Engine) settling() bool {
	e.overlay.Lock()
	defer e.overlay.Unlock()
	return e.settles != nil
}

// drain settles everything in the overlay and waits for it, but not for a base that does not take it. The caller holds
// writing.
func (e *Engine) drain() error {
	deadline := time.After(roomPatience)
	for {
		e.rotate()
		e.overlay.Lock()
		settles, failed, resting := e.settles, e.failed, e.resting
		e.overlay.Unlock()
		switch {
		case resting:
			return errNoRoom(failed)
		case settles == nil:
			return nil
		}
		select {
		case <-settles:
		case <-deadline:
			return errNoRoom(failed)
		}
	}
}

// shrunkShare is the part of the base's data from which on it settles early that so much less is left: only
// then can the file be swept and become shorter.
const shrunkShare = 64

func (e *Engine) shrunk() bool {
	below := e.baseFill().Data
	return below-e.fill.data.Load() > max(below/shrunkShare, 1<<20)
}

// tend settles a generation that has been lying idle, so that a quiet server keeps
// neither memory nor journal. It is called about once a second.
func (e *Engine) tend() {
	if !e.writing.TryLock() {
		return
	}
	defer e.writing.Unlock()
	last := e.present().newest()
	idle := last == e.lastSeen
	e.lastSeen = last
	e.release(idle || e.shrunk())
}

// keepUp has the log go on without its oldest segment, if this shard is what holds it up. It is called when a segment is
// begun: at full speed a second is too long to wait for the next tend.
func (e *Engine) keepUp() {
	e.writing.Lock()
	defer e.writing.Unlock()
	e.release(false)
}

// release tells the log what it need not keep for this shard any more, and settles if it must, or if it is due.
// The caller holds writing.
func (e *Engine) release(due bool) {
	g := e.present()
	switch {
	case g.empty() && g.frozen == nil:
		e.log.Settled(e.shard, e.log.Last())
	case due || e.log.HeldUp(e.shard, e.logLimit.Load()):
		e.rotate()
	}
}

// applyAll writes layers into the base, oldest first.
func applyAll(layers []*layer, tx store.BaseTx) error {
	for _, l := range layers {
		if err := l.apply(tx); err != nil {
			return err
		}
	}
	return nil
}

// apply writes a layer into the base, in key order, so that pages are touched once.
func (l *layer) apply(tx store.BaseTx) error {
	for _, db := range slices.Sorted(maps.Keys(l.emptied)) {
		if err := tx.Flush(db); err != nil {
			return err
		}
	}
	dead, given, err := l.lost, []store.ID(nil), error(nil)
	if l.moved {
		dead, given, err = l.applyMoved(tx)
	} else {
		err = l.applyHeads(tx)
	}
	if err != nil {
		return err
	}
	for _, k := range l.collKeys() {
		if _, gone := dead[k.id]; gone {
			continue
		}
		if err := l.colls[k].apply(tx, k); err != nil {
			return err
		}
	}
	return tx.Orphan(given...)
}

// applyHeads writes the heads of a layer in which no id has moved to another key.
func (l *layer) applyHeads(tx store.BaseTx) (err error) {
	for _, e := range l.sorted() {
		if e.live() {
			stamp(tx, e)
			err = tx.PutHead(e.key(), e.head())
		} else {
			_, err = tx.Drop(e.key())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// applyMoved writes the heads of a layer with renames: a renamed key's id is lost under the old name and found under
// the new. It returns the ids that lost their head and found no other in this layer, and those among them that the base
// does not know to be orphans: it has orphaned what its own heads gave up and what was flushed.
func (l *layer) applyMoved(tx store.BaseTx) (dead map[store.ID]struct{}, given []store.ID, err error) {
	dead = maps.Clone(l.lost)
	heads := l.sorted()
	for _, e := range heads {
		old, err := detachOld(tx, e)
		if err != nil {
			return nil, nil, err
		}
		if old != 0 {
			dead[old] = struct{}{}
			given = append(given, old)
		}
	}
	for _, e := range heads {
		if !e.live() {
			continue
		}
		delete(dead, e.id)
		stamp(tx, e)
		if err := tx.PutHead(e.key(), e.head()); err != nil {
			return nil, nil, err
		}
	}
	given = slices.DeleteFunc(given, func(id store.ID) bool { _, gone := dead[id]; return !gone })
	return dead, given, nil
}

// detachOld takes the head below away if the layer's differs in its id, and returns the
// id it held.
func detachOld(tx store.BaseTx, e *headEntry) (store.ID, error) {
	h, there, err := tx.Row(e.key())
	if err != nil || !there || e.live() && h.ID == e.id {
		return 0, err
	}
	return h.ID, tx.Unlink(e.key())
}

func (l *layer) collKeys() []collKey {
	keys := make([]collKey, 0, len(l.colls))
	for k := range l.colls {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool {
		if keys[i].id != keys[j].id {
			return keys[i].id < keys[j].id
		}
		return keys[i].part < keys[j].part
	})
	return keys
}

// settleBatch is the number of items handed to the base in one call. The more, the more of them
// share a row of what the base counts.
const settleBatch = 16384

// apply writes a part's rows: deletions first, then what is live, each in natural order.
func (c *coll) apply(tx store.BaseTx, k collKey) error {
	if err := c.applyGone(tx, k); err != nil {
		return err
	}
	items := make([]store.Item, 0, min(settleBatch, c.lives))
	for batch := range slices.Chunk(c.sorted(func(r *row) bool { return r.live }), settleBatch) {
		items = items[:0]
		for _, r := range batch {
			items = append(items, r.item())
		}
		if _, err := tx.PutItems(k.id, k.part, items...); err != nil {
			return err
		}
	}
	return nil
}
