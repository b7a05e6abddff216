package integration

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	transferShards = "4"
	places         = 12   // of each kind of thing that moves, over all shards
	openingBalance = 1000 // on each account
	pieces         = 120  // coins and chips, each
	movers         = 4
)

// place names the key of a kind at a place.
func place(kind string, i int) string { return fmt.Sprintf("%s:%d", kind, i) }

// allPlaces are the keys of a kind.
func allPlaces(kind string) []string {
	keys := make([]string, places)
	for i := range keys {
		keys[i] = place(kind, i)
	}
	return keys
}

// moveScript takes from one account and gives to another, with a receipt, all in keys it
// is given: declared or, with none declared, by name.
const moveScript = `
local from, to, receipt = KEYS[1] or ARGV[2], KEYS[2] or ARGV[3], KEYS[3] or ARGV[4]
redis.call("DECRBY", from, ARGV[1])
redis.call("INCRBY", to, ARGV[1])
return redis.call("INCR", receipt)`

// sumScript counts everything without declaring a key: balances, coins, chips, notes, and
// how many of the pairs hold what the first does.
const sumScript = `
local sum, coins, chips, notes, equal = 0, 0, 0, 0, 0
local first = redis.call("GET", "pair:0")
for i = 0, ARGV[1] - 1 do
	sum = sum + redis.call("GET", "account:" .. i)
	coins = coins + redis.call("SCARD", "bag:" .. i)
	chips = chips + redis.call("LLEN", "row:" .. i)
	notes = notes + redis.call("EXISTS", "note:" .. i)
	if redis.call("GET", "pair:" .. i) == first then equal = equal + 1 end
end
return {sum, coins, chips, notes, equal}`

// wealth is what must never change: balances, coins, chips, notes and equal pairs.
var wealth = fmt.Sprint([]int64{places * openingBalance, pieces, pieces, 1, places})

// mover moves things between shards and keeps count of its receipts. It belongs to one
// goroutine until that has ended.
type mover struct {
	id       int
	receipts int64 // acknowledged
	unsure   bool  // one more was under way
	rnd      *rand.Rand
}

func (m *mover) receipt() string { return fmt.Sprintf("receipt:%d", m.id) }

// run moves until the connection ends; acked is called after each acknowledged move.
func (m *mover) run(c *conn, acked func()) error {
	kinds := []func(c *conn, from, to int) value{m.exec, m.optimistic, m.script, m.undeclared, m.single, m.single}
	for {
		from, to := m.rnd.IntN(places), m.rnd.IntN(places)
		if from == to {
			continue
		}
		kind := m.rnd.IntN(len(kinds))
		m.unsure = kind < 4
		v := kinds[kind](c, from, to)
		switch {
		case v.kind == 'x':
			return nil
		case v.isError() && v.text != "ERR no such key":
			return fmt.Errorf("move of kind %d: %v", kind, v)
		case kind < 4 && !v.null:
			m.receipts++
		}
		m.unsure = false
		acked()
	}
}

// exec is MULTI to EXEC in one write.
func (m *mover) exec(c *conn, from, to int) value {
	n := strconv.Itoa(1 + m.rnd.IntN(50))
	return c.transaction([]string{"DECRBY", place("account", from), n}, []string{"INCRBY", place("account", to), n}, []string{"INCR", m.receipt()})
}

// optimistic reads under WATCH and writes both balances with MSET; null when overtaken.
func (m *mover) optimistic(c *conn, from, to int) value {
	a, b := place("account", from), place("account", to)
	if v, _ := c.do("WATCH", a, b); v.kind == 'x' {
		return v
	}
	v, _ := c.do("MGET", a, b)
	if len(v.list) != 2 {
		return v
	}
	x, _ := strconv.Atoi(v.list[0].text)
	y, _ := strconv.Atoi(v.list[1].text)
	return c.transaction([]string{"MSET", a, strconv.Itoa(x - 7), b, strconv.Itoa(y + 7)}, []string{"INCR", m.receipt()})
}

func (m *mover) script(c *conn, from, to int) value {
	v, _ := c.do("EVAL", moveScript, "3", place("account", from), place("account", to), m.receipt(), "3")
	return v
}

func (m *mover) undeclared(c *conn, from, to int) value {
	v, _ := c.do("EVAL", moveScript, "0", "5", place("account", from), place("account", to), m.receipt())
	return v
}

