package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"larder/store"
	"larder/store/memory"
)

// onceModel is what a stream should know of producers: of each its messages, the oldest first.
type onceModel struct {
	seconds, most     int64
	added, duplicates int64
	of                map[string][]knownMessage
}

type knownMessage struct {
	name string
	id   store.StreamID
}

// known drops what is too old at a time, and counts the rest.
func (m *onceModel) known(now int64) (producers, messages int64) {
	for p, list := range m.of {
		for len(list) > 0 && now-int64(list[0].id.Millis) >= m.seconds*1000 {
			list = list[1:]
		}
		if m.of[p] = list; len(list) > 0 {
			producers, messages = producers+1, messages+int64(len(list))
		}
	}
	return producers, messages
}

// send is what becomes of a message: the entry it has, zero if it is new.
func (m *onceModel) send(now int64, producer, name string) store.StreamID {
	m.known(now)
	for _, k := range m.of[producer] {
		if k.name == name {
			m.duplicates++
			return k.id
		}
	}
	return store.StreamID{}
}

func (m *onceModel) keep(producer, name string, id store.StreamID) {
	for p, list := range m.of {
		m.of[p] = slices.DeleteFunc(list, func(k knownMessage) bool { return k.id == id })
	}
	list := append(m.of[producer], knownMessage{name, id})
	m.of[producer] = list[max(int64(len(list))-m.most, 0):]
	m.added++
}

func TestStreamOnceAgainstModel(t *testing.T) {
	now := int64(1_000_000)
	e := memory.New(memory.WithClock(func() int64 { return now }))
	r := rand.New(rand.NewPCG(1, 86))
	m := onceModel{seconds: 100, most: 100, of: map[string][]knownMessage{}}
	other := store.Key{Name: []byte("copy")}
	for step := range 6000 {
		now += int64(r.IntN(2) * r.IntN(1400))
		producer, name := fmt.Sprint("p", r.IntN(5)), fmt.Sprint(r.IntN(40))
		onceStep(t, e, func(tx store.Tx, s *store.StreamKey) error {
			choice := r.IntN(300)
			if !s.Exists() {
				choice = -1
			}
			switch choice {
			case 0:
				seconds, most := int64(1+r.IntN(60)), int64(1+r.IntN(20))
				m.seconds, m.most, m.of = seconds, most, map[string][]knownMessage{}
				return s.SetOnce(seconds, most)
			case 1:
				return s.SetOnce(m.seconds, 0)
			case 2, 3, 4: // the next one may get the id of the last again
				if _, err := s.Trim(store.StreamTrim{}); err != nil {
					return err
				}
				state := s.State()
				state.Last, _ = state.Last.Prev()
				return s.SetState(state)
			}
			want := m.send(now, producer, name)
			id, _, fresh, err := s.AddOnce(store.StreamMessage{Producer: []byte(producer), ID: []byte(name)}, [][]byte{{'f'}, {'v'}}, &store.StreamTrim{Max: 3})
			if err != nil {
				return err
			}
			if fresh != want.Zero() || !fresh && id != want {
				t.Fatalf("step %d: %s of %s is %v (fresh: %v), want %v", step, name, producer, id, fresh, want)
			}
			if fresh {
				m.keep(producer, name, id)
			}
			return nil
		})
		if step%50 != 0 {
			continue
		}
		producers, messages := m.known(now)
		onceStep(t, e, func(tx store.Tx, s *store.StreamKey) error {
			if _, err := store.Copy(tx, streamKey, other); err != nil {
				return err
			}
			twin, err := store.OpenStream(tx, other)
			if err != nil {
				return err
			}
			for _, one := range []*store.StreamKey{s, twin} {
				got, err := one.Known()
				if err != nil {
					return err
				}
				if want := (store.StreamOnce{Seconds: m.seconds, Most: m.most, Added: m.added, Duplicates: m.duplicates,
					Producers: producers, Messages: messages}); got != want {
					t.Fatalf("step %d: %+v, want %+v", step, got, want)
				}
			}
			for _, k := range []store.Key{streamKey, other} {
				heads, err := tx.Heads(nil, k)
				if err != nil {
					return err
				}
				if found, err := store.Audit(tx, k, heads[0]); err != nil || len(found) > 0 {
					t.Fatalf("step %d: %v %v", step, found, err)
				}
			}
			return nil
		})
	}
	if m.duplicates < 100 || m.added < 100 {
		t.Errorf("%d duplicates and %d additions are no test", m.duplicates, m.added)
	}
}

func onceStep(t *testing.T, e store.Engine, fn func(tx store.Tx, s *store.StreamKey) error) {
	t.Helper()
	err := e.Update(context.Background(), store.Whole(), func(tx store.Tx) error {
		s, err := store.OpenStream(tx, streamKey)
		if err != nil {
			return err
		}
		return fn(tx, s)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestStreamOnceIsMended: whatever is missing of what is known, it is found and forgotten.
func TestStreamOnceIsMended(t *testing.T) {
	for kind := range byte(4) {
		e := memory.New()
		onceStep(t, e, func(tx store.Tx, s *store.StreamKey) error {
			for i := range 5 {
				m := store.StreamMessage{Producer: []byte{'p'}, ID: []byte{byte(i)}}
				if _, _, _, err := s.AddOnce(m, [][]byte{{'f'}, {'v'}}, nil); err != nil {
					return err
				}
			}
			var first []byte
			for it, err := range tx.Range(s.Head().ID, store.Producers, store.Range{}) {
				if err != nil {
					return err
				}
				if first == nil && it.Field[0] == kind {
					first = slices.Clone(it.Field)
				}
			}
			_, err := tx.DropItems(s.Head().ID, store.Producers, first)
			return err
		})
		for _, want := range []int{1, 0} {
			onceStep(t, e, func(tx store.Tx, s *store.StreamKey) error {
				found, err := store.Amend(tx, streamKey)
				if (len(found) > 0) != (want > 0) {
					t.Errorf("kind %d: found %v, want %d", kind, found, want)
				}
				return err
			})
		}
		onceStep(t, e, func(tx store.Tx, s *store.StreamKey) error {
			if o := s.State().Once; o.Messages != 0 || o.Added != 5 || s.Len() != 5 {
				t.Errorf("kind %d: %+v with %d entries", kind, o, s.Len())
			}
			return nil
		})
	}
}
