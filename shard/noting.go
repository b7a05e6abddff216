package shard

import (
	"iter"

	"larder/store"
)

// notebook learns what a transaction reads.
type notebook interface {
	// note is told of each key, and each id whose items are read, by its print.
	note(print uint64)
	// expiring is told of what is read and may expire.
	expiring(wakeMillis int64)
	// whole is told of reads that any write may change. They fail with its error.
	whole() error
}

// noting is a shard as a transaction sees it, and has what it reads noted. It belongs to the transaction.
type noting struct {
	store.BaseTx
	to    notebook
	shard int
}

func (n *noting) key(k store.Key, h *store.Head) {
	n.to.note(printOfKey(k))
	if wake := h.Wake(); wake != 0 {
		n.to.expiring(max(wake, n.Now().UnixMilli()))
	}
}

func (n *noting) item(id store.ID) { n.to.note(printOfID(n.shard, id)) }

func (n *noting) Heads(dst []store.Head, keys ...store.Key) ([]store.Head, error) {
	from := len(dst)
	dst, err := n.BaseTx.Heads(dst, keys...)
	for i, k := range keys {
		if err == nil {
			n.key(k, &dst[from+i])
		}
	}
	return dst, err
}

func (n *noting) Row(k store.Key) (store.Head, bool, error) {
	h, there, err := n.BaseTx.Row(k)
	n.key(k, &h)
	return h, there, err
}

func (n *noting) Items(dst []store.Item, id store.ID, p store.Part, fields ...[]byte) ([]store.Item, error) {
	n.item(id)
	return n.BaseTx.Items(dst, id, p, fields...)
}

func (n *noting) Range(id store.ID, p store.Part, r store.Range) iter.Seq2[store.Item, error] {
	n.item(id)
	return n.BaseTx.Range(id, p, r)
}

func (n *noting) Count(id store.ID, p store.Part, r store.Range) (int64, error) {
	n.item(id)
	return n.BaseTx.Count(id, p, r)
}

func (n *noting) Weigh(id store.ID, p store.Part, r store.Range) (store.Change, error) {
	n.item(id)
	return n.BaseTx.Weigh(id, p, r)
}

func (n *noting) Random(id store.ID, p store.Part, size int64, count int) ([]store.Item, error) {
	n.item(id)
	return n.BaseTx.Random(id, p, size, count)
}

func (n *noting) Scan(db int, from store.Cursor, count int) ([]store.Entry, store.Cursor, error) {
	if err := n.to.whole(); err != nil {
		return nil, 0, err
	}
	return n.BaseTx.Scan(db, from, count)
}

func (n *noting) RandomKey(db int) ([]byte, bool, error) {
	if err := n.to.whole(); err != nil {
		return nil, false, err
	}
	return n.BaseTx.RandomKey(db)
}

func (n *noting) Size(db int) (int64, error) {
	if err := n.to.whole(); err != nil {
		return 0, err
	}
	return n.BaseTx.Size(db)
}

func (n *noting) Keyspaces() ([]store.Keyspace, error) {
	if err := n.to.whole(); err != nil {
		return nil, err
	}
	return n.BaseTx.Keyspaces()
}

func (n *noting) Tagged(db int, tag string, from store.Cursor, count int) ([][]byte, store.Cursor, error) {
	if err := n.to.whole(); err != nil {
		return nil, 0, err
	}
	return n.BaseTx.Tagged(db, tag, from, count)
}

func (n *noting) Names(db int, s store.Span) ([][]byte, error) {
	if err := n.to.whole(); err != nil {
		return nil, err
	}
	return n.BaseTx.Names(db, s)
}
