package store_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"larder/store"
	"larder/store/memory"
	"larder/store/storetest"
)

func TestTimedSetsCrossTheirForms(t *testing.T) {
	open := func(tx store.Tx, k store.Key) (timed, error) { return store.OpenSet(tx, k) }
	crossTimed(t, open, (*timedCrossing).stepOfSet)
}

func (c *timedCrossing) stepOfSet(tx store.Tx) error {
	s, err := store.OpenSet(tx, c.key)
	if err != nil {
		return err
	}
	switch c.choose(11, 4) {
	case 0:
		return c.join(s)
	case 1, 2, 3:
		return c.joinFor(s)
	case 4, 5, 6:
		return c.expire(s)
	case 7:
		fields, gone := c.words(), int64(0)
		for _, f := range fields {
			if c.found(f) >= 0 {
				gone += c.remove(f)
			}
		}
		n, err := s.Remove(fields...)
		c.equal("SREM", n, gone)
		return err
	case 8, 9:
		return c.pop(tx, s)
	}
	return c.reap(tx)
}

// number is a word, or an integer as long as integers alone are there.
func (c *timedCrossing) number(s *store.SetKey) []byte {
	e := store.EncodingName(s.Head())
	if !s.Exists() && c.rng.IntN(3) > 0 || e == "intset" && c.rng.IntN(60) > 0 {
		return fmt.Append(nil, c.rng.Int64N(1<<60)-1<<59>>c.rng.IntN(2))
	}
	return c.word()
}

// join adds one member: what it does to the order follows from the encoding behind it.
func (c *timedCrossing) join(s *store.SetKey) error {
	m, want := c.number(s), int64(0)
	if c.found(m) < 0 {
		want = 1
		c.put(store.Item{Field: m})
	}
	n, err := s.Add(m)
	c.equal("SADD", n, want)
	if store.EncodingName(s.Head()) == "intset" {
		slices.SortFunc(c.model, func(a, b store.Item) int {
			x, _ := store.ParseInteger(a.Field)
			y, _ := store.ParseInteger(b.Field)
			return cmp.Compare(x, y)
		})
	}
	return err
}

// joinFor adds members that expire.
func (c *timedCrossing) joinFor(s *store.SetKey) error {
	at, words := c.now+1+c.rng.Int64N(6000), append(c.words(), c.number(s))
	var there []store.Item
	changed := false
	for i, m := range words {
		it := store.Item{Field: m, Score: float64(at)}
		if again := slices.ContainsFunc(words[:i], func(o []byte) bool { return bytes.Equal(o, m) }); again {
			continue
		}
		if j := c.found(m); j < 0 {
			c.put(it)
			changed = true
		} else if c.model[j].Score != it.Score {
			there = append(there, it)
		}
	}
	keep := c.rng.IntN(4) == 0
	for _, it := range there {
		if !keep {
			c.put(it)
			changed = true
		}
	}
	got, err := s.AddExpiring(at, keep, words...)
	if got != changed {
		c.t.Errorf("SADDEX changed something: %v", got)
	}
	return err
}

func (c *timedCrossing) pop(tx store.Tx, s *store.SetKey) error {
	live, was := int64(len(c.live())), store.EncodingName(s.Head())
	n, popped := c.rng.Int64N(10), int64(0)
	if c.rng.IntN(3) == 0 {
		n = live * 6 / 7
	}
	err := s.Pop(n, func(m []byte) {
		if c.found(m) >= 0 {
			popped += c.remove(bytes.Clone(m))
		}
	})
	c.equal("SPOP", popped, min(n, live))
	if err != nil || n == 0 || (live-n)*5 > n {
		return err
	}
	// What stays was written anew, without what had expired.
	stay := c.live()
	if c.model = nil; was == "hashtable" && len(stay) > 0 {
		names := map[string]store.Item{}
		for _, it := range stay {
			names[string(it.Field)] = it
		}
		stay = nil
		for it, err := range store.TimedFields(tx, s.Head()) {
			if err != nil {
				return err
			}
			stay = append(stay, names[string(it.Field)])
		}
		c.model = stay
		return nil
	}
	for _, it := range stay {
		c.put(it)
	}
	return nil
}

