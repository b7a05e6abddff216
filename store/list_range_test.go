package store_test

import (
	"iter"
	"testing"

	"larder/store"
	"larder/store/memory"
)

// bounded reports ranges of elements that have an end left open.
type bounded struct {
	store.Tx
	t    *testing.T
	what string
	seen int
}

func (b *bounded) note(p store.Part, r store.Range) {
	b.seen++
	if p == store.Elements && (r.Min.Edge == store.Unbounded || r.Max.Edge == store.Unbounded) {
		b.t.Errorf("%s: %+v", b.what, r)
	}
}

func (b *bounded) Range(id store.ID, p store.Part, r store.Range) iter.Seq2[store.Item, error] {
	b.note(p, r)
	return b.Tx.Range(id, p, r)
}

func (b *bounded) DropRange(id store.ID, p store.Part, r store.Range) (store.Change, error) {
	b.note(p, r)
	return b.Tx.DropRange(id, p, r)
}

// TestListsKeepToTheirEnds: what lies beyond them was removed, and its remains may be many.
func TestListsKeepToTheirEnds(t *testing.T) {
	insert := func(l *store.ListKey) error {
		_, err := l.Insert(true, []byte("e"), []byte("new"))
		return err
	}
	for _, step := range []struct {
		what string
		do   func(l *store.ListKey) error
	}{
		{"trim", func(l *store.ListKey) error { return l.Trim(2, -3) }},
		{"remove", func(l *store.ListKey) error { _, err := l.Remove([]byte("f"), 0); return err }},
		{"remove from the back", func(l *store.ListKey) error { _, err := l.Remove([]byte("f"), -1); return err }},
		{"insert", insert},
		{"find", func(l *store.ListKey) error { return l.Find([]byte("e"), store.ListSearch{Rank: -1}, func(int64) {}) }},
		{"pop", func(l *store.ListKey) error { return l.Pop(store.Back, 2, func([]byte) {}) }},
		{"slice", func(l *store.ListKey) error {
			for _, err := range l.Slice(1, 3) {
				if err != nil {
					return err
				}
			}
			return nil
		}},
	} {
		for _, regular := range []bool{true, false} {
			e := memory.New()
			onRows(t, e, func(_ store.Tx, l *store.ListKey) error {
				for range 4 {
					if err := l.Push(store.Back, []byte("a"), []byte("e"), []byte("f")); err != nil {
						return err
					}
				}
				if regular {
					return nil
				}
				return insert(l)
			})
			onRows(t, e, func(tx store.Tx, _ *store.ListKey) error {
				b := &bounded{Tx: tx, t: t, what: step.what}
				l, err := store.OpenList(b, listKey)
				if err == nil {
					err = step.do(l)
				}
				if b.seen == 0 {
					t.Errorf("%s reads no range", step.what)
				}
				return err
			})
		}
	}
}
