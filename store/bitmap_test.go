package store_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"larder/store"
	"larder/store/memory"
	"larder/store/storetest"
)

// sparse is a string that is long, mostly zeros, and has chunks of ones; often a short one.
func sparse(rnd *rand.Rand) []byte {
	data := make([]byte, rnd.IntN([]int{2, 30, 500, 40000, 300000, 2 << 20}[rnd.IntN(6)]))
	for range rnd.IntN(4) {
		if len(data) == 0 {
			break
		}
		at := rnd.IntN(len(data))
		fill := byte(255)
		for i := at; i < min(len(data), at+rnd.IntN(40000)); i++ {
			if rnd.IntN(2) == 0 {
				fill = byte(rnd.IntN(256))
			}
			data[i] = fill
		}
	}
	return data
}

// writeSparse makes data a key's content, without the chunks that are zeros.
func writeSparse(t *testing.T, e store.Engine, k store.Key, data []byte) {
	t.Helper()
	update(t, e, func(tx store.Tx) error {
		if _, err := tx.Drop(k); err != nil {
			return err
		}
		b, err := store.OpenBlob(tx, k)
		if err != nil || len(data) == 0 {
			return err
		}
		for at := 0; at < len(data); at += store.ChunkSize {
			piece := data[at:min(at+store.ChunkSize, len(data))]
			if len(bytes.Trim(piece, "\x00")) > 0 {
				if err := b.WriteAt(int64(at), piece); err != nil {
					return err
				}
			}
		}
		if b.Len() < int64(len(data)) {
			return b.WriteAt(int64(len(data)-1), []byte{0})
		}
		return nil
	}, k)
}

func bitAt(data []byte, i int64) byte { return data[i/8] >> (7 - i%8) & 1 }

// Counting and finding over chunks that are there and some that are not, beside a plain slice.
func TestBitsAreCountedAndFound(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 30 {
		e, data := memory.New(), sparse(rnd)
		if len(data) == 0 {
			continue
		}
		writeSparse(t, e, blobKey, data)
		for range 10 {
			from := rnd.Int64N(int64(len(data)) * 8)
			to := from + 1 + rnd.Int64N(int64(len(data))*8-from)
			ones, first := int64(0), [2]int64{-1, -1}
			for i := from; i < to; i++ {
				if i%8 == 0 && i+8 <= to && data[i/8] == 0 && first[0] >= 0 {
					i += 7 // most bytes are zeros
					continue
				}
				bit := bitAt(data, i)
				ones += int64(bit)
				if first[bit] < 0 {
					first[bit] = i
				}
			}
			update(t, e, func(tx store.Tx) error {
				b, err := store.OpenBlob(tx, blobKey)
				if err != nil {
					return err
				}
				if n, err := b.CountBits(from, to); err != nil || n != ones {
					t.Errorf("%d bytes: %d ones from %d to %d, want %d (%v)", len(data), n, from, to, ones, err)
				}
				for bit := range byte(2) {
					if at, err := b.FindBit(bit, from, to); err != nil || at != first[bit] {
						t.Errorf("%d bytes: the first %d from %d to %d is at %d, want %d (%v)", len(data), bit, from, to, at, first[bit], err)
					}
				}
				if bit, err := b.Bit(from); err != nil || bit != bitAt(data, from) {
					t.Errorf("bit %d is %d (%v)", from, bit, err)
				}
				return nil
			}, blobKey)
		}
	}
}

func blankAt(sources [][]byte, at int64) bool {
	for _, s := range sources {
		if at < int64(len(s)) && s[at] != 0 {
			return false
		}
	}
	return true
}

// combined is BITOP bit by bit: how many sources have a bit, and whether the first does, decides.
func combined(op store.BitOp, sources [][]byte) []byte {
	n := 0
	for _, s := range sources {
		n = max(n, len(s))
	}
	out := make([]byte, n)
	for i := int64(0); i < int64(n)*8; i++ {
		if i%8 == 0 && op != store.BitNot && blankAt(sources, i/8) {
			i += 7
			continue
		}
		have, x := 0, false
		for j, s := range sources {
			if i < int64(len(s))*8 && bitAt(s, i) == 1 {
				have++
				x = x || j == 0
			}
		}
		rest := have
		if x {
			rest--
		}
		set := false
		switch op {
		case store.BitAnd:
			set = have == len(sources)
		case store.BitOr:
			set = have > 0
		case store.BitXor:
			set = have%2 == 1
		case store.BitNot:
			set = have == 0
		case store.BitDiff:
			set = x && rest == 0
		case store.BitDiff1:
			set = !x && rest > 0
		case store.BitAndOr:
			set = x && rest > 0
		case store.BitOne:
			set = have == 1
		}
		if set {
			out[i/8] |= 1 << (7 - i%8)
		}
	}
	return out
}

