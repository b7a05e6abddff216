package storetest

import (
	"bytes"
	"errors"
	"strings"

	"larder/store"
)

func headRows() []row {
	return []row{
		{"Heads/round trip", headRoundTrip},
		{"Heads/order, duplicates and appending", headOrder},
		{"Heads/any bytes name a key", headNames},
		{"Heads/slices given are not kept", headSlices},
		{"Heads/drop", headDrop},
		{"Heads/many at once", headMany},
		{"Heads/closed", headClosed},
	}
}

func headRoundTrip(w *world) {
	k := key("k")
	full := store.Head{
		Type: store.Stream, Encoding: 200, Ranked: true, ExpireAt: start + 1_000_000,
		Len: 1 << 40, Bytes: 1 << 41, Value: bytes.Repeat([]byte{0, 255}, store.InlineMax/2),
		Fields: store.FieldTimes{Count: 1 << 39, First: start + 1, Last: start + 2_000_000},
		Notes:  store.Notes("").WithTags("t"),
	}
	same := func(h store.Head) bool {
		return h.Type == full.Type && h.Encoding == full.Encoding && h.Ranked == full.Ranked && h.ID == full.ID &&
			h.ExpireAt == full.ExpireAt && h.Fields == full.Fields && h.Notes == full.Notes && h.Len == full.Len &&
			h.Bytes == full.Bytes && bytes.Equal(h.Value, full.Value)
	}
	w.update(func(p *probe) {
		p.wantAbsent(k)
		id, err := p.NewID(k)
		p.ok(err)
		p.want(id != 0, "NewID gave 0")
		full.ID = id
		p.put(k, full)
		p.want(same(p.head(k)), "own write reads %+v", p.head(k))
	})
	w.view(func(p *probe) { p.want(same(p.head(k)), "read %+v, want %+v", p.head(k), full) })
	w.update(func(p *probe) {
		p.set(k, "")
		h := p.head(k)
		p.want(h.Type == store.String && h.ID == 0 && h.ExpireAt == 0 && h.Fields == store.FieldTimes{} && !h.Ranked &&
			len(h.Value) == 0, "overwritten: %+v", h)
	})
}

func headOrder(w *world) {
	w.update(func(p *probe) { p.set(key("a"), "A"); p.set(key("b"), "B") })
	w.view(func(p *probe) {
		first := store.Head{Type: store.List, Len: 99}
		heads, err := p.Heads([]store.Head{first}, key("b"), key("none"), key("a"), key("b"))
		p.ok(err)
		var got []string
		for _, h := range heads {
			got = append(got, h.Type.String()+string(h.Value))
		}
		p.want(strings.Join(got, " ") == "list stringB none stringA stringB", "%v", got)
	})
}

func headNames(w *world) {
	names := []string{"", "\x00", "\x00\x00", "\xff", "\xff\xff\xff", "a'b\"c", "{}", "{a}b",
		"π", strings.Repeat("n", 70_000)}
	w.update(func(p *probe) {
		for _, n := range names {
			p.set(key("%s", n), "v"+n[:min(3, len(n))])
		}
	})
	w.view(func(p *probe) {
		for _, n := range names {
			p.wantValue(key("%s", n), "v"+n[:min(3, len(n))])
		}
		p.want(p.size(0) == int64(len(names)), "size %d", p.size(0))
	})
}

func headSlices(w *world) {
	w.update(func(p *probe) {
		name, value := []byte("name"), []byte("value")
		field, content := []byte("field"), []byte("content")
		k := store.Key{Name: name}
		id, err := p.NewID(k)
		p.ok(err)
		p.putItems(id, store.Fields, store.Item{Field: field, Value: content})
		p.put(k, store.Head{Type: store.Hash, ID: id, Len: 1, Value: value})
		for _, b := range [][]byte{name, value, field, content} {
			copy(b, "XXXXXXXXXX")
		}
	})
	w.view(func(p *probe) {
		h := p.head(key("name"))
		items := p.list(h.ID, store.Fields, store.Range{})
		p.want(string(h.Value) == "value" && len(items) == 1 && string(items[0].Field) == "field" &&
			string(items[0].Value) == "content", "%+v %+v", h, items)
	})
}

func headDrop(w *world) {
	w.update(func(p *probe) {
		for _, n := range []string{"a", "b", "c"} {
			p.set(key("%s", n), n)
		}
		p.make(key("h"), store.Fields, store.Item{Field: []byte("f")})
	})
	w.update(func(p *probe) {
		n, err := p.Drop(key("a"), key("none"), key("h"), key("a"))
		p.ok(err)
		p.want(n == 2, "dropped %d, want 2", n)
		p.wantAbsent(key("a"))
		p.want(p.size(0) == 2, "size %d inside", p.size(0))
		n, err = p.Drop()
		p.ok(err)
		p.want(n == 0, "dropped %d of no keys", n)
	})
	w.view(func(p *probe) {
		p.wantAbsent(key("a"))
		p.wantAbsent(key("h"))
		p.wantValue(key("b"), "b")
		p.want(p.size(0) == 2, "size %d", p.size(0))
	})
}

// Redka stopped at 32,766 keys, the number of variables in one statement.
func headMany(w *world) {
	const n = 33_000
	var keys []store.Key
	for i := range n {
		keys = append(keys, key("{many}%d", i))
	}
	w.update(func(p *probe) {
		for _, k := range keys[:100] {
			p.set(k, "v")
		}
		heads, err := p.Heads(nil, keys...)
		p.ok(err)
		p.want(len(heads) == n && heads[99].Exists() && !heads[100].Exists(), "%d heads", len(heads))
		dropped, err := p.Drop(keys...)
		p.ok(err)
		p.want(dropped == 100, "dropped %d", dropped)
	})
}

func headClosed(w *world) {
	if err := w.e.Close(); err != nil {
		w.t.Fatal(err)
	}
	nothing := func(store.Tx) error { return nil }
	for _, err := range []error{w.e.View(ctx, store.Whole(), nothing), w.e.Update(ctx, store.One(key("k")), nothing)} {
		if !errors.Is(err, store.ErrClosed) {
			w.t.Errorf("after Close: %v", err)
		}
	}
}
