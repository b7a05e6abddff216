// Commands on hashes answer as Redis does and as a Go map would; SCAN meets every field, and every field can be drawn.
package hashes

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"larder/resp/cmd"
	"larder/resp/cmd/cmdtest"
	"larder/resp/reply"
	"larder/store"
	"larder/store/memory"
)

func fresh() store.Engine { return memory.New(memory.WithReruns(1)) }

// set makes a key of another type.
func set(c *cmd.Call) reply.Reply {
	if err := c.Tx.PutHead(c.Key(1), store.Head{Type: store.String, Len: 1, Value: c.Args[2]}); err != nil {
		return reply.Err(err)
	}
	return reply.OK()
}

func TestReplies(t *testing.T) {
	cmdtest.Replay(t, "testdata/replies.txt", Table(), fresh, set)
}

func TestExpiryReplies(t *testing.T) {
	cmdtest.Replay(t, "testdata/expiry.txt", Table(), fresh, set)
}

// TestFieldsExpire: a field is there in its last millisecond, and in the next one nobody sees it.
func TestFieldsExpire(t *testing.T) {
	for _, pad := range []string{"x", strings.Repeat("x", 5000)} { // packed, or a row for each field
		now := int64(1_000_000)
		e := memory.New(memory.WithClock(func() int64 { return now }))
		s := cmdtest.NewSession(e, Table(), set)
		want := func(line, want string) {
			t.Helper()
			if got := s.DoText(t, line); got != want {
				t.Errorf("at %d, %s:\n got %s\nwant %s", now, line, got, want)
			}
		}
		want("HSET h a 1 b 2 c 3 pad "+pad, ":4")
		want("HPEXPIRE h 100 FIELDS 1 a", "*1 :1")
		want("HEXPIRE h 1 FIELDS 1 b", "*1 :1")
		now += 40
		want("HPTTL h FIELDS 2 a b", "*2 :60 :960")
		want("HTTL h FIELDS 2 a b", "*2 :1 :1")
		now += 60
		want("HGET h a", "$1 1")
		want("HPTTL h FIELDS 1 a", "*1 :0")
		want("HLEN h", ":4")
		now++
		want("HGET h a", "$-1")
		want("HMGET h a b", "*2 $-1 $1 2")
		want("HEXISTS h a", ":0")
		want("HSTRLEN h a", ":0")
		want("HLEN h", ":3")
		want("HPTTL h FIELDS 1 a", "*1 :-2")
		want("HPERSIST h FIELDS 1 a", "*1 :-2")
		want("HEXPIRE h 9 FIELDS 2 a b", "*2 :-2 :1")
		want("HDEL h a", ":0")
		want("HGETDEL h FIELDS 1 a", "*1 $-1")
		want("HGETEX h PERSIST FIELDS 1 a", "*1 $-1")
		want("HSETEX h FXX FIELDS 1 a 2", ":0")
		for line, fields := range map[string]int{"HKEYS h": 3, "HVALS h": 3, "HGETALL h": 6, "HRANDFIELD h 9": 3, "HRANDFIELD h -9": 9} {
			if got := s.DoText(t, line); !strings.HasPrefix(got, fmt.Sprintf("*%d ", fields)) || strings.Contains(got, "$1 a") {
				t.Errorf("%s: %s", line, got)
			}
		}
		want("HINCRBY h a 7", ":7")
		want("HPTTL h FIELDS 1 a", "*1 :-1")
		want("HPEXPIRE h 10 FIELDS 1 a", "*1 :1")
		now += 11
		want("HSETNX h a 8", ":1")
		want("HSET h a 9", ":0")
		want("HPEXPIRE h 10 FIELDS 1 a", "*1 :1")
		now += 11
		want("HSET h a 10", ":1")
		want("HDEL h c pad", ":2")
		want("HPEXPIRE h 20 FIELDS 2 a b", "*2 :1 :1")
		now += 21
		want("HLEN h", ":0")
		want("HSET h new 1", ":1")
		want("HGETALL h", "*2 $3 new $1 1")
	}
}

func TestUnorderedReplies(t *testing.T) {
	for _, proto := range []int{2, 3} {
		s := cmdtest.NewSession(fresh(), Table(), set)
		s.Proto = proto
		for _, x := range cmdtest.Read(t, "testdata/unordered.txt") {
			got, want := cmdtest.Flat(s.Do(t, x.Words...), proto), x.Want[proto-2]
			if sorted(got) != sorted(want) {
				t.Errorf("line %d: %q\n got %s\nwant %s", x.Line, x.Words, got, want)
			}
		}
	}
}

func sorted(flat string) string {
	words := strings.Fields(flat)
	slices.Sort(words)
	return strings.Join(words, " ")
}

