package caches

import (
	"context"

	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// Checker looks for inconsistencies of the data while it is in use. For any goroutine.
type Checker interface {
	Check(ctx context.Context, fix bool) ([]store.Finding, error)
}

// checkRow is CACHE CHECK. Only one key at a time is kept waiting, and with FIX one shard.
func checkRow(c Checker) cmd.Spec {
	return cmd.Spec{Name: "CHECK", Arity: -2, Flags: cmd.Admin | aside, Nests: true,
		Run:   func(call *cmd.Call) reply.Reply { return check(call, c) },
		Group: group, Since: since, Usage: "[FIX]", Categories: []string{"@dangerous"},
		Summary:    "Looks for damage and inconsistencies in the data, and mends them.",
		Complexity: "O(N) where N is the number of keys and items in all databases.",
		Tips:       []string{"nondeterministic_output"}}
}

// check answers a map: status sound, mended or unsound, and the findings, each a map.
func check(c *cmd.Call, checker Checker) reply.Reply {
	s := c.Scan(2)
	fix := s.Word("FIX")
	if err := s.End(); err != nil {
		return reply.Err(err)
	}
	found, err := checker.Check(context.Background(), fix)
	if err != nil {
		return reply.Err(err)
	}
	rows := make([]reply.Reply, len(found))
	for i, f := range found {
		rows[i] = reply.MapOf(reply.Text("shard"), reply.Integer(f.Shard), reply.Text("subject"), reply.Text(f.Subject),
			reply.Text("problem"), reply.Text(f.Problem), reply.Text("repair"), reply.Text(f.Repair), reply.Text("fixed"),
			reply.Truth(f.Fixed))
	}
	return reply.MapOf(reply.Text("status"), reply.Text(status(found)), reply.Text("findings"), reply.Of(rows...))
}

func status(found []store.Finding) string {
	if len(found) == 0 {
		return "sound"
	}
	for _, f := range found {
		if !f.Fixed {
			return "unsound"
		}
	}
	return "mended"
}
