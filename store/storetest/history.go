package storetest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"larder/store"
)

// RunRandom does the same random transactions on a reference engine and on a subject, and
// compares every answer, and now and then everything that is stored. The same seed gives
// the same history.
func RunRandom(t *testing.T, seed uint64, steps int, reference, subject Open) {
	h := newHistory(t, seed)
	h.reference, h.subject = reference(t, h.clock.Load), subject(t, h.clock.Load)
	defer h.close()
	for range steps {
		h.step()
	}
	h.compare()
}

// history is a pair of engines that go through the same. The test's goroutine owns it.
type history struct {
	t                  *testing.T
	random             *rand.Rand
	clock              *atomic.Int64
	reference, subject store.Engine
	steps              int
}

func newHistory(t *testing.T, seed uint64) *history {
	h := &history{t: t, random: rand.New(rand.NewPCG(seed, 42)), clock: new(atomic.Int64)}
	h.clock.Store(start)
	return h
}

func (h *history) close() {
	for _, e := range []store.Engine{h.reference, h.subject} {
		if err := e.Close(); err != nil {
			h.t.Error(err)
		}
	}
}

// step runs a batch of one to four jobs, one at a time or together, and moves the clock.
func (h *history) step() {
	h.t.Helper()
	h.steps++
	h.clock.Add(h.random.Int64N(40))
	plans := make([]*plan, 1+h.random.IntN(4))
	for i := range plans {
		plans[i] = newPlan(h.random)
	}
	together := h.random.IntN(2) == 0
	want, got := play(h.reference, plans, together), play(h.subject, plans, together)
	for i := range plans {
		if want[i] != got[i] {
			h.t.Fatalf("step %d, job %d %+v:\nreference: %s\nsubject:   %s", h.steps, i, plans[i], want[i], got[i])
		}
	}
	if h.steps%50 == 0 {
		h.compare()
	}
	if h.steps%70 == 0 {
		for _, e := range []store.Engine{h.reference, h.subject} {
			(&world{t: h.t, e: e}).sweep()
		}
		h.compare()
	}
}

func (h *history) compare() {
	h.t.Helper()
	want, got := strings.Split(Dump(h.t, h.reference), "\n"), strings.Split(Dump(h.t, h.subject), "\n")
	for i := range max(len(want), len(got)) {
		if i >= len(want) || i >= len(got) || want[i] != got[i] {
			from := max(0, i-2)
			h.t.Fatalf("step %d: stored data differ\nreference: %q\nsubject:   %q", h.steps,
				want[min(from, len(want)):min(i+3, len(want))], got[min(from, len(got)):min(i+3, len(got))])
		}
	}
	(&world{t: h.t, e: h.subject}).check()
}

// play runs plans and returns what each answered.
func play(e store.Engine, plans []*plan, together bool) []string {
	answers := make([]string, len(plans))
	jobs := make([]*store.Job, len(plans))
	for i, pl := range plans {
		jobs[i] = &store.Job{Scope: pl.scope, Write: pl.write, Fn: func(tx store.Tx) error {
			var err error
			answers[i], err = pl.run(tx)
			return err
		}, Publish: func(store.Tx) error { return nil }}
	}
	if together {
		store.Batch(ctx, e, jobs)
	} else {
		for _, j := range jobs {
			store.Run(ctx, e, j)
		}
	}
	for i, j := range jobs {
		answers[i] += fmt.Sprint(" error: ", j.Err)
	}
	return answers
}

// plan is one transaction, decided before it runs, so that it is the same on every engine.
type plan struct {
	scope store.Scope
	write bool
	undo  bool
	seed  uint64
	keys  []store.Key
	small bool // see smallPrefix
}

func newPlan(random *rand.Rand) *plan {
	pl := &plan{write: random.IntN(4) > 0, undo: random.IntN(12) == 0, seed: random.Uint64()}
	pl.small = random.IntN(4) == 0
	for range 1 + random.IntN(2)*random.IntN(3) {
		name := fmt.Appendf(nil, "key%d", random.IntN(8))
		if random.IntN(3) == 0 {
			name = fmt.Appendf(nil, "{tag}%d", random.IntN(4))
		}
		if pl.small {
			name = fmt.Appendf(nil, smallPrefix+"%d", random.IntN(8))
		}
		pl.keys = append(pl.keys, store.Key{DB: random.IntN(3), Name: name})
	}
	pl.scope = store.One(pl.keys...)
	if pl.write && random.IntN(4) == 0 { // its scope is a hint
		pl.scope = store.One(pl.keys[:random.IntN(len(pl.keys)+1)]...)
	}
	pl.scope.All = random.IntN(10) == 0
	return pl
}