// TestSetAlgebraOfTimes: expired members are in no result, and what is stored expires at the earliest of its times in the
// operands, or, of a difference, when it did.
func TestSetAlgebraOfTimes(t *testing.T) {
	ops := map[string]func(*store.Sets, store.Key) (int64, error){
		"union": (*store.Sets).StoreUnion, "inter": (*store.Sets).StoreInter, "diff": (*store.Sets).StoreDiff,
	}
	seen := map[string]int{}
	for seed := range uint64(storetest.Times(100, 1500)) {
		rng := rand.New(rand.NewPCG(seed, 3))
		now := int64(1_000_000)
		e := memory.New(memory.WithClock(func() int64 { return now }))
		most := []int{3, 30, 300}[rng.IntN(3)]
		keys, models := fillTimedSets(t, e, rng, most, now)
		now += 500
		for name, op := range ops {
			want := algebraOf(name, models, now)
			got, encoding := map[string]float64{}, ""
			dst := []store.Key{{Name: []byte("dst")}, keys[0]}[rng.IntN(2)]
			err := e.Update(context.Background(), store.Whole(), func(tx store.Tx) error {
				at, err := tx.Savepoint()
				if err != nil {
					return err
				}
				sets, err := store.OpenSets(tx, keys...)
				if err != nil {
					return err
				}
				n, err := op(sets, dst)
				if err != nil {
					return err
				}
				heads, err := tx.Heads(nil, dst)
				if err != nil {
					return err
				}
				if n != int64(len(want)) || heads[0].Exists() != (n > 0) {
					t.Errorf("seed %d, %s: %d members, want %d", seed, name, n, len(want))
				}
				if n > 0 {
					encoding = store.EncodingName(heads[0])
					if findings, err := store.Audit(tx, dst, heads[0]); err != nil || len(findings) > 0 {
						t.Errorf("seed %d, %s: %v %v", seed, name, findings, err)
					}
					for it, err := range store.TimedFields(tx, heads[0]) {
						if err != nil {
							return err
						}
						got[string(it.Field)] = it.Score
					}
				}
				return tx.Rollback(at)
			})
			if err != nil {
				t.Fatal(err)
			}
			seen[name+" "+encoding]++
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("seed %d, %s:\n got %v\nwant %v", seed, name, got, want)
			}
		}
	}
	for _, name := range []string{"union listpackex", "inter listpackex", "diff listpackex", "union hashtable", "inter hashtable", "inter intset"} {
		if seen[name] < 3 {
			t.Errorf("hardly ever %s: %v", name, seen)
		}
	}
}

// fillTimedSets makes three sets, of which a part of the members expire within a second.
func fillTimedSets(t *testing.T, e store.Engine, rng *rand.Rand, most int, now int64) (keys []store.Key, models []map[string]float64) {
	t.Helper()
	words := rng.IntN(2) == 0
	for i := range 3 {
		k, model := store.Key{Name: fmt.Append(nil, "k", i)}, map[string]float64{}
		timeless := rng.IntN(3) == 0
		err := e.Update(context.Background(), store.One(k), func(tx store.Tx) error {
			clear(model)
			s, err := store.OpenSet(tx, k)
			for range 8 {
				var members [][]byte
				at := int64(0)
				if !timeless && rng.IntN(2) == 0 {
					at = now + 1 + rng.Int64N(1000)
				}
				for range 1 + rng.IntN(most) {
					m := fmt.Append(nil, rng.IntN(most))
					if words {
						m = append([]byte("m"), m...)
					}
					members, model[string(m)] = append(members, m), float64(at)
				}
				if err == nil {
					_, err = s.AddExpiring(at, false, members...)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		keys, models = append(keys, k), append(models, model)
	}
	return keys, models
}

// algebraOf is the result of an operation, by asking each operand for each member.
func algebraOf(op string, models []map[string]float64, now int64) map[string]float64 {
	all := map[string]float64{}
	for _, m := range models {
		for member := range m {
			all[member] = 0
		}
	}
	for member := range all {
		in, first, earliest := 0, false, 0.0
		for i, m := range models {
			at, there := m[member]
			if !there || at != 0 && float64(now) > at {
				continue
			}
			in++
			first = first || i == 0
			if at != 0 && (earliest == 0 || at < earliest) {
				earliest = at
			}
		}
		if op == "union" && in > 0 || op == "inter" && in == len(models) || op == "diff" && first && in == 1 {
			all[member] = earliest
		} else {
			delete(all, member)
		}
	}
	return all
}

// TestTimesCostOthersNothing: of a hash or a set without times the engine keeps what it kept before there were any, and
// so it does again once the last time is gone.
func TestTimesCostOthersNothing(t *testing.T) {
	hash, set := store.Key{Name: []byte("h")}, store.Key{Name: []byte("s")}
	update(t, memory.New(), func(tx store.Tx) error {
		plainHead := func(k store.Key, kind byte) store.Head {
			h := headOf(t, tx, k)
			if h.Timed() || h.Wake() != 0 || h.Aside() != "" || h.Value[0] != kind {
				t.Errorf("%s: %+v, %d, %q", k.Name, h, h.Wake(), h.Aside())
			}
			return h
		}
		h, err := store.OpenHash(tx, hash)
		if err == nil {
			_, err = h.Set(store.Item{Field: []byte("f"), Value: []byte("v")})
		}
		if err != nil {
			return err
		}
		s, err := store.OpenSet(tx, set)
		if err == nil {
			_, err = s.Add([]byte("m"))
		}
		if err != nil {
			return err
		}
		hashWas, setWas := plainHead(hash, 0x11), plainHead(set, 0x10)
		for _, at := range []int64{1 << 45, 0} {
			if _, err := h.SetExpiry(at, func(int64) bool { return true }, []byte("f")); err != nil {
				return err
			}
			if _, err := s.SetExpiry(at, func(int64) bool { return true }, []byte("m")); err != nil {
				return err
			}
		}
		if h, s := plainHead(hash, 0x11), plainHead(set, 0x10); h.Bytes != hashWas.Bytes || s.Bytes != setWas.Bytes || !bytes.Equal(s.Value, setWas.Value) {
			t.Errorf("%+v and %+v, before %+v and %+v", h, s, hashWas, setWas)
		}
		return nil
	}, hash, set)
}
