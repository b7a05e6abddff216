package main

import (
	"fmt"
	"strconv"
	"time"
)

// command is one of a client's, on one of its databases.
type command struct {
	db    int
	words []string
}

// form is how the commands of a step belong together.
type form int

const (
	alone       form = iota // one command
	transaction             // MULTI and EXEC: all or nothing
	pipeline                // sent at once
)

// step is what a client sends before it waits for replies.
type step struct {
	form     form
	commands []command
	answered int       // commands of it that were answered
	acked    time.Time // when the last reply came; zero while it has not
}

func (s *step) String() string {
	text := [...]string{"", "MULTI/EXEC ", "pipeline "}[s.form]
	for _, c := range s.commands {
		text += fmt.Sprintf("%d:%.80q ", c.db, c.words)
	}
	return fmt.Sprintf("%s(%d of %d answered)", text, s.answered, len(s.commands))
}

// run sends a step and reads its replies. gone is true when the connection ended first; an error is a reply that
// should not be.
func (s *step) run(c *conn, firstDB int) (gone bool, err error) {
	var kinds []bool // of each reply to come: whether it is that of a command of the step
	control := func(words ...string) {
		c.send(words...)
		kinds = append(kinds, false)
	}
	if s.form == transaction {
		control("MULTI")
	}
	for _, cmd := range s.commands {
		if db := firstDB + cmd.db; db != c.db {
			control("SELECT", strconv.Itoa(db))
			c.db = db
		}
		c.send(cmd.words...)
		kinds = append(kinds, s.form != transaction)
	}
	if s.form == transaction {
		control("EXEC")
	}
	if c.flush() != nil {
		return true, nil
	}
	var last reply
	for _, counts := range kinds {
		if last, err = c.read(); err != nil {
			return true, nil
		}
		if bad := last.firstError(); bad != "" {
			return false, fmt.Errorf("%s answers %s", s, bad)
		}
		if counts {
			s.answered++
		}
	}
	if s.form == transaction {
		if last.null {
			return false, fmt.Errorf("%s was aborted", s)
		}
		s.answered = len(s.commands)
	}
	s.acked = time.Now()
	return false, nil
}

func (r reply) firstError() string {
	if r.kind == '-' {
		return r.text
	}
	for _, e := range r.list {
		if text := e.firstError(); text != "" {
			return text
		}
	}
	return ""
}
