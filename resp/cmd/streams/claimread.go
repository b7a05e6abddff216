package streams

import (
	"cmp"
	"slices"

	"larder/resp/reply"
	"larder/store"
)

// overdue delivers what has been pending for long enough, the longest first, and tells how many entries that were. An
// entry that is no longer in the stream is no longer pending either, as with XAUTOCLAIM.
func (r *groupReading) overdue(out *reply.List, f *from, consumer *store.StreamConsumer, now int64) (n int64, err error) {
	waiting, err := r.longest(f, now, r.room.most(r.count))
	for len(waiting) > 0 && err == nil && !r.room.spent() {
		some := waiting[:min(len(waiting), page)]
		waiting = waiting[len(some):]
		var got int64
		got, err = r.claim(out, f, consumer, some, now)
		n += got
	}
	return n, err
}

// longest finds the pending entries that may be claimed, no more than are wanted. All that are pending are looked at:
// nothing keeps them in the order of their times.
func (r *groupReading) longest(f *from, now, most int64) ([]store.StreamPending, error) {
	byIdle := func(a, b store.StreamPending) int {
		return cmp.Or(cmp.Compare(a.Delivered, b.Delivered), a.ID.Compare(b.ID))
	}
	var all []store.StreamPending
	for p, err := range f.group.PendingOf(store.PendingRange{To: store.LastStreamID()}) {
		if err != nil {
			return nil, err
		}
		if now-p.Delivered < r.idle {
			continue
		}
		p.Consumer = nil
		all = append(all, p)
		if int64(len(all))/2 >= max(most, page) {
			slices.SortFunc(all, byIdle)
			all = all[:most]
		}
	}
	slices.SortFunc(all, byIdle)
	return all[:min(int64(len(all)), most)], nil
}

// claim gives a page of pending entries to the consumer.
func (r *groupReading) claim(out *reply.List, f *from, to *store.StreamConsumer, some []store.StreamPending, now int64) (n int64, err error) {
	ids := make([]store.StreamID, len(some))
	for i, p := range some {
		ids[i] = p.ID
	}
	entries, there, err := f.stream.Entries(ids...)
	if err == nil {
		err = f.group.Load(ids...)
	}
	if err != nil {
		return 0, err
	}
	for i, p := range some {
		if !there[i] {
			f.group.Finish(p.ID)
			continue
		}
		shown := reply.Of(reply.Text(p.ID.String()), contents(entries[i]), reply.Integer(now-p.Delivered), reply.Integer(p.Count))
		if !r.room.add(out, shown) {
			break
		}
		n++
		f.group.Deliver(store.StreamPending{ID: p.ID, Delivered: now, Count: p.Count + 1}, to)
		to.Active = now
	}
	return n, f.group.Flush()
}
