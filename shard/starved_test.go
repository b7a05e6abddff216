package shard_test

import (
	"context"
	"fmt"
	"testing"

	"larder/store"
)

// These finders draw from the file and drop what the layers have changed. What is left among very many keys that are gone
// must still be found.

// dropAllBut fills the file with n keys and drops them but for a few, which does not settle.
func (x *expiries) dropAllBut(n, few int, at int64) (left map[string]bool) {
	x.fill("k", n, at)
	x.settle()
	left = map[string]bool{}
	for i := range few {
		left[fmt.Sprint("k", i*n/few)] = true
	}
	for from := 0; from < n; from += 1000 {
		x.update(func(tx store.Tx) error {
			for i := from; i < from+1000; i++ {
				if name := fmt.Sprint("k", i); !left[name] {
					if _, err := tx.Drop(keyOf(name)); err != nil {
						return err
					}
				}
			}
			return nil
		})
	}
	return left
}

func TestSampleFindsWhatIsLeft(t *testing.T) {
	for _, volatile := range []bool{true, false} {
		x, at := openExpiries(t), int64(0)
		if volatile {
			at = 2_000_000
		}
		left := x.dropAllBut(20_000, 5, at)
		seen := map[string]bool{}
		for range 20 {
			found, err := x.Sample(context.Background(), nil, 4, volatile)
			if err != nil {
				t.Fatal(err)
			}
			if len(found) == 0 {
				t.Fatal("nothing was found")
			}
			for _, c := range found {
				if !left[string(c.Key.Name)] || c.Bytes != 10 || c.ExpireAt != at {
					t.Fatalf("%+v is none of those left", c)
				}
				seen[string(c.Key.Name)] = true
			}
		}
		if !volatile && len(seen) != len(left) {
			t.Errorf("only %d of %d were found in 20 samples", len(seen), len(left))
		}
		x.update(func(tx store.Tx) error {
			for name := range left {
				if _, err := tx.Drop(keyOf(name)); err != nil {
					return err
				}
			}
			return nil
		})
		if found, err := x.Sample(context.Background(), nil, 4, volatile); err != nil || len(found) != 0 {
			t.Errorf("%+v, %v where nothing is left", found, err)
		}
	}
}

func TestNamesGoOnInLongPages(t *testing.T) {
	x := openExpiries(t)
	left := x.dropAllBut(9_000, 11, 0)
	for db := range 3 {
		want := 0
		for name := range left {
			want += map[bool]int{true: 1}[keyOf(name).DB == db]
		}
		x.base.asked.Store(0)
		got := 0
		err := x.View(context.Background(), store.Whole(), func(tx store.Tx) error {
			s := store.Span{Limit: 1}
			for {
				names, err := tx.(store.Finder).Names(db, s)
				if err != nil || len(names) == 0 {
					return err
				}
				got++
				s = s.Beyond(names[0])
			}
		})
		if err != nil || got != want {
			t.Errorf("%d of %d names in database %d, %v", got, want, db, err)
		}
		if x.base.asked.Load() > 500 {
			t.Errorf("the file was asked %d times", x.base.asked.Load())
		}
	}
}

func (x *expiries) randomKey(db int) (name string, ok bool) {
	x.t.Helper()
	err := x.View(context.Background(), store.Whole(), func(tx store.Tx) error {
		b, found, err := tx.RandomKey(db)
		name, ok = string(b), found
		return err
	})
	if err != nil {
		x.t.Fatal(err)
	}
	return name, ok
}

func TestRandomKeyFindsWhatIsLeft(t *testing.T) {
	x := openExpiries(t)
	left := x.dropAllBut(20_000, 11, 0)
	for db := range 3 {
		for range 5 {
			name, ok := x.randomKey(db)
			if !ok || !left[name] || keyOf(name).DB != db {
				t.Fatalf("%q, %v in database %d", name, ok, db)
			}
		}
	}
}

// Among expired keys, settled and in layers, whatever lives is found, and nothing if nothing does.
func TestRandomKeyAmongTheExpired(t *testing.T) {
	for _, c := range []struct {
		name         string
		below, above bool // where the live key is
		at           int64
	}{
		{name: "none"}, {"timed, settled", true, false, 2_000_000}, {"timeless, settled", true, false, 0},
		{"timed", false, true, 2_000_000}, {"timeless", false, true, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := openExpiries(t)
			put := func(there bool) {
				if there {
					x.update(func(tx store.Tx) error { return x.put(tx, "live", c.at) })
				}
			}
			x.fill("k", 6_000, 1_000_500)
			put(c.below)
			x.settle()
			put(c.above)
			x.fill("m", 600, 1_000_500)
			x.clock.Store(1_000_600)
			for range 5 {
				if name, ok := x.randomKey(keyOf("live").DB); ok != (c.below || c.above) || ok && name != "live" {
					t.Fatalf("%q, %v", name, ok)
				}
			}
		})
	}
}
