package sqlite

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"syscall"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// The driver speaks to the translated C library itself. database/sql costs three times as much for a small
// read; zombiezen.com/go/sqlite is close, but copies every bound blob byte by byte into memory it
// allocates for it, and cannot turn on the planner's stability guarantee (see openDB).

// db is one SQLite connection. One goroutine at a time may use it, or the statements made from it.
type db struct {
	tls    *libc.TLS
	handle uintptr
}

// resultError is an extended result code of SQLite's with its explanation.
type resultError struct {
	code    int32
	message string
}

func (e *resultError) Error() string { return fmt.Sprintf("SQLite: %s (%d)", e.message, e.code) }

// primary is the code without its extension.
func (e *resultError) primary() int32 { return e.code & 0xff }

// openDB opens an existing file for reading and writing.
func openDB(path string) (*db, error) {
	if _, err := configure(); err != nil {
		return nil, err
	}
	tls := libc.NewTLS()
	name, err := libc.CString(path)
	if err != nil {
		tls.Close()
		return nil, err
	}
	defer libc.Xfree(tls, name)
	out := newCell(tls)
	defer out.free(tls)
	rc := lib.Xsqlite3_open_v2(tls, name, out.at, lib.SQLITE_OPEN_READWRITE|lib.SQLITE_OPEN_NOMUTEX, 0)
	d := &db{tls: tls, handle: out.pointer()}
	if rc != lib.SQLITE_OK {
		err := d.failure(rc)
		_ = d.close()
		return nil, err
	}
	lib.Xsqlite3_extended_result_codes(tls, d.handle, 1)
	// Without this guarantee statements are planned anew whenever a parameter of LIMIT or of a
	// range changes: 90 us each time.
	args := libc.NewVaList(int32(1), uintptr(0))
	defer libc.Xfree(tls, args)
	if rc := lib.Xsqlite3_db_config(tls, d.handle, lib.SQLITE_DBCONFIG_ENABLE_QPSG, args); rc != lib.SQLITE_OK {
		err := d.failure(rc)
		_ = d.close()
		return nil, err
	}
	return d, nil
}

// failure describes the error that just happened.
func (d *db) failure(rc int32) error {
	e := &resultError{code: rc, message: "out of memory"}
	if d.handle == 0 {
		return e
	}
	e.message = libc.GoString(lib.Xsqlite3_errmsg(d.tls, d.handle))
	if p := e.primary(); p == lib.SQLITE_CORRUPT || p == lib.SQLITE_NOTADB {
		if errno := d.unread(); errno != 0 {
			e.code, e.message = lib.SQLITE_IOERR_CORRUPTFS, errno.Error()
		}
	}
	return e
}

// unread is why the file or its log could not be read, 0 if they could: SQLite takes a device that fails for a file
// that is damaged, which only the last error of the system call tells apart.
func (d *db) unread() syscall.Errno {
	out := newCell(d.tls)
	defer out.free(d.tls)
	for _, which := range []int32{lib.SQLITE_FCNTL_FILE_POINTER, lib.SQLITE_FCNTL_JOURNAL_POINTER} {
		if lib.Xsqlite3_file_control(d.tls, d.handle, 0, which, out.at) != lib.SQLITE_OK || out.pointer() == 0 {
			continue
		}
		file := out.pointer()
		methods := function[*lib.Tsqlite3_file](file).FpMethods
		if methods == 0 {
			continue
		}
		control := function[func(*libc.TLS, uintptr, int32, uintptr) int32](function[*lib.Tsqlite3_io_methods](methods).FxFileControl)
		if control(d.tls, file, lib.SQLITE_FCNTL_LAST_ERRNO, out.at) != lib.SQLITE_OK {
			continue
		}
		switch errno := syscall.Errno(int32(out.pointer())); errno {
		case syscall.EIO, syscall.ENXIO, syscall.ERANGE:
			return errno
		}
	}
	return 0
}

// close ends the connection. Its statements must have been finalized.
func (d *db) close() error {
	rc := lib.Xsqlite3_close(d.tls, d.handle)
	if rc != lib.SQLITE_OK {
		return d.failure(rc)
	}
	d.tls.Close()
	return nil
}

// inTransaction tells whether BEGIN is in force: some errors end it.
func (d *db) inTransaction() bool { return lib.Xsqlite3_get_autocommit(d.tls, d.handle) == 0 }

// changes is the number of rows that the last statement wrote.
func (d *db) changes() int { return int(lib.Xsqlite3_changes(d.tls, d.handle)) }

// prepare compiles the first statement of sql and returns the rest.
func (d *db) prepare(sql string) (s *stmt, rest string, err error) {
	text, err := libc.CString(sql)
	if err != nil {
		return nil, "", err
	}
	defer libc.Xfree(d.tls, text)
	out, tail := newCell(d.tls), newCell(d.tls)
	defer out.free(d.tls)
	defer tail.free(d.tls)
	rc := lib.Xsqlite3_prepare_v3(d.tls, d.handle, text, -1, lib.SQLITE_PREPARE_PERSISTENT, out.at, tail.at)
	if rc != lib.SQLITE_OK {
		return nil, "", d.failure(rc)
	}
	s = &stmt{db: d, handle: out.pointer()}
	s.blobs = make([]blob, lib.Xsqlite3_bind_parameter_count(d.tls, s.handle))
	return s, strings.TrimLeft(sql[tail.pointer()-text:], "; \t\n"), nil
}

