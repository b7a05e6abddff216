package integration

import (
	"fmt"
	"sort"
	"strings"
	"testing"
)

// ownDefaults are parameters whose value differs by nature: where this process listens and
// what it keeps, or what 7.2 says otherwise than the 7.0 judge.
var ownDefaults = map[string]string{
	"port":                     "given on the command line",
	"dir":                      "given on the command line",
	"bind":                     "loopback until configured, as redis.conf has it",
	"save":                     "the judge is started without",
	"oom-score-adj":            "depends on how the process was started",
	"enable-protected-configs": "given to none",
}

// TestConfigNames wants every parameter of the judge, with its default.
func TestConfigNames(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	ours, theirs := configOf(t, p.larder), configOf(t, p.judge)
	for _, name := range sortedKeys(theirs) {
		got, known := ours[name]
		switch {
		case !known:
			t.Errorf("CONFIG GET does not know %s (default %q)", name, theirs[name])
		case got != theirs[name] && ownDefaults[name] == "":
			t.Errorf("%s: %q, in Redis %q", name, got, theirs[name])
		}
	}
}

func configOf(t *testing.T, s *server) map[string]string {
	t.Helper()
	params := map[string]string{}
	texts := dial(t, s).must(t, "CONFIG", "GET", "*").texts()
	for i := 0; i+1 < len(texts); i += 2 {
		params[texts[i]] = texts[i+1]
	}
	return params
}

func sortedKeys[V any](m map[string]V) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// infoSections are the sections a tool may read, with the judge's fields.
var infoSections = []string{"server", "clients", "memory", "persistence", "stats", "replication", "cpu", "modules", "cluster", "keyspace", "commandstats", "errorstats"}

// TestInfoFields wants every field of the judge's INFO in the same section.
func TestInfoFields(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	for _, s := range []*server{p.larder, p.judge} {
		c := dial(t, s)
		c.must(t, "SET", "k", "v")
		c.do("nosuch")
	}
	ours, theirs := dial(t, p.larder), dial(t, p.judge)
	for _, section := range infoSections {
		got, want := infoFields(ours.must(t, "INFO", section).text), infoFields(theirs.must(t, "INFO", section).text)
		for _, name := range sortedKeys(want) {
			if !got[name] && !strings.HasPrefix(name, "cmdstat_") {
				t.Errorf("INFO %s has no %s", section, name)
			}
		}
	}
}

// infoFields are the names before the colons, and the headings.
func infoFields(text string) map[string]bool {
	names := map[string]bool{}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			name, _, _ := strings.Cut(line, ":")
			names[name] = true
		}
	}
	return names
}

// changedIn72 are properties of commands that 7.2 declares otherwise than the judge.
var changedIn72 = map[string]string{
	"zrank arity":                   "WITHSCORE",
	"zrevrank arity":                "WITHSCORE",
	"command|getkeys arity":         "-3",
	"command|getkeysandflags arity": "-3",
	// Scripts may call them since 7.2, and never wait.
	"blpop flags": "no noscript", "brpop flags": "no noscript", "blmove flags": "no noscript", "brpoplpush flags": "no noscript",
	"bzpopmin flags": "no noscript", "bzpopmax flags": "no noscript",
}

// TestCommandProperties compares what COMMAND says of each command that both have: arity,
// flags, first, last and step of the keys, categories, and key specifications.
func TestCommandProperties(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	ours, theirs := commandsOf(t, p.larder), commandsOf(t, p.judge)
	for _, name := range sortedNames(ours) {
		want, known := theirs[name]
		if !known {
			continue
		}
		got := ours[name].reply
		for property, at := range map[string]int{"arity": 1, "flags": 2, "first": 3, "last": 4, "step": 5, "categories": 6, "key specifications": 8} {
			g, w := plain(got.list[at]), plain(want.reply.list[at])
			if g != w && changedIn72[name+" "+property] == "" {
				t.Errorf("%s of %s: %s, in Redis %s", property, name, g, w)
			}
		}
	}
}

// plain shows a value with its sets in sorted order.
func plain(v value) string {
	if len(v.list) == 0 {
		return v.text
	}
	parts := make([]string, len(v.list))
	for i, e := range v.list {
		parts[i] = plain(e)
	}
	if v.list[0].kind == '+' {
		sort.Strings(parts)
	}
	return fmt.Sprintf("%q", parts)
}
