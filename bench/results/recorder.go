// Package results keeps what was measured: one JSON file for each section, written after every row,
// so that a run that was ended goes on where it stopped.
package results

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"larder/bench/stats"
)

// Cell is what one contender did in one row in one round.
// Figures carry their unit in the name: rps, p50_us, p99_us, max_us, cpu_us, rss_mb, disk_mb, reply_ms.
// cpu_us is the server's CPU a command until what was written has settled, cpu_run_us until the last answer.
type Cell struct {
	Row       string
	Contender string
	Round     int
	Figures   map[string]float64 `json:",omitempty"`
	Curve     [][2]float64       `json:",omitempty"` // percentile and microseconds
	// Series are seconds and MB by name.
	Series map[string][][2]float64 `json:",omitempty"`
	Note   string                  `json:",omitempty"` // why there are no figures, or what must be said with them
}

// Section is one JSON file.
type Section struct {
	Name     string
	Mode     string
	Settings string // what the figures depend on; a file with others is not resumed
	Started  time.Time
	Updated  time.Time
	Complete bool
	Done     []string // rows that all rounds of all contenders are in, or "row, contender" for one of them
	Cells    []Cell
}

// Recorder writes a Section. One goroutine at a time.
type Recorder struct {
	path string
	data Section
}

// Open begins a section, or goes on with the one at path if resume is set and it was made with the same settings.
// Cells of rows that were not finished are dropped: they are measured again.
func Open(path string, fresh Section, resume bool) (*Recorder, error) {
	fresh.Started = time.Now().UTC()
	r := &Recorder{path: path, data: fresh}
	if !resume {
		return r, os.MkdirAll(filepath.Dir(path), 0o755)
	}
	old, err := Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return r, os.MkdirAll(filepath.Dir(path), 0o755)
	}
	if err != nil {
		return nil, err
	}
	if old.Settings == fresh.Settings {
		old.Cells = slices.DeleteFunc(old.Cells, func(c Cell) bool {
			return !slices.Contains(old.Done, c.Row) && !slices.Contains(old.Done, c.Row+", "+c.Contender)
		})
		r.data = old
	}
	return r, nil
}

// Read loads a section's file.
func Read(path string) (Section, error) {
	var s Section
	text, err := os.ReadFile(path)
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return s, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// Complete is whether every row of the section has been measured.
func (r *Recorder) Complete() bool { return r.data.Complete }

// Section is what has been recorded so far.
func (r *Recorder) Section() Section { return r.data }

// Done is whether the row need not be measured again.
func (r *Recorder) Done(row string) bool { return slices.Contains(r.data.Done, row) }

// Add records a cell.
func (r *Recorder) Add(c Cell) { r.data.Cells = append(r.data.Cells, c) }

// Finish marks rows as measured and writes the file.
func (r *Recorder) Finish(rows ...string) error {
	r.data.Done = append(r.data.Done, rows...)
	return r.save()
}

// Close marks the section as complete and writes the file.
func (r *Recorder) Close() error {
	r.data.Complete = true
	return r.save()
}

// save replaces the file in one step, so that a killed run leaves a readable one.
func (r *Recorder) save() error {
	r.data.Updated = time.Now().UTC()
	text, err := json.MarshalIndent(r.data, "", " ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(r.path+".new", append(text, '\n'), 0o644); err != nil {
		return err
	}
	return os.Rename(r.path+".new", r.path)
}

// Rows lists the rows in the order they were measured.
func (s Section) Rows() []string {
	return distinct(s.Cells, func(c Cell) string { return c.Row })
}

// Contenders lists the contenders in the order they were measured.
func (s Section) Contenders() []string {
	return distinct(s.Cells, func(c Cell) string { return c.Contender })
}

func distinct(cells []Cell, name func(Cell) string) (names []string) {
	for _, c := range cells {
		if n := name(c); !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return names
}

// Median is the median over the rounds of one figure; false if no round has it.
func (s Section) Median(row, contender, figure string) (float64, bool) {
	values := s.Rounds(row, contender, figure)
	return stats.Median(values), len(values) > 0
}

// Rounds are the values of one figure, in the order of the rounds that have it.
func (s Section) Rounds(row, contender, figure string) (values []float64) {
	for _, c := range s.Cells {
		if c.Row == row && c.Contender == contender {
			if v, ok := c.Figures[figure]; ok {
				values = append(values, v)
			}
		}
	}
	return values
}

// Notes lists the different remarks made on a row's contender.
func (s Section) Notes(row, contender string) (notes []string) {
	for _, c := range s.Cells {
		if c.Row == row && c.Contender == contender && c.Note != "" && !slices.Contains(notes, c.Note) {
			notes = append(notes, c.Note)
		}
	}
	return notes
}
