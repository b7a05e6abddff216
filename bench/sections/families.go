package sections

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"larder/bench/contend"
	"larder/bench/load"
	"larder/bench/results"
	"larder/bench/wire"
)

const (
	bitmapBytes  = 1 << 20
	smallBitmaps = 10_000 // of smallBits each: they lie in their heads
	smallBits    = 2_000
	bitCounters  = 1_000   // of 32 bits, in one string
	sketches     = 10_000  // HyperLogLogs, beside a dense one
	elements     = 100_000 // that the dense one is given
)

// familyRow is a command of one of the families that have a section together; its name is its title.
type familyRow struct {
	title string
	make  load.Maker
}

// familyRows find their data filled in by fillFamilies. points is the number of those in the geo set.
func familyRows(points int) []familyRow {
	return []familyRow{
		{"SETBIT in 1 MB", func(c *wire.Conn, r *rand.Rand) {
			c.Append("SETBIT", "bitmap:0", strconv.Itoa(r.IntN(8*bitmapBytes)), strconv.Itoa(r.IntN(2)))
		}},
		{"SETBIT in 250 bytes", func(c *wire.Conn, r *rand.Rand) {
			c.Append("SETBIT", number("bits", r.IntN(smallBitmaps)), strconv.Itoa(r.IntN(smallBits)), strconv.Itoa(r.IntN(2)))
		}},
		{"BITCOUNT of 1 MB", always("BITCOUNT", "bitmap:1")},
		{"BITOP AND of 2 of 1 MB", always("BITOP", "AND", "bitmap:both", "bitmap:1", "bitmap:2")},
		{"BITFIELD in 4 KB", func(c *wire.Conn, r *rand.Rand) {
			c.Append("BITFIELD", "counters", "INCRBY", "u32", "#"+strconv.Itoa(r.IntN(bitCounters)), "1")
		}},
		{"PFADD", func(c *wire.Conn, r *rand.Rand) {
			c.Append("PFADD", number("sketch", r.IntN(sketches)), number("element", r.IntN(elements)))
		}},
		{"PFADD to one key", func(c *wire.Conn, r *rand.Rand) {
			c.Append("PFADD", "dense", number("element", r.IntN(10*elements)))
		}},
		{"PFCOUNT", always("PFCOUNT", "dense")},
		{"PFCOUNT of 2", always("PFCOUNT", "dense", number("sketch", 0))},
		{"GEOADD", func(c *wire.Conn, r *rand.Rand) {
			c.Append(append([]string{"GEOADD", "places"}, place(r.IntN(points), r)...)...)
		}},
		{"GEOSEARCH of 1 km", searcher("1")},
		{"GEOSEARCH of 5 km", searcher("5")},
	}
}

func always(args ...string) load.Maker {
	return func(c *wire.Conn, _ *rand.Rand) { c.Append(args...) }
}

// place is a member somewhere in a square of ten degrees, where a million lie as near as one in 0.8 square kilometres.
func place(i int, r *rand.Rand) []string {
	return append(spot(r), number("place", i))
}

func spot(r *rand.Rand) []string {
	degrees := func(from float64) string { return strconv.FormatFloat(from+10*r.Float64(), 'f', 6, 64) }
	return []string{degrees(5), degrees(45)}
}

func searcher(km string) load.Maker {
	return func(c *wire.Conn, r *rand.Rand) {
		at := spot(r)
		c.Append("GEOSEARCH", "places", "FROMLONLAT", at[0], at[1], "BYRADIUS", km, "km", "ASC", "WITHDIST")
	}
}

func runFamilies(ctx context.Context, b *Bench, rec *results.Recorder) error {
	f, err := b.startSettling(ctx, rivals()...)
	if err != nil {
		return err
	}
	defer f.stop()
	for _, s := range f {
		if err := fillFamilies(s, b.Plan.Points); err != nil {
			return fmt.Errorf("filling %s: %w", s.Kind.Name, err)
		}
		s.WaitIdle(settleLimit)
		b.logf("  made bitmaps, sketches and %d points in %s", b.Plan.Points, s.Kind.Name)
	}
	for _, row := range familyRows(b.Plan.Points) {
		if !b.wantsRow(row.title) || rec.Done(row.title) {
			continue
		}
		err := b.inTurn(ctx, rec, f, row.title, func(s *contend.Server) results.Cell {
			return generate(ctx, s, load.Job{Conns: coreClients, Seconds: b.Plan.Shards.Seconds, Make: row.make})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// fillFamilies gives all contenders the same data.
func fillFamilies(s *contend.Server, points int) error {
	r := rand.New(rand.NewPCG(1, 7))
	fills := []struct {
		count int
		item  func(i int) []string
	}{
		{3, func(i int) []string { return []string{"SET", fmt.Sprintf("bitmap:%d", i), noise(r, bitmapBytes)} }},
		{smallBitmaps, func(i int) []string { return []string{"SET", number("bits", i), noise(r, smallBits/8)} }},
		{1, func(int) []string { return []string{"SET", "counters", strings.Repeat("\x00", 4*bitCounters)} }},
		{sketches, func(i int) []string { return []string{"PFADD", number("sketch", i), number("element", i)} }},
		{elements / batch, func(i int) []string {
			args := []string{"PFADD", "dense"}
			for k := range batch {
				args = append(args, number("element", i*batch+k))
			}
			return args
		}},
		{points / batch, func(i int) []string {
			args := []string{"GEOADD", "places"}
			for k := range batch {
				args = append(args, place(i*batch+k, r)...)
			}
			return args
		}},
	}
	for _, fill := range fills {
		if _, err := wire.Fill(s.Addr(), 0, fill.count, fill.item); err != nil {
			return err
		}
	}
	return nil
}

// noise is n bytes of which half of the bits are set.
func noise(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return string(b)
}
