// A table behaves as a Go map does, in whatever mixture of array and hash it is stored.
package vm

import (
	"math/rand/v2"
	"strconv"
	"testing"
)

// TestTableAgainstAMap makes random changes and compares with a Go map, lookups and Next alike.
func TestTableAgainstAMap(t *testing.T) {
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 1))
		rt := New(0)
		tb := rt.NewTable(int(seed%5), int(seed%3))
		want := map[Value]float64{}
		name := make(map[string]Value)
		for i := range 2000 {
			k := randomKey(r, name)
			if r.IntN(3) == 0 {
				delete(want, k)
				tb.Set(k, Nil())
			} else {
				want[k] = float64(i)
				tb.Set(k, Number(float64(i)))
			}
			if i%100 == 0 {
				compare(t, tb, want)
			}
		}
		compare(t, tb, want)
	}
}

// randomKey makes equal strings identical values, so that they are equal keys of a Go map.
func randomKey(r *rand.Rand, names map[string]Value) Value {
	switch r.IntN(5) {
	case 0:
		return Number(float64(r.IntN(200)) / 2)
	case 1:
		return Bool(r.IntN(2) == 0)
	case 2:
		return Number(float64(r.IntN(100) - 20))
	}
	s := "k" + strconv.Itoa(r.IntN(200))
	if _, ok := names[s]; !ok {
		names[s] = Constant(s)
	}
	return names[s]
}

func compare(t *testing.T, tb *Table, want map[Value]float64) {
	t.Helper()
	seen := 0
	for k, v, ok := tb.Next(Nil()); !k.IsNil(); k, v, ok = tb.Next(k) {
		seen++
		if w, there := want[k]; !ok || !there || w != v.Num() || tb.Get(k).Num() != w {
			t.Fatalf("Next gives %v = %v, want %v", k, v, w)
		}
	}
	if seen != len(want) {
		t.Fatalf("Next gives %d entries, want %d", seen, len(want))
	}
	if n := tb.Len(); n > 0 && tb.GetInt(n).IsNil() || !tb.GetInt(n+1).IsNil() {
		t.Fatalf("%d is no border", n)
	}
}

func TestHoleInTheArrayCostsNothing(t *testing.T) {
	rt := New(1 << 20)
	tb := rt.NewTable(0, 0)
	tb.SetInt(60_000_000, Number(1))
	tb.Set(Number(1e300), Number(2))
	if tb.GetInt(60_000_000).Num() != 1 || tb.Len() != 0 {
		t.Error("lost")
	}
}

func TestFormatNumber(t *testing.T) {
	for f, want := range map[float64]string{
		0: "0", 1: "1", -1: "-1", 1e14: "1e+14", 99999999999999: "99999999999999", 0.1: "0.1", 1e-5: "1e-05",
		123456.789: "123456.789", 1e100: "1e+100", 5e-324: "4.9406564584125e-324", 1.5e15: "1.5e+15",
	} {
		if got := FormatNumber(f); got != want {
			t.Errorf("%v: got %s, want %s", f, got, want)
		}
	}
}
