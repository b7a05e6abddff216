package integration

import (
	"fmt"
	"strings"
	"testing"
)

func TestTrackingAgainstRedis(t *testing.T) { t.Parallel(); diff(t, trackingScripts) }

// trackingScripts hold in both protocols; with RESP2 no invalidation comes without a redirection.
var trackingScripts = []script{
	{"CLIENT TRACKING's options", `
		CLIENT TRACKING
		CLIENT TRACKING foo
		CLIENT TRACKING ON foo
		CLIENT TRACKING OFF foo
		CLIENT TRACKING ON PREFIX
		CLIENT TRACKING ON PREFIX a
		CLIENT TRACKING ON BCAST OPTIN
		CLIENT TRACKING ON BCAST OPTOUT
		CLIENT TRACKING ON OPTIN OPTOUT
		CLIENT TRACKING ON REDIRECT x
		CLIENT TRACKING ON REDIRECT 100000
		CLIENT TRACKING OFF REDIRECT 100000
		CLIENT TRACKING foo REDIRECT 100000
		CLIENT TRACKING ON BCAST PREFIX ab PREFIX a
		CLIENT TRACKING ON BCAST PREFIX a PREFIX ab
		CLIENT TRACKING ON BCAST PREFIX a PREFIX a
		CLIENT TRACKINGINFO
		CLIENT GETREDIR
		CLIENT CACHING YES
		CLIENT CACHING NO
		CLIENT CACHING foo
		CLIENT TRACKING ON
		CLIENT TRACKINGINFO
		CLIENT GETREDIR
		CLIENT CACHING YES
		CLIENT CACHING NO
		CLIENT CACHING foo
		CLIENT TRACKING ON BCAST
		CLIENT TRACKING ON NOLOOP
		CLIENT TRACKINGINFO
		CLIENT TRACKING ON OPTIN
		CLIENT CACHING NO
		CLIENT CACHING YES
		CLIENT TRACKINGINFO
		PING
		CLIENT TRACKINGINFO
		CLIENT TRACKING ON OPTOUT
		CLIENT TRACKING OFF
		CLIENT TRACKING ON OPTOUT NOLOOP
		CLIENT CACHING YES
		CLIENT CACHING NO
		CLIENT TRACKINGINFO
		CLIENT TRACKING ON OPTIN
		CLIENT TRACKING OFF
		CLIENT TRACKING ON BCAST PREFIX b PREFIX a NOLOOP
		CLIENT TRACKINGINFO
		CLIENT TRACKING ON BCAST PREFIX c
		CLIENT TRACKINGINFO
		CLIENT TRACKING ON BCAST PREFIX ax
		CLIENT TRACKING ON
		CLIENT TRACKING OFF
		CLIENT TRACKINGINFO
		CLIENT TRACKING ON BCAST
		CLIENT TRACKINGINFO
		RESET
		CLIENT GETREDIR
		CLIENT CACHING
		CLIENT GETREDIR x
		CLIENT TRACKINGINFO x
	`},
}

func TestInvalidationsAgainstRedis(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	for i := range invalidationScripts {
		t.Run(invalidationScripts[i].name, func(t *testing.T) { p.play(t, &invalidationScripts[i], 3) })
	}
}

// invalidationScripts are in RESP3; client a tracks. "PING x" of a shows that nothing else came.
var invalidationScripts = []script{
	{"what was read", `
		@a CLIENT TRACKING ON
		MSET a 1 b 2 c 3
		@a GET a
		@a MGET a b nosuch
		SET a 2
		@a receive
		SET a 3
		SET nosuch 1
		@a receive
		DEL b
		@a receive
		DEL b
		SET c 1
		@a PING x
		@a GET a
		@a SET a own
		@a receive
		@a SET a own
		@a HGETALL h
		@a EXISTS h
		HSET h f v
		@a receive
		@a TTL a
		EXPIRE a 100
		@a receive
		@a GET a
		SADD a x
		RENAME a z
		@a receive
		@a SMEMBERS z
		@a SINTERCARD 2 z y
		COPY nosuch y
		@a receive
		@a PING y
	`},
	{"flush", `
		@a CLIENT TRACKING ON
		SET a 1
		@a GET a
		FLUSHDB
		@a receive
		SET a 1
		@a PING x
		FLUSHALL
		@a receive
		@a FLUSHALL
		@a receive
		@a CLIENT TRACKING OFF
		FLUSHALL
		@a PING y
	`},
	{"several writers and transactions", `
		@a CLIENT TRACKING ON
		MSET a 1 b 2
		@a MGET a b
		MULTI
		SET a 3
		SET b 4
		EXEC
		@a receive
		@a receive
		@a MULTI
		@a GET a
		@a GET b
		@a EXEC
		MULTI
		SET a 5
		DISCARD
		SET b 1
		@a receive
		MULTI
		SET a 1
		NOSUCH
		EXEC
		SET a 1
		@a receive
		@a PING x
	`},
	{"NOLOOP", `
		@a CLIENT TRACKING ON NOLOOP
		SET a 1
		@a GET a
		@a SET a 2
		@a GET a
		SET a 3
		@a receive
		@a PING x
	`},
	{"OPTIN and OPTOUT", `
		@a CLIENT TRACKING ON OPTIN
		@b CLIENT TRACKING ON OPTOUT
		MSET a 1 b 2 c 3
		@a GET a
		@b GET a
		@a CLIENT CACHING YES
		@a GET b
		@a GET c
		@b CLIENT CACHING NO
		@b GET b
		@b GET c
		MSET a 1 b 2 c 3
		@a receive
		@b receive
		@b receive
		@a CLIENT CACHING YES
		@a MULTI
		@a GET a
		@a GET b
		@a EXEC
		@a GET c
		MSET a 1 b 2 c 3
		@a receive
		@a receive
		@a PING x
		@b PING x
	`},
	{"BCAST", `
		@a CLIENT TRACKING ON BCAST PREFIX user: PREFIX item:
		@b CLIENT TRACKING ON BCAST NOLOOP
		SET user:1 x
		@a receive
		@b receive
		SET other x
		@b receive
		MSET user:2 x user:1 y other z
		@a receive
		@b receive
		@b SET item:1 own
		@a receive
		MULTI
		SET user:2 a
		SET user:1 a
		INCR n
		SET user:2 b
		EXEC
		@a receive
		@b receive
		DEL nosuch user:1
		@a receive
		@b receive
		FLUSHALL
		@a receive
		@b receive
		@a PING x
		@b PING x
	`},
	{"expiry", `
		@a CLIENT TRACKING ON
		@b CLIENT TRACKING ON BCAST
		SET a 1 PX 30
		@b receive
		@a GET a
		@a receive
		@b receive
		@a GET a
	`},
	{"PFCOUNT keeps its count", `
		PFADD h a b c
		@a CLIENT TRACKING ON
		@a GET h
		PFCOUNT h
		@a receive
		@a GET h
		PFCOUNT h
		@a PFCOUNT h
		@a PING
		PFADD h d
		@a receive
	`},
	{"pipelines", `
		@a CLIENT TRACKING ON
		[raw] @a "SET k 1\r\nGET k\r\nSET k 2\r\nGET k\r\nSET k 3\r\nPING\r\n"
		@a receive
		@a receive
		@a receive
		@a receive
		@a receive
		@a receive
		@a receive
		@a PING x
	`},
}

