package integration

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// The two clients of Java are replayed as RESP, since a JVM is more than the rest of the
// tests need: what they send on connecting, and what their locks do. The scripts are our
// wording of the same steps with the same keys, arguments and replies.

// converse sends commands as one write, as both clients do when they connect, and returns
// one reply for each.
func (c *conn) converse(t *testing.T, commands ...string) []value {
	t.Helper()
	var text []byte
	for _, line := range commands {
		text = append(text, encode(strings.Fields(line)...)...)
	}
	if _, err := c.Write(text); err != nil {
		t.Fatal(err)
	}
	replies := make([]value, len(commands))
	for i := range replies {
		replies[i], _ = c.receive()
	}
	return replies
}

// wantReplies compares replies as String shows them.
func wantReplies(t *testing.T, got []value, want ...string) {
	t.Helper()
	for i, v := range got {
		if i >= len(want) || v.String() != want[i] {
			t.Errorf("reply %d is %v, want %v", i+1, v, want)
		}
	}
}

// TestClientsLettuce: HELLO 3 with a name, the library's name and version in one write,
// maintenance notifications that a server may refuse, then a cache that listens to pushes.
func TestClientsLettuce(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	s := startLarder(t)
	c, other := dial(t, s), dial(t, s)
	hello := c.converse(t, "HELLO 3 SETNAME orders")[0]
	for name, want := range map[string]string{"server": "redis", "proto": "3", "mode": "standalone", "role": "master"} {
		if v, ok := hello.field(name); !ok || v.text != want {
			t.Errorf("HELLO: %s is %v, want %s", name, v, want)
		}
	}
	id, _ := hello.field("id")
	if id.kind != ':' || hello.kind != '%' {
		t.Errorf("HELLO answers %v", hello)
	}
	wantReplies(t, c.converse(t, "CLIENT SETINFO lib-name Lettuce", "CLIENT SETINFO lib-ver 6.8.1.RELEASE/ed34f67"), "+OK", "+OK")
	refused := c.converse(t, "CLIENT MAINT_NOTIFICATIONS ON moving-endpoint-type none")[0]
	if refused.class() != "-ERR" {
		t.Errorf("CLIENT MAINT_NOTIFICATIONS answers %v: Lettuce would wait for notifications", refused)
	}
	line := other.must(t, "CLIENT", "LIST", "ID", id.text).text
	for _, part := range []string{" name=orders ", " resp=3 ", " lib-name=Lettuce ", " lib-ver=6.8.1.RELEASE/ed34f67"} {
		if !strings.Contains(strings.TrimSpace(line)+" ", part) {
			t.Errorf("CLIENT LIST has no %q: %s", part, line)
		}
	}
	// A cache in front: the read is tracked, the push comes before the next reply.
	wantReplies(t, c.converse(t, "CLIENT TRACKING ON", "SET k v1", "GET k"), "+OK", "+OK", `"v1"`)
	other.must(t, "SET", "k", "v2")
	wantReplies(t, []value{first(c.receive())}, `>["invalidate" *["k"]]`)
	wantReplies(t, c.converse(t, "GET k"), `"v2"`)
	// Without RESP3 and with a database: AUTH or PING, then SELECT and the rest.
	old := dial(t, s)
	wantReplies(t, old.converse(t, "PING"), "+PONG")
	wantReplies(t, old.converse(t, "SELECT 3"), "+OK")
	wantReplies(t, old.converse(t, "CLIENT SETNAME orders", "CLIENT SETINFO lib-name Lettuce", "CLIENT GETNAME"), "+OK", "+OK", `"orders"`)
}

func first(v value, _ string) value { return v }

// The steps of a lock as Redisson keeps it: a hash with the holder's name and how often it
// holds; a channel for those who wait; and a latch that remembers what an unlock answered,
// for an unlock that is sent again.
const (
	redissonLock = `
if redis.call("exists", KEYS[1]) == 1 and redis.call("hexists", KEYS[1], ARGV[2]) == 0 then
	return redis.call("pttl", KEYS[1])
end
redis.call("hincrby", KEYS[1], ARGV[2], 1)
redis.call("pexpire", KEYS[1], ARGV[1])
return nil`
	redissonRenew = `
if redis.call("hexists", KEYS[1], ARGV[2]) == 0 then
	return 0
end
redis.call("pexpire", KEYS[1], ARGV[1])
return 1`
	redissonUnlock = `
local answered = redis.call("get", KEYS[3])
if answered then return tonumber(answered) end
if redis.call("hexists", KEYS[1], ARGV[3]) == 0 then return nil end
local left = redis.call("hincrby", KEYS[1], ARGV[3], -1)
if left > 0 then
	redis.call("pexpire", KEYS[1], ARGV[2])
else
	redis.call("del", KEYS[1])
	redis.call(ARGV[4], KEYS[2], ARGV[1])
end
redis.call("set", KEYS[3], left > 0 and 0 or 1, "px", ARGV[5])
return left > 0 and 0 or 1`
)

