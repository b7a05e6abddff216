package integration

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

// pipeline sends commands together and returns the replies.
func (c *conn) pipeline(t *testing.T, commands [][]string) []value {
	t.Helper()
	replies := make([]value, 0, len(commands))
	for len(commands) > 0 {
		n := min(len(commands), 500)
		var b bytes.Buffer
		for _, words := range commands[:n] {
			b.Write(encode(words...))
		}
		v, _ := c.send(b.Bytes())
		replies = append(replies, v)
		for range n - 1 {
			v, _ = c.receive()
			replies = append(replies, v)
		}
		commands = commands[n:]
	}
	return replies
}

// setAll sets n keys of a hundred bytes.
func setAll(t *testing.T, c *conn, prefix string, n int, options ...string) (refused int) {
	t.Helper()
	commands := make([][]string, n)
	for i := range commands {
		commands[i] = append([]string{"SET", fmt.Sprint(prefix, i), strings.Repeat("x", 100)}, options...)
	}
	for _, v := range c.pipeline(t, commands) {
		if v.class() == "-OOM" {
			refused++
		} else if v.text != "OK" {
			t.Fatal(v)
		}
	}
	return refused
}

// eventually waits for a condition, and fails after a time that nothing takes unless it never comes.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it does not come about that", what)
		}
	}
}

// infoText is a field of INFO.
func infoText(t *testing.T, c *conn, field string) string {
	t.Helper()
	_, rest, found := strings.Cut(c.must(t, "INFO", "everything").text, "\r\n"+field+":")
	if !found {
		t.Fatal("INFO has no field " + field)
	}
	text, _, _ := strings.Cut(rest, "\r\n")
	return text
}

// Keys that lie in the files when their time comes are all removed and announced, by one CACHE EXPIRE or by the cycle,
// though nothing settles meanwhile; and INFO tells how far behind the cycle is.
func TestSettledKeysExpire(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	const n = 4000
	for _, shards := range []string{"1", "4"} {
		t.Run(shards, func(t *testing.T) {
			s := startLarder(t, "--shards", shards, "--enable-debug-command", "yes", "--notify-keyspace-events", "Ex")
			c, ear := dial(t, s), dial(t, s)
			ear.must(t, "SUBSCRIBE", "__keyevent@0__:expired")
			heard := func() {
				t.Helper()
				seen := map[string]bool{}
				for range n {
					m, _ := ear.receive()
					if len(m.list) != 3 {
						t.Fatalf("%v after %d events", m, len(seen))
					}
					seen[m.list[2].text] = true
				}
				if len(seen) != n {
					t.Errorf("%d keys were announced", len(seen))
				}
			}
			c.must(t, "DEBUG", "SET-ACTIVE-EXPIRE", "0")
			setAll(t, c, "k", n, "PXAT", strconv.FormatInt(time.Now().Add(time.Second).UnixMilli(), 10))
			setAll(t, c, "stays", 100)
			eventually(t, "the keys settle", func() bool { return infoNumber(t, c, "overlay_bytes") == 0 })
			eventually(t, "their time comes", func() bool { return infoNumber(t, c, "expire_lag_milliseconds") > 0 })
			if stale := infoText(t, c, "expired_stale_perc"); stale != "100.00" {
				t.Error("expired_stale_perc is", stale)
			}
			if v := c.must(t, "CACHE", "EXPIRE"); v.text != strconv.Itoa(n) {
				t.Errorf("CACHE EXPIRE answers %s", v.text)
			}
			heard()
			if keys, lag := c.size(t), infoNumber(t, c, "expire_lag_milliseconds"); keys != 100 || lag != 0 {
				t.Errorf("%d keys are left, and a lag of %d ms", keys, lag)
			}
			setAll(t, c, "k", n, "PX", "10")
			c.must(t, "DEBUG", "SET-ACTIVE-EXPIRE", "1")
			heard()
			eventually(t, "they are gone", func() bool { return c.size(t) == 100 })
			if got := infoNumber(t, c, "expired_keys"); got != 2*n {
				t.Errorf("expired_keys is %d", got)
			}
			c.must(t, "CONFIG", "RESETSTAT")
			if got := infoNumber(t, c, "expired_keys"); got != 0 {
				t.Errorf("expired_keys is %d after CONFIG RESETSTAT", got)
			}
		})
	}
}

// A write that expired keys leave no room for frees them; no live key goes and nothing is refused.
func TestExpiredKeysMakeRoom(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	const n = 2000
	for _, policy := range append([]string{"noeviction"}, evictionPolicies...) {
		t.Run(policy, func(t *testing.T) {
			s := startLarder(t, "--enable-debug-command", "yes", "--maxmemory-policy", policy)
			c := dial(t, s)
			c.must(t, "DEBUG", "SET-ACTIVE-EXPIRE", "0")
			setAll(t, c, "alive", n)
			setAll(t, c, "timed", n, "EX", "1000")
			setAll(t, c, "dead", n, "PX", "200")
			eventually(t, "the keys settle", func() bool { return infoNumber(t, c, "overlay_bytes") == 0 })
			c.must(t, "CONFIG", "SET", "maxmemory", strconv.FormatInt(infoNumber(t, c, "used_memory")+1000, 10))
			eventually(t, "their time comes", func() bool { return infoNumber(t, c, "expire_lag_milliseconds") > 0 })
			if refused := setAll(t, c, "new", n-100); refused > 0 {
				t.Errorf("%d writes were refused", refused)
			}
			if evicted := infoNumber(t, c, "evicted_keys"); evicted != 0 {
				t.Errorf("%d live keys were evicted", evicted)
			}
			if keys := c.size(t); keys < 4*n-100-n || keys > 4*n-100 {
				t.Errorf("%d keys are left", keys)
			}
			if refused := setAll(t, c, "more", n); (refused == 0) != (policy != "noeviction") {
				t.Errorf("%d writes were refused though only live keys are left", refused)
			}
		})
	}
}
