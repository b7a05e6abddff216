package snapshot

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"unsafe"

	"larder/disk"
	"larder/rdb"
	"larder/store"
)

const (
	// fileVersion is the newest that redis-server 7.0 loads, and functions need it.
	fileVersion = rdb.VersionFunctions
	// scanPage is how many keys are looked up at once.
	scanPage = 256
	// bufferBytes is what is gathered before it is written.
	bufferBytes = 256 << 10
	// freshName is what a file is called until it is whole. Redis's own begin so too, and who copies dump.rdb leaves
	// them out. One process owns the directory and writes one file at a time, so what a crash left is overwritten.
	freshName = "temp-larder.rdb"
)

// Source is what files are written from. It does not change.
type Source struct {
	Engine    store.Engine
	Files     disk.Files // nil for the operating system's
	Databases int
	// Functions are the libraries as a file has them.
	Functions func() []byte
	// Version is the release of Redis that the file names.
	Version string
}

// writer appends to a file and sums what it wrote. It belongs to the transaction's goroutine.
type writer struct {
	source *Source
	ctx    context.Context
	file   disk.File
	at     int64
	sum    uint64
	buffer []byte
	keys   *atomic.Int64
}

// WriteFile writes all data of one moment to a file, which takes the place of another when it is whole and on stable
// storage. Memory stays bounded. keys counts those that were written.
func (s *Source) WriteFile(ctx context.Context, path string, keys *atomic.Int64) error {
	fresh := filepath.Join(filepath.Dir(path), freshName)
	if err := s.Files.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := s.Files.Create(fresh)
	if err != nil {
		return err
	}
	err = s.Engine.View(ctx, store.Whole(), func(tx store.Tx) error {
		keys.Store(0)
		if err := f.Truncate(0); err != nil {
			return err
		}
		w := &writer{source: s, ctx: ctx, file: f, keys: keys}
		return w.all(tx)
	})
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = s.Files.Rename(fresh, path)
	}
	if err != nil {
		return errors.Join(err, s.Files.Remove(fresh))
	}
	return s.Files.SyncDir(filepath.Dir(path))
}

// flush writes what was gathered if it is enough.
func (w *writer) flush(all bool) error {
	if len(w.buffer) < bufferBytes && !all {
		return nil
	}
	w.sum = rdb.Summed(w.sum, w.buffer)
	n, err := w.file.WriteAt(w.buffer, w.at)
	w.at += int64(n)
	w.buffer = w.buffer[:0]
	return err
}

func (w *writer) all(tx store.Tx) error {
	w.buffer = rdb.AppendFileHeader(w.buffer, fileVersion)
	w.aux("redis-ver", w.source.Version)
	w.aux("redis-bits", strconv.Itoa(int(unsafe.Sizeof(uintptr(0)))*8))
	w.aux("ctime", strconv.FormatInt(tx.Now().Unix(), 10))
	w.aux("aof-base", "0")
	w.buffer = append(w.buffer, w.source.Functions()...)
	for db := range w.source.Databases {
		if err := w.database(tx, db); err != nil {
			return err
		}
	}
	if err := w.flush(true); err != nil {
		return err
	}
	w.buffer = rdb.AppendFileEnd(w.buffer, w.sum)
	return w.flush(true)
}

func (w *writer) aux(name, text string) { w.buffer = rdb.AppendAux(w.buffer, name, text) }

func (w *writer) database(tx store.Tx, db int) error {
	size, err := tx.Size(db)
	if err != nil || size == 0 {
		return err
	}
	w.buffer = rdb.AppendDatabase(w.buffer, db, size)
	for at, first := store.Cursor(0), true; first || at != 0; first = false {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		page, next, err := tx.Scan(db, at, scanPage)
		if err != nil {
			return err
		}
		for _, e := range page {
			if err := w.key(tx, store.Key{DB: db, Name: e.Name}, e.Head); err != nil {
				return err
			}
			w.keys.Add(1)
		}
		at = next
	}
	return nil
}

func (w *writer) key(tx store.Tx, k store.Key, h store.Head) error {
	_, pieces, err := Value(tx, k, h, rdb.StreamCounted)
	if err != nil {
		return fmt.Errorf("%s: %w", store.Describe(k, h.Type), err)
	}
	begun := false
	for p, err := range pieces {
		if err != nil {
			return err
		}
		if !begun && len(p) > 0 {
			w.buffer = rdb.AppendKey(w.buffer, p[0], k.Name, h.ExpireAt)
			p, begun = p[1:], true
		}
		w.buffer = append(w.buffer, p...)
		if err := w.flush(false); err != nil {
			return err
		}
	}
	return w.ctx.Err()
}
