package geo

import "math"

// Shape is a circle or a box around a point. Lengths are in Unit metres. It is read only once it is asked.
type Shape struct {
	Center        Point
	Unit          float64
	Box           bool
	Radius        float64 // of a circle
	Width, Height float64 // of a box
}

// reach is the distance in metres of its farthest points.
func (s *Shape) reach() float64 {
	if !s.Box {
		return s.Radius * s.Unit
	}
	w, h := s.Width/2, s.Height/2
	return math.Sqrt(float64(w*w)+float64(h*h)) * s.Unit
}

// Finder tells which points lie in a shape.
type Finder struct {
	shape  Shape
	cosine float64 // of the centre's latitude
}

// Finder prepares to look at points.
func (s *Shape) Finder() *Finder { return &Finder{shape: *s, cosine: cos(radians(s.Center.Lat))} }

// margin is far above the error of distances computed by package math, relative to the distance.
const margin = 1 + 1e-9

// Distance is that of a point from the centre in metres; ok is false if the point lies outside. Most points that a
// search meets lie outside, and need no exact distance to tell.
func (f *Finder) Distance(p Point) (d float64, ok bool) {
	s := &f.shape
	if s.Box {
		return f.inBox(p)
	}
	limit := float64(s.Radius * s.Unit)
	rough := haversine(s.Center, p, f.cosine, math.Sin, math.Cos, math.Asin)
	if rough > limit*margin+1e-3 {
		return rough, false
	}
	d = haversine(s.Center, p, f.cosine, sin, cos, asin)
	return d, !(d > limit)
}

// inBox measures the east-west distance along the point's own parallel's great circle, as Redis does.
func (f *Finder) inBox(p Point) (d float64, ok bool) {
	s := &f.shape
	width, height := float64(s.Width*s.Unit)/2, float64(s.Height*s.Unit)/2
	if rough := EarthRadius * math.Abs(radians(p.Lat)-radians(s.Center.Lat)); rough > height*margin+1e-3 {
		return 0, false
	}
	if Distance(p, Point{s.Center.Lon, p.Lat}) > width || Distance(p, Point{p.Lon, s.Center.Lat}) > height {
		return 0, false
	}
	return haversine(s.Center, p, f.cosine, sin, cos, asin), true
}

// bounds is the rectangle around the shape. In the north the upper parallel is the shortest, in the south the lower.
func (s *Shape) bounds() area {
	width, height := s.Unit*s.Radius, s.Unit*s.Radius
	if s.Box {
		width, height = float64(s.Unit*(s.Width/2)), float64(s.Unit*(s.Height/2))
	}
	lat := degrees(height / EarthRadius)
	shortest := s.Center.Lat + lat
	if s.Center.Lat < 0 {
		shortest = s.Center.Lat - lat
	}
	lon := degrees(width / EarthRadius / cos(radians(shortest)))
	return area{west: s.Center.Lon - lon, east: s.Center.Lon + lon, south: s.Center.Lat - lat, north: s.Center.Lat + lat}
}

// mercatorMax is half the equator in metres in the projection's units.
const mercatorMax = 20037726.37

// stepFor is how finely to cut the map so that a cell and those around it cover a circle of some metres. Cells near the
// poles are smaller than they look.
func stepFor(metres, lat float64) uint {
	if metres == 0 {
		return steps
	}
	step := 1
	for ; metres < mercatorMax; step++ {
		metres *= 2
	}
	step -= 2
	if lat = math.Abs(lat); lat > 66 {
		step--
	}
	if lat > 80 {
		step--
	}
	return uint(min(max(step, 1), steps))
}

// around are the directions of the cells beside the middle, as columns and rows, in the order of Redis's replies.
var around = [...]struct{ east, north int }{
	{0, 0}, {0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1},
}

// Ranges are the scores to look through, those of nine cells at most, in the order of Redis's replies.
func (s *Shape) Ranges() []Range {
	cells := s.cells()
	ranges := make([]Range, len(cells))
	for i, c := range cells {
		ranges[i] = c.scores()
	}
	return ranges
}

// cells are those that Redis looks through: the middle, north, south, east, west, then the corners.
func (s *Shape) cells() []cell {
	within := s.bounds()
	middle := cellOf(s.Center, stepFor(s.reach(), s.Center.Lat), LatMax)
	if middle.step > 1 && !reaches(middle, within) {
		middle = cellOf(s.Center, middle.step-1, LatMax)
	}
	cells := make([]cell, 0, len(around))
	for i, to := range around {
		if middle.step >= 2 && needless(middle.area(), within, to.east, to.north) {
			continue
		}
		c := middle.beside(to.east, to.north)
		if i > 0 && c == cells[len(cells)-1] {
			continue // a map of two columns has the same cell on both sides
		}
		cells = append(cells, c)
	}
	return cells
}

// reaches reports whether the cells beside the middle end past the bounds.
func reaches(middle cell, within area) bool {
	return middle.beside(0, 1).area().north >= within.north && middle.beside(0, -1).area().south <= within.south &&
		middle.beside(1, 0).area().east >= within.east && middle.beside(-1, 0).area().west <= within.west
}

// needless reports whether a direction leads out of the bounds: the middle reaches past them on that side.
func needless(middle, within area, east, north int) bool {
	return north < 0 && middle.south < within.south || north > 0 && middle.north > within.north ||
		east < 0 && middle.west < within.west || east > 0 && middle.east > within.east
}
