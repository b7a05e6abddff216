package capi

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

// DB is one SQLite connection. One goroutine at a time may use it, or the statements made from it.
type DB struct {
	tls    *libc.TLS
	handle uintptr
}

// Error is a result of SQLite's that is no success: its extended code with its explanation.
type Error struct {
	Code    int32
	Message string
}

func (e *Error) Error() string { return fmt.Sprintf("SQLite: %s (%d)", e.Message, e.Code) }

// Primary is the code without its extension.
func (e *Error) Primary() int32 { return e.Code & 0xff }

// Open opens an existing file for reading and writing. Errors of this package that are SQLite's are *Error.
func Open(path string) (*DB, error) {
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
	d := &DB{tls: tls, handle: out.pointer()}
	if rc != lib.SQLITE_OK {
		err := d.failure(rc)
		_ = d.Close()
		return nil, err
	}
	lib.Xsqlite3_extended_result_codes(tls, d.handle, 1)
	// Without this guarantee statements are planned anew whenever a parameter of LIMIT or of a
	// range changes: 90 us each time.
	args := libc.NewVaList(int32(1), uintptr(0))
	defer libc.Xfree(tls, args)
	if rc := lib.Xsqlite3_db_config(tls, d.handle, lib.SQLITE_DBCONFIG_ENABLE_QPSG, args); rc != lib.SQLITE_OK {
		err := d.failure(rc)
		_ = d.Close()
		return nil, err
	}
	return d, nil
}

// failure describes the error that just happened.
func (d *DB) failure(rc int32) error {
	e := &Error{Code: rc, Message: "out of memory"}
	if d.handle == 0 {
		return e
	}
	e.Message = libc.GoString(lib.Xsqlite3_errmsg(d.tls, d.handle))
	if p := e.Primary(); p == lib.SQLITE_CORRUPT || p == lib.SQLITE_NOTADB {
		if errno := d.unread(); errno != 0 {
			e.Code, e.Message = lib.SQLITE_IOERR_CORRUPTFS, errno.Error()
		}
	}
	return e
}

// unread is why the file or its log could not be read, 0 if they could: SQLite takes a device that fails for a file
// that is damaged, which only the last error of the system call tells apart.
func (d *DB) unread() syscall.Errno {
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
		control := function[func(*libc.TLS, uintptr, int32,
			uintptr) int32](function[*lib.Tsqlite3_io_methods](methods).FxFileControl)
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

// Close ends the connection. Its statements must have been finalized.
func (d *DB) Close() error {
	rc := lib.Xsqlite3_close(d.tls, d.handle)
	if rc != lib.SQLITE_OK {
		return d.failure(rc)
	}
	d.tls.Close()
	return nil
}

// InTransaction tells whether BEGIN is in force: some errors end it.
func (d *DB) InTransaction() bool { return lib.Xsqlite3_get_autocommit(d.tls, d.handle) == 0 }

// Changes is the number of rows that the last statement wrote.
func (d *DB) Changes() int { return int(lib.Xsqlite3_changes(d.tls, d.handle)) }

// Prepare compiles the first statement of sql and returns the rest.
func (d *DB) Prepare(sql string) (s *Stmt, rest string, err error) {
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
	s = &Stmt{db: d, handle: out.pointer()}
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

// Stmt is a prepared statement. A statement that was stepped must be reset before its
// parameters are bound again.
type Stmt struct {
	db     *DB
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

// BindInt sets parameter i, counted from 1, as do the other binders.
func (s *Stmt) BindInt(i int, v int64) {
	lib.Xsqlite3_bind_int64(s.db.tls, s.handle, int32(i), v)
}

// BindInts sets parameters from i on.
func (s *Stmt) BindInts(i int, vs ...int64) {
	for n, v := range vs {
		s.BindInt(i+n, v)
	}
}

// BindFloat sets a parameter to a number with a fraction.
func (s *Stmt) BindFloat(i int, v float64) {
	lib.Xsqlite3_bind_double(s.db.tls, s.handle, int32(i), v)
}

// BindNull sets a parameter to NULL.
func (s *Stmt) BindNull(i int) { lib.Xsqlite3_bind_null(s.db.tls, s.handle, int32(i)) }

// BindBlob copies b. An empty b gives a blob without bytes, not NULL.
func (s *Stmt) BindBlob(i int, b []byte) {
	if len(b) == 0 {
		lib.Xsqlite3_bind_zeroblob(s.db.tls, s.handle, int32(i), 0)
		return
	}
	at := s.room(i-1, len(b))
	copy(s.blobs[i-1].mem, b)
	lib.Xsqlite3_bind_blob(s.db.tls, s.handle, int32(i), at, int32(len(b)), lib.SQLITE_STATIC)
}

// BindText copies t.
func (s *Stmt) BindText(i int, t string) {
	at := s.room(i-1, len(t)+1)
	copy(s.blobs[i-1].mem, t)
	lib.Xsqlite3_bind_text(s.db.tls, s.handle, int32(i), at, int32(len(t)), lib.SQLITE_STATIC)
}

// room is memory for n bytes of a parameter.
func (s *Stmt) room(i, n int) uintptr {
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

func (s *Stmt) drop(i int) {
	if b := &s.blobs[i]; b.at != 0 {
		s.BindNull(i + 1) // it must not point to freed memory
		libc.Xfree(s.db.tls, b.at)
		*b = blob{}
	}
}

// Step moves to the next row; false is the end. After an error the statement is reset.
func (s *Stmt) Step() (row bool, err error) {
	switch rc := lib.Xsqlite3_step(s.db.tls, s.handle); rc {
	case lib.SQLITE_ROW:
		return true, nil
	case lib.SQLITE_DONE:
		return false, nil
	default:
		err = s.db.failure(rc)
		s.Reset()
		return false, err
	}
}

// Reset ends a run; what went wrong in it, Step has said.
func (s *Stmt) Reset() {
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

// Finalize ends the statement, which may not be used any more.
func (s *Stmt) Finalize() {
	for i := range s.blobs {
		s.drop(i)
	}
	lib.Xsqlite3_finalize(s.db.tls, s.handle)
}

// Int reads column i, counted from 0, of the row; NULL is 0. The other readers count the same way.
func (s *Stmt) Int(i int) int64 { return lib.Xsqlite3_column_int64(s.db.tls, s.handle, int32(i)) }

// Float reads a number with a fraction; NULL is 0.
func (s *Stmt) Float(i int) float64 {
	return lib.Xsqlite3_column_double(s.db.tls, s.handle, int32(i))
}

// Bytes is the column itself, in SQLite's memory: valid until the statement moves. NULL and empty are nil.
func (s *Stmt) Bytes(i int) []byte {
	at := lib.Xsqlite3_column_blob(s.db.tls, s.handle, int32(i))
	if at == 0 {
		return nil
	}
	return libc.GoBytes(at, int(lib.Xsqlite3_column_bytes(s.db.tls, s.handle, int32(i))))
}

// Clone is a copy of Bytes.
func (s *Stmt) Clone(i int) []byte { return slices.Clone(s.Bytes(i)) }

// Text is Bytes as a string.
func (s *Stmt) Text(i int) string { return string(s.Bytes(i)) }

// TakeSteps is how many steps of SQLite's virtual machine the statement took since it was last asked: a measure of the
// rows it visited.
func (s *Stmt) TakeSteps() int64 {
	return int64(lib.Xsqlite3_stmt_status(s.db.tls, s.handle, lib.SQLITE_STMTSTATUS_VM_STEP, 1))
}
