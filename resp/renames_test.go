package resp

import (
	"errors"
	"strings"
	"testing"

	"larder/resp/cmd"
	"larder/resp/param"
	"larder/resp/table"
)

func TestRenames(t *testing.T) {
	rows := []struct{ config, line, want string }{
		{"rename-command NOPE x", "rename-command NOPE x", "No such command in rename-command"},
		{"rename-command '' x", "rename-command '' x", "No such command in rename-command"},
		{"rename-command 'CONFIG|GET' x", "rename-command 'CONFIG|GET' x", "No such command in rename-command"},
		{"port 1\nrename-command CONFIG get", "rename-command CONFIG get", "Target command name already exists"},
		{"rename-command CONFIG ''\nrename-command config x", "rename-command config x", "No such command in rename-command"},
		{"rename-command BGSAVE ''\nrename-command BGSAVE ''", "rename-command BGSAVE ''", "No such command in rename-command"},
		{"rename-command CONFIG bgsave", "rename-command CONFIG bgsave", "Target command name already exists"},
		{"rename-command BGSAVE get", "rename-command BGSAVE get", "Target command name already exists"},
		{"rename-command CONFIG x\nrename-command GET X", "rename-command GET X", "Target command name already exists"},
	}
	for _, r := range rows {
		p := param.New()
		if err := p.Load([]string{"-"}, strings.NewReader(r.config)); err != nil {
			t.Fatal(err)
		}
		var e *param.LoadError
		if err := CheckConfig(p); !errors.As(err, &e) || e.Message != r.want || e.Text != r.line || e.Line != 1+strings.Count(r.config, "\n") {
			t.Errorf("%q: %#v", r.config, err)
		}
	}
}

// Two commands may exchange their names, and what has no name is in no list.
func TestRenamedTable(t *testing.T) {
	p := param.New()
	config := "rename-command get swap\nrename-command SET get\nrename-command swap set\nrename-command FLUSHALL ''\nrename-command CONFIG C"
	if err := p.Load([]string{"-"}, strings.NewReader(config)); err != nil {
		t.Fatal(err)
	}
	before := len(tableForDoc(t))
	names := table.New((&Server{params: p}).families()...)
	if err := names.Rename(p.Renames()); err != nil {
		t.Fatal(err)
	}
	calls := map[string]string{"get k v": "SET", "SET k": "GET", "c get x": "CONFIG|GET", "flushall": "", "config get x": "", "swap k": ""}
	for line, want := range calls {
		got := ""
		if e, _ := names.Find(fields(line)); e != nil {
			got = e.Spec.FullName()
		}
		if got != want {
			t.Errorf("%s calls %q, want %q", line, got, want)
		}
	}
	listed := map[string]bool{}
	names.Each(func(e *table.Entry) { listed[e.Spec.FullName()] = true })
	if len(names.Rows()) != before-1 || listed["FLUSHALL"] || !listed["CONFIG|GET"] || !listed["SET"] || listed["C"] {
		t.Error("the rows are not those of the commands that have a name:", len(names.Rows()), before)
	}
	if _, problem := names.Find(fields("c nothing")); problem != "ERR unknown subcommand 'nothing'. Try C HELP." {
		t.Error(problem)
	}
	if _, problem := names.Find(fields("c get")); problem != "ERR wrong number of arguments for 'config|get' command" {
		t.Error(problem)
	}
	if e, _ := names.Find(fields("set k")); e.Spec.Has(cmd.Write) {
		t.Error("set, which is GET, writes")
	}
}

func fields(line string) [][]byte {
	var args [][]byte
	for word := range strings.FieldsSeq(line) {
		args = append(args, []byte(word))
	}
	return args
}
