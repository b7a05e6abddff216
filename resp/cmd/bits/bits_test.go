// Commands on bits answer as Redis does, and write nothing that was there.
package bits_test

import (
	"context"
	"testing"

	"larder/resp/cmd"
	"larder/resp/cmd/bits"
	"larder/resp/cmd/cmdtest"
	"larder/resp/reply"
	"larder/store"
	"larder/store/memory"
)

// other plays the commands of other families that the recording uses.
func other(c *cmd.Call) reply.Reply {
	b, err := store.OpenBlob(c.Tx, c.Key(1))
	switch name := string(c.Args[0]); {
	case name == "RPUSH":
		return list(c)
	case name == "SET":
		return orOK(store.SetString(c.Tx, c.Key(1), c.Args[2], 0))
	case name == "EXISTS":
		return reply.Integer(min(b.Len(), 1))
	case err != nil:
		return reply.Err(err)
	case name == "STRLEN":
		return reply.Integer(b.Len())
	case !b.Exists():
		return reply.Nil()
	}
	content, err := b.Bytes()
	if err != nil {
		return reply.Err(err)
	}
	return reply.Bytes(content)
}

func list(c *cmd.Call) reply.Reply {
	id, err := c.Tx.NewID(c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	if err := c.Tx.PutHead(c.Key(1), store.Head{Type: store.List, ID: id, Len: 1}); err != nil {
		return reply.Err(err)
	}
	return reply.Integer(1)
}

func orOK(err error) reply.Reply {
	if err != nil {
		return reply.Err(err)
	}
	return reply.OK()
}

func TestRepliesAreThoseOfRedis(t *testing.T) {
	fresh := func() store.Engine { return memory.New(memory.WithReruns(1)) }
	cmdtest.Replay(t, "testdata/bits.txt", bits.Table(), fresh, other)
}

// What changes nothing writes nothing.
func TestNothingIsWrittenInVain(t *testing.T) {
	written := 0
	s := cmdtest.NewSession(puts{memory.New(), &written}, bits.Table(), other)
	rows := []struct {
		line string
		puts int
	}{
		{"SETBIT k 9 1", 1}, {"SETBIT k 9 1", 0}, {"SETBIT k 8 0", 0}, {"SETBIT k 16 0", 1}, {"BITFIELD k GET u8 0", 0},
		{"BITFIELD k SET u8 0 0", 0}, {"BITFIELD k SET u8 0 1 SET u8 8 2", 1}, {"BITFIELD k OVERFLOW FAIL INCRBY u8 0 255", 0},
		{"BITFIELD k OVERFLOW FAIL INCRBY u8 80 256", 1},
	}
	for _, r := range rows {
		written = 0
		if s.DoText(t, r.line); written != r.puts {
			t.Errorf("%s: %d heads written, want %d", r.line, written, r.puts)
		}
	}
}

// puts counts the heads that transactions put.
type puts struct {
	store.Engine
	n *int
}

func (p puts) Update(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	return p.Engine.Update(ctx, s, func(tx store.Tx) error { return fn(putsTx{tx, p.n}) })
}

type putsTx struct {
	store.Tx
	n *int
}

func (t putsTx) PutHead(k store.Key, h store.Head) error {
	*t.n++
	return t.Tx.PutHead(k, h)
}
