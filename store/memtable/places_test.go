package memtable

import (
	"fmt"
	"testing"

	"larder/store"
)

// TestPlacesAreFew pushes small groups, each of which a reader pins for as long as 64 others come, while one View stays open
// all the time. How many layers are searched depends on what they hold and not on how many pins there were; and each View
// goes on reading what it has pinned.
func TestPlacesAreFew(t *testing.T) {
	const readers, groups = 64, 20_000
	now, most := NewStack(), 0
	now.Pin() // and never unpinned
	type view struct {
		stack *Stack
		lsn   uint64
	}
	views := make([]view, readers)
	for lsn := uint64(1); lsn <= groups; lsn++ {
		group := NewLayer()
		k := store.Key{Name: fmt.Append(nil, "k", lsn%3000)}
		group.setHead(k, store.Position(k.Name, int64(lsn%3000)), store.Head{Type: store.String, Value: fmt.Append(nil, lsn)})
		now, _ = now.Push(group, lsn)
		most = max(most, len(now.active))
		v := &views[lsn%readers]
		if v.stack != nil {
			if got := v.stack.head(store.Key{Name: fmt.Append(nil, "k", v.lsn%3000)}); string(got.value()) != fmt.Sprint(v.lsn) {
				t.Fatalf("a View of %d sees %s", v.lsn, got.value())
			}
			if got := v.stack.Newest(); got != v.lsn {
				t.Fatalf("a View of %d has got layers up to %d", v.lsn, got)
			}
			v.stack.Unpin()
		}
		now.Pin()
		*v = view{now, lsn}
	}
	// Below meltBytes each layer is spread times as large as all above it, or more; above that there is one for so many bytes.
	if limit := 8 + int(now.Bytes()/meltBytes); most > limit {
		t.Errorf("%d layers are searched, want %d at most", most, limit)
	}
	if n := len(now.active[len(now.active)-1].above); n > 0 {
		t.Errorf("the newest layer is kept by %d that lay above it", n)
	}
	for _, l := range now.active {
		if n := len(l.above); n > readers+groups/1000 {
			t.Errorf("a layer remembers %d that lay above it", n)
		}
	}
}
