package integration

import (
	"slices"
	"strings"
	"testing"
)

// clientHelp72 is CLIENT HELP of 7.2 (commands/client-help): the judge lacks SETINFO and NO-TOUCH.
var clientHelp72 = []string{
	"SETINFO <option> <value>",
	"    Set client meta attr. Options are:",
	"    * LIB-NAME: the client lib name.",
	"    * LIB-VER: the client lib version.",
	"NO-TOUCH (ON|OFF)",
	"    Will not touch LRU/LFU stats when this mode is on.",
}

// TestHelp holds the text of every container against the judge's, line by line, and wants every
// subcommand named in it.
func TestHelp(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	larder, judge := dial(t, p.larder), dial(t, p.judge)
	ours, theirs := commandsOf(t, p.larder), commandsOf(t, p.judge)
	tried := 0
	for _, name := range sortedNames(ours) {
		if ours[name+"|help"].name == "" {
			continue
		}
		tried++
		help, _ := larder.do(name, "HELP")
		want, _ := judge.do(name, "HELP")
		if theirs[name].name != "" {
			compareHelp(t, name, help, want)
		}
		if help.isError() { // as CLUSTER's without a cluster
			continue
		}
		for _, sub := range ours[name].reply.list[9].list {
			_, sub, _ := strings.Cut(strings.ToUpper(sub.list[0].text), "|")
			names := func(line string) bool { return line == sub || strings.HasPrefix(line, sub+" ") }
			if !slices.ContainsFunc(help.texts(), names) {
				t.Errorf("%s HELP does not name %s", name, sub)
			}
		}
	}
	if tried < 10 {
		t.Errorf("only %d containers have HELP", tried)
	}
}

func compareHelp(t *testing.T, name string, help, want value) {
	t.Helper()
	got := help.texts()
	if name == "client" {
		at := slices.Index(got, clientHelp72[0])
		if at < 1 || got[at-2] != "SETNAME <name>" || !slices.Equal(got[at:at+4], clientHelp72[:4]) {
			t.Errorf("CLIENT HELP does not have SETINFO behind SETNAME: %q", got)
		}
		n := len(got)
		for _, line := range clientHelp72 {
			got = slices.DeleteFunc(got, func(l string) bool { return l == line })
		}
		if n-len(got) != len(clientHelp72) {
			t.Errorf("CLIENT HELP: %d lines of 7.2, want %d", n-len(got), len(clientHelp72))
		}
	}
	if help.kind != want.kind || help.isError() && help.text != want.text || !slices.Equal(got, want.texts()) {
		t.Errorf("%s HELP:\n  redis:  %q\n  larder: %q", name, want.texts(), got)
	}
}
