package resp

import (
	"context"
	"strings"
	"testing"

	"larder/resp/cmd"
	"larder/resp/cmd/cmdtest"
	"larder/store"
	"larder/store/memory"
)

// headsPut is an engine that counts the heads put: that is what the time is taken of when a key was modified.
type headsPut struct {
	store.Engine
	n int
}

func (e *headsPut) Update(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	return e.Engine.Update(ctx, s, func(tx store.Tx) error { return fn(&headPutter{Tx: tx, e: e}) })
}

type headPutter struct {
	store.Tx
	e *headsPut
}

func (tx *headPutter) PutHead(k store.Key, h store.Head) error {
	tx.e.n++
	return tx.Tx.PutHead(k, h)
}

// TestEveryWriteIsAModification: lrm evicts what was modified longest ago, which is when its head was put last. So
// each write puts it, those as well that leave the key as long as it was, and no read does.
func TestEveryWriteIsAModification(t *testing.T) {
	const setup = "SET s v; SET n 1; HSET h f v n 1; RPUSH l a b a; SADD e a b; ZADD z 1 a 2 b; " +
		"XADD x 1-1 a b; XGROUP CREATE x g 0; XGROUP CREATECONSUMER x g c"
	writes := strings.Split("SET s w; GETSET s x; APPEND s y; SETRANGE s 0 z; INCR n; INCRBYFLOAT n 1; INCREX n; GETEX s EX 100; MSET s 1 n 2; "+
		"MSETEX 1 s 2; HSET h f w; HINCRBY h n 1; HINCRBYFLOAT h n 1; HDEL h n; LSET l 0 b; LINSERT l BEFORE b c; LPUSH l x; "+
		"LTRIM l 0 1; LPOP l; SADD e c; SREM e c; SPOP e; ZADD z 3 a; ZINCRBY z 1 a; ZREM z b; XADD x 2-1 a b; XDEL x 1-1; "+
		"XREADGROUP GROUP g c STREAMS x >; XACK x g 2-1; XTRIM x MAXLEN 0; EXPIRE s 100; PERSIST s", "; ")
	reads := strings.Split("GET s; STRLEN s; HGETALL h; HGET h f; LRANGE l 0 -1; LINDEX l 0; SMEMBERS e; ZRANGE z 0 -1; "+
		"XRANGE x - +; XPENDING x g; TTL s; TYPE s; DIGEST s; GETEX s", "; ")
	var rows []cmd.Spec
	for _, family := range (&Server{}).families() {
		rows = append(rows, family...)
	}
	e := &headsPut{Engine: memory.New()}
	s := cmdtest.NewSession(e, rows, nil)
	do := func(line string) (put int) {
		before := e.n
		if got := s.DoText(t, line); strings.HasPrefix(got, "-") {
			t.Fatalf("%s: %s", line, got)
		}
		return e.n - before
	}
	for line := range strings.SplitSeq(setup, "; ") {
		do(line)
	}
	for _, line := range writes {
		if do(line) == 0 {
			t.Errorf("%s does not put the head", line)
		}
	}
	for _, line := range reads {
		if do(line) > 0 {
			t.Errorf("%s puts the head", line)
		}
	}
}
