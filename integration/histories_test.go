package integration

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

const (
	historyDeeds    = 12 // of each client
	historyPipeline = 8  // commands in one at most
)

// TestHistoriesAreLinearizable lets a few clients work on a few keys of all shards at the same time and looks for one
// order of all their commands that explains every reply: each client's commands stand in it as it sent them, whether
// it waited for replies or not, and who saw a reply comes before who sent his command later. That is what a server
// with one thread does. Another client writes large values meanwhile, so that layers settle.
func TestHistoriesAreLinearizable(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"everysec", "always"} {
		t.Run(mode, func(t *testing.T) {
			args := []string{"--appendfsync", mode}
			if !judged() {
				args = append(args, "--shards", "4", "--cache-size", "16mb")
			}
			s := startLarder(t, args...)
			done := make(chan struct{})
			var load, players sync.WaitGroup
			ballast := dial(t, s)
			load.Go(func() { sink(ballast, done) })
			for team := range 2 {
				players.Go(func() { playHistories(t, s, team) })
			}
			players.Wait()
			close(done)
			load.Wait()
		})
	}
}

// sink overwrites large values until done, which makes every shard settle again and again.
func sink(c *conn, done <-chan struct{}) {
	large := strings.Repeat("x", 64<<10)
	for i := 0; ; i++ {
		select {
		case <-done:
			return
		default:
		}
		if v, _ := c.do("SET", "ballast:"+strconv.Itoa(i%64), large); v.kind == 'x' {
			return
		}
	}
}

func playHistories(t *testing.T, s *server, team int) {
	histories := 120
	if os.Getenv("LARDER_TEST_LONG") != "" {
		histories = 5_000
	}
	conns := make([]*conn, historyClients)
	for i := range conns {
		conns[i] = dial(t, s)
	}
	for round := range histories {
		if t.Failed() {
			return
		}
		h := &history{seed: uint64(round)<<8 | uint64(team), prefix: fmt.Sprint("h", team)}
		h.play(conns)
		if h.broken != "" {
			t.Errorf("history %d: %s", h.seed, h.broken)
			return
		}
		if result := porcupine.CheckOperationsTimeout(keyspaceModel(), h.operations, time.Minute); result != porcupine.Ok {
			t.Errorf("history %d of team %d, seed %d, has no order: %s\n%s", round, team, h.seed, result, h)
		}
	}
}

// keyspaceModel is whole, not one for each key: an order of each key by itself is not what a client relies on.
func keyspaceModel() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return keyspace{} },
		Step: func(state, input, output any) (bool, any) {
			k := state.(keyspace)
			reply, ok := k.run(input.(deed))
			return ok && reply == output.(string), k
		},
	}
}

// history is what some clients did at the same time, and what they were answered.
type history struct {
	seed       uint64
	prefix     string
	mu         sync.Mutex
	operations []porcupine.Operation
	broken     string
}

// play has all clients begin together, with none of the keys there.
func (h *history) play(conns []*conn) {
	for i := range historyKeys {
		conns[0].do("DEL", h.key(i))
	}
	var clients sync.WaitGroup
	start, begun := make(chan struct{}), time.Now()
	for i, c := range conns {
		clients.Go(func() {
			<-start
			h.client(i, c, begun)
		})
	}
	close(start)
	clients.Wait()
}

func (h *history) key(i int) string { return fmt.Sprintf("%s:%d{%s}", h.prefix, i, historyTags[i]) }

// client sends pipelines of one to some commands and notes their replies.
func (h *history) client(id int, c *conn, begun time.Time) {
	rnd := rand.New(rand.NewPCG(h.seed, uint64(id)))
	deepest := 1 + rnd.IntN(historyPipeline)
	for index := 0; index < historyDeeds; {
		n := min(1+rnd.IntN(deepest), historyDeeds-index)
		deeds, text := make([]deed, n), []byte(nil)
		for i := range deeds {
			deeds[i] = randomDeed(rnd, id, index+i)
			text = append(text, h.encode(deeds[i])...)
		}
		index += n
		call := time.Since(begun).Nanoseconds()
		if _, err := c.Write(text); err != nil {
			h.fail(err.Error())
			return
		}
		for _, s := range deeds {
			reply := h.receive(c, s)
			h.note(porcupine.Operation{ClientId: id, Input: s, Output: reply, Call: call, Return: time.Since(begun).Nanoseconds()})
		}
	}
}

func (h *history) encode(s deed) (text []byte) {
	if s.block {
		text = encode("MULTI")
	}
	for _, words := range s.commands {
		named := slices.Clone(words)
		for i, w := range words {
			if w[0] == '@' {
				named[i] = h.key(int(w[1] - '0'))
			}
		}
		text = append(text, encode(named...)...)
	}
	if s.block {
		text = append(text, encode("EXEC")...)
	}
	return text
}

// receive returns the reply that counts: EXEC's, if there is one.
func (h *history) receive(c *conn, s deed) string {
	if s.block {
		for range len(s.commands) + 1 {
			if v, _ := c.receive(); v.kind != '+' {
				h.fail("queued: " + v.String())
			}
		}
	}
	v, _ := c.receive()
	if v.kind == 'x' {
		h.fail(v.text)
	}
	return v.String()
}

func (h *history) note(o porcupine.Operation) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.operations = append(h.operations, o)
}

func (h *history) fail(why string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.broken = why
}

// String lists the operations of one client after the other.
func (h *history) String() string {
	slices.SortStableFunc(h.operations, func(a, b porcupine.Operation) int { return a.ClientId - b.ClientId })
	var b strings.Builder
	for _, o := range h.operations {
		s := o.Input.(deed)
		fmt.Fprintf(&b, "client %d, %7d to %7d us: ", s.client, o.Call/1000, o.Return/1000)
		for _, words := range s.commands {
			fmt.Fprintf(&b, "%s; ", strings.Replace(strings.Join(words, " "), swapScript, "swap", 1))
		}
		fmt.Fprintf(&b, "%v\n", o.Output)
	}
	return b.String()
}

// randomDeed draws a command, or an EXEC of two or three.
func randomDeed(rnd *rand.Rand, client, index int) deed {
	s := deed{client: client, index: index, block: rnd.IntN(6) == 0}
	n := 1
	if s.block {
		n = 2 + rnd.IntN(2)
	}
	for i := range n {
		s.commands = append(s.commands, randomCommand(rnd, strconv.Itoa(1000*client+100*i+index)))
	}
	return s
}

// randomCommand draws one that writes a value which no other writes. Half of them only read.
func randomCommand(rnd *rand.Rand, value string) []string {
	key := func() string { return "@" + strconv.Itoa(rnd.IntN(historyKeys)) }
	switch rnd.IntN(18) {
	case 0, 1, 2:
		return []string{"SET", key(), value}
	case 3:
		return []string{"INCR", key()}
	case 4:
		return []string{"LPUSH", key(), value}
	case 5:
		return []string{"RPOP", key()}
	case 6:
		return []string{"MSET", key(), value, key(), value}
	case 7:
		return []string{"DEL", key(), key()}
	case 8:
		return []string{"RENAME", key(), key()}
	case 9:
		return []string{"EVAL", swapScript, "3", key(), key(), key(), value}
	case 10:
		return []string{"EVAL", swapScript, "0", key(), key(), key(), value}
	case 11, 12, 13:
		return []string{"MGET", key(), key(), key()}
	}
	return []string{"GET", key()}
}
