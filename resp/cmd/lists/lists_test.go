// Commands on lists answer as Redis does and as a Go slice would.
package lists

import (
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

// model is a list as Redis's manual describes it, in a slice.
type model []string

func (m *model) bounds(start, stop int) (int, int) {
	n := len(*m)
	if start < 0 {
		start = max(start+n, 0)
	}
	if stop < 0 {
		stop += n
	}
	stop = min(stop, n-1)
	if start > stop {
		return 0, 0
	}
	return start, stop + 1
}

func (m *model) insert(at int, words ...string) string {
	*m = slices.Insert(*m, at, words...)
	return fmt.Sprintf(":%d", len(*m))
}

func (m *model) remove(word string, count int) string {
	before := len(*m)
	backwards := count < 0
	if backwards {
		slices.Reverse(*m)
		count = -count
	}
	left := count
	*m = slices.DeleteFunc(*m, func(w string) bool {
		if w != word || count > 0 && left == 0 {
			return false
		}
		left--
		return true
	})
	if backwards {
		slices.Reverse(*m)
	}
	return fmt.Sprintf(":%d", before-len(*m))
}

func (m *model) pop(front bool, n int) string {
	n = min(n, len(*m))
	if len(*m) == 0 {
		return "*-1"
	}
	taken := (*m)[len(*m)-n:]
	if front {
		taken = (*m)[:n]
	}
	taken = slices.Clone(taken)
	if front {
		*m = (*m)[n:]
	} else {
		slices.Reverse(taken)
		*m = (*m)[:len(*m)-n]
	}
	return array(taken)
}

func (m *model) find(word string) int { return slices.Index(*m, word) }

func bulk(w string) string { return fmt.Sprintf("$%d %s", len(w), w) }

func array(words []string) string {
	out := []string{fmt.Sprintf("*%d", len(words))}
	for _, w := range words {
		out = append(out, bulk(w))
	}
	return strings.Join(out, " ")
}

// step makes a random command and what the model answers to it.
func (m *model) step(r *rand.Rand) (line, want string) {
	word := func() string { return fmt.Sprintf("w%d", r.IntN(30)) }
	index := func() int { return r.IntN(2*len(*m)+3) - len(*m) - 1 }
	a, b := word(), word()
	switch r.IntN(20) {
	case 0, 1, 2, 3:
		return "RPUSH k " + a + " " + b, m.insert(len(*m), a, b)
	case 4, 5:
		return "LPUSH k " + a + " " + b, m.insert(0, b, a)
	case 6:
		return "LPOP k 2", m.pop(true, 2)
	case 7:
		return "RPOP k 3", m.pop(false, 3)
	case 8, 9, 10, 11:
		return m.linsert(r, a, b)
	case 12:
		count := r.IntN(5) - 2
		return fmt.Sprintf("LREM k %d %s", count, a), m.remove(a, count)
	case 13:
		return m.lset(index(), a)
	case 14:
		return m.ltrim(r)
	case 15:
		at := m.find(a)
		if at < 0 {
			return "LPOS k " + a, "$-1"
		}
		return "LPOS k " + a, fmt.Sprintf(":%d", at)
	case 16:
		start, stop := index(), index()
		from, to := m.bounds(start, stop)
		return fmt.Sprintf("LRANGE k %d %d", start, stop), array((*m)[from:to])
	case 17:
		return m.rotate()
	}
	i := index()
	if at := (i + len(*m)) % max(len(*m), 1); i >= -len(*m) && i < len(*m) {
		return fmt.Sprintf("LINDEX k %d", i), bulk((*m)[at])
	}
	return fmt.Sprintf("LINDEX k %d", i), "$-1"
}

func (m *model) linsert(r *rand.Rand, pivot, word string) (line, want string) {
	where, shift := "BEFORE", 0
	if r.IntN(2) == 0 {
		where, shift = "AFTER", 1
	}
	line = "LINSERT k " + where + " " + pivot + " " + word
	switch at := m.find(pivot); {
	case len(*m) == 0:
		return line, ":0"
	case at < 0:
		return line, ":-1"
	default:
		return line, m.insert(at+shift, word)
	}
}

func (m *model) lset(i int, word string) (line, want string) {
	line = fmt.Sprintf("LSET k %d %s", i, word)
	switch at := i; {
	case len(*m) == 0:
		return line, "-ERR no such key"
	case at < -len(*m) || at >= len(*m):
		return line, "-ERR index out of range"
	case at < 0:
		at += len(*m)
		fallthrough
	default:
		(*m)[(i+len(*m))%len(*m)] = word
		return line, "+OK"
	}
}

func (m *model) ltrim(r *rand.Rand) (line, want string) {
	start, stop := r.IntN(3), -1-r.IntN(3)
	from, to := m.bounds(start, stop)
	*m = slices.Clone((*m)[from:to])
	return fmt.Sprintf("LTRIM k %d %d", start, stop), "+OK"
}

func (m *model) rotate() (line, want string) {
	if len(*m) == 0 {
		return "RPOPLPUSH k k", "$-1"
	}
	last := len(*m) - 1
	word := (*m)[last]
	*m = append([]string{word}, (*m)[:last]...)
	return "RPOPLPUSH k k", bulk(word)
}

func TestListsAgainstModel(t *testing.T) {
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 1))
		s := cmdtest.NewSession(memory.New(), Table(), nil)
		var m model
		for i := range 10_000 {
			if r.IntN(400) == 0 && len(m) > 0 {
				m = nil
				s.DoText(t, "LTRIM k 1 0")
			}
			line, want := m.step(r)
			if got := s.DoText(t, line); got != want {
				t.Fatalf("seed %d, step %d: %s\n got %s\nwant %s", seed, i, line, got, want)
			}
		}
		if got, want := s.DoText(t, "LRANGE k 0 -1"), array(m); got != want {
			t.Fatalf("seed %d\n got %s\nwant %s", seed, got, want)
		}
	}
}

func FuzzListsAgainstModel(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 2))
		s := cmdtest.NewSession(memory.New(), Table(), nil)
		var m model
		for range 300 {
			line, want := m.step(r)
			if got := s.DoText(t, line); got != want {
				t.Fatalf("%s\n got %s\nwant %s", line, got, want)
			}
		}
	})
}
