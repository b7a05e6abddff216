package cli_test

import (
	"bytes"
	"strings"
	"testing"

	"larder/cli"
)

// run returns the exit status and what was written to standard output and standard error.
func run(words ...string) (status int, out, problems string) {
	var stdout, stderr bytes.Buffer
	status = cli.Run(words, strings.NewReader(""), &stdout, &stderr)
	return status, stdout.String(), stderr.String()
}

func TestHelpListsEverySubcommandAndEachHasItsOwn(t *testing.T) {
	status, list, _ := run("help")
	if _, same, _ := run("--help"); status != 0 || same != list {
		t.Errorf("status %d; --help says\n%s", status, same)
	}
	for _, name := range []string{"serve", "check"} {
		if !strings.Contains(list, "\n  "+name+" ") {
			t.Errorf("%s is not in\n%s", name, list)
		}
		status, asked, _ := run("help", name)
		_, own, _ := run(name, "--help")
		if status != 0 || asked != own || !strings.HasPrefix(own, "Usage: larder ") || !strings.Contains(own, name) {
			t.Errorf("%s: status %d, %q and %q", name, status, asked, own)
		}
	}
	if status, out, problems := run("help", "nothing"); status != 1 || out != "" || !strings.Contains(problems, `"nothing"`) {
		t.Errorf("status %d, %q, %q", status, out, problems)
	}
}

func TestVersion(t *testing.T) {
	for _, word := range []string{"--version", "-v"} {
		if status, out, _ := run(word); status != 0 || !strings.HasPrefix(out, "Larder server v=") {
			t.Errorf("%s: status %d, %q", word, status, out)
		}
	}
}

// Words that name no subcommand are for the server, as those of redis-server.
func TestServeIsMeantWithoutAName(t *testing.T) {
	for _, words := range [][]string{{"--nosuchdirective", "1"}, {"serve", "--nosuchdirective", "1"}} {
		if status, _, problems := run(words...); status != 1 || !strings.Contains(problems, "nosuchdirective") {
			t.Errorf("%q: status %d, %q", words, status, problems)
		}
	}
}