// run does a few random actions and tells what came of them.
func (pl *plan) run(tx store.Tx) (string, error) {
	a := &act{probe: probe{Tx: tx}, random: rand.New(rand.NewPCG(pl.seed, 7)), plan: pl}
	for range 1 + a.random.IntN(10) {
		a.any()
		if a.err != nil {
			return strings.Join(a.said, "; "), a.err
		}
	}
	if pl.undo {
		return strings.Join(a.said, "; "), errUndo
	}
	return strings.Join(a.said, "; "), nil
}

// act is a plan being run in one transaction.
type act struct {
	probe
	random *rand.Rand
	plan   *plan
	said   []string
	points []store.Savepoint
}

func (a *act) say(format string, args ...any) { a.said = append(a.said, fmt.Sprintf(format, args...)) }

func (a *act) any() {
	reads := []func(){a.readHeads, a.readItems, a.readRange, a.readRange}
	writes := []func(){
		a.write, a.write, a.write, a.write, a.dropItems, a.dropRange, a.putString, a.retag, a.drop, a.expire, a.expireFields,
		a.expireSome, a.rename,
	}
	if a.plan.small {
		reads = []func(){a.readHeads, a.readSmall}
		writes = append(slices.Repeat([]func(){a.small}, 12), a.drop, a.expire, a.expireSome, a.rename)
	}
	wide := []func(){a.readWhole}
	if a.plan.write {
		reads = append(reads, writes...)
		reads = append(reads, a.mark, a.mark, a.takeBack, a.takeBack, a.release)
		wide = append(wide, a.flush, a.swap)
	}
	if a.plan.scope.All {
		reads = append(reads, wide...)
	}
	reads[a.random.IntN(len(reads))]()
}

func (a *act) key() store.Key { return a.plan.keys[a.random.IntN(len(a.plan.keys))] }

// parts are one of each class, and the scored ones.
func (a *act) part() store.Part {
	parts := []store.Part{store.Fields, store.Scores, store.Elements, store.Entries, store.Expiries}
	return parts[a.random.IntN(len(parts))]
}

func (a *act) field() []byte { return fmt.Appendf(nil, "f%d", a.random.IntN(60)) }

func (a *act) readHeads() {
	heads, err := a.Heads(nil, a.plan.keys...)
	a.ok(err)
	for i, h := range heads {
		describe := describeHead
		if isSmall(a.plan.keys[i].Name) {
			describe = describeSmall
		}
		a.say("head %s", describe(h))
	}
}

func (a *act) readItems() {
	h, part := a.head(a.key()), a.part()
	fields := [][]byte{a.field(), a.field(), a.field()}
	if part.Class() == store.Placed {
		return
	}
	found, err := a.Items(nil, h.ID, part, fields...)
	a.ok(err)
	for _, it := range found {
		a.say("item %v %s", it.Found, describeItem(part, it))
	}
}

// rangeOf is a random range, without bounds where hashes would differ between engines.
func (a *act) rangeOf(part store.Part) store.Range {
	r := store.Range{Reverse: a.random.IntN(2) == 0}
	if part.Scored() && a.random.IntN(3) > 0 {
		r.Order = store.ByScore
	}
	bound := func() store.Bound {
		b := store.Bound{Edge: store.Edge(a.random.IntN(3)), Pos: a.random.Int64N(60), Score: float64(a.random.IntN(8)),
			Field: a.field()}
		if r.Order == store.ByScore && a.random.IntN(2) == 0 {
			b.Field = nil
		}
		return b
	}
	if part.Class() == store.Hashed && r.Order == store.Natural {
		return r
	}
	r.Min, r.Max = bound(), bound()
	r.Skip, r.Limit = a.random.Int64N(2)*a.random.Int64N(9), a.random.Int64N(2)*a.random.Int64N(9)
	return r
}

