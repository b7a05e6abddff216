package sorts

import (
	"bytes"
	"iter"

	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

func (f family) sort(c *cmd.Call) reply.Reply   { return f.run(c, false) }
func (f family) sortRO(c *cmd.Call) reply.Reply { return f.run(c, true) }

func (f family) run(c *cmd.Call, readOnly bool) reply.Reply {
	q, err := f.parse(c, readOnly)
	if err != nil {
		return reply.Err(err)
	}
	if !readOnly {
		if err := store.ConvertZSet(c.Tx, q.source); err != nil {
			return reply.Err(err)
		}
	}
	elements, err := q.open(c.Nested)
	if err != nil {
		return reply.Err(err)
	}
	if q.store {
		n, err := store.StoreList(q.tx, q.to, q.stored(elements))
		if err != nil {
			return reply.Err(err)
		}
		return reply.Integer(n)
	}
	list := c.List(reply.Array)
	for v, err := range q.output(elements) {
		switch {
		case err != nil:
			return list.End(err)
		case v == nil:
			list.Nil()
		default:
			list.Bytes(v)
		}
	}
	return list.Done()
}

// open finds the key and yields those of its elements that are wanted, in order. They are never nil,
// and valid until the next is asked for.
func (q *query) open(nested bool) (iter.Seq2[[]byte, error], error) {
	heads, err := q.tx.Heads(nil, q.source)
	if err != nil {
		return nil, err
	}
	h := heads[0]
	switch h.Type {
	case store.List, store.Set, store.ZSet:
	case store.None:
		return func(func([]byte, error) bool) {}, nil
	default:
		return nil, store.ErrWrongType
	}
	from, count := q.window(h.Len)
	if q.unsorted && h.Type == store.Set && (q.store || nested) {
		// The order of a set says nothing: what is kept must not depend on it.
		q.unsorted, q.alphabetical, q.by = false, true, nil
	}
	switch {
	case count == 0 && q.unsorted:
		return func(func([]byte, error) bool) {}, nil
	case q.unsorted:
		return q.elements(h, store.Range{Reverse: q.descending && h.Type != store.Set, Skip: from, Limit: count}), nil
	}
	return q.sorted(q.elements(h, store.Range{}), from, count), nil
}

// elements yields what the key holds, in the order of a list or of scores.
func (q *query) elements(h store.Head, r store.Range) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for it, err := range store.Content(q.tx, h, r) {
			element := it.Field
			if h.Type == store.List {
				element = it.Value
			}
			if !yield(present(element), err) || err != nil {
				return
			}
		}
	}
}

func present(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// sorted yields a window of the sorted elements.
func (q *query) sorted(all iter.Seq2[[]byte, error], from, count int64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		v := &vector{q: q, keep: from + count}
		for e, err := range all {
			if err == nil {
				err = v.add(e)
			}
			if err != nil {
				yield(nil, err)
				return
			}
		}
		if err := v.weigh(); err != nil {
			yield(nil, err)
			return
		}
		v.cut()
		for _, w := range v.items[min(from, int64(len(v.items))):] {
			if !yield(w.element, nil) {
				return
			}
		}
	}
}

// output yields what is answered for each element: itself, or what each GET finds, nil for nothing.
func (q *query) output(elements iter.Seq2[[]byte, error]) iter.Seq2[[]byte, error] {
	if len(q.gets) == 0 {
		return elements
	}
	return func(yield func([]byte, error) bool) {
		var page [][]byte
		for e, err := range elements {
			if err != nil {
				yield(nil, err)
				return
			}
			if page = append(page, bytes.Clone(e)); len(page) == pageLen {
				if !q.answer(page, yield) {
					return
				}
				page = page[:0]
			}
		}
		q.answer(page, yield)
	}
}

// answer yields what a page of elements leads to; false when the loop has ended.
func (q *query) answer(page [][]byte, yield func([]byte, error) bool) bool {
	columns := make([][][]byte, len(q.gets))
	for i, p := range q.gets {
		var err error
		if columns[i], err = q.lookup(p, page); err != nil {
			yield(nil, err)
			return false
		}
	}
	for row := range page {
		for _, column := range columns {
			if !yield(column[row], nil) {
				return false
			}
		}
	}
	return true
}

// stored is output with what was not found as empty strings: a list has no place for nothing.
func (q *query) stored(elements iter.Seq2[[]byte, error]) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for v, err := range q.output(elements) {
			if !yield(present(v), err) {
				return
			}
		}
	}
}
