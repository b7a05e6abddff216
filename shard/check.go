package shard

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"larder/store"
)

// auditPage is how many keys one View looks at.
const auditPage = 256

// recovered stands before the name of a key that was found where another one has its name.
const recovered = "recovered:"

// Check looks for damage inside each shard, for keys that are in a shard where nobody looks
// for them, and for heads that their items contradict. It goes on where it can; the error
// says what could not be looked at. Only keys that are mended keep writers waiting, each for itself.
func (e *Engine) Check(ctx context.Context, fix bool) ([]store.Finding, error) {
	var found []store.Finding
	var errs []error
	each := func(check func(i int) ([]store.Finding, error)) {
		for i := range e.shards {
			mine, err := check(i)
			for _, m := range mine {
				m.Shard = i
				found = append(found, m)
			}
			if err != nil {
				errs = append(errs, fmt.Errorf("shard %d: %w", i, err))
			}
		}
	}
	each(func(i int) ([]store.Finding, error) {
		return e.shards[i].Check(ctx, fix)
	})
	if slices.ContainsFunc(found, func(f store.Finding) bool { return f.Damage }) {
		return found, errors.Join(errs...)
	}
	// What is missing from a shard keeps its keys from being read: that has been said by then.
	known := make([]bool, len(e.shards))
	for _, m := range found {
		known[m.Shard] = known[m.Shard] || !m.Fixed
	}
	unsaid := func(i int, err error) error {
		var told *store.Error
		if known[i] && errors.As(err, &told) && (told.Code == store.CodeDamaged || told.Code == store.CodeUnreadable) {
			return nil
		}
		return err
	}
	each(func(i int) ([]store.Finding, error) {
		lost, err := e.astray(ctx, i, fix)
		return lost, unsaid(i, err)
	})
	each(func(i int) ([]store.Finding, error) { // what has moved is looked at where it is now
		wrong, err := e.shards[i].audit(ctx, fix)
		return wrong, unsaid(i, err)
	})
	return found, errors.Join(errs...)
}

// databases lists those of a shard that hold keys.
func (s *Shard) databases(ctx context.Context) (dbs []int, err error) {
	spaces, err := s.Keyspaces(ctx)
	for _, space := range spaces {
		dbs = append(dbs, space.DB)
	}
	return dbs, err
}

// page is what look found in one View, which may run it again from the beginning.
type page struct {
	found []store.Finding
	keys  []store.Key
	done  bool
}

// walk calls look with the keys of a shard from a position on, in the order of their slots, a page in a View, until it
// says it is done. Inside a page the engine has an order of its own: what is in memory comes before what is in the
// file.
func (s *Shard) walk(ctx context.Context, db int, from store.Cursor,
	look func(*page, store.Tx, store.Entry) error) (all page, err error) {
	for {
		var p page
		next := store.Cursor(0)
		err := s.View(ctx, store.Whole(), func(tx store.Tx) error {
			p = page{}
			entries, end, err := tx.Scan(db, from, auditPage)
			next = end
			slices.SortStableFunc(entries, func(a, b store.Entry) int {
				return cmp.Compare(store.Slot(a.Name), store.Slot(b.Name))
			})
			for _, e := range entries {
				if err != nil || p.done {
					break
				}
				err = look(&p, tx, e)
			}
			return err
		})
		all.found, all.keys = append(all.found, p.found...), append(all.keys, p.keys...)
		if err != nil || p.done || next == 0 {
			return all, err
		}
		from = next
	}
}