func (a *act) readRange() {
	h, part := a.head(a.key()), a.part()
	r := a.rangeOf(part)
	lines := a.describeRange(h.ID, part, r)
	n := a.count(h.ID, part, r)
	a.want(n == int64(len(lines)), "count %d of %d items", n, len(lines))
	a.say("range %v", lines)
}

// owned makes sure that a key has items of its own and returns its head.
func (a *act) owned(k store.Key) store.Head {
	h := a.head(k)
	if h.ID == 0 {
		id, err := a.NewID(k)
		a.ok(err)
		h = store.Head{Type: store.String, ID: id, ExpireAt: h.ExpireAt}
	}
	return h
}

func (a *act) save(k store.Key, h store.Head, ch store.Change) {
	h.Len += ch.Count
	h.Bytes += ch.Bytes
	h.Ranked = h.Ranked || h.Len > 30 && a.random.IntN(3) == 0
	h.Encoding++
	a.say("change %+v", ch)
	a.put(k, h)
}

func (a *act) write() {
	k, part := a.key(), a.part()
	h := a.owned(k)
	var items []store.Item
	for range 1 + a.random.IntN(12) {
		items = append(items, store.Item{Pos: a.random.Int64N(60), Field: a.field(), Score: float64(a.random.IntN(8)),
			Value: fmt.Appendf(nil, "v%0*d", a.random.IntN(20), a.random.IntN(100))})
	}
	a.save(k, h, a.putItems(h.ID, part, items...))
}

func (a *act) dropItems() {
	k, part := a.key(), a.part()
	if part.Class() == store.Placed {
		part = store.Fields
	}
	h := a.owned(k)
	ch, err := a.DropItems(h.ID, part, a.field(), a.field(), a.field())
	a.ok(err)
	a.save(k, h, ch)
}

func (a *act) dropRange() {
	k, part := a.key(), a.part()
	h := a.owned(k)
	r := a.rangeOf(part)
	if r.Order == store.Natural && part.Class() == store.Hashed && a.random.IntN(4) > 0 {
		return // it would empty the part too often
	}
	ch, err := a.DropRange(h.ID, part, r)
	a.ok(err)
	a.save(k, h, ch)
}

func (a *act) putString() {
	a.set(a.key(), fmt.Sprint(a.random.IntN(1000)))
}

// historyTags is how many tags histories use.
const historyTags = 3

func (a *act) retag() {
	k := a.key()
	h := a.head(k)
	if !h.Exists() {
		h = store.Head{Type: store.String}
	}
	var tags []string
	for i := range historyTags {
		if a.random.IntN(2) == 0 {
			tags = append(tags, fmt.Sprint("tag", i))
		}
	}
	h.SetNotes(h.Notes.WithTags(tags...))
	a.put(k, h)
}

func (a *act) drop() {
	keys := slices.Clone(a.plan.keys)
	if a.random.IntN(3) > 0 {
		keys = keys[:1]
	}
	n, err := a.Drop(keys...)
	a.ok(err)
	a.say("dropped %d", n)
}

// rename moves a key to any other name, in any database.
func (a *act) rename() {
	from, to := a.key(), a.key()
	same := from.DB == to.DB && bytes.Equal(from.Name, to.Name)
	if h := a.head(from); h.Exists() && !same {
		a.ok(a.Move(from, to, h))
		a.say("renamed")
	}
}

func (a *act) readWhole() {
	for db := range 3 {
		a.say("size %d", a.size(db))
		name, ok, err := a.RandomKey(db)
		a.ok(err)
		if ok {
			h := a.head(store.Key{DB: db, Name: name})
			a.want(h.Exists(), "random key %q is not there", name)
		}
		a.say("random %v", ok)
		a.say("tagged %q, names %q", a.tagged(db, "tag1", 2), a.names(db, store.Span{}, 3))
	}
}

func (a *act) flush() {
	if a.random.IntN(3) == 0 {
		a.ok(a.Flush(a.random.IntN(3)))
	}
}

func (a *act) swap() { a.ok(a.Swap(a.random.IntN(3), a.random.IntN(3))) }