// single is one command that touches several shards, or one that fills the log.
func (m *mover) single(c *conn, from, to int) value {
	words := [][]string{
		{"SMOVE", place("bag", from), place("bag", to), strconv.Itoa(m.rnd.IntN(pieces))},
		{"LMOVE", place("row", from), place("row", to), "LEFT", "RIGHT"},
		{"BLMOVE", place("row", from), place("row", to), "RIGHT", "LEFT", "0.001"},
		{"RENAME", place("note", from), place("note", to)},
		append([]string{"MSET"}, equalPairs(strconv.Itoa(m.rnd.Int()))...),
		{"SET", fmt.Sprintf("filler:%d", m.rnd.IntN(100)), strings.Repeat("f", 100_000)},
	}[m.rnd.IntN(6)]
	v, _ := c.do(words...)
	if v.null {
		return value{kind: ':'} // nothing there to move
	}
	return v
}

// equalPairs are the arguments of an MSET that gives all pairs one value.
func equalPairs(v string) []string {
	var words []string
	for _, key := range allPlaces("pair") {
		words = append(words, key, v)
	}
	return words
}

// transaction sends commands as one MULTI and returns EXEC's reply.
func (c *conn) transaction(commands ...[]string) value {
	text := encode("MULTI")
	for _, words := range commands {
		text = append(text, encode(words...)...)
	}
	v, _ := c.send(append(text, encode("EXEC")...))
	for range len(commands) + 1 {
		if v.isError() || v.kind == 'x' {
			return v
		}
		v, _ = c.receive()
	}
	return v
}

// count reads everything in one EXEC, as sumScript does; nil when the connection ended.
func (c *conn) count() (fmt.Stringer, error) {
	commands := [][]string{append([]string{"MGET"}, allPlaces("account")...), append([]string{"EXISTS"}, allPlaces("note")...),
		append([]string{"MGET"}, allPlaces("pair")...)}
	for i := range places {
		commands = append(commands, []string{"SCARD", place("bag", i)}, []string{"LLEN", place("row", i)})
	}
	v := c.transaction(commands...)
	if v.kind == 'x' {
		return nil, nil
	}
	if len(v.list) != len(commands) {
		return nil, fmt.Errorf("EXEC answers %v", v)
	}
	number := func(v value) int64 { n, _ := strconv.ParseInt(v.text, 10, 64); return n }
	var sums counts
	for i := range places {
		sums[0] += number(v.list[0].list[i])
		sums[1] += number(v.list[3+2*i])
		sums[2] += number(v.list[4+2*i])
		if v.list[2].list[i].text == v.list[2].list[0].text {
			sums[4]++
		}
	}
	sums[3] = number(v.list[1])
	return sums, nil
}

// counts are balances, coins, chips, notes, equal pairs.
type counts [5]int64

func (s counts) String() string { return fmt.Sprint([5]int64(s)) }

// audit reads until the connection ends and wants the same wealth each time.
func audit(c *conn, reads *atomic.Int64) error {
	for {
		sums, err := c.count()
		if sums == nil {
			return err
		}
		if sums.String() != wealth {
			return fmt.Errorf("EXEC reads %v, want %s", sums, wealth)
		}
		v, _ := c.do("EVAL", sumScript, "0", strconv.Itoa(places))
		if v.kind == 'x' {
			return nil
		}
		if got := fmt.Sprint(v.texts()); got != wealth {
			return fmt.Errorf("a script reads %v, want %s", v, wealth)
		}
		reads.Add(2)
	}
}

// TestTransfersSurviveKill ends the server with kill -9 at random, again and again, while
// money and things move between shards by transactions, scripts and commands of several
// keys. Whoever counts, during and after, finds all of it; and each acknowledged move.
func TestTransfersSurviveKill(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	rounds := 10
	if os.Getenv("LARDER_TEST_LONG") != "" {
		rounds = 400
	}
	s := startLarder(t, "--shards", transferShards, "--cache-size", "16mb")
	args := s.args
	endow(t, dial(t, s))
	rnd := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	all := make([]*mover, movers)
	for i := range all {
		all[i] = &mover{id: i, rnd: rand.New(rand.NewPCG(rnd.Uint64(), uint64(i)))}
	}
	var reads atomic.Int64
	for round := range rounds {
		moveUntilKilled(t, s, all, 1+rnd.IntN(400), &reads)
		s.args = append(args[:len(args):len(args)], "--appendfsync", []string{"everysec", "always", "no"}[round%3])
		if round%4 == 3 { // and once more while it recovers
			s.spawn(t)
			time.Sleep(time.Duration(rnd.IntN(60)) * time.Millisecond)
			s.kill(t)
		}
		s.restart(t)
		settleTransfers(t, dial(t, s), all)
		if t.Failed() {
			t.Fatalf("after %d rounds", round+1)
		}
	}
	moves := int64(0)
	for _, m := range all {
		moves += m.receipts
	}
	if moves == 0 || reads.Load() == 0 {
		t.Errorf("%d receipts, %d counts under load", moves, reads.Load())
	}
	t.Logf("%d deaths, %d receipts, %d counts under load", rounds, moves, reads.Load())
}

