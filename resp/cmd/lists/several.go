package lists

import (
	"math"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// moveOf reads the ends between which LMOVEM and BLMOVEM move.
func moveOf(s *arg.Scanner) store.ListMove {
	return store.ListMove{From: endOf(s), To: endOf(s), Count: 1}
}

// howMany reads how many elements they move, and in which order: to the end of the arguments.
func howMany(s *arg.Scanner, m *store.ListMove) error {
	if !s.More() {
		return s.Err()
	}
	if m.Exactly = s.WordWith("EXACTLY", 2); !m.Exactly && !s.WordWith("COUNT", 2) {
		s.Fail(arg.SyntaxError)
	}
	m.Count = s.IntIn(1, math.MaxInt64, "count should be greater than 0")
	if m.Bulk = s.Word("BULK"); !m.Bulk && !s.Word("OBO") {
		s.Fail(arg.SyntaxError)
	}
	return s.End()
}

func lmovem(c *cmd.Call) reply.Reply {
	s := c.Scan(3)
	m := moveOf(&s)
	if err := howMany(&s, &m); err != nil {
		return reply.Err(err)
	}
	answer, ok := moveMany(c, m)
	if !ok && !m.Exactly {
		return reply.Of()
	}
	return answer
}

// blmovem waits for its source to be long enough.
func blmovem(c *cmd.Call) reply.Reply {
	s := c.Scan(3)
	m := moveOf(&s)
	limit := s.Timeout()
	if err := howMany(&s, &m); err != nil {
		return reply.Err(err)
	}
	answer, ok := moveMany(c, m)
	if !ok {
		return await(c, c.Args[1:2], limit, answer)
	}
	return answer
}

// moveMany moves elements. ok is false if there are none, or too few.
func moveMany(c *cmd.Call, m store.ListMove) (answer reply.Reply, ok bool) {
	moved, ok, err := store.MoveElements(c.Tx, c.Key(1), c.Key(2), m)
	if err == nil && ok {
		err = noteMove(c, m.From, m.To)
	}
	switch {
	case err != nil:
		return reply.Err(err), true
	case !ok:
		return reply.NilArray(), false
	}
	out := c.List(reply.Array)
	for _, v := range moved {
		out.Bytes(v)
	}
	return out.Done(), true
}
