package results

import (
	"path/filepath"
	"testing"
)

func TestResumeKeepsFinishedRowsOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "core.json")
	r, err := Open(path, Section{Name: "core", Settings: "a"}, true)
	if err != nil {
		t.Fatal(err)
	}
	r.Add(Cell{Row: "GET", Contender: "x", Figures: map[string]float64{"rps": 3}})
	if err := r.Finish("GET"); err != nil {
		t.Fatal(err)
	}
	r.Add(Cell{Row: "SET", Contender: "x"})
	if err := r.Finish(); err != nil {
		t.Fatal(err)
	}
	same, err := Open(path, Section{Name: "core", Settings: "a"}, true)
	if err != nil || !same.Done("GET") || same.Done("SET") || len(same.Section().Cells) != 1 {
		t.Fatalf("resumed %+v, %v", same, err)
	}
	other, err := Open(path, Section{Name: "core", Settings: "b"}, true)
	if err != nil || other.Done("GET") {
		t.Fatalf("other settings must begin anew: %+v, %v", other, err)
	}
}

func TestMedianOverRounds(t *testing.T) {
	s := Section{Cells: []Cell{
		{Row: "r", Contender: "c", Figures: map[string]float64{"rps": 9}},
		{Row: "r", Contender: "c", Figures: map[string]float64{"rps": 1}},
		{Row: "r", Contender: "c", Figures: map[string]float64{"rps": 2}},
		{Row: "r", Contender: "d", Note: "not served"},
	}}
	if v, ok := s.Median("r", "c", "rps"); !ok || v != 2 {
		t.Errorf("median %v %v", v, ok)
	}
	if _, ok := s.Median("r", "d", "rps"); ok {
		t.Error("a contender without figures has no median")
	}
}
