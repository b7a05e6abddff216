package store_test

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"testing"

	"larder/store"
	"larder/store/memory"
)

// timedCrossing is a history of a hash or a set of which fields expire. The model holds what has expired and is not
// removed, too.
type timedCrossing struct {
	crossing
	now  int64
	open func(store.Tx, store.Key) (timed, error)
}

// timed is what hashes and sets have in common.
type timed interface {
	Live() (int64, error)
	All() iter.Seq2[store.Item, error]
	Scan(from store.Cursor, n int64, visit func(store.Item)) (store.Cursor, error)
	Sample(n int64, visit func(store.Item)) error
	Draw(n int64, visit func(store.Item)) error
	SetExpiry(at int64, allows func(was int64) bool, fields ...[]byte) ([]store.FieldChange, error)
}

// TestTimedHashesCrossTheirForms: whatever form a hash has, and whether what has expired was removed or not, readers see the
// same, in Redis's order if it has one, and the head is right.
func TestTimedHashesCrossTheirForms(t *testing.T) {
	open := func(tx store.Tx, k store.Key) (timed, error) { return store.OpenHash(tx, k) }
	crossTimed(t, open, (*timedCrossing).step)
}

func crossTimed(t *testing.T, open func(store.Tx, store.Key) (timed, error), change func(*timedCrossing, store.Tx) error) {
	forms := map[string]int{}
	for seed := range uint64(6) {
		c := &timedCrossing{now: 1_000_000, open: open}
		c.crossing = crossing{t: t, rng: rand.New(rand.NewPCG(seed, 2)), key: store.Key{Name: []byte("k")}, forms: forms,
			e: memory.New(memory.WithClock(func() int64 { return c.now }))}
		for i := range 960 {
			step := change
			if c.grows = i/60%2 == 0; i%120 == 119 {
				step, c.model = (*timedCrossing).drop, nil
			} else if c.rng.IntN(3) == 0 {
				c.now += c.rng.Int64N(60)
			}
			c.revive()
			if c.run(step); t.Failed() {
				t.Fatalf("seed %d, step %d, %v", seed, i, forms)
			}
		}
	}
	for _, f := range []string{"packed", "beside", "numbered", "plain", "timed packed", "timed beside", "timed numbered", "timed plain"} {
		if forms[f] < 20 {
			t.Errorf("hardly ever %s: %v", f, forms)
		}
	}
}

func (c *timedCrossing) run(step func(*timedCrossing, store.Tx) error) {
	err := c.e.Update(context.Background(), store.One(c.key), func(tx store.Tx) error {
		return step(c, limitedTx{tx, c.limits()})
	})
	if err == nil {
		err = c.e.View(context.Background(), store.One(c.key), c.check)
	}
	if err != nil {
		c.t.Error(err)
	}
}

func (c *timedCrossing) drop(tx store.Tx) error { return c.crossing.drop(tx) }

func (c *timedCrossing) expired(it *store.Item) bool {
	return it.Score != 0 && float64(c.now) > it.Score
}

// live is the fields that a client sees.
func (c *timedCrossing) live() (live []store.Item) {
	for i := range c.model {
		if !c.expired(&c.model[i]) {
			live = append(live, c.model[i])
		}
	}
	return live
}

// revive forgets a hash of which nothing lives: what comes next starts afresh.
func (c *timedCrossing) revive() {
	if len(c.live()) == 0 {
		c.model = nil
	}
}

// put places a field as Redis does in a listpack, and reports whether it is new.
func (c *timedCrossing) put(it store.Item) bool {
	at := c.at(it.Field)
	fresh := at < 0 || c.expired(&c.model[at])
	if !fresh && c.model[at].Score == it.Score {
		c.model[at] = it
		return false
	}
	c.remove(it.Field)
	place := len(c.model)
	if it.Score != 0 {
		if i := slices.IndexFunc(c.model, func(o store.Item) bool { return o.Score == 0 || o.Score >= it.Score }); i >= 0 {
			place = i
		}
	}
	c.model = slices.Insert(c.model, place, it)
	return fresh
}

func (c *timedCrossing) at(field []byte) int {
	return slices.IndexFunc(c.model, func(it store.Item) bool { return bytes.Equal(it.Field, field) })
}

// found is a live field of the model, or -1.
func (c *timedCrossing) found(field []byte) int {
	at := c.at(field)
	if at >= 0 && c.expired(&c.model[at]) {
		return -1
	}
	return at
}

