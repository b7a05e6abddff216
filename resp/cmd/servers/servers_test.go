// Commands about the server answer as redis-server does on which little has happened, and ask the host for the rest.
package servers_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"larder/resp/cmd"
	"larder/resp/cmd/cmdtest"
	"larder/resp/cmd/servers"
	"larder/resp/reply"
	"larder/resp/snapshot"
	"larder/resp/stat"
	"larder/store"
	"larder/store/memory"
)

// host is a server over an engine, which notes what it is asked to do. Commands that save or flush get failure.
type host struct {
	store.Engine
	stats   stat.Server
	did     []string
	failure error
	saves   bool // the configuration has save lines
}

func newHost() *host { return &host{Engine: memory.New()} }

func (h *host) note(what string) error {
	h.did = append(h.did, what)
	return h.failure
}

// asked is what the host was asked to do since the last call.
func (h *host) asked() string {
	all := strings.Join(h.did, " ")
	h.did = nil
	return all
}

func (h *host) Info(sections []string) string       { return "# " + strings.Join(sections, ",") }
func (h *host) Databases() int                      { return 16 }
func (h *host) RewriteAll() error                   { return h.note("rewrite all") }
func (h *host) Stats() *stat.Server                 { return &h.stats }
func (h *host) Commands() []*stat.Command           { return nil }
func (h *host) CommandStats(string) []*stat.Command { return nil }
func (h *host) Flush(context.Context) error         { return h.note("flush") }
func (h *host) Sync(context.Context) error          { return h.note("sync") }
func (h *host) Release()                            { h.did = append(h.did, "release") }
func (h *host) Stop()                               { h.did = append(h.did, "stop") }
func (h *host) Busy() (string, bool)                { return "", false }
func (h *host) DebugAllowed(c *cmd.Client) bool     { return c.Unix }
func (h *host) IdleSeconds(int, []byte) int64       { return 7 }
func (h *host) Log(message string)                  { h.did = append(h.did, message) }
func (h *host) Save(context.Context) error          { return h.note("save") }
func (h *host) StartSave() error                    { return h.note("start") }
func (h *host) Saving() bool                        { return errors.Is(h.failure, snapshot.ErrRunning) }
func (h *host) LastSave() time.Time                 { return time.Unix(1700000000, 0) }
func (h *host) SavesAlone() bool                    { return h.saves }
func (h *host) MemoryStats(context.Context) ([]reply.Reply, error) {
	return []reply.Reply{reply.Text("peak.allocated"), reply.Integer(1)}, nil
}

func (h *host) SetActiveExpire(on bool) {
	if on {
		h.did = append(h.did, "expire")
	} else {
		h.did = append(h.did, "keep")
	}
}

func TestRepliesAreRedis(t *testing.T) {
	fresh := func() store.Engine { return memory.New() }
	cmdtest.Replay(t, "testdata/replies.txt", servers.Table(newHost()), fresh, nil)
}

// step is a command, its reply in protocol 2, and what the host is asked for.
type step struct{ line, want, asks string }

func play(t *testing.T, h *host, steps []step) {
	t.Helper()
	s := cmdtest.NewSession(h.Engine, servers.Table(h), nil)
	for _, st := range steps {
		if got := s.DoText(t, st.line); got != st.want {
			t.Errorf("%s answers %s", st.line, got)
		}
		if asked := h.asked(); asked != st.asks {
			t.Errorf("%s asks the server for %q", st.line, asked)
		}
	}
}

func TestShutdownSavesWhereSavingIsConfigured(t *testing.T) {
	h := newHost()
	play(t, h, []step{{"SHUTDOWN", "", "stop"}, {"SHUTDOWN SAVE", "", "save stop"}, {"SHUTDOWN NOSAVE", "", "stop"}})
	h.saves = true
	play(t, h, []step{{"SHUTDOWN", "", "save stop"}, {"SHUTDOWN NOSAVE", "", "stop"}})
	h.failure = errors.New("no space left on device")
	play(t, h, []step{
		{"SHUTDOWN", "-ERR Errors trying to SHUTDOWN. Check logs.", "save"},
		{"SHUTDOWN FORCE", "", "save stop"},
	})
}

func TestPersistenceIsTheHosts(t *testing.T) {
	h := newHost()
	play(t, h, []step{
		{"SAVE", "+OK", "save"},
		{"BGSAVE", "+Background saving started", "start"},
		{"LASTSAVE", ":1700000000", ""},
		{"BGREWRITEAOF", "+Background append only file rewriting started", "flush"},
		{"WAITAOF 0 0 0", "*2 :0 :0", ""},
		{"WAITAOF 1 0 0", "*2 :1 :0", "sync"},
		{"WAITAOF 2 0 0", "-ERR value is out of range, value must between 0 and 1", ""},
		{"MEMORY PURGE", "+OK", "release"},
	})
	h.failure = snapshot.ErrRunning
	play(t, h, []step{{"SAVE", "-ERR Background save already in progress", "save"}})
}

