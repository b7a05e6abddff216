package sqlfile

import (
	"fmt"
	"os"
	"strings"
	"time"

	"larder/disk"
	"larder/store"
	"larder/store/sqlite/capi"
)

// PageSize holds for files made from now on, in bytes; package sqlite says what others cost.
const PageSize = 4096

// busyTime is how long a connection waits for a lock of SQLite's own. Nobody else writes, but whoever begins to read
// while a commit changes the log's header takes the writer's lock for a moment to read it again. Who
// waits longer has found a second process.
const busyTime = time.Second

// Conn is one connection to a shard's file. One goroutine at a time may use it.
type Conn struct {
	DB   *capi.DB
	Path string // of the file
}

// Open opens a connection to a file that is there, with so many bytes of page cache, and sets what holds for its
// whole life.
func Open(path string, cacheBytes int64) (*Conn, error) {
	db, err := capi.Open(path)
	if err != nil {
		return nil, Fault(path, err)
	}
	c := &Conn{DB: db, Path: path}
	err = c.Script(fmt.Sprintf(`PRAGMA page_size = %d;
		PRAGMA auto_vacuum = incremental;
		PRAGMA journal_mode = wal;
		PRAGMA wal_autocheckpoint = 0;
		PRAGMA mmap_size = 0;
		PRAGMA busy_timeout = %d;
		PRAGMA synchronous = normal;
		PRAGMA cache_size = %d;`, PageSize, busyTime.Milliseconds(), -max(cacheBytes>>10, 64)))
	if err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

// Script runs statements one after the other, whatever they answer.
func (c *Conn) Script(sql string) error {
	for sql != "" {
		rest, err := c.Query(sql, func(*capi.Stmt) {})
		if err != nil {
			return err
		}
		sql = rest
	}
	return nil
}

// Query runs the first statement of sql, once and rarely, and returns the rest of sql.
func (c *Conn) Query(sql string, row func(*capi.Stmt)) (rest string, err error) {
	s, rest, err := c.DB.Prepare(sql)
	if err != nil {
		return "", Fault(c.Path, err)
	}
	defer s.Finalize()
	for {
		more, err := s.Step()
		if err != nil || !more {
			return rest, Fault(c.Path, err)
		}
		row(s)
	}
}

// Number runs a statement that answers one integer.
func (c *Conn) Number(sql string) (n int64, err error) {
	_, err = c.Query(sql, func(s *capi.Stmt) { n = s.Int(0) })
	return n, err
}

// Exec runs a statement that answers nothing.
func (c *Conn) Exec(s *capi.Stmt) error {
	if _, err := s.Step(); err != nil {
		return Fault(c.Path, err)
	}
	s.Reset()
	return nil
}

// Integrity runs one of SQLite's checks; without findings it returns nothing.
func (c *Conn) Integrity(pragma string) (texts []string, err error) {
	_, err = c.Query(`PRAGMA `+pragma, func(s *capi.Stmt) {
		for _, line := range strings.Split(s.Text(0), "\n") {
			if line != "ok" && !strings.HasPrefix(line, "***") {
				texts = append(texts, line)
			}
		}
	})
	return texts, err
}

// Close ends the connection. Its statements must have been finalized.
func (c *Conn) Close() error { return Fault(c.Path, c.DB.Close()) }

// FreshSuffix is what the name of a new file ends with until it takes the place of the damaged one.
const FreshSuffix = ".salvaged"

// Interrupted reports whether a shard's file has been put aside, and the one made of it has not taken its place, which
// repair.Salvage does. The new one is whole, since it was on stable storage before.
func Interrupted(path string) bool {
	_, err := os.Lstat(path)
	_, fresh := os.Lstat(path + FreshSuffix)
	return os.IsNotExist(err) && fresh == nil
}

// SyncDir makes a new file's name survive a power cut.
func SyncDir(dir string) error {
	if err := (disk.OS{}).SyncDir(dir); err != nil {
		return &store.Error{Code: store.CodeIO, Message: "cannot sync " + dir, Err: err}
	}
	return nil
}