// bulks are the bulk strings of a flat reply.
func bulks(flat string) []string {
	words := strings.Fields(flat)
	var out []string
	for i, w := range words {
		if w[0] == '$' && w != "$0" {
			out = append(out, words[i+1])
		}
	}
	return out
}

// mapOf reads a flat HGETALL; each field twice is a failure.
func mapOf(t *testing.T, pairs []string) map[string]string {
	t.Helper()
	m := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if _, twice := m[pairs[i]]; twice {
			t.Fatalf("field %s twice", pairs[i])
		}
		m[pairs[i]] = pairs[i+1]
	}
	return m
}

func TestAgainstMap(t *testing.T) {
	s := cmdtest.NewSession(fresh(), Table(), nil)
	model := map[string]string{}
	for step := range 3000 {
		f, v := "f"+strconv.Itoa(rand.IntN(700)), strconv.Itoa(rand.IntN(1000))
		_, there := model[f]
		line, want := "", ""
		switch rand.IntN(4) {
		case 0:
			line, want = "HDEL h "+f, ":"+bit(there)
			delete(model, f)
		case 1:
			n, _ := strconv.Atoi(model[f])
			by, _ := strconv.Atoi(v)
			model[f] = strconv.Itoa(n + by)
			line, want = "HINCRBY h "+f+" "+v, ":"+model[f]
		default:
			model[f] = v
			line, want = "HSET h "+f+" "+v, ":"+bit(!there)
		}
		if got := s.DoText(t, line); got != want {
			t.Fatalf("step %d: %s: got %s, want %s", step, line, got, want)
		}
		if step%300 == 0 {
			compare(t, s, model)
		}
	}
	compare(t, s, model)
}

func bit(yes bool) string {
	if yes {
		return "1"
	}
	return "0"
}

func compare(t *testing.T, s *cmdtest.Session, model map[string]string) {
	t.Helper()
	if got, want := s.DoText(t, "HLEN h"), ":"+strconv.Itoa(len(model)); got != want {
		t.Fatalf("HLEN: got %s, want %s", got, want)
	}
	for _, line := range []string{"HGETALL h", "HRANDFIELD h 100000 WITHVALUES"} {
		if got := mapOf(t, bulks(s.DoText(t, line))); fmt.Sprint(got) != fmt.Sprint(model) {
			t.Fatalf("%s: got %v, want %v", line, got, model)
		}
	}
	n := len(model) / 2
	some := mapOf(t, bulks(s.DoText(t, fmt.Sprintf("HRANDFIELD h %d WITHVALUES", n))))
	few := mapOf(t, bulks(s.DoText(t, "HRANDFIELD h 5 WITHVALUES")))
	if len(some) != n || len(few) != min(5, len(model)) {
		t.Fatalf("HRANDFIELD gave %d of %d and %d of 5", len(some), n, len(few))
	}
	for f, v := range some {
		if model[f] != v {
			t.Fatalf("HRANDFIELD: %s is %s, want %s", f, v, model[f])
		}
	}
}

func TestScanKeepsItsPromiseWhileFieldsComeAndGo(t *testing.T) {
	s := cmdtest.NewSession(fresh(), Table(), nil)
	for i := range 1000 {
		s.DoText(t, fmt.Sprintf("HSET h stays%d %d goes%d %d", i, i, i, i))
	}
	seen, cursor := map[string]string{}, "0"
	for turn := 0; turn == 0 || cursor != "0"; turn++ {
		page := bulks(s.DoText(t, "HSCAN h "+cursor+" COUNT 7"))
		cursor = page[0]
		if len(page) > 2*7+1 {
			t.Fatalf("a page of %d words for COUNT 7", len(page))
		}
		for i := 1; i < len(page); i += 2 {
			seen[page[i]] = page[i+1]
		}
		s.DoText(t, fmt.Sprintf("HDEL h goes%d", turn))
		s.DoText(t, fmt.Sprintf("HSET h comes%d 1", turn))
	}
	for i := range 1000 {
		if f := fmt.Sprintf("stays%d", i); seen[f] != strconv.Itoa(i) {
			t.Fatalf("HSCAN gave %q for %s", seen[f], f)
		}
	}
}

func TestEveryFieldIsDrawn(t *testing.T) {
	s := cmdtest.NewSession(fresh(), Table(), nil)
	for i := range 20 {
		s.DoText(t, fmt.Sprintf("HSET h f%d v%d", i, i))
	}
	for _, line := range []string{"HRANDFIELD h", "HRANDFIELD h 2", "HRANDFIELD h 10", "HRANDFIELD h -4"} {
		seen := map[string]bool{}
		for range 1000 {
			for _, f := range bulks(s.DoText(t, line)) {
				seen[f] = true
			}
		}
		if len(seen) != 20 {
			t.Errorf("%s never drew %d fields of 20", line, 20-len(seen))
		}
	}
}