// audit compares every key of a shard with its items. What a View found is looked at again
// when it is mended, so other clients may go on.
func (s *Shard) audit(ctx context.Context, fix bool) ([]store.Finding, error) {
	dbs, err := s.databases(ctx)
	var found []store.Finding
	for _, db := range dbs {
		seen, failed := s.walk(ctx, db, 0, func(p *page, tx store.Tx, e store.Entry) error {
			k := store.Key{DB: db, Name: e.Name}
			mine, err := store.Audit(tx, k, e.Head)
			if len(mine) > 0 {
				p.keys = append(p.keys, store.Key{DB: db, Name: slices.Clone(e.Name)})
				p.found = append(p.found, mine...)
			}
			return err
		})
		if fix {
			seen.found = nil
			for _, k := range seen.keys {
				mine, err := s.amend(ctx, k)
				seen.found, failed = append(seen.found, mine...), errors.Join(failed, err)
			}
		}
		found, err = append(found, seen.found...), errors.Join(err, failed)
	}
	return found, err
}

func (s *Shard) amend(ctx context.Context, k store.Key) (found []store.Finding, err error) {
	err = s.Update(ctx, store.One(k), func(tx store.Tx) (err error) {
		found, err = store.Amend(tx, k)
		return err
	})
	return found, err
}

// astray finds the keys of a shard whose slot belongs to another one. Keys stand in the
// order of slots, so only those before and behind the shard's own slots are read.
func (e *Engine) astray(ctx context.Context, i int, fix bool) ([]store.Finding, error) {
	s := e.shards[i]
	dbs, err := s.databases(ctx)
	var lost []store.Key
	for _, db := range dbs {
		for _, from := range [...]store.Cursor{0, e.firstOf(i + 1)} {
			if from>>store.HashBits == store.SlotCount {
				continue
			}
			seen, failed := s.walk(ctx, db, from, func(p *page, _ store.Tx, found store.Entry) error {
				if p.done = e.shardOf(found.Name) == i; !p.done {
					p.keys = append(p.keys, store.Key{DB: db, Name: slices.Clone(found.Name)})
				}
				return nil
			})
			lost, err = append(lost, seen.keys...), errors.Join(err, failed)
		}
	}
	var found []store.Finding
	for _, k := range lost {
		m, failed := e.misplaced(ctx, i, k, fix)
		found, err = append(found, m), errors.Join(err, failed)
	}
	return found, err
}

// misplaced reports a key that is in the wrong shard and, with fix, moves it.
func (e *Engine) misplaced(ctx context.Context, i int, k store.Key, fix bool) (store.Finding, error) {
	home := e.shardOf(k.Name)
	m := store.Finding{Subject: fmt.Sprintf("key %q of database %d", k.Name, k.DB),
		Problem: fmt.Sprintf("is in shard %d and belongs into shard %d, where commands look for it", i, home),
		Repair: fmt.Sprintf("it moves to shard %d, under the name %q if there is another one already", home,
			recovered+string(k.Name))}
	if !fix {
		return m, nil
	}
	to, err := e.bringHome(ctx, e.shards[i], k)
	if err == nil {
		m.Fixed, m.Repair = true, fmt.Sprintf("it moves to shard %d as %q", e.shardOf(to.Name), to.Name)
	}
	return m, err
}

// bringHome moves a key to where it is looked for, and returns the name it got. It is there before it goes here:
// a crash leaves it twice, not nowhere.
func (e *Engine) bringHome(ctx context.Context, s *Shard, k store.Key) (store.Key, error) {
	for _, to := range []store.Key{k, {DB: k.DB, Name: append([]byte(recovered), k.Name...)}} {
		taken := false
		err := e.shards[e.shardOf(to.Name)].Update(ctx, store.One(to), func(dst store.Tx) error {
			heads, err := dst.Heads(nil, to)
			if taken = err == nil && heads[0].Exists(); taken || err != nil {
				return err
			}
			return s.View(ctx, store.One(k), func(src store.Tx) error {
				_, err := store.Transfer(src, k, dst, to)
				return err
			})
		})
		if err != nil {
			return to, err
		}
		if !taken {
			return to, s.Update(ctx, store.One(k), func(tx store.Tx) error {
				_, err := tx.Drop(k)
				return err
			})
		}
	}
	return k, &store.Error{Code: store.CodeRefused,
		Message: fmt.Sprintf("%q and %q are both taken", k.Name, recovered+string(k.Name))}
}
