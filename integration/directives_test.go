package integration

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// renamed is what playbooks do: commands get secret names, exchange theirs, or have none any more.
var renamed = []string{
	"--rename-command", "FLUSHDB", "", "--rename-command", "CONFIG", "XcFg", "--rename-command", "get", "swap",
	"--rename-command", "SET", "get", "--rename-command", "swap", "set", "--rename-command", "MULTI", "mm",
	"--rename-command", "EXEC", "ee", "--rename-command", "EVAL", "run", "--rename-command", "SUBSCRIBE", "hear",
	"--rename-command", "BLPOP", "wait-for", "--rename-command", "BGSAVE", "", "--rename-command", "AUTH", strings.Repeat("0a", 64),
}

func TestDiffRenamedCommands(t *testing.T) {
	t.Parallel()
	secret := strings.Repeat("0A", 64)
	diff(t, []script{
		{"names", `
FLUSHDB
flushdb async
CONFIG GET timeout
xcfg GET timeout
XCFG nothing x
xcfg
xcfg get
get a 5
set a
get a
GET a 6 XX
SET a b
swap a
EVAL "return 1" 0
` + secret + ` pw
` + secret + `x pw
AUTH pw`},
		{"commands", `
COMMAND INFO config flushdb config|get swap
COMMAND INFO get set
COMMAND DOCS flushdb config
COMMAND LIST FILTERBY PATTERN flushdb
COMMAND LIST FILTERBY PATTERN xcf[g]
COMMAND LIST FILTERBY PATTERN exec
COMMAND GETKEYS get a b
COMMAND GETKEYS flushdb a
xcfg SET rename-command x
xcfg GET rename-command`},
		{"transactions", `
get a 1
mm
get a 2
set a
ee
mm
flushdb
ee
mm
get a 3
MULTI
EXEC
ee
set a`},
		{"scripts", `
get a 1
run "return redis.call('set', KEYS[1])" 1 a
run "return redis.call('get', KEYS[1], 'x')" 1 a
run "return redis.pcall('flushdb')" 0
run "return redis.pcall('swap', 'a')" 0`},
		{"waiting", `
[later] @w wait-for l 0
RPUSH l x
@w receive
mm
wait-for l 0.01
ee`},
		{"channels", `
@s hear c
PUBLISH c m
@s receive
subscribe c`},
	}, renamed...)
}

// TestRenamesInStatistics wants the counts under the names of the manual, and none of commands that are gone.
func TestRenamesInStatistics(t *testing.T) {
	t.Parallel()
	p := startPair(t, renamed...)
	for _, s := range []*server{p.larder, p.judge} {
		c := dial(t, s)
		c.must(t, "get", "a", "1")
		c.must(t, "xcfg", "get", "timeout")
		c.do("flushdb")
		stats := infoFields(c.must(t, "INFO", "commandstats").text)
		for name, want := range map[string]bool{"cmdstat_set": true, "cmdstat_config|get": true, "cmdstat_get": false, "cmdstat_flushdb": false} {
			if stats[name] != want {
				t.Errorf("%s: %s is there: %v, want %v", s.bin, name, stats[name], want)
			}
		}
	}
}

// TestEveryCommandCanBeRenamed renames all commands of the judge: those that are not there yet, too, must not keep
// a server from starting whose configuration takes them away.
func TestEveryCommandCanBeRenamed(t *testing.T) {
	t.Parallel()
	judge := startJudge(t)
	var args, names []string
	for _, name := range dial(t, judge).must(t, "COMMAND", "LIST").texts() {
		if !strings.Contains(name, "|") && !slices.Contains([]string{"ping", "command", "hello"}, name) {
			args = append(args, "--rename-command", name, "my-"+name)
			names = append(names, name)
		}
	}
	slices.Sort(names)
	c := dial(t, startLarder(t, args...))
	left := c.must(t, append([]string{"COMMAND", "INFO"}, names...)...)
	for i, name := range names {
		if !left.list[i].null {
			t.Errorf("%s still has its name", name)
		}
	}
	if got := c.must(t, "my-set", "k", "v"); got.text != "OK" {
		t.Error("my-set:", got)
	}
}

// A server that Redis would protect, or keep copies of, does not start without what its configuration asks for,
// and touches no data.
func TestServersThatWouldStandOpen(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	for _, line := range []string{
		"user default on nopass allkeys nosuch", "user app on +nosuch", "user app on >pw (+get", `user "a b" on`, "replicaof 127.0.0.1 1", "min-replicas-to-write 1",
		"rename-command NOSUCH x", "rename-command CONFIG get", "loadmodule /x.so",
	} {
		dir := t.TempDir()
		conf := filepath.Join(dir, "a.conf")
		if err := os.WriteFile(conf, []byte("# first\n"+line+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		words, err := splitWords(line)
		if err != nil {
			t.Fatal(err)
		}
		words[0] = "--" + words[0]
		// refuse puts port and dir first, so the file is included.
		for how, args := range map[string][]string{"file": {"--include", conf}, "command line": words} {
			data := filepath.Join(dir, how)
			s := &server{bin: larderBin, args: append([]string{"--dir", data}, args...), dir: dir, port: freePort(t)}
			code, out := refuse(t, s)
			if code != 1 || !strings.Contains(out, "*** FATAL CONFIG FILE ERROR (Redis 7.2") || !strings.Contains(out, ">>> '"+strings.Fields(line)[0]) {
				t.Errorf("%s in %s: ends with %d:\n%s", line, how, code, out)
			}
			if _, err := os.Stat(data); !os.IsNotExist(err) {
				t.Errorf("%s in %s: the data directory was made", line, how)
			}
		}
	}
}

// TestOOMScoreOfTheProcess asks the operating system.
func TestOOMScoreOfTheProcess(t *testing.T) {
	t.Parallel()
	for _, start := range []func(*testing.T, ...string) *server{
		func(t *testing.T, args ...string) *server { return startLarder(t, args...) },
		startJudge,
	} {
		s := start(t, "--oom-score-adj", "absolute", "--oom-score-adj-values", "501", "600", "700")
		c := dial(t, s)
		wantOOMScore(t, s, "501")
		c.must(t, "CONFIG", "SET", "oom-score-adj-values", "502 600 700")
		wantOOMScore(t, s, "502")
	}
}

func wantOOMScore(t *testing.T, s *server, want string) {
	t.Helper()
	got, err := os.ReadFile(fmt.Sprintf("/proc/%d/oom_score_adj", s.cmd.Process.Pid))
	if err != nil || strings.TrimSpace(string(got)) != want {
		t.Errorf("%s: the score is %q (%v), want %s", s.bin, got, err, want)
	}
}
