package resp_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// matches compares an INFO field with a regular expression of all of it.
func (c *caller) matches(field, pattern string) {
	c.Helper()
	if got := c.info(field); !regexp.MustCompile("^(" + pattern + ")$").MatchString(got) {
		c.Errorf("%s is %q, want %s", field, got, pattern)
	}
}

func TestCommandStats(t *testing.T) {
	c := serve(t).dial(t)
	c.do("SET k v")
	c.do("SET k w")
	c.do("INCR k")    // fails
	c.do("SET k")     // refused
	c.do("CLIENT ID") // a subcommand
	c.matches("cmdstat_set", `calls=2,usec=\d+,usec_per_call=\d+\.\d\d,rejected_calls=1,failed_calls=0`)
	c.matches("cmdstat_incr", `calls=1,usec=\d+,usec_per_call=\d+\.\d\d,rejected_calls=0,failed_calls=1`)
	c.matches("cmdstat_client|id", `calls=1,.*`)
	c.matches("latency_percentiles_usec_set", `p50=\d+\.\d+,p99=\d+\.\d+,p99\.9=\d+\.\d+`)
	c.want("CONFIG RESETSTAT", "+OK")
	c.matches("cmdstat_set", "missing")
	c.matches("latency_percentiles_usec_set", "missing")
}

func TestErrorStats(t *testing.T) {
	c := serve(t).dial(t)
	c.do("NOSUCH")
	c.do("SET k v")
	c.do("LPUSH k v")
	c.do("GET")
	c.matches("errorstat_ERR", "count=2")
	c.matches("errorstat_WRONGTYPE", "count=1")
	c.matches("total_error_replies", "3")
	c.want("CONFIG RESETSTAT", "+OK")
	c.matches("errorstat_ERR", "missing")
	c.matches("total_error_replies", "0")
}

// TestCodesThatScriptsMakeUp holds codes against what a redis-server 7.0.15 showed of them.
func TestCodesThatScriptsMakeUp(t *testing.T) {
	c := serve(t).dial(t)
	for _, text := range []string{"A:b#c=d,e x", "A\\r\\nerrorstat_B:count=1 x", "nospace:here", " lead",
		"<30 bytes are a code: so it is>", "123456789012345678901234567890 y", "1234567890123456789012345678901 y"} {
		c.words("EVAL", "return {err='"+text+"'}", "0")
	}
	c.matches("errorstat_A_b_c=d,e", "count=1")
	c.matches("errorstat_", "count=1")
	c.matches("errorstat_A", "count=1")
	c.matches("errorstat_B", "missing")
	c.matches("errorstat_<30", "count=1")
	c.matches("errorstat_123456789012345678901234567890", "count=1")
	c.matches("errorstat_ERR", "count=2")
}

func TestHitsAndMisses(t *testing.T) {
	c := serve(t).dial(t)
	c.do("MSET a 1 b 2")
	c.do("GET a")
	c.do("MGET a b c d")
	c.do("GET nosuch")
	c.do("SET a 3")
	c.matches("keyspace_hits", "3")
	c.matches("keyspace_misses", "3")
	c.matches("db0", "keys=2,expires=0,avg_ttl=0")
}

func TestClientStats(t *testing.T) {
	s := serve(t)
	c := s.dial(t)
	c.want("PING", "+PONG")
	s.dial(t).want("PING", "+PONG")
	c.matches("connected_clients", "2")
	c.matches("total_connections_received", "2")
	c.matches("total_commands_processed", "[4-9]")
	c.matches("total_net_input_bytes", `[1-9]\d+`)
	c.matches("total_net_output_bytes", `[1-9]\d+`)
}

func TestSlowlog(t *testing.T) {
	c := serve(t, "slowlog-log-slower-than=0", "slowlog-max-len=3").dial(t)
	c.want("CONFIG SET requirepass secret masterauth other", "+OK")
	c.want("AUTH secret", "+OK")
	c.want("HELLO 2 AUTH default secret SETNAME me", c.do("HELLO"))
	log := c.do("SLOWLOG GET")
	for _, want := range []string{"[HELLO 2 AUTH (redacted) (redacted) SETNAME me]", "[AUTH (redacted)]"} {
		if !strings.Contains(log, want) {
			t.Errorf("%s is missing in %s", want, log)
		}
	}
	if strings.Contains(log, "secret") || strings.Contains(log, "other") {
		t.Error("a secret stands in", log)
	}
	c.want("SLOWLOG LEN", ":3")
	c.want("CONFIG SET slowlog-log-slower-than -1", "+OK")
	c.want("SLOWLOG RESET", "+OK")
	c.want("SLOWLOG LEN", ":0")
	c.want("CONFIG SET slowlog-log-slower-than 0", "+OK")
	c.do("GET " + strings.Repeat("x", 200))
	if log := c.do("SLOWLOG GET 1"); !strings.Contains(log, "x... (72 more bytes)]") {
		t.Error(log)
	}
	c.do("MGET" + strings.Repeat(" k", 40))
	if log := c.do("SLOWLOG GET 1"); !strings.Contains(log, "... (10 more arguments)]") {
		t.Error(log)
	}
}

func TestLatencyEvents(t *testing.T) {
	c := serve(t, "latency-monitor-threshold=5", "enable-debug-command=yes").dial(t)
	c.want("LATENCY LATEST", "[]")
	c.want("DEBUG SLEEP 0.02", "+OK")
	latest := c.do("LATENCY LATEST")
	var at, last, longest int64
	if _, err := fmt.Sscanf(latest, "[[command :%d :%d :%d]]", &at, &last, &longest); err != nil {
		t.Fatal(latest, err)
	}
	if at == 0 || last < 20 || longest != last {
		t.Error(latest)
	}
	if history := c.do("LATENCY HISTORY command"); history != fmt.Sprintf("[[:%d :%d]]", at, last) {
		t.Error(history)
	}
	if graph := c.do("LATENCY GRAPH command"); !strings.HasPrefix(graph, fmt.Sprintf("command - high %d ms, low %d ms (all time high %d ms)", last, last, last)) {
		t.Error(graph)
	}
	c.want("LATENCY RESET command", ":1")
	c.want("LATENCY LATEST", "[]")
	if h := c.do("LATENCY HISTOGRAM debug"); !strings.HasPrefix(h, "[debug [calls :1 histogram_usec [") {
		t.Error(h)
	}
}

func TestDebugIsGuarded(t *testing.T) {
	serve(t, "enable-debug-command=local").dial(t).want("DEBUG SLEEP 0", "+OK")
	if got := serve(t).dial(t).do("DEBUG SLEEP 0"); !strings.HasPrefix(got, "-ERR DEBUG command not allowed.") {
		t.Error(got)
	}
}
