package storetest

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"larder/store"
)

// Replay has clients do random transactions on a subject at the same time, and afterwards does them one by one on a
// reference, in the order that the subject gave them. Every answer must be the same. Besides, that order must agree
// with what a client or a clock outside has seen of it; see order.
type Replay struct {
	Seed               uint64
	Clients            int
	Steps              int // of each client: batches of one to four transactions
	Reference, Subject Open
	// Moment tells, inside a transaction of the subject, how many commits had become visible when it began, and whether
	// it has a turn of its own among those that may write, as also a read in a batch with writes has.
	Moment func(store.Tx) (moment uint64, turn bool)
}

// Run plays and replays.
func (r Replay) Run(t *testing.T) {
	t.Helper()
	p := &replay{Replay: r, t: t, clock: new(atomic.Int64)}
	p.clock.Store(start)
	subject := r.Subject(t, p.clock.Load)
	var clients sync.WaitGroup
	for i := range r.Clients {
		clients.Go(func() { p.client(i, subject) })
	}
	clients.Wait()
	now := new(atomic.Int64)
	now.Store(start)
	reference := r.Reference(t, now.Load)
	p.order()
	p.again(reference, now)
	p.compare(&history{t: t, reference: reference, subject: subject})
}

// replay is a Replay under way.
type replay struct {
	Replay
	t     *testing.T
	clock *atomic.Int64
	ticks atomic.Int64 // numbers beginnings and ends of batches
	turns atomic.Int64 // numbers runs of transactions that may write: the subject has one after the other

	mu    sync.Mutex
	deeds []*deed
	after []*deed // in the order in which their After was called
}

// deed is one transaction of a client.
type deed struct {
	*plan
	client, step int
	begun, ended int64 // ticks
	// moment, now and turn are of the last run, which is the one that counts.
	moment uint64
	now    int64
	began  time.Time // Now of the run, before now if it was staged
	turn   int64     // 0 for a View
	answer string
	err    error
	// low and high are where it can stand among commits: those that wrote nothing may change places with Views.
	low, high uint64
}

// place compares two deeds in the subject's order. A View comes before the writers of its moment, for the last of them
// has ended it.
func place(a, b *deed) int {
	return cmp.Or(cmp.Compare(a.moment, b.moment), cmp.Compare(a.now, b.now), cmp.Compare(a.turn, b.turn))
}

// client runs batches and moves the clock. Some of them it runs together.
func (p *replay) client(id int, e store.Engine) {
	random := rand.New(rand.NewPCG(p.Seed, uint64(id)))
	for step := range p.Steps {
		p.clock.Add(random.Int64N(3))
		deeds := make([]*deed, 1+random.IntN(4))
		jobs := make([]*store.Job, len(deeds))
		for i := range deeds {
			deeds[i] = &deed{plan: newPlan(random), client: id, step: step}
			jobs[i] = p.job(deeds[i])
		}
		p.run(e, deeds, jobs, random.IntN(2) == 0)
	}
}

func (p *replay) run(e store.Engine, deeds []*deed, jobs []*store.Job, together bool) {
	begun := p.ticks.Add(1)
	if together {
		store.Batch(ctx, e, jobs)
	}
	for i, d := range deeds {
		if !together {
			begun = p.ticks.Add(1)
			store.Run(ctx, e, jobs[i])
		}
		d.begun, d.ended, d.err = begun, p.ticks.Add(1), jobs[i].Err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.deeds = append(p.deeds, deeds...)
}

// job notes where the subject runs a deed.
func (p *replay) job(d *deed) *store.Job {
	return &store.Job{Scope: d.scope, Write: d.write, Fn: func(tx store.Tx) error {
		var err error
		turn := false
		d.turn = 0
		if d.moment, turn = p.Moment(tx); turn {
			d.turn = p.turns.Add(1)
		}
		d.began = tx.Now()
		d.now = d.began.UnixMilli()
		d.answer, err = d.plan.run(tx)
		return err
	}, Publish: func(tx store.Tx) error {
		d.moment, _ = p.Moment(tx)
		d.turn, d.now = p.turns.Add(1), tx.Now().UnixMilli()
		return nil
	}, After: func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.after = append(p.after, d)
	}}
}

