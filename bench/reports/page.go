package reports

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"larder/bench/results"
)

// The page's text between these lines is the tool's; everything else belongs to its readers and writers.
const (
	begin = "<!-- bench:begin -->"
	end   = "<!-- bench:end -->"
)

var errMarkers = errors.New("it has no " + begin + " line followed by " + end)

// Part is a measured section with the sentence that explains it.
type Part struct {
	About string
	Data  results.Section
}

// Page is everything the report says.
type Page struct {
	Machine Machine
	Parts   []Part
}

// sections by name.
func (p Page) measured() map[string]results.Section {
	m := map[string]results.Section{}
	for _, part := range p.Parts {
		m[part.Data.Name] = part.Data
	}
	return m
}

// Markdown is the whole report.
func (p Page) Markdown() string {
	var out strings.Builder
	out.WriteString(p.Machine.markdown())
	out.WriteString("\n### Targets\n\n" + Verdicts(Judge(p.measured())))
	for _, part := range p.Parts {
		fmt.Fprintf(&out, "\n### %s\n\n%s\n", part.Data.Name, part.About)
		fmt.Fprintf(&out, "Medians of the rounds of a %s run, ended %s.\n\n", part.Data.Mode,
			part.Data.Updated.Format("2006-01-02 15:04 UTC"))
		out.WriteString(Tables(part.Data))
		for _, name := range slices.Sorted(maps.Keys(Charts(part.Data))) {
			fmt.Fprintf(&out, "![%s](%s)\n\n", strings.TrimSuffix(name, ".svg"), name)
		}
		for _, row := range plotted(part.Data) {
			fmt.Fprintf(&out, "![%s: time against percentile](%s)\n\n", row, plotFile(row))
		}
	}
	return strings.TrimRight(out.String(), "\n") + "\n"
}

// plotted lists the rows that have curves.
func plotted(s results.Section) (rows []string) {
	for _, row := range s.Rows() {
		for _, c := range s.Contenders() {
			if len(medianCurve(s, row, c)) > 0 {
				rows = append(rows, row)
				break
			}
		}
	}
	return rows
}

func plotFile(row string) string {
	return "mixed-" + strings.NewReplacer(", ", "-", " ", "-").Replace(row) + ".svg"
}

// Write puts the report between the markers of docs/performance.md and the plots beside it.
func (p Page) Write(docs string) error {
	path := filepath.Join(docs, "performance.md")
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	text, err := replaceBetween(string(old), p.Markdown())
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for _, part := range p.Parts {
		for name, svg := range Charts(part.Data) {
			if err := os.WriteFile(filepath.Join(docs, name), []byte(svg), 0o644); err != nil {
				return err
			}
		}
		for _, row := range plotted(part.Data) {
			if err := os.WriteFile(filepath.Join(docs, plotFile(row)), []byte(Plot(part.Data, row)), 0o644); err != nil {
				return err
			}
		}
	}
	return os.WriteFile(path, []byte(text), 0o644)
}

func replaceBetween(page, text string) (string, error) {
	head, rest, found := strings.Cut(page, begin)
	_, tail, closed := strings.Cut(rest, end)
	if !found || !closed {
		return "", errMarkers
	}
	return head + begin + "\n\n" + text + "\n" + end + tail, nil
}
