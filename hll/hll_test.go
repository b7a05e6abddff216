// Sparse and dense sketches hold the same registers, and their estimates are near the true number.
package hll

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// TestSparseHoldsWhatRegistersHold raises random registers of sparse sketches and compares them with an array.
func TestSparseHoldsWhatRegistersHold(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 30 {
		s, wide := New(1<<20), 1+r.IntN(Registers)
		var want [Registers]uint8
		for range 2000 {
			i, v := r.IntN(wide), uint8(1+r.IntN(4))
			changed, ok := s.Raise(i, v)
			if !ok || changed != (v > want[i]) {
				t.Fatalf("register %d to %d: changed %v, sound %v", i, v, changed, ok)
			}
			want[i] = max(want[i], v)
		}
		if got, ok := s.Values(); !ok || *got != want || s.Dense() {
			t.Fatal("the registers differ")
		}
		if !s.Widen() || len(s.Content()) != denseLen {
			t.Fatal("it does not become dense")
		}
		if got, ok := s.Values(); !ok || *got != want {
			t.Fatal("the registers of the dense one differ")
		}
	}
}

func TestValuesTooLargeForRunsMakeItDense(t *testing.T) {
	for value, dense := range map[uint8]bool{32: false, 33: true} {
		s := New(3000)
		s.Raise(5, value)
		if got, ok := s.Values(); !ok || s.Dense() != dense || got[5] != value {
			t.Errorf("%d: dense %v, register %d", value, s.Dense(), got[5])
		}
	}
}

func TestCountIsNearTheTruthAndKept(t *testing.T) {
	s := New(3000)
	for i := range 100000 {
		s.Add(fmt.Append(nil, i))
		if i != 9 && i != 999 && i != 99999 {
			continue
		}
		s.Forget()
		n, fresh, ok := s.Count()
		if truth := float64(i + 1); !ok || !fresh || math.Abs(float64(n)-truth) > 0.03*truth+0.5 {
			t.Errorf("%d elements count %d", i+1, n)
		}
		if again, fresh, ok := s.Count(); again != n || fresh || !ok {
			t.Errorf("the second count is %d, worked out again %v", again, fresh)
		}
	}
}

// FuzzOpen gives damaged content to all that reads it.
func FuzzOpen(f *testing.F) {
	f.Add(New(3000).Content())
	f.Add([]byte("HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x7f"))
	f.Add([]byte("HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\xff\x7f\xff\x7f\xff"))
	f.Fuzz(func(t *testing.T, content []byte) {
		for _, do := range []func(*Sketch){
			func(s *Sketch) { s.Add([]byte("x")) }, func(s *Sketch) { s.Count() }, func(s *Sketch) { s.Describe() },
			func(s *Sketch) { s.Widen() }, func(s *Sketch) { s.Raise(Registers-1, 40) },
		} {
			if s, ok := Open(bytes.Clone(content), 3000); ok {
				do(s)
				if _, ok := Open(s.Content(), 3000); !ok {
					t.Error("it is no sketch any more")
				}
			}
		}
	})
}
