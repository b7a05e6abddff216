package store_test

import (
	"iter"
	"runtime"
	"testing"

	"larder/store"
	"larder/store/storetest"
)

// endless is a transaction whose keys are long strings that nobody has to hold: each chunk is the same memory. What is
// written it only counts.
type endless struct {
	store.Tx
	size    int64
	chunk   []byte
	written int64
}

func (e *endless) Heads(dst []store.Head, keys ...store.Key) ([]store.Head, error) {
	for i := range keys {
		dst = append(dst, store.Head{Type: store.String, ID: store.ID(i + 1), Len: e.size})
	}
	return dst, nil
}

func (e *endless) NewID(store.Key) (store.ID, error) { return 100, nil }

func (e *endless) PutHead(store.Key, store.Head) error { return nil }

func (e *endless) PutItems(_ store.ID, _ store.Part, items ...store.Item) (ch store.Change, err error) {
	for _, it := range items {
		e.written += int64(len(it.Value))
	}
	return ch, nil
}

func (e *endless) Range(_ store.ID, _ store.Part, r store.Range) iter.Seq2[store.Item, error] {
	return func(yield func(store.Item, error) bool) {
		for pos, n := r.Min.Pos, int64(0); pos <= r.Max.Pos && n < r.Limit; pos, n = pos+1, n+1 {
			if !yield(store.Item{Pos: pos, Value: e.chunk}, nil) {
				return
			}
		}
	}
}

// TestCombineBitsAllocatesAWindow: not even what is thrown away again grows with the strings' bytes.
func TestCombineBitsAllocatesAWindow(t *testing.T) {
	size := int64(storetest.Times(16, 256)) << 20 // the short form finds what grows with half of it
	chunk := make([]byte, store.ChunkSize)
	for i := range chunk {
		chunk[i] = byte(i)
	}
	for _, op := range []store.BitOp{store.BitAnd, store.BitOr, store.BitXor, store.BitDiff, store.BitOne} {
		tx := &endless{size: size, chunk: chunk}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		n, err := store.CombineBits(tx, op, store.Key{Name: []byte("d")}, store.Key{Name: []byte("a")},
			store.Key{Name: []byte("b")}, store.Key{Name: []byte("c")}, store.Key{Name: []byte("e")})
		runtime.ReadMemStats(&after)
		if err != nil || n != size {
			t.Errorf("operation %d answers %d, %v", op, n, err)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 8<<20 {
			t.Errorf("operation %d allocates %d bytes for strings of %d", op, used, size)
		}
		if (op == store.BitAnd || op == store.BitOr) && tx.written != size {
			t.Errorf("operation %d writes %d bytes of %d", op, tx.written, size)
		}
	}
}
