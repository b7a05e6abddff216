package integration

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// TestBlessedKeysStay: whatever the policy, no blessed key is evicted; where there are only such keys writes are refused;
// and it is so after a restart.
func TestBlessedKeysStay(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	const limit = 2_000_000
	s := startLarder(t, "--maxmemory", strconv.Itoa(limit), "--maxmemory-policy", "allkeys-lru")
	c := dial(t, s)
	value := strings.Repeat("x", 10_000)
	flood := func(c *conn, from int) {
		for i := range 400 {
			c.must(t, "SET", fmt.Sprint("flood", from+i), value, "EX", "10000")
		}
	}
	there := func(c *conn, policy string) {
		t.Helper()
		for i := range 40 {
			if n := c.must(t, "EXISTS", fmt.Sprint("kept", i)).text; n != "1" {
				t.Fatalf("%s: a blessed key is gone", policy)
			}
		}
	}
	for i := range 40 {
		c.must(t, "SET", fmt.Sprint("kept", i), value, "EX", "1000") // they would be the first to expire
		c.must(t, "BLESS", "SET", fmt.Sprint("kept", i), "NO-EVICT")
	}
	for n, policy := range evictionPolicies {
		c.must(t, "CONFIG", "SET", "maxmemory-policy", policy) // until the restart
		flood(c, 1000*n)
		there(c, policy)
	}
	if infoNumber(t, c, "evicted_keys") == 0 || infoNumber(t, c, "blessed_keys") != 40 {
		t.Error("nothing was evicted, or not all blessed keys are counted")
	}
	s.term(t)
	s.restart(t)
	c = dial(t, s)
	flood(c, 100_000)
	c.must(t, "SET", "kept0", value) // blessed before the restart: overwritten, it still is
	flood(c, 200_000)
	there(c, "after a restart")

	c.must(t, "CONFIG", "SET", "maxmemory", "300000") // less than the blessed keys have
	if v, _ := c.do("SET", "more", value); v.class() != "-OOM" {
		t.Errorf("beside blessed keys alone: %v", v)
	}
	there(c, "too many")
	for i := range 40 {
		c.must(t, "BLESS", "CLEAR", fmt.Sprint("kept", i), "NO-EVICT")
	}
	c.must(t, "SET", "more", value)
}
