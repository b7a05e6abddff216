// EVAL, SCRIPT and FUNCTION answer as Redis does, and a plan says what a script's transaction needs.
package scripts

import (
	"strconv"
	"strings"
	"testing"

	"larder/resp/cmd"
	"larder/resp/cmd/cmdtest"
	"larder/resp/lua"
	"larder/resp/reply"
)

// fakeServer is a Host without data: scripts run with commands that are refused or do nothing.
type fakeServer struct {
	full  bool
	plans []*Plan
}

func (s *fakeServer) Script(_ *cmd.Call, p *Plan) reply.Reply {
	s.plans = append(s.plans, p)
	return p.Run(s)
}

func (s *fakeServer) Clustered() bool { return false }

func (s *fakeServer) OverMemory(*cmd.Call) bool { return s.full }

func (s *fakeServer) LogScript(int, string) {}

func (s *fakeServer) Log(int, string) {}

func (s *fakeServer) Allowed([][]byte) (bool, bool) { return true, true }

func (s *fakeServer) Call(r *lua.Run, args [][]byte) reply.Reply {
	if strings.EqualFold(string(args[0]), "set") && r.ReadOnly() {
		return reply.Fail("ERR Write commands are not allowed from read-only scripts.")
	}
	return reply.Word("PONG")
}

func newServer(t *testing.T) (*fakeServer, []cmd.Spec) {
	t.Helper()
	e, err := lua.New(lua.Limits{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &fakeServer{}
	return s, Table(s, e)
}

func find(t *testing.T, rows []cmd.Spec, args [][]byte) *cmd.Spec {
	t.Helper()
	for i := range rows {
		row := &rows[i]
		switch {
		case !strings.EqualFold(row.Name, string(args[0])):
		case row.Subs == nil:
			return row
		default:
			sub := *find(t, row.Subs, args[1:])
			sub.Parent = row.Name // as the table of all commands has it
			return &sub
		}
	}
	t.Fatalf("no row for %q", args)
	return nil
}

func do(t *testing.T, rows []cmd.Spec, proto int, args [][]byte) (reply.Reply, *cmd.Call) {
	t.Helper()
	row := find(t, rows, args)
	c := &cmd.Call{Spec: row, Args: args, Proto: proto}
	return row.Run(c), c
}

func words(line ...string) [][]byte {
	args := make([][]byte, len(line))
	for i, w := range line {
		args[i] = []byte(w)
	}
	return args
}

// TestRecorded plays a conversation that was recorded with redis-server.
func TestRecorded(t *testing.T) {
	for proto := 2; proto <= 3; proto++ {
		t.Run("protocol "+strconv.Itoa(proto), func(t *testing.T) {
			_, rows := newServer(t)
			for _, x := range cmdtest.Read(t, "testdata/scripts.txt") {
				r, _ := do(t, rows, proto, x.Words)
				if got := cmdtest.Flat(r, proto); got != x.Want[proto-2] {
					t.Errorf("line %d: %q\n got %s\nwant %s", x.Line, x.Words, got, x.Want[proto-2])
				}
			}
		})
	}
}

func TestErrorsKeepWhatWasWritten(t *testing.T) {
	_, rows := newServer(t)
	r, c := do(t, rows, 2, words("EVAL", "error('x')", "0"))
	if !r.IsError() || !c.Keep {
		t.Errorf("error %v, keep %v", r.IsError(), c.Keep)
	}
}

func TestPlansSayWhatTheyNeed(t *testing.T) {
	s, rows := newServer(t)
	const reader = "#!lua flags=no-writes\nreturn 1"
	do(t, rows, 2, words("EVAL", "return 1", "2", "a", "b", "c"))
	do(t, rows, 2, words("EVAL_RO", "return 1", "0"))
	do(t, rows, 2, words("EVAL", reader, "0"))
	for i, write := range []bool{true, false, false} {
		if p := s.plans[i]; p.Write != write {
			t.Errorf("plan %d is %+v, want one that writes: %v", i, p, write)
		}
	}
}

func TestFullMemoryRefusesByFlags(t *testing.T) {
	s, rows := newServer(t)
	s.full = true
	const refused = "-OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'"
	for script, want := range map[string]string{
		"return 1":                          ":1", // judged by what it calls
		"#!lua\nreturn 1":                   refused,
		"#!lua flags=no-cluster\nreturn 1":  refused,
		"#!lua flags=allow-oom\nreturn 1":   ":1",
		"#!lua flags=no-writes\nreturn 1":   ":1",
		"#!lua flags=allow-stale\nreturn 1": refused,
	} {
		r, _ := do(t, rows, 2, words("EVAL", script, "0"))
		if got := cmdtest.Flat(r, 2); got != want {
			t.Errorf("%q: got %s, want %s", script, got, want)
		}
	}
}

func TestRestoreBringsBackWhatWasDumped(t *testing.T) {
	_, rows := newServer(t)
	load := func(name, function string) {
		code := "#!lua name=" + name + "\nredis.register_function('" + function + "', function() return '" + name + "' end)"
		if r, _ := do(t, rows, 2, words("FUNCTION", "LOAD", code)); r.IsError() {
			t.Fatal(r.ErrorText())
		}
	}
	load("one", "f1")
	load("two", "f2")
	dumped, _ := do(t, rows, 2, words("FUNCTION", "DUMP"))
	payload := dumped.Text()
	check := func(policy, want string) {
		t.Helper()
		r, _ := do(t, rows, 2, words("FUNCTION", "RESTORE", payload, policy))
		if got := cmdtest.Flat(r, 2); got != want {
			t.Errorf("%s: got %s, want %s", policy, got, want)
		}
	}
	check("APPEND", "-ERR Library one already exists")
	check("REPLACE", "+OK")
	do(t, rows, 2, words("FUNCTION", "FLUSH"))
	load("three", "f2")
	check("REPLACE", "-ERR Function f2 already exists")
	check("FLUSH", "+OK")
	for call, want := range map[string]string{"f1": "$3 one", "f2": "$3 two"} {
		if r, _ := do(t, rows, 2, words("FCALL", call, "0")); cmdtest.Flat(r, 2) != want {
			t.Errorf("%s: got %s, want %s", call, cmdtest.Flat(r, 2), want)
		}
	}
	for _, i := range []int{0, 20, len(payload) - 9, len(payload) - 1} {
		bad := []byte(payload)
		bad[i] ^= 1
		r, _ := do(t, rows, 2, words("FUNCTION", "RESTORE", string(bad)))
		if got := r.ErrorText(); got != "ERR DUMP payload version or checksum are wrong" {
			t.Errorf("damaged at %d: %q", i, got)
		}
	}
}
