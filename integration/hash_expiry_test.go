package integration

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// fieldNotices are lines, and the events that Redis 8.0 gives for them (topics/notifications, and of each command's page).
var fieldNotices = []struct{ lines, want string }{
	{"HSET h a 1 b 2; HEXPIRE h 100 FIELDS 2 a x; HEXPIRE h 100 NX FIELDS 1 a; HPEXPIRE h 100000 FIELDS 1 x", "hset h, hexpire h"},
	{"HSET h a 1 b 2; HEXPIRE h 0 FIELDS 1 a; HEXPIRE h 0 FIELDS 2 b x", "hset h, hdel h, hdel h, del h"},
	{"HSET h a 1; HPERSIST h FIELDS 1 a; HEXPIREAT h 4102444800 FIELDS 1 a; HPERSIST h FIELDS 2 a x", "hset h, hexpire h, hpersist h"},
	{"HSET h a 1 b 2; HGETDEL h FIELDS 1 x; HGETDEL h FIELDS 1 a; HGETDEL h FIELDS 1 b", "hset h, hdel h, hdel h, del h"},
	{"HSET h a 1 b 2; HGETEX h FIELDS 1 a; HGETEX h EX 100 FIELDS 2 a x; HGETEX h PERSIST FIELDS 2 a b; HGETEX h PXAT 1 FIELDS 2 a b",
		"hset h, hexpire h, hpersist h, hdel h, del h"},
	{"HSETEX h FIELDS 1 a 1; HSETEX h EX 100 FIELDS 1 a 1; HSETEX h FNX FIELDS 1 a 1; HSETEX h PXAT 1 FIELDS 1 a 1",
		"hset h, hset h, hexpire h, hset h, hdel h, del h"},
}

func TestFieldEvents(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	s := startLarder(t)
	for _, c := range fieldNotices {
		var got []string
		for _, line := range noticesOf(t, s, "KEA", c.lines) {
			if event, ok := strings.CutPrefix(line, "__keyspace@0__:"); ok {
				key, name, _ := strings.Cut(event, " ")
				got = append(got, name+" "+key)
			}
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.lines, strings.Join(got, ", "), c.want)
		}
	}
}

// fillTimed makes hashes whose fields expire together in an instant, of all forms: half of the fields, or all of them.
func fillTimed(t *testing.T, c *conn, n, fields int) {
	t.Helper()
	for i := range n {
		set, times := []string{"HSET", fmt.Sprint("h", i)}, []string{"HPEXPIRE", fmt.Sprint("h", i), "1", "FIELDS"}
		doomed := fields
		if i%2 == 0 {
			doomed = fields / 2
		}
		times = append(times, fmt.Sprint(doomed))
		for f := range fields {
			if set = append(set, fmt.Sprint("f", f), strings.Repeat("v", 20)); f < doomed {
				times = append(times, fmt.Sprint("f", f))
			}
		}
		c.must(t, set...)
		c.must(t, times...)
	}
}

// TestFieldsExpireActively: what has expired is removed, counted and announced, whether it lies in the files or not, and
// hashes that have lost their last field are gone with it.
func TestFieldsExpireActively(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	for _, fields := range []int{4, 100, 3000} {
		for _, settled := range []bool{false, true} {
			t.Run(fmt.Sprint(fields, " ", settled), func(t *testing.T) {
				s := startLarder(t, "--shards", "3", "--enable-debug-command", "yes", "--notify-keyspace-events", "Ehg")
				c := dial(t, s)
				c.must(t, "DEBUG", "SET-ACTIVE-EXPIRE", "0")
				const n = 8
				fillTimed(t, c, n, fields)
				eventually(t, "the last fields expire", func() bool { return c.must(t, "HLEN", "h7").String() == ":0" })
				c.expect(t, "HLEN h6", fmt.Sprint(":", fields/2))
				if got := c.must(t, "DBSIZE").String(); got != fmt.Sprint(":", n) {
					t.Errorf("DBSIZE %s", got)
				}
				c.expect(t, "EXISTS h1 h3 h5 h7", ":0")
				c.expect(t, "HGET h0 f0", "(nil)")
				if got := infoText(t, c, "db0"); !strings.HasPrefix(got, "keys=8,expires=0,") {
					t.Errorf("INFO keyspace: %s", got)
				}
				if settled { // a start settles what the log holds
					s.kill(t)
					s.restart(t)
					c = dial(t, s)
				} else {
					c.must(t, "DEBUG", "SET-ACTIVE-EXPIRE", "1")
				}
				eventually(t, "the hashes without fields are removed", func() bool { return c.must(t, "DBSIZE").String() == fmt.Sprint(":", n/2) })
				eventually(t, "the fields are removed", func() bool { return infoNumber(t, c, "expired_subkeys") == int64(n/2*(fields+fields/2)) })
				c.expect(t, "HLEN h6", fmt.Sprint(":", fields/2))
				c.expect(t, "HGET h0 "+fmt.Sprint("f", fields-1), `"`+strings.Repeat("v", 20)+`"`)
				if got := c.must(t, "CACHE", "CHECK").String(); !strings.Contains(got, "sound") {
					t.Errorf("CACHE CHECK: %s", got)
				}
				if n := infoNumber(t, c, "expired_keys"); n != 0 {
					t.Errorf("expired_keys is %d", n)
				}
			})
		}
	}
}

