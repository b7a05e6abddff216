package sqlite

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

	"larder/store"
)

// Damage says what is wrong with the pages of a shard's file, which no engine has open; nothing if they are
// sound. SQLite keeps no checksums: a byte that changed inside a value is not noticed.
func Damage(path string) ([]string, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, &store.Error{Code: store.CodeIO, Message: "the shard cannot be read", Err: err}
	}
	c, err := openConn(path, 0)
	if err == nil {
		defer c.close()
		var texts []string
		if texts, err = integrity(c, "quick_check"); err == nil {
			return c.inWords(texts), nil
		}
	}
	if unsound(err) {
		return []string{err.Error()}, nil
	}
	return nil, err
}

// Ordered tells whether a shard's file has the index of names, for those who open it as it is.
func Ordered(path string) (bool, error) {
	c, err := openConn(path, 0)
	if err != nil {
		return false, err
	}
	n, err := c.number(`SELECT count(*) FROM sqlite_schema WHERE name = 'heads_name'`)
	return n > 0, errors.Join(err, c.close())
}

// treePage is how integrity_check names a page.
var treePage = regexp.MustCompile(`^Tree (\d+) page (\d+)`)

// inWords puts the names of tables into what SQLite says of their trees.
func (c *conn) inWords(texts []string) []string {
	names := map[int64]string{}
	_, _ = c.query(`SELECT rootpage, name FROM sqlite_schema`, func(s *stmt) { names[s.int(0)] = s.text(1) })
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
// which is kept beside it. Afterwards Check says what is missing, and mends what hangs together no more.
func Salvage(path string) (Salvaged, error) {
	kept := freeName(path + ".damaged")
	fresh := path + ".salvaged"
	for _, old := range []string{fresh, fresh + "-wal", fresh + "-shm"} {
		_ = os.Remove(old)
	}
	s := &salvage{statements: map[string]*stmt{}, done: Salvaged{Kept: kept}}
	if err := s.copyTo(path, fresh); err != nil {
		return s.done, err
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Rename(path+suffix, kept+suffix); err != nil && !os.IsNotExist(err) {
			return s.done, &store.Error{Code: store.CodeIO, Message: "the damaged file cannot be put aside", Err: err}
		}
	}
	if err := os.Rename(fresh, path); err != nil {
		return s.done, &store.Error{Code: store.CodeIO, Message: "the new file cannot take its place", Err: err}
	}
	return s.done, syncDir(filepath.Dir(path))
}

// freeName adds a number to a name that is taken.
func freeName(name string) string {
	for i := 1; ; i++ {
		if _, err := os.Lstat(name); os.IsNotExist(err) {
			return name
		}
		name = fmt.Sprintf("%s.%d", name, i)
	}
}

// salvage is one file being copied. It belongs to its goroutine.
type salvage struct {
	conn *conn // to the new file, with the old one attached
	// Of the table at hand: reads that may still fail, and stretches given up.
	tries, unread int
	rest          []portion
	statements    map[string]*stmt // a table takes thousands of runs of a few
	done          Salvaged
}

// run runs a statement with parameters.
func (s *salvage) run(sql string, bounds []any) (err error) {
	copied := s.statements[sql]
	if copied == nil {
		if copied, _, err = s.conn.db.prepare(sql); err != nil {
			return fault(s.conn.path, err)
		}
		s.statements[sql] = copied
	}
	for i, b := range bounds {
		switch b := b.(type) {
		case int64:
			copied.bindInt(i+1, b)
		case []byte:
			copied.bindBlob(i+1, b)
		}
	}
	return s.conn.exec(copied)
}

// forget finalizes the statements: the old file cannot be detached before.
func (s *salvage) forget() {
	for _, copied := range s.statements {
		copied.finalize()
	}
	clear(s.statements)
}

func (s *salvage) copyTo(from, to string) error {
	e, err := Open(to, Options{Sync: No})
	if err != nil {
		return err
	}
	defer e.Close()
	headless := ""
	err = e.writer.exclusive(context.Background(), func(c *conn) error {
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
		err = s.tables()
		s.forget()
		_ = c.script(`DETACH old`) // closing does it too
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

func (s *salvage) attach(path string) error {
	if err := s.conn.script(`ATTACH '` + strings.ReplaceAll(path, "'", "''") + `' AS old`); err != nil {
		return err
	}
	_, err := s.conn.number(`SELECT count(*) FROM old.sqlite_schema`)
	if err != nil {
		_ = s.conn.script(`DETACH old`)
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
	if err != nil || len(content) < pageSize {
		return "", damaged(path, "it is too short", err)
	}
	binary.BigEndian.PutUint32(first[28:], uint32(len(content)/pageSize)) // pages
	binary.BigEndian.PutUint64(first[32:], 0)                             // no free pages
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
	e, err := Open(path, Options{Sync: No})
	if err != nil {
		return nil, err
	}
	if err := e.Close(); err != nil {
		return nil, err
	}
	content, err := os.ReadFile(path)
	if err != nil || len(content) < pageSize {
		return nil, damaged(path, "it is too short", err)
	}
	return content[:pageSize], nil
}
