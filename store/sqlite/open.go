package sqlite

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/dchest/siphash"

	"larder/store"
	"larder/store/sqlite/sqlfile"
)

// The format of a file. 2 knew no ids of other files, see store.Foreign, and no packs, 3 no fields that expire: it
// would take the time of a field for that of the key. The tables are the same, so that an older file becomes one of 4
// by its number alone.
const (
	format        = 4
	oldestFormat  = 2
	applicationID = 0x4c617264 // "Lard", for file(1)
)

// hasher is the secret hash that orders heads and hashed items. Immutable.
type hasher struct{ k0, k1 uint64 }

func (h hasher) sum(b []byte) int64 {
	return int64(siphash.Hash(h.k0, h.k1, b) >> (64 - store.HashBits))
}

// head is a key's place in the order of heads.
func (h hasher) head(name []byte) int64 {
	return int64(store.Slot(name))<<store.HashBits | h.sum(name)
}

// Open opens the shard in the file at path, creating it if it is not there. Its directory must exist,
// and no other process may have it open.
func Open(path string, o Options) (*Engine, error) {
	e := &Engine{path: path, opts: o.filled()}
	e.commits.Store(2) // 0 is a reader without a snapshot
	e.logShare.Store(walKept)
	e.heldMin = heldMin
	e.rows = e.opts.Rows.Join(e.commits.Load)
	if err := createFile(path); err != nil {
		return nil, err
	}
	if err := e.openAll(); err != nil {
		_ = e.Close()
		return nil, err
	}
	return e, nil
}

// createFile makes the file before SQLite does, for its mode; the log gets the same mode
// from SQLite. Only a new file is ever opened here: closing a file that SQLite has open
// would drop its locks.
func createFile(path string) error {
	if sqlfile.Interrupted(path) {
		return sqlfile.Damaged(path, "its repair was interrupted: have `larder check DIR --fix` finish it", nil)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return &store.Error{Code: store.CodeIO, Message: "cannot create the shard", Err: err}
	}
	return f.Close()
}

// openAll opens the connections. The writer gets a quarter of the cache: behind a journal it writes in the
// order of pages, and reads are what must be fast.
func (e *Engine) openAll() error {
	quarter := e.opts.CacheBytes / 4
	c, err := openConn(e.path, quarter)
	if err != nil {
		return err
	}
	e.writer.engine, e.writer.conn = e, c
	each := 3 * quarter / int64(e.opts.Readers+1)
	for _, step := range [...]func() error{
		func() error { return e.prepareFile(c) },
		func() error { return e.order(c) },
		func() error { return c.prepare(append(e.prepared(&c.s), c.s.writing()...), true) },
		e.writer.load,
		func() error { return e.check.open(e.path) },
		func() error { return c.Script(fmt.Sprintf("PRAGMA journal_size_limit = %d", walKept)) },
		func() error { return sqlfile.SyncDir(filepath.Dir(e.path)) },
		func() error { return e.own.open(e, 1, each) },
		func() error { return e.readers.open(e, e.opts.Readers, each) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// prepareFile creates the tables in an empty file and reads what meta says.
func (e *Engine) prepareFile(c *conn) error {
	tables, err := c.Number(`SELECT count(*) FROM sqlite_schema`)
	if err != nil {
		return err
	}
	if tables == 0 {
		if err := initFile(c); err != nil {
			return err
		}
	}
	app, err := c.Number(`PRAGMA application_id`)
	if err != nil {
		return err
	}
	version, err := c.Number(`PRAGMA user_version`)
	if err != nil {
		return err
	}
	switch {
	case app != applicationID || version < oldestFormat:
		return &store.Error{Code: store.CodeRefused, Message: e.path + " is not a shard of format " + strconv.Itoa(format)}
	case version > format:
		return &store.Error{Code: store.CodeRefused, Message: fmt.Sprintf(
			"%s is of format %d, which a later version has written: use that one", e.path, version)}
	case version < format:
		if err := upgrade(c); err != nil {
			return err
		}
	}
	return e.readSeed(c)
}

// upgrade is one transaction: a file is of the old format or of the new one. Programs that know the old one alone then
// refuse the file, and so they do not take what lies in others for lost.
func upgrade(c *conn) error {
	return c.Script(fmt.Sprintf(`BEGIN IMMEDIATE; UPDATE meta SET v = %d WHERE k = 'format'; PRAGMA user_version = %d; `+
		`COMMIT`,
		format, format))
}

func initFile(c *conn) error {
	seed := make([]byte, 16)
	_, _ = rand.Read(seed) // never fails, says its documentation
	if err := c.Script("BEGIN IMMEDIATE;" + schema); err != nil {
		return err
	}
	s, _, err := c.DB.Prepare(`INSERT INTO meta (k, v) VALUES ('format', ?1), ('seed', ?2), ('ids', 1), ('lsn', 0)`)
	if err != nil {
		return sqlfile.Fault(c.Path, err)
	}
	s.BindInt(1, format)
	s.BindBlob(2, seed)
	err = c.Exec(s)
	s.Finalize()
	if err != nil {
		return err
	}
	return c.Script("PRAGMA application_id = " + strconv.Itoa(applicationID) +
		"; PRAGMA user_version = " + strconv.Itoa(format) + "; COMMIT;")
}

func (e *Engine) readSeed(c *conn) error {
	s, _, err := c.DB.Prepare(`SELECT v FROM meta WHERE k = 'seed'`)
	if err != nil {
		return sqlfile.Fault(c.Path, err)
	}
	defer s.Finalize()
	row, err := c.step(s)
	if err != nil {
		return err
	}
	seed := s.Clone(0)
	if !row || len(seed) != 16 {
		return sqlfile.Damaged(e.path, "its seed is missing", nil)
	}
	e.hash = hasher{binary.LittleEndian.Uint64(seed), binary.LittleEndian.Uint64(seed[8:])}
	return nil
}
