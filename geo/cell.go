// Package geo is the geometry of geo sets: the 52-bit cells that points are scored by, the ranges of scores that cover
// a search, and distances on the sphere. It knows nothing of keys or commands. Everything in it is a value.
package geo

import "math"

// The bounds of what can be stored: those of the Mercator projection of the web (EPSG:900913).
const (
	LonMax = 180
	LatMax = 85.05112878
)

// steps is the number of bits each coordinate has in a score.
const steps = 26

// Point is a place in degrees.
type Point struct{ Lon, Lat float64 }

// Valid reports whether a point can be stored.
func (p Point) Valid() bool {
	return p.Lon >= -LonMax && p.Lon <= LonMax && p.Lat >= -LatMax && p.Lat <= LatMax
}

// Score is the point's cell, as sorted sets keep it: bits of latitude and longitude in turn, latitude lowest.
func (p Point) Score() float64 {
	c := cellOf(p, steps, LatMax)
	return float64(interleave(c.x, c.y))
}

// FromScore is the middle of the cell that a score names.
func FromScore(score float64) Point {
	x, y := separate(scoreBits(score))
	a := cell{x, y, steps}.area()
	return Point{
		Lon: min(max((a.west+a.east)/2, -LonMax), LonMax),
		Lat: min(max((a.south+a.north)/2, -LatMax), LatMax),
	}
}

// scoreBits are those of any number: other commands may have put it into the set. Of what fits into no integer C leaves
// the bits open; on the usual processors there are none.
func scoreBits(score float64) uint64 {
	switch {
	case score < 1<<63:
		return uint64(int64(score))
	case score < 1<<64:
		return uint64(score)
	}
	return 0
}

// cell is one of the 4^step rectangles the map is cut into: columns from the west, rows from the south.
type cell struct {
	x, y uint32
	step uint
}

// area is a rectangle in degrees.
type area struct{ west, south, east, north float64 }

// cellOf finds a point's cell in a map that reaches from -top to top. A point on the eastern or northern edge lies in a
// column or row past the last, as in Redis.
func cellOf(p Point, step uint, top float64) cell {
	n := float64(uint64(1) << step)
	return cell{
		x:    uint32((p.Lon + LonMax) / (2 * LonMax) * n),
		y:    uint32((p.Lat + top) / (2 * top) * n),
		step: step,
	}
}

func (c cell) area() area {
	return area{
		west: edge(c.x, c.step, LonMax), east: edge(c.x+1, c.step, LonMax),
		south: edge(c.y, c.step, LatMax), north: edge(c.y+1, c.step, LatMax),
	}
}

func edge(at uint32, step uint, top float64) float64 {
	return -top + float64(float64(at)/float64(uint64(1)<<step)*(2*top))
}

// beside is the cell some columns to the east and rows to the north. The map has no end: west of the first column is
// the last, and the same of rows. A coordinate that stays is left alone, past the last or not.
func (c cell) beside(east, north int) cell {
	mask := uint32(1)<<c.step - 1
	if east != 0 {
		c.x = (c.x + uint32(east)) & mask
	}
	if north != 0 {
		c.y = (c.y + uint32(north)) & mask
	}
	return c
}

// Range is the scores from Min up to but not including Max.
type Range struct{ Min, Max float64 }

// scores are those of the points in a cell.
func (c cell) scores() Range {
	bits, shift := interleave(c.x, c.y), 2*(steps-c.step)
	return Range{float64(bits << shift), float64((bits + 1) << shift)}
}

// interleave takes the bits of y and x in turn, y's lowest first.
func interleave(x, y uint32) uint64 { return spread(y) | spread(x)<<1 }

func separate(bits uint64) (x, y uint32) { return gather(bits >> 1), gather(bits) }

// spread moves bit i to 2i; gather moves it back.
func spread(v uint32) uint64 {
	b := uint64(v)
	b = (b | b<<16) & 0x0000ffff0000ffff
	b = (b | b<<8) & 0x00ff00ff00ff00ff
	b = (b | b<<4) & 0x0f0f0f0f0f0f0f0f
	b = (b | b<<2) & 0x3333333333333333
	return (b | b<<1) & 0x5555555555555555
}

func gather(b uint64) uint32 {
	b &= 0x5555555555555555
	b = (b | b>>1) & 0x3333333333333333
	b = (b | b>>2) & 0x0f0f0f0f0f0f0f0f
	b = (b | b>>4) & 0x00ff00ff00ff00ff
	b = (b | b>>8) & 0x0000ffff0000ffff
	return uint32(b | b>>16)
}

// Hash is the point's standard geohash, whose map reaches to the poles. A score has bits for ten letters; the eleventh
// is always 0.
func Hash(p Point) string {
	const letters = "0123456789bcdefghjkmnpqrstuvwxyz"
	c := cellOf(p, steps, 90)
	bits := interleave(c.x, c.y)
	var text [11]byte
	for i := range 10 {
		text[i] = letters[bits>>(2*steps-5*(i+1))&31]
	}
	text[10] = letters[0]
	return string(text[:])
}

// EarthRadius is the sphere's, in metres: Redis's constant.
const EarthRadius = 6372797.560856

const radian = math.Pi / 180.0

func radians(degrees float64) float64 { return float64(degrees * radian) }
func degrees(radians float64) float64 { return radians / radian }

// Distance is the length in metres of the great circle between two points, by the haversine formula in Redis's order of
// operations.
func Distance(a, b Point) float64 {
	return haversine(a, b, cos(radians(a.Lat)), sin, cos, asin)
}

type function = func(float64) float64

func haversine(a, b Point, cosA float64, sin, cos, asin function) float64 {
	latA, latB := radians(a.Lat), radians(b.Lat)
	u := sin((latB - latA) / 2)
	v := sin((radians(b.Lon) - radians(a.Lon)) / 2)
	h := float64(u*u) + float64(float64(float64(cosA*cos(latB))*v)*v)
	return 2 * EarthRadius * asin(math.Sqrt(h))
}
