package table

import (
	"slices"

	"larder/resp/cmd"
	"larder/resp/param"
)

// maxNameLen bounds the names looked up without allocation; only rename-command gives longer ones.
const maxNameLen = 64

// names finds commands, or subcommands, by what a client calls them. It is built once, then only
// read, by all goroutines.
type names struct {
	entries map[string]*Entry // by upper-case name
	longest int
}

func newNames() *names { return &names{entries: map[string]*Entry{}} }

// find finds a name in any case, without allocating unless names are unusually long.
func (n *names) find(name []byte) *Entry {
	if len(name) > n.longest {
		return nil
	}
	var room [maxNameLen]byte
	return n.entries[string(upper(append(room[:0], name...)))]
}

// add is false if the name is taken.
func (n *names) add(name string, e *Entry) bool {
	if n.find([]byte(name)) != nil {
		return false
	}
	n.longest = max(n.longest, len(name))
	n.entries[string(upper([]byte(name)))] = e
	return true
}

func (n *names) remove(name string) { delete(n.entries, string(upper([]byte(name)))) }

// upper changes ASCII letters in place and nothing else, as Redis compares names.
func upper(name []byte) []byte {
	for i, c := range name {
		if 'a' <= c && c <= 'z' {
			name[i] = c - ('a' - 'A')
		}
	}
	return name
}

// absent are commands of Redis 7.2 that may not be there. A configuration that takes their names away has its
// way, as it has with those that are.
func absent() []string {
	return []string{"FAILOVER", "MIGRATE", "PSYNC", "REPLCONF", "SYNC"}
}

// Rename gives commands other names, or none. Their rows stay: COMMAND, statistics, errors and ACL rules
// go on to call them by the names they have in the manual, as in Redis.
func (t *Table) Rename(renames []param.Rename) error {
	missing, nothing := newNames(), &Entry{}
	for _, name := range absent() {
		if t.names.find([]byte(name)) == nil {
			missing.add(name, nothing)
		}
	}
	for _, r := range renames {
		old, fresh, from := []byte(r.From), []byte(r.To), t.names
		if from.find(old) == nil {
			from = missing
		}
		e := from.find(old)
		if e == nil {
			return r.Refuse("No such command in rename-command")
		}
		from.remove(r.From)
		if t.names.find(fresh) != nil || missing.find(fresh) != nil {
			return r.Refuse("Target command name already exists")
		}
		if r.To != "" {
			from.add(r.To, e)
		}
	}
	if len(renames) > 0 {
		t.drop()
	}
	return nil
}

// drop forgets what no name leads to any more.
func (t *Table) drop() {
	named := map[*Entry]bool{}
	for _, e := range t.names.entries {
		named[e] = true
	}
	t.entries = slices.DeleteFunc(t.entries, func(e *Entry) bool { return !named[e] })
	kept := make([]cmd.Spec, len(t.entries))
	for i, e := range t.entries {
		kept[i] = *e.Spec
	}
	t.specs = kept
}