// endow hands out what there is, and makes sure that the places lie on all shards.
func endow(t *testing.T, c *conn) {
	t.Helper()
	shards := map[int]bool{}
	for i := range places {
		shards[int(slotOf(place("account", i)))*4>>14] = true
		c.must(t, "SET", place("account", i), strconv.Itoa(openingBalance))
	}
	if len(shards) != 4 {
		t.Fatalf("the accounts lie on the shards %v", shards)
	}
	for i := range pieces {
		c.must(t, "SADD", place("bag", i%places), strconv.Itoa(i))
		c.must(t, "RPUSH", place("row", i%places), strconv.Itoa(i))
	}
	c.must(t, "SET", place("note", 0), "there is one of it")
	c.must(t, append([]string{"MSET"}, equalPairs("0")...)...)
}

// slotOf is the slot of a name without braces, as Redis Cluster has it: CRC16 modulo 16384.
func slotOf(name string) uint16 {
	crc := uint16(0)
	for _, b := range []byte(name) {
		crc ^= uint16(b) << 8
		for range 8 {
			over := crc&0x8000 != 0
			if crc <<= 1; over {
				crc ^= 0x1021
			}
		}
	}
	return crc % 16384
}

// moveUntilKilled lets all move and two count until so many moves were acknowledged, then
// kills the server while they go on.
func moveUntilKilled(t *testing.T, s *server, all []*mover, moves int, reads *atomic.Int64) {
	t.Helper()
	var acked atomic.Int64
	var wg sync.WaitGroup
	enough := make(chan struct{})
	count := func() {
		if acked.Add(1) == int64(moves) {
			close(enough)
		}
	}
	begin := func(name string, run func(c *conn) error) {
		c := dial(t, s)
		wg.Go(func() {
			defer c.Close()
			if err := run(c); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	for _, m := range all {
		begin("mover", func(c *conn) error { return m.run(c, count) })
	}
	for range 2 {
		begin("auditor", func(c *conn) error { return audit(c, reads) })
	}
	select {
	case <-enough:
	case <-s.done:
		t.Errorf("the server ended under load; its log:\n%s", s.log)
	}
	s.kill(t)
	wg.Wait()
}

// settleTransfers counts after the restart, and compares receipts with what was acknowledged.
func settleTransfers(t *testing.T, c *conn, all []*mover) {
	t.Helper()
	defer c.Close()
	if sums, err := c.count(); sums == nil || sums.String() != wealth {
		t.Errorf("after the restart EXEC reads %v, %v, want %s", sums, err, wealth)
	}
	coins := map[string]bool{}
	chips := map[string]bool{}
	for i := range places {
		for _, coin := range c.must(t, "SMEMBERS", place("bag", i)).texts() {
			coins[coin] = true
		}
		for _, chip := range c.must(t, "LRANGE", place("row", i), "0", "-1").texts() {
			chips[chip] = true
		}
	}
	if len(coins) != pieces || len(chips) != pieces {
		t.Errorf("after the restart %d different coins and %d chips, want %d of each", len(coins), len(chips), pieces)
	}
	for _, m := range all {
		n := int64(0) // who was killed before his first move has no receipts
		if v := c.must(t, "GET", m.receipt()); !v.null {
			n, _ = strconv.ParseInt(v.text, 10, 64)
		}
		if n != m.receipts && !(n == m.receipts+1 && m.unsure) {
			t.Errorf("mover %d: %d receipts, acknowledged were %d (one more under way: %v)", m.id, n, m.receipts, m.unsure)
		}
		m.receipts = n
	}
}
