package repair

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"larder/disk"
	"larder/store"
	"larder/store/sqlite"
	"larder/store/sqlite/capi"
	"larder/store/sqlite/sqlfile"
)

// Damage says what is wrong with the pages of a shard's file, which no engine has open; nothing if they are
// sound. SQLite keeps no checksums: a byte that changed inside a value is not noticed.
func Damage(path string) ([]string, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, &store.Error{Code: store.CodeIO, Message: "the shard cannot be read", Err: err}
	}
	c, err := sqlfile.Open(path, 0)
	if err == nil {
		defer c.Close()
		var texts []string
		if texts, err = c.Integrity("quick_check"); err == nil {
			return inWords(c, texts), nil
		}
	}
	if sqlfile.Unsound(err) {
		return []string{err.Error()}, nil
	}
	return nil, err
}

// treePage is how integrity_check names a page.
var treePage = regexp.MustCompile(`^Tree (\d+) page (\d+)`)

// inWords puts the names of tables into what SQLite says of their trees.
func inWords(c *sqlfile.Conn, texts []string) []string {
	names := map[int64]string{}
	_, _ = c.Query(`SELECT rootpage, name FROM sqlite_schema`, func(s *capi.Stmt) { names[s.Int(0)] = s.Text(1) })
	for i, text := range texts {
		if m := treePage.FindStringSubmatch(text); m != nil {
			root, _ := strconv.ParseInt(m[1], 10, 64)
			texts[i] = fmt.Sprintf("page %s, of %s: %s", m[2], names[root], text)
		}
	}
	return texts
}

// Salvaged is what became of a damaged file.
type Salvaged struct {
	Kept string // where the damaged file is now
	Rows int64  // rows that were read
	// Gaps are the stretches that could not be read, in words.
	Gaps []string
}

// Salvage copies what can be read of a damaged shard into a new file and puts it in the place of the old one,
// which is kept beside it. Afterwards Check says what is missing, and mends rows that contradict each other. If a
// crash interrupted an earlier salvage between the copy and the exchange of the files, only the exchange is done.
// lent are the ids whose keys are in other files, see Lent.
func Salvage(path string, lent []store.ID) (Salvaged, error) {
	if sqlfile.Interrupted(path) {
		kept, _ := names(path + ".damaged")
		return Salvaged{Kept: kept}, takePlace(path, kept)
	}
	fresh := path + sqlfile.FreshSuffix
	for _, old := range []string{fresh, fresh + "-wal", fresh + "-shm"} {
		_ = os.Remove(old)
	}
	_, kept := names(path + ".damaged")
	s := &salvage{lent: lent, statements: map[string]*capi.Stmt{}, done: Salvaged{Kept: kept}}
	if err := s.copyTo(path, fresh); err != nil {
		return s.done, err
	}
	if err := syncFile(fresh); err != nil {
		return s.done, err
	}
	return s.done, takePlace(path, s.done.Kept)
}

// Lent lists the ids of the shard numbered home that keys in another shard's file name. Of a file that is damaged
// itself it lists those that can be read.
func Lent(path string, home int) (ids []store.ID, err error) {
	c, err := sqlfile.Open(path, 0)
	if err == nil {
		defer c.Close()
		from := store.Abroad(home, 0)
		_, err = c.Query(fmt.Sprintf(`SELECT id FROM heads WHERE id >= %d AND id < %d`, from, from+store.Foreign),
			func(s *capi.Stmt) {
				_, own := store.ID(s.Int(0)).Home()
				ids = append(ids, own)
			})
	}
	if sqlfile.Unsound(err) {
		err = nil
	}
	return ids, err
}

// syncFile puts a file that nobody has open and its name on stable storage: its engine has not synced it.
func syncFile(path string) error {
	f, err := disk.OS{}.Open(path)
	if err == nil {
		err = errors.Join(f.Sync(), f.Close())
	}
	if err != nil {
		return &store.Error{Code: store.CodeIO, Message: "the new file cannot be synced", Err: err}
	}
	return sqlfile.SyncDir(filepath.Dir(path))
}

// takePlace puts the damaged file aside, itself first, so that whatever a crash leaves of it is known for what it is,
// and the new one in its place.
func takePlace(path, kept string) error {
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Rename(path+suffix, kept+suffix); err != nil && !os.IsNotExist(err) {
			return &store.Error{Code: store.CodeIO, Message: "the damaged file cannot be put aside", Err: err}
		}
	}
	if err := os.Rename(path+sqlfile.FreshSuffix, path); err != nil {
		return &store.Error{Code: store.CodeIO, Message: "the new file cannot take its place", Err: err}
	}
	return sqlfile.SyncDir(filepath.Dir(path))
}

