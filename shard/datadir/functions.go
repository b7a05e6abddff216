package datadir

import (
	"errors"
	"os"
	"path/filepath"

	"larder/disk"
)

const functionsName = "functions"

// Functions is a file of the directory that is replaced as a whole. It keeps the libraries
// of functions, which belong to no database and to no shard: as a record among the keys
// they would have to be hidden from SCAN, DBSIZE and FLUSHALL. One goroutine at a time may
// use it.
type Functions struct {
	path  string
	files disk.Files
}

// Functions is where the directory keeps the libraries of functions.
func (d *Dir) Functions() Functions { return Functions{filepath.Join(d.path, functionsName), d.files} }

// Load returns what was saved last, nil if nothing was.
func (f Functions) Load() ([]byte, error) {
	state, err := os.ReadFile(f.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return state, err
}

// Save replaces the state. When it returns the new one is on disk, whatever fails then;
// after an error the old one is, or, if only the last sync failed, either of them.
func (f Functions) Save(state []byte) error { return disk.Replace(f.files, f.path, state) }
