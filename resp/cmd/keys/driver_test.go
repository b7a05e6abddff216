package keys_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"

	"larder/resp/cmd"
	"larder/resp/cmd/cmdtest"
	"larder/resp/cmd/keys"
	"larder/resp/reply"
	"larder/store"
	"larder/store/memory"
)

// host is a server for tests.
type host struct{ lfu bool }

func (host) Databases() int                { return 16 }
func (host) Clustered() bool               { return false }
func (host) IdleSeconds(int, []byte) int64 { return 0 }
func (host) Frequency(int, []byte) int     { return 5 }
func (h host) TracksFrequency() bool       { return h.lfu }
func (h host) SharesIntegers() bool        { return true }

// session runs command lines as dispatch does. The rows for making keys and changing
// databases are not of this family.
type session struct {
	engine store.Engine
	rows   []cmd.Spec
	db     int
	proto  int
}

func newSession(e store.Engine, h keys.Host) *session {
	first := []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW)}
	s := &session{engine: e, proto: 2}
	s.rows = append(keys.Table(h),
		cmd.Spec{Name: "SET", Arity: 3, Flags: cmd.Write, Keys: first, Run: set},
		cmd.Spec{Name: "GET", Arity: 2, Flags: cmd.View, Keys: first, Run: get},
		cmd.Spec{Name: "RPUSH", Arity: 3, Flags: cmd.Write, Keys: first, Run: push},
		cmd.Spec{Name: "LRANGE", Arity: 4, Flags: cmd.View, Keys: first, Run: elements},
		cmd.Spec{Name: "SELECT", Arity: 2, Run: func(c *cmd.Call) reply.Reply {
			s.db, _ = strconv.Atoi(string(c.Args[1]))
			return reply.OK()
		}})
	return s
}

func set(c *cmd.Call) reply.Reply {
	if err := store.SetString(c.Tx, c.Key(1), c.Args[2], 0); err != nil {
		return reply.Err(err)
	}
	return reply.OK()
}

func get(c *cmd.Call) reply.Reply {
	b, err := store.OpenBlob(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	if !b.Exists() {
		return reply.Nil()
	}
	value, err := b.Bytes()
	if err != nil {
		return reply.Err(err)
	}
	return reply.Bytes(value)
}

// push makes a list of one element.
func push(c *cmd.Call) reply.Reply {
	id, err := c.Tx.NewID(c.Key(1))
	if err == nil {
		_, err = c.Tx.PutItems(id, store.Elements, store.Item{Pos: 7, Value: c.Args[2]})
	}
	if err == nil {
		err = c.Tx.PutHead(c.Key(1), store.Head{Type: store.List, ID: id, Len: 1})
	}
	if err != nil {
		return reply.Err(err)
	}
	return reply.Integer(1)
}

func elements(c *cmd.Call) reply.Reply {
	heads, err := c.Tx.Heads(nil, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	list := c.List(reply.Array)
	for it, err := range c.Tx.Range(heads[0].ID, store.Elements, store.Range{}) {
		if err != nil {
			return reply.Err(err)
		}
		list.Bytes(it.Value)
	}
	return list.Done()
}

func (s *session) find(args [][]byte) *cmd.Spec {
	for i := range s.rows {
		row := &s.rows[i]
		if !strings.EqualFold(row.Name, string(args[0])) {
			continue
		}
		for j := range row.Subs {
			if strings.EqualFold(row.Subs[j].Name, string(args[1])) {
				row.Subs[j].Parent = row.Name
				return &row.Subs[j]
			}
		}
		return row
	}
	return nil
}

var errReply = errors.New("the reply is an error")

// do runs a command and returns its reply in the recordings' form.
func (s *session) do(t *testing.T, args ...[]byte) string {
	t.Helper()
	spec := s.find(args)
	c := &cmd.Call{Spec: spec, Args: args, DB: s.db, Proto: s.proto}
	if n := spec.Arity; n > 0 && len(args) != n || len(args) < -n {
		return cmdtest.Flat(c.WrongArity(), s.proto)
	}
	scope := store.Scope{All: spec.Has(cmd.Whole)}
	for _, k := range spec.Keys {
		k.Each(args, func(i int) { scope.Keys = append(scope.Keys, c.Key(i)) })
	}
	var answer reply.Reply
	fn := func(tx store.Tx) error {
		c.Tx = tx
		if answer = spec.Run(c); answer.IsError() {
			return errReply
		}
		return nil
	}
	job := &store.Job{Scope: scope, Write: spec.Has(cmd.Write), Fn: fn}
	if job.Write || spec.Has(cmd.View) {
		store.Run(context.Background(), s.engine, job)
	} else {
		answer = spec.Run(c)
	}
	if job.Err != nil && job.Err != errReply {
		t.Fatalf("%q: %v", args, job.Err)
	}
	return cmdtest.Flat(answer, s.proto)
}

func (s *session) line(t *testing.T, line string) string {
	t.Helper()
	var args [][]byte
	for w := range strings.FieldsSeq(line) {
		args = append(args, []byte(w))
	}
	return s.do(t, args...)
}

// clock is the time of a memory engine, in Unix milliseconds.
type clock int64

func (c *clock) engine() store.Engine {
	return memory.New(memory.WithReruns(1), memory.WithClock(func() int64 { return int64(*c) }))
}
