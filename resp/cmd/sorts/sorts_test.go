// SORT's memory is bounded by what it answers.
package sorts

import (
	"context"
	"fmt"
	"iter"
	"testing"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/cmd/cmdtest"
	"larder/resp/reply"
	"larder/store"
	"larder/store/memory"
)

// narrow is an engine whose transactions know a small proto-max-bulk-len.
type narrow struct{ store.Engine }

type narrowTx struct{ store.Tx }

func (narrowTx) Limits() *store.Limits {
	l := store.DefaultLimits()
	l.ProtoMaxBulkLen = 1 << 20
	return l
}

func (n narrow) Update(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	return n.Engine.Update(ctx, s, func(tx store.Tx) error { return fn(narrowTx{tx}) })
}

// fill makes a list of as many numbers as the last argument says, the largest first.
func fill(c *cmd.Call) reply.Reply {
	n, _ := arg.ParseInt(c.Args[2])
	var values iter.Seq2[[]byte, error] = func(yield func([]byte, error) bool) {
		for i := n; i > 0; i-- {
			if !yield(fmt.Append(nil, i), nil) {
				return
			}
		}
	}
	made, err := store.StoreList(c.Tx, c.Key(1), values)
	if err != nil {
		return reply.Err(err)
	}
	return reply.Integer(made)
}

func TestMemoryIsBounded(t *testing.T) {
	s := cmdtest.NewSession(narrow{memory.New()}, Table(false), fill)
	for _, step := range []struct{ line, want string }{
		{"FILL l 30000", ":30000"},
		{"SORT l", "-ERR SORT would take more than proto-max-bulk-len of memory, use LIMIT"},
		{"SORT l STORE d", "-ERR SORT would take more than proto-max-bulk-len of memory, use LIMIT"},
		{"SORT l LIMIT 500 3", "*3 $3 501 $3 502 $3 503"},
		{"SORT l LIMIT 2 2 DESC", "*2 $5 29998 $5 29997"},
		{"SORT l LIMIT 2 2 ALPHA", "*2 $3 100 $4 1000"},
		{"SORT l BY nosort LIMIT 29999 5", "*1 $1 1"},
		{"SORT l BY nosort STORE d", ":30000"},
		{"SORT d BY nosort LIMIT 1 2", "*2 $5 29999 $5 29998"},
	} {
		if got := s.DoText(t, step.line); got != step.want {
			t.Errorf("%s: %s, want %s", step.line, got, step.want)
		}
	}
}
