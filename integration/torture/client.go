package main

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"larder/integration/torture/model"
)

// client writes, and knows what each acknowledged write must have left. It belongs to one goroutine at a time.
type client struct {
	rules model.Rules
	plan  *plan
	base  *model.Space // what the server was last seen to hold
	steps []*step      // what was sent since, in order; only the last may be unanswered
}

func newClient(id int, rnd *rand.Rand, rules model.Rules) *client {
	return &client{rules: rules, base: model.NewSpace(databases),
		plan: &plan{rnd: rnd, client: id, space: model.NewSpace(databases)}}
}

func (c *client) firstDB() int { return databases * c.plan.client }

// write goes on until the connection ends.
func (c *client) write(addr string, sent *atomic.Int64) error {
	conn, err := dial(addr)
	if err != nil {
		return nil // the server has gone before the first step
	}
	defer conn.Close()
	for {
		s := c.plan.next(c.rules)
		c.steps = append(c.steps, s)
		gone, err := s.run(conn, c.firstDB())
		if err != nil {
			return fmt.Errorf("client %d: %w", c.plan.client, err)
		}
		if gone {
			return nil
		}
		sent.Add(int64(len(s.commands)))
	}
}

// outcome is what a round has shown of a client.
type outcome struct {
	steps, kept int
	lostAge     time.Duration // how long before the end the oldest step was acknowledged that was lost, 0 if none was
}

// verify compares the server's state with the steps. All that was acknowledged before due must be there; certain is
// for ends at which nothing acknowledged may be lost. What is found is the base of the next round.
func (c *client) verify(addr string, due, end time.Time, certain bool) (outcome, error) {
	conn, err := dial(addr)
	if err != nil {
		return outcome{}, err
	}
	defer conn.Close()
	from := time.Now()
	found, err := dump(conn, c.firstDB(), databases, c.plan.old)
	if err != nil {
		return outcome{}, err
	}
	to := time.Now()
	need := 0
	for need < len(c.steps) && !c.steps[need].acked.IsZero() && c.steps[need].acked.Before(due) {
		need++
	}
	v := judge(newTrial(c.rules, c.base, found, from, to), c.steps, need, certain)
	o := outcome{steps: len(c.steps), kept: v.kept}
	if v.kept >= 0 && v.kept < len(c.steps) && !c.steps[v.kept].acked.IsZero() {
		o.lostAge = end.Sub(c.steps[v.kept].acked)
	}
	if v.why != "" {
		return o, fmt.Errorf("client %d: %s", c.plan.client, v.why)
	}
	c.base, c.plan.space, c.steps = found, found.Clone(), nil
	return o, nil
}
