package integration

import (
	"sort"
	"strings"
	"testing"
)

// commandInfo is what COMMAND INFO says of a command or subcommand.
type commandInfo struct {
	name  string // lower case, "config|get"
	arity int
	flags []string
	first string // with last and step, as text
	keys  bool
	reply value
}

// commandsOf asks a server for all its commands and subcommands.
func commandsOf(t *testing.T, s *server) map[string]commandInfo {
	t.Helper()
	all := map[string]commandInfo{}
	for _, row := range dial(t, s).must(t, "COMMAND").list {
		collect(t, all, row)
	}
	if len(all) == 0 {
		t.Fatal("COMMAND lists nothing")
	}
	return all
}

func collect(t *testing.T, all map[string]commandInfo, row value) {
	t.Helper()
	if len(row.list) < 10 {
		t.Fatalf("COMMAND: a row has fewer than ten fields: %v", row)
	}
	info := commandInfo{name: strings.ToLower(row.list[0].text), reply: row}
	info.arity = atoi(t, row.list[1].text)
	info.flags = row.list[2].texts()
	sort.Strings(info.flags)
	info.first = strings.Join([]string{row.list[3].text, row.list[4].text, row.list[5].text}, " ")
	info.keys = row.list[3].text != "0"
	all[info.name] = info
	for _, sub := range row.list[9].list {
		collect(t, all, sub)
	}
}

func sortedNames(m map[string]commandInfo) []string {
	var names []string
	for n := range m {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

// nameOf is the command or subcommand that words call, given all there are.
func nameOf(words []string, all map[string]commandInfo) string {
	if len(words) == 0 {
		return ""
	}
	if len(words) > 1 {
		if sub := strings.ToLower(words[0] + "|" + words[1]); all[sub].name != "" {
			return sub
		}
	}
	return strings.ToLower(words[0])
}
