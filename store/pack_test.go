package store

import (
	"bytes"
	"math"
	"slices"
	"testing"
)

// packModel is what a pack holds, as plain as can be.
type packModel struct {
	kind    packKind
	entries []packEntry
}

// fit is an entry without what the kind does not keep.
func (m *packModel) fit(e packEntry) packEntry {
	out := packEntry{a: e.a}
	if m.kind&packPairs != 0 {
		out.b = e.b
	}
	if m.kind&packScored != 0 {
		out.score = e.score
	}
	if m.kind&packExpiring != 0 {
		out.expireAt = e.expireAt
	}
	return out
}

func (m *packModel) find(a []byte) int {
	return slices.IndexFunc(m.entries, func(e packEntry) bool { return bytes.Equal(e.a, a) })
}

func sameEntry(x, y packEntry) bool {
	return bytes.Equal(x.a, y.a) && bytes.Equal(x.b, y.b) && x.expireAt == y.expireAt &&
		math.Float64bits(x.score) == math.Float64bits(y.score)
}

func (m *packModel) compare(t *testing.T, p pack) {
	t.Helper()
	r, i := p.read(), 0
	for ; r.next(); i++ {
		if i >= len(m.entries) || !sameEntry(r.packEntry, m.entries[i]) {
			t.Fatalf("entry %d is %q %q %v, want %v", i, r.a, r.b, r.score, m.entries)
		}
	}
	if n, err := p.count(); i != len(m.entries) || r.err() != nil || n != int64(i) || err != nil {
		t.Fatalf("%d entries, %v; counted %d, %v; want %d", i, r.err(), n, err, len(m.entries))
	}
}

// script cuts operations off the fuzzer's bytes.
type script []byte

func (s *script) byte() int {
	if len(*s) == 0 {
		return 0
	}
	b := (*s)[0]
	*s = (*s)[1:]
	return int(b)
}

// word has lengths on both sides of what one byte of a length tells.
func (s *script) word() []byte {
	n := s.byte()
	word := bytes.Repeat([]byte{byte('a' + n%7)}, []int{1, 2, 0, 127, 128, 300}[n%6])
	if len(word) > 0 {
		word[0] = byte(n)
	}
	return word
}

func (s *script) entry() packEntry {
	return packEntry{a: s.word(), b: s.word(), score: float64(s.byte()) - 128, expireAt: int64(s.byte()) << 33}
}

func FuzzPack(f *testing.F) {
	f.Add([]byte{0, 0, 1, 2, 3, 4, 0, 9, 8, 7, 6})
	f.Add([]byte{1, 0, 1, 2, 3, 4, 1, 0, 1, 9, 9, 9, 2, 0, 1})
	f.Add([]byte{7, 0, 1, 2, 3, 4, 3, 0, 5, 4, 3, 2, 2, 1, 0, 3, 1, 1, 3, 3, 3})
	f.Fuzz(func(t *testing.T, raw []byte) {
		s := script(raw)
		m := packModel{kind: packKind(s.byte()) & packFlags}
		p := newPack(m.kind, 0)
		for len(s) > 0 && len(m.entries) < 200 {
			p = packStep(t, &m, p, &s)
			m.compare(t, p)
		}
	})
}

func packStep(t *testing.T, m *packModel, p pack, s *script) pack {
	op, at := s.byte()%4, s.byte()
	e := m.fit(s.entry())
	n := at % (len(m.entries) + 1)
	there, found, err := p.nth(int64(n))
	if found != (n < len(m.entries)) || err != nil {
		t.Fatalf("entry %d of %d: %v %v", n, len(m.entries), found, err)
	}
	from := len(p)
	if found {
		from = there.from
	}
	switch op {
	case 0:
		m.entries = slices.Insert(m.entries, n, e)
		return p.put(from, from, &e)
	case 1:
		if found {
			m.entries[n] = e
			return p.put(there.from, there.to, &e)
		}
	case 2:
		if found {
			m.entries = slices.Delete(m.entries, n, n+1)
			return p.cut(there.from, there.to)
		}
	default:
		got, found, err := p.find(e.a)
		want := m.find(e.a)
		if found != (want >= 0) || err != nil || found && !sameEntry(got, m.entries[want]) {
			t.Fatalf("find %q: %v %v %v", e.a, got, found, err)
		}
		m.entries = append(m.entries, e)
		return p.add(&e)
	}
	return p
}

// What is no pack gives an error and nothing beyond its bytes.
func FuzzPackHostile(f *testing.F) {
	f.Add([]byte{0x11, 1, 'a', 1, 'b'}, []byte("a"))
	f.Add([]byte{0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}, []byte("a"))
	f.Add([]byte{0x12, 0, 1, 2, 3}, []byte(""))
	f.Add([]byte{0x14, 0x80}, []byte(""))
	f.Add([]byte{0x20, 0}, []byte(""))
	f.Fuzz(func(t *testing.T, raw, a []byte) {
		p := pack(raw)
		r, last := p.read(), min(1, len(raw))
		for r.next() {
			if r.from != last || r.to <= r.from || r.to > len(raw) || len(r.a)+len(r.b) > r.to-r.from {
				t.Fatalf("an entry from %d to %d behind %d: %q %q", r.from, r.to, last, r.a, r.b)
			}
			last = r.to
		}
		if r.err() == nil && last != len(raw) {
			t.Fatalf("%q ends at %d without an error", raw, last)
		}
		_, countErr := p.count()
		_, found, findErr := p.find(a)
		if (countErr != nil) != (r.err() != nil) || !found && (findErr != nil) != (r.err() != nil) {
			t.Fatalf("%q: %v, %v, %v", raw, r.err(), countErr, findErr)
		}
	})
}

func TestPackReadsWithoutAllocating(t *testing.T) {
	p := newPack(packPairs, 0)
	for i := range 100 {
		p = p.add(&packEntry{a: []byte{'f', byte(i)}, b: bytes.Repeat([]byte{'v'}, i)})
	}
	last := []byte{'f', 99}
	n := testing.AllocsPerRun(100, func() {
		if e, found, err := p.find(last); !found || err != nil || len(e.b) != 99 {
			t.Error(found, err)
		}
		if _, found, err := p.nth(50); !found || err != nil {
			t.Error(found, err)
		}
		if n, err := p.count(); n != 100 || err != nil {
			t.Error(n, err)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkPackFind(b *testing.B) {
	p := newPack(packPairs, 0)
	for i := range 100 {
		p = p.add(&packEntry{a: []byte{'f', byte(i)}, b: bytes.Repeat([]byte{'v'}, 16)})
	}
	for b.Loop() {
		if _, found, _ := p.find([]byte{'f', 99}); !found {
			b.Fatal("not found")
		}
	}
}
