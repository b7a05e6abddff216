package store_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"larder/store"
	"larder/store/memory"
)

// crossing is a history of one collection under limits so small, and so often changed, that it goes from form to form,
// beside a model that knows one form: a slice in the order that Redis has.
type crossing struct {
	t     *testing.T
	rng   *rand.Rand
	e     store.Engine
	key   store.Key
	model []store.Item
	forms map[string]int
	grows bool // for a while it grows, then it shrinks
}

func TestCollectionsCrossTheirForms(t *testing.T) {
	steps := map[string]func(*crossing, store.Tx) error{
		"hash": (*crossing).hash, "set": (*crossing).set, "zset": (*crossing).zset, "list": (*crossing).list,
	}
	for name := range steps {
		t.Run(name, func(t *testing.T) {
			forms := map[string]int{}
			for seed := range uint64(8) {
				var step func(*crossing, store.Tx) error
				c := &crossing{t: t, rng: rand.New(rand.NewPCG(seed, 1)), e: memory.New(), key: store.Key{Name: []byte("k")}, forms: forms}
				for i := range 960 {
					if c.grows = i/60%2 == 0; i%120 == 119 {
						step, c.model = (*crossing).drop, nil
					} else {
						step = steps[name]
					}
					if c.run(step); t.Failed() {
						t.Fatalf("seed %d, step %d", seed, i)
					}
				}
			}
			for _, f := range []string{"packed", "beside", "numbered", "spilled", "plain"} {
				if never := f == "numbered" && (name == "zset" || name == "list") || f == "spilled" && name == "hash"; forms[f] < 20 && !never {
					t.Errorf("hardly ever %s: %v", f, forms)
				}
			}
		})
	}
}

