package sorts

import (
	"bytes"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/store"
)

// query is what a SORT asks for. It belongs to one call.
type query struct {
	tx           store.Tx
	source       store.Key
	by           *pattern // nil: by the elements themselves
	gets         []*pattern
	offset       int64
	count        int64 // negative: all
	descending   bool
	alphabetical bool
	unsorted     bool
	store        bool
	to           store.Key
}

func (f family) parse(c *cmd.Call, readOnly bool) (*query, error) {
	q := &query{tx: c.Tx, source: c.Key(1), count: -1}
	s := c.Scan(2)
	for s.More() {
		switch {
		case s.Word("ASC"):
			q.descending = false
		case s.Word("DESC"):
			q.descending = true
		case s.Word("ALPHA"):
			q.alphabetical = true
		case s.WordWith("LIMIT", 2):
			q.offset, q.count = s.Int(), s.Int()
		case !readOnly && s.WordWith("STORE", 1):
			q.store, q.to = true, c.KeyIn(s.Bytes())
		case s.WordWith("BY", 1):
			if q.by = newPattern(s.Bytes()); q.by.varies {
				f.mayFollow(c, &s, "BY")
			}
			// A constant asks for no order, nor is anything looked up.
			q.unsorted = q.unsorted || !q.by.varies
		case s.WordWith("GET", 1):
			q.gets = append(q.gets, newPattern(s.Bytes()))
			f.mayFollow(c, &s, "GET")
		default:
			s.Fail(arg.SyntaxError)
		}
	}
	return q, s.Err()
}

// mayFollow refuses a pattern where the keys that it leads to may be elsewhere, or where the user may not read every
// key.
func (f family) mayFollow(c *cmd.Call, s *arg.Scanner, option string) {
	switch {
	case f.clustered:
		s.Fail(option + " option of SORT denied in Cluster mode.")
	case !c.Client.MayRoam(c.Spec, c.Args):
		s.Fail(option + " option of SORT denied due to insufficient ACL permissions.")
	}
}

// window clips LIMIT to n elements: the first that is wanted and how many.
func (q *query) window(n int64) (from, count int64) {
	from = min(max(q.offset, 0), n)
	if q.count < 0 {
		return from, n - from
	}
	return from, min(q.count, n-from)
}

// pattern is one of BY or GET: where the star stands, the element goes; what stands behind an arrow is
// the field of a hash. It belongs to one call.
type pattern struct {
	prefix, suffix, field []byte
	varies                bool // there is a star
	self                  bool // "#", the element itself
}

func newPattern(text []byte) *pattern {
	p := &pattern{self: string(text) == "#"}
	p.prefix, p.suffix, p.varies = bytes.Cut(text, []byte("*"))
	if key, field, found := bytes.Cut(p.suffix, []byte("->")); found && len(field) > 0 {
		p.suffix, p.field = key, field
	}
	return p
}

// name is the key that an element leads to.
func (p *pattern) name(element []byte) []byte {
	name := make([]byte, 0, len(p.prefix)+len(element)+len(p.suffix))
	return append(append(append(name, p.prefix...), element...), p.suffix...)
}

// lookup finds what elements lead to, in order; nil where there is nothing, or something of another type.
func (q *query) lookup(p *pattern, elements [][]byte) ([][]byte, error) {
	if p.self {
		return elements, nil
	}
	values := make([][]byte, len(elements))
	if !p.varies {
		return values, nil
	}
	keys := make([]store.Key, len(elements))
	for i, e := range elements {
		keys[i] = store.Key{DB: q.source.DB, Name: p.name(e)}
	}
	heads, err := q.tx.Heads(nil, keys...)
	for i := 0; i < len(heads) && err == nil; i++ {
		values[i], err = q.value(p, heads[i])
	}
	return values, err
}

func (q *query) value(p *pattern, h store.Head) ([]byte, error) {
	switch {
	case p.field == nil && h.Type == store.String:
		return store.AppendString([]byte{}, q.tx, h, 0, h.Len)
	case p.field != nil && h.Type == store.Hash:
		items, err := store.FieldsOf(q.tx, h, p.field)
		if err != nil || !items[0].Found {
			return nil, err
		}
		return append([]byte{}, items[0].Value...), nil
	}
	return nil, nil
}
