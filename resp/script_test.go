package resp_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"larder/store"
	"larder/store/memory"
)

// words sends a command whose words may hold spaces, and reads the reply.
func (c *caller) words(words ...string) string {
	c.Helper()
	c.post(words...)
	return c.reply()
}

func (c *caller) post(words ...string) {
	c.Helper()
	var packet strings.Builder
	fmt.Fprintf(&packet, "*%d\r\n", len(words))
	for _, w := range words {
		fmt.Fprintf(&packet, "$%d\r\n%s\r\n", len(w), w)
	}
	if _, err := io.WriteString(c.Conn, packet.String()); err != nil {
		c.Fatal(err)
	}
}

// wantScript compares the reply to an EVAL with keys.
func (c *caller) wantScript(reply, script string, keys ...string) {
	c.Helper()
	words := append([]string{"EVAL", script, fmt.Sprint(len(keys))}, keys...)
	if got := c.words(words...); got != reply {
		c.Errorf("%s: got %s, want %s", script, got, reply)
	}
}

// counting is an engine that counts the transactions over all keys, and all of them.
type counting struct {
	store.Engine
	mu           sync.Mutex
	whole, total int
}

func (e *counting) note(s store.Scope) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.total++
	if s.All {
		e.whole++
	}
}

func (e *counting) View(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	e.note(s)
	return e.Engine.View(ctx, s, fn)
}

func (e *counting) Update(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	e.note(s)
	return e.Engine.Update(ctx, s, fn)
}

func (e *counting) counts() (whole, total int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.whole, e.total
}

func (e *counting) clear() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.whole, e.total = 0, 0
}

func serveCounting(t *testing.T) (*served, *counting) {
	t.Helper()
	e := &counting{Engine: memory.New()}
	s := serveOn(t, e, func(ln net.Listener) net.Listener { return ln })
	e.clear() // of the look for blessed keys
	return s, e
}

func TestScriptWithDeclaredKeysIsOneTransaction(t *testing.T) {
	s, engine := serveCounting(t)
	c := s.dial(t)
	c.wantScript(":7", `redis.call('SET', KEYS[1], 5) redis.call('SET', KEYS[2], 2) return redis.call('GET', KEYS[1]) + redis.call('GET', KEYS[2])`, "a", "b")
	if whole, total := engine.counts(); whole != 0 || total != 1 {
		t.Errorf("%d transactions, %d over all keys", total, whole)
	}
}

func TestAnUndeclaredKeyDoesNotRunAScriptTwice(t *testing.T) {
	s, engine := serveCounting(t)
	c := s.dial(t)
	const script = `redis.call('INCR', KEYS[1]) redis.call('PUBLISH', 'news', 'x') redis.call('RPUSH', 'log', 'x') return redis.call('GET', KEYS[1])`
	hears := s.dial(t)
	hears.want("SUBSCRIBE news", "[subscribe news :1]")
	for i := range 2 {
		c.wantScript(fmt.Sprint(i+1), script, "n")
		if whole, total := engine.counts(); whole != 0 || total != i+1 {
			t.Errorf("%d transactions, %d over all keys", total, whole)
		}
	}
	engine.clear()
	c.wantScript("[:2 1 undeclared]", `redis.call('SET', 'undeclared', 1) redis.call('DEL', 'log')
return {redis.call('DBSIZE'), redis.call('GET', 'undeclared'), redis.call('KEYS', 'u*')[1]}`)
	if whole, total := engine.counts(); whole != 0 || total != 1 {
		t.Errorf("with commands over all keys: %d transactions, %d over all keys", total, whole)
	}
	c.wantScript(":2", "return redis.call('RPUSH', 'log', 'x', 'x')")
	c.want("LLEN log", ":2")
	for range 2 {
		if got := hears.reply(); got != "[message news x]" {
			t.Errorf("heard %s", got)
		}
	}
	c.words("PUBLISH", "news", "end")
	if got := hears.reply(); got != "[message news end]" {
		t.Errorf("a run that was dropped has published: %s", got)
	}
}

