package store

import "iter"

// StoreHash makes fields the content of dst, whatever that held, and returns how many there
// are; none leaves no key. If a field comes twice the later one wins. Memory stays bounded. Field, Value and Score
// (when the field expires) of an item are read; they need only be valid until the next item is asked for.
func StoreHash(tx Tx, dst Key, fields iter.Seq2[Item, error]) (int64, error) {
	made := HashKey{timedKey{handle{tx: tx, key: dst}, Fields}}
	made.begin(Hash)
	err := inPages(fields, func(page []Item) error {
		_, err := made.write(page)
		return err
	})
	if err != nil {
		return 0, err
	}
	return made.head.Len, made.finish(Change{})
}