func (c *timedCrossing) step(tx store.Tx) error {
	h, err := store.OpenHash(tx, c.key)
	if err != nil {
		return err
	}
	switch c.choose(9, 4) {
	case 0, 1:
		var pairs []store.Item
		added := int64(0)
		at := [...]float64{0, 0, float64(c.now + 1 + c.rng.Int64N(900))}[c.rng.IntN(3)]
		for _, f := range c.words() {
			it := store.Item{Field: f, Value: c.word(), Score: at}
			if i := c.found(f); i >= 0 && at != 0 && c.rng.IntN(2) == 0 {
				it.Score = c.model[i].Score
			}
			if slices.ContainsFunc(pairs, func(o store.Item) bool { return bytes.Equal(o.Field, f) }) {
				continue
			}
			if pairs = append(pairs, it); c.put(it) {
				added++
			}
		}
		n, err := h.Set(pairs...)
		c.equal("HSET", n, added)
		return err
	case 2, 3, 4:
		return c.expire(h)
	case 5, 6:
		fields, gone := c.words(), int64(0)
		for _, f := range fields {
			if c.found(f) >= 0 {
				gone += c.remove(f)
			}
		}
		n, err := h.Remove(fields...)
		c.equal("HDEL", n, gone)
		return err
	case 7:
		return c.reap(tx)
	}
	field := fmt.Append(nil, "n", c.rng.IntN(9))
	it := store.Item{Field: field, Value: []byte("1")}
	if i := c.found(field); i >= 0 {
		n, _ := store.ParseInteger(c.model[i].Value)
		it.Value, it.Score = fmt.Append(nil, n+1), c.model[i].Score
	}
	c.put(it)
	_, err = h.Add(field, 1)
	return err
}

func (c *timedCrossing) expire(h timed) error {
	at := [...]int64{0, c.now - 5, c.now + 1 + c.rng.Int64N(600), c.now + 1 + c.rng.Int64N(8)}[c.rng.IntN(4)]
	nx := c.rng.IntN(3) == 0
	fields := c.words()
	if c.rng.IntN(3) == 0 {
		for _, it := range c.model {
			fields = append(fields, it.Field)
		}
	}
	want := make([]store.FieldChange, len(fields))
	for i, f := range fields {
		switch j := c.found(f); {
		case j < 0:
		case nx && c.model[j].Score != 0:
			want[i] = store.FieldLeft
		case at != 0 && at <= c.now:
			want[i] = store.FieldRemoved
			c.remove(f)
		default:
			want[i] = store.FieldTimed
			it := c.model[j]
			it.Score = float64(at)
			c.put(it)
		}
	}
	got, err := h.SetExpiry(at, func(was int64) bool { return !nx || was == 0 }, fields...)
	if err == nil && !slices.Equal(got, want) {
		c.t.Errorf("SetExpiry %d: %v, want %v", at, got, want)
	}
	return err
}

// reap removes what has expired, the earliest first and a few fields at a time.
func (c *timedCrossing) reap(tx store.Tx) error {
	var due []float64
	for i := range c.model {
		if c.expired(&c.model[i]) {
			due = append(due, c.model[i].Score)
		}
	}
	slices.Sort(due)
	most := 1 + c.rng.IntN(30)
	for most < len(due) && due[most-1] == due[most] { // which of them goes first is nobody's business
		most++
	}
	gone, err := store.ExpireFields(tx, c.key, most)
	if len(c.model) == 0 && (gone == store.FieldsGone{} || gone.Key) {
		return err // see revive
	}
	due = due[:min(most, len(due))]
	c.equal("fields removed", gone.Fields, int64(len(due)))
	if len(due) > 0 {
		c.model = slices.DeleteFunc(c.model, func(it store.Item) bool { return it.Score != 0 && it.Score <= due[len(due)-1] })
	}
	if gone.Key != (len(due) > 0 && len(c.model) == 0) {
		c.t.Errorf("the key is gone: %v", gone.Key)
	}
	return err
}

func (c *timedCrossing) check(tx store.Tx) error {
	heads, err := tx.Heads(nil, c.key)
	if err != nil {
		return err
	}
	h, live := heads[0], c.live()
	if h.Exists() != (len(live) > 0) {
		c.t.Fatalf("the key is there: %v, and %d fields are: %+v", h.Exists(), len(live), h)
	}
	if !h.Exists() {
		return nil
	}
	c.forms[formOf(h)]++
	if h.Timed() {
		c.forms["timed "+formOf(h)]++
	}
	if findings, err := store.Audit(tx, c.key, h); err != nil || len(findings) > 0 {
		c.t.Fatalf("%s, %+v: %v %v", formOf(h), h.Fields, findings, err)
	}
	c.equal("fields kept", h.Len, int64(len(c.model)))
	return c.read(tx, h, live)
}

