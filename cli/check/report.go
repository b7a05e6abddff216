package check

import (
	"encoding/json"
	"fmt"
	"io"

	"larder/store"
)

// report is the outcome of a check, as --json writes it. It belongs to one goroutine.
type report struct {
	Dir      string    `json:"dir"`
	Shards   int       `json:"shards"`
	Fix      bool      `json:"fix"`
	Status   string    `json:"status"` // sound, mended, unsound or unchecked
	Findings []finding `json:"findings"`
	Note     string    `json:"note,omitempty"`
	Error    string    `json:"error,omitempty"`
	Next     string    `json:"next"` // what to do now
}

// finding is a store.Finding for people and programs. Shard is null for what concerns no shard alone.
type finding struct {
	Shard   *int   `json:"shard"`
	Subject string `json:"subject"`
	Problem string `json:"problem"`
	Repair  string `json:"repair"`
	Fixed   bool   `json:"fixed"`
}

func (r *report) add(found ...store.Finding) {
	for _, f := range found {
		row := finding{Subject: f.Subject, Problem: f.Problem, Repair: f.Repair, Fixed: f.Fixed}
		if f.Shard >= 0 {
			row.Shard = &f.Shard
		}
		r.Findings = append(r.Findings, row)
	}
}

// left is how much is not mended.
func (r *report) left() (n int) {
	for _, f := range r.Findings {
		if !f.Fixed {
			n++
		}
	}
	return n
}

func (r *report) code() int {
	switch {
	case r.Error != "":
		return Unchecked
	case r.left() > 0:
		return Unsound
	}
	return Sound
}

// conclude says in a word how it went and what to do next.
func (r *report) conclude() {
	switch {
	case r.Error != "":
		r.Status, r.Next = "unchecked", "Remove the cause of the error and check again."
	case len(r.Findings) == 0:
		r.Status, r.Next = "sound", "Nothing needs to be done."
	case r.left() == 0:
		r.Status, r.Next = "mended", "Start the server. Files that were put aside can be deleted when nothing is missed."
	case r.Fix:
		r.Status, r.Next = "unsound", "Check again; what is reported twice needs a copy of the data to restore from."
	default:
		r.Status, r.Next = "unsound", fmt.Sprintf("Copy the directory if you can, then run: larder check %s --fix", r.Dir)
	}
}

func (r *report) json(w io.Writer) {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	_ = out.Encode(r)
}

func (r *report) text(w io.Writer) {
	for _, f := range r.Findings {
		where, verb := "directory", "fix would do"
		if f.Shard != nil {
			where = fmt.Sprintf("shard %d", *f.Shard)
		}
		if f.Fixed {
			verb = "done"
		}
		fmt.Fprintf(w, "%s: %s %s\n", where, f.Subject, f.Problem)
		if f.Repair != "" {
			fmt.Fprintf(w, "    %s: %s\n", verb, f.Repair)
		}
	}
	if r.Note != "" {
		fmt.Fprintf(w, "Note: %s.\n", r.Note)
	}
	if r.Error != "" {
		fmt.Fprintf(w, "Error: %s.\n", r.Error)
	}
	fmt.Fprintf(w, "%s: %d shards, %d findings, %d of them mended: %s. %s\n",
		r.Dir, r.Shards, len(r.Findings), len(r.Findings)-r.left(), r.Status, r.Next)
}
