package integration

import (
	"fmt"
	"strings"
	"testing"
)

// TestTransactionWaitsForNobody: commands that wait for other transactions do so after the EXEC they are in.
func TestTransactionWaitsForNobody(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	s := startLarder(t, "--enable-debug-command", "yes", "--maxmemory-policy", "allkeys-random")
	c := dial(t, s)
	for i := range 200 {
		c.must(t, "SET", fmt.Sprint("k", i), strings.Repeat("x", 100))
	}
	for _, line := range []string{"CONFIG SET maxmemory 10000", "CONFIG SET maxmemory 5000 maxmemory-policy allkeys-lru",
		"CONFIG SET maxmemory-policy allkeys-lfu", "CONFIG SET appendfsync always", "CONFIG SET appendfsync everysec",
		"CONFIG SET cull-limit 3", "DEBUG RELOAD", "BGREWRITEAOF", "INFO everything", "CONFIG SET maxmemory 0"} {
		c.must(t, "MULTI")
		c.must(t, "SET", "a", "b")
		c.must(t, strings.Fields(line)...)
		c.must(t, "SET", "c", "d")
		v := c.must(t, "EXEC") // dial's deadline is the guard against waiting for ever
		if len(v.list) != 3 || v.list[1].isError() || v.list[2].text != "OK" {
			t.Errorf("%s: %.100v", line, v)
		}
	}
	if n := infoNumber(t, c, "evicted_keys"); n == 0 {
		t.Error("a limit set inside EXEC evicts nothing")
	}
}
