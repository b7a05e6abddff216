package reports

import (
	"strings"
	"testing"

	"larder/bench/contend"
	"larder/bench/results"
)

func rounds(contender, figure string, values ...float64) (cells []results.Cell) {
	for i, v := range values {
		c := cellOf("INCR", contender, figure, v)
		c.Round = i
		cells = append(cells, c)
	}
	return cells
}

func TestDearerIsBeyondTheSpread(t *testing.T) {
	for _, c := range []struct {
		figure      string
		before, now []float64
		want        string
	}{
		{"cpu_us", []float64{10, 11, 12}, []float64{14, 14, 14}, dearerWord},
		{"cpu_us", []float64{10, 11, 12}, []float64{13, 13, 13}, "within the spread"}, // as far as the rounds differ
		{"cpu_us", []float64{10, 10, 10}, []float64{12, 9, 20}, "within the spread"},  // the present one's rounds differ more
		{"cpu_us", []float64{14, 14, 14}, []float64{10, 11, 12}, "better"},
		{"rps", []float64{100, 101, 102}, []float64{90, 90, 91}, dearerWord},
		{"rps", []float64{90, 90, 91}, []float64{100, 101, 102}, "better"},
		{"cpu_us", []float64{10}, []float64{90}, "one round tells no spread"},
	} {
		s := results.Section{Name: "shards", Cells: append(rounds(contend.LarderBefore, c.figure, c.before...),
			rounds(contend.Larder, c.figure, c.now...)...)}
		changes := Changes(s)
		if len(changes) != 1 || changes[0].Word() != c.want {
			t.Errorf("%s before %v, now %v: %v, want %q", c.figure, c.before, c.now, changes, c.want)
		}
	}
}

func TestComparisonNamesWhatIsDearer(t *testing.T) {
	cells := append(rounds(contend.LarderBefore, "cpu_us", 10, 11, 12),
		rounds(contend.RedisEverysec, "cpu_us", 4, 5, 6)...)
	dear := results.Section{Name: "shards", Cells: append(cells, rounds(contend.Larder, "cpu_us", 20, 20, 20)...)}
	got := Tables(dear)
	for _, want := range []string{
		"| INCR | CPU with settling, us | 11 (10-12) | 20 (20-20) | 1.82x | 5 (4-6) | 4.00x | **dearer** |",
		"Dearer than before by more than the spread of the rounds: INCR (CPU with settling, us).",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no line %q in\n%s", want, got)
		}
	}
	same := results.Section{Name: "shards", Cells: append(cells, rounds(contend.Larder, "cpu_us", 12, 12, 12)...)}
	if got := Tables(same); !strings.Contains(got, "No row is dearer than before") {
		t.Errorf("nothing is dearer, but\n%s", got)
	}
}

func TestOneRoundSaysNothing(t *testing.T) {
	s := results.Section{Name: "shards", Cells: append(rounds(contend.LarderBefore, "cpu_us", 1),
		rounds(contend.Larder, "cpu_us", 9)...)}
	if got := Tables(s); strings.Contains(got, "dearer than") || !strings.Contains(got, "One round does not tell") {
		t.Errorf("of one round:\n%s", got)
	}
}

func TestWithoutAProgramBeforeThereIsNoComparison(t *testing.T) {
	s := results.Section{Name: "shards", Cells: rounds(contend.Larder, "cpu_us", 1, 2, 3)}
	if got := Tables(s); strings.Contains(got, "before") {
		t.Errorf("nothing came before, but\n%s", got)
	}
}
