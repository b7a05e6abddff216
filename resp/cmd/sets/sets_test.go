// Commands on sets answer as Redis does and as Go maps would; SCAN meets every member, and every member can be drawn.
package sets

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

func TestUnorderedReplies(t *testing.T) {
	for _, proto := range []int{2, 3} {
		s := cmdtest.NewSession(fresh(), Table(), set)
		s.Proto = proto
		for _, x := range cmdtest.Read(t, "testdata/unordered.txt") {
			got, want := cmdtest.Flat(s.Do(t, x.Words...), proto), x.Want[proto-2]
			if sorted(strings.Fields(got)) != sorted(strings.Fields(want)) {
				t.Errorf("line %d: %q\n got %s\nwant %s", x.Line, x.Words, got, want)
			}
		}
	}
}

func sorted(words []string) string {
	words = slices.Clone(words)
	slices.Sort(words)
	return strings.Join(words, " ")
}

// bulks are the bulk strings of a flat reply.
func bulks(flat string) []string {
	words := strings.Fields(flat)
	var out []string
	for i, w := range words {
		if w[0] == '$' {
			out = append(out, words[i+1])
		}
	}
	return out
}

// models are the sets a, b, c and d as maps.
type models map[string]map[string]bool

func (m models) union(keys ...string) map[string]bool {
	out := map[string]bool{}
	for _, k := range keys {
		for member := range m[k] {
			out[member] = true
		}
	}
	return out
}

func (m models) filter(first string, others []string, keep func(inOther bool) bool) map[string]bool {
	out := map[string]bool{}
	for member := range m[first] {
		kept := true
		for _, k := range others {
			kept = kept && keep(m[k][member])
		}
		if kept {
			out[member] = true
		}
	}
	return out
}

func (m models) run(op string, keys ...string) map[string]bool {
	switch op {
	case "SUNION":
		return m.union(keys...)
	case "SINTER":
		return m.filter(keys[0], keys[1:], func(in bool) bool { return in })
	}
	return m.filter(keys[0], keys[1:], func(in bool) bool { return !in })
}

func words(members map[string]bool) string {
	var out []string
	for m := range members {
		out = append(out, m)
	}
	return sorted(out)
}

func anyOf(words ...string) string { return words[rand.IntN(len(words))] }

func TestAgainstMaps(t *testing.T) {
	for _, size := range []int{8, 1500} {
		t.Run(strconv.Itoa(size), func(t *testing.T) {
			s := cmdtest.NewSession(fresh(), Table(), nil)
			m := models{}
			for range 400 {
				m.step(t, s, size)
				key := anyOf("a", "b", "c", "d")
				if got := bulks(s.DoText(t, "SMEMBERS "+key)); sorted(got) != words(m[key]) {
					t.Fatalf("%s: got %d members, want %d", key, len(got), len(m[key]))
				}
			}
		})
	}
}

func (m models) step(t *testing.T, s *cmdtest.Session, size int) {
	t.Helper()
	key, op := anyOf("a", "b", "c", "d"), anyOf("SUNION", "SINTER", "SDIFF")
	operands := []string{anyOf("a", "b", "none"), anyOf("b", "c"), anyOf("c", "d", "a")}[:1+rand.IntN(3)]
	want := m.run(op, operands...)
	var line string
	switch rand.IntN(6) {
	case 0:
		line = op + "STORE " + key + " " + strings.Join(operands, " ")
		m[key] = want
		m.expect(t, s, line, len(want))
	case 1:
		line = op + " " + strings.Join(operands, " ")
		if got := bulks(s.DoText(t, line)); sorted(got) != words(want) {
			t.Fatalf("%s: got %d members, want %d", line, len(got), len(want))
		}
	case 2:
		n := len(m.run("SINTER", operands...))
		line = fmt.Sprintf("SINTERCARD %d %s", len(operands), strings.Join(operands, " "))
		m.expect(t, s, line, n)
		m.expect(t, s, line+" LIMIT 3", min(n, 3))
	case 3:
		m.pop(t, s, key, rand.IntN(len(m[key])+2))
	case 4:
		m.cut(t, s, key, size)
	default:
		m.add(t, s, key, size)
	}
}

