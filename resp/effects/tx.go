package effects

import (
	"bytes"
	"errors"

	"larder/resp/cmd"
	"larder/store"
)

// Tx stands between a handler and its transaction and sees what it does: which keys it found, what it changed. The
// call's Outcome is where it notes that. It belongs to one execution.
type Tx struct {
	store.Tx
	to      *Observers
	call    *cmd.Call
	reading bool
	uses    bool // the command counts as a use of its keys
	wrote   bool
	again   bool        // the engine runs the transaction again: this run is void
	view    bool        // of a job that reads as a rule: see store.Job.May
	barred  bool        // and has to write
	staged  bool        // it runs apart from other writers: whom to tell is known when it is published
	written []store.Key // of one that is staged
}

// NewTx makes the Tx of a call, which may be used for others, too. Begin comes first.
func (o *Observers) NewTx(c *cmd.Call) Tx { return Tx{to: o, call: c} }

// Begin begins an attempt of the call in a transaction, with an empty Outcome. view says that the transaction reads as
// a rule, and that a write ends it.
func (t *Tx) Begin(tx store.Tx, reading, uses, view bool) {
	t.Tx, t.reading, t.uses, t.view = tx, reading, uses, view
	t.wrote, t.again, t.barred, t.written = false, false, false, nil
	s, ok := tx.(store.Stager)
	t.staged = ok && s.Staged()
	t.call.Clear()
	t.call.Database = t.call.DB
}

// End lets go of the transaction.
func (t *Tx) End() { t.Tx = nil }

// Barred reports whether a transaction that reads as a rule has to write.
func (t *Tx) Barred() bool { return t.barred }

// Staged reports whether the attempt runs apart from other writers, and Tell is to come: see store.Job.Publish.
func (t *Tx) Staged() bool { return t.staged }

// Tell notes the writes of an attempt that was staged, in the transaction that makes them visible.
func (t *Tx) Tell(tx store.Tx) error {
	t.Tx, t.staged, t.again = tx, false, false
	defer func() { t.staged = true }() // it may be called again
	t.call.Changes, t.call.Ready = t.call.Changes[:0], t.call.Ready[:0]
	heads, err := tx.Heads(nil, t.written...)
	if err != nil {
		return t.seen(err)
	}
	for i, k := range t.written {
		if t.changed(k); heads[i].Exists() {
			t.call.Ready = t.to.Lines.Written(t.call.Ready, k, heads[i].Type, t.call.Spec.Still)
		} else {
			t.call.Ready = t.to.Lines.Gone(t.call.Ready, k)
		}
	}
	return nil
}

// Heads counts the keys that reading commands ask for: keyspace_hits and keyspace_misses.
func (t *Tx) Heads(dst []store.Head, keys ...store.Key) ([]store.Head, error) {
	was := len(dst)
	dst, err := t.Tx.Heads(dst, keys...)
	if !t.reading || err != nil {
		return dst, t.seen(err)
	}
	for i := range dst[was:] {
		if dst[was+i].Exists() {
			t.call.Hits++
			t.touch(keys[i])
		} else {
			t.call.Misses++
			t.noteMiss(keys[i])
		}
	}
	return dst, nil
}

