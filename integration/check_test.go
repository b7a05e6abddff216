package integration

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// checked runs larder check on a server's directory.
func checked(t *testing.T, s *server, words ...string) (status string, out string, code int) {
	t.Helper()
	cmd := exec.Command(s.bin, append([]string{"check", s.dir, "--json"}, words...)...)
	content, err := cmd.Output()
	if _, ended := err.(*exec.ExitError); err != nil && !ended {
		t.Fatal(err)
	}
	var report struct{ Status string }
	if err := json.Unmarshal(content, &report); err != nil {
		t.Fatalf("%v: %s", err, content)
	}
	return report.Status, string(content), cmd.ProcessState.ExitCode()
}

// TestCheckAfterMayhem kills the server under load, again and again, and finds the data sound each
// time: offline, before anything has been replayed by a server, and online while others write.
func TestCheckAfterMayhem(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	s := startLarder(t)
	ledgers := make([]*ledger, crashWriters)
	for i := range ledgers {
		ledgers[i] = &ledger{id: i, text: map[string]string{}}
	}
	for round := range int64(3) {
		load(t, s, ledgers, 1500*(round+1), s.kill)
		if status, out, code := checked(t, s); status != "sound" || code != 0 {
			t.Fatalf("after kill -9, round %d: %d %s", round, code, out)
		}
		s.restart(t)
		c := dial(t, s)
		for _, l := range ledgers {
			l.check(t, c)
			l.settle(t, c)
		}
		if status, out, code := checked(t, s); code != 2 || !strings.Contains(out, "in use by process") {
			t.Errorf("with a server running: %d %s %s", code, status, out)
		}
		if got := c.must(t, "CACHE", "CHECK").texts(); len(got) < 2 || got[1] != "sound" {
			t.Errorf("online, round %d: %v", round, got)
		}
	}
	s.term(t)
	if status, out, _ := checked(t, s, "--fix"); status != "sound" {
		t.Errorf("after a clean end: %s", out)
	}
}

// TestCheckWhileClientsCount has CACHE CHECK FIX run beside 16 clients that count: it finds
// nothing, and no increment is lost.
func TestCheckWhileClientsCount(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	s := startLarder(t)
	const clients, each = 16, 300
	done := make(chan error, clients)
	for range clients {
		c := dial(t, s)
		go func() {
			var err error
			for range each {
				if v, _ := c.do("INCR", "n"); v.isError() || v.kind == 'x' {
					err = fmt.Errorf("INCR: %v", v)
					break
				}
			}
			done <- err
		}()
	}
	c := dial(t, s)
	for left := clients; left > 0; {
		select {
		case err := <-done:
			if left--; err != nil {
				t.Error(err)
			}
		default:
			if got := c.must(t, "CACHE", "CHECK", "FIX").texts(); len(got) < 2 || got[1] != "sound" {
				t.Fatalf("%v", got)
			}
		}
	}
	if n := c.must(t, "GET", "n").text; n != "4800" {
		t.Errorf("%d clients counted to %s", clients, n)
	}
}

// TestCheckOnline damages a file while no server has it, and has CACHE CHECK name the damage, CACHE CHECK FIX mend it,
// and another look find nothing, in the words of docs/cache.md and in both protocols.
func TestCheckOnline(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	s := startLarder(t, "--shards", "1")
	for _, proto := range []string{"2", "3"} {
		c := dial(t, s)
		c.must(t, "HSET", "h", "a", "1", "b", "2")
		s.term(t)
		sql := `import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("UPDATE spaces SET size = size + 3")
db.execute("UPDATE heads SET len = 9 WHERE name = CAST('h' AS BLOB)")
db.commit()`
		if out, err := exec.Command("/usr/bin/python3", "-c", sql, filepath.Join(s.dir, "shard-000.db")).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		s.restart(t)
		c = dial(t, s)
		c.must(t, "HELLO", proto)
		kind := map[string]string{"2": "*", "3": "%"}[proto]
		finding := func(problem string, fixed int) *regexp.Regexp {
			return regexp.MustCompile(regexp.QuoteMeta(kind) + `\["shard" :0 "subject" "[^\]]+" "problem" "[^"]*` + problem + `[^"]*" "repair" "[^"]+" "fixed" :` + fmt.Sprint(fixed) + `\]`)
		}
		for _, look := range []struct {
			words  []string
			status string
			fixed  int
		}{{[]string{"CACHE", "CHECK"}, "unsound", 0}, {[]string{"CACHE", "CHECK", "FIX"}, "mended", 1}} {
			got := c.must(t, look.words...).String()
			if !strings.HasPrefix(got, kind+`["status" "`+look.status+`" "findings" *[`) ||
				!finding("counters", look.fixed).MatchString(got) || !finding("says it has 9 items and has 2", look.fixed).MatchString(got) {
				t.Errorf("protocol %s, %v: %s", proto, look.words, got)
			}
		}
		if got := c.must(t, "CACHE", "CHECK").String(); got != kind+`["status" "sound" "findings" *[]]` {
			t.Errorf("afterwards: %s", got)
		}
		if n := c.must(t, "HLEN", "h").text; n != "2" {
			t.Errorf("the hash says it has %s fields", n)
		}
	}
}
