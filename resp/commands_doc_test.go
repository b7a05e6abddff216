package resp

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"larder/resp/cmd"
	"larder/resp/table"
)

var update = flag.Bool("update", false, "write docs/commands.md anew")

// TestCommandsDoc holds docs/commands.md against the rows.
func TestCommandsDoc(t *testing.T) {
	const path = "../docs/commands.md"
	want := commandsDoc(tableForDoc(t))
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/commands.md is stale: go test ./resp -run TestCommandsDoc -update")
	}
}

// tableForDoc makes the rows without a server that runs: handlers are not called.
func tableForDoc(t *testing.T) []cmd.Spec {
	t.Helper()
	s := &Server{}
	return table.New(s.families()...).Rows()
}

// commandsDoc is a table for each group of commands, in the order of the alphabet.
func commandsDoc(specs []cmd.Spec) string {
	groups := map[string][]string{}
	for i := range specs {
		s := &specs[i]
		if s.Has(cmd.Undocumented) {
			continue
		}
		if len(s.Subs) == 0 || s.Run != nil {
			groups[s.Group] = append(groups[s.Group], docRow(s))
		}
		for j := range s.Subs {
			groups[s.Group] = append(groups[s.Group], docRow(&s.Subs[j]))
		}
	}
	var b strings.Builder
	b.WriteString("# Commands\n\nGenerated from the commands' rows by `go test ./resp -run TestCommandsDoc -update`.\n" +
		"What Redis has and Larder has not is in [compat.md](compat.md).\n")
	for _, g := range slices.Sorted(maps.Keys(groups)) {
		slices.Sort(groups[g])
		fmt.Fprintf(&b, "\n## %s\n\n| command | arguments | since Redis | what it does |\n|---|---|---|---|\n%s\n", g, strings.Join(groups[g], "\n"))
	}
	return b.String()
}

func docRow(s *cmd.Spec) string {
	usage := ""
	if s.Usage != "" {
		usage = "`" + strings.ReplaceAll(s.Usage, "|", "\\|") + "`"
	}
	summary := s.Summary
	if s.DeprecatedSince != "" {
		summary += " Deprecated since " + s.DeprecatedSince + "; use " + s.ReplacedBy + "."
	}
	return fmt.Sprintf("| `%s` | %s | %s | %s |", strings.ReplaceAll(s.FullName(), "|", " "), usage, s.Since, summary)
}
