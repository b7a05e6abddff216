// The parts of a search cover all that is inside it; the functions of angles round as the C library's do.
package geo

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestPartsHoldWhatIsInside draws shapes anywhere and points near them: what lies in a cell and in the shape lies in a
// part of that cell, parts are in order and apart, and they leave most of what is outside away.
func TestPartsHoldWhatIsInside(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	told, inside, read, all := 0, 0, 0, 0
	for range 20000 {
		s := randomShape(r)
		ranges := s.Ranges()
		parts, ok := s.Parts()
		if !ok {
			continue
		}
		told++
		for i, p := range parts {
			in := ranges[p.Cell]
			if p.Min < in.Min || p.Max > in.Max || p.Min >= p.Max || i > 0 && p.Min < parts[i-1].Max {
				t.Fatalf("%+v: part %+v of %+v behind %+v", s, p, in, parts[max(i-1, 0)])
			}
		}
		finder := s.Finder()
		for range 50 {
			score := near(r, &s).Score()
			cell, part := cellWith(ranges, score), partWith(parts, score)
			if cell < 0 {
				continue
			}
			all++
			if part >= 0 {
				read++
			}
			if _, ok := finder.Distance(FromScore(score)); ok {
				inside++
				if part < 0 || parts[part].Cell != cell {
					t.Fatalf("%+v: %v is inside, in cell %d and part %d", s, FromScore(score), cell, part)
				}
			}
		}
	}
	if told < 5000 || inside < 50000 || read > all*9/10 {
		t.Errorf("of 20000 shapes %d had parts; of %d points in cells %d are in parts and %d inside", told, all, read, inside)
	}
}

func randomShape(r *rand.Rand) Shape {
	s := Shape{Unit: []float64{1, 1000, 0.3048, 1609.34}[r.IntN(4)], Box: r.IntN(2) == 0}
	s.Center = Point{Lon: r.Float64()*360 - 180, Lat: r.Float64()*170 - 85}
	switch r.IntN(6) {
	case 0:
		s.Center.Lon = 179.9999 - r.Float64()/10
	case 1:
		s.Center.Lon = -179.9999 + r.Float64()/10
	}
	length := func() float64 { return math.Pow(10, r.Float64()*7.2-1) / s.Unit }
	s.Radius, s.Width, s.Height = length(), length(), length()
	if r.IntN(20) == 0 {
		s.Radius = 0
	}
	return s
}

// near is a point around a shape's centre, on its edge more often than chance would have it.
func near(r *rand.Rand, s *Shape) Point {
	turn, far := r.Float64()*2*math.Pi, s.reach()*[]float64{1, r.Float64(), 2 * r.Float64()}[r.IntN(3)]
	up := degrees(far * math.Sin(turn) / EarthRadius)
	lat := min(max(s.Center.Lat+up, -LatMax), LatMax)
	lon := s.Center.Lon + degrees(far*math.Cos(turn)/EarthRadius/math.Cos(radians(lat)))
	return Point{Lon: math.Mod(lon+540, 360) - 180, Lat: lat}
}

func cellWith(ranges []Range, score float64) int {
	for i, r := range ranges {
		if score >= r.Min && score < r.Max {
			return i
		}
	}
	return -1
}

func partWith(parts []Part, score float64) int {
	for i, p := range parts {
		if score >= p.Min && score < p.Max {
			return i
		}
	}
	return -1
}
