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

var streamKey = store.Key{Name: []byte("stream")}

// pendingModel is what a group's pending entries should be.
type pendingModel map[store.StreamID]store.StreamPending

// groupRun drives a group and a model of it through the same steps. For one test.
type groupRun struct {
	t     *testing.T
	rng   *rand.Rand
	e     store.Engine
	model pendingModel
	now   int64
	next  uint64
}

func newGroupRun(t *testing.T, seed uint64) *groupRun {
	r := &groupRun{t: t, rng: rand.New(rand.NewPCG(seed, 1)), e: memory.New(), model: pendingModel{}, now: 1000}
	r.update(func(tx store.Tx) error {
		s, err := store.OpenStream(tx, streamKey)
		if err != nil {
			return err
		}
		if err := s.Create(); err != nil {
			return err
		}
		_, err = s.CreateGroup([]byte("g"), store.StreamID{}, 0)
		return err
	})
	return r
}

func (r *groupRun) update(fn func(tx store.Tx) error) {
	r.t.Helper()
	if err := r.e.Update(context.Background(), store.One(streamKey), fn); err != nil {
		r.t.Fatal(err)
	}
}

func (r *groupRun) group(fn func(g *store.StreamGroup) error) {
	r.t.Helper()
	r.update(func(tx store.Tx) error {
		s, err := store.OpenStream(tx, streamKey)
		if err != nil {
			return err
		}
		g, err := s.Group([]byte("g"))
		if err != nil {
			return err
		}
		if err := fn(g); err != nil {
			return err
		}
		return g.Save()
	})
}

func (r *groupRun) some(n int) []store.StreamID {
	all := slices.SortedFunc(maps.Keys(r.model), store.StreamID.Compare)
	if len(all) == 0 {
		return nil
	}
	from := r.rng.IntN(len(all))
	all = all[from:min(from+n, len(all))]
	if r.rng.IntN(2) == 0 { // every second, and one that is not pending, in any order
		all = slices.DeleteFunc(all, func(store.StreamID) bool { return r.rng.IntN(2) == 0 })
		all = append(all, store.StreamID{Millis: r.next + 7})
		r.rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	}
	return all
}

// step does something to some entries.
func (r *groupRun) step() {
	r.now++
	name := fmt.Append(nil, "c", r.rng.IntN(3))
	n := 1 + r.rng.IntN(400)
	r.group(func(g *store.StreamGroup) error {
		c, _, err := g.Join(name, r.now)
		if err != nil {
			return err
		}
		switch r.rng.IntN(7) {
		case 0, 1:
			return r.deliver(g, c, n)
		case 2, 3:
			return r.acknowledge(g, r.some(n))
		case 4:
			return r.acknowledge(g, r.some(1))
		case 5:
			return r.claim(g, c, r.some(n))
		}
		if r.rng.IntN(5) > 0 {
			return nil
		}
		return r.leave(g, c)
	})
}

func (r *groupRun) deliver(g *store.StreamGroup, c *store.StreamConsumer, n int) error {
	var ids []store.StreamID
	for range n {
		r.next += uint64(r.rng.IntN(3))
		id := store.StreamID{Millis: r.next, Seq: uint64(r.now)<<20 + uint64(len(ids))}
		ids = append(ids, id)
		r.model[id] = store.StreamPending{ID: id, Consumer: slices.Clone(c.Name), Delivered: r.now, Count: 1}
	}
	r.next++
	if err := g.LoadFresh(ids...); err != nil {
		return err
	}
	for _, id := range ids {
		g.Deliver(store.StreamPending{ID: id, Delivered: r.now, Count: 1}, c)
	}
	return nil
}

func (r *groupRun) acknowledge(g *store.StreamGroup, ids []store.StreamID) error {
	want := int64(0)
	for _, id := range ids {
		if _, there := r.model[id]; there {
			want++
		}
		delete(r.model, id)
	}
	n, err := g.Acknowledge(ids...)
	if n != want {
		r.t.Errorf("%d of %d acknowledged", n, want)
	}
	return err
}

