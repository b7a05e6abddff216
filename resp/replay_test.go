package resp_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"larder/shard"
	"larder/store"
	"larder/store/memory"
	"larder/store/storetest"
)

// sequenced notes in what order the engine ran the transactions of a server, each by a key that no other touches.
type sequenced struct {
	*shard.Engine
	turns atomic.Int64
	mu    sync.Mutex
	deeds map[string]*deed
}

// deed is one transaction and what its client was answered.
type deed struct {
	moment uint64
	turn   int64 // 0 for one that only read
	lines  []string
	reply  string
}

// mark begins the names of the keys that tell transactions apart.
const mark = "mark:"

func (o *sequenced) Batch(ctx context.Context, jobs []*store.Job) {
	turns := make([]int64, len(jobs))
	writes := slices.ContainsFunc(jobs, func(j *store.Job) bool { return j.Write })
	for i, j := range jobs {
		fn := j.Fn
		j.Fn = func(tx store.Tx) error {
			if writes {
				turns[i] = o.turns.Add(1)
			}
			return fn(tx)
		}
		defer func() { j.Fn = fn }()
	}
	o.Engine.Batch(ctx, jobs)
	o.mu.Lock()
	defer o.mu.Unlock()
	for i, j := range jobs {
		for _, k := range j.Scope.Keys {
			if strings.HasPrefix(string(k.Name), mark) {
				o.deeds[string(k.Name)] = &deed{moment: j.Moment, turn: turns[i]}
			}
		}
	}
}

// TestReplayOfSessions has several connections send pipelines of transactions over four shards whose layers settle all the time,
// and sends every transaction again on one connection to a server in memory, in the order in which the engine ran them:
// the replies are the same.
func TestReplayOfSessions(t *testing.T) {
	var bases []store.Base
	for range 4 {
		bases = append(bases, memory.New(memory.AsBase()))
	}
	j, err := shard.Open(t.TempDir(), bases, shard.Options{OverlayBytes: 16 << 10})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	engine := &sequenced{Engine: j, deeds: map[string]*deed{}}
	plainly := func(ln net.Listener) net.Listener { return ln }
	server := serveOn(t, engine, plainly)
	var clients sync.WaitGroup
	for id := range 6 {
		c := server.dial(t)
		clients.Go(func() { engine.work(c, id, storetest.Times(800, 20_000)) })
	}
	clients.Wait()
	again := serveOn(t, memory.New(), plainly).dial(t)
	for i, d := range engine.sorted() {
		again.SetDeadline(time.Now().Add(30 * time.Second))
		again.send(d.lines...)
		if want := again.answer(d.lines); d.reply != want {
			t.Fatalf("transaction %d (moment %d, turn %d), %.200q:\none connection: %.300s\nseveral:        %.300s", i, d.moment, d.turn, d.lines, want, d.reply)
		}
	}
}

// sorted is the engine's order: who only read stands behind the last writer whose commit he has seen.
func (o *sequenced) sorted() []*deed {
	var writers, readers []*deed
	for _, d := range o.deeds {
		if d.turn > 0 {
			writers = append(writers, d)
		} else {
			readers = append(readers, d)
		}
	}
	slices.SortFunc(writers, func(a, b *deed) int { return cmp.Compare(a.turn, b.turn) })
	slices.SortFunc(readers, func(a, b *deed) int { return cmp.Compare(a.moment, b.moment) })
	var all []*deed
	for _, w := range writers {
		for len(readers) > 0 && readers[0].moment < w.moment {
			all, readers = append(all, readers[0]), readers[1:]
		}
		all = append(all, w)
	}
	return append(all, readers...)
}

// work sends pipelines of one to four transactions.
func (o *sequenced) work(c *caller, id, rounds int) {
	random := rand.New(rand.NewPCG(uint64(id), 9))
	for round := range rounds {
		var all []string
		deeds := make([][]string, 1+random.IntN(4))
		for i := range deeds {
			deeds[i] = randomTransaction(random, fmt.Sprint(mark, id, ":", round, ":", i))
			all = append(all, deeds[i]...)
		}
		c.SetDeadline(time.Now().Add(30 * time.Second))
		c.send(all...)
		for i, lines := range deeds {
			reply := c.answer(lines)
			o.mu.Lock()
			if d := o.deeds[fmt.Sprint(mark, id, ":", round, ":", i)]; d != nil {
				d.lines, d.reply = lines, reply
			} else {
				c.Errorf("%q ran in no transaction: %s", lines, reply)
			}
			o.mu.Unlock()
		}
	}
}

// answer reads the replies to lines and returns the last.
func (c *caller) answer(lines []string) (last string) {
	for range lines {
		last = c.reply()
	}
	return last
}

// swap exchanges two strings. It has no blank, at which words are split.
const swap = `return(function(a,b)redis.call('SET',KEYS[1],b)redis.call('SET',KEYS[2],a)return{a,b}end)` +
	`(redis.call('GET',KEYS[1])or'',redis.call('GET',KEYS[2])or'')`

// randomTransaction is one command, or a script, or an EXEC, that also touches a key of its own.
func randomTransaction(random *rand.Rand, own string) []string {
	key := func() string { return "k" + strconv.Itoa(random.IntN(9)) }
	switch random.IntN(6) {
	case 0:
		return []string{"MGET " + key() + " " + key() + " " + own}
	case 1:
		return []string{"DEL " + key() + " " + own}
	case 2:
		return []string{"EVAL " + swap + " 3 " + key() + " " + key() + " " + own}
	}
	lines := []string{"MULTI", "GET " + own}
	for range 1 + random.IntN(3) {
		lines = append(lines, randomLine(random, key))
	}
	return append(lines, "EXEC")
}

func randomLine(random *rand.Rand, key func() string) string {
	n := strconv.Itoa(random.IntN(1000))
	lines := []string{
		"SET " + key() + " " + n, "INCR " + key(), "GET " + key(), "RPUSH " + key() + " " + n, "LPOP " + key(), "LRANGE " + key() + " 0 -1",
		"LMOVE " + key() + " " + key() + " LEFT RIGHT", "RENAME " + key() + " " + key(), "HSET " + key() + " f " + n, "HGET " + key() + " f",
		"ZADD " + key() + " " + n + " m" + n, "ZRANGE " + key() + " 0 -1", "SADD " + key() + " " + n, "SCARD " + key(), "COPY " + key() + " " + key(),
		"EXISTS " + key() + " " + key(), "DBSIZE", "PUBLISH channel " + n, "TYPE " + key(), "MSET " + key() + " " + n + " " + key() + " " + n,
	}
	switch random.IntN(60) {
	case 0:
		return "SET " + key() + " " + strings.Repeat("x", 6_000) // larger than a shard's layers
	case 1:
		return "FLUSHALL"
	}
	return lines[random.IntN(len(lines))]
}
