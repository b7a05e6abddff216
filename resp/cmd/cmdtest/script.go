// Package cmdtest replays recorded conversations against the handlers of a command family.
//
// A recording is a text file. A line "> WORD ..." is a command, its words in Go quotes where
// they need them. The lines behind it are the raw reply as Flat writes it: "2 " in
// protocol 2 and, if it differs, "3 " in protocol 3. The file is played once in each, from an
// empty database. Everything else is a comment.
package cmdtest

import (
	"context"
	"encoding/hex"
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// Exchange is one command of a recording.
type Exchange struct {
	Line  int
	Words [][]byte
	Want  [2]string // in protocol 2 and 3
}

// Read reads a recording.
func Read(t *testing.T, file string) []Exchange {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []Exchange
	for i, line := range strings.Split(string(text), "\n") {
		rest := ""
		if len(line) > 2 {
			rest = line[2:]
		}
		switch last := len(all) - 1; {
		case strings.HasPrefix(line, "> "):
			all = append(all, Exchange{Line: i + 1, Words: words(t, rest)})
		case strings.HasPrefix(line, "2 "):
			all[last].Want = [2]string{rest, rest}
		case strings.HasPrefix(line, "3 "):
			all[last].Want[1] = rest
		}
	}
	return all
}

func words(t *testing.T, line string) [][]byte {
	t.Helper()
	var out [][]byte
	for line = strings.TrimSpace(line); line != ""; line = strings.TrimSpace(line) {
		word, rest, _ := strings.Cut(line, " ")
		if line[0] == '"' {
			quoted, err := strconv.QuotedPrefix(line)
			if err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			word, _ = strconv.Unquote(quoted)
			rest = line[len(quoted):]
		}
		out = append(out, []byte(word))
		line = rest
	}
	return out
}

// Replay plays a recording on fresh engines and compares each reply. prepare handles the
// commands that are not in rows and only make keys of other types.
func Replay(t *testing.T, file string, rows []cmd.Spec, fresh func() store.Engine, prepare cmd.Handler) {
	exchanges := Read(t, file)
	if len(exchanges) == 0 {
		t.Fatalf("%s holds no commands", file)
	}
	for _, proto := range []int{2, 3} {
		t.Run("proto "+strconv.Itoa(proto), func(t *testing.T) {
			s := NewSession(fresh(), rows, prepare)
			s.Proto = proto
			for _, x := range exchanges {
				if got := Flat(s.Do(t, x.Words...), proto); got != x.Want[proto-2] {
					t.Errorf("%s:%d: %q\n got %s\nwant %s", file, x.Line, x.Words, got, x.Want[proto-2])
				}
			}
		})
	}
}

// Flat encodes a reply with a space for each CRLF, and other bytes that do not print as \xNN.
func Flat(r reply.Reply, proto int) string {
	text := strings.TrimSuffix(strings.ReplaceAll(string(r.Append(nil, proto)), "\r\n", " "), " ")
	out := make([]byte, 0, len(text))
	for _, c := range []byte(text) {
		if c < ' ' || c > '~' || c == '\\' {
			out = hex.AppendEncode(append(out, `\x`...), []byte{c})
		} else {
			out = append(out, c)
		}
	}
	return string(out)
}

// Session runs commands on an engine as dispatch does: in the transaction and with the keys
// that the row declares. For one goroutine.
type Session struct {
	Proto   int
	engine  store.Engine
	rows    []cmd.Spec
	prepare cmd.Spec
	client  *cmd.Client
}

// NewSession starts a session in protocol 2. prepare may be nil.
func NewSession(e store.Engine, rows []cmd.Spec, prepare cmd.Handler) *Session {
	other := cmd.Spec{Flags: cmd.Write, Keys: []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyRW)}, Run: prepare}
	return &Session{Proto: 2, engine: e, rows: rows, prepare: other, client: &cmd.Client{}}
}

var errReply = errors.New("the reply is an error")

// Do runs one command.
func (s *Session) Do(t *testing.T, args ...[]byte) (answer reply.Reply) {
	t.Helper()
	spec := s.find(args)
	if spec.Run == nil {
		t.Fatalf("no row for %q", args[0])
	}
	if n := spec.Arity; n > 0 && len(args) != n || len(args) < -n {
		t.Fatalf("%q does not fit the arity %d", args, n)
	}
	var keys []store.Key
	for _, k := range spec.Keys {
		k.Each(args, func(i int) { keys = append(keys, store.Key{Name: args[i]}) })
	}
	if spec.MoreKeys != nil {
		spec.MoreKeys(args, func(i int, _ cmd.KeyFlags) { keys = append(keys, store.Key{Name: args[i]}) })
	}
	call := &cmd.Call{Spec: spec, Args: args, Proto: s.Proto, Client: s.client}
	fn := func(tx store.Tx) error {
		call.Tx = tx
		call.Clear()
		answer = spec.Run(call)
		if answer.IsError() {
			return errReply
		}
		return nil
	}
	if spec.Has(cmd.Unbound) || spec.Flags&(cmd.Write|cmd.View|cmd.Whole) == 0 {
		return spec.Run(call)
	}
	run := s.engine.View
	if spec.Has(cmd.Write) || spec.Waits != nil && spec.Waits(args) || spec.Mends != nil {
		run = s.engine.Update
	}
	err := run(context.Background(), store.Scope{Keys: keys, All: spec.Covers(args)}, fn)
	if err != nil && !errors.Is(err, errReply) {
		t.Fatalf("%q: %v", args, err)
	}
	if err == nil {
		for _, event := range call.Events {
			if event.Do != nil {
				event.Do()
			}
		}
	}
	if spec != &s.prepare && !spec.Nests && nests(answer, s.Proto) {
		t.Errorf("%q answers an aggregate inside an aggregate, and its row does not say Nests", args)
	}
	return answer
}

func nests(r reply.Reply, proto int) bool {
	plain, _, err := reply.Parse(r.Append(nil, proto))
	return err == nil && slices.ContainsFunc(plain.Elems(), aggregate)
}

func aggregate(r reply.Reply) bool {
	return slices.Contains([]reply.Kind{reply.Array, reply.Map, reply.Set, reply.Push}, r.Kind())
}

// DoText is Do for words without spaces, and answers in Flat.
func (s *Session) DoText(t *testing.T, line string) string {
	t.Helper()
	return Flat(s.Do(t, words(t, line)...), s.Proto)
}

// find looks a command up, or the subcommand of a container.
func (s *Session) find(args [][]byte) *cmd.Spec {
	if row := named(s.rows, args[0]); row != nil {
		if row.Subs == nil {
			return row
		}
		if sub := named(row.Subs, args[1]); sub != nil {
			return sub
		}
	}
	return &s.prepare
}

func named(rows []cmd.Spec, name []byte) *cmd.Spec {
	for i := range rows {
		if strings.EqualFold(rows[i].Name, string(name)) {
			return &rows[i]
		}
	}
	return nil
}
