package dumps

import (
	"iter"

	"larder/rdb"
	"larder/store"
)

// streamContent is a payload's stream as the store takes it.
func streamContent(r *rdb.StreamReader) store.StreamContent {
	return store.StreamContent{
		Entries: func(yield func(store.StreamEntry, error) bool) {
			for e, err := range r.Entries() {
				if !yield(store.StreamEntry{ID: store.StreamID(e.ID), Fields: e.Fields}, err) {
					return
				}
			}
		},
		State: func() (store.StreamState, bool, error) {
			s, err := r.State()
			return store.StreamState{Last: store.StreamID(s.Last), MaxDeleted: store.StreamID(s.MaxDeleted), Added: s.Added},
				s.Counted, err
		},
		Groups: func(yield func(store.GroupContent, error) bool) {
			for g, err := range r.Groups() {
				if !yield(groupContent(&g), err) {
					return
				}
			}
		},
	}
}

func groupContent(g *rdb.StreamGroup) store.GroupContent {
	out := store.GroupContent{Name: g.Name, Last: store.StreamID(g.Last), Read: g.Read, Pending: pendingOf(g)}
	for _, c := range g.Consumers {
		out.Consumers = append(out.Consumers, store.StreamConsumer{Name: c.Name, Seen: c.Seen, Active: c.Active})
	}
	return out
}

func pendingOf(g *rdb.StreamGroup) iter.Seq2[store.StreamPending, error] {
	return func(yield func(store.StreamPending, error) bool) {
		for _, p := range g.Pending {
			one := store.StreamPending{ID: store.StreamID(p.ID), Consumer: g.Consumers[p.Consumer].Name, Delivered: p.Delivered,
				Count: p.Count}
			if !yield(one, nil) {
				return
			}
		}
	}
}
