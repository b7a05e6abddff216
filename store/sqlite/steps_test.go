package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"larder/store"
	"larder/store/sqlite"
	"larder/store/storetest"
)

// stepRow is something that must cost about the same whatever the number of elements.
type stepRow struct {
	name string
	run  func(tx store.Tx, n, i int) error // i tells runs apart
}

// stepRows are what runs, one after the other, on what each has filled. What drops the key is the last.
var stepRows = []struct {
	fill func(tx store.Tx, n int) error
	rows []stepRow
}{
	{fillList, []stepRow{
		{"an element of a list by index", func(tx store.Tx, n, i int) error {
			l, err := store.OpenList(tx, key("k"))
			if err != nil {
				return err
			}
			_, ok, err := l.Index(int64(n/2 + i))
			return found(ok, err)
		}},
		{"both ends of a list", func(tx store.Tx, n, i int) error {
			l, err := store.OpenList(tx, key("k"))
			if err != nil {
				return err
			}
			if err := l.Pop(store.Front, 1, func([]byte) {}); err != nil {
				return err
			}
			return l.Push(store.Back, []byte("again"))
		}},
	}},
	{fillGappedList, []stepRow{
		{"an element of a list with gaps by index", func(tx store.Tx, n, i int) error {
			l, err := store.OpenList(tx, key("k"))
			if err != nil {
				return err
			}
			_, ok, err := l.Index(int64(n/2 + i))
			return found(ok, err)
		}},
	}},
	{fillZSet, []stepRow{
		{"the rank of a member", func(tx store.Tx, n, i int) error {
			z, err := store.OpenZSet(tx, key("k"))
			if err != nil {
				return err
			}
			_, _, ok, err := z.Rank(nthName(n/2+i), i%2 == 1)
			return found(ok, err)
		}},
		{"members by rank", func(tx store.Tx, n, i int) error {
			z, err := store.OpenZSet(tx, key("k"))
			if err != nil {
				return err
			}
			r, ok := z.ByRank(int64(n/2+i), int64(n/2+i+2), false)
			for _, err := range z.Members(r) {
				if err != nil {
					return err
				}
			}
			return found(ok, nil)
		}},
		{"a count of members by score", func(tx store.Tx, n, i int) error {
			z, err := store.OpenZSet(tx, key("k"))
			if err != nil {
				return err
			}
			r, _ := store.ScoreRange(store.Bound{Edge: store.Inclusive, Score: float64(i)}, store.Bound{Edge: store.Exclusive, Score: float64(n - i)}, false)
			count, err := z.Count(r)
			return found(count == int64(n-2*i), err)
		}},
	}},
	{fillSet, []stepRow{
		{"popping a random member", func(tx store.Tx, n, i int) error {
			s, err := store.OpenSet(tx, key("k"))
			if err != nil {
				return err
			}
			popped := false
			err = s.Pop(1, func([]byte) { popped = true })
			return found(popped, err)
		}},
		{"a random member", func(tx store.Tx, n, i int) error {
			s, err := store.OpenSet(tx, key("k"))
			if err != nil {
				return err
			}
			drawn := false
			err = s.Draw(1, func(store.Item) { drawn = true })
			return found(drawn, err)
		}},
		{"dropping a key", func(tx store.Tx, n, i int) error {
			_, err := tx.Drop(key("k"))
			return err
		}},
	}},
	{fillStaleSet, []stepRow{
		{"the number of members while some have expired", func(tx store.Tx, n, i int) error {
			s, err := store.OpenSet(tx, key("k"))
			if err != nil {
				return err
			}
			live, err := s.Live()
			return found(live == int64(n-staleMembers), err)
		}},
		{"random members while some have expired", func(tx store.Tx, n, i int) error {
			s, err := store.OpenSet(tx, key("k"))
			if err != nil {
				return err
			}
			drawn := 0
			visit := func(store.Item) { drawn++ }
			err = errors.Join(s.Draw(3, visit), s.Sample(3, visit))
			return found(drawn == 6, err)
		}},
		{"popping a random member while some have expired", func(tx store.Tx, n, i int) error {
			s, err := store.OpenSet(tx, key("k"))
			if err != nil {
				return err
			}
			popped := false
			err = s.Pop(1, func([]byte) { popped = true })
			return found(popped, err)
		}},
	}},
	{fillKeys, []stepRow{
		{"a random key", func(tx store.Tx, n, i int) error {
			_, ok, err := tx.RandomKey(0)
			return found(ok, err)
		}},
		{"the number of keys", func(tx store.Tx, n, i int) error {
			size, err := tx.Size(0)
			return found(size == int64(n), err)
		}},
	}},
	{fillExpired("member:"), []stepRow{{"a random key among expired ones", liveKey}}},
	{fillExpired("{tag}"), []stepRow{{"a random key among expired ones of one slot", liveKey}}},
}

