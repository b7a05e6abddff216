// What a client asks about its own connection is answered as redis-server answers it.
package conns_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"larder/resp/cmd"
	"larder/resp/cmd/cmdtest"
	"larder/resp/cmd/conns"
	"larder/resp/track"
	"larder/store"
	"larder/store/memory"
)

// host is a server with these clients and this password, which notes what it is asked to do.
type host struct {
	clients  []*cmd.Client
	password string
	caches   *track.Table
	did      []string
}

func newHost() *host {
	h := &host{}
	limit := func() int { return 0 }
	h.caches = track.NewTable(h.Client, limit, func() uint64 { return 0 })
	return h
}

func (h *host) Clients() []*cmd.Client  { return h.clients }
func (h *host) NoPass() bool            { return h.password == "" }
func (h *host) KnowsUser(n string) bool { return n == "default" }
func (h *host) Databases() int          { return 16 }
func (h *host) Clustered() bool         { return false }
func (h *host) Mode() string            { return "standalone" }
func (h *host) Caches() *track.Table    { return h.caches }
func (h *host) Settle() error           { return nil }
func (h *host) Unpause()                { h.did = append(h.did, "unpause") }
func (h *host) Reset(*cmd.Call)         { h.did = append(h.did, "reset") }

func (h *host) Login(c *cmd.Call, user, password []byte) bool {
	admitted := h.KnowsUser(string(user)) && (h.NoPass() || string(password) == h.password)
	if admitted {
		c.Client.Authenticated.Store(true)
	}
	return admitted
}

func (h *host) Answer(*cmd.Call, conns.Answering) { h.did = append(h.did, "answer") }

func (h *host) Pause(time.Duration, bool) { h.did = append(h.did, "pause") }

func (h *host) Client(id int64) *cmd.Client {
	for _, c := range h.clients {
		if c.ID == id {
			return c
		}
	}
	return nil
}

func TestRepliesAreRedis(t *testing.T) {
	fresh := func() store.Engine { return memory.New() }
	cmdtest.Replay(t, "testdata/replies.txt", conns.Table(newHost()), fresh, nil)
}

// connected is a client as the session makes it, and how often it was closed.
func connected(id int64, addr string) (c *cmd.Client, closed *int) {
	closed = new(int)
	c = &cmd.Client{ID: id, Addr: addr, Local: "127.0.0.1:6379", FD: 8, Created: time.Now()}
	c.Proto.Store(2)
	c.Queued.Store(-1)
	c.Close = func() { *closed++ }
	c.Kill = c.Close
	c.Pending = func() (int, int64) { return 0, 0 }
	return c, closed
}

// call runs a command of one client.
func call(t *testing.T, h *host, client *cmd.Client, line string) string {
	t.Helper()
	words := bytes.Fields([]byte(line))
	rows := conns.Table(h)
	for i := range rows {
		row := &rows[i]
		if row.Name != string(words[0]) {
			continue
		}
		for j := range row.Subs {
			if row.Subs[j].Name == string(words[1]) {
				row = &row.Subs[j]
				break
			}
		}
		return cmdtest.Flat(row.Run(&cmd.Call{Spec: row, Args: words, Proto: 2, Client: client}), 2)
	}
	t.Fatal("no row for", line)
	return ""
}

func TestKillClosesTheClientsThatFit(t *testing.T) {
	h := newHost()
	caller, callerClosed := connected(1, "127.0.0.1:1000")
	other, otherClosed := connected(2, "127.0.0.1:2000")
	h.clients = []*cmd.Client{caller, other}
	if got := call(t, h, caller, "CLIENT KILL TYPE normal"); got != ":1" {
		t.Errorf("KILL TYPE normal answers %q: the caller is left out unless SKIPME no", got)
	}
	if got := call(t, h, caller, "CLIENT KILL ADDR 127.0.0.1:3000"); got != ":0" {
		t.Errorf("KILL ADDR of no client answers %q", got)
	}
	if got := call(t, h, caller, "CLIENT KILL ID 2"); got != ":1" {
		t.Errorf("KILL ID 2 answers %q", got)
	}
	if *otherClosed != 2 || *callerClosed != 0 || caller.Killed.Load() {
		t.Errorf("the other client was closed %d times, the caller %d times", *otherClosed, *callerClosed)
	}
	if call(t, h, caller, "CLIENT KILL ID 1 SKIPME no"); !caller.Killed.Load() {
		t.Error("a client that kills itself does not end after the reply")
	}
}

func TestListTellsOfEachClient(t *testing.T) {
	h := newHost()
	caller, _ := connected(1, "127.0.0.1:1000")
	other, _ := connected(2, "127.0.0.1:2000")
	h.clients = []*cmd.Client{caller, other}
	call(t, h, other, "CLIENT SETNAME worker")
	all := call(t, h, caller, "CLIENT LIST")
	if !strings.Contains(all, "id=1 addr=127.0.0.1:1000") || !strings.Contains(all, "id=2 addr=127.0.0.1:2000") {
		t.Errorf("CLIENT LIST: %s", all)
	}
	if one := call(t, h, caller, "CLIENT LIST ID 2"); strings.Contains(one, "id=1 ") || !strings.Contains(one, "name=worker") {
		t.Errorf("CLIENT LIST ID 2: %s", one)
	}
	if own := call(t, h, caller, "CLIENT INFO"); !strings.Contains(own, "id=1 ") || strings.Contains(own, "id=2 ") {
		t.Errorf("CLIENT INFO: %s", own)
	}
	if got := call(t, h, caller, "CLIENT ID"); got != ":1" {
		t.Errorf("CLIENT ID: %s", got)
	}
}

func TestPasswordAdmitsTheClient(t *testing.T) {
	h := newHost()
	h.password = "secret"
	c, _ := connected(1, "127.0.0.1:1000")
	c.Stranger = func() bool { return !c.Authenticated.Load() }
	for line, want := range map[string]string{
		"AUTH wrong":         "-WRONGPASS invalid username-password pair or user is disabled.",
		"AUTH nobody secret": "-WRONGPASS invalid username-password pair or user is disabled.",
		"HELLO 3":            "-NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time",
	} {
		if got := call(t, h, c, line); got != want || c.Authenticated.Load() {
			t.Errorf("%s: %s", line, got)
		}
	}
	if got := call(t, h, c, "AUTH secret"); got != "+OK" || !c.Authenticated.Load() {
		t.Errorf("AUTH with the password: %s", got)
	}
	if got := call(t, h, c, "HELLO 3"); !strings.Contains(got, "proto :3") || c.Proto.Load() != 3 {
		t.Errorf("HELLO 3: %s", got)
	}
}

func TestPaceIsTheHosts(t *testing.T) {
	h := newHost()
	c, _ := connected(1, "127.0.0.1:1000")
	for _, line := range []string{"CLIENT PAUSE 10", "CLIENT UNPAUSE", "CLIENT REPLY skip", "RESET"} {
		call(t, h, c, line)
	}
	if got := strings.Join(h.did, " "); got != "pause unpause answer reset" {
		t.Errorf("the server was asked for: %s", got)
	}
}
