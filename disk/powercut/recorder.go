// Package powercut records what is done with files, and makes the directories that a power cut could have left at
// any moment of it. It is for tests.
//
// What a cut may leave: of the operations on names in a directory (create, rename, remove) those before its last sync,
// and any number of the first ones since; of a file's content what stood there at its last sync, and any part of
// what was written since: all of it, nothing, the first or the last half of the writes, or all but the last
// one's end.
package powercut

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"larder/disk"
)

// Recorder does what it is asked for with the operating system's files below a directory, and writes it down. For any
// goroutine.
type Recorder struct {
	disk.OS
	root string
	note func() any

	mu    sync.Mutex
	ops   []op
	files map[string]int // number of the file that a name stands for
	next  int
}

type kind uint8

const (
	create kind = iota
	makeDir
	rename
	remove
	syncDir
	write
	truncate
	syncFile
)

// op is one operation. Names are relative to the root.
type op struct {
	kind     kind
	file     int // what write, truncate, syncFile and create are about
	name, to string
	at       int64
	bytes    []byte
	note     any
}

// Record begins in a directory; what is in it counts as synced. note is asked behind each operation for what is known
// at that moment, such as what was acknowledged: States hands it on.
func Record(root string, note func() any) (*Recorder, error) {
	r := &Recorder{root: filepath.Clean(root), note: note, files: map[string]int{}}
	err := filepath.WalkDir(r.root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || path == r.root {
			return err
		}
		if e.IsDir() {
			r.add(op{kind: makeDir, name: r.name(path)})
			return nil
		}
		content, err := os.ReadFile(path)
		r.found(r.name(path), content)
		return err
	})
	for _, o := range r.ops {
		r.add(op{kind: syncDir, name: parent(o.name)})
	}
	return r, err
}

// found writes down a file that is there.
func (r *Recorder) found(name string, content []byte) {
	id := r.next
	r.next++
	r.files[name] = id
	r.add(op{kind: create, file: id, name: name})
	r.add(op{kind: write, file: id, bytes: content})
	r.add(op{kind: syncFile, file: id})
}

func (r *Recorder) name(path string) string {
	return strings.TrimPrefix(strings.TrimPrefix(filepath.Clean(path), r.root), string(filepath.Separator))
}

// add writes an operation down that has been done. The caller holds mu.
func (r *Recorder) add(o op) {
	o.note = r.note()
	r.ops = append(r.ops, o)
}

// Create makes a file.
func (r *Recorder) Create(path string) (disk.File, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f, err := r.OS.Create(path)
	if err != nil {
		return nil, err
	}
	id := r.next
	r.next++
	r.files[r.name(path)] = id
	r.add(op{kind: create, file: id, name: r.name(path)})
	return &recorded{File: f, recorder: r, id: id}, nil
}

// Open opens a file that was recorded, or one that was there before the first operation.
func (r *Recorder) Open(path string) (disk.File, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f, err := r.OS.Open(path)
	if err != nil {
		return nil, err
	}
	id, ok := r.files[r.name(path)]
	if !ok {
		return f, nil
	}
	return &recorded{File: f, recorder: r, id: id}, nil
}

// Rename moves a name.
func (r *Recorder) Rename(from, to string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.OS.Rename(from, to); err != nil {
		return err
	}
	was, now := r.name(from), r.name(to)
	r.files[now] = r.files[was]
	delete(r.files, was)
	r.add(op{kind: rename, name: was, to: now})
	return nil
}

// Remove removes a name.
func (r *Recorder) Remove(path string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.OS.Remove(path); err != nil {
		return err
	}
	delete(r.files, r.name(path))
	r.add(op{kind: remove, name: r.name(path)})
	return nil
}

// MakeDir makes a directory.
func (r *Recorder) MakeDir(path string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.OS.MakeDir(path); err != nil {
		return err
	}
	r.add(op{kind: makeDir, name: r.name(path)})
	return nil
}

// SyncDir notes that a directory's names are safe; syncing it would only take time.
func (r *Recorder) SyncDir(path string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, err := os.Stat(path); err != nil {
		return err
	}
	r.add(op{kind: syncDir, name: r.name(path)})
	return nil
}

// recorded is an open file whose operations are written down.
type recorded struct {
	disk.File
	recorder *Recorder
	id       int
}

func (f *recorded) WriteAt(b []byte, at int64) (int, error) {
	f.recorder.mu.Lock()
	defer f.recorder.mu.Unlock()
	n, err := f.File.WriteAt(b, at)
	if n > 0 {
		f.recorder.add(op{kind: write, file: f.id, at: at, bytes: append([]byte(nil), b[:n]...)})
	}
	return n, err
}

func (f *recorded) Truncate(size int64) error {
	f.recorder.mu.Lock()
	defer f.recorder.mu.Unlock()
	if err := f.File.Truncate(size); err != nil {
		return err
	}
	f.recorder.add(op{kind: truncate, file: f.id, at: size})
	return nil
}

// Sync notes that the file's content is safe.
func (f *recorded) Sync() error {
	f.recorder.mu.Lock()
	defer f.recorder.mu.Unlock()
	f.recorder.add(op{kind: syncFile, file: f.id})
	return nil
}
