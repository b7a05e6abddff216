package shard

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"larder/store"
)

// SWAPDB exchanges two numbers and nothing else: shards know a database by a number that never changes, and one table
// for all shards says which number clients know it by. So a swap is one short record, whatever the databases hold, and
// neither the layers nor the files know of it. The rejected alternative, exchanging them in every layer and file, had
// to settle all shards first, while everybody waited.
//
// The table's record belongs to the first shard, which notes the table with its mark when it settles.

// numbering says what clients' numbers of databases are to shards; one that is not in it is the same to both. It is
// immutable.
type numbering []int

// String is what a mark notes of the table.
func (n numbering) String() string { return strings.Trim(fmt.Sprint([]int(n)), "[]") }

// parseNumbering reads what String has written.
func parseNumbering(note string) (n numbering) {
	for _, word := range strings.Fields(note) {
		db, _ := strconv.Atoi(word)
		n = append(n, db)
	}
	return n
}

// inner is the number that shards know.
func (n numbering) inner(db int) int {
	if db < len(n) {
		return n[db]
	}
	return db
}

// outer is the number that clients know.
func (n numbering) outer(db int) int {
	if at := slices.Index(n, db); at >= 0 {
		return at
	}
	return db
}

// swapped exchanges what two clients' numbers stand for.
func (n numbering) swapped(a, b int) numbering {
	if a == b {
		return n
	}
	next := slices.Clone(n)
	for db := len(next); db <= max(a, b); db++ {
		next = append(next, db)
	}
	next[a], next[b] = next[b], next[a]
	for len(next) > 0 && next[len(next)-1] == len(next)-1 {
		next = next[:len(next)-1]
	}
	return next
}

// keys turns clients' keys into those of shards.
func (n numbering) keys(keys []store.Key) []store.Key {
	if len(n) == 0 {
		return keys
	}
	inner := slices.Clone(keys)
	for i := range inner {
		inner[i].DB = n.inner(inner[i].DB)
	}
	return inner
}

// renumberer is a transaction of the first shard that writes.
type renumberer interface {
	// renumber records a new table.
	renumber(numbering) error
}

// Swap changes the table, for this transaction and then for all.
func (t *Tx) Swap(a, b int) error {
	if err := t.whole(); err != nil {
		return err
	}
	tx, err := t.at(0)
	if err != nil {
		return err
	}
	w, ok := tx.(renumberer)
	if !ok {
		return store.ErrReadOnly
	}
	next := t.dbs.swapped(a, b)
	if err := w.renumber(next); err != nil {
		return err
	}
	t.dbs = next
	return nil
}

func (w *writer) renumber(n numbering) error {
	w.wrote, w.dbs = true, &n
	w.Touch()
	w.rec.renumber(n)
	return nil
}

func (d *directTx) renumber(n numbering) error {
	d.dbs = &n
	d.rec.renumber(n)
	return d.written()
}

func (r *recorder) renumber(n numbering) {
	r.op(opNumber)
	r.prints.leaveAll()
	r.uint(uint64(len(n)))
	for _, db := range n {
		r.uint(uint64(db))
	}
}

// numbering decodes what renumber has encoded.
func (r *reader) numbering() (n numbering) {
	for range r.uint() {
		if n = append(n, int(r.uint())); r.err != nil {
			return nil
		}
	}
	return n
}

// present is the table that is visible.
func (o *Order) numbering() numbering { return *o.dbs.Load() }

// outward turns what shards say of keys into what clients know.
func (o *Order) outward(k *store.Key) { k.DB = o.numbering().outer(k.DB) }
