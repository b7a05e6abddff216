package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"larder/store"
)

func findRows() []row {
	return []row{
		{"Find/notes stand in the head", findNotes},
		{"Find/the index of tags follows the heads", findTags},
		{"Find/tags of flushed and swapped databases", findTagsOfDatabases},
		{"Find/tags in pages", findTagPages},
		{"Find/names in order", findNames},
		{"Find/names of expired and dropped keys", findNamesGone},
		{"Find/needs the whole scope", findScope},
	}
}

// tagged lists the names that have a tag, in pages of n.
func (p *probe) tagged(db int, tag string, n int) []string {
	var names []string
	for at, first := store.Cursor(0), true; first || at != 0; first = false {
		found, next, err := p.finder().Tagged(db, tag, at, n)
		p.ok(err)
		for _, name := range found {
			names = append(names, string(name))
		}
		if p.want(next == 0 || next > at, "cursor %d after %d", next, at); p.err != nil {
			break
		}
		at = next
	}
	slices.Sort(names)
	return names
}

func (p *probe) wantTagged(db int, tag string, want ...string) {
	slices.Sort(want)
	got := p.tagged(db, tag, 2)
	p.want(slices.Equal(got, want), "tag %q in %d: %q, want %q", tag, db, got, want)
}

// tag gives a key tags in place of those it has, creating it if it is absent.
func (p *probe) tag(k store.Key, tags ...string) {
	h := p.head(k)
	if !h.Exists() {
		h = store.Head{Type: store.String, Value: []byte("v"), Len: 1}
	}
	h.SetNotes(h.Notes.WithTags(tags...))
	p.put(k, h)
}

func findNotes(w *world) {
	notes := store.Notes("").WithTags("red", "", "blue", "red").WithLease(store.Lease{FreshUntil: start + 5, Cost: 7})
	w.update(func(p *probe) {
		p.put(key("k"), store.Head{Type: store.String, Value: []byte("v"), Len: 1, Notes: notes})
		p.want(p.head(key("k")).Notes == notes, "inside: %q", p.head(key("k")).Notes)
	})
	for range 2 {
		w.view(func(p *probe) {
			h := p.head(key("k"))
			p.want(h.Notes == notes && h.Notes.Lease() == store.Lease{FreshUntil: start + 5, Cost: 7}, "notes %q", h.Notes)
			p.want(slices.Equal(slices.Collect(h.Notes.Tags()), []string{"", "blue", "red"}), "tags of %q", h.Notes)
			found, _, err := p.Scan(0, 0, 10)
			p.ok(err)
			for _, e := range found {
				p.want(string(e.Name) != "k" || e.Head.Notes == notes, "scanned %+v", e)
			}
		})
		w.update(func(p *probe) { p.set(key("other"), "v") })
	}
	w.update(func(p *probe) { p.set(key("k"), "w") })
	w.view(func(p *probe) {
		p.want(p.head(key("k")).Notes == "", "notes after overwriting: %q", p.head(key("k")).Notes)
	})
}

func findTags(w *world) {
	w.update(func(p *probe) {
		for i := range 5 {
			p.tag(key("k%d", i), "all", fmt.Sprint(i%2))
		}
		p.make(key("items"), store.Fields, store.Item{Field: []byte("f")})
		p.tag(key("items"), "all")
		p.wantTagged(0, "all", "k0", "k1", "k2", "k3", "k4", "items")
	})
	w.view(func(p *probe) {
		p.wantTagged(0, "all", "k0", "k1", "k2", "k3", "k4", "items")
		p.wantTagged(0, "1", "k1", "k3")
		p.wantTagged(1, "all")
		p.wantTagged(0, "none")
	})
	w.update(func(p *probe) {
		p.tag(key("k1"), "0")
		p.set(key("k2"), "plain")
		_, err := p.Drop(key("k3"))
		p.ok(err)
		p.move(key("items"), inDB(3, "items"))
		h := p.head(key("k4"))
		h.ExpireAt = start + 10
		p.put(key("k4"), h)
		p.wantTagged(0, "all", "k0", "k4")
	})
	w.view(func(p *probe) {
		p.wantTagged(0, "all", "k0", "k4")
		p.wantTagged(0, "0", "k0", "k1", "k4")
		p.wantTagged(0, "1")
		p.wantTagged(3, "all", "items")
	})
	w.clock.Add(11)
	w.view(func(p *probe) { p.wantTagged(0, "all", "k0") })
	w.update(func(p *probe) {
		n, err := p.Expire(key("k4"))
		p.ok(err)
		p.want(n == 1, "expired %d", n)
		p.set(key("k4"), "again")
		p.wantTagged(0, "all", "k0")
	})
	err := w.e.Update(ctx, store.Whole(), func(tx store.Tx) error {
		(&probe{Tx: tx}).tag(key("k0"), "undone")
		return errUndo
	})
	w.wantUndone(err)
	w.view(func(p *probe) { p.wantTagged(0, "undone"); p.wantTagged(0, "all", "k0") })
}

func findTagsOfDatabases(w *world) {
	w.update(func(p *probe) {
		p.tag(inDB(1, "one"), "t")
		p.tag(inDB(2, "two"), "t")
	})
	w.update(func(p *probe) {
		p.ok(p.Swap(1, 2))
		p.wantTagged(1, "t", "two")
		p.ok(p.Flush(2))
		p.wantTagged(2, "t")
		p.tag(inDB(2, "three"), "t")
	})
	for range 3 {
		w.view(func(p *probe) { p.wantTagged(1, "t", "two"); p.wantTagged(2, "t", "three") })
		w.sweep()
	}
}

