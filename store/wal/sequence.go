package wal

import (
	"errors"
	"fmt"
	"path/filepath"

	"larder/store"
)

// sequence follows the segments of a log in the order of their numbers. Each begins at the record behind the last one
// before it, or earlier, if it was made to replace what the one before may have lost; none begins before
// the one before it does. For one goroutine.
type sequence struct {
	expected uint64   // LSN of the next record, 0 before the first segment
	before   *segment // the last one that was admitted
}

// misfit is a segment that does not belong where it is. The problem is a sentence that goes on from its name.
type misfit struct{ path, problem string }

func (m *misfit) Error() string { return m.path + " " + m.problem }

// admit looks whether a segment follows. left says that it is a file of version 1 that was about to be used again: its
// records are of the use before, and no shard needs them.
func (q *sequence) admit(s *segment) (left bool, m *misfit) {
	m = q.misfit(s)
	switch {
	case m == nil:
		q.before = s
		return false, nil
	case m.path == s.path && s.version == '1' && s.first < q.before.first:
		return true, nil
	}
	return false, m
}

func (q *sequence) misfit(s *segment) *misfit {
	b := q.before
	switch {
	case b != nil && s.first < b.first && b.last < b.first:
		return &misfit{b.path, fmt.Sprintf("has no record and begins at %d, but %s, which was made later, begins at %d",
			b.first, filepath.Base(s.path), s.first)}
	case b != nil && s.first < b.first:
		return &misfit{s.path, fmt.Sprintf("begins at record %d, before the segment before it, which begins at %d", s.first,
			b.first)}
	case q.expected != 0 && s.first > q.expected:
		return &misfit{s.path, fmt.Sprintf("begins at record %d where %d was expected: records between are missing", s.first,
			q.expected)}
	}
	return nil
}

// follow calls fn with the records that come next.
func (q *sequence) follow(s *segment, fn func(lsn uint64, payload []byte) error) error {
	err := s.each(func(lsn uint64, payload []byte) error {
		if lsn < q.expected {
			return nil
		}
		q.expected = lsn + 1
		return fn(lsn, payload)
	})
	q.expected = max(q.expected, s.first)
	return err
}

// refusal turns a misfit into the refusal of the log by name. Other errors stay as they are.
func refusal(err error) error {
	var m *misfit
	if !errors.As(err, &m) {
		return err
	}
	return &store.Error{Code: store.CodeDamaged,
		Message: fmt.Sprintf("the journal is damaged: %s %s; put back the file that belongs there, "+
			"or have `larder check DIR --fix` put aside what does not fit, and lose its writes", m.path, m.problem)}
}
