package memtable

import (
	"fmt"
	"reflect"
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

// TestCopyIsWhole fills every field of a layer that a copy has to carry, and compares. Of a field that is new somebody has
// to say whether it is carried.
func TestCopyIsWhole(t *testing.T) {
	one := store.Key{Name: []byte("one")}
	l := NewLayer()
	l.setHead(one, 7, store.Head{Type: store.Hash, ID: 3, ExpireAt: 9, Len: 1, Notes: store.Notes("n")})
	l.openColl(3, store.Fields).add(newRow(store.Fields, store.Item{Field: []byte("f"), Value: []byte("v")}))
	set := map[store.ID]struct{}{8: {}}
	l.ids = ids{lost: set, away: map[store.ID]struct{}{9: {}}, adopted: []store.ID{10}, ended: []store.ID{11}, told: []store.ID{12},
		ranked: []store.ID{13}}
	l.emptied, l.moved, l.bytes, l.last = map[int]bool{4: true}, true, 1234, 56
	l.discounted, l.touched = map[int]bool{5: true}, true
	l.grown, l.concealed = store.Fill{Keys: 5}, store.Fill{Keys: 6}
	c := l.copied()
	carried := map[string]bool{"heads": true, "noted": true, "ttl": true, "colls": true, "ids": true, "emptied": true,
		"concealed": true, "discounted": true, "touched": true, "moved": true, "bytes": true, "grown": true, "last": true}
	left := map[string]bool{"order": true, "names": true, "passed": true, "fresh": true, "pins": true, "above": true,
		"resolving": true, "ordering": true} // made on demand, the group's, or of the layer itself
	for f := range reflect.TypeFor[Layer]().Fields() {
		if carried[f.Name] == left[f.Name] {
			t.Errorf("does a copy carry %s?", f.Name)
		}
	}
	if n := reflect.TypeFor[ids]().NumField(); n != 6 {
		t.Errorf("ids has %d fields, and a copy carries 6", n)
	}
	if !reflect.DeepEqual(c.ids, l.ids) || !reflect.DeepEqual(c.emptied, l.emptied) || c.moved != l.moved || !c.touched || !c.discounted[5] || c.bytes != l.bytes ||
		c.last != l.last || c.grown != l.grown || c.concealed != l.concealed || c.ttl.Len() != 1 || len(c.noted) != 1 {
		t.Errorf("the copy is %+v of %+v", c, l)
	}
	mine, copied := l.head(one), c.head(one)
	if mine == copied || !reflect.DeepEqual(mine, copied) || len(c.colls) != 1 {
		t.Errorf("the entry is %+v of %+v", copied, mine)
	}
	l.head(one).wake = 99
	delete(set, 8)
	if copied.wake != 9 || len(c.lost) != 1 {
		t.Error("a copy changes with its layer")
	}
}
