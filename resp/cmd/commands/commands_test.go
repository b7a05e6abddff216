// COMMAND describes the rows of a catalog as redis-server describes its own commands.
package commands_test

import (
	"strings"
	"testing"

	"larder/resp/cmd"
	"larder/resp/cmd/cmdtest"
	"larder/resp/cmd/commands"
	"larder/resp/cmd/lists"
	"larder/resp/cmd/scripts"
	"larder/resp/cmd/sorts"
	"larder/resp/cmd/strs"
	"larder/store"
	"larder/store/memory"
)

// catalog is the rows of a few families, found by name without an index.
type catalog struct{ rows []cmd.Spec }

func (c *catalog) Rows() []cmd.Spec { return c.rows }

func (c *catalog) Find(line [][]byte) (*cmd.Spec, bool) {
	name, sub, _ := strings.Cut(string(line[0]), "|")
	row := named(c.rows, name)
	if row == nil || row.Subs == nil {
		return row, row != nil && sub == ""
	}
	if sub == "" && len(line) > 1 {
		sub = string(line[1])
	}
	if sub == "" {
		return row, true
	}
	found := named(row.Subs, sub)
	return found, found != nil
}

func named(rows []cmd.Spec, name string) *cmd.Spec {
	for i := range rows {
		if strings.EqualFold(rows[i].Name, name) {
			return &rows[i]
		}
	}
	return nil
}

func newCatalog() *catalog {
	c := &catalog{}
	c.rows = append(c.rows, strs.Table()...)
	c.rows = append(c.rows, lists.Table()...)
	c.rows = append(c.rows, sorts.Table(false)...)
	c.rows = append(c.rows, scripts.Table(nil, nil)...)
	c.rows = append(c.rows, commands.Table(c)...)
	for i := range c.rows {
		for j := range c.rows[i].Subs {
			c.rows[i].Subs[j].Parent = c.rows[i].Name
		}
	}
	c.rows = append(c.rows, cmd.Spec{Name: "PING", Arity: -1})
	return c
}

func TestRepliesAreRedis(t *testing.T) {
	fresh := func() store.Engine { return memory.New() }
	cmdtest.Replay(t, "testdata/replies.txt", commands.Table(newCatalog()), fresh, nil)
}

// A client that names no command is told of every row once; only LIST names subcommands beside them.
func TestListAndCountNameEveryRow(t *testing.T) {
	c := newCatalog()
	s := cmdtest.NewSession(memory.New(), commands.Table(c), nil)
	subcommands := 0
	for _, row := range c.rows {
		subcommands += len(row.Subs)
	}
	names := s.Do(t, []byte("COMMAND"), []byte("LIST")).Elems()
	if len(names) != len(c.rows)+subcommands {
		t.Errorf("COMMAND LIST names %d of %d commands and %d subcommands", len(names), len(c.rows), subcommands)
	}
	if n := s.Do(t, []byte("COMMAND"), []byte("COUNT")).Int(); int(n) != len(c.rows) {
		t.Errorf("COMMAND COUNT answers %d, there are %d", n, len(c.rows))
	}
	if docs := s.Do(t, []byte("COMMAND"), []byte("DOCS")).Elems(); len(docs) != 2*len(c.rows) {
		t.Errorf("COMMAND DOCS has %d names and values for %d commands", len(docs), len(c.rows))
	}
}
