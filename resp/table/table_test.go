// Commands are found by their names, whatever the case, with the errors that Redis gives for those that are not there.
package table

import (
	"strings"
	"testing"

	"larder/resp/cmd"
	"larder/resp/param"
)

func newTable() *Table {
	return New([]cmd.Spec{
		{Name: "GET", Arity: 2, Flags: cmd.View},
		{Name: "SET", Arity: -3, Flags: cmd.Write},
		{Name: "CONFIG", Arity: -2, Subs: []cmd.Spec{{Name: "GET", Arity: -3}, {Name: "HELP", Arity: 2}}},
	})
}

func words(line string) (args [][]byte) {
	for w := range strings.FieldsSeq(line) {
		args = append(args, []byte(w))
	}
	return args
}

func TestFind(t *testing.T) {
	table := newTable()
	long := strings.Repeat("x", 200)
	for line, want := range map[string]string{
		"get k": "", "Set k v x": "", "config GET x": "", "config help": "",
		"get":             "ERR wrong number of arguments for 'get' command",
		"get a b":         "ERR wrong number of arguments for 'get' command",
		"set k":           "ERR wrong number of arguments for 'set' command",
		"config get":      "ERR wrong number of arguments for 'config|get' command",
		"config":          "ERR wrong number of arguments for 'config' command",
		"config nope":     "ERR unknown subcommand 'nope'. Try CONFIG HELP.",
		"nope a b":        "ERR unknown command 'nope', with args beginning with: 'a' 'b' ",
		"nope " + long:    "ERR unknown command 'nope', with args beginning with: '" + long[:128] + "' ",
		"nope":            "ERR unknown command 'nope', with args beginning with: ",
		long:              "ERR unknown command '" + long[:128] + "', with args beginning with: ",
		"config " + long:  "ERR unknown subcommand '" + long[:128] + "'. Try CONFIG HELP.",
		"CONFIG HELP too": "ERR wrong number of arguments for 'config|help' command",
	} {
		if _, problem := table.Find(words(line)); problem != want {
			t.Errorf("%s: %q, want %q", line, problem, want)
		}
	}
}

func TestRowsAreFoundWhateverTheirArguments(t *testing.T) {
	table := newTable()
	for line, want := range map[string]string{"get": "GET", "config": "CONFIG", "config get": "CONFIG|GET", "nope": "",
		"config nope": ""} {
		got := ""
		if row := table.Row(words(line)); row != nil {
			got = row.FullName()
		}
		if got != want {
			t.Errorf("%s is %q, want %q", line, got, want)
		}
	}
	var each []string
	table.Each(func(e *Entry) { each = append(each, e.Stats.Name) })
	if got := strings.Join(each, " "); got != "get set config config|get config|help" {
		t.Error(got)
	}
}

// Whoever takes a name away has it gone from every list, and a name given keeps the row.
func TestRename(t *testing.T) {
	p := param.New()
	if err := p.Load([]string{"-"}, strings.NewReader("rename-command SET put\nrename-command GET ''")); err != nil {
		t.Fatal(err)
	}
	table := newTable()
	if err := table.Rename(p.Renames()); err != nil {
		t.Fatal(err)
	}
	if e, problem := table.Find(words("PUT k v")); e == nil || e.Spec.Name != "SET" || problem != "" {
		t.Errorf("%v, %q", e, problem)
	}
	for _, line := range []string{"get k", "set k v"} {
		if e, problem := table.Find(words(line)); e != nil || !strings.HasPrefix(problem, "ERR unknown command") {
			t.Errorf("%s: %q", line, problem)
		}
	}
	if rows := table.Rows(); len(rows) != 2 || rows[0].Name != "SET" {
		t.Errorf("%d rows are left", len(rows))
	}
}

func TestTwoRowsOfOneNameAreADefect(t *testing.T) {
	defer func() {
		if p := recover(); p != "command declared twice: GET" {
			t.Error(p)
		}
	}()
	New([]cmd.Spec{{Name: "GET"}}, []cmd.Spec{{Name: "GET"}})
}