func liveKey(tx store.Tx, _, _ int) error {
	name, ok, err := tx.RandomKey(0)
	return found(ok && string(name) == "live", err)
}

func found(ok bool, err error) error {
	if err == nil && !ok {
		return fmt.Errorf("not found, or the wrong number")
	}
	return err
}

func nthName(i int) []byte { return fmt.Appendf(nil, "member:%d", i) }

func names(n int) [][]byte {
	out := make([][]byte, n)
	for i := range out {
		out[i] = nthName(i)
	}
	return out
}

func fillList(tx store.Tx, n int) error {
	l, err := store.OpenList(tx, key("k"))
	if err != nil {
		return err
	}
	return l.Push(store.Back, names(n)...)
}

// fillGappedList leaves a list whose positions cannot be told from indexes.
func fillGappedList(tx store.Tx, n int) error {
	if err := fillList(tx, n); err != nil {
		return err
	}
	l, err := store.OpenList(tx, key("k"))
	if err != nil {
		return err
	}
	_, err = l.Insert(true, nthName(5), []byte("between"))
	return err
}

func fillZSet(tx store.Tx, n int) error {
	z, err := store.OpenZSet(tx, key("k"))
	if err != nil {
		return err
	}
	members := make([]store.Item, n)
	for i := range members {
		members[i] = store.Item{Field: nthName(i), Score: float64(i)}
	}
	_, err = z.Add(store.ZRule{}, members...)
	return err
}

func fillSet(tx store.Tx, n int) error {
	s, err := store.OpenSet(tx, key("k"))
	if err != nil {
		return err
	}
	_, err = s.Add(names(n)...)
	return err
}

// staleMembers of a set have expired and are not removed yet.
const staleMembers = 20

func fillStaleSet(tx store.Tx, n int) error {
	if err := fillSet(tx, n); err != nil {
		return err
	}
	s, err := store.OpenSet(tx, key("k"))
	if err == nil {
		_, err = s.AddExpiring(1, false, names(staleMembers)...)
	}
	return err
}

func fillKeys(tx store.Tx, n int) (err error) {
	for i := 0; i < n && err == nil; i++ {
		err = tx.PutHead(store.Key{Name: nthName(i)}, str("v"))
	}
	return err
}

// fillExpired puts keys whose time has long passed, and one that lives for ever so long.
func fillExpired(prefix string) func(store.Tx, int) error {
	return func(tx store.Tx, n int) (err error) {
		dead, live := str("v"), str("v")
		dead.ExpireAt, live.ExpireAt = 1, 1<<50
		for i := 0; i < n && err == nil; i++ {
			err = tx.PutHead(store.Key{Name: fmt.Appendf(nil, "%s%d", prefix, i)}, dead)
		}
		return errors.Join(err, tx.PutHead(store.Key{Name: []byte("live")}, live))
	}
}

