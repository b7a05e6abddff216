package resp

import (
	"errors"

	"larder/resp/cmd"
	"larder/store"
)

// trackTx stands between a handler and its transaction and sees what it does: which keys
// it found, what it changed. What is seen counts only once the transaction has committed.
// It belongs to one execution.
type trackTx struct {
	store.Tx
	server       *Server
	call         *cmd.Call
	reading      bool
	uses         bool // the command counts as a use of its keys
	wrote        bool
	again        bool // the engine runs the transaction again: this run is void
	view         bool // of a job that reads as a rule: see store.Job.May
	barred       bool // and has to write
	hits, misses int64
	changes      []string    // names of the keys written, if anybody tracks keys
	flushed      bool        // whole databases were emptied
	ready        []store.Key // written, and somebody waits for them
}

func (t *trackTx) reset(tx store.Tx, reading, uses bool) {
	t.Tx, t.reading, t.uses, t.wrote, t.again, t.hits, t.misses = tx, reading, uses, false, false, 0, 0
	t.view, t.barred = false, false
	t.ready = t.ready[:0]
}

// Heads counts the keys that reading commands ask for: keyspace_hits and keyspace_misses.
func (t *trackTx) Heads(dst []store.Head, keys ...store.Key) ([]store.Head, error) {
	was := len(dst)
	dst, err := t.Tx.Heads(dst, keys...)
	if !t.reading || err != nil {
		return dst, t.seen(err)
	}
	for i := range dst[was:] {
		if dst[was+i].Exists() {
			t.hits++
			t.touch(keys[i])
		} else {
			t.misses++
			t.noteMiss(keys[i])
		}
	}
	return dst, nil
}

// PutHead notes the use of a key, and tells those who watch it.
func (t *trackTx) PutHead(k store.Key, h store.Head) error {
	if t.view {
		return t.bar()
	}
	if err := t.notingPut(k, &h); err != nil {
		return t.seen(err)
	}
	if err := t.keepBlessing(k, &h); err != nil {
		return t.seen(err)
	}
	return t.seen(t.Tx.PutHead(k, h))
}

func (t *trackTx) notingPut(k store.Key, h *store.Head) error {
	t.touch(k)
	t.changed(k)
	t.ready = t.server.waiters.Written(t.ready, k, h.Type, t.call.Spec.Still)
	return t.notePut(k)
}

// bar refuses a write before anybody is told of it.
func (t *trackTx) bar() error {
	t.barred = true
	return store.ErrReadOnly
}

// seen notes that the engine gives this run up.
func (t *trackTx) seen(err error) error {
	if err != nil && errors.Is(err, store.ErrAgain) {
		t.again = true
	}
	return err
}

// void reports whether the engine has given this run up. A read may have met that, too.
func (t *trackTx) void() bool { return t.again || given(t.Tx) }

func given(tx store.Tx) bool {
	v, ok := tx.(store.Voidable)
	return ok && v.Void()
}

// changed notes a write to a key.
func (t *trackTx) changed(k store.Key) {
	t.wrote = true
	t.server.watches.Touch(k)
	t.server.cache.leases.Void(k.DB, k.Name)
	if t.server.caches.Active() {
		t.changes = append(t.changes, string(k.Name))
	}
}

// Drop tells those who watch the keys that were there. Leases are void whether they were or not: most are out for
// keys that are not, and whoever removes one wants what is computed from now on.
func (t *trackTx) Drop(keys ...store.Key) (int, error) {
	t.wrote = true
	for _, k := range keys {
		t.server.cache.leases.Void(k.DB, k.Name)
	}
	if t.server.watches.Active() || t.server.caches.Active() {
		heads, err := t.Tx.Heads(nil, keys...)
		if err != nil {
			return 0, t.seen(err)
		}
		for i := range heads {
			if heads[i].Exists() {
				t.changed(keys[i])
			}
		}
	}
	if err := t.noteDrop(keys...); err != nil {
		return 0, t.seen(err)
	}
	t.ready = t.server.waiters.Gone(t.ready, keys...)
	n, err := t.Tx.Drop(keys...)
	return n, t.seen(err)
}

// Move is what Drop and PutHead are to those who watch the keys.
func (t *trackTx) Move(from, to store.Key, h store.Head) error {
	t.changed(from)
	t.ready = t.server.waiters.Gone(t.ready, from)
	if err := t.notingPut(to, &h); err != nil {
		return t.seen(err)
	}
	return t.seen(t.Tx.Move(from, to, h))
}