func TestDebugIsBarredUnlessTheHostAllowsIt(t *testing.T) {
	for _, row := range servers.Table(newHost()) {
		if row.Name != "DEBUG" {
			continue
		}
		if why := row.Barred(&cmd.Client{}); !strings.HasPrefix(why, "ERR DEBUG command not allowed.") {
			t.Errorf("a client from elsewhere: %q", why)
		}
		if why := row.Barred(&cmd.Client{Unix: true}); why != "" {
			t.Errorf("a client that is allowed: %q", why)
		}
	}
}

func TestDebugCommands(t *testing.T) {
	play(t, newHost(), []step{
		{"DEBUG LOG hello", "+OK", "DEBUG LOG: hello"},
		{"DEBUG SET-ACTIVE-EXPIRE 0", "+OK", "keep"},
		{"DEBUG SET-ACTIVE-EXPIRE 1", "+OK", "expire"},
		{"DEBUG RELOAD", "+OK", "flush"},
		{"DEBUG SLEEP 0", "+OK", ""},
		{`DEBUG ERROR "CODE text"`, "-CODE text", ""},
		{"DEBUG PROTOCOL integer", ":12345", ""},
		{"DEBUG PROTOCOL null", "$-1", ""},
		{"DEBUG OBJECT none", "-ERR no such key", ""},
		{"DEBUG POPULATE 3", "+OK", ""},
		{"MEMORY USAGE none", "$-1", ""},
		{"INFO server memory", "$15 # server,memory", ""},
		{"MEMORY STATS", "*2 $14 peak.allocated :1", ""},
		{"LATENCY HISTOGRAM", "*0", ""},
		{"DEBUG HELP x", "-ERR unknown subcommand or wrong number of arguments for 'HELP'. Try DEBUG HELP.", ""},
		{"DEBUG POPULATE x", "-ERR value is out of range, must be positive", ""},
	})
}

func TestSlowlogGivesTheNewestFirst(t *testing.T) {
	h := newHost()
	h.stats.Slow.MaxLen.Store(8)
	for _, key := range []string{"a", "b"} {
		h.stats.Slow.Add([][]byte{[]byte("GET"), []byte(key)}, time.Second, "127.0.0.1:5", "name")
	}
	s := cmdtest.NewSession(h.Engine, servers.Table(h), nil)
	entries := s.Do(t, []byte("SLOWLOG"), []byte("GET")).Elems()
	if len(entries) != 2 || entries[0].Elems()[3].Elems()[1].Text() != "b" || entries[0].Elems()[2].Int() != 1_000_000 {
		t.Errorf("SLOWLOG GET: %v", entries)
	}
	play(t, h, []step{{"SLOWLOG LEN", ":2", ""}, {"SLOWLOG RESET", "+OK", ""}, {"SLOWLOG LEN", ":0", ""}})
}

func TestLatencyTellsOfEvents(t *testing.T) {
	h := newHost()
	h.stats.Events.ThresholdMillis.Store(1)
	for _, took := range []time.Duration{20 * time.Millisecond, 40 * time.Millisecond} {
		h.stats.Events.Record("command", took)
	}
	s := cmdtest.NewSession(h.Engine, servers.Table(h), nil)
	latest := s.DoText(t, "LATENCY LATEST")
	if !strings.HasPrefix(latest, "*1 *4 $7 command :") || !strings.HasSuffix(latest, ":40 :40") {
		t.Errorf("LATENCY LATEST: %s", latest)
	}
	if graph := s.DoText(t, "LATENCY GRAPH command"); !strings.Contains(graph, "command - high 40 ms, low 40 ms") {
		t.Errorf("LATENCY GRAPH: %s", graph)
	}
	if doctor := s.DoText(t, "LATENCY DOCTOR"); !strings.Contains(doctor, "1. command:") {
		t.Errorf("LATENCY DOCTOR: %s", doctor)
	}
	play(t, h, []step{{"LATENCY RESET command", ":1", ""}, {"LATENCY HISTORY command", "*0", ""}})
}

// POPULATE makes keys that are not there yet, and leaves those that are.
func TestPopulatedKeysAreThere(t *testing.T) {
	h := newHost()
	play(t, h, []step{{"DEBUG POPULATE 3 k 8", "+OK", ""}, {"DEBUG POPULATE 2 k 100", "+OK", ""}})
	s := cmdtest.NewSession(h.Engine, servers.Table(h), nil)
	for _, key := range []string{"k:0", "k:2"} {
		if object := s.DoText(t, "DEBUG OBJECT "+key); !strings.Contains(object, "encoding:embstr") || !strings.Contains(object, "lru_seconds_idle:7") {
			t.Errorf("DEBUG OBJECT %s: %s", key, object)
		}
		if usage := s.Do(t, []byte("MEMORY"), []byte("USAGE"), []byte(key)); usage.Int() < 8 {
			t.Errorf("MEMORY USAGE %s: %d", key, usage.Int())
		}
	}
	if got := s.DoText(t, "DEBUG OBJECT k:3"); got != "-ERR no such key" {
		t.Errorf("a key past the count: %s", got)
	}
}
