package memory

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"

	"larder/store"
)

// published returns the state for upkeep that only reads.
func (e *Engine) published(ctx context.Context) (*state, error) {
	return e.current.Load(), e.usable(ctx)
}

// databases yields the heads of every database that holds some.
func (s *state) databases(yield func(db int, r *headRow) bool) {
	for db, sp := range s.spaces {
		s.headsOf(sp.id, 0, func(r *headRow) bool { return yield(db, r) })
	}
}

// Expired looks at every key.
func (e *Engine) Expired(ctx context.Context, nowMillis int64, n int) ([]store.Due, error) {
	return e.Expiring(ctx, store.Due{}, nowMillis, n)
}

// Expiring sorts all keys.
func (e *Engine) Expiring(ctx context.Context, behind store.Due, before int64, n int) ([]store.Due, error) {
	st, err := e.published(ctx)
	if err != nil {
		return nil, err
	}
	var all []store.Due
	st.databases(func(db int, r *headRow) bool {
		d := store.Due{Key: store.Key{DB: db, Name: []byte(r.name)}, ExpireAt: r.head.Wake()}
		if d.ExpireAt != 0 && d.ExpireAt < before && compareDue(d, behind) > 0 {
			all = append(all, d)
		}
		return true
	})
	slices.SortFunc(all, compareDue)
	return all[:min(n, len(all))], nil
}

func compareDue(a, b store.Due) int {
	return cmp.Or(cmp.Compare(a.ExpireAt, b.ExpireAt), cmp.Compare(a.Key.DB, b.Key.DB),
		bytes.Compare(a.Key.Name, b.Key.Name))
}

// Sweep deletes items of orphans, then heads of flushed databases.
func (e *Engine) Sweep(ctx context.Context, n int) (more bool, err error) {
	err = e.change(ctx, func(s *state) {
		for more = true; more && n > 0; {
			id, _, ok := s.orphans.Min()
			switch own := ok && id < store.Foreign; {
			case own:
				n -= s.sweepItems(id, n)
			case len(s.flushed) > 0:
				n -= s.sweepHeads(s.flushed[0], n)
			default:
				more = false
			}
		}
	})
	return more, err
}

// sweepItems deletes at most n items of an orphan, and forgets the orphan with its last item. It
// returns how many rows it looked at, at least 1.
func (s *state) sweepItems(id store.ID, n int) int {
	var doomed []*itemRow
	s.items.Ascend(lowest(id, 0), func(r *itemRow) bool {
		if r.id == id && len(doomed) < n {
			doomed = append(doomed, r)
			return true
		}
		return false
	})
	for _, r := range doomed {
		s.removeItem(r)
	}
	if len(doomed) < n {
		s.orphans.Delete(id)
	}
	return max(len(doomed), 1)
}

// sweepHeads does the same for a flushed space, whose ids become orphans.
func (s *state) sweepHeads(space uint64, n int) int {
	var doomed []*headRow
	s.headsOf(space, 0, func(r *headRow) bool {
		doomed = append(doomed, r)
		return len(doomed) < n
	})
	for _, r := range doomed {
		s.heads.Delete(r)
		s.orphan(r.head.ID)
	}
	if len(doomed) < n {
		s.flushed = slices.Clone(s.flushed[1:])
	}
	return max(len(doomed), 1)
}

// Sizes gives one row; the files are zero.
func (e *Engine) Sizes(ctx context.Context) ([]store.Size, error) {
	st, err := e.published(ctx)
	if err != nil {
		return nil, err
	}
	size := store.Size{Orphans: int64(st.orphans.Len() + len(st.flushed))}
	st.databases(func(_ int, r *headRow) bool {
		size.Keys++
		size.Data += r.head.Bytes
		if r.head.ExpireAt != 0 {
			size.Volatile++
		}
		return true
	})
	return []store.Size{size}, nil
}

// Keyspaces counts every key; the average TTL is exact.
func (e *Engine) Keyspaces(ctx context.Context) ([]store.Keyspace, error) {
	st, err := e.published(ctx)
	if err != nil {
		return nil, err
	}
	return st.keyspaces(e.now()), nil
}

