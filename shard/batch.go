package shard

import (
	"context"
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

// sideBySide runs jobs of several shards, the first shard's on the caller's goroutine.
func (f *Fanout) sideBySide(ctx context.Context, jobs []*store.Job) {
	groups := make(map[*lane][]*store.Job, len(f.lanes))
	for _, j := range jobs {
		l, _ := f.only(j.Scope)
		groups[l] = append(groups[l], j)
	}
	first, _ := f.only(jobs[0].Scope)
	var others sync.WaitGroup
	var caught sync.Once
	var panicked any
	for l, group := range groups {
		if l == first {
			continue
		}
		others.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					caught.Do(func() { panicked = p })
				}
			}()
			l.batch(ctx, group)
		})
	}
	func() {
		defer others.Wait()
		first.batch(ctx, groups[first])
	}()
	if panicked != nil { // on the goroutine that knows what to do about it
		panic(panicked)
	}
}
