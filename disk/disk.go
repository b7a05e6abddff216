// Package disk holds the operations on files and directories whose order decides what a power cut leaves.
//
// A file's content is on stable storage after its Sync. Its name is after SyncDir of its directory: until then a power
// cut takes creations, renames and removals back, the newest first. So a name that matters is synced before what
// lies behind it is relied on, and content that matters is synced before its name takes the place of another.
package disk

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// File is an open file. For any goroutine, as far as the operating system's is.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	// Sync puts content and length on stable storage.
	Sync() error
	Truncate(size int64) error
}

// Files are the operations. Errors are those of package os.
type Files interface {
	// Create makes a file for its owner alone, to read and write. It is an error if there is one.
	Create(path string) (File, error)
	// Open opens a file to read and write.
	Open(path string) (File, error)
	Rename(from, to string) error
	Remove(path string) error
	// MakeDir makes one directory for its owner alone.
	MakeDir(path string) error
	// SyncDir puts the names in a directory on stable storage.
	SyncDir(path string) error
}

// OS are the operating system's files. For any goroutine.
type OS struct{}

var _ Files = OS{}

// Create makes the file with mode 0600.
func (OS) Create(path string) (File, error) {
	return opened(os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600))
}

// Open opens the file.
func (OS) Open(path string) (File, error) { return opened(os.OpenFile(path, os.O_RDWR, 0)) }

func opened(f *os.File, err error) (File, error) {
	if err != nil {
		return nil, err
	}
	return dataFile{f}, nil
}

// Rename replaces a file of the new name.
func (OS) Rename(from, to string) error { return os.Rename(from, to) }

// Remove removes a file or an empty directory.
func (OS) Remove(path string) error { return os.Remove(path) }

// MakeDir makes the directory with mode 0700.
func (OS) MakeDir(path string) error { return os.Mkdir(path, 0o700) }

// SyncDir syncs the directory.
func (OS) SyncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// List returns the paths of what a directory holds whose names match a pattern of filepath.Match, sorted. filepath.Glob
// would take brackets in the directory's own name for a pattern, and find nothing.
func List(dir, pattern string) (paths []string, err error) {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if ok, err := filepath.Match(pattern, e.Name()); err != nil {
			return nil, err
		} else if ok {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	return paths, err
}

// MakeDirs makes a directory and those above it that are missing. The names of all that it made are on stable
// storage when it returns: with the last one alone the whole tree could go.
func MakeDirs(files Files, path string) error {
	path = filepath.Clean(path)
	if info, err := os.Stat(path); err == nil {
		if !info.IsDir() {
			return &fs.PathError{Op: "mkdir", Path: path, Err: errors.New("not a directory")}
		}
		return nil
	}
	parent := filepath.Dir(path)
	if parent != path {
		if err := MakeDirs(files, parent); err != nil {
			return err
		}
	}
	if err := files.MakeDir(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return files.SyncDir(parent)
}

// newSuffix ends the name of what is about to take a file's place.
const newSuffix = ".new"

// Replace puts a file in the place of another, or of none: whole or not at all, even if the power fails. After an error
// the old one is there, or, if only the last sync failed, either of them. One goroutine at a time may replace a file.
func Replace(files Files, path string, content []byte) error {
	fresh := path + newSuffix
	if err := files.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) { // a crash has left it
		return err
	}
	f, err := files.Create(fresh)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(content, 0)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = files.Rename(fresh, path)
	}
	if err != nil {
		return errors.Join(err, files.Remove(fresh))
	}
	return files.SyncDir(filepath.Dir(path))
}