// TestHexpiredEvents: one event for what a step removes, and del behind the last of a hash.
func TestHexpiredEvents(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	s := startLarder(t, "--notify-keyspace-events", "Ehg", "--enable-debug-command", "yes")
	c, ear := dial(t, s), dial(t, s)
	ear.must(t, "PSUBSCRIBE", "__keyevent@0__:hexpired", "__keyevent@0__:del")
	ear.receive()
	hear := func(n int) (heard []string) {
		for range n {
			m, _ := ear.receive()
			heard = append(heard, strings.TrimPrefix(m.list[2].text, "__keyevent@0__:")+" "+m.list[3].text)
		}
		return heard
	}
	c.must(t, "HSET", "h", "a", "1", "b", "2")
	c.must(t, "HPEXPIRE", "h", "1", "FIELDS", "1", "a")
	if got := hear(1); !slices.Equal(got, []string{"hexpired h"}) {
		t.Errorf("heard %q", got)
	}
	c.must(t, "HPEXPIRE", "h", "1", "FIELDS", "1", "b")
	if got := hear(2); !slices.Equal(got, []string{"hexpired h", "del h"}) {
		t.Errorf("heard %q", got)
	}
	c.must(t, "DEBUG", "SET-ACTIVE-EXPIRE", "0")
	c.must(t, "HSETEX", "i", "PX", "1", "FIELDS", "1", "a", "1")
	eventually(t, "the field expires", func() bool { return c.must(t, "EXISTS", "i").String() == ":0" })
	c.must(t, "HSET", "i", "b", "2")
	if got := hear(2); !slices.Equal(got, []string{"hexpired i", "del i"}) {
		t.Errorf("heard %q", got)
	}
	c.expect(t, "HGETALL i", `*["b" "2"]`)
}

// TestFieldExpiryInvalidates: a client that keeps a hash is told when a field of it goes, and an EXEC behind a WATCH does
// nothing.
func TestFieldExpiryInvalidates(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	s := startLarder(t)
	c, other, third := dial(t, s), dial(t, s), dial(t, s)
	c.must(t, "HELLO", "3")
	c.must(t, "CLIENT", "TRACKING", "ON")
	other.must(t, "HSET", "h", "a", "1", "b", "2")
	other.must(t, "HPEXPIRE", "h", "50", "FIELDS", "1", "a")
	c.must(t, "HGETALL", "h")
	if m, _ := c.receive(); m.String() != `>["invalidate" *["h"]]` {
		t.Errorf("told %s", m)
	}
	other.must(t, "HPEXPIRE", "h", "50", "FIELDS", "1", "b")
	other.must(t, "WATCH", "h")
	eventually(t, "the field is removed", func() bool { return infoNumber(t, third, "expired_subkeys") == 2 })
	other.must(t, "MULTI")
	other.must(t, "SET", "k", "v")
	other.expect(t, "EXEC", "(nil)")
}

// timedHash makes a hash of so many fields, of which each second expires at a moment that is told back.
func timedHash(t *testing.T, c *conn, key string, fields int, at int64) {
	t.Helper()
	set, times := []string{"HSET", key}, []string{"HPEXPIREAT", key, fmt.Sprint(at), "FIELDS", fmt.Sprint(fields / 2)}
	for f := range fields {
		if set = append(set, fmt.Sprint("f", f), strings.Repeat("v", 20)); f%2 == 1 {
			times = append(times, fmt.Sprint("f", f))
		}
	}
	c.must(t, set...)
	c.must(t, times...)
}

