package shard

import (
	"context"
	"iter"
	"slices"

	"larder/store"
	"larder/store/memtable"
)

// A pipeline that writes has its reads in the turn, too: they see what it wrote before them, and not what it writes
// behind. One that is cold or long would keep everybody waiting there. It leaves the turn with the rest of its
// ticket, and runs in a View when what the ticket has written is visible; then the rest comes back.

// glanceMost is what a read may take of the turn: items, each of which counts once more for every glanceBytes of its
// value.
const (
	glanceMost  = 1024
	glanceBytes = 256
)

// glance is a shard as a job of a group sees it that only reads. It belongs to the leader.
type glance struct {
	*memtable.Merged
	group *group
}

// Range has a job that reads too much run in a View.
func (v *glance) Range(id store.ID, p store.Part, r store.Range) iter.Seq2[store.Item, error] {
	return func(yield func(store.Item, error) bool) {
		g := v.group
		for it, err := range v.Merged.Range(id, p, r) {
			if g.left -= 1 + int64(len(it.Value))/glanceBytes; g.left < 0 {
				g.ticket.looks = true
				yield(store.Item{}, store.ErrAgain)
				return
			}
			if !yield(it, err) {
				return
			}
		}
	}
}

// look runs a ticket's first jobs, as many as only read, in a View. It reports whether that was all.
func (o *Order) look(t *ticket) (done bool) {
	n := slices.IndexFunc(t.jobs, func(j *store.Job) bool { return j.Write })
	if n < 0 {
		n = len(t.jobs)
	}
	t.looks = false
	o.viewAll(context.Background(), t.jobs[:n])
	t.jobs = t.jobs[n:]
	return len(t.jobs) == 0
}