func (r *groupRun) claim(g *store.StreamGroup, c *store.StreamConsumer, ids []store.StreamID) error {
	if err := g.Load(ids...); err != nil {
		return err
	}
	for _, id := range ids {
		p, there := g.Waiting(id)
		if _, want := r.model[id]; want != there {
			r.t.Errorf("%s is pending: %t", id, there)
		}
		p = store.StreamPending{ID: id, Delivered: r.now, Count: p.Count + 1}
		g.Deliver(p, c)
		p.Consumer = slices.Clone(c.Name)
		r.model[id] = p
	}
	return nil
}

func (r *groupRun) leave(g *store.StreamGroup, c *store.StreamConsumer) error {
	want := int64(0)
	for id, p := range r.model {
		if string(p.Consumer) == string(c.Name) {
			delete(r.model, id)
			want++
		}
	}
	n, err := g.Leave(c.Name)
	if n != want {
		r.t.Errorf("%d of %d left", n, want)
	}
	return err
}

// check compares all that a group tells with the model.
func (r *groupRun) check() {
	r.t.Helper()
	r.group(func(g *store.StreamGroup) error {
		all := slices.SortedFunc(maps.Keys(r.model), store.StreamID.Compare)
		if g.Pending != int64(len(all)) {
			r.t.Fatalf("%d are pending, want %d", g.Pending, len(all))
		}
		if len(all) > 0 {
			first, last, err := g.PendingEnds()
			if err != nil || first != all[0] || last != all[len(all)-1] {
				r.t.Fatalf("from %s to %s, want %s to %s: %v", first, last, all[0], all[len(all)-1], err)
			}
		}
		for _, consumer := range []string{"", "c0", "c1", "c2"} {
			r.compare(g, consumer, all)
		}
		return nil
	})
	r.audit()
}

func (r *groupRun) compare(g *store.StreamGroup, consumer string, all []store.StreamID) {
	r.t.Helper()
	asked := store.PendingRange{To: store.LastStreamID(), Take: int64(r.rng.IntN(3) * 50)}
	if r.rng.IntN(2) == 0 && len(all) > 0 {
		asked.From, asked.To = all[r.rng.IntN(len(all))], all[r.rng.IntN(len(all))]
	}
	if consumer != "" {
		asked.Consumer = []byte(consumer)
	}
	var want, got []string
	for _, id := range all {
		p := r.model[id]
		if id.Compare(asked.From) >= 0 && id.Compare(asked.To) <= 0 && (consumer == "" || string(p.Consumer) == consumer) {
			want = append(want, fmt.Sprint(p.ID, string(p.Consumer), p.Delivered, p.Count))
		}
	}
	for p, err := range g.PendingOf(asked) {
		if err != nil {
			r.t.Fatal(err)
		}
		got = append(got, fmt.Sprint(p.ID, string(p.Consumer), p.Delivered, p.Count))
	}
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			r.t.Fatalf("consumer %q has %q pending, want %q", consumer, got[i], want[i])
		}
	}
	if len(got) != len(want) {
		r.t.Fatalf("consumer %q has %d pending from %s to %s, want %d", consumer, len(got), asked.From, asked.To, len(want))
	}
}

