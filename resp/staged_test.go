package resp_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"larder/shard"
	"larder/store"
	"larder/store/memory"
)

// chunked is a base that tells once of a transaction which is not one of settling: of a chunk that is staged.
type chunked struct {
	*memory.Engine
	once  sync.Once
	chunk atomic.Pointer[func()]
}

func (b *chunked) Settle(ctx context.Context, fn func(store.BaseTx) error) error {
	before := store.Mark{}
	err := b.Engine.Settle(ctx, func(tx store.BaseTx) (err error) {
		if before, err = tx.Mark(); err == nil {
			err = fn(tx)
		}
		return err
	})
	if after := b.Settled(); err == nil && after.LSN == before.LSN && after.NextID > before.NextID {
		b.once.Do(*b.chunk.Load())
	}
	return err
}

// TestWhoComesWhileACopyIsStaged: who begins to wait for its key, to watch it or to track it before it is published is served,
// disturbed and told. What is staged is seen by nobody, and others write meanwhile.
func TestWhoComesWhileACopyIsStaged(t *testing.T) {
	base := &chunked{Engine: memory.New(memory.AsBase())}
	e, err := shard.Open(t.TempDir(), []store.Base{base}, shard.Options{OverlayBytes: 64 << 10, Manual: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	s := serveOn(t, e, same, "notify-keyspace-events=KA")
	c, watcher, tracker, hearer := s.dial(t), s.dial(t), s.dial(t), s.dial(t)
	hearer.do("SUBSCRIBE __keyspace@0__:dst")
	const elements = 20_000
	for from := 0; from < elements; from += 500 {
		var line strings.Builder
		line.WriteString("RPUSH src")
		for i := from; i < from+500; i++ {
			fmt.Fprintf(&line, " element-%d", i)
		}
		c.do(line.String())
	}
	waiting := make(chan *caller, 1)
	begins := func() {
		other := s.dial(t)
		other.want("SET other 1", "+OK")
		other.want("EXISTS dst", ":0")
		waiting <- s.blockOn(t, other, 1, "BLPOP dst 0")
		watcher.want("WATCH dst", "+OK")
		tracker.do("HELLO 3")
		tracker.want("CLIENT TRACKING ON", "+OK")
		tracker.want("EXISTS dst", ":0")
	}
	base.chunk.Store(&begins)
	c.want("COPY src dst", ":1")
	var waiter *caller
	select {
	case waiter = <-waiting:
	default:
		t.Fatal("nothing was staged")
	}
	if got := waiter.reply(); got != "[dst element-0]" {
		t.Errorf("who waited for the copy was answered %s", got)
	}
	c.want("LLEN dst", fmt.Sprint(":", elements-1))
	watcher.want("MULTI", "+OK")
	watcher.want("GET other", "+QUEUED")
	watcher.want("EXEC", "nil")
	if got := tracker.reply(); got != "[invalidate [dst]]" {
		t.Errorf("who tracks the key was told %s", got)
	}
	for _, event := range []string{"copy_to", "lpop"} {
		if got := hearer.reply(); got != "[message __keyspace@0__:dst "+event+"]" {
			t.Errorf("the event is %s, want %s", got, event)
		}
	}
	if n := c.info("journal_staged_transactions"); n != "1" {
		t.Errorf("%s transactions were staged", n)
	}
	if n := e.Shards()[0].Direct.Load(); n != 0 {
		t.Errorf("%d transactions ran straight on the file", n)
	}
}

// manyWords is a command with n arguments, or pairs of them, made from patterns in which # stands for a number.
func manyWords(command string, n int, patterns ...string) string {
	var line strings.Builder
	line.WriteString(command)
	for i := range n {
		for _, p := range patterns {
			line.WriteString(" " + strings.ReplaceAll(p, "#", fmt.Sprint(i*7919%n)))
		}
	}
	return line.String()
}

// TestStagedCommands has every kind of command that may write much do so, and compares what becomes of it with the
// reference engine, on which nothing is staged.
func TestStagedCommands(t *testing.T) {
	const n = 1500
	bases := []store.Base{memory.New(memory.AsBase()), memory.New(memory.AsBase())}
	e, err := shard.Open(t.TempDir(), bases, shard.Options{OverlayBytes: 32 << 10, Manual: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	fill := []string{
		manyWords("HSET hash", n, "field-#", "value-#"), manyWords("RPUSH list", n, "element-#"),
		manyWords("SADD set", n, "member-#"), manyWords("SADD odd", n/2, "member-1#"), manyWords("SADD ints", n, "#"),
		manyWords("ZADD zset", n, "#", "member-#"), manyWords("ZADD other", n/2, "#", "member-1#"),
		"SETRANGE string 100000 end", "SETRANGE bits 90000 xyz",
		manyWords("GEOADD places", n, "1.#", "2.#", "place-#"),
	}
	for i := range 40 {
		fill = append(fill, fmt.Sprintf("XADD stream %d-1 f %s", i+1, strings.Repeat("v", 2000)))
	}
	fill = append(fill, "XGROUP CREATE stream g 0", "XREADGROUP GROUP g c COUNT 30 STREAMS stream >")
	stored := []string{
		"COPY hash hash2", "COPY list list2", "COPY set set2", "COPY zset zset2", "COPY stream stream2", "COPY string string2",
		"SUNIONSTORE union set odd ints", "SINTERSTORE inter set set2", "SDIFFSTORE diff set odd", "SUNIONSTORE set set odd",
		"ZUNIONSTORE zunion 3 zset other set WEIGHTS 2 3 5", "ZUNIONSTORE zmax 2 zset zset2 AGGREGATE MAX",
		"ZINTERSTORE zinter 2 zset zset2", "ZDIFFSTORE zdiff 2 zset other", "ZRANGESTORE zrange zset 10 -10",
		"SORT list ALPHA STORE sorted", "SORT ints DESC STORE ints", "BITOP XOR mixed string bits", "BITOP NOT string string",
		"GEOSEARCHSTORE near places FROMLONLAT 1.5 2.5 BYRADIUS 900 km", "COPY list zset REPLACE", "COPY nothing zset2 REPLACE",
		"SUNIONSTORE hash nothing", "SUNIONSTORE string2 list",
	}
	looks := []string{
		"LRANGE sorted 0 -1", "LRANGE ints 0 -1", "LRANGE list2 0 -1", "LRANGE zset 0 -1", "ZRANGE zunion 0 -1 WITHSCORES",
		"ZRANGE zmax 0 -1 WITHSCORES", "ZRANGE zinter 0 -1 WITHSCORES", "ZRANGE zdiff 0 -1 WITHSCORES", "ZRANK zrange member-700",
		"ZRANGE zrange 0 -1 WITHSCORES", "ZRANGE zset2 0 -1 WITHSCORES", "ZRANGE near 0 -1 WITHSCORES", "SORT set ALPHA",
		"SORT union ALPHA", "SORT inter ALPHA", "SORT diff ALPHA", "SORT set2 ALPHA", "GET mixed", "GET string", "GET string2",
		"HLEN hash2", "HGET hash2 field-77", "XRANGE stream2 - +", "XPENDING stream2 g", "XINFO GROUPS stream2",
		"EXISTS hash", "DBSIZE", "OBJECT ENCODING zunion", "OBJECT ENCODING union", "OBJECT ENCODING sorted",
	}
	subject, reference := serveOn(t, e, same).dial(t), serve(t).dial(t)
	for _, line := range slices.Concat(fill, stored, looks) {
		if got, want := subject.do(line), reference.do(line); got != want {
			t.Errorf("%.60s: got %.100s, want %.100s", line, got, want)
		}
	}
	dump := subject.words("DUMP", "zunion")
	for _, c := range []*caller{subject, reference} {
		if got := c.words("RESTORE", "again", "100000", dump); got != "+OK" {
			t.Errorf("RESTORE: %s", got)
		}
	}
	if got, want := subject.do("ZRANGE again 0 -1 WITHSCORES"), reference.do("ZRANGE again 0 -1 WITHSCORES"); got != want {
		t.Error("what was restored is different")
	}
	if staged, _ := strconv.Atoi(subject.info("journal_staged_transactions")); staged < len(stored)/2 {
		t.Errorf("%d transactions were staged, of %d and more", staged, len(stored))
	}
	if found, err := e.Check(context.Background(), false); err != nil || len(found) > 0 {
		t.Errorf("check: %v, %v", found, err)
	}
}
