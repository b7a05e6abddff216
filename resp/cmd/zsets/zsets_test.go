// Commands on sorted sets answer as Redis does and as a model does; SCAN meets every member.
package zsets

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"larder/resp/cmd"
	"larder/resp/cmd/cmdtest"
	"larder/resp/reply"
	"larder/store"
	"larder/store/memory"
)

func fresh() store.Engine { return memory.New(memory.WithReruns(1)) }

// other makes keys of other types: SET and SADD on a fresh key.
func other(c *cmd.Call) reply.Reply {
	if string(c.Args[0]) == "SET" {
		if err := c.Tx.PutHead(c.Key(1), store.Head{Type: store.String, Len: 1, Value: c.Args[2]}); err != nil {
			return reply.Err(err)
		}
		return reply.OK()
	}
	id, err := c.Tx.NewID(c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	var items []store.Item
	for _, m := range c.Args[2:] {
		items = append(items, store.Item{Field: m})
	}
	ch, err := c.Tx.PutItems(id, store.Members, items...)
	if err != nil {
		return reply.Err(err)
	}
	if err := c.Tx.PutHead(c.Key(1), store.Head{Type: store.Set, ID: id, Len: ch.Count, Bytes: ch.Bytes}); err != nil {
		return reply.Err(err)
	}
	return reply.Integer(ch.Count)
}

func TestReplies(t *testing.T) {
	cmdtest.Replay(t, "testdata/replies.txt", Table(), fresh, other)
}

// model is a sorted set in a slice, in order.
type model []store.Item

func (m *model) put(name string, score float64) {
	m.cut(name)
	*m = append(*m, store.Item{Field: []byte(name), Score: score})
	slices.SortFunc(*m, func(a, b store.Item) int {
		return cmp.Or(cmp.Compare(a.Score, b.Score), strings.Compare(string(a.Field), string(b.Field)))
	})
}

func (m *model) at(name string) int {
	return slices.IndexFunc(*m, func(it store.Item) bool { return string(it.Field) == name })
}

func (m *model) cut(name string) (score float64, ok bool) {
	i := m.at(name)
	if i < 0 {
		return 0, false
	}
	score = (*m)[i].Score
	*m = slices.Delete(*m, i, i+1)
	return score, true
}

func (m *model) between(lo, hi float64) (from, to int) {
	for from < len(*m) && (*m)[from].Score < lo {
		from++
	}
	for to = from; to < len(*m) && (*m)[to].Score <= hi; to++ {
	}
	return from, to
}

func pairs(items []store.Item) string {
	out := []string{fmt.Sprintf("*%d", 2*len(items))}
	for _, it := range items {
		score := string(reply.AppendFloat(nil, it.Score))
		out = append(out, fmt.Sprintf("$%d %s $%d %s", len(it.Field), it.Field, len(score), score))
	}
	return strings.Join(out, " ")
}

func reversed(items []store.Item) []store.Item {
	items = slices.Clone(items)
	slices.Reverse(items)
	return items
}

// step makes a random command and what the model answers to it.
func (m *model) step(r *rand.Rand) (line, want string) {
	name := fmt.Sprintf("m%d", r.IntN(800))
	score := float64(r.IntN(100)) / 4
	lo, hi := float64(r.IntN(25)), float64(r.IntN(25))
	from, to := m.between(lo, hi)
	n := len(*m)
	switch r.IntN(16) {
	case 0:
		i := m.at(name)
		if i < 0 {
			return "ZREVRANK k " + name, "$-1"
		}
		return "ZREVRANK k " + name, fmt.Sprintf(":%d", n-1-i)
	case 1:
		i := m.at(name)
		if i < 0 {
			return "ZRANK k " + name, "$-1"
		}
		return "ZRANK k " + name, fmt.Sprintf(":%d", i)
	case 2:
		return fmt.Sprintf("ZCOUNT k %g %g", lo, hi), fmt.Sprintf(":%d", to-from)
	case 3:
		return fmt.Sprintf("ZRANGEBYSCORE k %g %g WITHSCORES", lo, hi), pairs((*m)[from:to])
	case 4:
		return fmt.Sprintf("ZREVRANGEBYSCORE k %g %g WITHSCORES", hi, lo), pairs(reversed((*m)[from:to]))
	case 5:
		a, b := m.ranks(r)
		return fmt.Sprintf("ZRANGE k %d %d WITHSCORES", a, b), pairs((*m)[a:min(b+1, n)])
	case 6:
		a, b := m.ranks(r)
		return fmt.Sprintf("ZREVRANGE k %d %d WITHSCORES", a, b), pairs(reversed(*m)[a:min(b+1, n)])
	case 7:
		_, ok := m.cut(name)
		return "ZREM k " + name, ":" + map[bool]string{true: "1", false: "0"}[ok]
	case 8:
		old, _ := m.cut(name)
		m.put(name, old+score)
		text := string(reply.AppendFloat(nil, old+score))
		return fmt.Sprintf("ZINCRBY k %g %s", score, name), fmt.Sprintf("$%d %s", len(text), text)
	case 9:
		return m.removal(r)
	}
	_, had := m.cut(name)
	m.put(name, score)
	return fmt.Sprintf("ZADD k %g %s", score, name), ":" + map[bool]string{true: "0", false: "1"}[had]
}

// ranks are a start inside the set, or at its end, and a stop not before it.
func (m *model) ranks(r *rand.Rand) (start, stop int) {
	start = r.IntN(len(*m) + 1)
	return start, start + r.IntN(20)
}

func (m *model) removal(r *rand.Rand) (line, want string) {
	n := len(*m)
	switch r.IntN(4) {
	case 0:
		k := min(3, n)
		line, want = "ZPOPMIN k 3", pairs((*m)[:k])
		*m = (*m)[k:]
	case 1:
		k := min(2, n)
		line, want = "ZPOPMAX k 2", pairs(reversed((*m)[n-k:]))
		*m = (*m)[:n-k]
	case 2:
		a, b := m.ranks(r)
		line, want = fmt.Sprintf("ZREMRANGEBYRANK k %d %d", a, b), fmt.Sprintf(":%d", max(min(b+1, n)-a, 0))
		*m = slices.Delete(*m, a, min(b+1, n))
	default:
		lo := float64(r.IntN(25))
		from, to := m.between(lo, lo+0.5)
		line, want = fmt.Sprintf("ZREMRANGEBYSCORE k %g %g", lo, lo+0.5), fmt.Sprintf(":%d", to-from)
		*m = slices.Delete(*m, from, to)
	}
	return line, want
}

func TestZSetsAgainstModel(t *testing.T) {
	for seed := range uint64(2) {
		r := rand.New(rand.NewPCG(seed, 3))
		s := cmdtest.NewSession(memory.New(), Table(), nil)
		var m model
		largest := 0
		for i := range 10_000 {
			line, want := m.step(r)
			if got := s.DoText(t, line); got != want {
				t.Fatalf("seed %d, step %d: %s\n got %s\nwant %s", seed, i, line, got, want)
			}
			largest = max(largest, len(m))
		}
		if largest <= 128 {
			t.Fatalf("the set never grew past %d", largest)
		}
	}
}

// Every member present all the time comes at least once, whatever happens to others.
func TestScanMeetsEveryMember(t *testing.T) {
	s := cmdtest.NewSession(memory.New(), Table(), nil)
	for i := range 1000 {
		s.DoText(t, fmt.Sprintf("ZADD k %d stays%d %d goes%d", i, i, i, i))
	}
	seen, cursor, calls := map[string]bool{}, "0", 0
	for {
		out := strings.Fields(s.DoText(t, "ZSCAN k "+cursor+" COUNT 7"))
		cursor = out[2]
		for i := 5; i < len(out); i += 4 {
			seen[out[i]] = true
		}
		s.DoText(t, fmt.Sprintf("ZREM k goes%d", calls))
		if calls++; cursor == "0" {
			break
		}
	}
	for i := range 1000 {
		if !seen[fmt.Sprintf("stays%d", i)] {
			t.Errorf("stays%d never came", i)
		}
	}
	if calls < 100 {
		t.Errorf("only %d calls", calls)
	}
}

func TestScanOfLargeSetGives17Digits(t *testing.T) {
	s := cmdtest.NewSession(memory.New(), Table(), nil)
	name := strings.Repeat("x", 65)
	s.DoText(t, "ZADD k 3.3 "+name)
	want := "*2 $1 0 *2 $65 " + name + " $18 3.2999999999999998"
	if got := s.DoText(t, "ZSCAN k 0"); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestRandomMembers(t *testing.T) {
	s := cmdtest.NewSession(memory.New(), Table(), nil)
	for i := range 60 {
		s.DoText(t, fmt.Sprintf("ZADD k %d m%d", i, i))
	}
	for _, n := range []int{1, 5, 19, 21, 59, 60, 61} { // drawn, sifted, all
		met := map[string]bool{}
		for range 60 {
			out := strings.Fields(s.DoText(t, fmt.Sprintf("ZRANDMEMBER k %d", n)))
			here := map[string]bool{}
			for i := 2; i < len(out); i += 2 {
				here[out[i]], met[out[i]] = true, true
			}
			if len(here) != min(n, 60) {
				t.Fatalf("%d different members of %d", len(here), n)
			}
		}
		if len(met) < 30 { // 60 draws of one: fewer than 30 is one in millions
			t.Errorf("60 times %d members met only %d", n, len(met))
		}
	}
	if out := strings.Fields(s.DoText(t, "ZRANDMEMBER k -2000")); len(out) != 1+2*2000 {
		t.Errorf("%d words", len(out))
	}
}

// Sets larger than a batch, through every path of the *STORE commands.
func TestStoresOfManyMembers(t *testing.T) {
	s := cmdtest.NewSession(fresh(), Table(), nil)
	for i := range 1500 {
		s.DoText(t, fmt.Sprintf("ZADD a %d m%d", i, i))
		s.DoText(t, fmt.Sprintf("ZADD b %d m%d", i, i+500))
	}
	for _, row := range [][2]string{
		{"ZUNIONSTORE u 2 a b", ":2000"}, {"ZSCORE u m700", "$3 900"}, {"ZSCORE u m1999", "$4 1499"},
		{"ZSCORE u m3", "$1 3"}, {"ZRANK u m3", ":3"}, {"ZINTERSTORE i 2 a b", ":1000"},
		{"ZSCORE i m500", "$3 500"}, {"ZDIFFSTORE d 2 a b", ":500"}, {"ZRANGE d -1 -1", "*1 $4 m499"},
		{"ZRANGESTORE a a 100 -1", ":1400"}, {"ZCARD a", ":1400"}, {"ZRANGE a 0 0", "*1 $4 m100"},
		{"ZINTERCARD 2 a b LIMIT 600", ":600"}, {"ZUNIONSTORE b 2 a b AGGREGATE MAX", ":1900"},
	} {
		if got := s.DoText(t, row[0]); got != row[1] {
			t.Errorf("%s: got %s, want %s", row[0], got, row[1])
		}
	}
}
