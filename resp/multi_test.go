package resp_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"larder/store"
	"larder/store/memory"
)

// spoiling is an engine in which what is written to a key named "fail" fails, after it has been written, and that runs
// every writer twice, as the engine does when it gives up a run: nothing of the first stays.
type spoiling struct{ store.Engine }

type spoilingTx struct{ store.Tx }

func (e spoiling) Update(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	void := errors.New("void")
	_ = e.Engine.Update(ctx, s, func(tx store.Tx) error { _ = fn(spoilingTx{tx}); return void })
	return e.Engine.Update(ctx, s, func(tx store.Tx) error { return fn(spoilingTx{tx}) })
}

func (t spoilingTx) PutHead(k store.Key, h store.Head) error {
	if err := t.Tx.PutHead(k, h); err != nil || string(k.Name) != "fail" {
		return err
	}
	return store.Invalid("as the test asks for")
}

// The engine may make EXEC begin again. What has no transaction has run then, and its reply, its effect and the database
// it has selected stay; nothing happens twice. Of a command that fails after it has written nothing stays.
func TestExecBeginsAgain(t *testing.T) {
	s := serveOn(t, spoiling{memory.New()}, func(ln net.Listener) net.Listener { return ln })
	hearer, c := s.dial(t), s.dial(t)
	hearer.want("SUBSCRIBE news", "[subscribe news :1]")
	lines := []struct{ line, reply string }{
		{"PING", "+PONG"}, {"INCR a", ":1"}, {"PUBLISH news first", ":1"}, {"SET fail x", "-ERR as the test asks for"},
		{"EVAL return{redis.call('INCR',KEYS[1])} 1 s", "[:1]"}, {"SELECT 1", "+OK"}, {"INCR b", ":1"},
		{"SET fail y", "-ERR as the test asks for"}, {"SELECT 0", "+OK"}, {"PUBLISH news second", ":1"}, {"INCR a", ":2"},
	}
	c.want("MULTI", "+OK")
	var want []string
	for _, l := range lines {
		c.want(l.line, "+QUEUED")
		want = append(want, l.reply)
	}
	c.want("EXEC", fmt.Sprint(want))
	c.want("EXISTS fail", ":0")
	c.want("MGET a s", "[2 1]")
	c.want("SELECT 1", "+OK")
	c.want("MGET b a", "[1 nil]")
	c.want("PUBLISH news third", ":1")
	for _, m := range []string{"first", "second", "third"} {
		if got := hearer.reply(); got != "[message news "+m+"]" {
			t.Errorf("heard %s, want %s", got, m)
		}
	}
	for command, calls := range map[string]string{"incr": "4", "ping": "1", "select": "3", "publish": "3"} {
		if got := c.info("cmdstat_" + command); !strings.HasPrefix(got, "calls="+calls+",") {
			t.Errorf("%s: %s, want %s calls", command, got, calls)
		}
	}
}

// Of a transaction that is doomed nothing is kept.
func TestDoomedQueueIsNotKept(t *testing.T) {
	s := serve(t)
	other, c := s.dial(t), s.dial(t)
	queued := func() string {
		for field := range strings.FieldsSeq(other.do("CLIENT LIST")) {
			if n, found := strings.CutPrefix(field, "multi="); found && n != "-1" {
				return n
			}
		}
		return "none"
	}
	c.want("WATCH k", "+OK")
	c.want("MULTI", "+OK")
	c.want("SET a 1", "+QUEUED")
	other.want("SET k x", "+OK")
	c.want("SET a 2", "+QUEUED")
	if got := queued(); got != "1" {
		t.Errorf("%s commands are queued", got)
	}
	c.want("EXEC", "nil")
	c.want("MULTI", "+OK")
	c.do("NOSUCH")
	c.want("SET a 3", "+QUEUED")
	if got := queued(); got != "0" {
		t.Errorf("%s commands are queued", got)
	}
	c.want("EXEC", "-EXECABORT Transaction discarded because of previous errors.")
	c.want("EXISTS a", ":0")
}
