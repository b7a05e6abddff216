package memory

import (
	"slices"
	"strings"

	"larder/store"
)

// Tagged looks at every key; see Scan for the end of a page.
func (t *tx) Tagged(db int, tag string, from store.Cursor, n int) ([][]byte, store.Cursor, error) {
	if err := firstError(t.readable(), t.whole()); err != nil {
		return nil, 0, err
	}
	sp := t.st.spaces[db]
	if sp.id == 0 {
		return nil, 0, nil
	}
	var names [][]byte
	var last, next store.Cursor
	seen := 0
	t.st.headsOf(sp.id, from, func(r *headRow) bool {
		switch {
		case !r.head.Notes.Tagged(tag):
			return true
		case seen >= max(n, 1) && r.pos.Granule() != last.Granule():
			next = r.pos.Granule()
			return false
		}
		seen, last = seen+1, r.pos
		if !r.head.Expired(t.now) {
			names = append(names, t.lend([]byte(r.name)))
		}
		return true
	})
	return names, next, nil
}

// Names sorts every key of the span.
func (t *tx) Names(db int, s store.Span) ([][]byte, error) {
	if err := firstError(t.readable(), t.whole()); err != nil {
		return nil, err
	}
	sp := t.st.spaces[db]
	if sp.id == 0 {
		return nil, nil
	}
	var all []string
	t.st.headsOf(sp.id, 0, func(r *headRow) bool {
		if s.Admits([]byte(r.name)) && !r.head.Expired(t.now) {
			all = append(all, r.name)
		}
		return true
	})
	slices.SortFunc(all, strings.Compare)
	if s.Reverse {
		slices.Reverse(all)
	}
	names := make([][]byte, 0, min(len(all), s.Limit))
	for _, name := range all[:min(len(all), s.Limit)] {
		names = append(names, t.lend([]byte(name)))
	}
	return names, nil
}
