package reports

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"larder/bench/contend"
	"larder/bench/results"
)

func cellOf(row, contender, figure string, v float64) results.Cell {
	return results.Cell{Row: row, Contender: contender, Figures: map[string]float64{figure: v}}
}

func verdictOf(t *testing.T, title string, s results.Section) Verdict {
	t.Helper()
	for _, v := range Judge(map[string]results.Section{s.Name: s}) {
		if v.Target.Title == title {
			return v
		}
	}
	t.Fatalf("no target is called %q", title)
	return Verdict{}
}

func TestVerdicts(t *testing.T) {
	core := func(larder float64) results.Section {
		return results.Section{Name: "core", Cells: []results.Cell{
			cellOf("GET", contend.Larder, "rps", larder), cellOf("GET", contend.RedisMemory, "rps", 100)}}
	}
	memory := func(mb float64) results.Section {
		return results.Section{Name: "growth", Cells: []results.Cell{cellOf("SET, 10000000 keys", contend.Larder, "rss_mb", mb)}}
	}
	const get, rss = "GET, larder everysec against redis memory", "resident memory with 10^7 keys, under load"
	for _, c := range []struct {
		title string
		in    results.Section
		want  string
	}{
		{get, core(100), "aim reached"}, {get, core(70), "reached"}, {get, core(69), "**not reached**"},
		{get, results.Section{Name: "core"}, "not measured in this run"},
		{rss, memory(100), "aim reached"}, {rss, memory(150), "reached"}, {rss, memory(201), "**not reached**"},
	} {
		if got := verdictOf(t, c.title, c.in).Word(); got != c.want {
			t.Errorf("%s: %s, want %s", c.title, got, c.want)
		}
	}
}

func TestPageKeepsWhatIsNotItsOwn(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "performance.md")
	if err := os.WriteFile(path, []byte("before\n"+begin+"\nold\n"+end+"\nafter\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	s := results.Section{Name: "mixed", Cells: []results.Cell{{Row: "get, 8 processes", Contender: contend.Larder,
		Figures: map[string]float64{"p99_us": 12}, Curve: [][2]float64{{1, 3}, {99, 12}, {100, 5000}}}}}
	if err := (Page{Parts: []Part{{Data: s}}}).Write(dir); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	if !strings.HasPrefix(page, "before\n") || !strings.HasSuffix(page, end+"\nafter\n") || strings.Contains(page, "old") ||
		!strings.Contains(page, "| get, 8 processes | larder everysec |") {
		t.Errorf("page:\n%s", page)
	}
	plot, err := os.Open(filepath.Join(dir, "mixed-get-8-processes.svg"))
	if err != nil {
		t.Fatal(err)
	}
	defer plot.Close()
	for d := xml.NewDecoder(plot); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestPageWithoutMarkersIsRefused(t *testing.T) {
	if _, err := replaceBetween("no markers", "text"); !errors.Is(err, errMarkers) {
		t.Errorf("got %v", err)
	}
}

func TestCharts(t *testing.T) {
	cell := func(row, contender string, late, ms float64) results.Cell {
		return results.Cell{Row: row, Contender: contender, Figures: map[string]float64{"deadline_ms": ms, "miss": late, "count": 100, "p99_us": 2000}}
	}
	s := results.Section{Name: "deadline", Cells: []results.Cell{cell("set within 1 ms", "a", 50, 1), cell("set within 100 ms", "a", 0, 100)}}
	svg := Charts(s)["deadline-set-misses.svg"]
	if want := `points="70.0,40.0 740.0,370.0"`; !strings.Contains(svg, want) {
		t.Errorf("half of all at 1 ms and none at 100 ms should be drawn as %s:\n%s", want, svg)
	}
}
