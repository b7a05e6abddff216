package geo

import (
	"math"
	"slices"
)

// Part is a run of scores in one of the cells that a search looks through, with nothing in it that is surely outside.
// Cell is that one's place in the order of Redis's replies.
type Part struct {
	Range
	Cell int
}

const (
	// finer is by how many steps parts are finer than cells: 16 to a cell. Points in the nine cells are often five times
	// those in the shape.
	finer = 2
	// widest is in radians: beyond, rounding may have Redis take what is nearly opposite the centre for near.
	widest = 0.5
	// slack, in radians, is far above what distances and bounds are off by.
	slack = 1e-9
)

// Parts are Ranges without what is outside the shape, in the order of scores, so that one pass can read them. ok is
// false if they cannot be told, or cells come twice, as in a map of two columns.
func (s *Shape) Parts() (parts []Part, ok bool) {
	cells := s.cells()
	step := min(cells[0].step+finer, steps)
	w, ok := s.window(step)
	if !ok || cells[0].step < 2 {
		return nil, false
	}
	for i, c := range cells {
		if c.x>>c.step != 0 || c.y>>c.step != 0 { // past the last: see cellOf
			return nil, false
		}
		parts = c.partsIn(w, i, parts)
	}
	slices.SortFunc(parts, func(a, b Part) int {
		if a.Min < b.Min {
			return -1
		}
		return 1
	})
	return parts, true
}

// partsIn appends the runs of a cell's parts that a window meets.
func (c cell) partsIn(w window, number int, parts []Part) []Part {
	deeper := w.step - c.step
	first := interleave(c.x, c.y) << (2 * deeper)
	for i := range uint64(1) << (2 * deeper) {
		x, y := separate(first + i)
		if !w.meets(x, y) {
			continue
		}
		r := cell{x, y, w.step}.scores()
		if n := len(parts); n > 0 && parts[n-1].Cell == number && parts[n-1].Max == r.Min {
			parts[n-1].Max = r.Max
		} else {
			parts = append(parts, Part{r, number})
		}
	}
	return parts
}

// window is the columns and rows that a shape reaches over, at a step. Columns go around the map, rows do not.
type window struct {
	step                     uint
	west, east, south, north int64
}

func (w window) meets(x, y uint32) bool {
	column, row, around := int64(x), int64(y), int64(1)<<w.step
	return row >= w.south && row <= w.north && (column >= w.west && column <= w.east ||
		column-around >= w.west || column+around <= w.east)
}

// window bounds the shape. A difference of latitudes is a distance at least; one of longitudes is least where parallels
// are shortest.
func (s *Shape) window(step uint) (w window, ok bool) {
	up, across := s.Radius*s.Unit/EarthRadius, s.Radius*s.Unit/EarthRadius
	if s.Box {
		up, across = s.Height/2*s.Unit/EarthRadius, s.Width/2*s.Unit/EarthRadius
	}
	up, across = up+slack, across+slack
	lat := radians(s.Center.Lat)
	shortest := math.Cos(math.Abs(lat) + up)
	if !(up < widest && across < widest) || math.Abs(lat)+up >= math.Pi/2 {
		return w, false
	}
	parallel := shortest // of a box: see Finder.inBox
	if !s.Box {
		parallel = math.Sqrt(shortest * math.Cos(lat))
	}
	half := math.Sin(across/2) / parallel
	if !(half < 0.5) {
		return w, false
	}
	lon, columns := degrees(2*math.Asin(half)+slack), float64(uint64(1)<<step)
	column := func(lon float64) int64 { return int64(math.Floor((lon + LonMax) / (2 * LonMax) * columns)) }
	row := func(lat float64) int64 { return int64(math.Floor((lat + LatMax) / (2 * LatMax) * columns)) }
	high := degrees(up)
	return window{step, column(s.Center.Lon - lon), column(s.Center.Lon + lon),
		row(s.Center.Lat - high), row(s.Center.Lat + high)}, true
}