// TestNothingReadsTheRowsBefore holds that what Redis does in O(1) or O(log n) does not visit n
// rows: twenty times the elements may cost a few levels of a tree more.
func TestNothingReadsTheRowsBefore(t *testing.T) {
	few := storetest.Times(1_000, 2_000)
	many := 20 * few
	for _, group := range stepRows {
		filled := func(n int) *sqlite.Engine {
			e := fresh(t, sqlite.Options{})
			update(t, e, func(tx store.Tx) error { return group.fill(tx, n) })
			return e
		}
		small, large := filled(few), filled(many)
		for _, row := range group.rows {
			t.Run(row.name, func(t *testing.T) {
				one, other := row.steps(t, small, few), row.steps(t, large, many)
				t.Logf("%d and %d steps", one, other)
				if other > 5*one {
					t.Errorf("%d steps with %d elements, %d with %d", one, few, other, many)
				}
			})
		}
	}
}

// steps counts those of 20 runs on n elements.
func (r stepRow) steps(t *testing.T, e *sqlite.Engine, n int) int64 {
	e.Steps(t)
	for i := range 20 {
		update(t, e, func(tx store.Tx) error { return r.run(tx, n, i) })
	}
	return e.Steps(t)
}

// Pages of the index of expiries cost the same wherever they begin, though all keys expire at once, and together have
// every key once.
func TestExpiryGoesOnBehindAPlace(t *testing.T) {
	const n, page = 20_000, 100
	e := fresh(t, sqlite.Options{})
	update(t, e, func(tx store.Tx) (err error) {
		dead := str("v")
		dead.ExpireAt = 5
		for i := 0; i < n && err == nil; i++ {
			err = tx.PutHead(store.Key{DB: i % 3, Name: nthName(i)}, dead)
		}
		return err
	})
	seen := map[string]bool{}
	var at store.Due
	var first, most int64
	for {
		e.ReadSteps(t)
		found, err := e.Expiring(context.Background(), at, 6, page)
		if err != nil {
			t.Fatal(err)
		}
		steps := e.ReadSteps(t)
		if first == 0 {
			first = steps
		}
		most = max(most, steps)
		for _, d := range found {
			if at = d; seen[string(d.Key.Name)] || d.ExpireAt != 5 {
				t.Fatalf("%+v came twice", d)
			}
			seen[string(d.Key.Name)] = true
		}
		if len(found) < page {
			break
		}
	}
	if len(seen) != n || most > 2*first {
		t.Errorf("%d of %d keys were found, %d steps for the first page and up to %d for one behind", len(seen), n, first, most)
	}
	if found, err := e.Expiring(context.Background(), store.Due{}, 5, page); err != nil || len(found) != 0 {
		t.Errorf("%d keys are said to expire before their time, %v", len(found), err)
	}
}

// TestNewItemsAreNotLookedFor: whoever says that items are new saves the file a look for each. Of one that is there after
// all the row is written over.
func TestNewItemsAreNotLookedFor(t *testing.T) {
	const n = 100
	for _, p := range []store.Part{store.Elements, store.Fields, store.Scores, store.Chunks} {
		put := func(from int, isNew bool) int64 {
			e := fresh(t, sqlite.Options{})
			items := make([]store.Item, n)
			for i := range items {
				if items[i].New = isNew; p.Class() == store.Placed {
					items[i].Pos = int64(from + i)
				} else {
					items[i].Field = fmt.Appendf(nil, "f%d", from+i)
				}
				if !p.Scored() {
					items[i].Value = []byte("v")
				}
			}
			e.Steps(t)
			update(t, e, func(tx store.Tx) error {
				id, err := tx.NewID(key("k"))
				if err != nil {
					return err
				}
				_, err = tx.PutItems(id, p, items...)
				if err == nil && isNew {
					_, err = tx.PutItems(id, p, items[:n/2]...)
				}
				got, failed := tx.Count(id, p, store.Range{})
				if got != n {
					t.Errorf("part %d has %d items, want %d", p, got, n)
				}
				return errors.Join(err, failed, tx.PutHead(key("k"), store.Head{Type: store.Hash, ID: id, Len: n}))
			})
			return e.Steps(t)
		}
		if looked, told := put(0, false), put(0, true); told >= looked*3/2 {
			t.Errorf("part %d: %d steps for new items, %d with a look", p, told, looked)
		}
	}
}
