package streams

import (
	"math"
	"time"

	"larder/resp/reply"
	"larder/store"
)

// overdue delivers what has been pending for long enough, the longest first, and tells how many entries that were. An
// entry that is no longer in the stream is no longer pending either, as with XAUTOCLAIM.
func (r *groupReading) overdue(out *reply.List, f *from, consumer *store.StreamConsumer, now int64) (n int64,
	err error) {
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

// longest finds the pending entries that may be claimed, no more than are wanted. What was given back may be, however
// long that was ago.
func (r *groupReading) longest(f *from, now, most int64) ([]store.StreamPending, error) {
	var all []store.StreamPending
	for p, err := range f.group.Idlest(max(now-r.idle, 0)) {
		if err != nil || int64(len(all)) == most {
			return all, err
		}
		p.Consumer = nil
		all = append(all, p)
	}
	return all, nil
}

// claim gives a page of pending entries to the consumer.
func (r *groupReading) claim(out *reply.List, f *from, to *store.StreamConsumer, some []store.StreamPending,
	now int64) (n int64, err error) {
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
		shown := reply.Of(reply.Text(p.ID.String()), contents(entries[i]), reply.Integer(idleTime(p, now)),
			reply.Integer(p.Count))
		if !r.room.add(out, shown) {
			break
		}
		n++
		f.group.Deliver(store.StreamPending{ID: p.ID, Delivered: now, Count: p.Again()}, to)
		to.Active = now
	}
	return n, f.group.Flush()
}

// leastAgain is how soon a read that waits looks again, in milliseconds.
const leastAgain = 20

// again is when a read that waits is to look again, 0 for not before somebody writes: when the first of what is pending
// has been so for long enough. What is delivered meanwhile will not have been any sooner than a whole idle time from
// now.
func (r *groupReading) again(sources []from, now int64) (time.Duration, error) {
	if !r.claims {
		return 0, nil
	}
	soonest := r.idle
	for i := range sources {
		for p, err := range sources[i].group.Idlest(math.MaxInt64) {
			if err != nil {
				return 0, err
			}
			soonest = min(soonest, p.Delivered+r.idle-now)
			break
		}
	}
	const most = int64(math.MaxInt64 / time.Millisecond)
	return time.Duration(min(max(soonest, leastAgain), most)) * time.Millisecond, nil
}