func (c *crossing) run(step func(*crossing, store.Tx) error) {
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

func (c *crossing) limits() store.Limits {
	some := func(of ...int) int { return of[c.rng.IntN(len(of))] }
	if c.rng.IntN(200) > 0 {
		return *store.DefaultLimits()
	}
	return store.Limits{
		HashMaxListpackEntries: some(0, 3, 512), HashMaxListpackValue: some(0, 8, 64), SetMaxIntsetEntries: some(0, 3, 512),
		SetMaxListpackEntries: some(0, 3, 128), SetMaxListpackValue: some(2, 64), ZsetMaxListpackEntries: some(0, 3, 128),
		ZsetMaxListpackValue: some(2, 64), ListMaxListpackSize: some(1, 4, -1, -2), ProtoMaxBulkLen: 1 << 20,
	}
}

func (c *crossing) drop(tx store.Tx) error {
	_, err := tx.Drop(c.key)
	return err
}

// choose draws one of n steps, of which the first few let the collection grow.
func (c *crossing) choose(n, growing int) int {
	if c.grows && c.rng.IntN(3) > 0 {
		return c.rng.IntN(growing)
	}
	return c.rng.IntN(n)
}

// word is one of a few short names, or now and then of as many long ones.
func (c *crossing) word() []byte {
	n := c.rng.IntN(160)
	if c.rng.IntN(4) > 0 {
		return fmt.Appendf(nil, "%02d%s", n, strings.Repeat("w", 20+n/4))
	}
	return fmt.Append(nil, "w", n)
}

func (c *crossing) words() [][]byte {
	words := make([][]byte, 1+c.rng.IntN(9))
	for i := range words {
		words[i] = c.word()
	}
	return words
}

// check compares what is there with the model, in order where Redis has one, and has the head audited.
func (c *crossing) check(tx store.Tx) error {
	heads, err := tx.Heads(nil, c.key)
	if err != nil {
		return err
	}
	h := heads[0]
	if int(h.Len) != len(c.model) || h.Exists() != (len(c.model) > 0) {
		c.t.Fatalf("%d items, want %d", h.Len, len(c.model))
	}
	if !h.Exists() {
		return nil
	}
	c.forms[formOf(h)]++
	findings, err := store.Audit(tx, c.key, h)
	if err != nil || len(findings) > 0 {
		c.t.Fatalf("%v %v", findings, err)
	}
	var got []string
	for it, err := range store.Content(tx, h, store.Range{}) {
		if err != nil {
			return err
		}
		got = append(got, fmt.Sprintf("%s %s %v", it.Field, it.Value, it.Score))
	}
	var want []string
	for _, it := range c.model {
		want = append(want, fmt.Sprintf("%s %s %v", it.Field, it.Value, it.Score))
	}
	if store.EncodingName(h) == "hashtable" {
		slices.Sort(got)
		slices.Sort(want)
	}
	if !slices.Equal(got, want) {
		c.t.Errorf("%s of %d bytes, id %d:\n got %q\nwant %q", store.EncodingName(h), h.Bytes, h.ID, got, want)
	}
	return nil
}

// formOf tells where a collection lies, by the first byte of what its head keeps.
func formOf(h store.Head) string {
	switch {
	case h.ID == 0:
		return "packed"
	case len(h.Value) == 1 && h.Value[0] == 8:
		return "beside"
	case len(h.Value) > 0 && h.Value[0]&2 != 0:
		return "spilled"
	case h.Type != store.List && len(h.Value) > 0 && h.Value[0] == 4:
		return "numbered"
	}
	return "plain"
}

func (c *crossing) at(field []byte) int {
	return slices.IndexFunc(c.model, func(it store.Item) bool { return bytes.Equal(it.Field, field) })
}

// remove takes fields out of the model and returns how many were there.
func (c *crossing) remove(fields ...[]byte) (n int64) {
	for _, f := range fields {
		if i := c.at(f); i >= 0 {
			c.model = slices.Delete(c.model, i, i+1)
			n++
		}
	}
	return n
}

func (c *crossing) equal(what string, got, want int64) {
	if got != want {
		c.t.Errorf("%s: %d, want %d", what, got, want)
	}
}

func (c *crossing) hash(tx store.Tx) error {
	h, err := store.OpenHash(tx, c.key)
	if err != nil {
		return err
	}
	switch c.choose(5, 2) {
	case 0, 1:
		var pairs []store.Item
		added := int64(0)
		for _, f := range c.words() {
			it := store.Item{Field: f, Value: c.word()}
			pairs = append(pairs, it)
			if i := c.at(f); i >= 0 {
				c.model[i] = it
			} else {
				c.model = append(c.model, it)
				added++
			}
		}
		n, err := h.Set(pairs...)
		c.equal("HSET", n, added)
		return err
	case 2, 3:
		fields := c.words()
		n, err := h.Remove(fields...)
		c.equal("HDEL", n, c.remove(fields...))
		return err
	}
	fields := c.words()
	found, err := h.Get(fields...)
	for i, it := range found {
		at := c.at(fields[i])
		if it.Found != (at >= 0) || it.Found && !bytes.Equal(it.Value, c.model[at].Value) {
			c.t.Errorf("HGET %s: %v", fields[i], it)
		}
	}
	return err
}

func (c *crossing) set(tx store.Tx) error {
	s, err := store.OpenSet(tx, c.key)
	if err != nil {
		return err
	}
	words := c.words()
	for i := range words {
		if len(c.model) == 0 && c.rng.IntN(3) > 0 || c.rng.IntN(300) > 0 && store.EncodingName(s.Head()) == "intset" {
			words[i] = fmt.Append(nil, c.rng.Int64N(1<<60)-1<<59>>c.rng.IntN(2))
		}
	}
	switch c.choose(6, 3) {
	case 0, 1, 2:
		return c.add(tx, words)
	case 3:
		n, err := s.Remove(words...)
		c.equal("SREM", n, c.remove(words...))
		return err
	case 4:
		for i := range words {
			if len(c.model) > 0 {
				words[i] = c.model[c.rng.IntN(len(c.model))].Field
			}
		}
		n, err := s.Remove(words...)
		c.equal("SREM", n, c.remove(words...))
		return err
	}
	n, popped := c.rng.Int64N(10), int64(0)
	want := min(n, int64(len(c.model)))
	err = s.Pop(n, func(m []byte) { popped += c.remove(bytes.Clone(m)) })
	c.equal("SPOP", popped, want)
	return err
}

// add puts members one by one: what an added one does to the order follows from the encoding before and after.
func (c *crossing) add(tx store.Tx, words [][]byte) error {
	for _, w := range words {
		s, err := store.OpenSet(tx, c.key)
		if err != nil {
			return err
		}
		n, err := s.Add(w)
		if err != nil {
			return err
		}
		if c.equal("SADD", n, int64(map[bool]int{true: 1}[c.at(w) < 0])); n == 1 {
			c.model = append(c.model, store.Item{Field: w})
		}
		if store.EncodingName(s.Head()) == "intset" {
			slices.SortFunc(c.model, func(a, b store.Item) int {
				x, _ := store.ParseInteger(a.Field)
				y, _ := store.ParseInteger(b.Field)
				return cmp.Compare(x, y)
			})
		}
	}
	return nil
}

func (c *crossing) zset(tx store.Tx) error {
	z, err := store.OpenZSet(tx, c.key)
	if err != nil {
		return err
	}
	switch c.choose(6, 2) {
	case 0, 1:
		var members []store.Item
		for _, f := range c.words() {
			it := store.Item{Field: f, Score: float64(c.rng.IntN(9) - 4)}
			members = append(members, it)
			c.remove(f)
			c.model = append(c.model, it)
		}
		_, err = z.Add(store.ZRule{}, members...)
		slices.SortFunc(c.model, func(a, b store.Item) int {
			return cmp.Or(cmp.Compare(a.Score, b.Score), bytes.Compare(a.Field, b.Field))
		})
		return err
	case 2:
		fields := c.words()
		n, err := z.Remove(fields...)
		c.equal("ZREM", n, c.remove(fields...))
		return err
	case 3:
		from, to := c.rng.Int64N(50), c.rng.Int64N(50)
		r, ok := z.ByRank(from, to, c.rng.IntN(2) == 0)
		if !ok {
			return nil
		}
		n, err := z.RemoveRange(r)
		c.equal("ZREMRANGEBYRANK", n, c.cut(r))
		return err
	}
	return c.readZSet(z)
}

// cut removes a range by rank from the model.
func (c *crossing) cut(r store.Range) int64 {
	if r.Reverse {
		slices.Reverse(c.model)
	}
	n := min(r.Limit, int64(len(c.model))-r.Skip)
	c.model = slices.Delete(c.model, int(r.Skip), int(r.Skip+n))
	if r.Reverse {
		slices.Reverse(c.model)
	}
	return n
}

func (c *crossing) readZSet(z *store.ZSetKey) error {
	edge := func() store.Bound {
		return store.Bound{Edge: store.Edge(c.rng.IntN(3)), Score: float64(c.rng.IntN(9) - 4)}
	}
	r, _ := store.ScoreRange(store.Bound{Edge: store.Inclusive, Score: -9}, store.Bound{Edge: store.Inclusive, Score: 9}, c.rng.IntN(2) == 0)
	if c.rng.IntN(2) == 0 {
		r.Min, r.Max = edge(), edge()
	}
	r, ok := store.Page(r, c.rng.Int64N(4), c.rng.Int64N(6)-1)
	if !ok {
		return nil
	}
	var want, got []string
	for i := range c.model {
		m := c.model[i]
		if r.Reverse {
			m = c.model[len(c.model)-1-i]
		}
		above := r.Min.Edge == store.Unbounded || m.Score > r.Min.Score || m.Score == r.Min.Score && r.Min.Edge == store.Inclusive
		below := r.Max.Edge == store.Unbounded || m.Score < r.Max.Score || m.Score == r.Max.Score && r.Max.Edge == store.Inclusive
		if above && below {
			want = append(want, string(m.Field))
		}
	}
	want = want[min(int(r.Skip), len(want)):]
	if r.Limit > 0 {
		want = want[:min(int(r.Limit), len(want))]
	}
	for it, err := range z.Members(r) {
		if err != nil {
			return err
		}
		got = append(got, string(it.Field))
	}
	if !slices.Equal(got, want) {
		c.t.Errorf("%+v: got %q, want %q", r, got, want)
	}
	if len(c.model) == 0 {
		return nil
	}
	at := c.rng.IntN(len(c.model))
	rank, score, ok, err := z.Rank(c.model[at].Field, false)
	if int(rank) != at || score != c.model[at].Score || !ok {
		c.t.Errorf("rank %d %v %v of %d", rank, score, ok, at)
	}
	return err
}

func (c *crossing) list(tx store.Tx) error {
	l, err := store.OpenList(tx, c.key)
	if err != nil {
		return err
	}
	switch c.choose(9, 3) {
	case 0, 1:
		words := c.words()
		for _, w := range words {
			c.model = append(c.model, store.Item{Value: w})
		}
		return l.Push(store.Back, words...)
	case 2:
		words := c.words()
		for _, w := range words {
			c.model = slices.Insert(c.model, 0, store.Item{Value: w})
		}
		return l.Push(store.Front, words...)
	case 3:
		n := c.rng.IntN(5)
		c.model = c.model[min(n, len(c.model)):]
		return l.Pop(store.Front, int64(n), func([]byte) {})
	case 4:
		n := c.rng.IntN(5)
		c.model = c.model[:max(len(c.model)-n, 0)]
		return l.Pop(store.Back, int64(n), func([]byte) {})
	case 5:
		from, to := c.rng.IntN(6), -1-c.rng.IntN(6)
		if end := len(c.model) + to + 1; from < end {
			c.model = c.model[from:end]
		} else {
			c.model = nil
		}
		return l.Trim(int64(from), int64(to))
	}
	return c.insideList(l)
}

func (c *crossing) insideList(l *store.ListKey) error {
	w, pivot := c.word(), c.word()
	if len(c.model) > 0 {
		pivot = c.model[c.rng.IntN(len(c.model))].Value
	}
	at := slices.IndexFunc(c.model, func(it store.Item) bool { return bytes.Equal(it.Value, pivot) })
	switch c.rng.IntN(3) {
	case 0:
		before := c.rng.IntN(2) == 0
		n, err := l.Insert(before, pivot, w)
		if at >= 0 {
			c.model = slices.Insert(c.model, at+map[bool]int{false: 1}[before], store.Item{Value: w})
			c.equal("LINSERT", n, int64(len(c.model)))
		}
		return err
	case 1:
		ok, err := l.Set(int64(at), w)
		if at >= 0 {
			c.model[at].Value = w
		}
		if ok != (len(c.model) > 0) {
			c.t.Errorf("LSET %d: %v", at, ok)
		}
		return err
	}
	count := c.rng.Int64N(5) - 2
	n, err := l.Remove(pivot, count)
	removed, left := int64(0), max(count, -count)
	if count < 0 {
		slices.Reverse(c.model)
	}
	c.model = slices.DeleteFunc(c.model, func(it store.Item) bool {
		gone := bytes.Equal(it.Value, pivot) && (count == 0 || removed < left)
		removed += int64(map[bool]int{true: 1}[gone])
		return gone
	})
	if count < 0 {
		slices.Reverse(c.model)
	}
	c.equal("LREM", n, removed)
	return err
}