// Every operation, with sources of all lengths, the destination being one of them or not.
func TestCombineBits(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	for op := store.BitAnd; op <= store.BitOne; op++ {
		for range storetest.Times(4, 12) {
			e := memory.New()
			sources := make([][]byte, 2+rnd.IntN(3))
			if op == store.BitNot {
				sources = sources[:1]
			}
			keys := make([]store.Key, len(sources))
			for i := range sources {
				keys[i] = store.Key{Name: []byte{'a' + byte(i)}}
				sources[i] = sparse(rnd)
				writeSparse(t, e, keys[i], sources[i])
			}
			dest := append(keys, store.Key{Name: []byte("dest")})[rnd.IntN(len(keys)+1)]
			want := combined(op, sources)
			update(t, e, func(tx store.Tx) error {
				n, err := store.CombineBits(tx, op, dest, keys...)
				if n != int64(len(want)) {
					t.Errorf("operation %d: %d bytes, want %d", op, n, len(want))
				}
				return err
			}, append(keys, dest)...)
			checkContent(t, e, dest, want)
		}
	}
}

func checkContent(t *testing.T, e store.Engine, k store.Key, want []byte) {
	t.Helper()
	update(t, e, func(tx store.Tx) error {
		b, err := store.OpenBlob(tx, k)
		if err != nil {
			return err
		}
		got, err := b.Bytes()
		if err != nil || !bytes.Equal(got, want) || b.Exists() != (len(want) > 0) {
			t.Errorf("%d bytes that differ from the %d that should be there (%v)", len(got), len(want), err)
		}
		if found, err := store.Audit(tx, k, b.Head()); err != nil || b.Exists() && len(found) > 0 {
			t.Errorf("audit: %v (%v)", found, err)
		}
		return nil
	}, k)
}

// Random fields set and read, beside a plain slice.
func TestBitFieldsAreBits(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 8))
	for range storetest.Times(12, 40) {
		e, model := memory.New(), []byte(nil)
		for range 8 {
			fields := make([]store.BitField, 1+rnd.IntN(5))
			values := make([]int64, len(fields))
			size := int64(0)
			for i := range fields {
				fields[i] = store.BitField{Off: rnd.Int64N([]int64{64, 3000, 140000, 2000000}[rnd.IntN(4)]), Width: 1 + rnd.IntN(63)}
				values[i] = rnd.Int64() & (1<<fields[i].Width - 1)
				size = max(size, fields[i].Size())
			}
			model = append(model, make([]byte, max(0, int(size)-len(model)))...)
			for i, f := range fields {
				for j := range int64(f.Width) {
					at, bit := f.Off+j, byte(values[i]>>(int64(f.Width)-1-j)&1)
					model[at/8] = model[at/8]&^(1<<(7-at%8)) | bit<<(7-at%8)
				}
			}
			update(t, e, func(tx store.Tx) error {
				b, err := store.OpenBlob(tx, blobKey)
				if err != nil {
					return err
				}
				x, err := b.Bits(fields...)
				if err != nil {
					return err
				}
				for i, f := range fields {
					if x.Set(f, values[i]); x.Get(f) != values[i] {
						t.Errorf("%+v is %d, want %d", f, x.Get(f), values[i])
					}
				}
				return x.Save(size)
			}, blobKey)
			checkContent(t, e, blobKey, model)
		}
	}
}

// A bit set far behind the end of a string costs its own chunk and no other.
func TestFarBitIsOneChunk(t *testing.T) {
	e := memory.New()
	last := store.BitField{Off: 1<<32 - 1, Width: 1}
	update(t, e, func(tx store.Tx) error {
		b, err := store.OpenBlob(tx, blobKey)
		if err != nil {
			return err
		}
		x, err := b.Bits(last)
		if err != nil {
			return err
		}
		x.Set(last, 1)
		if err := x.Save(last.Size()); err != nil {
			return err
		}
		id := b.Head().ID
		n, err := tx.Count(id, store.Chunks, store.Range{})
		if n != 1 || b.Head().Bytes > 2*store.ChunkSize || b.Len() != 512<<20 {
			t.Errorf("%d chunks, %d bytes of %d", n, b.Head().Bytes, b.Len())
		}
		return err
	}, blobKey)
}
