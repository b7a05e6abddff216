package store_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"larder/store"
	"larder/store/memory"
)

// refsModel is what a stream and its groups should hold. For one test.
type refsModel struct {
	t       *testing.T
	rng     *rand.Rand
	e       store.Engine
	next    uint64
	entries map[store.StreamID]bool
	last    map[string]store.StreamID
	pending map[string]map[store.StreamID]bool
}

func newRefsModel(t *testing.T, seed uint64, groups ...string) *refsModel {
	m := &refsModel{t: t, rng: rand.New(rand.NewPCG(seed, 5)), e: memory.New(), entries: map[store.StreamID]bool{},
		last: map[string]store.StreamID{}, pending: map[string]map[store.StreamID]bool{}}
	m.stream(func(s *store.StreamKey) error {
		err := s.Create()
		for _, g := range groups {
			m.last[g], m.pending[g] = store.StreamID{}, map[store.StreamID]bool{}
			if err == nil {
				_, err = s.CreateGroup([]byte(g), store.StreamID{}, 0)
			}
		}
		return err
	})
	return m
}

func (m *refsModel) stream(fn func(s *store.StreamKey) error) {
	m.t.Helper()
	err := m.e.Update(context.Background(), store.One(streamKey), func(tx store.Tx) error {
		s, err := store.OpenStream(tx, streamKey)
		if err != nil {
			return err
		}
		return fn(s)
	})
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m *refsModel) sorted() []store.StreamID {
	return slices.SortedFunc(maps.Keys(m.entries), store.StreamID.Compare)
}

// held reports whether a group has an entry still to get or to acknowledge.
func (m *refsModel) held(id store.StreamID) bool {
	for g, ids := range m.pending {
		if ids[id] || m.last[g].Compare(id) < 0 {
			return true
		}
	}
	return false
}

func (m *refsModel) forget(id store.StreamID) {
	for _, ids := range m.pending {
		delete(ids, id)
	}
}

// some are ids that were given, there or not, some of them twice.
func (m *refsModel) some() (ids []store.StreamID) {
	for range m.rng.IntN(700) {
		ids = append(ids, store.StreamID{Millis: 1 + m.rng.Uint64N(m.next+1), Seq: 1})
	}
	return ids
}

func (m *refsModel) add() {
	m.stream(func(s *store.StreamKey) error {
		for range 1 + m.rng.IntN(400) {
			m.next++
			id := store.StreamID{Millis: m.next, Seq: 1}
			if _, err := s.Add(store.NewStreamID{ID: id}, [][]byte{{'f'}, {'v'}}); err != nil {
				return err
			}
			m.entries[id] = true
		}
		return nil
	})
}

func (m *refsModel) read(g string) {
	n := m.rng.IntN(500)
	var ids []store.StreamID
	for _, id := range m.sorted() {
		if id.Compare(m.last[g]) > 0 && len(ids) < n {
			ids = append(ids, id)
		}
	}
	m.stream(func(s *store.StreamKey) error {
		group, err := s.Group([]byte(g))
		if err != nil {
			return err
		}
		c, _, err := group.Join([]byte("c"), 1)
		if err == nil {
			err = group.Advance(ids...)
		}
		if err == nil {
			err = group.LoadFresh(ids...)
		}
		for _, id := range ids {
			group.Deliver(store.StreamPending{ID: id, Delivered: 1, Count: 1}, c)
			m.last[g], m.pending[g][id] = id, true
		}
		if err != nil {
			return err
		}
		return group.Save()
	})
}

func (m *refsModel) acknowledge(g string) {
	ids := m.some()
	m.stream(func(s *store.StreamKey) error {
		group, err := s.Group([]byte(g))
		if err == nil {
			_, err = group.Acknowledge(ids...)
		}
		for _, id := range ids {
			delete(m.pending[g], id)
		}
		if err != nil {
			return err
		}
		return group.Save()
	})
}