// TestTimesTravel: whatever carries a hash carries when its fields expire, and they do where it has come to.
func TestTimesTravel(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	const at = 4102444800000
	for _, fields := range []int{4, 100, 3000} {
		s := startLarder(t, "--shards", "4")
		c := dial(t, s)
		timedHash(t, c, "h", fields, at)
		c.must(t, "CACHE", "TAG", "h", "red", "blue")
		c.must(t, "EXPIRE", "h", "100000")
		want := fmt.Sprintf("*[:-1 :%d :-2]", at)
		told := func(key string) {
			t.Helper()
			c.expect(t, "HPEXPIRETIME "+key+" FIELDS 3 f0 f1 none", want)
			c.expect(t, "HLEN "+key, fmt.Sprint(":", fields))
		}
		told("h")
		for i := range 6 { // to other shards and back
			c.must(t, "RENAME", fmt.Sprint("h", strings.Repeat("x", i)), fmt.Sprint("h", strings.Repeat("x", i+1)))
			told("h" + strings.Repeat("x", i+1))
		}
		c.must(t, "RENAME", "hxxxxxx", "h")
		c.must(t, "COPY", "h", "copy")
		told("copy")
		c.expect(t, "CACHE TAGS copy", `*["blue" "red"]`)
		if got := infoText(t, c, "db0"); !strings.HasPrefix(got, "keys=2,expires=2,") {
			t.Errorf("INFO keyspace: %s", got)
		}
		c.must(t, "PERSIST", "copy")
		c.expect(t, "TTL copy", ":-1")
		told("copy")
		if got := infoText(t, c, "db0"); !strings.HasPrefix(got, "keys=2,expires=1,") {
			t.Errorf("INFO keyspace: %s", got)
		}
		c.must(t, "RESTORE", "restored", "0", c.must(t, "DUMP", "copy").text)
		told("restored")
		c.must(t, "COPY", "copy", "other", "DB", "3")
		c.must(t, "SELECT", "3")
		told("other")
		c.must(t, "SWAPDB", "3", "5")
		c.must(t, "SELECT", "5")
		told("other")
		c.must(t, "MOVE", "other", "0")
		c.must(t, "SELECT", "0")
		told("other")
		s.kill(t)
		s.restart(t)
		c = dial(t, s)
		for _, key := range []string{"h", "copy", "restored", "other"} {
			told(key)
			c.must(t, "HPEXPIRE", key, "1", "FIELDS", "1", "f1")
		}
		eventually(t, "the fields are removed", func() bool { return infoNumber(t, c, "expired_subkeys") == 4 })
		c.expect(t, "HLEN h", fmt.Sprint(":", fields-1))
		if got := c.must(t, "CACHE", "CHECK").String(); !strings.Contains(got, "sound") {
			t.Errorf("CACHE CHECK: %s", got)
		}
	}
}

// TestTimedHashesAreNotVolatile: a policy for keys with an expiry leaves hashes and sets alone that only have fields with one, and
// finds the others behind any number of them.
func TestTimedHashesAreNotVolatile(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	for _, policy := range []string{"volatile-ttl", "volatile-lru", "volatile-random"} {
		s := startLarder(t, "--maxmemory-policy", policy)
		c := dial(t, s)
		var commands [][]string
		for i := range 3000 {
			timed := []string{"HSETEX", fmt.Sprint("h", i), "EX", "1000", "FIELDS", "1", "f", strings.Repeat("v", 100)}
			if i%2 == 1 {
				timed = []string{"SADDEX", fmt.Sprint("h", i), "EX", "1000", "MEMBERS", "1", strings.Repeat("v", 100)}
			}
			commands = append(commands, timed)
		}
		for i := range 10 {
			commands = append(commands, []string{"SET", fmt.Sprint("k", i), strings.Repeat("v", 1000), "EX", "100000"})
		}
		c.pipeline(t, commands)
		used := infoNumber(t, c, "used_memory_dataset")
		c.must(t, "CONFIG", "SET", "maxmemory", fmt.Sprint(used))
		for i := range 10 {
			if got, _ := c.do("SET", fmt.Sprint("new", i), strings.Repeat("v", 900)); got.String() != "OK" && got.String() != ok {
				t.Errorf("%s: %s", policy, got)
			}
		}
		if n := c.must(t, "EVAL", "local n = 0 for i = 0, 2999 do n = n + redis.call('EXISTS', 'h' .. i) end return n", "0").String(); n != ":3000" {
			t.Errorf("%s: %s hashes are left", policy, n)
		}
		if got, _ := c.do("SET", "more", strings.Repeat("v", 20000)); got.class() != "-OOM" {
			t.Errorf("%s: %s where nothing may go", policy, got)
		}
	}
}
