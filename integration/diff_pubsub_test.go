package integration

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestPubSubAgainstRedis(t *testing.T) { t.Parallel(); diff(t, pubsubScripts) }

// Lines that unsubscribe from everything have one name to leave: Redis's order of several is random.
var pubsubScripts = []script{
	{"subscribe and publish", `
		PUBLISH news nobody
		@a SUBSCRIBE news
		@a SUBSCRIBE news
		@a SUBSCRIBE one two
		@a receive
		@a PSUBSCRIBE n*
		@a PSUBSCRIBE n?ws [o-z]*
		@a receive
		PUBLISH other x
		PUBLISH one "binary \x00\r\n payload"
		@a receive
		@a receive
		PUBLISH tea ""
		@a receive
		@a PING
		@a PING hello
		@a UNSUBSCRIBE one two never
		@a receive
		@a receive
		@a PUNSUBSCRIBE n* n?ws
		@a receive
		PUBLISH news last
		@a receive
		@a UNSUBSCRIBE
		@a UNSUBSCRIBE
		@a PUNSUBSCRIBE
		@a PUNSUBSCRIBE
		@a PING
		@a PING hello
		@a SUNSUBSCRIBE
		@a UNSUBSCRIBE never there
		@a receive
		SUBSCRIBE
		PSUBSCRIBE
		PUBLISH a
		PUBLISH a b c
	`},
	{"what a subscriber may do", `
		@a SUBSCRIBE c
		@a GET x
		@a get x
		@a CONFIG GET maxmemory
		@a client id x
		@a NOSUCH x
		@a GET
		@a PING a b
		@a MULTI
		@a HELLO 2
		@a SSUBSCRIBE s
		@a SUNSUBSCRIBE s
		@a RESET
		@a GET x
		@a PING
		@b SSUBSCRIBE s
		@b GET x
		@b PING
		@b SUNSUBSCRIBE s
		@b GET x
		@c PSUBSCRIBE *
		@c QUIT
		@c PING
	`},
	{"shard channels", `
		@a SSUBSCRIBE s {s}1
		@a receive
		@a SUBSCRIBE s
		@a PSUBSCRIBE *
		SPUBLISH s hello
		@a receive
		PUBLISH s hello
		@a receive
		@a receive
		@a PUNSUBSCRIBE *
		PUBSUB SHARDNUMSUB s {s}1 none
		PUBSUB NUMSUB s {s}1
		[sorted] PUBSUB SHARDCHANNELS
		PUBSUB SHARDCHANNELS {*
		PUBSUB CHANNELS
		@a SUNSUBSCRIBE s
		@a SUNSUBSCRIBE
		@a SUNSUBSCRIBE
		SPUBLISH s nobody
		SPUBLISH
		SSUBSCRIBE
		PUBSUB SHARDNUMSUB
	`},
	{"PUBSUB", `
		PUBSUB CHANNELS
		PUBSUB NUMPAT
		PUBSUB NUMSUB
		@a SUBSCRIBE abc abd
		@a receive
		@b SUBSCRIBE abc
		@b PSUBSCRIBE a*
		@a PSUBSCRIBE a* b*
		@a receive
		[sorted] PUBSUB CHANNELS
		[sorted] PUBSUB CHANNELS *
		PUBSUB CHANNELS *d
		PUBSUB CHANNELS x
		PUBSUB CHANNELS a b
		PUBSUB NUMSUB abc abd a* abc
		PUBSUB NUMPAT
		PUBSUB NUMPAT x
		PUBSUB HELP
		PUBSUB
		PUBSUB NOSUCH
		@a RESET
		PUBSUB NUMSUB abc abd
		PUBSUB NUMPAT
	`},
	{"in a transaction", `
		@a SUBSCRIBE c
		@a PSUBSCRIBE c*
		MULTI
		PUBLISH c one
		SET k v
		INCR k
		PUBLISH c two
		EXEC
		@a receive
		@a receive
		@a receive
		@a receive
		WATCH w
		@b SET w changed
		MULTI
		PUBLISH c never
		EXEC
		MULTI
		PUBLISH c neither
		DISCARD
		@b MULTI
		@b SUBSCRIBE x
		@b PUBLISH c three
		@b EXEC
		@a receive
		@a receive
		PUBSUB NUMSUB x
		@a UNSUBSCRIBE c
	`},
	{"a pipeline keeps its order", `
		[raw] @a "SUBSCRIBE c\r\nUNSUBSCRIBE c\r\nPING\r\nSUBSCRIBE c\r\nPING again\r\n"
		@a receive
		@a receive
		@a receive
		@a receive
		PUBLISH c x
		@a receive
	`},
	{"CLIENT KILL TYPE pubsub", `
		@a SUBSCRIBE c
		@b PING
		CLIENT KILL TYPE pubsub
		@a receive
		@b PING
		PUBSUB NUMSUB c
		CLIENT KILL TYPE pubsub
	`},
}

