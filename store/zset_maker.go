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

// zsetMaker writes a result under a fresh id of dst's, so that memory stays bounded and dst
// may be one of the operands. For the transaction's goroutine.
type zsetMaker struct {
	dst     Key
	batch   *batch
	longest int // member
}

func newZSetMaker(tx Tx, dst Key) (*zsetMaker, error) {
	b, err := newBatch(tx, dst, Scores)
	return &zsetMaker{dst: dst, batch: b}, err
}

func (m *zsetMaker) add(page []Item) error {
	for _, it := range page {
		m.longest = max(m.longest, len(it.Field))
	}
	return m.batch.put(page)
}

func (m *zsetMaker) merge(page []Item, a Aggregate) error {
	held, err := m.batch.tx.Items(nil, m.batch.id, Scores, fieldsOf(page)...)
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
func (m *zsetMaker) finish() (int64, error) {
	return m.batch.become(m.dst, ZSet, func(h *Head) {
		h.Encoding = uint8(zsetEncoding(0, h.Len, m.longest, LimitsOf(m.batch.tx)))
		h.Ranked = h.Len >= RankedMin
	})
}

// StoreZSet makes members the value of dst, whatever that held, and returns how many there
// are; none leaves no key. Of an item Field and Score count.
func StoreZSet(tx Tx, dst Key, members iter.Seq2[Item, error]) (int64, error) {
	made, err := newZSetMaker(tx, dst)
	if err != nil {
		return 0, err
	}
	for it, err := range members {
		if err != nil {
			return 0, err
		}
		made.longest = max(made.longest, len(it.Field))
		if err := made.batch.add(Item{Field: it.Field, Score: it.Score}); err != nil {
			return 0, err
		}
	}
	return made.finish()
}
