package resp

import (
	"context"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"larder/resp/cmd"
	"larder/resp/snapshot"
)

// savePoint is a line "save seconds changes".
type savePoint struct {
	after   time.Duration
	changes uint64
}

// saving are RDB files: on demand, and by the configuration's save lines. For any goroutine.
type saving struct {
	snapshot.Saver
	points atomic.Pointer[[]savePoint]
}

// saveRetry is how long nothing is tried by itself after a failure.
const saveRetry = 5 * time.Second

// newSaving readies RDB files. The default of save writes none: only who has asked for files gets any.
func (s *Server) newSaving() {
	v := &s.saving
	v.Source = snapshot.Source{Engine: s.engine, Databases: s.databases, Functions: s.scripts.FunctionsInFile, Version: cmd.RedisVersion}
	v.Path = func() string { return filepath.Join(s.params.Path("dir"), s.params.String("dbfilename")) }
	v.Moment = s.happening
	v.Keys = func() int64 { return sumOf(s.sizes()).Keys }
	v.Log = func(text string, err error) { s.log.Error(text, "error", err) }
	v.Begin(s.stats.Started)
	v.points.Store(&[]savePoint{})
	if s.params.Named("save") {
		v.follow(s.params.String("save"))
	}
	s.params.OnChange("save", func(text string) error { v.follow(text); return nil })
}

// follow takes new save lines.
func (v *saving) follow(text string) {
	words := strings.Fields(text)
	points := make([]savePoint, 0, len(words)/2)
	for i := 0; i+1 < len(words); i += 2 {
		seconds, _ := strconv.ParseInt(words[i], 10, 64)
		changes, _ := strconv.ParseUint(words[i+1], 10, 64)
		points = append(points, savePoint{time.Duration(seconds) * time.Second, changes})
	}
	v.points.Store(&points)
}

// wanted reports whether anybody counts on RDB files.
func (v *saving) wanted() bool { return len(*v.points.Load()) > 0 || v.Status().Asked }

// due reports whether a save line asks for a file.
func (v *saving) due(now time.Time) bool {
	points := *v.points.Load()
	if len(points) == 0 {
		return false
	}
	status := v.Status()
	if status.Running || status.Failed && now.Sub(status.Tried) < saveRetry {
		return false
	}
	changes := v.Moment() - status.Moment
	for _, p := range points {
		if changes >= p.changes && now.Sub(status.Last) > p.after {
			return true
		}
	}
	return false
}

// Save is SAVE.
func (h host) Save(context.Context) error { return h.saving.Save() }

// StartSave is BGSAVE.
func (h host) StartSave() error { return h.saving.Start() }

// Saving reports whether a file is being written.
func (h host) Saving() bool { return h.saving.Status().Running }

// LastSave is when the last RDB file was whole, or when the server started.
func (h host) LastSave() time.Time { return h.saving.Status().Last }

// SavesAlone reports whether save lines ask for files.
func (h host) SavesAlone() bool { return len(*h.saving.points.Load()) > 0 }
