package resp

import "larder/store"

// trackTx stands between a handler and its transaction and sees what it does: which keys
// it found, what it changed. What is seen counts only once the transaction has committed.
// It belongs to one execution.
type trackTx struct {
	store.Tx
	server       *Server
	reading      bool
	uses         bool // the command counts as a use of its keys
	hits, misses int64
}

func (t *trackTx) reset(tx store.Tx, reading, uses bool) {
	t.Tx, t.reading, t.uses, t.hits, t.misses = tx, reading, uses, 0, 0
}

// Heads counts the keys that reading commands ask for: keyspace_hits and keyspace_misses.
func (t *trackTx) Heads(dst []store.Head, keys ...store.Key) ([]store.Head, error) {
	was := len(dst)
	dst, err := t.Tx.Heads(dst, keys...)
	if !t.reading || err != nil {
		return dst, err
	}
	for i := range dst[was:] {
		if dst[was+i].Exists() {
			t.hits++
			t.touch(keys[i])
		} else {
			t.misses++
		}
	}
	return dst, nil
}

// PutHead notes the use of a key.
func (t *trackTx) PutHead(k store.Key, h store.Head) error {
	t.touch(k)
	return t.Tx.PutHead(k, h)
}

func (t *trackTx) touch(k store.Key) {
	if t.uses {
		t.server.recency.Touch(k.DB, k.Name)
	}
}

// Limits are the encodings' limits as configured; see store.LimitsOf.
func (t *trackTx) Limits() *store.Limits { return t.server.limits.Load() }

// count publishes what was seen.
func (t *trackTx) count() {
	if t.hits != 0 {
		t.server.stats.Hits.Add(t.hits)
	}
	if t.misses != 0 {
		t.server.stats.Misses.Add(t.misses)
	}
	if !t.reading {
		t.server.stats.Writes.Add(1)
	}
}
