package datadir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"larder/disk"
	"larder/store"
)

const (
	lockName  = "lock"
	countName = "shards"
	// layout stands behind the number of shards, for the eyes of a Larder that knows version 1 of the journal alone.
	// That version would ignore a log that it does not know, and delete it; but it refuses a file with more than a
	// number in it, and shows the text.
	layout = "journal 3, for a newer Larder"
	// layout2 is that of directories whose log has no patches (version 2). This version reads both.
	layout2 = "journal 2, for a newer Larder"
	// maxShards bounds the files and connections that a typing error could ask for.
	maxShards = 1024
)

// Dir is a data directory that this process has to itself until Close. It may be used by many
// goroutines.
type Dir struct {
	path   string
	files  disk.Files
	shards int
	lock   *os.File
}

// networks are file systems on which locks, or the memory that SQLite's readers and writers share, cannot
// be relied on. FUSE, overlay and 9p are let through: containers stand on them.
func networks() map[int64]string {
	return map[int64]string{
		0x6969: "NFS", 0x517B: "SMB", 0xFE534D42: "SMB2", 0xFF534D42: "CIFS",
		0x5346414F: "AFS", 0x6B414653: "AFS", 0x73757245: "Coda", 0x564C: "NCP",
	}
}

func refused(format string, args ...any) error {
	return &store.Error{Code: store.CodeRefused, Message: fmt.Sprintf(format, args...)}
}

// Claim makes a data directory (mode 0700) or takes an existing one, for n shards; 0 takes the
// number stored there. It refuses, with store.CodeRefused, a directory that another process holds, that
// was made for another number of shards, or that lies on a network file system. statfs
// tells the type of the file system a path is on; nil stands for Filesystem.
func Claim(dir string, n int, statfs func(path string) (magic int64, err error)) (*Dir, error) {
	return claim(disk.OS{}, dir, n, statfs)
}

func claim(files disk.Files, dir string, n int, statfs func(path string) (magic int64, err error)) (*Dir, error) {
	if n < 0 || n > maxShards {
		return nil, refused("%d shards were asked for, 1 to %d are possible", n, maxShards)
	}
	if err := disk.MakeDirs(files, dir); err != nil {
		return nil, &store.Error{Code: store.CodeRefused, Message: "the data directory cannot be made", Err: err}
	}
	if statfs == nil {
		statfs = Filesystem
	}
	magic, err := statfs(dir)
	if err != nil {
		return nil, &store.Error{Code: store.CodeRefused, Message: "the data directory's file system is unknown", Err: err}
	}
	if name, ok := networks()[magic&0xFFFFFFFF]; ok {
		return nil, refused("the data directory %s is on a network file system (%s), where its files could be damaged: use "+
			"a local disk", dir, name)
	}
	lock, err := takeLock(dir)
	if err != nil {
		return nil, err
	}
	count, err := settleCount(files, dir, n)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return &Dir{path: dir, files: files, shards: count, lock: lock}, nil
}

// takeLock locks a file that is never removed: removing it would let a third process lock
// a new file while a second one waits for the old one. The pid in it is for people only.
func takeLock(dir string) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, &store.Error{Code: store.CodeRefused, Message: "the data directory cannot be locked", Err: err}
	}
	err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = refused("the data directory %s is in use by process %s", dir, holder(file))
	}
	if err == nil {
		err = writePid(file)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// holder reads the pid. The process may be between locking and writing it.
func holder(file *os.File) string {
	text := make([]byte, 20)
	n, _ := file.ReadAt(text, 0)
	if pid := strings.TrimSpace(string(text[:n])); pid != "" {
		return pid
	}
	return "(unknown)"
}

func writePid(file *os.File) error {
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err := file.WriteAt(fmt.Appendln(nil, os.Getpid()), 0)
	return err
}

// settleCount reads the stored number of shards, or stores it in a new directory.
func settleCount(files disk.Files, dir string, n int) (int, error) {
	path := filepath.Join(dir, countName)
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return n, beginCount(files, dir, n)
	}
	if err != nil {
		return 0, &store.Error{Code: store.CodeRefused, Message: "the number of shards cannot be read", Err: err}
	}
	number, rest, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	stored, err := strconv.Atoi(number)
	if err != nil || stored < 1 || stored > maxShards {
		return 0, refused("the file %s should hold the number of shards and holds %.40q", path, text)
	}
	if rest != "" && rest != layout && rest != layout2 {
		return 0, refused("the data in %s was written by a newer Larder, %s says %.40q: start that one", dir, path, rest)
	}
	if n != 0 && n != stored {
		return 0, refused("the data in %s is divided into %d shards and cannot be opened with %d", dir, stored, n)
	}
	if rest != layout {
		return stored, storeCount(files, dir, stored)
	}
	return stored, nil
}

// beginCount refuses a directory that has shards and has lost their number: guessing it would hide keys.
func beginCount(files disk.Files, dir string, n int) error {
	found, err := disk.List(dir, "shard-*")
	if err != nil {
		return err
	}
	if len(found) > 0 {
		return refused("%s has shard files but the file %q with their number is missing", dir, countName)
	}
	if n == 0 {
		return refused("there is no data in %s", dir)
	}
	syncAbove(files, dir)
	return storeCount(files, dir, n)
}

// syncAbove syncs what the directory's path goes through. A Larder that was killed while it made that may have left it
// unsynced; what it did not make was somebody else's to sync, so errors do not matter.
func syncAbove(files disk.Files, dir string) {
	at, err := filepath.Abs(dir)
	for err == nil && at != filepath.Dir(at) {
		at = filepath.Dir(at)
		_ = files.SyncDir(at)
	}
}

func storeCount(files disk.Files, dir string, n int) error {
	return disk.Replace(files, filepath.Join(dir, countName), fmt.Appendf(nil, "%d\n%s\n", n, layout))
}

// Shards is the number of shards, at least 1.
func (d *Dir) Shards() int { return d.shards }

// Path is the directory.
func (d *Dir) Path() string { return d.path }

// Bytes is the length of all files in the directory.
func (d *Dir) Bytes() (n int64, err error) {
	err = filepath.WalkDir(d.path, func(path string, entry fs.DirEntry, err error) error {
		var info fs.FileInfo
		if err == nil && !entry.IsDir() {
			if info, err = entry.Info(); err == nil {
				n += info.Size()
			}
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it has gone since the directory was read
		}
		return err
	})
	return n, err
}

// ShardPath is where shard i's database lies.
func (d *Dir) ShardPath(i int) string { return filepath.Join(d.path, fmt.Sprintf("shard-%03d.db", i)) }

// Close lets the directory go. Engines must be closed before.
func (d *Dir) Close() error { return d.lock.Close() }
