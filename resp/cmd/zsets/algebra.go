package zsets

import (
	"math"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

func zunion(c *cmd.Call) reply.Reply { return combine(c, store.ZUnion) }
func zinter(c *cmd.Call) reply.Reply { return combine(c, store.ZInter) }
func zdiff(c *cmd.Call) reply.Reply  { return combine(c, store.ZDiff) }

func zunionstore(c *cmd.Call) reply.Reply { return combineInto(c, store.ZUnion) }
func zinterstore(c *cmd.Call) reply.Reply { return combineInto(c, store.ZInter) }
func zdiffstore(c *cmd.Call) reply.Reply  { return combineInto(c, store.ZDiff) }

// operands reads a number of keys and the keys, and opens them: Redis looks at their types
// before it looks at the options.
func operands(c *cmd.Call, s *arg.Scanner, op store.ZOp) (store.ZQuery, error) {
	q := store.ZQuery{Op: op}
	n := s.Int()
	if s.Err() == nil && n < 1 {
		return q, store.Invalid("at least 1 input key is needed for '" + c.LowerName() + "' command")
	}
	names := s.Take(int(n))
	if err := s.Err(); err != nil {
		return q, err
	}
	sources, err := store.OpenZSources(c.Tx, c.KeysOf(names)...)
	q.Sources = sources
	return q, err
}

// readOptions reads WEIGHTS, AGGREGATE and, unless the result is stored, WITHSCORES.
func readOptions(s *arg.Scanner, q *store.ZQuery, stores bool) (withScores bool, err error) {
	for s.More() {
		switch {
		case q.Op != store.ZDiff && s.WordWith("WEIGHTS", len(q.Sources)):
			for i := range q.Sources {
				q.Sources[i].Weight = s.FloatOr("weight value is not a float")
			}
		case q.Op != store.ZDiff && s.WordWith("AGGREGATE", 1):
			readAggregate(s, q)
		case !stores && s.Word("WITHSCORES"):
			withScores = true
		default:
			s.Fail(arg.SyntaxError)
		}
	}
	return withScores, s.Err()
}

// readAggregate reads how scores are joined: the last word counts.
func readAggregate(s *arg.Scanner, q *store.ZQuery) {
	counts := false
	switch {
	case s.Word("SUM"):
		q.Aggregate = store.AggregateSum
	case s.Word("MIN"):
		q.Aggregate = store.AggregateMin
	case s.Word("MAX"):
		q.Aggregate = store.AggregateMax
	case s.Word("COUNT"):
		q.Aggregate, counts = store.AggregateSum, true
	default:
		s.Fail(arg.SyntaxError)
	}
	for i := range q.Sources {
		q.Sources[i].Counts = counts
	}
}

func combine(c *cmd.Call, op store.ZOp) reply.Reply {
	s := c.Scan(1)
	q, err := operands(c, &s, op)
	if err != nil {
		return reply.Err(err)
	}
	withScores, err := readOptions(&s, &q, false)
	if err != nil {
		return reply.Err(err)
	}
	items, err := q.Collect(c.Tx)
	if err != nil {
		return reply.Err(err)
	}
	list := c.List(reply.Array)
	for _, it := range items {
		if withScores {
			list.Pair(it.Field, it.Score)
		} else {
			list.Bytes(it.Field)
		}
	}
	return list.Done()
}

func combineInto(c *cmd.Call, op store.ZOp) reply.Reply {
	s := c.Scan(2)
	q, err := operands(c, &s, op)
	if err == nil {
		_, err = readOptions(&s, &q, true)
	}
	n := int64(0)
	if err == nil {
		n, err = q.Store(c.Tx, c.Key(1))
	}
	if err != nil {
		return reply.Err(err)
	}
	return reply.Integer(n)
}

func zintercard(c *cmd.Call) reply.Reply {
	s := c.Scan(1)
	q, err := operands(c, &s, store.ZInter)
	if err != nil {
		return reply.Err(err)
	}
	limit := int64(0)
	for s.WordWith("LIMIT", 1) {
		limit = s.IntIn(0, math.MaxInt64, "LIMIT can't be negative")
	}
	if err := s.End(); err != nil {
		return reply.Err(err)
	}
	n, err := q.CountInter(c.Tx, limit)
	if err != nil {
		return reply.Err(err)
	}
	return reply.Integer(n)
}
