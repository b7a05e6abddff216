// Geo commands answer as Redis does; a search finds every member that is inside, and the nearest ones if it has a
// COUNT.
package geos

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"larder/geo"
	"larder/resp/cmd"
	"larder/resp/cmd/cmdtest"
	"larder/resp/reply"
	"larder/store"
	"larder/store/memory"
)

// other is what recordings need of other families: SET, ZSCORE and ZCARD.
func other(c *cmd.Call) reply.Reply {
	if string(c.Args[0]) == "SET" {
		if err := store.SetString(c.Tx, c.Key(1), c.Args[2], 0); err != nil {
			return reply.Err(err)
		}
		return reply.OK()
	}
	z, err := store.OpenZSet(c.Tx, c.Key(1))
	if err != nil || string(c.Args[0]) == "ZCARD" {
		return reply.Integer(z.Len())
	}
	found, err := z.Scores(c.Args[2])
	if err != nil {
		return reply.Err(err)
	}
	return reply.Float(found[0].Score)
}

func TestRepliesAreThoseOfRedis(t *testing.T) {
	fresh := func() store.Engine { return memory.New(memory.WithReruns(1)) }
	cmdtest.Replay(t, "testdata/replies.txt", Table(), fresh, other)
}

// TestSearchFindsAllThatIsNear compares the cells' ranges with a look at every member.
func TestSearchFindsAllThatIsNear(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	s := cmdtest.NewSession(memory.New(), Table(), nil)
	points := map[string]geo.Point{}
	for i := range 2000 {
		p := geo.Point{Lon: r.Float64()*360 - 180, Lat: r.Float64()*170 - 85}
		name := fmt.Sprintf("m%d", i)
		s.DoText(t, fmt.Sprintf("GEOADD g %v %v %s", p.Lon, p.Lat, name))
		points[name] = geo.FromScore(p.Score())
	}
	for range 200 {
		at := geo.Point{Lon: r.Float64()*360 - 180, Lat: r.Float64()*120 - 60}
		radius := r.Float64() * 1_000_000
		var want []string
		for name, p := range points {
			if geo.Distance(at, p) <= radius {
				want = append(want, name)
			}
		}
		var got []string
		line := fmt.Sprintf("GEOSEARCH g FROMLONLAT %v %v BYRADIUS %v m", at.Lon, at.Lat, radius)
		for i, word := range strings.Fields(s.DoText(t, line)) {
			if i > 0 && i%2 == 0 {
				got = append(got, word)
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%v m around %v: %d members, want %d", radius, at, len(got), len(want))
		}
	}
}

// counting tells how many items its transactions read in ranges.
type counting struct {
	store.Engine
	read int
}

func (e *counting) View(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	return e.Engine.View(ctx, s, func(tx store.Tx) error { return fn(countingTx{tx, e}) })
}

func (e *counting) Update(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	return e.Engine.Update(ctx, s, func(tx store.Tx) error { return fn(countingTx{tx, e}) })
}

type countingTx struct {
	store.Tx
	engine *counting
}

func (t countingTx) Range(id store.ID, p store.Part, r store.Range) iter.Seq2[store.Item, error] {
	return func(yield func(store.Item, error) bool) {
		for it, err := range t.Tx.Range(id, p, r) {
			if t.engine.read++; !yield(it, err) {
				return
			}
		}
	}
}

// TestSearchReadsWhatIsNear: a search reads the members of nine cells about as wide as its radius, and not the key.
func TestSearchReadsWhatIsNear(t *testing.T) {
	r, e := rand.New(rand.NewPCG(5, 6)), &counting{Engine: memory.New()}
	s := cmdtest.NewSession(e, Table(), nil)
	const n = 20_000
	for i := range n / 100 {
		line := "GEOADD g"
		for j := range 100 {
			line += fmt.Sprintf(" %v %v m%d", r.Float64()*360-180, r.Float64()*170-85, 100*i+j)
		}
		s.DoText(t, line)
	}
	total := 0
	for range 50 {
		e.read = 0
		lon, lat := r.Float64()*360-180, r.Float64()*120-60
		for _, shape := range []string{"BYRADIUS 100 km", "BYBOX 100 100 km"} {
			s.DoText(t, fmt.Sprintf("GEOSEARCH g FROMLONLAT %v %v %s", lon, lat, shape))
		}
		s.DoText(t, fmt.Sprintf("GEORADIUS g %v %v 100 km", lon, lat))
		if e.read > n/20 {
			t.Errorf("three searches of 100 km around %v %v read %d of %d members", lon, lat, e.read, n)
		}
		total += e.read
	}
	if total == 0 {
		t.Error("nothing was counted")
	}
}

// TestSortedSearchHoldsTheNearest has more matches than are held at once.
func TestSortedSearchHoldsTheNearest(t *testing.T) {
	s := cmdtest.NewSession(memory.New(), Table(), nil)
	for i := range 3000 {
		s.DoText(t, fmt.Sprintf("GEOADD g %v 0 m%d", float64(i*7%3000)/1000, i*7%3000))
	}
	for line, want := range map[string]string{
		"GEOSEARCH g FROMLONLAT 0 0 BYRADIUS 1000 km COUNT 3":      "*3 $2 m0 $2 m1 $2 m2",
		"GEOSEARCH g FROMLONLAT 0 0 BYRADIUS 1000 km COUNT 2 DESC": "*2 $5 m2999 $5 m2998",
		"GEOSEARCHSTORE d g FROMLONLAT 0 0 BYRADIUS 1000 km":       ":3000",
	} {
		if got := s.DoText(t, line); got != want {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
}

func TestTheLastOfSeveralStoresCounts(t *testing.T) {
	row := Table()[slices.IndexFunc(Table(), func(s cmd.Spec) bool { return s.Name == "GEORADIUS" })]
	args := [][]byte{}
	for word := range strings.FieldsSeq("GEORADIUS g 1 1 1 m STORE a STOREDIST b STORE c") {
		args = append(args, []byte(word))
	}
	var keys []string
	for _, k := range row.Keys {
		k.Each(args, func(i int) { keys = append(keys, string(args[i])) })
	}
	row.MoreKeys(args, func(i int, _ cmd.KeyFlags) { keys = append(keys, string(args[i])) })
	if !slices.Equal(keys, []string{"g", "a", "b", "c"}) {
		t.Errorf("keys %v", keys)
	}
}
