package journal

import "iter"

// kept are the records since the last fsync, one behind the other in memory that is used again: a slice for each
// would be a tenth of what a SET allocates. For the holder of Log.mu.
type kept struct {
	records []keptRecord // oldest first
	bytes   []byte
}

// keptRecord is where a record's payload ends; it begins where the one before ends.
type keptRecord struct {
	lsn uint64
	end int
}

func (k *kept) add(lsn uint64, payload []byte) {
	k.bytes = append(k.bytes, payload...)
	k.records = append(k.records, keptRecord{lsn, len(k.bytes)})
}

// first is the number of the oldest record, or next if there is none.
func (k *kept) first(next uint64) uint64 {
	if len(k.records) == 0 {
		return next
	}
	return k.records[0].lsn
}

func (k *kept) all() iter.Seq2[uint64, []byte] {
	return func(yield func(uint64, []byte) bool) {
		from := 0
		for _, r := range k.records {
			if !yield(r.lsn, k.bytes[from:r.end]) {
				return
			}
			from = r.end
		}
	}
}

// drop forgets the records up to an LSN.
func (k *kept) drop(lsn uint64) {
	n, cut := 0, 0
	for n < len(k.records) && k.records[n].lsn <= lsn {
		cut = k.records[n].end
		n++
	}
	k.bytes = append(k.bytes[:0], k.bytes[cut:]...)
	k.records = append(k.records[:0], k.records[n:]...)
	for i := range k.records {
		k.records[i].end -= cut
	}
	if len(k.bytes) == 0 && cap(k.bytes) > bufferKept {
		*k = kept{}
	}
}