func (s *state) keyspaces(now int64) (all []store.Keyspace) {
	at := map[int]*store.Keyspace{}
	s.databases(func(db int, r *headRow) bool {
		if at[db] == nil {
			at[db] = &store.Keyspace{DB: db}
		}
		at[db].Keys++
		at[db].Bytes += r.head.Bytes
		if r.head.ExpireAt != 0 {
			at[db].Expires++
			at[db].AvgTTLMillis += max(r.head.ExpireAt-now, 0)
		}
		return true
	})
	for _, k := range at {
		k.AvgTTLMillis /= max(k.Expires, 1)
		all = append(all, *k)
	}
	slices.SortFunc(all, func(a, b store.Keyspace) int { return a.DB - b.DB })
	return all
}

// Check compares counts, ids and orders with each other. It finds defects of this package, so it
// never fixes.
func (e *Engine) Check(ctx context.Context, fix bool) ([]store.Finding, error) {
	return e.CheckAmong(ctx, fix, func([]store.ID) ([]store.ID, error) { return nil, nil })
}

// CheckAmong looks at the state behind the question: what was on its way has arrived.
func (e *Engine) CheckAmong(ctx context.Context, _ bool, claimed func([]store.ID) ([]store.ID, error)) ([]store.Finding,
	error) {
	st, err := e.published(ctx)
	if err != nil {
		return nil, err
	}
	lost := st.unowned()
	if len(lost) > 0 {
		lent, err := claimed(lost)
		if err != nil {
			return nil, err
		}
		lost = slices.DeleteFunc(lost, func(id store.ID) bool { return slices.Contains(lent, id) })
		if st, err = e.published(ctx); err != nil {
			return nil, err
		}
	}
	var found []store.Finding
	report := func(subject, format string, args ...any) {
		found = append(found, store.Finding{Subject: subject, Problem: fmt.Sprintf(format, args...)})
	}
	st.checkHeads(report)
	st.checkItems(lost, report)
	return found, nil
}

// unowned are the ids that have items and neither a head nor an end.
func (s *state) unowned() (ids []store.ID) {
	s.items.Scan(func(r *itemRow) bool {
		_, owned := s.owned.Get(r.id)
		_, orphan := s.orphans.Get(r.id)
		if n := len(ids); !owned && !orphan && (n == 0 || ids[n-1] != r.id) {
			ids = append(ids, r.id)
		}
		return true
	})
	return ids
}

func (s *state) checkHeads(report func(subject, format string, args ...any)) {
	counted, named := map[uint64]int64{}, map[store.ID]bool{}
	s.heads.Scan(func(r *headRow) bool {
		counted[r.space]++
		if id := r.head.ID; id != 0 {
			_, owned := s.owned.Get(id)
			if !owned && slices.Contains(s.flushed, r.space) { // the layer above has told that it is lost
				return true
			}
			if !owned || named[id] {
				report("key "+r.name, "id %d is orphaned or named twice", id)
			}
			named[id] = true
		}
		return true
	})
	for db, sp := range s.spaces {
		if counted[sp.id] != sp.keys {
			report(fmt.Sprintf("database %d", db), "%d keys where %d were counted", counted[sp.id], sp.keys)
		}
	}
	if len(named) != s.owned.Len() {
		report("ids", "%d are named by keys, %d are owned", len(named), s.owned.Len())
	}
}

func (s *state) checkItems(lost []store.ID, report func(subject, format string, args ...any)) {
	scored := 0
	s.items.Scan(func(r *itemRow) bool {
		_, owned := s.owned.Get(r.id)
		_, orphan := s.orphans.Get(r.id)
		if owned && orphan || !owned && !orphan && slices.Contains(lost, r.id) {
			report(fmt.Sprintf("id %d", r.id), "it is owned %v and orphaned %v", owned, orphan)
		}
		if r.part.Scored() {
			scored++
			if other, ok := s.scores.Get(r); !ok || other != r {
				report(fmt.Sprintf("id %d", r.id), "its two orders differ at %q", r.item.Field)
			}
		}
		return true
	})
	if scored != s.scores.Len() {
		report("scores", "%d items have a score, %d stand in order", scored, s.scores.Len())
	}
}
