package resp

import (
	"context"
	"path/filepath"
	"time"

	"larder/resp/cmd"
	"larder/resp/info"
	"larder/resp/snapshot"
)

// newSaving readies RDB files. The default of save writes none: only who has asked for files gets any.
func (s *Server) newSaving() {
	v := &s.saving
	v.Source = snapshot.Source{Engine: s.engine, Databases: s.databases, Functions: s.scripts.FunctionsInFile,
		Version: cmd.RedisVersion}
	v.Path = func() string { return filepath.Join(s.params.Path("dir"), s.params.String("dbfilename")) }
	v.Moment = s.happening
	v.Keys = func() int64 { return info.Sum(s.info.Sizes()).Keys }
	v.Log = func(text string, err error) { s.log.Error(text, "error", err) }
	v.Begin(s.stats.Started)
	if s.params.Named("save") {
		v.Follow(s.params.String("save"))
	}
	s.params.OnChange("save", func(text string) error { v.Follow(text); return nil })
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
func (h host) SavesAlone() bool { return h.saving.Alone() }