// read compares what all readers see.
func (c *timedCrossing) read(tx store.Tx, head store.Head, live []store.Item) error {
	hash, err := c.open(tx, c.key)
	if err != nil {
		return err
	}
	n, err := hash.Live()
	if err != nil {
		return err
	}
	c.equal("length", n, int64(len(live)))
	var want, plain []string
	for _, it := range live {
		want, plain = append(want, fmt.Sprintf("%s %s %v", it.Field, it.Value, it.Score)), append(plain, fmt.Sprintf("%s %s", it.Field, it.Value))
	}
	same := func(what string, ordered bool, got, want []string) {
		if got, want = slices.Clone(got), slices.Clone(want); !ordered {
			slices.Sort(got)
			slices.Sort(want)
		}
		if !slices.Equal(got, want) {
			c.t.Errorf("%s in %s, %s of %d bytes:\n got %q\nwant %q", what, formOf(head), store.EncodingName(head), head.Bytes, got, want)
		}
	}
	var all, timed, scanned, drawn, sampled []string
	for it, err := range hash.All() {
		if err != nil {
			return err
		}
		all = append(all, fmt.Sprintf("%s %s", it.Field, it.Value))
	}
	for it, err := range store.TimedFields(tx, head) {
		if err != nil {
			return err
		}
		timed = append(timed, fmt.Sprintf("%s %s %v", it.Field, it.Value, it.Score))
	}
	ordered := store.EncodingName(head) != "hashtable"
	same("all", ordered, all, plain)
	same("DUMP", ordered, timed, want)
	for at := store.Cursor(0); ; {
		if at, err = hash.Scan(at, 5, func(it store.Item) { scanned = append(scanned, fmt.Sprintf("%s %s", it.Field, it.Value)) }); err != nil || at == 0 {
			break
		}
	}
	same("scan", ordered, scanned, plain)
	if err == nil {
		err = hash.Sample(1000, func(it store.Item) { sampled = append(sampled, fmt.Sprintf("%s %s", it.Field, it.Value)) })
	}
	same("sample of 1000", false, sampled, plain)
	if err == nil {
		err = hash.Draw(20, func(it store.Item) { drawn = append(drawn, fmt.Sprintf("%s %s", it.Field, it.Value)) })
	}
	if c.equal("draws", int64(len(drawn)), 20); slices.ContainsFunc(drawn, func(s string) bool { return !slices.Contains(plain, s) }) {
		c.t.Errorf("drawn: %q of %q", drawn, plain)
	}
	return err
}

// TestDamagedTimesAreMended: what fields and members say of their times is believed, and the head follows.
func TestDamagedTimesAreMended(t *testing.T) {
	t.Run("hash", func(t *testing.T) {
		mendTimes(t, store.Fields, func(tx store.Tx, key store.Key, all []store.Item) (store.Head, error) {
			h, err := store.OpenHash(tx, key)
			if err == nil {
				_, err = h.Set(all...)
			}
			return h.Head(), err
		})
	})
	t.Run("set", func(t *testing.T) {
		mendTimes(t, store.Members, func(tx store.Tx, key store.Key, all []store.Item) (store.Head, error) {
			s, err := store.OpenSet(tx, key)
			for i := 0; i < len(all) && err == nil; i++ {
				_, err = s.AddExpiring(int64(all[i].Score), false, all[i].Field)
			}
			return s.Head(), err
		})
	})
}

func mendTimes(t *testing.T, part store.Part, fill func(tx store.Tx, key store.Key, all []store.Item) (store.Head, error)) {
	key := store.Key{Name: []byte("k")}
	for _, n := range []int{4, 100, 900} { // packed, beside its head, a row for each field
		for name, damage := range map[string]func(tx store.Tx, h *store.Head) error{
			"no times":       func(_ store.Tx, h *store.Head) error { h.Fields = store.FieldTimes{}; return nil },
			"another count":  func(_ store.Tx, h *store.Head) error { h.Fields.Count++; return nil },
			"another time":   func(_ store.Tx, h *store.Head) error { h.Fields.First -= 50; return nil },
			"a last":         func(_ store.Tx, h *store.Head) error { h.Fields.Last = h.Fields.First + 1; return nil },
			"another length": func(_ store.Tx, h *store.Head) error { h.Len += 3; return nil },
			"a lost field": func(tx store.Tx, h *store.Head) error {
				if h.ID == 0 || n < 900 {
					h.Bytes++
					return nil
				}
				_, err := tx.DropItems(h.ID, part, pairs(0, 1)[0].Field)
				return err
			},
		} {
			e := memory.New(memory.WithClock(func() int64 { return 1000 }))
			err := e.Update(context.Background(), store.One(key), func(tx store.Tx) error {
				all := pairs(0, n)
				for i := 0; i < n; i += 2 {
					all[i].Score = float64(2000 + i)
				}
				head, err := fill(tx, key, all)
				if err != nil {
					return err
				}
				if err := damage(tx, &head); err != nil {
					return err
				}
				return tx.PutHead(key, head)
			})
			if err != nil {
				t.Fatal(err)
			}
			for round := range 2 {
				err := e.Update(context.Background(), store.One(key), func(tx store.Tx) error {
					found, err := store.Amend(tx, key)
					if (len(found) > 0) != (round == 0) {
						t.Errorf("%s of %d fields, look %d: %v", name, n, round, found)
					}
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}
