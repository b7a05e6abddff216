package integration

import (
	"os"
	"strings"
	"testing"
)

// TestTclExceptionsAreNamed wants each test that the Tcl gate leaves out in docs/compat.md, with its reason.
func TestTclExceptionsAreNamed(t *testing.T) {
	t.Parallel()
	paper, err := os.ReadFile("../docs/compat.md")
	if err != nil {
		t.Fatal(err)
	}
	list, err := os.ReadFile("tcl/exceptions.txt")
	if err != nil {
		t.Fatal(err)
	}
	text, n := strings.ToLower(string(paper)), 0
	for line := range strings.Lines(string(list)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(fields) != 3 {
			t.Errorf("not a file, a test and a reason: %q", line)
			continue
		}
		n++
		reason := strings.ToLower(strings.TrimPrefix(fields[2], "runs: "))
		if !strings.Contains(text, `"`+strings.ToLower(fields[1])+`"`) || !strings.Contains(text, "- "+reason+":\n") {
			t.Errorf("docs/compat.md does not name %q of %s with its reason", fields[1], fields[0])
		}
	}
	if n == 0 {
		t.Error("there are no exceptions")
	}
}
