package datadir

import (
	"errors"
	"os"
	"path/filepath"

	"larder/disk"
)

// File is one that is replaced as a whole. One goroutine at a time may use it.
type File struct {
	path  string
	files disk.Files
}

// Functions keeps the libraries of functions, which belong to no database and to no shard: as a record among the keys
// they would have to be hidden from SCAN, DBSIZE and FLUSHALL.
func (d *Dir) Functions() File { return d.file("functions") }

// CacheStats keeps what CACHE STATS counts. It belongs to no shard, and losing it loses no data.
func (d *Dir) CacheStats() File { return d.file("cache-stats") }

// Node keeps the server's identity in a cluster, in a file of the operator's choice.
func (d *Dir) Node(path string) File { return d.file(path) }

// file is one of the directory, or wherever an absolute path leads.
func (d *Dir) file(name string) File {
	if !filepath.IsAbs(name) {
		name = filepath.Join(d.path, name)
	}
	return File{name, d.files}
}

// Load returns what was saved last, nil if nothing was.
func (f File) Load() ([]byte, error) {
	state, err := os.ReadFile(f.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return state, err
}

// Save replaces the state. When it returns the new one is on disk, whatever fails then;
// after an error the old one is, or, if only the last sync failed, either of them.
func (f File) Save(state []byte) error { return disk.Replace(f.files, f.path, state) }
