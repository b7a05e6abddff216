package integration

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestPaceAgainstRedis(t *testing.T) { t.Parallel(); diff(t, paceScripts) }

// paceScripts are the commands that say when clients are served and answered.
var paceScripts = []script{
	{"CLIENT REPLY", `
		CLIENT REPLY ON
		CLIENT REPLY foo
		CLIENT REPLY
		[raw] "CLIENT REPLY OFF\r\nSET k v\r\nNOSUCH\r\nGET k\r\nCLIENT REPLY SKIP\r\nPING\r\nCLIENT REPLY ON\r\n"
		GET k
		[raw] "CLIENT REPLY SKIP\r\nSET k w\r\nGET k\r\n"
		[raw] "CLIENT REPLY SKIP\r\nCLIENT REPLY SKIP\r\nPING a\r\nPING b\r\n"
		PING c
		[raw] "CLIENT REPLY SKIP\r\nNOSUCH\r\nPING d\r\n"
		@a SUBSCRIBE c
		[raw] @b "CLIENT REPLY OFF\r\nSUBSCRIBE c\r\nCLIENT REPLY ON\r\n"
		[raw] @c "CLIENT REPLY OFF\r\nRESET\r\nPING\r\n"
	`},
	{"CLIENT PAUSE", `
		CLIENT PAUSE
		CLIENT PAUSE x
		CLIENT PAUSE -1
		CLIENT PAUSE 1.5
		CLIENT PAUSE 10 foo
		CLIENT PAUSE 10 WRITE x
		CLIENT UNPAUSE
		CLIENT UNPAUSE x
		SET k v
		CLIENT PAUSE 100 WRITE
		GET k
		PING
		SET k w
		GET k
		CLIENT PAUSE 100 write
		PUBLISH c x
		CLIENT PAUSE 100
		PING
		CLIENT PAUSE 100000 WRITE
		MULTI
		GET k
		EXEC
		CLIENT PAUSE 10 WRITE
		CLIENT UNPAUSE
		SET k x
		CLIENT PAUSE 0
		PING
	`},
	{"WAIT", `
		WAIT 0 0
		WAIT 0 100
		WAIT -1 0
		WAIT x 0
		WAIT 0 x
		WAIT 0 -1
		WAIT 0
		SET k v
		WAIT 0 0
		MULTI
		WAIT 1 0
		EXEC
	`},
}

// monitored are lines run while another client watches.
var monitored = []string{
	"SET k v", `SET "a \"b\" \\ \n\r\t\a\b \x00\x01\xff é" 1`, "get k", "GET", "NOSUCH a b", "SELECT 3", "INCR k", "SELECT 0",
	"MULTI", "SET k w", "LPUSH l a", "EXEC", "MULTI", "SET k x", "DISCARD", "MULTI", "NOSUCH", "EXEC",
	"CONFIG GET maxmemory", "AUTH default secret", "HELLO 2 AUTH default secret SETNAME me", "CLIENT ID", "CLIENT LIST", "PUBLISH c hello", "SUBSCRIBE x", "UNSUBSCRIBE x",
	"FLUSHALL", "INFO server", "SLOWLOG GET", "DEBUG SLEEP 0", "CLIENT NO-EVICT on", "OBJECT HELP", "EVAL",
	`EVAL "redis.call('SET', KEYS[1], 'v'); return redis.call('GET', KEYS[1])" 1 k`, `EVAL "return redis.pcall('NOSUCH')" 0`,
	`EVAL "redis.call('SELECT', 2); redis.call('SET', 'k', 'v'); return redis.call('INCR', 'k')" 0`, `EVAL_RO "return redis.call('GET', KEYS[1])" 1 k`,
	"EVALSHA 0123456789012345678901234567890123456789 0", "EVAL not-a-script 0", "FCALL nosuch 0",
	"FUNCTION LOAD \"#!lua name=lib\\nredis.register_function('f', function(keys) redis.call('DEL', keys[1]) return redis.call('SET', keys[1], 'f') end)\"",
	"FCALL f 1 k", "FUNCTION FLUSH",
	"MULTI", "SET k w", `EVAL "redis.call('SET', KEYS[1], 'v'); redis.call('SELECT', 7) return redis.call('GET', KEYS[1])" 1 k`, "SELECT 5", "INCR k",
	"PUBLISH c hello", `EVAL "return redis.call('INCR', KEYS[1])" 1 k`, "EVALSHA 0123456789012345678901234567890123456789 0", "PING x", "SELECT 0", "EXEC",
	"BLPOP nosuch 0.01", "LPUSH l b", "BLPOP nosuch l 0",
}

func TestMonitorAgainstRedis(t *testing.T) {
	t.Parallel()
	p := startPair(t, "--enable-debug-command", "yes")
	want, got := seenBy(t, p.judge), seenBy(t, p.larder)
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("redis:\n  %s\nlarder:\n  %s", strings.Join(want, "\n  "), strings.Join(got, "\n  "))
	}
}

