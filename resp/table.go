package resp

import (
	"fmt"
	"strings"

	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/resp/stat"
)

// entry is a command with what the server counts about it.
type entry struct {
	spec  *cmd.Spec
	stats *stat.Command
	uses  bool   // see cmd.Spec.Uses
	subs  *names // nil unless a container
}

// table finds commands by name. It is built once, then only read, by all goroutines.
type table struct {
	names   *names
	entries []*entry   // in the order of the families; what was removed is not there
	specs   []cmd.Spec // theirs
}

// newTable indexes the rows of all families. Two rows of one name are a defect of the
// build, so it panics.
func newTable(families ...[]cmd.Spec) *table {
	t := &table{names: newNames()}
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

func newEntry(spec *cmd.Spec) *entry {
	e := &entry{spec: spec, stats: stat.NewCommand(strings.ToLower(spec.FullName())), uses: spec.Uses()}
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

// each calls fn for every command and subcommand.
func (t *table) each(fn func(*entry)) {
	for _, e := range t.entries {
		fn(e)
		for j := range e.spec.Subs {
			fn(e.subs.find([]byte(e.spec.Subs[j].Name)))
		}
	}
}

// find returns the entry for a command line, or the error text Redis gives for it.
func (t *table) find(args [][]byte) (*entry, string) {
	e := t.names.find(args[0])
	if e == nil {
		return nil, unknownCommand(args)
	}
	if e.subs != nil && len(args) > 1 {
		sub := e.subs.find(args[1])
		if sub == nil {
			return nil, fmt.Sprintf("ERR unknown subcommand '%s'. Try %s HELP.", clip(args[1], 128), strings.ToUpper(clip(args[0], 128)))
		}
		e = sub
	}
	return e, checkArity(e.spec, len(args))
}

func checkArity(s *cmd.Spec, n int) string {
	if n == s.Arity || s.Arity < 0 && n >= -s.Arity {
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
