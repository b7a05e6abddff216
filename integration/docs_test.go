package integration

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestReadmeLimits wants what the README says is not there to be not there: a limit that
// has fallen must not stay in the papers. Rows name commands in back quotes.
func TestReadmeLimits(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	c := dial(t, startLarder(t))
	section := readmeSection(t, "What is not there")
	names := 0
	for line := range strings.Lines(section) {
		cells := strings.Split(line, "|")
		if !strings.HasPrefix(line, "| ") || len(cells) != 5 {
			continue
		}
		for _, name := range backquoted(cells[2]) {
			names++
			info := c.must(t, "COMMAND", "INFO", strings.ReplaceAll(name, " ", "|"))
			if len(info.list) != 1 || !info.list[0].null {
				t.Errorf("README.md says %s is not there, but COMMAND INFO knows it", name)
			}
		}
	}
	if names == 0 {
		t.Error("the README's table of what is not there names no command")
	}
}

// TestReadmeClients holds the commands that the README says a client still lacks.
func TestReadmeClients(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	c := dial(t, startLarder(t))
	for line := range strings.Lines(readmeSection(t, "Clients")) {
		_, needs, found := strings.Cut(line, "needs ")
		if !found {
			continue
		}
		for _, name := range backquoted(needs) {
			info := c.must(t, "COMMAND", "INFO", name)
			if len(info.list) != 1 || !info.list[0].null {
				t.Errorf("README.md says a client needs %s, which is there now: %s", name, strings.TrimSpace(line))
			}
		}
	}
}

// readmeSection is the text below a heading of the second level.
func readmeSection(t *testing.T, heading string) string {
	t.Helper()
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?s)\n## ` + regexp.QuoteMeta(heading) + `\n(.*?)(\n## |$)`).FindSubmatch(text)
	if m == nil {
		t.Fatalf("README.md has no section %q", heading)
	}
	return string(m[1])
}

// fileName is a path below ours as the papers write it, in back quotes.
var fileName = regexp.MustCompile("`((?:[a-z_]+/)+[a-z_]+\\.(?:go|sql|sh|md|txt))`")

// TestPapersNameFiles wants every file that the papers name to exist.
func TestPapersNameFiles(t *testing.T) {
	t.Parallel()
	for _, paper := range []string{"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/internals.md", "docs/measurements.md"} {
		text, err := os.ReadFile("../" + paper)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range fileName.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat("../" + m[1]); err != nil {
				t.Errorf("%s names %s, which is not there", paper, m[1])
			}
		}
	}
}