// audit has the check look at the stream, which must find nothing.
func (r *groupRun) audit() {
	r.t.Helper()
	err := r.e.View(context.Background(), store.Whole(), func(tx store.Tx) error {
		heads, err := tx.Heads(nil, streamKey)
		if err != nil {
			return err
		}
		found, err := store.Audit(tx, streamKey, heads[0])
		for _, f := range found {
			r.t.Fatalf("%s %s", f.Subject, f.Problem)
		}
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// TestRunsOfPendingEntries: however entries are delivered, claimed and acknowledged, the group says of each what was
// done to it last.
func TestRunsOfPendingEntries(t *testing.T) {
	for seed := range uint64(6) {
		r := newGroupRun(t, seed)
		runs := int64(0)
		for range 60 {
			r.step()
			r.check()
			r.group(func(g *store.StreamGroup) error {
				runs = max(runs, g.Runs)
				return nil
			})
		}
		if runs < 3 {
			t.Errorf("there were no more than %d runs", runs)
		}
	}
}

// pendingItems is how many items a group's pending entries take.
func (r *groupRun) pendingItems() (n int64) {
	r.t.Helper()
	r.update(func(tx store.Tx) error {
		heads, err := tx.Heads(nil, streamKey)
		if err == nil {
			n, err = tx.Count(heads[0].ID, store.Pending, store.Range{})
		}
		return err
	})
	return n
}

// TestLongReadsWriteLittle: half a million entries delivered at once took a million items, and six seconds.
func TestLongReadsWriteLittle(t *testing.T) {
	r := newGroupRun(t, 1)
	r.group(func(g *store.StreamGroup) error {
		c, _, err := g.Join([]byte("c"), r.now)
		if err == nil {
			err = r.deliver(g, c, 10_000)
		}
		return err
	})
	if n := r.pendingItems(); n > 600 {
		t.Errorf("10000 entries delivered at once take %d items", n)
	}
	r.check()
	for len(r.model) > 0 { // one by one the last ones, so that runs get shorter and shorter
		r.group(func(g *store.StreamGroup) error { return r.acknowledge(g, r.some(1+len(r.model)*9/10)) })
		if n := r.pendingItems(); n > 600 {
			t.Fatalf("%d entries that are left take %d items", len(r.model), n)
		}
	}
	if n := r.pendingItems(); n != 0 {
		t.Errorf("%d items are left of none", n)
	}
}

// TestGroupsWithoutRuns: what was written before there were runs says nothing of them.
func TestGroupsWithoutRuns(t *testing.T) {
	r := newGroupRun(t, 1)
	few := func() {
		r.group(func(g *store.StreamGroup) error {
			c, _, err := g.Join([]byte("c"), r.now)
			if err == nil {
				err = r.deliver(g, c, 5)
			}
			return err
		})
	}
	few()
	r.update(func(tx store.Tx) error {
		heads, err := tx.Heads(nil, streamKey)
		if err != nil {
			return err
		}
		name := []byte("\x00g")
		found, err := tx.Items(nil, heads[0].ID, store.Groups, name)
		if err != nil {
			return err
		}
		value := found[0].Value
		ch, err := tx.PutItems(heads[0].ID, store.Groups, store.Item{Field: name, Value: value[:len(value)-1]})
		if err != nil {
			return err
		}
		heads[0].Bytes += ch.Bytes
		return tx.PutHead(streamKey, heads[0])
	})
	r.check()
	few()
	r.check()
}

// TestMendedRuns: whatever is wrong with the lists of a group, afterwards they say what is kept by id.
func TestMendedRuns(t *testing.T) {
	for seed := range uint64(20) {
		r := newGroupRun(t, seed)
		for range 20 {
			r.step()
		}
		if len(r.model) == 0 {
			continue
		}
		r.update(func(tx store.Tx) error { // of each kind an item goes that says whose something is
			heads, err := tx.Heads(nil, streamKey)
			if err != nil {
				return err
			}
			for _, kind := range []byte{1, 3} {
				kinds := store.Range{Min: store.Bound{Edge: store.Inclusive, Field: []byte{kind}},
					Max: store.Bound{Edge: store.Exclusive, Field: []byte{kind + 1}}, Limit: 1}
				ch, err := tx.DropRange(heads[0].ID, store.Pending, kinds)
				if err != nil {
					return err
				}
				heads[0].Bytes += ch.Bytes
			}
			return tx.PutHead(streamKey, heads[0])
		})
		for _, want := range []bool{true, false} {
			r.update(func(tx store.Tx) error {
				found, err := store.Amend(tx, streamKey)
				if (len(found) > 0) != want {
					t.Errorf("seed %d: %v is found", seed, found)
				}
				return err
			})
		}
		r.check()
	}
}
