// The official tests of Lua 5.1 pass, but for what Redis's Lua does not have: cuts.txt names these lines, each with its
// reason.
package lua51

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// yields is the one file that expects to run as a coroutine.
const yields = "big.lua"

// cut is a passage that is left out: lines from to to, the first of which begins with what opens says. A cut without
// lines is a whole file.
type cut struct {
	from, to int
	opens    string
}

// official is the directory of the tests in the cache of modules.
func official(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/yuin/gopher-lua").Output()
	if err != nil {
		t.Fatalf("the module that carries the tests cannot be found: %v", err)
	}
	dir := strings.TrimSpace(string(out))
	if dir == "" {
		if out, err := exec.Command("go", "mod", "download").CombinedOutput(); err != nil {
			t.Fatalf("go mod download: %v: %s", err, out)
		}
		return official(t)
	}
	return filepath.Join(dir, "_lua5.1-tests")
}

// readCuts reads cuts.txt: "FILE FROM-TO first words", under a comment that is the reason, or "FILE all".
func readCuts(t *testing.T) map[string][]cut {
	t.Helper()
	text, err := os.ReadFile("cuts.txt")
	if err != nil {
		t.Fatal(err)
	}
	cuts, reason := map[string][]cut{}, false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		switch {
		case line == "":
			reason = false
			continue
		case strings.HasPrefix(line, "#"):
			reason = true
			continue
		case !reason:
			t.Fatalf("cuts.txt: %q has no reason", line)
		}
		name, rest, _ := strings.Cut(line, " ")
		var c cut
		if rest != "all" {
			where, opens, _ := strings.Cut(strings.TrimSpace(rest), " ")
			if n, _ := fmt.Sscanf(where, "%d-%d", &c.from, &c.to); n == 1 {
				c.to = c.from
			}
			c.opens = strings.TrimSpace(opens)
			if c.from < 1 || c.to < c.from || c.opens == "" {
				t.Fatalf("cuts.txt: %q", line)
			}
		}
		cuts[name] = append(cuts[name], c)
	}
	return cuts
}

// apply empties the lines of the cuts, so that the others keep their numbers.
func apply(t *testing.T, name, text string, cuts []cut) string {
	t.Helper()
	lines := strings.Split(text, "\n")
	for _, c := range cuts {
		if c.to > len(lines) || !strings.HasPrefix(strings.TrimSpace(lines[c.from-1]), c.opens) {
			t.Fatalf("cuts.txt: line %d of %s does not begin with %q", c.from, name, c.opens)
		}
		for i := c.from; i <= c.to; i++ {
			lines[i-1] = ""
		}
	}
	return strings.Join(lines, "\n")
}

func whole(cuts []cut) bool { return len(cuts) == 1 && cuts[0].from == 0 }

// files calls play for each file that is not left out whole.
func files(t *testing.T, play func(t *testing.T, name, text string, cuts []cut)) {
	cuts := readCuts(t)
	paths, err := filepath.Glob(filepath.Join(official(t), "*.lua"))
	if err != nil || len(paths) < 20 {
		t.Fatalf("%d files: %v", len(paths), err)
	}
	for _, path := range paths {
		name := filepath.Base(path)
		mine := cuts[name]
		delete(cuts, name)
		if whole(mine) {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(strings.TrimSuffix(name, ".lua"), func(t *testing.T) { play(t, name, string(text), mine) })
	}
	for name := range cuts {
		t.Errorf("cuts.txt names %s, which is not there", name)
	}
}

func TestOfficialTestsPass(t *testing.T) {
	files(t, func(t *testing.T, name, text string, cuts []cut) {
		if err := run(apply(t, name, text, cuts), name, name == yields); err != nil {
			t.Error(err)
		}
	})
}

// A cut that is no longer needed would hide the next fault in what it leaves out.
func TestEveryCutIsNeeded(t *testing.T) {
	files(t, func(t *testing.T, name, text string, cuts []cut) {
		for i, c := range cuts {
			others := append(append([]cut{}, cuts[:i]...), cuts[i+1:]...)
			if run(apply(t, name, text, others), name, name == yields) == nil {
				t.Errorf("passes with lines %d to %d", c.from, c.to)
			}
		}
	})
}
