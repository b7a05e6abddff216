package wal

import (
	"encoding/binary"
	"iter"
	"slices"
)

// kept are the records since the last fsync, one behind the other in blocks: a slice for each record would be a tenth
// of what a SET allocates, and one that grows to the megabytes of a second a third. Each lies behind its number, 8
// bytes, and its length, 4. For the holder of Log.mu.
type kept struct {
	blocks []keptBlock // oldest first
	from   int         // where the oldest record begins in the first block
	size   int         // bytes of all records
}

type keptBlock struct {
	bytes []byte
	last  uint64 // number of the youngest record, 0 without any
}

const (
	keptBlockBytes  = 1 << 18
	keptHeaderBytes = 12
)

func (k *kept) add(lsn uint64, payload []byte) {
	n := keptHeaderBytes + len(payload)
	last := len(k.blocks) - 1
	if last < 0 || cap(k.blocks[last].bytes)-len(k.blocks[last].bytes) < n {
		k.blocks = append(k.blocks, keptBlock{bytes: make([]byte, 0, max(n, keptBlockBytes))})
		last++
	}
	b := &k.blocks[last]
	b.bytes = binary.LittleEndian.AppendUint64(b.bytes, lsn)
	b.bytes = binary.LittleEndian.AppendUint32(b.bytes, uint32(len(payload)))
	b.bytes = append(b.bytes, payload...)
	b.last = lsn
	k.size += n
}

// recordAt is the record that begins there, and where the next one does.
func (b *keptBlock) recordAt(from int) (lsn uint64, payload []byte, next int) {
	head := b.bytes[from : from+keptHeaderBytes]
	from += keptHeaderBytes
	next = from + int(binary.LittleEndian.Uint32(head[8:]))
	return binary.LittleEndian.Uint64(head), b.bytes[from:next], next
}

// first is the number of the oldest record, or next if there is none.
func (k *kept) first(next uint64) uint64 {
	for lsn := range k.all() {
		return lsn
	}
	return next
}

func (k *kept) all() iter.Seq2[uint64, []byte] {
	return func(yield func(uint64, []byte) bool) {
		from := k.from
		for i := range k.blocks {
			for b := &k.blocks[i]; from < len(b.bytes); {
				lsn, payload, next := b.recordAt(from)
				if !yield(lsn, payload) {
					return
				}
				from = next
			}
			from = 0
		}
	}
}

// drop forgets the records up to an LSN.
func (k *kept) drop(upTo uint64) {
	for len(k.blocks) > 0 && k.blocks[0].last <= upTo {
		k.size -= len(k.blocks[0].bytes) - k.from
		k.from = 0
		if len(k.blocks) == 1 && cap(k.blocks[0].bytes) == keptBlockBytes {
			k.blocks[0] = keptBlock{bytes: k.blocks[0].bytes[:0]} // for the next ones
			return
		}
		k.blocks = slices.Delete(k.blocks, 0, 1)
	}
	for len(k.blocks) > 0 {
		lsn, _, next := k.blocks[0].recordAt(k.from)
		if lsn > upTo {
			return
		}
		k.size -= next - k.from
		k.from = next
	}
}
