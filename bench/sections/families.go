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
	smallHashes  = 10_000  // of ten fields
	bitCounters  = 1_000   // of 32 bits, in one string
	sketches     = 10_000  // HyperLogLogs, beside a dense one
	elements     = 100_000 // that the dense one is given
)

// familyRow is a command of one of the families that have a section together; its name is its title.
type familyRow struct {
	title string
	make  load.Maker
	// older is what a contender is sent that does not know the command, or nil if all do.
	older load.Maker
}

// familyRows find their data filled in by fillFamilies. points is the number of those in the geo set.
func familyRows(points int) []familyRow {
	return []familyRow{
		{title: "SETBIT in 1 MB", make: func(c *wire.Conn, r *rand.Rand) {
			c.Append("SETBIT", "bitmap:0", strconv.Itoa(r.IntN(8*bitmapBytes)), strconv.Itoa(r.IntN(2)))
		}},
		{title: "SETBIT in 250 bytes", make: func(c *wire.Conn, r *rand.Rand) {
			c.Append("SETBIT", number("bits", r.IntN(smallBitmaps)), strconv.Itoa(r.IntN(smallBits)), strconv.Itoa(r.IntN(2)))
		}},
		{title: "BITCOUNT of 1 MB", make: always("BITCOUNT", "bitmap:1")},
		{title: "BITOP AND of 2 of 1 MB", make: always("BITOP", "AND", "bitmap:both", "bitmap:1", "bitmap:2")},
		{title: "BITFIELD in 4 KB", make: func(c *wire.Conn, r *rand.Rand) {
			c.Append("BITFIELD", "counters", "INCRBY", "u32", "#"+strconv.Itoa(r.IntN(bitCounters)), "1")
		}},
		{title: "PFADD", make: func(c *wire.Conn, r *rand.Rand) {
			c.Append("PFADD", number("sketch", r.IntN(sketches)), number("element", r.IntN(elements)))
		}},
		{title: "PFADD to one key", make: func(c *wire.Conn, r *rand.Rand) {
			c.Append("PFADD", "dense", number("element", r.IntN(10*elements)))
		}},
		{title: "PFCOUNT", make: always("PFCOUNT", "dense")},
		{title: "PFCOUNT of 2", make: always("PFCOUNT", "dense", number("sketch", 0))},
		{title: "GEOADD", make: func(c *wire.Conn, r *rand.Rand) {
			c.Append(append([]string{"GEOADD", "places"}, place(r.IntN(points), r)...)...)
		}},
		{title: "GEOSEARCH of 1 km", make: searcher("1")},
		{title: "GEOSEARCH of 5 km", make: searcher("5")},
		{title: "HEXPIRE (HSET before Redis 7.4)", older: timedHash("HSET", "field", "value"),
			make: timedHash("HEXPIRE", "1000", "FIELDS", "1", "field")},
		{title: "HGETEX (HSET before Redis 8.0)", older: timedHash("HSET", "field", "value"),
			make: timedHash("HGETEX", "EX", "1000", "FIELDS", "1", "field")},
	}
}

// timedHash sends a command on one of the small hashes, with what follows the key.
func timedHash(command string, rest ...string) load.Maker {
	return func(c *wire.Conn, r *rand.Rand) {
		c.Append(append([]string{command, number("hash", r.IntN(smallHashes))}, rest...)...)
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
			return generate(ctx, s, load.Job{Conns: coreClients, Seconds: b.Plan.Shards.Seconds, Make: row.maker(s)})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// maker is what a contender is sent.
func (f *familyRow) maker(s *contend.Server) load.Maker {
	if f.older == nil {
		return f.make
	}
	name, _, _ := strings.Cut(f.title, " (")
	if _, err := wire.Once(s.Addr(), "COMMAND", "GETKEYS", name, "k"); err != nil &&
		strings.Contains(err.Error(), "Invalid command specified") {
		return f.older
	}
	return f.make
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
		{smallHashes, func(i int) []string {
			args := []string{"HSET", number("hash", i), "field", "value"}
			for k := range 9 {
				args = append(args, number("more", k), "value")
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
