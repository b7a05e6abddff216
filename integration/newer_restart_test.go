package integration

import (
	"fmt"
	"testing"
)

// TestStreamsKnowAfterAKill: what a stream knows of producers, and what was given back to a group, is there after a kill and
// after what was written has settled, and the check finds nothing wrong with it.
func TestStreamsKnowAfterAKill(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	s := startLarder(t)
	c := dial(t, s)
	first := map[string]string{}
	for i := range 200 {
		key, message := fmt.Sprint("s", i%7), fmt.Sprint("m", i)
		first[key+message] = c.must(t, "XADD", key, "IDMP", "p", message, "*", "f", "v").text
	}
	c.must(t, "XGROUP", "CREATE", "s1", "g", "0")
	c.must(t, "XREADGROUP", "GROUP", "g", "c", "COUNT", "3", "STREAMS", "s1", ">")
	second := first["s1m8"]
	c.must(t, "XNACK", "s1", "g", "FAIL", "IDS", "1", second)
	for _, end := range []func(){func() { s.kill(t); s.restart(t) }, func() { s.term(t); s.restart(t) }} {
		end()
		c = dial(t, s)
		for i := range 200 {
			key, message := fmt.Sprint("s", i%7), fmt.Sprint("m", i)
			if id := c.must(t, "XADD", key, "IDMP", "p", message, "*", "f", "w").text; id != first[key+message] {
				t.Fatalf("%s of %s is added again, as %s", message, key, id)
			}
		}
		if got, want := c.must(t, "XPENDING", "s1", "g", second, second, "1").String(), fmt.Sprintf(`*[*["%s" "" :-1 :1]]`, second); got != want {
			t.Errorf("what was given back is %s, want %s", got, want)
		}
		if got := c.must(t, "CACHE", "CHECK").String(); got != `*["status" "sound" "findings" *[]]` {
			t.Errorf("the check finds %s", got)
		}
	}
}
