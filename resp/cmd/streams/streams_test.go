// Commands on streams and their groups answer as Redis does and as a model does, at the time of their transaction.
package streams

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"larder/resp/cmd"
	"larder/resp/cmd/cmdtest"
	"larder/resp/reply"
	"larder/shard"
	"larder/store"
	"larder/store/memory"
	"larder/store/sqlite"
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
	still := func() store.Engine { // some replies tell how long an entry has been idle
		return memory.New(memory.WithReruns(1), memory.WithClock(func() int64 { return 1_000_000 }))
	}
	cmdtest.Replay(t, "testdata/newer.txt", Table(), still, set)
}

// model is a stream as Redis's manual describes it: entries in order, each one pair.
type model struct {
	entries []entryOf
	last    store.StreamID
	added   int
}

type entryOf struct {
	id    store.StreamID
	value string
}

// text is what a range answers.
func text(entries []entryOf) string {
	out := fmt.Sprintf("*%d", len(entries))
	for _, e := range entries {
		id := e.id.String()
		out += fmt.Sprintf(" *2 $%d %s *2 $1 v $%d %s", len(id), id, len(e.value), e.value)
	}
	return out
}

// between are the entries from an id to another, both included.
func (m *model) between(from, to store.StreamID) (found []entryOf) {
	for _, e := range m.entries {
		if e.id.Compare(from) >= 0 && e.id.Compare(to) <= 0 {
			found = append(found, e)
		}
	}
	return found
}

func (m *model) add(r *rand.Rand) (line, want string) {
	value := fmt.Sprint("x", r.IntN(100))
	id := store.StreamID{Millis: m.last.Millis + uint64(r.IntN(2)), Seq: uint64(r.IntN(int(m.last.Seq) + 3))}
	line = fmt.Sprintf("XADD k %s v %s", id, value)
	switch {
	case id.Zero():
		return line, "-ERR The ID specified in XADD must be greater than 0-0"
	case id.Compare(m.last) <= 0:
		return line, "-ERR The ID specified in XADD is equal or smaller than the target stream top item"
	}
	m.entries, m.last, m.added = append(m.entries, entryOf{id, value}), id, m.added+1
	return line, fmt.Sprintf("$%d %s", len(id.String()), id)
}

// drop removes the first n entries.
func (m *model) drop(n int) string {
	n = max(n, 0)
	m.entries = slices.Clone(m.entries[n:])
	return fmt.Sprintf(":%d", n)
}

func (m *model) remove(r *rand.Rand, id store.StreamID) (line, want string) {
	other := store.StreamID{Millis: uint64(r.IntN(int(m.last.Millis) + 2))}
	before := len(m.entries)
	m.entries = slices.DeleteFunc(m.entries, func(e entryOf) bool { return e.id == id || e.id == other })
	return fmt.Sprintf("XDEL k %s %s", id, other), fmt.Sprintf(":%d", before-len(m.entries))
}

// limited cuts what a range answers.
func limited(found []entryOf, n int) []entryOf { return found[:min(n, len(found))] }

