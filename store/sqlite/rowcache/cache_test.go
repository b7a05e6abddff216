// Rows in the cache are those of a model, for every snapshot; rows in use stay, and the cache keeps to its bounds.
package rowcache

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"larder/store/storetest"
)

// size is how many bytes there are.
func (r *Cache) size() (n int64) {
	r.each(func(_ int, s *stripe) { n += int64(s.log.size()) })
	return n
}

// TestRowsFollowAModel plays readers and a writer on the cache and compares every answer with what a snapshot
// may see: the versions of each key by commit.
func TestRowsFollowAModel(t *testing.T) {
	commits := uint64(2)
	r := New(96 << 10).Join(func() uint64 { return commits })
	type version struct{ since, len uint64 }
	history := map[int64][]version{}
	at := func(h int64, seen uint64) (n uint64) {
		for _, v := range history[h] {
			if v.since <= seen {
				n = v.len
			}
		}
		return n
	}
	row := func(h int64, n uint64) Record {
		rec := Record{Key: Key{1, h}, Name: fmt.Append(nil, "key ", h), Found: n > 0}
		if rec.Found {
			rec.Numbers[0], rec.Value = int64(n), make([]byte, n%200)
		}
		return rec
	}
	draw := rand.New(rand.NewPCG(1, 2))
	hits, version2 := 0, uint64(0)
	for range storetest.Times(60_000, 200_000) {
		h, seen := draw.Int64N(400), commits-2*draw.Uint64N(min(commits/2, 3))
		switch draw.IntN(10) {
		case 0: // a transaction of a few keys, which may fail; readers come in between
			staged := map[int64]uint64{}
			for range 1 + draw.IntN(5) {
				version2++
				k, n := draw.Int64N(400), version2*draw.Uint64N(2)
				staged[k] = n
				w := row(k, n)
				r.Stage(&w, commits+2)
				old := row(k, at(k, commits))
				r.Add(&old, commits)
			}
			if kept := draw.IntN(3) > 0; kept {
				commits += 2
				for k, n := range staged {
					history[k] = append(history[k], version{commits, n})
				}
				r.End(true)
			} else {
				r.End(false)
			}
		case 1, 2, 3:
			found := row(h, at(h, seen))
			r.Add(&found, seen)
		default:
			got := row(h, 0)
			a := heap{}
			if !r.Get(&got, seen, a) {
				continue
			}
			hits++
			if want := at(h, seen); got.Found != (want > 0) || uint64(got.Numbers[0]) != want || len(got.Value) != int(want%200) {
				t.Fatalf("key %d at commit %d: found %v with length %d, want %d", h, seen, got.Found, got.Numbers[0], want)
			}
		}
	}
	if hits < 1000 {
		t.Fatalf("%d hits: the cache forgets everything", hits)
	}
}

// TestRowsStayInTheirBounds fills the cache far beyond its limit.
func TestRowsStayInTheirBounds(t *testing.T) {
	const limit = 1 << 20
	r := New(limit).Join(func() uint64 { return 2 })
	keys := int64(storetest.Times(20_000, 100_000))
	for h := range keys {
		rec := Record{Key: Key{1, h}, Name: fmt.Append(nil, h), Found: true, Value: make([]byte, h%400)}
		r.Add(&rec, 2)
		if r.size() > limit {
			t.Fatalf("%d bytes after %d keys, more than %d", r.size(), h+1, limit)
		}
	}
	if r.size() < limit/3 {
		t.Fatalf("only %d bytes of %d are used", r.size(), limit)
	}
	other := Record{Key: Key{2, keys - 1}, Name: fmt.Append(nil, keys-1)}
	if r.Get(&other, 2, heap{}) {
		t.Fatal("a row is found in another space")
	}
}

// known counts the keys of a range that are remembered.
func known(r *File, from, to int64) (n int) {
	for h := from; h < to; h++ {
		rec := Record{Key: Key{1, h}, Name: fmt.Append(nil, "key ", h)}
		if r.Get(&rec, 2, heap{}) {
			n++
		}
	}
	return n
}

func remember(r *File, from, to int64) {
	for h := from; h < to; h++ {
		rec := Record{Key: Key{1, h}, Name: fmt.Append(nil, "key ", h), Found: true, Value: make([]byte, 100)}
		r.Add(&rec, 2)
	}
}

// TestRowsThatFitStay fills nine tenths of the room, and writes everything anew again and again.
func TestRowsThatFitStay(t *testing.T) {
	r := New(4 << 20).Join(func() uint64 { return 2 })
	keys := int64(0)
	for ; r.size() < 4<<20*9/10; keys += 100 {
		remember(r, keys, keys+100)
	}
	for range 5 {
		remember(r, 0, keys)
		if n := known(r, 0, keys); int64(n) != keys {
			t.Fatalf("%d of %d keys are left, in %d bytes", n, keys, r.size())
		}
	}
}

