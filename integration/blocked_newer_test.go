package integration

import (
	"strings"
	"testing"
)

// TestNewerCommandsWait: what came after 7.2 waits as the older commands do, and for what its manual page says.
func TestNewerCommandsWait(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	s := startLarder(t)
	for _, step := range []struct {
		name, before, waits, in, then, want string // in is what does not end the wait, then what does
	}{
		{name: "what is given back ends the wait of who claims",
			before: "XADD s 1-1 a b\nXGROUP CREATE s g 0\nXREADGROUP GROUP g c STREAMS s >",
			waits:  "XREADGROUP GROUP g d BLOCK 0 CLAIM 100000 STREAMS s >", in: "XACK s g 9-9", then: "XNACK s g FAIL IDS 1 1-1",
			want: `*[*["s" *[*["1-1" *["a" "b"] :-1 :1]]]]`},
		{name: "a read of many streams keeps its bound", before: "XADD s 1-1 a b",
			waits: "XREAD MAXCOUNT 1 BLOCK 0 STREAMS s t $ $", in: "XTRIM s MAXLEN 0", then: "EVAL|redis.call('XADD', KEYS[1], '2-1', 'a', 'b') return redis.call('XADD', KEYS[1], '3-1', 'a', 'b')|1|t",
			want: `*[*["t" *[*["2-1" *["a" "b"]]]]]`},
		{name: "a source that is long enough", before: "RPUSH s 1", waits: "BLMOVEM s d LEFT RIGHT 0 EXACTLY 3 BULK", in: "RPUSH s 2", then: "LINSERT s BEFORE 1 0",
			want: `*["0" "1" "2"]`},
		{name: "a source that another command makes", before: "RPUSH l 3 1 2", waits: "BLMOVEM s d RIGHT RIGHT 0 EXACTLY 3 OBO", in: "RPUSH t 2", then: "SORT l STORE s",
			want: `*["3" "2" "1"]`},
		{name: "as many as there are", before: "SET k v", waits: "BLMOVEM s d LEFT LEFT 0 COUNT 5 BULK", in: "SADD t 2", then: "RPUSH s 1 2", want: `*["1" "2"]`},
	} {
		t.Run(step.name, func(t *testing.T) {
			c := dial(t, s)
			c.must(t, "FLUSHALL")
			for line := range strings.Lines(step.before) {
				c.must(t, strings.Fields(line)...)
			}
			w := waiting(t, s, 1, strings.Fields(step.waits)...)
			for _, line := range []string{step.in, step.then} {
				words := strings.Fields(line)
				if strings.Contains(line, "|") {
					words = strings.Split(line, "|")
				}
				if n := blockedClients(t, c); n != 1 {
					t.Fatalf("%d clients are blocked before %q", n, line)
				}
				c.must(t, words...)
			}
			if v, _ := w.receive(); v.String() != step.want {
				t.Errorf("got %s, want %s", v, step.want)
			}
		})
	}
}

// TestTooFewElementsAreForOthers: who waits for more elements than there are does not keep them from who waits behind it.
func TestTooFewElementsAreForOthers(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	s := startLarder(t)
	many := waiting(t, s, 1, "BLMOVEM", "s", "d", "LEFT", "RIGHT", "0", "EXACTLY", "2", "OBO")
	one := waiting(t, s, 2, "BLPOP", "s", "0")
	c := dial(t, s)
	c.must(t, "RPUSH", "s", "1")
	if v, _ := one.receive(); v.String() != `*["s" "1"]` {
		t.Errorf("who waits for one got %s", v)
	}
	c.must(t, "RPUSH", "s", "2", "3", "4")
	if v, _ := many.receive(); v.String() != `*["2" "3"]` {
		t.Errorf("who waits for two got %s", v)
	}
	if v := c.must(t, "LRANGE", "s", "0", "-1"); v.String() != `*["4"]` {
		t.Errorf("left is %s", v)
	}
}

// TestClaimsComeOfAge: a read that claims and waits gets what is pending once that has been so for long enough, though nobody
// writes: also what was not pending yet when it began to wait.
func TestClaimsComeOfAge(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	s := startLarder(t)
	c := dial(t, s)
	for _, line := range []string{"XADD s 1-1 a b", "XGROUP CREATE s g 0", "XREADGROUP GROUP g c STREAMS s >"} {
		c.must(t, strings.Fields(line)...)
	}
	reads := strings.Fields("XREADGROUP GROUP g d COUNT 1 BLOCK 0 CLAIM 100 STREAMS s >")
	w := waiting(t, s, 1, reads...)
	if v, _ := w.receive(); !strings.Contains(v.String(), `"1-1"`) {
		t.Errorf("got %s", v)
	}
	c.must(t, "XACK", "s", "g", "1-1")
	w = waiting(t, s, 1, reads...)
	c.must(t, "XCLAIM", "s", "g", "c", "0", "1-1", "FORCE", "JUSTID")
	if v, _ := w.receive(); !strings.Contains(v.String(), `"1-1"`) {
		t.Errorf("got %s", v)
	}
}