// step makes a random command and what the model answers to it.
func (m *model) step(r *rand.Rand) (line, want string) {
	id := func() store.StreamID {
		return store.StreamID{Millis: uint64(r.IntN(int(m.last.Millis) + 2)), Seq: uint64(r.IntN(4))}
	}
	from, to := id(), id()
	switch r.IntN(14) {
	case 0:
		return m.remove(r, from)
	case 1:
		keep := r.IntN(len(m.entries) + 2)
		if r.IntN(5) > 0 { // so that it grows
			keep = len(m.entries) + 1
		}
		return fmt.Sprintf("XTRIM k MAXLEN %d", keep), m.drop(len(m.entries) - keep)
	case 2:
		below := slices.IndexFunc(m.entries, func(e entryOf) bool { return e.id.Compare(from) >= 0 })
		if below < 0 || below > 5 {
			return "XLEN k", fmt.Sprintf(":%d", len(m.entries))
		}
		return fmt.Sprintf("XTRIM k MINID %s", from), m.drop(below)
	case 3:
		return fmt.Sprintf("XRANGE k %s %s", from, to), text(m.between(from, to))
	case 4:
		found := m.between(from, to)
		slices.Reverse(found)
		return fmt.Sprintf("XREVRANGE k %s %s COUNT 3", to, from), text(limited(found, 3))
	case 5:
		next, _ := from.Next()
		prev, ok := to.Prev()
		if !ok {
			return fmt.Sprintf("XRANGE k (%s (%s", from, to), "-ERR invalid end ID for the interval"
		}
		return fmt.Sprintf("XRANGE k (%s (%s COUNT 7", from, to), text(limited(m.between(next, prev), 7))
	case 6:
		next, _ := from.Next()
		found := limited(m.between(next, store.LastStreamID()), 4)
		if len(found) == 0 {
			return fmt.Sprintf("XREAD COUNT 4 STREAMS k %s", from), "*-1"
		}
		return fmt.Sprintf("XREAD COUNT 4 STREAMS k %s", from), "*1 *2 $1 k " + text(found)
	}
	return m.add(r)
}

// layered is an engine that keeps a stream in a file and in layers over it that grow, freeze and settle.
func layered(t *testing.T) store.Engine {
	t.Helper()
	base, err := sqlite.Open(filepath.Join(t.TempDir(), "s.db"), sqlite.Options{CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { base.Close() })
	j, err := shard.Open(t.TempDir(), []store.Base{base}, shard.Options{OverlayBytes: 8 << 10})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j.Shards()[0]
}

func TestStreamsAgainstModel(t *testing.T) {
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 3))
		engine, steps := store.Engine(memory.New()), 4000
		if seed == 3 {
			engine, steps = layered(t), 2000
		}
		s := cmdtest.NewSession(engine, Table(), nil)
		var m model
		for i := range steps {
			line, want := m.step(r)
			if got := s.DoText(t, line); got != want {
				t.Fatalf("seed %d, step %d: %s\n got %s\nwant %s", seed, i, line, got, want)
			}
		}
		want := text(m.entries)
		if got := s.DoText(t, "XRANGE k - +"); got != want {
			t.Fatalf("seed %d\n got %s\nwant %s", seed, got, want)
		}
		if got, want := s.DoText(t, "XINFO STREAM k"), fmt.Sprintf("entries-added :%d ", m.added); !strings.Contains(got, want) {
			t.Errorf("seed %d: %q is not in %s", seed, want, got)
		}
	}
}

// TestTheTimeIsTheTransactions: ids, and the times of consumers and of pending entries, come from one clock.
func TestTheTimeIsTheTransactions(t *testing.T) {
	now := int64(5000)
	s := cmdtest.NewSession(memory.New(memory.WithClock(func() int64 { return now })), Table(), nil)
	for _, step := range []struct {
		line, want string
		after      int64
	}{
		{"XADD k * f v", "$6 5000-0", 0},
		{"XGROUP CREATE k g 0", "+OK", 0},
		{"XREADGROUP GROUP g c STREAMS k >", "*1 *2 $1 k *1 *2 $6 5000-0 *2 $1 f $1 v", 7},
		{"XPENDING k g - + 1", "*1 *4 $6 5000-0 $1 c :7 :1", 3},
		{"XINFO CONSUMERS k g", "*1 *8 $4 name $1 c $7 pending :1 $4 idle :10 $8 inactive :10", 0},
		{"XCLAIM k g d 11 5000-0 JUSTID", "*0", 1},
		{"XCLAIM k g d 11 5000-0 JUSTID", "*1 $6 5000-0", 0},
		{"XAUTOCLAIM k g e 1 0", "*3 $3 0-0 *0 *0", 0},
		{"XADD k MAXLEN 1 * f v", "$6 5011-0", 0},
	} {
		if got := s.DoText(t, step.line); got != step.want {
			t.Errorf("%s at %d\n got %s\nwant %s", step.line, now, got, step.want)
		}
		now += step.after
	}
}