// PutItems notes that the transaction has written; the head that follows names the key.
func (t *trackTx) PutItems(id store.ID, p store.Part, items ...store.Item) (store.Change, error) {
	if t.view {
		return store.Change{}, t.bar()
	}
	t.wrote = true
	ch, err := t.Tx.PutItems(id, p, items...)
	return ch, t.seen(err)
}

// DropItems: see PutItems.
func (t *trackTx) DropItems(id store.ID, p store.Part, fields ...[]byte) (store.Change, error) {
	t.wrote = true
	ch, err := t.Tx.DropItems(id, p, fields...)
	return ch, t.seen(err)
}

// DropRange: see PutItems.
func (t *trackTx) DropRange(id store.ID, p store.Part, r store.Range) (store.Change, error) {
	t.wrote = true
	ch, err := t.Tx.DropRange(id, p, r)
	return ch, t.seen(err)
}

// Flush tells those who watch keys that are there.
func (t *trackTx) Flush(db int) error {
	t.wrote, t.flushed = true, true
	t.server.cache.leases.VoidAll(db)
	if err := t.server.watches.Emptied(t.Tx, db); err != nil {
		return t.seen(err)
	}
	t.ready = t.server.waiters.Flushed(t.ready, db)
	return t.seen(t.Tx.Flush(db))
}

// Scan may meet a shard that a run straight on the bases does not hold, as Heads may, and so may RandomKey and Size.
func (t *trackTx) Scan(db int, from store.Cursor, n int) ([]store.Entry, store.Cursor, error) {
	entries, next, err := t.Tx.Scan(db, from, n)
	return entries, next, t.seen(err)
}

// RandomKey: see Scan.
func (t *trackTx) RandomKey(db int) ([]byte, bool, error) {
	name, ok, err := t.Tx.RandomKey(db)
	return name, ok, t.seen(err)
}

// Size: see Scan.
func (t *trackTx) Size(db int) (int64, error) {
	n, err := t.Tx.Size(db)
	return n, t.seen(err)
}

// Swap tells those who watch keys that are there, before or after.
func (t *trackTx) Swap(a, b int) error {
	t.wrote = true
	t.server.cache.leases.VoidAll(a, b)
	if err := t.server.watches.Emptied(t.Tx, a, b); err != nil {
		return t.seen(err)
	}
	t.ready = t.server.waiters.Swapped(t.ready, a, b)
	return t.seen(t.Tx.Swap(a, b))
}

func (t *trackTx) touch(k store.Key) {
	if t.uses && t.server.recency.Touch(k.DB, k.Name) && t.reading {
		t.server.uses.add(k)
	}
}

// Unwrap is the engine's transaction, for what only some engines have: see store.As.
func (t *trackTx) Unwrap() store.Tx { return t.Tx }

// Quiet is for what is no change of a key: see store.Quieter.
func (t *trackTx) Quiet() store.Tx { return quietTx{t.Tx, t.server} }

// quietTx is a transaction of which nobody is told.
type quietTx struct {
	store.Tx
	server *Server
}

// Limits: see trackTx.
func (q quietTx) Limits() *store.Limits { return q.server.limits.Load() }

// Limits are the encodings' limits as configured; see store.LimitsOf.
func (t *trackTx) Limits() *store.Limits { return t.server.limits.Load() }

// attempt runs a step of a transaction that others follow, and takes it back if it has failed after it wrote. A step is
// void if the engine runs the transaction again.
func (t *trackTx) attempt(tx store.Tx, step func() (failed bool)) (void bool, err error) {
	if !t.call.Spec.Has(cmd.Write) {
		step()
		return t.void(), nil
	}
	point, err := tx.Savepoint()
	if err != nil {
		return false, err
	}
	failed := step()
	switch {
	case t.void():
		return true, nil
	case failed && t.wrote:
		t.ready = t.ready[:0]
		if err := tx.Rollback(point); err != nil {
			return false, err
		}
	}
	return false, tx.Release(point)
}

// count publishes what was seen.
func (t *trackTx) count() {
	if t.hits != 0 {
		t.server.stats.Hits.Add(t.hits)
	}
	if t.misses != 0 {
		t.server.stats.Misses.Add(t.misses)
	}
	t.server.cache.counts.Looked(t.call.DB, t.hits, t.misses)
}
