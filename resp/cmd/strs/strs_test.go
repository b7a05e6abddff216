// Commands on strings answer as Redis does, keep or clear expiry as it does, and stream large values.
package strs_test

import (
	"bytes"
	"strings"
	"testing"

	"larder/resp/cmd"
	"larder/resp/cmd/cmdtest"
	"larder/resp/cmd/strs"
	"larder/resp/reply"
	"larder/store"
	"larder/store/memory"
)

// list makes a key of another type: RPUSH in the recording.
func list(c *cmd.Call) reply.Reply {
	id, err := c.Tx.NewID(c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	if _, err := c.Tx.PutItems(id, store.Elements, store.Item{Value: c.Args[2]}); err != nil {
		return reply.Err(err)
	}
	if err := c.Tx.PutHead(c.Key(1), store.Head{Type: store.List, ID: id, Len: 1}); err != nil {
		return reply.Err(err)
	}
	return reply.Integer(1)
}

func TestRepliesAreThoseOfRedis(t *testing.T) {
	fresh := func() store.Engine { return memory.New(memory.WithReruns(1)) }
	cmdtest.Replay(t, "testdata/strings.txt", strs.Table(), fresh, list)
	cmdtest.Replay(t, "testdata/newer.txt", strs.Table(), fresh, list)
}

func TestExpiryIsKeptOrCleared(t *testing.T) {
	rows := []struct {
		lines string
		kept  bool // the key outlives its first expiry
	}{
		{"SET k v PX 10", false}, {"SET k v PXAT 1000010", false}, {"SETEX k 1 v", false}, {"PSETEX k 10 v", false},
		{"SET k v PX 10; SET k w", true}, {"SET k v PX 10; SET k w KEEPTTL", false}, {"SET k v PX 10; GETSET k w", true},
		{"SET k v PX 10; GETEX k", false}, {"SET k v PX 10; GETEX k PERSIST", true}, {"SET k v; GETEX k PX 10", false},
		{"SET k 1 PX 10; INCR k", false}, {"SET k 1 PX 10; INCRBYFLOAT k 0.5", false}, {"SET k v PX 10; APPEND k w", false},
		{"SET k v PX 10; SETRANGE k 1 w", false}, {"SET k v PX 10; MSET k w", true}, {"SET k v PX 10; SETEX k 100 v", true},
	}
	for _, r := range rows {
		now := int64(1_000_000)
		s := cmdtest.NewSession(memory.New(memory.WithClock(func() int64 { return now })), strs.Table(), nil)
		for line := range strings.SplitSeq(r.lines, "; ") {
			if got := s.DoText(t, line); strings.HasPrefix(got, "-") {
				t.Fatalf("%s: %s", line, got)
			}
		}
		now += 1001
		if got := s.DoText(t, "STRLEN k") != ":0"; got != r.kept {
			t.Errorf("%s: still there %v, want %v", r.lines, got, r.kept)
		}
	}
}

// An expired key that nobody has removed is absent for writes as well.
func TestWritesStartAfreshAfterExpiry(t *testing.T) {
	now := int64(1000)
	s := cmdtest.NewSession(memory.New(memory.WithClock(func() int64 { return now })), strs.Table(), nil)
	for _, name := range []string{"a", "b", "c", "d"} {
		s.DoText(t, "SET "+name+" 5 PX 10")
	}
	now += 11
	rows := []struct{ line, want string }{
		{"INCR a", ":1"}, {"APPEND b x", ":1"}, {"SETRANGE c 1 x", ":2"}, {"SET d v XX", "$-1"}, {"SETNX d v", ":1"},
	}
	for _, r := range rows {
		if got := s.DoText(t, r.line); got != r.want {
			t.Errorf("%s: %s, want %s", r.line, got, r.want)
		}
	}
	now += 1000
	if got := s.DoText(t, "MGET a b d"); got != "*3 $1 1 $1 x $1 v" {
		t.Errorf("the old expiry came back: %s", got)
	}
}

func TestLargeValuesStream(t *testing.T) {
	s := cmdtest.NewSession(memory.New(), strs.Table(), nil)
	value := bytes.Repeat([]byte("0123456789abcdef"), 5<<18/16)
	s.Do(t, []byte("SET"), []byte("k"), value)
	s.DoText(t, "SETRANGE gap 1310719 f")
	gap := append(make([]byte, len(value)-1), 'f')
	rows := []struct {
		line string
		want reply.Reply
	}{
		{"GET k", reply.Bytes(value)},
		{"GETRANGE k 5 1100000", reply.Bytes(value[5:1100001])},
		{"GETRANGE k -20 -1", reply.Bytes(value[len(value)-20:])},
		{"GET gap", reply.Bytes(gap)},
		{"MGET k none gap", reply.Of(reply.Bytes(value), reply.Nil(), reply.Bytes(gap))},
		{"SET k short NX GET", reply.Bytes(value)},
		{"SET k short GET", reply.Bytes(value)},
		{"GETSET gap tiny", reply.Bytes(gap)},
		{"MGET k gap", reply.Texts("short", "tiny")},
	}
	for _, r := range rows {
		if got, want := s.DoText(t, r.line), cmdtest.Flat(r.want, 2); got != want {
			t.Errorf("%s: %d bytes instead of %d", r.line, len(got), len(want))
		}
	}
}

// The table LCS fills may not be larger than a string may.
func TestLCSRefusesLargeTables(t *testing.T) {
	s := cmdtest.NewSession(memory.New(), strs.Table(), nil)
	s.DoText(t, "SETRANGE a 20000 x")
	s.DoText(t, "SETRANGE b 20000 x")
	want := "-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len"
	if got := s.DoText(t, "LCS a b LEN"); got != want {
		t.Errorf("got %.80s", got)
	}
}
