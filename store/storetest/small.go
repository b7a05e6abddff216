package storetest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"larder/store"
)

// The keys of random histories whose names begin with smallPrefix hold hashes, sets, sorted sets and lists that stay
// small, under limits so small, and so often others, that they go from form to form. What is told of them is what a
// client sees: forms are compared in package store.
const smallPrefix = "small"

func isSmall(name []byte) bool { return bytes.HasPrefix(name, []byte(smallPrefix)) }

// smallTx is a transaction under limits of its own.
type smallTx struct {
	store.Tx
	limits store.Limits
}

func (t smallTx) Limits() *store.Limits { return &t.limits }

func (a *act) smallTx() store.Tx {
	l := *store.DefaultLimits()
	if a.random.IntN(12) == 0 {
		few := func() int { return a.random.IntN(2) * a.random.IntN(40) }
		l.HashMaxListpackEntries, l.HashMaxListpackValue = few(), few()
		l.SetMaxIntsetEntries, l.SetMaxListpackEntries = few(), few()
		l.ZsetMaxListpackEntries, l.ListMaxListpackSize = few(), few()
	}
	return smallTx{a.Tx, l}
}

// small changes a collection. One of another type has to go first.
func (a *act) small() {
	k, tx := a.key(), a.smallTx()
	changes := [...]func(store.Tx, store.Key) error{a.smallHash, a.smallSet, a.smallZSet, a.smallList}
	err := changes[int(k.Name[len(smallPrefix)])%len(changes)](tx, k)
	if err == store.ErrWrongType {
		_, err = a.Drop(k)
	}
	a.ok(err)
	a.say("%s", strings.Join(a.smallContent(k), " "))
}

func (a *act) smallWords() (words [][]byte) {
	for range 1 + a.random.IntN(8) {
		words = append(words, fmt.Appendf(nil, "w%0*d", a.random.IntN(3)*20, a.random.IntN(70)))
	}
	return words
}

func (a *act) smallHash(tx store.Tx, k store.Key) error {
	h, err := store.OpenHash(tx, k)
	if err != nil {
		return err
	}
	if a.random.IntN(3) == 0 {
		_, err := h.Remove(a.smallWords()...)
		return err
	}
	var pairs []store.Item
	for _, w := range a.smallWords() {
		pairs = append(pairs, store.Item{Field: w, Value: fmt.Appendf(nil, "%0*d", 1+a.random.IntN(64), a.random.IntN(9))})
	}
	_, err = h.Set(pairs...)
	return err
}

func (a *act) smallSet(tx store.Tx, k store.Key) error {
	s, err := store.OpenSet(tx, k)
	if err != nil {
		return err
	}
	words := a.smallWords()
	for i := range words {
		if a.random.IntN(40) > 0 {
			words[i] = fmt.Append(nil, a.random.Int64N(300)*1e15-1e17)
		}
	}
	if a.random.IntN(3) == 0 {
		_, err = s.Remove(words...)
	} else {
		_, err = s.Add(words...)
	}
	return err
}

func (a *act) smallZSet(tx store.Tx, k store.Key) error {
	z, err := store.OpenZSet(tx, k)
	if err != nil {
		return err
	}
	switch a.random.IntN(4) {
	case 0:
		_, err = z.Remove(a.smallWords()...)
		return err
	case 1:
		if r, ok := z.ByRank(a.random.Int64N(20), a.random.Int64N(30), a.random.IntN(2) == 0); ok {
			_, err = z.RemoveRange(r)
		}
		return err
	}
	var members []store.Item
	for _, w := range a.smallWords() {
		members = append(members, store.Item{Field: w, Score: float64(a.random.IntN(9))})
	}
	_, err = z.Add(store.ZRule{}, members...)
	return err
}

func (a *act) smallList(tx store.Tx, k store.Key) error {
	l, err := store.OpenList(tx, k)
	if err != nil {
		return err
	}
	words, end := a.smallWords(), store.ListEnd(a.random.IntN(2))
	switch a.random.IntN(7) {
	case 0:
		return l.Pop(end, a.random.Int64N(6), func([]byte) {})
	case 1:
		_, err = l.Insert(end == store.Front, words[0], words[len(words)-1])
	case 2:
		_, err = l.Remove(words[0], a.random.Int64N(5)-2)
	case 3:
		_, err = l.Set(a.random.Int64N(30)-15, words[0])
	case 4:
		return l.Trim(a.random.Int64N(4), -1-a.random.Int64N(4))
	default:
		return l.Push(end, words...)
	}
	return err
}

func (a *act) readSmall() { a.say("%s", strings.Join(a.smallContent(a.key()), " ")) }

// smallContent is what a collection holds, in order where Redis has it in one.
func (p *probe) smallContent(k store.Key) (lines []string) {
	h := p.head(k)
	if h.Type == store.None || h.Type == store.String {
		return nil
	}
	for it, err := range store.Content(p.Tx, h, store.Range{}) {
		p.ok(err)
		lines = append(lines, fmt.Sprintf("%q=%q %v", it.Field, it.Value, it.Score+0))
	}
	if store.EncodingName(h) == "hashtable" {
		slices.Sort(lines)
	}
	p.want(int64(len(lines)) == h.Len, "%q has %d items, and %d", k.Name, h.Len, len(lines))
	return lines
}

// describeSmall is describeHead without what depends on hashes.
func describeSmall(h store.Head) string {
	h.Value = nil
	return describeHead(h)
}
