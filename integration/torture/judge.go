package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"larder/integration/torture/model"
)

// verdict is how far a client's steps have survived.
type verdict struct {
	kept int    // the state is that after so many steps, -1 if it is that after none
	why  string // what is wrong, "" if nothing is
}

// trial compares a state with what a client has done since a known one.
type trial struct {
	rules    model.Rules
	state    *model.Space // after the steps so far
	found    *model.Space
	from, to time.Time // when found was read
	wrong    map[model.Key]bool
}

func newTrial(rules model.Rules, base, found *model.Space, from, to time.Time) *trial {
	t := &trial{rules: rules, state: base.Clone(), found: found, from: from, to: to, wrong: map[model.Key]bool{}}
	t.look(base.Keys())
	t.look(found.Keys())
	return t
}

// look compares some keys again.
func (t *trial) look(keys []model.Key) {
	for _, k := range keys {
		if model.Same(t.state.Get(k), t.found.Get(k), t.from, t.to) {
			delete(t.wrong, k)
		} else {
			t.wrong[k] = true
		}
	}
}

func (t *trial) apply(c command) []model.Key {
	keys := t.rules.Apply(t.state, c.db, c.words)
	t.look(keys)
	return keys
}

// judge wants a state that is the one after some of a client's steps, all from the first on, and not fewer than need.
// certain says that what was answered is there, also within a pipeline.
func judge(t *trial, steps []*step, need int, certain bool) verdict {
	kept, atNeed, nearest := -1, "", ""
	least := math.MaxInt
	note := func(n int) {
		if len(t.wrong) == 0 {
			kept = n
		}
		if n == need && len(t.wrong) > 0 {
			atNeed = t.differences(steps)
		}
		if len(t.wrong) < least {
			least = len(t.wrong)
			nearest = fmt.Sprintf("It is nearest to that after %d, with %d keys wrong:\n%s", n, least, t.differences(steps))
		}
	}
	note(0)
	for i, s := range steps {
		if s.form == pipeline {
			if t.within(s, certain && i >= need) {
				kept = max(kept, i)
			}
		} else {
			for _, c := range s.commands {
				t.apply(c)
			}
		}
		note(i + 1)
	}
	switch {
	case kept >= need:
		return verdict{kept: kept}
	case kept >= 0:
		return verdict{kept, fmt.Sprintf("%d acknowledged steps are lost: the state is that after step %d of %d.\n%s",
			need-kept, kept, len(steps), atNeed)}
	}
	return verdict{-1, fmt.Sprintf("the state is that after none of the %d steps, of which %d must be there. %s",
		len(steps), need, nearest)}
}

// within executes a pipeline, and reports whether the state is one that it leaves when it ends in the middle: that
// after some of its commands, from the first on, whatever shards they are on. With certain the commands that were
// answered must be there.
func (t *trial) within(s *step, certain bool) (met bool) {
	for i, c := range s.commands {
		met = met || len(t.wrong) == 0 && !(certain && i < s.answered)
		t.apply(c)
	}
	return met
}

// differences describes some wrong keys, and the last steps that name them.
func (t *trial) differences(steps []*step) string {
	var b strings.Builder
	n := 0
	for k := range t.wrong {
		if n++; n > 3 {
			fmt.Fprintf(&b, "and %d more keys\n", len(t.wrong)-3)
			break
		}
		fmt.Fprintf(&b, "db %d %s: expected %s, found %s\n", k.DB, k.Name, describe(t.state.Get(k)), describe(t.found.Get(k)))
		shown := 0
		for i := len(steps) - 1; i >= 0 && shown < 3; i-- {
			if steps[i].names(k.Name) {
				fmt.Fprintf(&b, "  step %d of %d: %.600s\n", i+1, len(steps), steps[i])
				shown++
			}
		}
	}
	return b.String()
}

func (s *step) names(key string) bool {
	return slices.ContainsFunc(s.commands, func(c command) bool { return slices.Contains(c.words, key) })
}

func describe(v *model.Value) string {
	if v == nil {
		return "nothing"
	}
	text := fmt.Sprintf("%s of %d bytes, %d pairs, %d elements", v.Kind, len(v.Text), len(v.Pairs), len(v.Row))
	if v.ExpireAt != 0 {
		text += fmt.Sprintf(", expires at %d", v.ExpireAt)
	}
	if len(v.Text) > 0 {
		text += fmt.Sprintf(" %.40q", v.Text)
	}
	return text
}
