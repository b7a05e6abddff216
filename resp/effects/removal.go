package effects

import (
	"context"

	"larder/resp/cmd"
	"larder/store"
)

// Removal is an engine for the background: who goes through it announces the keys that it expires or drops, which are
// evicted, and the fields.
func (o *Observers) Removal(e store.Engine) store.Engine { return &removal{e, o} }

// removal is for any goroutine.
type removal struct {
	store.Engine
	to *Observers
}

// Batch runs jobs, and after the commit publishes what they have removed.
func (x *removal) Batch(ctx context.Context, jobs []*store.Job) {
	runs := make([]removalTx, len(jobs))
	wrapped := make([]*store.Job, len(jobs))
	for i, j := range jobs {
		wrapped[i] = &store.Job{Scope: j.Scope, Write: j.Write, Fn: func(tx store.Tx) error {
			runs[i] = removalTx{Tx: tx, to: x.to, paused: x.to.Pause.Active()}
			return j.Fn(&runs[i])
		}, After: func() { runs[i].publish() }}
	}
	store.Batch(ctx, x.Engine, wrapped)
	for i, j := range jobs {
		if j.Err = wrapped[i].Err; j.Err == nil {
			x.to.Lines.Lost(runs[i].expired)
			x.to.Lines.Lost(runs[i].evicted)
		}
	}
}

// Update is a batch of one.
func (x *removal) Update(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	job := &store.Job{Scope: s, Write: true, Fn: fn}
	x.Batch(ctx, []*store.Job{job})
	return job.Err
}

// shrunk is a hash that has lost fields, or a set that has lost members, because their time had passed.
type shrunk struct {
	key  store.Key
	gone store.FieldsGone
}

// removalTx remembers which keys it removed, and which lost fields. It belongs to one run of a job.
type removalTx struct {
	store.Tx
	to               *Observers
	expired, evicted []store.Key
	shrunk           []shrunk
	paused           bool // CLIENT PAUSE: nothing may change, so nothing goes
}

// each removes keys one by one, as the engine only tells how many of several, and returns those that are gone.
func (t *removalTx) each(gone []store.Key, keys []store.Key, remove func(store.Key) (int, error)) ([]store.Key, int,
	error) {
	total := 0
	if t.paused {
		return gone, 0, nil
	}
	for _, k := range keys {
		n, err := remove(k)
		if err != nil {
			return gone, total, err
		}
		if n > 0 {
			gone = append(gone, k)
		}
		total += n
	}
	return gone, total, nil
}

// Expire removes the keys whose time has passed.
func (t *removalTx) Expire(keys ...store.Key) (n int, err error) {
	t.expired, n, err = t.each(t.expired, keys, func(k store.Key) (int, error) { return store.Expire(t.Tx, k) })
	return n, err
}

// Drop removes keys as a client would, as far as those are concerned who watch them.
func (t *removalTx) Drop(keys ...store.Key) (n int, err error) {
	t.evicted, n, err = t.each(t.evicted, keys, func(k store.Key) (int, error) {
		n, err := t.Tx.Drop(k)
		if err == nil && n > 0 {
			t.to.Watches.Touch(k)
		}
		return n, err
	})
	return n, err
}

// ExpireFields tells those who watch the key, too.
func (t *removalTx) ExpireFields(k store.Key, most int) (store.FieldsGone, error) {
	if t.paused {
		return store.FieldsGone{}, nil
	}
	gone, err := store.ExpireFields(t.Tx, k, most)
	if err == nil && gone.Fields > 0 {
		t.to.Watches.Touch(k)
		t.shrunk = append(t.shrunk, shrunk{k, gone})
	}
	return gone, err
}

// publish counts and announces what is gone.
func (t *removalTx) publish() {
	var o cmd.Outcome
	heard := t.to.Heard()
	note := func(k store.Key, event string) {
		if heard.Has(event[0]) {
			o.Events = append(o.Events, cmd.Event{Notice: cmd.Notice{Event: event[2:], DB: k.DB, Name: string(k.Name)}})
		}
	}
	for _, k := range t.expired {
		t.to.Counts.Expired(k.DB)
		o.Changes = append(o.Changes, string(k.Name))
		note(k, "x:expired")
	}
	for _, k := range t.evicted {
		t.to.Counts.Evicted(k.DB)
		o.Changes = append(o.Changes, string(k.Name))
		note(k, "e:evicted")
	}
	for _, h := range t.shrunk {
		t.to.Stats.ExpiredFields.Add(h.gone.Fields)
		o.Changes = append(o.Changes, string(h.key.Name))
		for _, event := range fieldEvents(h.gone) {
			note(h.key, event)
		}
	}
	t.to.Stats.Expired.Add(int64(len(t.expired)))
	t.to.Publish(nil, &o, nil)
}

// fieldEvents are the events of fields or members that are gone because their time had passed.
func fieldEvents(gone store.FieldsGone) []string {
	event := "h:hexpired"
	if gone.Type == store.Set {
		event = "s:sexpired"
	}
	switch {
	case gone.Key:
		return []string{event, "g:del"}
	case gone.Fields > 0:
		return []string{event}
	}
	return nil
}