// cell is room for one pointer in C memory.
type cell struct{ at uintptr }

func newCell(tls *libc.TLS) cell { return cell{libc.Xcalloc(tls, 1, 8)} }

func (c cell) pointer() uintptr {
	return uintptr(binary.NativeEndian.Uint64(libc.GoBytes(c.at, 8)))
}

func (c cell) free(tls *libc.TLS) { libc.Xfree(tls, c.at) }

// stmt is a prepared statement. A statement that was stepped must be reset before its
// parameters are bound again.
type stmt struct {
	db     *db
	handle uintptr
	blobs  []blob // by parameter
	large  bool   // some blob is too large to keep
}

// blob is C memory that a parameter points to: SQLite reads it in place.
type blob struct {
	at  uintptr
	mem []byte
}

// blobKept is the largest blob whose memory stays with its statement.
const blobKept = 64 << 10

// bindInt sets parameter i, counted from 1, as do the other binders.
func (s *stmt) bindInt(i int, v int64) {
	lib.Xsqlite3_bind_int64(s.db.tls, s.handle, int32(i), v)
}

func (s *stmt) bindFloat(i int, v float64) {
	lib.Xsqlite3_bind_double(s.db.tls, s.handle, int32(i), v)
}

func (s *stmt) bindNull(i int) { lib.Xsqlite3_bind_null(s.db.tls, s.handle, int32(i)) }

// bindBlob copies b. An empty b gives a blob without bytes, not NULL.
func (s *stmt) bindBlob(i int, b []byte) {
	if len(b) == 0 {
		lib.Xsqlite3_bind_zeroblob(s.db.tls, s.handle, int32(i), 0)
		return
	}
	at := s.room(i-1, len(b))
	copy(s.blobs[i-1].mem, b)
	lib.Xsqlite3_bind_blob(s.db.tls, s.handle, int32(i), at, int32(len(b)), lib.SQLITE_STATIC)
}

func (s *stmt) bindText(i int, t string) {
	at := s.room(i-1, len(t)+1)
	copy(s.blobs[i-1].mem, t)
	lib.Xsqlite3_bind_text(s.db.tls, s.handle, int32(i), at, int32(len(t)), lib.SQLITE_STATIC)
}

// room is memory for n bytes of a parameter.
func (s *stmt) room(i, n int) uintptr {
	b := &s.blobs[i]
	if len(b.mem) < n {
		s.drop(i)
		size := max(n, 64)
		if n < blobKept {
			size = 1 << bits.Len(uint(size-1))
		}
		b.at = libc.Xmalloc(s.db.tls, libc.Tsize_t(size))
		b.mem = libc.GoBytes(b.at, size)
		s.large = s.large || size > blobKept
	}
	return b.at
}

func (s *stmt) drop(i int) {
	if b := &s.blobs[i]; b.at != 0 {
		s.bindNull(i + 1) // it must not point to freed memory
		libc.Xfree(s.db.tls, b.at)
		*b = blob{}
	}
}

// step moves to the next row; false is the end. After an error the statement is reset.
func (s *stmt) step() (row bool, err error) {
	switch rc := lib.Xsqlite3_step(s.db.tls, s.handle); rc {
	case lib.SQLITE_ROW:
		return true, nil
	case lib.SQLITE_DONE:
		return false, nil
	default:
		err = s.db.failure(rc)
		s.reset()
		return false, err
	}
}

// reset ends a run; what went wrong in it, step has said.
func (s *stmt) reset() {
	lib.Xsqlite3_reset(s.db.tls, s.handle)
	if !s.large {
		return
	}
	for i := range s.blobs {
		if len(s.blobs[i].mem) > blobKept {
			s.drop(i)
		}
	}
	s.large = false
}

func (s *stmt) finalize() {
	for i := range s.blobs {
		s.drop(i)
	}
	lib.Xsqlite3_finalize(s.db.tls, s.handle)
}

// int reads column i, counted from 0, of the row; NULL is 0. The other readers count the same way.
func (s *stmt) int(i int) int64 { return lib.Xsqlite3_column_int64(s.db.tls, s.handle, int32(i)) }

func (s *stmt) float(i int) float64 {
	return lib.Xsqlite3_column_double(s.db.tls, s.handle, int32(i))
}

// bytes is the column itself, in SQLite's memory: valid until the statement moves. NULL and empty are nil.
func (s *stmt) bytes(i int) []byte {
	at := lib.Xsqlite3_column_blob(s.db.tls, s.handle, int32(i))
	if at == 0 {
		return nil
	}
	return libc.GoBytes(at, int(lib.Xsqlite3_column_bytes(s.db.tls, s.handle, int32(i))))
}

// clone is a copy of bytes.
func (s *stmt) clone(i int) []byte { return slices.Clone(s.bytes(i)) }

func (s *stmt) text(i int) string { return string(s.bytes(i)) }