// TestPublishToOneself: since 7.2 what a RESP3 client sends itself comes behind the reply, and behind
// EXEC's; 7.0 puts it before and inside.
func TestPublishToOneself(t *testing.T) {
	t.Parallel()
	c := dial(t, startLarder(t))
	c.must(t, "HELLO", "3")
	c.must(t, "SUBSCRIBE", "c")
	expect := func(got value, want string) {
		t.Helper()
		if got.String() != want {
			t.Errorf("got %v, want %s", got, want)
		}
	}
	message := func(want string) {
		t.Helper()
		v, _ := c.receive()
		expect(v, want)
	}
	expect(c.must(t, "PUBLISH", "c", "one"), ":1")
	message(`>["message" "c" "one"]`)
	for _, words := range [][]string{{"MULTI"}, {"PING", "a"}, {"PUBLISH", "c", "two"}, {"PING", "b"}} {
		c.must(t, words...)
	}
	expect(c.must(t, "EXEC"), `*["a" :1 "b"]`)
	message(`>["message" "c" "two"]`)
	v, _ := c.send([]byte("PUBLISH c three\r\nPING\r\n"))
	expect(v, ":1")
	message(`>["message" "c" "three"]`)
	message("+PONG")
	expect(c.must(t, "UNSUBSCRIBE", "c"), `>["unsubscribe" "c" :0]`)
	c.quiet(t)
}

func TestSubscribersInClientList(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	for _, s := range []*server{p.larder, p.judge} {
		a := dial(t, s)
		a.must(t, "SUBSCRIBE", "a")
		a.must(t, "PSUBSCRIBE", "p*")
		a.must(t, "SSUBSCRIBE", "s")
		a.must(t, "SSUBSCRIBE", "t")
		c := dial(t, s)
		list := c.must(t, "CLIENT", "LIST", "TYPE", "pubsub").text
		if strings.Count(list, "\n") != 1 || !strings.Contains(list, " flags=P db=0 sub=1 psub=1 ssub=2 multi=-1 ") {
			t.Errorf("%s: %s", s.bin, list)
		}
		if list := c.must(t, "CLIENT", "LIST", "TYPE", "normal").text; strings.Contains(list, "flags=P") {
			t.Errorf("%s: a subscriber is normal: %s", s.bin, list)
		}
		stats := c.must(t, "INFO", "stats").text
		for _, line := range []string{"pubsub_channels:1\r\n", "pubsub_patterns:1\r\n", "pubsubshard_channels:2\r\n"} {
			if !strings.Contains(stats, line) {
				t.Errorf("%s: INFO has no %q", s.bin, line)
			}
		}
	}
}

// TestSlowSubscriberIsDropped fills the buffers of a subscriber that does not read. The publisher and
// another subscriber go on.
func TestSlowSubscriberIsDropped(t *testing.T) {
	t.Parallel()
	s := startLarder(t, "--client-output-buffer-limit", "pubsub 2mb 0 0")
	slow, fast, p := dial(t, s), dial(t, s), dial(t, s)
	slow.must(t, "SUBSCRIBE", "c")
	fast.must(t, "SUBSCRIBE", "c")
	payload := strings.Repeat("x", 64<<10)
	dropped := false
	for i := 0; i < 4000 && !dropped; i++ {
		n := p.must(t, "PUBLISH", "c", payload).text
		if m, _ := fast.receive(); len(m.list) != 3 || m.list[2].text != payload {
			t.Fatalf("the fast subscriber got %v", m.kind)
		}
		dropped = n == "1"
	}
	if !dropped {
		t.Error("a subscriber that reads nothing is kept")
	}
	if list := p.must(t, "CLIENT", "LIST").text; strings.Count(list, "\n") != 2 {
		t.Errorf("clients left:\n%s", list)
	}
}

// TestMessagesArriveInOrder publishes from several connections: each publisher's messages keep their order
// at each subscriber, and all subscribers see one order.
func TestMessagesArriveInOrder(t *testing.T) {
	t.Parallel()
	s := startLarder(t)
	const publishers, each = 4, 300
	subscribers := []*conn{dial(t, s), dial(t, s)}
	for _, c := range subscribers {
		c.must(t, "SUBSCRIBE", "c")
	}
	for i := range publishers {
		p := dial(t, s)
		go func() {
			for j := range each {
				p.do("PUBLISH", "c", fmt.Sprintf("%d %d", i, j))
			}
		}()
	}
	var orders [2][]string
	for at, c := range subscribers {
		var next [publishers]int
		for range publishers * each {
			m, _ := c.receive()
			var who, number int
			fmt.Sscan(m.list[2].text, &who, &number)
			if number != next[who] {
				t.Fatalf("publisher %d: message %d where %d was due", who, number, next[who])
			}
			next[who]++
			orders[at] = append(orders[at], m.list[2].text)
		}
	}
	if fmt.Sprint(orders[0]) != fmt.Sprint(orders[1]) {
		t.Error("two subscribers saw different orders")
	}
}

// quiet wants nothing to come for a while.
func (c *conn) quiet(t *testing.T) {
	t.Helper()
	c.SetDeadline(time.Now().Add(50 * time.Millisecond))
	if b, err := c.r.Peek(1); err == nil {
		t.Errorf("%q came unasked", b)
	}
}
