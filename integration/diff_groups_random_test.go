package integration

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestRandomGroupsAgainstRedis: what is pending, with whom, and how often it was delivered, after many commands on many
// entries, named once or several times, there or deleted.
func TestRandomGroupsAgainstRedis(t *testing.T) {
	t.Parallel()
	diff(t, []script{randomGroups(1), randomGroups(2)})
}

// randomGroups is a history of two groups. Their consumers are there from the beginning: 7.2 makes one even if it gets
// nothing.
func randomGroups(seed uint64) script {
	r := rand.New(rand.NewPCG(seed, 11))
	last := 0
	id := func() int { return r.IntN(last + 2) }
	ids := func(most int) string {
		words := make([]string, 1+r.IntN(most))
		for i := range words {
			words[i] = fmt.Sprint(id(), "-1")
		}
		return strings.Join(words, " ")
	}
	var lines []string
	for _, g := range []string{"g", "h"} {
		lines = append(lines, "XGROUP CREATE s "+g+" 0 MKSTREAM")
		for _, c := range []string{"a", "b", "c"} {
			lines = append(lines, "XGROUP CREATECONSUMER s "+g+" "+c)
		}
	}
	for range 500 {
		g, c, count := string("gh"[r.IntN(2)]), string("abc"[r.IntN(3)]), 1+r.IntN(400)
		var line string
		switch r.IntN(11) {
		case 0, 1:
			from := last + 1
			last += 1 + r.IntN(300)
			line = fmt.Sprintf(`EVAL "for i = %d, %d do redis.call('XADD', KEYS[1], i .. '-1', 'f', i) end return 'OK'" 1 s`, from, last)
		case 2, 3:
			line = fmt.Sprintf("XREADGROUP GROUP %s %s COUNT %d STREAMS s >", g, c, count)
		case 4:
			line = fmt.Sprintf("XREADGROUP GROUP %s %s COUNT %d STREAMS s s %s", g, c, count,
				[]string{fmt.Sprint(id(), " >"), fmt.Sprint("> ", id()), "> >"}[r.IntN(3)])
		case 5:
			line = fmt.Sprintf("XACK s %s %s", g, ids(200))
		case 6:
			line = fmt.Sprintf("XCLAIM s %s %s 0 %s %s", g, c, ids(200), []string{"", "FORCE", "JUSTID", "RETRYCOUNT 3"}[r.IntN(4)])
		case 7:
			line = fmt.Sprintf("XAUTOCLAIM s %s %s 0 %d COUNT %d %s", g, c, id(), count, []string{"", "JUSTID"}[r.IntN(2)])
		case 8:
			line = "XDEL s " + ids(10)
		case 9:
			line = "XPENDING s " + g
		case 10:
			if line = "XINFO GROUPS s"; r.IntN(8) == 0 {
				line = fmt.Sprintf("XGROUP SETID s %s %d", g, id())
			}
		}
		lines = append(lines, line)
	}
	lines = append(lines, "XRANGE s - +")
	return script{fmt.Sprint("random ", seed), strings.Join(lines, "\n")}
}
