package shard

import (
	"errors"
	"os"
	"path/filepath"
)

const functionsName = "functions"

// Functions is a file of the directory that is replaced as a whole. It keeps the libraries
// of functions, which belong to no database and to no shard: as a record among the keys
// they would have to be hidden from SCAN, DBSIZE and FLUSHALL. One goroutine at a time may
// use it.
type Functions struct{ dir string }

// Functions is where the directory keeps the libraries of functions.
func (d *Dir) Functions() Functions { return Functions{d.path} }

// Load returns what was saved last, nil if nothing was.
func (f Functions) Load() ([]byte, error) {
	state, err := os.ReadFile(filepath.Join(f.dir, functionsName))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return state, err
}

// Save replaces the state. When it returns the new one is on disk, whatever fails then;
// after an error the old one is, or, if only the last sync failed, either of them.
func (f Functions) Save(state []byte) error { return writeSynced(f.dir, functionsName, state) }
