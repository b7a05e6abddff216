// Package table finds commands by the names that clients call them.
package table

import (
	"fmt"
	"strings"

	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/resp/stat"
)

// Entry is a command with what the server counts about it.
type Entry struct {
	Spec  *cmd.Spec
	Stats *stat.Command
	Uses  bool   // see cmd.Spec.Uses
	subs  *names // nil unless a container
}

// Table finds commands by name. It is built once, then only read, by all goroutines.
type Table struct {
	names   *names
	entries []*Entry   // in the order of the families; what was removed is not there
	specs   []cmd.Spec // theirs
}

// New indexes the rows of all families. Two rows of one name are a defect of the
// build, so it panics.
func New(families ...[]cmd.Spec) *Table {
	t := &Table{names: newNames()}
	for _, rows := range families {
		t.specs = append(t.specs, rows...)
	}
	for i := range t.specs {
		spec := &t.specs[i]
		e := newEntry(spec)
		if !t.names.add(spec.Name, e) {
			panic("command declared twice: " + spec.Name)
		}
		t.entries = append(t.entries, e)
	}
	return t
}

func newEntry(spec *cmd.Spec) *Entry {
	e := &Entry{Spec: spec, Stats: stat.NewCommand(strings.ToLower(spec.FullName())), Uses: spec.Uses()}
	if len(spec.Subs) == 0 {
		return e
	}
	e.subs = newNames()
	for i := range spec.Subs {
		sub := &spec.Subs[i]
		sub.Parent = spec.Name
		e.subs.add(sub.Name, newEntry(sub))
	}
	return e
}

// Each calls fn for every command and subcommand.
func (t *Table) Each(fn func(*Entry)) {
	for _, e := range t.entries {
		fn(e)
		for j := range e.Spec.Subs {
			fn(e.subs.find([]byte(e.Spec.Subs[j].Name)))
		}
	}
}

// Rows are the rows of all commands that have a name.
func (t *Table) Rows() []cmd.Spec { return t.specs }

// Find returns the entry for a command line, or the error text Redis gives for it.
func (t *Table) Find(args [][]byte) (*Entry, string) {
	e := t.names.find(args[0])
	if e == nil {
		return nil, unknownCommand(args)
	}
	if e.subs != nil && len(args) > 1 {
		sub := e.subs.find(args[1])
		if sub == nil {
			return nil, fmt.Sprintf("ERR unknown subcommand '%s'. Try %s HELP.",
				clip(args[1], 128), strings.ToUpper(clip(args[0], 128)))
		}
		e = sub
	}
	return e, checkArity(e.Spec, len(args))
}

// Row is the row of a command line whatever the number of its arguments, nil if there is none.
func (t *Table) Row(line [][]byte) *cmd.Spec {
	e := t.names.find(line[0])
	if e != nil && e.subs != nil && len(line) > 1 {
		e = e.subs.find(line[1])
	}
	if e == nil {
		return nil
	}
	return e.Spec
}

func checkArity(s *cmd.Spec, n int) string {
	if s.Takes(n) {
		return ""
	}
	return "ERR wrong number of arguments for '" + strings.ToLower(s.FullName()) + "' command"
}

// unknownCommand quotes at most 128 bytes of the arguments, as Redis does.
func unknownCommand(args [][]byte) string {
	var quoted strings.Builder
	for _, a := range args[1:] {
		if quoted.Len() >= 128 {
			break
		}
		fmt.Fprintf(&quoted, "'%s' ", clip(a, 128-quoted.Len()))
	}
	return fmt.Sprintf("ERR unknown command '%s', with args beginning with: %s", clip(args[0], 128), quoted.String())
}

// clip is what Redis's %.128s and its like show of a word: at most n bytes of it.
func clip(b []byte, n int) string { return reply.Quote(b[:min(n, len(b))]) }
