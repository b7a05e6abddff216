package integration

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

const (
	setArgument = "return redis.call('set', KEYS[1], ARGV[1])"
	setLong     = "return redis.call('set', KEYS[1], string.rep('x', tonumber(ARGV[1])))"
	noRoom      = "OOM command not allowed when used memory > 'maxmemory'."
)

// TestScriptRoom: what a script writes first needs room as the same command by itself would, whether it is among
// its arguments or made by it; what it writes then is not refused, as in Redis.
func TestScriptRoom(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	c := dial(t, startLarder(t, "--maxmemory", "10000"))
	long := strings.Repeat("y", 9000)
	c.must(t, "SET", "k", long)
	refused := func(v value) {
		t.Helper()
		if !v.isError() || !strings.HasPrefix(v.text, noRoom) {
			t.Errorf("%.100v, want OOM", v)
		}
	}
	eval := func(words ...string) value {
		v, _ := c.do(append([]string{"EVAL"}, words...)...)
		return v
	}
	refused(eval(setArgument, "1", "k2", long[:2000]))
	refused(eval(setLong, "1", "k2", "2000"))
	c.must(t, "MULTI")
	c.must(t, "EVAL", setLong, "1", "k2", "2000")
	c.must(t, "EVAL", setLong, "1", "k3", "20")
	c.must(t, "EVAL", setArgument, "1", "k2", long[:2000])
	v := c.must(t, "EXEC")
	refused(v.list[0])
	refused(v.list[2])
	if v.list[1].text != "OK" {
		t.Errorf("a script with room: %v", v)
	}
	if v := eval("local r = redis.pcall('set', KEYS[1], string.rep('x', 2000)) redis.call('set', KEYS[1], 's') return r.err", "1", "k2"); v.text != noRoom {
		t.Errorf("a script that goes on with less: %v", v)
	}
	if v := c.must(t, "GET", "k2"); v.text != "s" {
		t.Errorf("what it wrote: %v", v)
	}
	c.must(t, "EVAL", setArgument, "1", "k", strings.ToUpper(long)) // takes no more than it gives back
	c.must(t, "EVAL", setLong, "1", "k", "9000")
	c.must(t, "EVAL", "redis.call('set', KEYS[1], 's') "+setLong, "1", "k2", "5000")
	if v := c.must(t, "STRLEN", "k2"); v.text != "5000" {
		t.Errorf("the later write of a script: %v", v)
	}
	refused(eval(setArgument, "1", "k2", "s"))
	c.must(t, "EVAL", "return redis.call('del', KEYS[1])", "1", "k2")
	c.must(t, "EVAL", setArgument, "1", "k2", "s")
}

// TestScriptRoomIsGivenBack runs scripts that end in every way, and then fills the data to the last byte.
func TestScriptRoomIsGivenBack(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	s := startLarder(t, "--maxmemory", "10000")
	c, other := dial(t, s), dial(t, s)
	c.must(t, "SET", "k", strings.Repeat("y", 5000))
	for i := range 20 {
		for _, n := range []string{"10", "1000", "7000"} {
			c.do("EVAL", setLong, "1", "k2", n)
			c.do("EVAL", setLong+" .. nil", "1", "k2", n)
			c.do("EVAL", setArgument, "1", "k2", n)
			c.do("EVAL", "return redis.call('set', 'k2', ARGV[1])", "0", n) // a wider scope the first time
			c.must(t, "WATCH", "w")
			c.must(t, "MULTI")
			c.must(t, "EVAL", setLong, "1", "k2", n)
			c.must(t, "SET", "k2", n)
			if i%2 == 0 {
				other.must(t, "SET", "w", "changed")
			}
			c.do("EXEC")
			c.must(t, "MULTI")
			c.must(t, "EVAL", setLong, "1", "k2", n)
			c.must(t, "SET", "k2", strings.Repeat("x", 6000))
			if v, _ := c.do("EXEC"); !v.isError() {
				t.Errorf("EXEC without room: %.100v", v)
			}
			c.must(t, "DEL", "k2")
		}
	}
	left := 10000 - infoNumber(t, c, "used_memory") - int64(len("last")) - 16
	if v, _ := c.do("SET", "last", strings.Repeat("x", int(left)+1)); v.class() != "-OOM" {
		t.Errorf("one byte too many: %v", v)
	}
	c.must(t, "SET", "last", strings.Repeat("x", int(left)))
}

// TestScriptsEvict: where keys may go, scripts find room, also inside EXEC and though all of it is taken.
func TestScriptsEvict(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	const limit = 100_000
	c := dial(t, startLarder(t, "--maxmemory", strconv.Itoa(limit), "--maxmemory-policy", "allkeys-lru"))
	for i := range 300 {
		key := fmt.Sprint("k", i)
		c.must(t, "EVAL", setLong, "1", key, "2000")
		c.must(t, "MULTI")
		c.must(t, "EVAL", setLong, "1", key+"a", "2000")
		c.must(t, "EVAL", setArgument, "1", key+"b", strings.Repeat("x", 2000))
		c.must(t, "SET", key+"c", strings.Repeat("x", 500))
		for _, v := range c.must(t, "EXEC").list {
			if v.isError() {
				t.Fatal(v)
			}
		}
	}
	if used := infoNumber(t, c, "used_memory"); used > limit+limit/16 {
		t.Errorf("used_memory is %d", used)
	}
	before := c.must(t, "DBSIZE").text
	if v, _ := c.do("EVAL", setLong, "1", "giant", strconv.Itoa(limit)); v.class() != "-OOM" {
		t.Errorf("a value above the limit: %v", v)
	}
	if after := c.must(t, "DBSIZE").text; after != before {
		t.Errorf("%s keys of %s are left after a value that could not fit", after, before)
	}
	c.must(t, "CONFIG", "SET", "maxmemory-policy", "volatile-lru") // no key has an expiry
	c.must(t, "SET", "other", "v", "KEEPTTL")
	v, _ := c.do("EVAL", setLong, "1", "k", "90000")
	if v.class() != "-OOM" {
		t.Errorf("nothing may go: %v", v)
	}
}
