package store

import "iter"

// zsetSink takes the members of a result, page by page.
type zsetSink interface {
	// add takes members that the sink has not seen.
	add(page []Item) error
	// merge takes members and joins the scores of those it has.
	merge(page []Item, a Aggregate) error
}

// zsetList gathers a result in memory. For one goroutine.
type zsetList struct {
	items []Item
	at    map[string]int
}

func (l *zsetList) add(page []Item) error {
	l.items = append(l.items, page...)
	return nil
}

func (l *zsetList) merge(page []Item, a Aggregate) error {
	if l.at == nil {
		l.at = make(map[string]int, len(l.items))
		for i, it := range l.items {
			l.at[string(it.Field)] = i
		}
	}
	for _, it := range page {
		if i, ok := l.at[string(it.Field)]; ok {
			l.items[i].Score = a.join(l.items[i].Score, it.Score)
			continue
		}
		l.at[string(it.Field)] = len(l.items)
		l.items = append(l.items, it)
	}
	return nil
}

// zsetMaker writes a result into a new sorted set, so that memory stays bounded and dst
// may be one of the operands. For the transaction's goroutine.
type zsetMaker struct {
	made ZSetKey
}

func newZSetMaker(tx Tx, dst Key) *zsetMaker {
	m := &zsetMaker{made: ZSetKey{handle: handle{tx: tx, key: dst}}}
	m.made.begin(ZSet)
	return m
}

func (m *zsetMaker) add(page []Item) error {
	longest := 0
	for _, it := range page {
		longest = max(longest, len(it.Field))
	}
	return m.made.putAll(page, longest)
}

func (m *zsetMaker) merge(page []Item, a Aggregate) error {
	held, err := m.made.Scores(fieldsOf(page)...)
	if err != nil {
		return err
	}
	for i, h := range held {
		if h.Found {
			page[i].Score = a.join(h.Score, page[i].Score)
		}
	}
	return m.add(page)
}

// finish puts the result under dst and returns its length.
func (m *zsetMaker) finish() (int64, error) { return m.made.head.Len, m.made.finish(Change{}) }

// StoreZSet makes members the value of dst, whatever that held, and returns how many there
// are; none leaves no key. Only Field and Score of an item are read.
func StoreZSet(tx Tx, dst Key, members iter.Seq2[Item, error]) (int64, error) {
	made := newZSetMaker(tx, dst)
	if err := inPages(members, made.add); err != nil {
		return 0, err
	}
	return made.finish()
}
