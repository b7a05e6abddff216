package integration

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// lineLists are the scripts of all families: a command counts as covered when a line of
// one of them, or a golden row, calls it. A new family's list is added here.
var lineLists = [][]script{
	stringScripts, hashScripts, listScripts, setScripts, zsetScripts, keyScripts,
	connectionScripts, helloScripts, protocolScripts, authScripts, serverScripts, debugScripts,
	sortScripts, dumpScripts, streamScripts, groupScripts, transactionScripts, blockingScripts, pubsubScripts, paceScripts, trackingScripts, scriptScripts, oddScripts,
	bitmapScripts, geoScripts, hllScripts, aclScripts,
}

// testedElsewhere are commands that end or replace the server, which no line may do.
var testedElsewhere = map[string]string{
	"shutdown":           "TestShutdown",
	"monitor":            "TestMonitorAgainstRedis",
	"cluster|slot-stats": "TestClusterSlotStats",
}

// TestEveryCommandIsCovered lists the commands and subcommands of COMMAND that nothing compares.
func TestEveryCommandIsCovered(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	all := commandsOf(t, startLarder(t))
	covered := map[string]bool{}
	for _, list := range lineLists {
		for i := range list {
			for _, s := range list[i].steps(t) {
				covered[nameOf(s.words, all)] = true
			}
		}
	}
	for _, g := range slices.Concat(goldenRows, newerRows, hashRows, setRows, cacheRows, aclRows) {
		for _, s := range g.script().steps(t) {
			covered[nameOf(s.words, all)] = true
		}
	}
	for name := range covered {
		container, _, isSub := strings.Cut(name, "|")
		if isSub {
			covered[container] = true
		}
	}
	for _, name := range sortedNames(all) {
		if !covered[name] && testedElsewhere[name] == "" {
			t.Errorf("no differential line and no golden row calls %s", strings.ToUpper(name))
		}
	}
}

// redisNames are all commands and subcommands of Redis 7.2, as far as the judge and the
// committed list tell.
func redisNames(t *testing.T) []string {
	t.Helper()
	var names []string
	c := dial(t, startJudge(t))
	for _, v := range c.must(t, "COMMAND", "LIST").list {
		names = append(names, strings.ToLower(v.text))
	}
	for name := range commandsOf(t, startJudge(t)) {
		if strings.Contains(name, "|") {
			names = append(names, name)
		}
	}
	added, err := os.ReadFile("testdata/commands_7_2.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(added)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			names = append(names, line)
		}
	}
	return names
}

// TestEveryRedisCommandIsKnown wants each command of Redis either served or explained in
// docs/compat.md, and the paper's claims true.
func TestEveryRedisCommandIsKnown(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	rows := compatRows(t)
	c := dial(t, startLarder(t))
	for _, name := range redisNames(t) {
		info := c.must(t, "COMMAND", "INFO", name)
		served := len(info.list) == 1 && !info.list[0].null
		container, _, _ := strings.Cut(name, "|")
		row, explained := rows[name]
		if !explained {
			row, explained = rows[container]
		}
		switch {
		case !served && !explained:
			t.Errorf("%s is neither served nor in docs/compat.md", strings.ToUpper(name))
		case served && explained && strings.Contains(row.reply, "unknown"):
			t.Errorf("docs/compat.md says %s is unknown, but COMMAND INFO knows it", strings.ToUpper(name))
		}
	}
}

// TestCompatReplies calls what docs/compat.md says is not there and wants the reply it names.
func TestCompatReplies(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	c := dial(t, startLarder(t))
	for name, row := range compatRows(t) {
		v, raw := c.do(append(strings.Split(name, "|"), "a", "b", "c")...)
		if !v.isError() || !strings.Contains(v.text, row.reply) {
			t.Errorf("%s: docs/compat.md says %q, the server %s", strings.ToUpper(name), row.reply, show(v, raw))
		}
	}
}

type compatRow struct{ reply, reason string }

// compatRows reads the tables of commands in docs/compat.md: names in back quotes, the error's text in
// back quotes, the reason. A container's row covers its subcommands. The tables of directives are held by
// resp/param's own test.
func compatRows(t *testing.T) map[string]compatRow {
	t.Helper()
	paper, err := os.ReadFile("../docs/compat.md")
	if err != nil {
		t.Fatal(err)
	}
	commands, _, found := strings.Cut(string(paper), "\n## Served, with a difference\n")
	if !found {
		t.Fatal("docs/compat.md does not say what is served with a difference")
	}
	rows := map[string]compatRow{}
	for line := range strings.Lines(commands) {
		cells := strings.Split(strings.TrimSpace(line), " | ")
		if !strings.HasPrefix(line, "| `") || len(cells) != 3 {
			continue
		}
		reason := strings.TrimSuffix(cells[2], " |")
		for _, name := range backquoted(cells[0]) {
			name = strings.ToLower(strings.ReplaceAll(name, " ", "|"))
			if reply := backquoted(cells[1]); len(reply) == 1 && reason != "" {
				rows[name] = compatRow{reply[0], reason}
			} else {
				t.Errorf("docs/compat.md: %s has no reply or reason", name)
			}
		}
	}
	if len(rows) == 0 {
		t.Error("docs/compat.md has no rows")
	}
	return rows
}

// backquoted are the words between back quotes.
func backquoted(s string) []string {
	var out []string
	for i, part := range strings.Split(s, "`") {
		if i%2 == 1 {
			out = append(out, part)
		}
	}
	return out
}
