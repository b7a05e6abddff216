package resp

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"larder/resp/cmd"
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
	return newTable(s.families()...).specs
}

func commandsDoc(specs []cmd.Spec) string {
	groups := map[string][]string{}
	add := func(s *cmd.Spec) {
		usage := strings.ReplaceAll(strings.TrimSpace(strings.ReplaceAll(s.FullName(), "|", " ")+" "+s.Usage), "|", "\\|")
		groups[s.Group] = append(groups[s.Group], fmt.Sprintf("| `%s` | %s | %s |", usage, s.Since, s.Summary))
	}
	for i := range specs {
		s := &specs[i]
		if len(s.Subs) == 0 || s.Run != nil {
			add(s)
		}
		for j := range s.Subs {
			add(&s.Subs[j])
		}
	}
	names := make([]string, 0, len(groups))
	for g := range groups {
		names = append(names, g)
	}
	slices.Sort(names)
	var b strings.Builder
	b.WriteString("# Commands\n\nGenerated from the commands' rows by `go test ./resp -run TestCommandsDoc -update`.\n")
	for _, g := range names {
		slices.Sort(groups[g])
		fmt.Fprintf(&b, "\n## %s\n\n| command | since | what it does |\n|---|---|---|\n%s\n", g, strings.Join(groups[g], "\n"))
	}
	return b.String()
}