// TestFilesShareRows has two files use the same places, and one of them forget.
func TestFilesShareRows(t *testing.T) {
	shared := New(1 << 20)
	commits := func() uint64 { return 2 }
	one, other := shared.Join(commits), shared.Join(commits)
	remember(one, 0, 10)
	if n := known(other, 0, 10); n > 0 {
		t.Fatalf("%d rows of one file are found in another", n)
	}
	remember(other, 5, 15)
	for range 1 << numberBits { // as often as there are numbers
		one.Clear()
	}
	if known(one, 0, 15) > 0 || known(other, 5, 15) != 10 {
		t.Fatal("after one file has forgotten its rows it finds some, or the other lacks some")
	}
	if remember(one, 0, 10); known(one, 0, 10) != 10 || known(other, 0, 5) > 0 {
		t.Fatal("what one file remembers from then on is not found, or found in the other")
	}
}

// TestUsedRowsStay lets many keys pass that are asked for once, and some that are used all the time.
func TestUsedRowsStay(t *testing.T) {
	r := New(1 << 20).Join(func() uint64 { return 2 })
	remember(r, 0, 1000)
	for h := int64(1000); h < int64(storetest.Times(30_000, 100_000)); h += 500 {
		known(r, 0, 1000)
		remember(r, h, h+500)
	}
	if n := known(r, 0, 1000); n < 990 {
		t.Fatalf("of 1000 keys that were used %d are left", n)
	}
}

// TestNewRowsReplaceIdleOnes fills a log with rows that all are used, and then asks for others.
func TestNewRowsReplaceIdleOnes(t *testing.T) {
	const room = 3 << 19
	l := newLog(room)
	put := func(h int64) {
		rec := Record{Key: Key{1, h}, Name: fmt.Append(nil, "key ", h), Found: true, Value: make([]byte, 100)}
		l.put(rec.Key, &rec, 2)
	}
	keys := int64(0)
	for ; l.size() < room*19/20; keys++ {
		put(keys)
	}
	for h := range keys {
		l.find(Key{1, h}.mark()).use(l.clock)
	}
	others, left := keys*7/10, 0
	for h := keys; h < keys+others; h++ {
		put(h)
	}
	for h := keys; h < keys+others; h++ {
		if l.find(Key{1, h}.mark()) != nil {
			left++
		}
	}
	if int64(left) < others*90/100 {
		t.Fatalf("of %d keys read last %d are left, in room for %d", others, left, keys)
	}
}

// TestLatelyIsHalfALap counts the chunks that pass until what was used once is not used lately any more.
func TestLatelyIsHalfALap(t *testing.T) {
	for _, chunks := range []int{8, 31, 32, 33, 44, 100, 1000} {
		l := log{order: make([]uint16, chunks), limit: 1 << 20}
		e, passed := newEntry(make([]byte, 2*entryHeader), 1, l.clock), 0
		for ; l.lately(e); passed++ {
			l.tick()
		}
		if off := l.perTick(); passed < chunks/2-off || passed > chunks/2+off {
			t.Errorf("of %d chunks %d pass", chunks, passed)
		}
	}
}

// TestRowsGiveBack borrows room and gives it back with what is in it.
func TestRowsGiveBack(t *testing.T) {
	r := New(1 << 20).Join(func() uint64 { return 2 })
	r.lent.Store(3 << 20)
	r.resize()
	remember(r, 0, 100_000)
	if n := r.size(); n < 3<<20 || n > 4<<20 {
		t.Fatalf("%d bytes are used of 4 MiB", n)
	}
	r.lent.Store(0)
	r.resize()
	if n := r.size(); n < 1<<19 || n > 1<<20 {
		t.Fatalf("%d bytes are used of 1 MiB", n)
	}
	if n := known(r, 97_000, 100_000); n < 2900 {
		t.Fatalf("of the youngest 3000 keys %d are left", n)
	}
	remember(r, 0, 10_000)
	if n := r.size(); n > 1<<20 {
		t.Fatalf("%d bytes are used of 1 MiB", n)
	}
}

// TestRowIndexFollowsAMap drops and puts until every slot has been somebody else's.
func TestRowIndexFollowsAMap(t *testing.T) {
	var x index
	model := map[Key]uint32{}
	draw := rand.New(rand.NewPCG(3, 4))
	for i := range uint32(100_000) {
		k := Key{1, draw.Int64N(500)}
		if draw.IntN(3) == 0 {
			x.drop(k.mark())
			delete(model, k)
		} else {
			x.put(k.mark(), i)
			model[k] = i
		}
		got, ok := x.get(k.mark())
		if want, there := model[k]; ok != there || ok && got != want {
			t.Fatalf("step %d: %v is at %d (%v), want %d (%v)", i, k, got, ok, want, there)
		}
	}
	if x.n != len(model) {
		t.Fatalf("%d keys, want %d", x.n, len(model))
	}
	for k, want := range model {
		if got, ok := x.get(k.mark()); !ok || got != want {
			t.Fatalf("%v is at %d (%v), want %d", k, got, ok, want)
		}
	}
}

// heap is memory that the garbage collector takes back.
type heap struct{}

func (heap) Take(n int) []byte { return make([]byte, n) }