// TestRedirectedInvalidations sends invalidations to another connection, as RESP2 clients want them.
func TestRedirectedInvalidations(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	for _, s := range []*server{p.larder, p.judge} {
		ear, a, w := dial(t, s), dial(t, s), dial(t, s)
		id := ear.must(t, "CLIENT", "ID").text
		a.must(t, "CLIENT", "TRACKING", "ON", "REDIRECT", id)
		if v := a.must(t, "CLIENT", "GETREDIR"); v.text != id {
			t.Errorf("%s: GETREDIR %v, want %s", s.bin, v, id)
		}
		if list := w.must(t, "CLIENT", "LIST").text; !strings.Contains(list, " flags=t ") || !strings.Contains(list, " redir="+id+" ") {
			t.Errorf("%s: CLIENT LIST:\n%s", s.bin, list)
		}
		a.must(t, "GET", "k")
		w.must(t, "SET", "k", "1") // ear hears no channel: it is not told, and the key is forgotten
		ear.must(t, "SUBSCRIBE", "__redis__:invalidate")
		a.must(t, "GET", "k")
		w.must(t, "SET", "k", "2")
		if m, _ := ear.receive(); m.String() != `*["message" "__redis__:invalidate" *["k"]]` {
			t.Errorf("%s: the listener got %v", s.bin, m)
		}
		w.must(t, "FLUSHALL")
		if m, _ := ear.receive(); m.String() != `*["message" "__redis__:invalidate" (nil)]` {
			t.Errorf("%s: the listener got %v", s.bin, m)
		}
		a.must(t, "HELLO", "3")
		a.must(t, "GET", "k")
		w.must(t, "CLIENT", "KILL", "ID", id)
		ear.receive()
		w.must(t, "SET", "k", "3")
		if m, _ := a.receive(); m.String() != fmt.Sprintf(`>["tracking-redir-broken" :%s]`, id) {
			t.Errorf("%s: the client got %v", s.bin, m)
		}
		if info := a.must(t, "CLIENT", "TRACKINGINFO"); !strings.Contains(info.String(), "broken_redirect") {
			t.Errorf("%s: TRACKINGINFO: %v", s.bin, info)
		}
	}
}

func TestTrackingTableIsBounded(t *testing.T) {
	t.Parallel()
	s := startLarder(t, "--tracking-table-max-keys", "10")
	a, c := dial(t, s), dial(t, s)
	a.must(t, "HELLO", "3")
	a.must(t, "CLIENT", "TRACKING", "ON")
	for i := range 30 {
		a.Write(encode("GET", fmt.Sprint("k", i)))
	}
	replies, told := 0, 0
	for replies+told < 50 {
		v, _ := a.receive()
		if v.kind == '>' {
			told++
		} else {
			replies++
		}
	}
	if replies != 30 || told != 20 {
		t.Errorf("%d replies and %d invalidations, want 30 and 20", replies, told)
	}
	for _, line := range []string{"tracking_total_keys:10\r\n", "tracking_total_items:10\r\n", "tracking_total_prefixes:0\r\n", "tracking_clients:1\r\n"} {
		if !strings.Contains(c.must(t, "INFO").text, line) {
			t.Errorf("INFO has no %q", line)
		}
	}
	c.must(t, "CONFIG", "SET", "tracking-table-max-keys", "4")
	for range 6 {
		if v, _ := a.receive(); v.kind != '>' {
			t.Fatalf("%v came where an invalidation was due", v)
		}
	}
	a.must(t, "CLIENT", "TRACKING", "OFF")
	if !strings.Contains(c.must(t, "INFO").text, "tracking_total_keys:0\r\n") {
		t.Error("keys are remembered for nobody")
	}
}
