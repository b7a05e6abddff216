package snapshot

import (
	"strconv"
	"strings"
	"time"
)

// point is a line "save seconds changes".
type point struct {
	after   time.Duration
	changes uint64
}

// retry is how long nothing is tried by itself after a failure.
const retry = 5 * time.Second

// Follow takes new save lines.
func (s *Saver) Follow(text string) {
	words := strings.Fields(text)
	points := make([]point, 0, len(words)/2)
	for i := 0; i+1 < len(words); i += 2 {
		seconds, _ := strconv.ParseInt(words[i], 10, 64)
		changes, _ := strconv.ParseUint(words[i+1], 10, 64)
		points = append(points, point{time.Duration(seconds) * time.Second, changes})
	}
	s.points.Store(&points)
}

// Alone reports whether save lines ask for files.
func (s *Saver) Alone() bool {
	points := s.points.Load()
	return points != nil && len(*points) > 0
}

// Wanted reports whether anybody counts on files.
func (s *Saver) Wanted() bool { return s.Alone() || s.Status().Asked }

// Due reports whether a save line asks for a file.
func (s *Saver) Due(now time.Time) bool {
	if !s.Alone() {
		return false
	}
	status := s.Status()
	if status.Running || status.Failed && now.Sub(status.Tried) < retry {
		return false
	}
	changes := s.Moment() - status.Moment
	for _, p := range *s.points.Load() {
		if changes >= p.changes && now.Sub(status.Last) > p.after {
			return true
		}
	}
	return false
}