// order sorts the deeds and looks at what must hold of their order: time does not go back, nobody's deed stands behind
// one that began after it had ended, and what writers lead to happens in their order.
func (p *replay) order() {
	p.t.Helper()
	slices.SortFunc(p.deeds, place)
	last := map[uint64]*deed{} // of the writers of a moment: that one belongs to the group that ended it
	for _, d := range p.deeds {
		d.low, d.high = 2*d.moment, 2*d.moment
		if d.turn > 0 {
			d.high++
			last[d.moment] = d
		}
	}
	for moment, d := range last {
		if moment < p.deeds[len(p.deeds)-1].moment {
			d.low = d.high
		}
	}
	for i, d := range p.deeds[1:] {
		before := p.deeds[i]
		if before.now > d.now || before.low > d.low && before.moment == d.moment {
			p.t.Errorf("time goes back from %s to %s", before, d)
			break
		}
	}
	p.wantNoReturn("place", func(d *deed) (low, high uint64) { return d.low, d.high })
	p.wantNoReturn("time", func(d *deed) (low, high uint64) { return uint64(d.now), uint64(d.now) })
	p.wantOrderedEffects()
}

func (p *replay) wantOrderedEffects() {
	p.t.Helper()
	last := &deed{}
	for _, d := range p.after {
		if d.turn == 0 {
			continue
		}
		if last.turn > d.turn {
			p.t.Errorf("what %s led to has happened before what %s did", last, d)
			return
		}
		last = d
	}
}

// wantNoReturn wants no deed to stand, by a measure, before one that had ended when it began.
func (p *replay) wantNoReturn(name string, by func(*deed) (low, high uint64)) {
	p.t.Helper()
	lower, upper := slices.Clone(p.deeds), slices.Clone(p.deeds)
	slices.SortStableFunc(lower, func(a, b *deed) int { x, _ := by(a); y, _ := by(b); return cmp.Compare(x, y) })
	slices.SortStableFunc(upper, func(a, b *deed) int { _, x := by(a); _, y := by(b); return cmp.Compare(x, y) })
	latest := &deed{} // who began last of all that certainly stand before
	for _, d := range lower {
		low, _ := by(d)
		for ; len(upper) > 0; upper = upper[1:] {
			if _, high := by(upper[0]); high >= low {
				break
			}
			if upper[0].begun > latest.begun {
				latest = upper[0]
			}
		}
		if latest.begun > d.ended {
			p.t.Errorf("by its %s, %s comes before %s, which had ended when it began", name, latest, d)
			return
		}
	}
}

func (d *deed) String() string {
	return fmt.Sprintf("step %d of client %d (moment %d, turn %d, now %d, write %v)", d.step, d.client, d.moment, d.turn,
		d.now-start, d.write)
}

// again does every deed on the reference.
func (p *replay) again(e store.Engine, now *atomic.Int64) {
	p.t.Helper()
	for i, d := range p.deeds {
		now.Store(d.now)
		want := ""
		job := store.Job{Scope: d.scope, Write: d.write, Fn: func(tx store.Tx) (err error) {
			if clock, ok := tx.(interface{ SetNow(nowMillis int64) }); ok {
				clock.SetNow(d.began.UnixMilli()) // a deed that was staged goes by the time of its moment
			}
			want, err = d.plan.run(tx)
			return err
		}}
		store.Run(ctx, e, &job)
		if d.answer != want || !errors.Is(d.err, job.Err) {
			p.t.Fatalf("seed %d, deed %d, %s, %+v:\nreference: %s error: %v\nsubject:   %s error: %v\n%s", p.Seed, i, d, d.plan,
				want, job.Err, d.answer, d.err, p.around(i))
		}
	}
}

// around tells what was done on the same keys shortly before.
func (p *replay) around(at int) string {
	var list []string
	for i := at - 1; i >= 0 && len(list) < 40; i-- {
		if d := p.deeds[i]; d.scope.All || d.shares(p.deeds[at]) {
			list = append(list, fmt.Sprintf("deed %d, %s, %s: %s %v\n", i, d, d.named(), d.answer, d.err))
		}
	}
	slices.Reverse(list)
	return strings.Join(list, "")
}

// named lists the keys of a deed.
func (d *deed) named() (list []string) {
	for _, k := range d.keys {
		list = append(list, fmt.Sprintf("%d:%s", k.DB, k.Name))
	}
	return list
}

// shares reports whether two deeds have a name in common, in whatever database.
func (d *deed) shares(other *deed) bool {
	for _, k := range d.keys {
		for _, o := range other.keys {
			if bytes.Equal(k.Name, o.Name) {
				return true
			}
		}
	}
	return false
}

func (p *replay) compare(h *history) {
	p.t.Helper()
	last := p.deeds[len(p.deeds)-1].now
	p.clock.Store(last)
	h.compare()
	h.close()
}