// remove is DeleteRefs, or AcknowledgeDelete if a group is named.
func (m *refsModel) remove(g string, mode store.Refs) {
	ids := m.some()
	var want, got []store.Removal
	for _, id := range ids {
		want = append(want, m.judge(g, mode, id))
	}
	m.stream(func(s *store.StreamKey) (err error) {
		if g == "" {
			got, err = s.DeleteRefs(mode, ids...)
		} else {
			got, err = s.AcknowledgeDelete([]byte(g), mode, ids...)
		}
		return err
	})
	if !slices.Equal(got, want) {
		m.t.Fatalf("group %q, mode %d:\n got %v\nwant %v", g, mode, got, want)
	}
}

func (m *refsModel) judge(g string, mode store.Refs, id store.StreamID) store.Removal {
	there := m.entries[id]
	if g != "" {
		was := m.pending[g][id]
		delete(m.pending[g], id)
		if !was {
			if mode == store.DropRefs && !there {
				m.forget(id)
			}
			return store.RemovalAbsent
		}
	}
	if mode == store.DropRefs {
		m.forget(id)
	}
	if mode == store.OnlyAcked && (there || g != "") && (m.held(id) || len(m.last) == 0) {
		return store.RemovalRefused
	}
	delete(m.entries, id)
	if !there && g == "" {
		return store.RemovalAbsent
	}
	return store.RemovalDone
}

func (m *refsModel) trim(mode store.Refs) {
	t := store.StreamTrim{Refs: mode, ByID: m.rng.IntN(2) == 0, Max: int64(m.rng.IntN(len(m.entries) + 1)),
		MinID: store.StreamID{Millis: m.rng.Uint64N(m.next + 1)}}
	surplus := len(m.entries) - int(t.Max)
	for _, id := range m.sorted() {
		if t.ByID && id.Compare(t.MinID) >= 0 || !t.ByID && surplus <= 0 {
			break
		}
		if mode == store.OnlyAcked && len(m.last) > 0 && m.held(id) {
			continue
		}
		if mode == store.DropRefs {
			m.forget(id)
		}
		delete(m.entries, id)
		surplus--
	}
	m.stream(func(s *store.StreamKey) error {
		_, err := s.Trim(t)
		return err
	})
}

func (m *refsModel) check(step string) {
	m.t.Helper()
	m.stream(func(s *store.StreamKey) error {
		var got []store.StreamID
		for e, err := range s.Range(store.StreamRange{To: store.LastStreamID()}) {
			if err != nil {
				return err
			}
			got = append(got, e.ID)
		}
		if want := m.sorted(); !slices.Equal(got, want) || s.Len() != int64(len(want)) {
			m.t.Fatalf("%s: %d entries of a length of %d, want %d", step, len(got), s.Len(), len(want))
		}
		for g, ids := range m.pending {
			group, err := s.Group([]byte(g))
			if err != nil {
				return err
			}
			var waiting []store.StreamID
			for p, err := range group.PendingOf(store.PendingRange{To: store.LastStreamID()}) {
				if err != nil {
					return err
				}
				waiting = append(waiting, p.ID)
			}
			if want := slices.SortedFunc(maps.Keys(ids), store.StreamID.Compare); !slices.Equal(waiting, want) || group.Pending != int64(len(want)) {
				m.t.Fatalf("%s: group %s has %d pending and says %d, want %d", step, g, len(waiting), group.Pending, len(want))
			}
		}
		return nil
	})
	(&groupRun{t: m.t, e: m.e}).audit()
}

// TestReferencesGoWithEntries: whatever is delivered, acknowledged, removed and trimmed in whatever way, entries and
// what groups have pending are those of a plain model.
func TestReferencesGoWithEntries(t *testing.T) {
	for seed := range uint64(8) {
		groups := []string{"g", "h"}[:seed%3]
		m := newRefsModel(t, seed, groups...)
		m.add()
		for i := range 60 {
			mode := store.Refs(m.rng.IntN(3))
			what := m.rng.IntN(6)
			g := ""
			if len(groups) > 0 {
				g = groups[m.rng.IntN(len(groups))]
			}
			switch {
			case what == 0:
				m.add()
			case what == 1:
				m.remove("", mode)
			case what == 2:
				m.trim(mode)
			case g == "":
			case what == 3:
				m.read(g)
			case what == 4:
				m.acknowledge(g)
			case what == 5:
				m.remove(g, mode)
			}
			m.check(fmt.Sprintf("seed %d, step %d, %d in mode %d", seed, i, what, mode))
		}
	}
}