func (m models) expect(t *testing.T, s *cmdtest.Session, line string, n int) {
	t.Helper()
	if got, want := s.DoText(t, line), ":"+strconv.Itoa(n); got != want {
		t.Fatalf("%s: got %s, want %s", line, got, want)
	}
}

func (m models) add(t *testing.T, s *cmdtest.Session, key string, size int) {
	t.Helper()
	if m[key] == nil {
		m[key] = map[string]bool{}
	}
	line, before := "SADD "+key, len(m[key])
	for range 1 + rand.IntN(size) {
		member := strconv.Itoa(rand.IntN(size * 2))
		line += " " + member
		m[key][member] = true
	}
	m.expect(t, s, line, len(m[key])-before)
}

func (m models) cut(t *testing.T, s *cmdtest.Session, key string, size int) {
	t.Helper()
	line, before := "SREM "+key, len(m[key])
	for range 1 + rand.IntN(size) {
		member := strconv.Itoa(rand.IntN(size * 2))
		line += " " + member
		delete(m[key], member)
	}
	m.expect(t, s, line, before-len(m[key]))
}

func (m models) pop(t *testing.T, s *cmdtest.Session, key string, n int) {
	t.Helper()
	popped := bulks(s.DoText(t, fmt.Sprintf("SPOP %s %d", key, n)))
	if len(popped) != min(n, len(m[key])) {
		t.Fatalf("SPOP %d of %d gave %d", n, len(m[key]), len(popped))
	}
	for _, p := range popped {
		if !m[key][p] {
			t.Fatalf("SPOP gave %s, which is not there or came twice", p)
		}
		delete(m[key], p)
	}
}

func TestUnionOfLargeOperands(t *testing.T) {
	s := cmdtest.NewSession(memory.New(), Table(), nil)
	want := map[string]bool{}
	for i := range 300 {
		member := strconv.Itoa(i) + strings.Repeat("x", 20<<10)
		want[member] = true
		for _, key := range []string{"a", "b", "c"}[i%3:] {
			s.DoText(t, "SADD "+key+" "+member)
		}
	}
	for _, line := range []string{"SUNION a b c", "SUNION c b a b none"} {
		if got := bulks(s.DoText(t, line)); sorted(got) != words(want) {
			t.Errorf("%s: got %d members, want %d", line, len(got), len(want))
		}
	}
}

func TestScanKeepsItsPromiseWhileMembersComeAndGo(t *testing.T) {
	s := cmdtest.NewSession(fresh(), Table(), nil)
	for i := range 1000 {
		s.DoText(t, fmt.Sprintf("SADD s stays%d goes%d", i, i))
	}
	seen, cursor := map[string]bool{}, "0"
	for turn := 0; turn == 0 || cursor != "0"; turn++ {
		page := bulks(s.DoText(t, "SSCAN s "+cursor+" MATCH stays* COUNT 7"))
		cursor = page[0]
		for _, m := range page[1:] {
			seen[m] = true
		}
		s.DoText(t, fmt.Sprintf("SREM s goes%d", turn))
		s.DoText(t, fmt.Sprintf("SADD s comes%d", turn))
	}
	if len(seen) != 1000 {
		t.Fatalf("SSCAN gave %d members of 1000", len(seen))
	}
}

func TestEveryMemberIsDrawn(t *testing.T) {
	s := cmdtest.NewSession(fresh(), Table(), nil)
	all := "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19"
	for _, line := range []string{"SRANDMEMBER s", "SRANDMEMBER s 2", "SRANDMEMBER s 10", "SRANDMEMBER s -4",
		"SPOP s", "SPOP s 2", "SPOP s 15", "SPOP s 18"} {
		seen, spared := map[string]bool{}, map[string]bool{}
		for range 500 {
			s.DoText(t, "SADD s "+all)
			drawn := bulks(s.DoText(t, line))
			for _, m := range strings.Fields(all) {
				if slices.Contains(drawn, m) {
					seen[m] = true
				} else {
					spared[m] = true
				}
			}
		}
		if len(seen) != 20 || len(spared) != 20 {
			t.Errorf("%s never drew %d members of 20 and always drew %d", line, 20-len(seen), 20-len(spared))
		}
	}
}