// redisson is a thread of a program that uses Redisson's lock. It belongs to one goroutine.
type redisson struct {
	*conn
	t      *testing.T
	holder string
	calls  int
}

const (
	redissonName    = "{orders}:lock"
	redissonChannel = "redisson_lock__channel:{orders}:lock"
)

// lock answers nil when it holds the lock, else for how long another does.
func (r *redisson) lock() value {
	return r.must(r.t, "EVAL", redissonLock, "1", redissonName, "30000", r.holder)
}

func (r *redisson) renew() value {
	return r.must(r.t, "EVAL", redissonRenew, "1", redissonName, "30000", r.holder)
}

func (r *redisson) unlock() value {
	r.calls++
	return r.unlockAgain()
}

// unlockAgain sends the last unlock once more.
func (r *redisson) unlockAgain() value {
	latch := fmt.Sprintf("redisson_unlock_latch:{orders}:lock:%s:%d", r.holder, r.calls)
	return r.must(r.t, "EVAL", redissonUnlock, "3", redissonName, redissonChannel, latch, "0", "30000", r.holder, "PUBLISH", "13500")
}

// connectRedisson pipelines what Redisson sends first.
func connectRedisson(t *testing.T, s *server, holder string) *redisson {
	t.Helper()
	c := dial(t, s)
	wantReplies(t, c.converse(t, "SELECT 0", "CLIENT SETNAME redisson", "CLIENT SETINFO LIB-NAME redisson", "CLIENT SETINFO LIB-VER 3.50.0", "PING"),
		"+OK", "+OK", "+OK", "+OK", "+PONG")
	return &redisson{conn: c, t: t, holder: holder}
}

// TestClientsRedisson: a lock that one holds twice, another waits for on its channel, and
// that a crashed holder's time gives back.
func TestClientsRedisson(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	s := startLarder(t)
	a, b := connectRedisson(t, s, "f3c9a7e2:1"), connectRedisson(t, s, "f3c9a7e2:57")
	waiting := dial(t, s)
	wantReplies(t, []value{a.lock(), a.lock(), a.renew(), b.renew()}, "(nil)", "(nil)", ":1", ":0")
	wantReplies(t, []value{a.must(t, "HGET", redissonName, a.holder)}, `"2"`)
	left, _ := strconv.Atoi(b.lock().text)
	if left <= 0 || left > 30000 {
		t.Errorf("the second holder is told %d ms", left)
	}
	wantReplies(t, []value{waiting.must(t, "SUBSCRIBE", redissonChannel)}, fmt.Sprintf(`*["subscribe" %q :1]`, redissonChannel))
	wantReplies(t, []value{b.unlock(), a.unlock()}, "(nil)", ":0")
	if got := b.lock(); got.kind != ':' {
		t.Errorf("held once more, the lock answers %v", got)
	}
	wantReplies(t, []value{a.unlock(), a.unlockAgain()}, ":1", ":1")
	wantReplies(t, []value{first(waiting.receive()), b.lock(), a.unlock()}, fmt.Sprintf(`*["message" %q "0"]`, redissonChannel), "(nil)", "(nil)")
	// The second unlock that was sent again published nothing: the next message is another's.
	wantReplies(t, []value{b.unlock(), first(waiting.receive())}, ":1", fmt.Sprintf(`*["message" %q "0"]`, redissonChannel))
	wantReplies(t, []value{b.must(t, "PUBLISH", redissonChannel, "end"), first(waiting.receive())}, ":1", fmt.Sprintf(`*["message" %q "end"]`, redissonChannel))
	// A holder that is gone: its time runs out, and who waits gets the lock.
	wantReplies(t, []value{a.lock()}, "(nil)")
	a.must(t, "PEXPIRE", redissonName, "20")
	a.Close()
	for got := b.lock(); !got.null; got = b.lock() {
		if got.isError() {
			t.Fatal(got)
		}
	}
	wantReplies(t, []value{b.must(t, "HGETALL", redissonName)}, fmt.Sprintf("*[%q %q]", b.holder, "1"))
}