// PutHead notes the use of a key, and tells those who watch it.
func (t *Tx) PutHead(k store.Key, h store.Head) error {
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

func (t *Tx) notingPut(k store.Key, h *store.Head) error {
	t.touch(k)
	t.changed(k)
	t.call.Ready = t.to.Lines.Written(t.call.Ready, k, h.Type, t.call.Spec.Still)
	return t.notePut(k)
}

// bar refuses a write before anybody is told of it.
func (t *Tx) bar() error {
	t.barred = true
	return store.ErrReadOnly
}

// seen notes that the engine gives this run up.
func (t *Tx) seen(err error) error {
	if err != nil && errors.Is(err, store.ErrAgain) {
		t.again = true
	}
	return err
}

// Void reports whether the engine has given this run up. A read may have met that, too.
func (t *Tx) Void() bool { return t.again || given(t.Tx) }

func given(tx store.Tx) bool {
	v, ok := tx.(store.Voidable)
	return ok && v.Void()
}

// changed notes a write to a key.
func (t *Tx) changed(k store.Key) {
	t.wrote = true
	if t.staged {
		t.written = append(t.written, store.Key{DB: k.DB, Name: bytes.Clone(k.Name)})
		return
	}
	t.to.Watches.Touch(k)
	t.to.Leases.Void(k.DB, k.Name)
	if t.to.Caches.Active() {
		t.call.Changes = append(t.call.Changes, string(k.Name))
	}
}

// Drop tells those who watch the keys that were there. Leases are void whether they were or not: most are out for
// keys that are not, and whoever removes one wants what is computed from now on.
func (t *Tx) Drop(keys ...store.Key) (int, error) {
	t.wrote = true
	for _, k := range keys {
		t.to.Leases.Void(k.DB, k.Name)
	}
	switch {
	case t.staged:
		for _, k := range keys {
			t.changed(k)
		}
	case t.to.Watches.Active() || t.to.Caches.Active():
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
	t.call.Ready = t.to.Lines.Gone(t.call.Ready, keys...)
	n, err := t.Tx.Drop(keys...)
	return n, t.seen(err)
}

// Move is what Drop and PutHead are to those who watch the keys.
func (t *Tx) Move(from, to store.Key, h store.Head) error {
	t.changed(from)
	t.call.Ready = t.to.Lines.Gone(t.call.Ready, from)
	if err := t.notingPut(to, &h); err != nil {
		return t.seen(err)
	}
	return t.seen(t.Tx.Move(from, to, h))
}

// PutItems notes that the transaction has written; the head that follows names the key.
func (t *Tx) PutItems(id store.ID, p store.Part, items ...store.Item) (store.Change, error) {
	if t.view {
		return store.Change{}, t.bar()
	}
	t.wrote = true
	ch, err := t.Tx.PutItems(id, p, items...)
	return ch, t.seen(err)
}

// DropItems: see PutItems.
func (t *Tx) DropItems(id store.ID, p store.Part, fields ...[]byte) (store.Change, error) {
	t.wrote = true
	ch, err := t.Tx.DropItems(id, p, fields...)
	return ch, t.seen(err)
}

// DropRange: see PutItems.
func (t *Tx) DropRange(id store.ID, p store.Part, r store.Range) (store.Change, error) {
	t.wrote = true
	ch, err := t.Tx.DropRange(id, p, r)
	return ch, t.seen(err)
}

// Flush tells those who watch keys that are there.
func (t *Tx) Flush(db int) error {
	t.wrote, t.call.Flushed = true, true
	t.to.Leases.VoidAll(db)
	if err := t.to.Watches.Emptied(t.Tx, db); err != nil {
		return t.seen(err)
	}
	t.call.Ready = t.to.Lines.Flushed(t.call.Ready, db)
	return t.seen(t.Tx.Flush(db))
}

// Scan may meet a shard that a run straight on the bases does not hold, as Heads may, and so may RandomKey and Size.
func (t *Tx) Scan(db int, from store.Cursor, n int) ([]store.Entry, store.Cursor, error) {
	entries, next, err := t.Tx.Scan(db, from, n)
	return entries, next, t.seen(err)
}

// RandomKey: see Scan.
func (t *Tx) RandomKey(db int) ([]byte, bool, error) {
	name, ok, err := t.Tx.RandomKey(db)
	return name, ok, t.seen(err)
}

// Size: see Scan.
func (t *Tx) Size(db int) (int64, error) {
	n, err := t.Tx.Size(db)
	return n, t.seen(err)
}

// Swap tells those who watch keys that are there, before or after.
func (t *Tx) Swap(a, b int) error {
	t.wrote = true
	t.to.Leases.VoidAll(a, b)
	if err := t.to.Watches.Emptied(t.Tx, a, b); err != nil {
		return t.seen(err)
	}
	t.call.Ready = t.to.Lines.Swapped(t.call.Ready, a, b)
	return t.seen(t.Tx.Swap(a, b))
}

func (t *Tx) touch(k store.Key) {
	if t.uses && t.to.Recency.Touch(k.DB, k.Name) && t.reading {
		t.to.Uses.Add(k)
	}
}

// Unwrap is the engine's transaction, for what only some engines have: see store.As.
func (t *Tx) Unwrap() store.Tx { return t.Tx }

// Quiet is for what is no change of a key: see store.Quieter.
func (t *Tx) Quiet() store.Tx { return quietTx{t.Tx, t.to} }

// quietTx is a transaction of which nobody is told.
type quietTx struct {
	store.Tx
	to *Observers
}

// Limits: see Tx.
func (q quietTx) Limits() *store.Limits { return q.to.Limits.Load() }

// Limits are the encodings' limits as configured; see store.LimitsOf.
func (t *Tx) Limits() *store.Limits { return t.to.Limits.Load() }

// Attempt runs a step of a transaction that others follow, and takes it back if it has failed after it wrote. A step is
// void if the engine runs the transaction again.
func (t *Tx) Attempt(tx store.Tx, step func() (failed bool)) (void bool, err error) {
	if !t.call.Spec.Has(cmd.Write) {
		step()
		return t.Void(), nil
	}
	point, err := tx.Savepoint()
	if err != nil {
		return false, err
	}
	failed := step()
	switch {
	case t.Void():
		return true, nil
	case failed && t.wrote:
		t.call.Ready = t.call.Ready[:0]
		if err := tx.Rollback(point); err != nil {
			return false, err
		}
	}
	return false, tx.Release(point)
}