// names finds the name, or with a number behind it, that is free, and the one taken before it.
func names(name string) (last, free string) {
	last, free = name, name
	for i := 1; ; i++ {
		if _, err := os.Lstat(free); os.IsNotExist(err) {
			return last, free
		}
		last, free = free, fmt.Sprintf("%s.%d", name, i)
	}
}

// salvage is one file being copied. It belongs to its goroutine.
type salvage struct {
	conn *sqlfile.Conn // to the new file, with the old one attached
	lent []store.ID
	// Of the table at hand: reads that may still fail, and stretches given up.
	tries, unread int
	rest          []portion
	statements    map[string]*capi.Stmt // a table takes thousands of runs of a few
	done          Salvaged
}

// run runs a statement with parameters.
func (s *salvage) run(sql string, bounds []any) (err error) {
	copied := s.statements[sql]
	if copied == nil {
		if copied, _, err = s.conn.DB.Prepare(sql); err != nil {
			return sqlfile.Fault(s.conn.Path, err)
		}
		s.statements[sql] = copied
	}
	for i, b := range bounds {
		switch b := b.(type) {
		case int64:
			copied.BindInt(i+1, b)
		case []byte:
			copied.BindBlob(i+1, b)
		}
	}
	return s.conn.Exec(copied)
}

// forget finalizes the statements: the old file cannot be detached before.
func (s *salvage) forget() {
	for _, copied := range s.statements {
		copied.Finalize()
	}
	clear(s.statements)
}

func (s *salvage) copyTo(from, to string) error {
	e, err := sqlite.Open(to, sqlite.Options{})
	if err != nil {
		return err
	}
	defer e.Close()
	headless := ""
	err = e.Exclusive(context.Background(), func(c *sqlfile.Conn) error {
		s.conn = c
		err := s.attach(from)
		if err != nil {
			if headless, err = beheaded(from, to); err == nil {
				err = s.attach(headless)
			}
		}
		if err != nil {
			return err
		}
		if err = s.listLent(); err == nil {
			err = s.tables()
		}
		s.forget()
		_ = c.Script(`DETACH old`) // closing does it too
		return err
	})
	if headless != "" {
		for _, suffix := range []string{"", "-wal", "-shm"} {
			_ = os.Remove(headless + suffix)
		}
	}
	if err != nil {
		return err
	}
	return e.Checkpoint(context.Background())
}

// listLent has statements know which ids to look for besides those that keys of this file name.
func (s *salvage) listLent() error {
	if err := s.conn.Script(`CREATE TEMP TABLE lent (id INTEGER PRIMARY KEY)`); err != nil {
		return err
	}
	for _, id := range s.lent {
		if err := s.run(`INSERT OR IGNORE INTO temp.lent VALUES (?)`, []any{int64(id)}); err != nil {
			return err
		}
	}
	return nil
}

func (s *salvage) attach(path string) error {
	if err := s.conn.Script(`ATTACH '` + strings.ReplaceAll(path, "'", "''") + `' AS old`); err != nil {
		return err
	}
	_, err := s.conn.Number(`SELECT count(*) FROM old.sqlite_schema`)
	if err != nil {
		_ = s.conn.Script(`DETACH old`)
	}
	return err
}

// beheaded copies a file whose first page is lost, with that of a new file: every shard has its
// tables in the same places.
func beheaded(path, like string) (string, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return "", &store.Error{Code: store.CodeIO, Message: "the damaged file cannot be read", Err: err}
	}
	first, err := firstPage(filepath.Dir(like))
	if err != nil || len(content) < sqlfile.PageSize {
		return "", sqlfile.Damaged(path, "it is too short", err)
	}
	binary.BigEndian.PutUint32(first[28:], uint32(len(content)/sqlfile.PageSize)) // pages
	binary.BigEndian.PutUint64(first[32:], 0)                                     // no free pages
	copy(content, first)
	name := path + ".headless"
	if err := os.WriteFile(name, content, 0o600); err != nil {
		return "", &store.Error{Code: store.CodeFull, Message: "no room for a copy of the damaged file", Err: err}
	}
	return name, nil
}

// firstPage is that of an empty shard, made for it.
func firstPage(dir string) ([]byte, error) {
	path := filepath.Join(dir, "empty.salvaged")
	defer os.Remove(path)
	e, err := sqlite.Open(path, sqlite.Options{})
	if err != nil {
		return nil, err
	}
	if err := e.Close(); err != nil {
		return nil, err
	}
	content, err := os.ReadFile(path)
	if err != nil || len(content) < sqlfile.PageSize {
		return nil, sqlfile.Damaged(path, "it is too short", err)
	}
	return content[:sqlfile.PageSize], nil
}
