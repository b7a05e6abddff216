package store_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"testing"

	"larder/store"
	"larder/store/memory"
)

var blobKey = store.Key{Name: []byte("k")}

func update(t *testing.T, e store.Engine, fn func(tx store.Tx) error, keys ...store.Key) {
	t.Helper()
	if err := e.Update(context.Background(), store.One(keys...), fn); err != nil {
		t.Fatal(err)
	}
}

// Random writes at random places, compared with a plain slice.
func TestBlobIsASlice(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 30 {
		e, model := memory.New(), []byte(nil)
		for range 12 {
			data := bytes.Repeat([]byte{byte(1 + rnd.IntN(255))}, 1+rnd.IntN([]int{10, 500, 40000}[rnd.IntN(3)]))
			off := rnd.IntN([]int{1, 300, 20000, 70000}[rnd.IntN(4)])
			update(t, e, func(tx store.Tx) error {
				b, err := store.OpenBlob(tx, blobKey)
				if err != nil {
					return err
				}
				return b.WriteAt(int64(off), data)
			}, blobKey)
			if grow := off + len(data) - len(model); grow > 0 {
				model = append(model, make([]byte, grow)...)
			}
			copy(model[off:], data)
			checkBlob(t, e, model, rnd)
		}
	}
}

func checkBlob(t *testing.T, e store.Engine, model []byte, rnd *rand.Rand) {
	t.Helper()
	from := rnd.IntN(len(model))
	to := from + rnd.IntN(len(model)-from+1)
	update(t, e, func(tx store.Tx) error {
		b, err := store.OpenBlob(tx, blobKey)
		if err != nil {
			return err
		}
		all, err := b.Bytes()
		if err != nil || !bytes.Equal(all, model) {
			t.Fatalf("%d bytes, want %d (%v)", len(all), len(model), err)
		}
		part, err := b.AppendTo([]byte("x"), int64(from), int64(to))
		if err != nil || string(part[1:]) != string(model[from:to]) {
			t.Fatalf("[%d:%d] differs (%v)", from, to, err)
		}
		return nil
	}, blobKey)
}

// A write at the far end costs the chunk it touches, not the gap before it.
func TestBlobGapsCostNothing(t *testing.T) {
	e := memory.New()
	update(t, e, func(tx store.Tx) error {
		b, err := store.OpenBlob(tx, blobKey)
		if err != nil {
			return err
		}
		if err := b.WriteAt(512<<20-1, []byte("z")); err != nil {
			return err
		}
		h := b.Head()
		n, err := tx.Count(h.ID, store.Chunks, store.Range{})
		if n != 1 || h.Len != 512<<20 || h.Bytes > 2*store.ChunkSize {
			t.Errorf("%d chunks, length %d, %d bytes", n, h.Len, h.Bytes)
		}
		if err := b.WriteAt(512<<20, []byte("z")); err == nil {
			t.Error("grew beyond the limit")
		}
		return err
	}, blobKey)
}

func TestStringEncodings(t *testing.T) {
	set := func(v string) func(*store.Blob, store.Tx) error {
		return func(_ *store.Blob, tx store.Tx) error { return store.SetString(tx, blobKey, []byte(v), 0) }
	}
	add := func(v string) func(*store.Blob, store.Tx) error {
		return func(b *store.Blob, _ store.Tx) error { _, err := b.Append([]byte(v)); return err }
	}
	float := func(b *store.Blob, _ store.Tx) error { _, err := b.AddFloat([]byte("1")); return err }
	count := func(b *store.Blob, _ store.Tx) error { _, err := b.Add(1); return err }
	long := string(bytes.Repeat([]byte("x"), 44))
	rows := []struct {
		name, want string
		steps      []func(*store.Blob, store.Tx) error
	}{
		{"integer", "int", []func(*store.Blob, store.Tx) error{set("-12")}},
		{"not canonical", "embstr", []func(*store.Blob, store.Tx) error{set("012")}},
		{"beyond int64", "embstr", []func(*store.Blob, store.Tx) error{set("9223372036854775808")}},
		{"44 bytes", "embstr", []func(*store.Blob, store.Tx) error{set(long)}},
		{"45 bytes", "raw", []func(*store.Blob, store.Tx) error{set(long + "x")}},
		{"appended to nothing", "int", []func(*store.Blob, store.Tx) error{add("1")}},
		{"appended", "raw", []func(*store.Blob, store.Tx) error{add("1"), add("2")}},
		{"counted", "int", []func(*store.Blob, store.Tx) error{add("1"), add("2"), count}},
		{"counted by float", "embstr", []func(*store.Blob, store.Tx) error{set("1"), float}},
	}
	for _, r := range rows {
		e := memory.New()
		var head store.Head
		for _, step := range r.steps {
			update(t, e, func(tx store.Tx) error {
				b, err := store.OpenBlob(tx, blobKey)
				if err != nil {
					return err
				}
				if err := step(b, tx); err != nil {
					return err
				}
				b, err = store.OpenBlob(tx, blobKey)
				head = b.Head()
				return err
			}, blobKey)
		}
		if got := store.EncodingName(head); got != r.want {
			t.Errorf("%s: %s, want %s", r.name, got, r.want)
		}
	}
}
