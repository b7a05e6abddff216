package shard

import (
	"context"
	"slices"
	"sync"

	"larder/store"
)

// Batch runs jobs side by side by shard. A job over several shards waits for those before it and keeps
// those after it waiting, so that it stands in the order of every shard.
func (f *Fanout) Batch(ctx context.Context, jobs []*store.Job) {
	if len(f.lanes) == 1 {
		store.Batch(ctx, f.lanes[0].engine, jobs)
		return
	}
	for len(jobs) > 0 {
		n, first, mixed := f.prefix(jobs)
		switch {
		case n == 0:
			store.Run(ctx, f, jobs[0])
			n = 1
		case mixed:
			f.sideBySide(ctx, jobs[:n])
		default:
			first.batch(ctx, jobs[:n])
		}
		jobs = jobs[n:]
	}
}

// prefix returns how many jobs at the front are on one shard each, the first one's, and whether
// there are several.
func (f *Fanout) prefix(jobs []*store.Job) (n int, first *lane, mixed bool) {
	for _, j := range jobs {
		l, ok := f.only(j.Scope)
		if !ok {
			break
		}
		if first == nil {
			first = l
		}
		mixed = mixed || l != first
		n++
	}
	return n, first, mixed
}

// batch runs jobs of one shard. A lone View lets the gate go early.
func (l *lane) batch(ctx context.Context, jobs []*store.Job) {
	if len(jobs) == 1 && !jobs[0].Write {
		jobs[0].Err = l.view(ctx, jobs[0].Scope, jobs[0].Fn)
		return
	}
	l.gate.RLock()
	defer l.gate.RUnlock()
	store.Batch(ctx, l.engine, jobs)
	l.acked.Add(1)
}

// readsInTurn is how many reading jobs are run one shard after the other. Below it a goroutine for each
// shard, whose stack must grow to SQLite's depth, costs more than it gains.
const readsInTurn = 64

// sideBySide runs jobs of several shards.
func (f *Fanout) sideBySide(ctx context.Context, jobs []*store.Job) {
	groups := make([][]*store.Job, len(f.lanes))
	writes := false
	for _, j := range jobs {
		at, _ := f.home(j.Scope)
		groups[at] = append(groups[at], j)
		writes = writes || j.Write
	}
	if writes || len(jobs) > readsInTurn {
		f.abreast(ctx, groups)
		return
	}
	for at, group := range groups {
		if len(group) > 0 {
			f.lanes[at].batch(ctx, group)
		}
	}
}

// abreast runs the jobs of each shard at the same time, the first shard's on the caller's goroutine.
func (f *Fanout) abreast(ctx context.Context, groups [][]*store.Job) {
	first := slices.IndexFunc(groups, func(g []*store.Job) bool { return len(g) > 0 })
	var others sync.WaitGroup
	var caught sync.Once
	var panicked any
	for at, group := range groups {
		if at == first || len(group) == 0 {
			continue
		}
		others.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					caught.Do(func() { panicked = p })
				}
			}()
			f.lanes[at].batch(ctx, group)
		})
	}
	func() {
		defer others.Wait()
		f.lanes[first].batch(ctx, groups[first])
	}()
	if panicked != nil { // on the goroutine that knows what to do about it
		panic(panicked)
	}
}
