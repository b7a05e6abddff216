package integration

import (
	"strings"
	"testing"
	"time"
)

// leaseRows are what may happen between GETLEASE of a key and SETLEASE: does it void the token? The lines before the
// bar come before GETLEASE.
var leaseRows = []struct {
	lines string
	void  bool
}{
	{"| SET k w", true},
	{"| SET k w\nDEL k", true},
	{"| DEL k", true}, // though it was not there
	{"| UNLINK other k", true},
	{"| CACHE SET k w", true},
	{"| APPEND k w", true},
	{"| SETRANGE k 3 w", true},
	{"| INCR k", true},
	{"| MSET other w k w", true},
	{"| SADD k w", true},
	{"| LPUSH k w\nLPOP k", true},
	{"| SET k w PX 1", true},
	{"SET other w | RENAME other k", true},
	{"SET other w | RENAMENX other k", true},
	{"SET other w | COPY other k", true},
	{"SELECT 1\nSET k w\nSELECT 0 | SELECT 1\nMOVE k 0\nSELECT 0", true},
	{"| FLUSHDB", true},
	{"| FLUSHALL ASYNC", true},
	{"| SWAPDB 0 1", true},
	{"| SWAPDB 3 0\nSWAPDB 0 3", true},
	{"| MULTI\nSET k w\nEXEC", true},
	{"| EVAL redis.call('set',KEYS[1],'w') 1 k", true},
	{"| CACHE THROTTLE k 1 1 1", true},
	{"CACHE SET k w PX 1 TAG 1 t\nPTTL k | CACHE SET k w TAG 1 t\nCACHE EVICT t", true},
	{"| CACHE GETLEASE k", false},
	{"| GET k\nEXISTS k\nCACHE TAGS k\nCACHE TAG k t\nEXPIRE k 5\nCACHE EVICT t", false},
	{"| SET other w\nDEL other\nSET K w", false},
	{"| MULTI\nSET k w\nDISCARD", false},
	{"| SELECT 1\nSET k w\nFLUSHDB\nSWAPDB 1 2\nSELECT 0", false},
	{"SET k w\nDEL k | CACHE EXPIRE\nCACHE CULL", false},
	{"| SET k w XX\nSETRANGE k 0 \nLPUSHX k w\nRENAME none k", false},
	{"| CACHE SETLEASE k wrong w EX 5", false},
}

// TestChangesVoidLeases holds for each row what became of the token, that the next caller then gets another one, and
// that whoever lost his cannot overwrite what came meanwhile.
func TestChangesVoidLeases(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	c := dial(t, startLarder(t))
	lease := func() string { return c.must(t, "CACHE", "GETLEASE", "k", "STALE", "60").list[1].text }
	for _, row := range leaseRows {
		c.must(t, "FLUSHALL")
		before, between, _ := strings.Cut(row.lines, "|")
		run := func(lines string) {
			for line := range strings.SplitSeq(lines, "\n") {
				if line = strings.TrimPrefix(line, " "); strings.TrimSpace(line) != "" {
					c.do(strings.Split(strings.TrimSuffix(line, " "), " ")...)
				}
			}
		}
		run(before)
		token := lease()
		if token == "" {
			t.Fatalf("%q: no token", row.lines)
		}
		run(between)
		v, _ := c.do("CACHE", "SETLEASE", "k", token, "computed", "EX", "5")
		if v.null != row.void || !v.null && v.text != "OK" {
			t.Errorf("%q: SETLEASE answers %v, void is %v", row.lines, v, row.void)
		}
		if is, _ := c.do("GET", "k"); row.void && is.text == "computed" {
			t.Errorf("%q: overwritten under a void token", row.lines)
		}
		if row.void && c.must(t, "EXISTS", "k").text == "0" && lease() == "" {
			t.Errorf("%q: the next caller gets no token", row.lines)
		}
	}
}

// TestExpiryAndEvictionLeaveLeases: the cache's own forgetting says nothing about what is computed.
func TestExpiryAndEvictionLeaveLeases(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	c := dial(t, startLarder(t, "--maxmemory-policy", "allkeys-lru"))
	lease := func() string { return c.must(t, "CACHE", "GETLEASE", "k", "BETA", "1e30").list[1].text }
	set := func(token, want string) {
		t.Helper()
		if v, _ := c.do("CACHE", "SETLEASE", "k", token, "computed", "PX", "200"); v.null != (want == "") || !v.null && v.text != want {
			t.Errorf("SETLEASE answers %v, want %s", v, want)
		}
	}
	early := func() string { // a token for a value that is there
		t.Helper()
		token := lease()
		time.Sleep(3 * time.Millisecond) // what it costs to compute: without costs nothing is early
		set(token, "OK")
		if token = lease(); token == "" {
			t.Error("no token for what is to be computed early")
		}
		return token
	}
	token := early()
	c.must(t, "EXPIRE", "k", "0")
	set(token, "")

	token = early()
	for c.must(t, "TTL", "k").text != "-2" {
	}
	c.must(t, "CACHE", "EXPIRE")
	set(token, "OK")
	c.must(t, "DEL", "k")

	token = early()
	c.must(t, "CONFIG", "SET", "maxmemory", "1")
	c.must(t, "CACHE", "CULL")
	c.must(t, "CONFIG", "SET", "maxmemory", "0")
	if n := c.must(t, "DBSIZE").text; n != "0" {
		t.Fatalf("%s keys are left", n)
	}
	set(token, "OK")

	// A value that waits to be computed anew keeps its token while it is read, and loses it when it is removed.
	c.must(t, "DEL", "k")
	token = early()
	c.must(t, "GET", "k")
	set(token, "OK")
	c.must(t, "DEL", "k")
	token = early()
	c.must(t, "DEL", "k")
	set(token, "")
}