// seenBy runs the lines and returns what MONITOR shows, without times and ports.
func seenBy(t *testing.T, s *server) []string {
	t.Helper()
	m, c := dial(t, s), dial(t, s)
	if v := m.must(t, "MONITOR"); v.text != "OK" {
		t.Fatalf("%s: MONITOR: %v", s.bin, v)
	}
	for _, line := range monitored {
		words, err := splitWords(line)
		if err != nil {
			t.Fatal(err)
		}
		c.do(words...)
	}
	c.must(t, "PING", "end")
	form := regexp.MustCompile(`^\d+\.\d{6} \[(\d+) (?:127\.0\.0\.1:\d+|(lua))\] (.*)$`)
	var seen []string
	for {
		v, raw := m.receive()
		parts := form.FindStringSubmatch(v.text)
		if v.kind != '+' || parts == nil {
			t.Fatalf("%s: not a line of MONITOR: %q", s.bin, raw)
		}
		if parts[3] == `"PING" "end"` {
			break
		}
		seen = append(seen, fmt.Sprint(parts[1], parts[2], " ", parts[3]))
	}
	m.quiet(t)
	return seen
}

func TestMonitorEnds(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	for _, s := range []*server{p.larder, p.judge} {
		m, c := dial(t, s), dial(t, s)
		m.must(t, "MONITOR")
		if list := c.must(t, "CLIENT", "LIST").text; !strings.Contains(list, " flags=O ") {
			t.Errorf("%s: no client has the flag O:\n%s", s.bin, list)
		}
		if v, _ := m.do("GET", "k"); v.text != "ERR Replica can't interact with the keyspace" {
			t.Errorf("%s: GET of a monitor: %v", s.bin, v)
		}
		if v := m.must(t, "RESET"); v.text != "RESET" {
			t.Errorf("%s: RESET: %v", s.bin, v)
		}
		c.must(t, "SET", "k", "v")
		m.quiet(t)
		if v := m.must(t, "GET", "k"); v.text != "v" {
			t.Errorf("%s: GET after RESET: %v", s.bin, v)
		}
	}
}

// TestPauseHoldsWriters: a pause holds writers of all kinds, shows them as blocked, lets readers pass, and a
// client that goes away or is killed meanwhile does not write.
func TestPauseHoldsWriters(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	for _, s := range []*server{p.larder, p.judge} {
		c := dial(t, s)
		held := map[string]*conn{}
		for _, line := range []string{"SET a 1", "EXEC", "PUBLISH c x", "GETEX k EX 10", "SET gone 1", "SET killed 1"} {
			held[line] = dial(t, s)
		}
		held["EXEC"].must(t, "MULTI")
		held["EXEC"].must(t, "SET", "b", "1")
		id := held["SET killed 1"].must(t, "CLIENT", "ID").text
		c.must(t, "CLIENT", "PAUSE", "60000", "WRITE")
		for line, h := range held {
			h.Write(encode(strings.Fields(line)...))
		}
		waitFor(t, func() bool { return strings.Contains(c.must(t, "INFO", "clients").text, "blocked_clients:6\r\n") })
		if list := c.must(t, "CLIENT", "LIST").text; strings.Count(list, " flags=b ") != 5 || strings.Count(list, " flags=xb ") != 1 {
			t.Errorf("%s: not everyone is shown as blocked:\n%s", s.bin, list)
		}
		held["SET gone 1"].Close()
		c.must(t, "CLIENT", "KILL", "ID", id)
		waitFor(t, func() bool { return strings.Contains(c.must(t, "INFO", "clients").text, "blocked_clients:4\r\n") })
		if n := c.must(t, "DBSIZE").text; n != "0" {
			t.Errorf("%s: %s keys written during the pause", s.bin, n)
		}
		c.must(t, "CLIENT", "UNPAUSE")
		for _, line := range []string{"SET a 1", "EXEC", "PUBLISH c x", "GETEX k EX 10"} {
			if v, _ := held[line].receive(); v.isError() || v.kind == 'x' {
				t.Errorf("%s: %s: %v", s.bin, line, v)
			}
		}
		if v := c.must(t, "EXISTS", "a", "b", "gone", "killed"); v.text != "2" {
			t.Errorf("%s: %s keys are there, want a and b", s.bin, v.text)
		}
	}
}

// waitFor waits until something holds, and fails when it never does.
func waitFor(t *testing.T, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited 20 s in vain")
		}
	}
}

func TestClientListShowsTransactions(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	for _, s := range []*server{p.larder, p.judge} {
		a, c := dial(t, s), dial(t, s)
		a.must(t, "WATCH", "k")
		a.must(t, "MULTI")
		if list := c.must(t, "CLIENT", "LIST").text; !strings.Contains(list, " flags=x ") || !strings.Contains(list, " multi=0 ") {
			t.Errorf("%s: after MULTI:\n%s", s.bin, list)
		}
		a.must(t, "SET", "k", "v")
		c.must(t, "SET", "k", "w")
		if list := c.must(t, "CLIENT", "LIST").text; !strings.Contains(list, " flags=xd ") || !strings.Contains(list, " multi=1 ") {
			t.Errorf("%s: after SET:\n%s", s.bin, list)
		}
		a.must(t, "EXEC")
		if list := c.must(t, "CLIENT", "LIST").text; strings.Contains(list, "flags=x") {
			t.Errorf("%s: after EXEC:\n%s", s.bin, list)
		}
	}
}
