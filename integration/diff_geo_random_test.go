package integration

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestDiffGeoRandom compares searches over some thousand points, many of them near the poles and the date line.
func TestDiffGeoRandom(t *testing.T) {
	t.Parallel()
	diff(t, []script{{"random", geoLines(rand.New(rand.NewPCG(11, 12)), 3000, 2000)}})
}

// TestDiffGeoCrowd searches a town of 12,000 points, more than a search holds until it answers.
func TestDiffGeoCrowd(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(13, 14))
	var b strings.Builder
	for i := range 12 {
		b.WriteString("GEOADD town")
		for k := range 1000 {
			fmt.Fprintf(&b, " %.6f %.6f m%d", 13+r.Float64()/10, 38+r.Float64()/10, 1000*i+k)
		}
		b.WriteString("\n")
	}
	for _, far := range []string{"0", "0.05", "0.5", "1", "3", "20"} {
		fmt.Fprintf(&b, "GEOSEARCH town FROMLONLAT 13.05 38.05 BYRADIUS %s km\n", far)
		fmt.Fprintf(&b, "GEOSEARCH town FROMLONLAT 13.05 38.05 BYRADIUS %s km COUNT 20 ASC WITHDIST\n", far)
		fmt.Fprintf(&b, "GEOSEARCH town FROMLONLAT 13.05 38.05 BYBOX %s 2 km WITHHASH\n", far)
		fmt.Fprintf(&b, "GEOSEARCH town FROMMEMBER m77 BYRADIUS %s km COUNT 5 ANY\n", far)
	}
	b.WriteString("ZADD town 1.5 odd 3471579339700058.5 between 4503599627370496 above -1 below\n")
	b.WriteString("GEOSEARCH town FROMLONLAT 13.05 38.05 BYRADIUS 5 km WITHCOORD COUNT 50 DESC\n")
	diff(t, []script{{"crowd", b.String()}})
}

func geoLines(r *rand.Rand, points, queries int) string {
	var b strings.Builder
	for i := range points {
		fmt.Fprintf(&b, "GEOADD g %s m%d\n", geoPlace(r), i)
	}
	for range queries {
		b.WriteString(geoQuery(r, points) + "\n")
	}
	return b.String()
}

// geoPlace is anywhere, near one town, or at an edge of the map. No two are the same: equal distances have no order.
func geoPlace(r *rand.Rand) string {
	lon, lat := r.Float64()*360-180, r.Float64()*170-85
	switch r.IntN(4) {
	case 0:
		lon, lat = 13+r.NormFloat64(), 38+r.NormFloat64()
	case 1:
		lon = math.Copysign(180-r.Float64()/10, lon)
	case 2:
		lat = math.Copysign(85-r.Float64()/10, lat)
	}
	return fmt.Sprintf("%.9f %.9f", lon, lat)
}

func geoQuery(r *rand.Rand, points int) string {
	pick := func(words ...string) string { return words[r.IntN(len(words))] }
	member := func() string { return fmt.Sprintf("m%d", r.IntN(points)) }
	reach := func() string { return fmt.Sprintf("%.6f", math.Pow(10, r.Float64()*4.3)) }
	unit := pick("m", "km", "km", "mi", "ft", "KM")
	options := pick("", " WITHDIST") + pick("", " WITHHASH") + pick("", " WITHCOORD") + pick("", " ASC", " DESC") +
		pick("", "", " COUNT 1", " COUNT 10", " COUNT 7 ANY")
	stored := pick(" ASC", " DESC", "") + pick("", " COUNT 10")
	switch r.IntN(10) {
	case 0:
		return fmt.Sprintf("GEODIST g %s %s %s", member(), member(), unit)
	case 1:
		return fmt.Sprintf("GEOPOS g %s %s", member(), member())
	case 2:
		return fmt.Sprintf("GEOHASH g %s %s", member(), member())
	case 3:
		return fmt.Sprintf("GEORADIUS g %s %s %s%s", geoPlace(r), reach(), unit, options)
	case 4:
		return fmt.Sprintf("GEORADIUSBYMEMBER_RO g %s %s %s%s", member(), reach(), unit, options)
	case 5:
		return fmt.Sprintf("GEORADIUS g %s %s %s STORE d%s\nZRANGE d 0 -1 WITHSCORES", geoPlace(r), reach(), unit, stored)
	case 6:
		return fmt.Sprintf("GEOSEARCHSTORE d g FROMMEMBER %s BYBOX %s %s %s%s\nZRANGE d 0 -1", member(), reach(), reach(),
			unit, stored)
	case 7:
		return fmt.Sprintf("GEOSEARCH g FROMMEMBER %s BYRADIUS %s %s%s", member(), reach(), unit, options)
	}
	return fmt.Sprintf("GEOSEARCH g FROMLONLAT %s BYBOX %s %s %s%s", geoPlace(r), reach(), reach(), unit, options)
}
