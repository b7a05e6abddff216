package reports

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"larder/bench/results"
	"larder/bench/stats"
)

const (
	plotWidth, plotHeight = 760, 420
	left, right           = 70, 740
	top, bottom           = 40, 370
	lastDecade            = 4.5 // where 100% is drawn: the axis shows 90, 99, 99.9 and 99.99 at 1, 2, 3, 4
)

// Plot draws time against percentile for every contender of a row, as SVG. Both axes are logarithmic,
// the horizontal one in the distance to 100%, so that the tail is as wide as the rest.
func Plot(s results.Section, row string) string {
	curves, names := map[string][][2]float64{}, []string{}
	for _, c := range s.Contenders() {
		if curve := medianCurve(s, row, c); len(curve) > 0 {
			curves[c], names = curve, append(names, c)
		}
	}
	low, high := decades(curves)
	var out strings.Builder
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" `+
		`font-size="12">`+"\n", plotWidth, plotHeight)
	fmt.Fprintf(&out, `<rect width="100%%" height="100%%" fill="#fff"/><text x="%d" y="22" font-size="15">%s: time `+
		`against percentile</text>`+"\n", left, row)
	drawAxes(&out, low, high)
	for i, name := range names {
		drawCurve(&out, i, name, curves[name], low, high)
	}
	out.WriteString("</svg>\n")
	return out.String()
}

// medianCurve takes the median of the rounds at each percentile.
func medianCurve(s results.Section, row, contender string) (curve [][2]float64) {
	at := map[float64][]float64{}
	for _, c := range s.Cells {
		if c.Row == row && c.Contender == contender {
			for _, point := range c.Curve {
				at[point[0]] = append(at[point[0]], point[1])
			}
		}
	}
	for percentile, values := range at {
		curve = append(curve, [2]float64{percentile, stats.Median(values)})
	}
	slices.SortFunc(curve, func(a, b [2]float64) int {
		if a[0] < b[0] {
			return -1
		}
		return 1
	})
	return curve
}

// decades are the powers of ten that hold all curves.
func decades(curves map[string][][2]float64) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, curve := range curves {
		for _, point := range curve {
			l := math.Log10(max(point[1], 0.01))
			low, high = min(low, math.Floor(l)), max(high, math.Ceil(l))
		}
	}
	if high <= low {
		return 0, 1
	}
	return low, high
}

func xOf(percentile float64) float64 {
	d := lastDecade
	if percentile < 100 {
		d = min(-math.Log10(1-percentile/100), lastDecade)
	}
	return left + d/lastDecade*(right-left)
}

func yOf(micros, low, high float64) float64 {
	return bottom - (math.Log10(max(micros, 0.01))-low)/(high-low)*(bottom-top)
}

func drawAxes(out *strings.Builder, low, high float64) {
	for _, p := range []float64{0, 50, 90, 99, 99.9, 99.99, 100} {
		x := xOf(p)
		label := fmt.Sprint(p)
		if p == 100 {
			label = "max"
		}
		fmt.Fprintf(out, `<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="#ddd"/><text x="%.1f" y="%d" `+
			`text-anchor="middle">%s</text>`+"\n",
			x, top, x, bottom, x, bottom+18, label)
	}
	for d := low; d <= high; d++ {
		y := yOf(math.Pow(10, d), low, high)
		fmt.Fprintf(out, `<line x1="%d" y1="%.1f" x2="%d" y2="%.1f" stroke="#ddd"/><text x="%d" y="%.1f" `+
			`text-anchor="end">%s</text>`+"\n",
			left, y, right, y, left-6, y+4, span(math.Pow(10, d)))
	}
	fmt.Fprintf(out, `<text x="%d" y="%d" text-anchor="middle">percentile</text>`+"\n", (left+right)/2, bottom+38)
}

// span is a duration given in microseconds.
func span(micros float64) string {
	switch {
	case micros >= 1e6:
		return fmt.Sprintf("%g s", micros/1e6)
	case micros >= 1e3:
		return fmt.Sprintf("%g ms", micros/1e3)
	}
	return fmt.Sprintf("%g us", math.Round(micros*100)/100)
}

func drawCurve(out *strings.Builder, i int, name string, curve [][2]float64, low, high float64) {
	drawLine(out, i, name, curve, xOf, func(micros float64) float64 { return yOf(micros, low, high) })
}

// drawLine draws one contender in one of colours that are told apart without seeing red and green.
func drawLine(out *strings.Builder, i int, name string, curve [][2]float64, xOf, yOf func(float64) float64) {
	colours := []string{"#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#000000"}
	colour := colours[i%len(colours)]
	var points []string
	for _, p := range curve {
		points = append(points, fmt.Sprintf("%.1f,%.1f", xOf(p[0]), yOf(p[1])))
	}
	fmt.Fprintf(out, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>`+"\n", strings.Join(points, " "),
		colour)
	y := top + 14 + 18*i
	fmt.Fprintf(out, `<line x1="%d" y1="%d" x2="%d" y2="%d" stroke="%s" stroke-width="3"/><text x="%d" y="%d">%s</text>`+
		"\n",
		left+12, y, left+36, y, colour, left+42, y+4, name)
}
