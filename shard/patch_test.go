package shard_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"larder/shard"
	"larder/store"
)

// long keys are strings of several chunks, on both shards.
func long(i int) store.Key { return store.Key{Name: fmt.Appendf(nil, "long-%d", i)} }

const longs = 4

// scribble changes a few bytes of a string in one of the ways there are, and a copy of it in the same way.
func scribble(r *rand.Rand, tx store.Tx, i int, model *[longs][]byte) error {
	b, err := store.OpenBlob(tx, long(i))
	if err != nil {
		return err
	}
	m := model[i]
	piece := bytes.Repeat([]byte{byte(r.Uint32())}, 1+r.IntN(50))
	switch r.IntN(5) {
	case 0: // behind the end
		_, err = b.Append(piece)
		m = append(m, piece...)
	case 1: // somewhere, or behind a gap
		at := r.IntN(len(m) + 100)
		m = append(m, make([]byte, max(0, at+len(piece)-len(m)))...)
		copy(m[at:], piece)
		err = b.WriteAt(int64(at), piece)
	case 2: // a chunk as a whole, and what it needs of its neighbours
		at := r.IntN(len(m))
		whole := bytes.Repeat(piece[:1], 3*store.ChunkSize/2)
		m = append(m, make([]byte, max(0, at+len(whole)-len(m)))...)
		copy(m[at:], whole)
		err = b.WriteAt(int64(at), whole)
	default:
		at := r.IntN(len(m) + 10)
		m = append(m, make([]byte, max(0, at+1-len(m)))...)
		m[at] = piece[0]
		err = b.SetField(store.BitField{Off: 8 * int64(at), Width: 8}, int64(piece[0]))
	}
	model[i] = m
	return err
}

func (s *server) wantLongs(t *testing.T, when string, model *[longs][]byte) {
	t.Helper()
	for i := range longs {
		err := s.View(context.Background(), store.One(long(i)), func(tx store.Tx) error {
			b, err := store.OpenBlob(tx, long(i))
			if err != nil {
				return err
			}
			got, err := b.Bytes()
			if !bytes.Equal(got, model[i]) {
				at := 0
				for at < min(len(got), len(model[i])) && got[at] == model[i][at] {
					at++
				}
				t.Errorf("%s: string %d has %d bytes and should have %d; they differ at %d", when, i, len(got), len(model[i]), at)
			}
			return err
		})
		if err != nil {
			t.Errorf("%s: string %d: %v", when, i, err)
		}
	}
}

// TestPatchesAreReplayed changes bytes of long strings, of which the log has those bytes alone, settles now and then,
// and opens copies of the directory as after a crash. Transactions that fail leave nothing.
func TestPatchesAreReplayed(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, shard.Options{OverlayBytes: 1 << 20})
	defer s.stop(t)
	var model [longs][]byte
	r := rand.New(rand.NewPCG(3, 14))
	for i := range longs {
		model[i] = bytes.Repeat([]byte{byte(i)}, (i+1)*store.ChunkSize+i)
		err := s.Update(context.Background(), store.One(long(i)), func(tx store.Tx) error {
			return store.SetString(tx, long(i), model[i], 0)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	broken := errors.New("changed its mind")
	for step := range 300 {
		i, fails := r.IntN(longs), step%5 == 4
		next := model
		err := s.Update(context.Background(), store.One(long(i)), func(tx store.Tx) error {
			next[i] = bytes.Clone(model[i])
			for range 1 + r.IntN(3) {
				if err := scribble(r, tx, i, &next); err != nil {
					return err
				}
			}
			if fails {
				return broken
			}
			return nil
		})
		switch {
		case fails && err == broken:
		case err != nil || fails:
			t.Fatalf("step %d: %v", step, err)
		default:
			model = next
		}
		if step%40 == 39 {
			s.Tend()
		}
		if step%29 == 28 {
			crashed := start(t, copyDir(t, dir), shard.Options{})
			crashed.wantLongs(t, fmt.Sprintf("crash behind step %d", step), &model)
			crashed.stop(t)
		}
	}
	s.wantLongs(t, "at the end", &model)
}

// TestABitIsAShortRecord: what a SETBIT costs the log does not grow with the string.
func TestABitIsAShortRecord(t *testing.T) {
	s := start(t, t.TempDir(), shard.Options{})
	defer s.stop(t)
	set := func(at int64) {
		err := s.Update(context.Background(), store.One(long(0)), func(tx store.Tx) error {
			b, err := store.OpenBlob(tx, long(0))
			if err != nil {
				return err
			}
			return b.SetField(store.BitField{Off: at, Width: 1}, 1)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	set(8*store.ChunkSize - 1)
	before := s.journal(t)
	for i := range int64(100) {
		set(1000 * i)
	}
	if each := (s.journal(t) - before) / 100; each > 150 {
		t.Errorf("%d bytes of log for a bit", each)
	}
}

func (s *server) journal(t *testing.T) (bytes int64) {
	t.Helper()
	sizes, err := s.Sizes(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range sizes {
		bytes += size.Journal
	}
	return bytes
}
