package integration

import (
	"encoding/json"
	"fmt"
	"os/exec"
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