func TestCommandsOfVoidAttemptsAreNotCounted(t *testing.T) {
	engine := memory.New(memory.WithReruns(1))
	c := serveOn(t, engine, func(ln net.Listener) net.Listener { return ln }).dial(t)
	c.wantScript(":2", `redis.call('SET', KEYS[1], 1) redis.call('SET', 'other', 1) return redis.call('DBSIZE')`, "k")
	for name, calls := range map[string]string{"set": "calls=2,", "dbsize": "calls=1,", "eval": "calls=1,"} {
		if got := c.info("cmdstat_" + name); !strings.HasPrefix(got, calls) {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestAFailedScriptKeepsWhatItWrote(t *testing.T) {
	c := serve(t).dial(t)
	got := c.words("EVAL", `redis.call('SET', KEYS[1], 'kept') redis.call('SET', 'elsewhere', 'kept') redis.call('LPUSH', KEYS[1], 'x')`, "1", "k")
	if !strings.HasPrefix(got, "-WRONGTYPE ") || !strings.Contains(got, "script: ") {
		t.Errorf("answered %s", got)
	}
	c.want("MGET k elsewhere", "[kept kept]")
	c.want("MULTI", "+OK")
	c.words("EVAL", `redis.call('SET', KEYS[1], 'too') error('x')`, "1", "m")
	c.want("SET n 1", "+QUEUED")
	if got := c.do("EXEC"); !strings.HasSuffix(got, " +OK]") {
		t.Errorf("EXEC answered %s", got)
	}
	c.want("MGET m n", "[too 1]")
}

// failing is an engine whose transactions fail to write one key's head after its items.
type failing struct{ store.Engine }

type failingTx struct{ store.Tx }

func (e failing) Update(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	return e.Engine.Update(ctx, s, func(tx store.Tx) error { return fn(failingTx{tx}) })
}

func (t failingTx) PutHead(k store.Key, h store.Head) error {
	if string(k.Name) == "broken" {
		return store.ErrWrongType
	}
	return t.Tx.PutHead(k, h)
}

func TestTheFailingCommandItselfLeavesNothing(t *testing.T) {
	engine := &counting{Engine: failing{memory.New()}}
	c := serveOn(t, engine, func(ln net.Listener) net.Listener { return ln }).dial(t)
	c.wantScript("[:1 WRONGTYPE :2]", `
		redis.call('SET', 'before', 1)
		local failed = redis.pcall('MSET', 'half', 'x', 'broken', 'y')
		redis.call('SET', 'after', 1)
		return {redis.call('EXISTS', 'before', 'half'), string.match(failed.err, '%u+'), redis.call('EXISTS', 'before', 'after')}`)
	c.want("EXISTS half", ":0")
	once := func(what string, updates int) {
		t.Helper()
		if _, total := engine.counts(); total != updates {
			t.Errorf("%s: %d transactions, want %d", what, total, updates)
		}
	}
	engine.clear()
	c.wantScript("[PONG 1]", `redis.pcall('MSET', 'half', 'x', KEYS[1], 'y') return {redis.call('PING').ok, redis.call('GET', KEYS[2]) or '1'}`, "broken", "half")
	once("a script whose command fails", 1)
	engine.clear()
	c.want("MULTI", "+OK")
	c.words("EVAL", `redis.pcall('MSET', 'half', 'x', 'broken', 'y') return redis.call('INCR', 'n')`, "2", "n", "half")
	c.want("INCR n", "+QUEUED")
	c.want("MSET half x broken y", "+QUEUED")
	c.want("INCR n", "+QUEUED")
	if got := c.do("EXEC"); !strings.HasPrefix(got, "[:1 :2 -WRONGTYPE") || !strings.HasSuffix(got, ":3]") {
		t.Errorf("EXEC answered %s", got)
	}
	once("EXEC", 1)
	c.want("EXISTS half", ":0")
}

// A waiter whose command fails when it is its turn gets the error, and what it has taken stays.
func TestAWaiterThatFailsTakesNothing(t *testing.T) {
	engine := &counting{Engine: failing{memory.New()}}
	s := serveOn(t, engine, func(ln net.Listener) net.Listener { return ln })
	waits, c := s.dial(t), s.dial(t)
	waits.send("BLMOVE from broken LEFT LEFT 0")
	until(t, "1", func() string { return c.info("blocked_clients") })
	engine.clear()
	c.want("RPUSH from a b", ":2")
	if _, total := engine.counts(); total != 1 {
		t.Errorf("%d transactions", total)
	}
	if got := waits.reply(); !strings.HasPrefix(got, "-WRONGTYPE") {
		t.Errorf("the waiter got %s", got)
	}
	c.want("LRANGE from 0 -1", "[a b]")
}

func TestScriptsInExecShareItsTransaction(t *testing.T) {
	s, engine := serveCounting(t)
	c := s.dial(t)
	c.want("MULTI", "+OK")
	c.want("SET a 1", "+QUEUED")
	c.words("EVAL", "return redis.call('INCR', KEYS[1])", "1", "a")
	c.words("EVAL_RO", "return redis.call('GET', KEYS[1])", "1", "a")
	c.want("INCR a", "+QUEUED")
	c.want("EXEC", "[+OK :2 2 :3]")
	if whole, total := engine.counts(); whole != 0 || total != 1 {
		t.Errorf("%d transactions, %d over all keys", total, whole)
	}
	c.want("MULTI", "+OK")
	c.want("INCR a", "+QUEUED")
	c.words("EVAL", "redis.call('PUBLISH', 'c', 'x') return redis.call('INCR', 'undeclared')", "0")
	c.want("EXEC", "[:4 :1]")
	if whole, total := engine.counts(); whole != 0 || total != 2 {
		t.Errorf("%d transactions, %d over all keys", total, whole)
	}
}

func TestSelectInAScriptIsItsOwn(t *testing.T) {
	c := serve(t).dial(t)
	c.wantScript("+OK", "redis.call('SELECT', 3) return redis.call('SET', KEYS[1], 'three')", "k")
	c.want("GET k", "nil")
	c.want("MULTI", "+OK")
	c.words("EVAL", "redis.call('SELECT', 3) return redis.call('GET', KEYS[1])", "1", "k")
	c.want("GET k", "+QUEUED")
	c.want("EXEC", "[three nil]")
	c.want("SELECT 3", "+OK")
	c.want("GET k", "three")
}

func TestEventsOfAScriptComeOnce(t *testing.T) {
	s := serve(t, "notify-keyspace-events=KEA")
	hears, c := s.dial(t), s.dial(t)
	hears.want("PSUBSCRIBE *", "[psubscribe * :1]")
	c.wantScript(":1", "redis.call('SET', KEYS[1], 1) redis.call('PUBLISH', 'c', 'x') return redis.call('DEL', 'undeclared', KEYS[1])", "k")
	for _, want := range []string{"__keyspace@0__:k set", "__keyevent@0__:set k", "c x", "__keyspace@0__:k del", "__keyevent@0__:del k"} {
		if got := hears.reply(); got != "[pmessage * "+want+"]" {
			t.Errorf("heard %s, want %s", got, want)
		}
	}
}

// until calls look until it gives want or the time is over.
func until(t *testing.T, want string, look func() string) {
	t.Helper()
	got := ""
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if got = look(); strings.HasPrefix(got, want) {
			return
		}
	}
	t.Fatalf("got %s, want %s", got, want)
}

const busy = "-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE."

func TestBusyUntilKilled(t *testing.T) {
	s := serve(t, "lua-time-limit=1")
	runs, c := s.dial(t), s.dial(t)
	runs.post("EVAL", "while true do redis.pcall('GET', KEYS[1]) end", "1", "k")
	until(t, busy, func() string { return c.do("PING") })
	c.want("GET elsewhere", busy)
	c.want("SHUTDOWN", busy)
	c.want("FUNCTION KILL", busy)
	c.want("MULTI", "+OK")
	c.want("SET a 1", busy)
	c.want("EXEC", "-EXECABORT Transaction discarded because of: "+strings.TrimPrefix(busy, "-"))
	c.want("SCRIPT KILL", "+OK")
	if got := runs.reply(); !strings.HasPrefix(got, "-ERR Error running script") && !strings.Contains(got, "Script killed by user with SCRIPT KILL...") {
		t.Errorf("the script answered %s", got)
	}
	c.want("PING", "+PONG")
	c.want("SCRIPT KILL", "-NOTBUSY No scripts in execution right now.")
}

func TestAScriptThatHasWrittenCannotBeKilled(t *testing.T) {
	s := serve(t, "lua-time-limit=1")
	runs, c := s.dial(t), s.dial(t)
	runs.post("EVAL", "redis.call('SET', 'undeclared', 1) while true do end", "0")
	until(t, busy, func() string { return c.do("PING") })
	until(t, "-UNKILLABLE ", func() string { return c.do("SCRIPT KILL") })
	s.Close() // which must not wait for it
	if got := runs.reply(); got != "EOF" {
		t.Errorf("the script answered %s", got)
	}
}

func TestTrackedReadsOfScripts(t *testing.T) {
	s := serve(t)
	c, writer := s.dial(t), s.dial(t)
	c.do("HELLO 3")
	c.want("CLIENT TRACKING on", "+OK")
	writer.want("SET a 1", "+OK")
	c.words("EVAL_RO", "return redis.call('GET', KEYS[1])", "2", "a", "b")
	writer.want("SET b 1", "+OK")
	writer.want("SET a 2", "+OK")
	if got := c.reply(); got != "[invalidate [a]]" {
		t.Errorf("got %s", got)
	}
}

// TestScriptsReadWhatAReplyHoldsInside looks at lists inside replies, also at one that has left memory.
func TestScriptsReadWhatAReplyHoldsInside(t *testing.T) {
	c := serve(t).dial(t)
	c.wantScript(":3000", `local v = string.rep('x', 1000)
for i = 1, 3000 do redis.call('HSET', KEYS[1], i, v) end
local page = redis.call('HSCAN', KEYS[1], 0, 'COUNT', 100000)
if page[1] ~= '0' then error('more than one page') end
local n = 0
for i = 2, #page[2], 2 do if page[2][i] == v then n = n + 1 end end
return n`, "h")
	c.wantScript("[l [a b]]", `redis.call('RPUSH', KEYS[1], 'a', 'b')
return redis.call('LMPOP', 1, KEYS[1], 'LEFT', 'COUNT', 5)`, "l")
	c.wantScript("2.5", `redis.setresp(3) redis.call('ZADD', KEYS[1], 2.5, 'a')
return tostring(redis.call('ZMPOP', 1, KEYS[1], 'MIN')[2][1][2].double)`, "z")
}

// A script too large for the layers runs again on the files of the shards it has touched, and once more on all when it
// then touches another, whatever it makes of the errors: what it leads to happens once.
func TestALargeScriptTouchesAnyKey(t *testing.T) {
	s := serveOn(t, ordered(t, 8<<10), same)
	hears, c := s.dial(t), s.dial(t)
	hears.want("SUBSCRIBE news", "[subscribe news :1]")
	c.want("SET bar old", "+OK")
	for _, look := range []string{
		"redis.pcall('GET', 'bar')", "redis.pcall('APPEND', 'bar', '')", "redis.pcall('DBSIZE')", "redis.pcall('RANDOMKEY')",
		"redis.pcall('SCAN', 0)", "redis.pcall('DEL', 'absent', 'bar')", "redis.pcall('EVAL', 1)",
	} {
		c.do("DEL foo hello")
		c.want("SET bar old", "+OK")
		c.wantScript("[string old :200 fail]", `redis.call('PUBLISH', 'news', 'x')
for i = 1, 200 do redis.call('HSET', KEYS[1], i, string.rep('v', 100)) end
local n = 0
repeat n = n + 1; local r = `+look+` until n == 3 or type(r) == 'table' and r.err == nil
redis.call('SET', 'bar', 'old')
redis.call('SET', 'hello', 'there')
local failed = redis.pcall('LPUSH', KEYS[1], 'x').err and 'fail'
return {type(redis.call('GET', 'hello')), redis.call('GET', 'bar'), redis.call('HLEN', KEYS[1]), failed}`, "foo")
		if got := hears.reply(); got != "[message news x]" {
			t.Errorf("heard %s", got)
		}
	}
	c.want("PUBLISH news end", ":1")
	if got := hears.reply(); got != "[message news end]" {
		t.Errorf("a void run has published: %s", got)
	}
}
