package reports

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"larder/bench/results"
	"larder/bench/stats"
)

// chart is a plot of lines over a linear or logarithmic axis. The vertical axis is linear and begins at 0.
type chart struct {
	title, across string
	logarithmic   bool
	unit          string
	lines         []chartLine
}

type chartLine struct {
	name   string
	points [][2]float64
}

// Charts draws what a section has beside its tables: SVG by file name.
func Charts(s results.Section) map[string]string {
	drawn := map[string]string{}
	switch s.Name {
	case "deadline":
		for _, action := range []string{"get", "set"} {
			drawn["deadline-"+action+"-misses.svg"] = deadlineChart(s, action, "misses", "%",
				func(f map[string]float64) float64 { return 100 * f["miss"] / max(f["count"], 1) }).svg()
			drawn["deadline-"+action+"-p99.svg"] = deadlineChart(s, action, "p99", " ms",
				func(f map[string]float64) float64 { return f["p99_us"] / 1000 }).svg()
		}
	case "cull":
		for _, c := range s.Cells {
			if len(c.Series) > 0 {
				drawn["cull-"+strings.ReplaceAll(c.Row, " ", "-")+".svg"] = seriesChart(c).svg()
			}
		}
	}
	return drawn
}

func deadlineChart(s results.Section, action, what, unit string, figure func(map[string]float64) float64) chart {
	c := chart{title: action + ": " + what + " against the deadline", across: "deadline, ms", logarithmic: true,
		unit: unit}
	for _, name := range s.Contenders() {
		rounds := map[float64][]float64{}
		for _, cell := range s.Cells {
			if cell.Contender == name && strings.HasPrefix(cell.Row, action+" ") {
				at := cell.Figures["deadline_ms"]
				rounds[at] = append(rounds[at], figure(cell.Figures))
			}
		}
		line := chartLine{name: name}
		for _, at := range slices.Sorted(maps.Keys(rounds)) {
			line.points = append(line.points, [2]float64{at, stats.Median(rounds[at])})
		}
		c.lines = append(c.lines, line)
	}
	return c
}

func seriesChart(cell results.Cell) chart {
	c := chart{title: cell.Contender + ": " + cell.Row, across: "seconds", unit: " MB"}
	for _, name := range slices.Sorted(maps.Keys(cell.Series)) {
		c.lines = append(c.lines, chartLine{name, cell.Series[name]})
	}
	return c
}

func (c chart) svg() string {
	low, high, most := c.bounds()
	x := func(v float64) float64 { return left + (c.place(v)-low)/max(high-low, 1e-9)*(right-left) }
	y := func(v float64) float64 { return bottom - v/most*(bottom-top) }
	var out strings.Builder
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" `+
		`font-size="12">`+"\n", plotWidth, plotHeight)
	fmt.Fprintf(&out, `<rect width="100%%" height="100%%" fill="#fff"/><text x="%d" y="22" font-size="15">%s</text>`+"\n",
		left, c.title)
	for i := range 6 {
		v := most * float64(i) / 5
		fmt.Fprintf(&out, `<line x1="%d" y1="%.1f" x2="%d" y2="%.1f" stroke="#ddd"/><text x="%d" y="%.1f" `+
			`text-anchor="end">%.3g%s</text>`+"\n",
			left, y(v), right, y(v), left-6, y(v)+4, v, c.unit)
	}
	for _, v := range c.ticks(low, high) {
		fmt.Fprintf(&out, `<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="#ddd"/><text x="%.1f" y="%d" `+
			`text-anchor="middle">%.4g</text>`+"\n",
			x(v), top, x(v), bottom, x(v), bottom+18, v)
	}
	fmt.Fprintf(&out, `<text x="%d" y="%d" text-anchor="middle">%s</text>`+"\n", (left+right)/2, bottom+38, c.across)
	for i, l := range c.lines {
		drawLine(&out, i, l.name, l.points, x, y)
	}
	out.WriteString("</svg>\n")
	return out.String()
}

func (c chart) bounds() (low, high, most float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, l := range c.lines {
		for _, p := range l.points {
			low, high, most = min(low, c.place(p[0])), max(high, c.place(p[0])), max(most, p[1])
		}
	}
	return low, high, cmp.Or(most, 1)
}

// place is where a value stands on the horizontal axis before it is scaled.
func (c chart) place(v float64) float64 {
	if c.logarithmic {
		return math.Log10(max(v, 1e-3))
	}
	return v
}

func (c chart) ticks(low, high float64) (at []float64) {
	if c.logarithmic {
		for d := math.Ceil(low); d <= high; d++ {
			at = append(at, math.Pow(10, d))
		}
		return at
	}
	step := math.Pow(10, math.Floor(math.Log10(max(high, 1e-3)))) / 2
	for v := 0.0; v <= high; v += step {
		if v >= low {
			at = append(at, v)
		}
	}
	return at
}
