package reports

import (
	"fmt"
	"slices"
	"strings"

	"larder/bench/contend"
	"larder/bench/results"
	"larder/bench/stats"
)

// Change is how one figure of a row has changed from the program before to the present one.
type Change struct {
	Row, Figure string
	Before, Now []float64 // one value for each round
}

// Spread is by how much the rounds of the same program differ: the larger of the two. What is not beyond it may be
// chance.
func (c Change) Spread() float64 { return max(spread(c.Before), spread(c.Now)) }

func spread(rounds []float64) float64 {
	if len(rounds) == 0 {
		return 0
	}
	return slices.Max(rounds) - slices.Min(rounds)
}

// Word says whether the present program is dearer than the one before by more than the spread. One round says nothing.
func (c Change) Word() string {
	dearer := stats.Median(c.Now) - stats.Median(c.Before)
	if c.Figure == "rps" {
		dearer = -dearer
	}
	switch {
	case len(c.Before) < 2 || len(c.Now) < 2:
		return oneRound
	case dearer > c.Spread():
		return dearerWord
	case -dearer > c.Spread():
		return "better"
	}
	return "within the spread"
}

const (
	dearerWord = "**dearer**"
	oneRound   = "one round tells no spread"
)

// describing are figures that say how something was measured, and not how it came out.
func describing() []string { return []string{"cached_percent", "alone_p99_us", "p99_ratio"} }

// Changes lists the figures that both programs have, in the order of the table.
func Changes(s results.Section) (all []Change) {
	for _, row := range s.Rows() {
		for _, figure := range layoutOf(s.Name).figures {
			c := Change{row, figure, s.Rounds(row, contend.LarderBefore, figure), s.Rounds(row, contend.Larder, figure)}
			if len(c.Before) > 0 && len(c.Now) > 0 && !slices.Contains(describing(), figure) {
				all = append(all, c)
			}
		}
	}
	return all
}

// writeComparison holds the present program against the one before: the rounds of both alternated.
func writeComparison(out *strings.Builder, s results.Section) {
	changes := Changes(s)
	if len(changes) == 0 {
		return
	}
	out.WriteString("Medians, and the least and the most of the rounds in brackets:\n\n")
	out.WriteString("| | | before | now | now / before | redis everysec | now / redis | |\n")
	out.WriteString("|---|---|---:|---:|---:|---:|---:|---|\n")
	var dearer []string
	known := false
	for _, c := range changes {
		redis := s.Rounds(c.Row, contend.RedisEverysec, c.Figure)
		fmt.Fprintf(out, "| %s | %s | %s | %s | %s | %s | %s | %s |\n", c.Row, brief(c.Figure),
			ranged(c.Before), ranged(c.Now), ratio(c.Now, c.Before), ranged(redis), ratio(c.Now, redis), c.Word())
		known = known || c.Word() != oneRound
		if c.Word() == dearerWord {
			dearer = append(dearer, c.Row+" ("+brief(c.Figure)+")")
		}
	}
	switch {
	case !known:
		out.WriteString("\nOne round does not tell what is dearer.\n\n")
	case len(dearer) == 0:
		out.WriteString("\nNo row is dearer than before by more than the spread of the rounds.\n\n")
	default:
		fmt.Fprintf(out, "\nDearer than before by more than the spread of the rounds: %s.\n\n", strings.Join(dearer, "; "))
	}
}

// brief is a figure's heading in a narrow column.
func brief(figure string) string {
	switch figure {
	case "cpu_us":
		return "CPU with settling, us"
	case "cpu_run_us":
		return "CPU without settling, us"
	}
	return heading(figure)
}

func ranged(rounds []float64) string {
	if len(rounds) == 0 {
		return "-"
	}
	return fmt.Sprintf("%s (%s-%s)", short(stats.Median(rounds)), short(slices.Min(rounds)), short(slices.Max(rounds)))
}

func ratio(of, against []float64) string {
	base := stats.Median(against)
	if base <= 0 {
		return "-"
	}
	return fmt.Sprintf("%.2fx", stats.Median(of)/base)
}