func findTagPages(w *world) {
	const keys = 300
	var want []string
	for from := 0; from < keys; from += 50 {
		w.update(func(p *probe) {
			for i := from; i < from+50; i++ {
				p.tag(key("k%d", i), "t", "u")
				p.set(key("plain%d", i), "v")
				want = append(want, fmt.Sprint("k", i))
			}
		})
	}
	slices.Sort(want)
	want = slices.Compact(want)
	w.view(func(p *probe) {
		for _, n := range []int{1, 7, 100, 1000} {
			got := p.tagged(0, "t", n)
			p.want(slices.Equal(slices.Compact(got), want), "pages of %d give %d names of %d", n, len(got), len(want))
		}
	})
}

// names reads a whole span in pages of n.
func (p *probe) names(db int, s store.Span, n int) []string {
	var all []string
	for s.Limit = n; p.err == nil; {
		found, err := p.finder().Names(db, s)
		p.ok(err)
		p.want(len(found) <= n, "%d names for a limit of %d", len(found), n)
		for _, name := range found {
			all = append(all, string(name))
		}
		if len(found) < n {
			break
		}
		s = s.Beyond(bytes.Clone(found[n-1]))
	}
	return all
}

func (p *probe) wantNames(s store.Span, want ...string) {
	for _, n := range []int{1, 3, 100} {
		s.Reverse = false
		got := p.names(0, s, n)
		p.want(slices.Equal(got, want), "%+v in pages of %d: %q, want %q", s, n, got, want)
		s.Reverse = true
		got = p.names(0, s, n)
		slices.Reverse(got)
		p.want(slices.Equal(got, want), "%+v in pages of %d: %q, want %q", s, n, got, want)
	}
}

func findNames(w *world) {
	all := []string{"", "\x00", "a", "a\x00", "ab", "abc", "b", "ba", "c{x}", "d{x}", "\xff", "\xff\xff", "\xff\xffz"}
	for _, half := range [][]string{all[:7], all[7:]} {
		w.update(func(p *probe) {
			for i := range half {
				p.set(key("%s", half[len(half)-1-i]), "v")
				p.set(inDB(1, "other%d", i), "v")
			}
		})
	}
	b := func(s string) []byte { return []byte(s) }
	check := func(p *probe) {
		p.wantNames(store.Span{}, all...)
		p.wantNames(store.Span{From: b("")}, all...)
		p.wantNames(store.Span{From: b("a"), To: b("b")}, "a", "a\x00", "ab", "abc", "b")
		p.wantNames(store.Span{From: b("a"), After: true, To: b("b"), Before: true}, "a\x00", "ab", "abc")
		p.wantNames(store.Span{From: b("aa"), To: b("abz")}, "ab", "abc")
		p.wantNames(store.Span{From: b("b"), To: b("a")})
		p.wantNames(store.Span{To: b("")}, "")
		p.wantNames(store.Prefixed(b("ab")), "ab", "abc")
		p.wantNames(store.Prefixed(b("\xff")), "\xff", "\xff\xff", "\xff\xffz")
		p.wantNames(store.Prefixed(nil), all...)
	}
	w.view(check)
	w.update(check)
}

func findNamesGone(w *world) {
	w.update(func(p *probe) {
		for i := range 40 {
			p.set(key("k%02d", i), "v")
		}
	})
	w.update(func(p *probe) {
		for i := range 40 {
			switch {
			case i%4 == 0:
				_, err := p.Drop(key("k%02d", i))
				p.ok(err)
			case i%4 == 1:
				p.put(key("k%02d", i), store.Head{Type: store.String, ExpireAt: start + 5})
			}
		}
	})
	w.clock.Add(6)
	var left []string
	for i := range 40 {
		if i%4 > 1 {
			left = append(left, fmt.Sprintf("k%02d", i))
		}
	}
	w.view(func(p *probe) { p.wantNames(store.Span{}, left...) })
	w.update(func(p *probe) { p.ok(p.Flush(0)) })
	w.view(func(p *probe) { p.wantNames(store.Span{}) })
}

func findScope(w *world) {
	w.update(func(p *probe) { p.tag(key("k"), "t") })
	w.viewIn(store.One(key("k")), func(p *probe) {
		_, _, err := p.finder().Tagged(0, "t", 0, 10)
		p.want(errors.Is(err, store.ErrScope), "tags: %v", err)
		_, err = p.finder().Names(0, store.Span{Limit: 1})
		p.want(errors.Is(err, store.ErrScope), "names: %v", err)
	})
}

// dumpFound compares both ways of finding keys with the keys there are.
func dumpFound(p *probe, db int, keys []store.Key) {
	var all []string
	tags := map[string][]string{}
	for _, k := range keys {
		all = append(all, string(k.Name))
		for t := range p.head(k).Notes.Tags() {
			tags[t] = append(tags[t], string(k.Name))
		}
	}
	for i := range historyTags {
		tag := fmt.Sprint("tag", i)
		got := p.tagged(db, tag, 3)
		p.want(slices.Equal(got, tags[tag]), "tag %q in %d: %q, the heads say %q", tag, db, got, tags[tag])
	}
	p.want(slices.Equal(p.names(db, store.Span{}, 5), all), "names in %d: %q, want %q", db, p.names(db, store.Span{}, 5),
		all)
}
