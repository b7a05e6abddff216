package sqlite

import (
	"errors"

	lib "modernc.org/sqlite/lib"

	"larder/store"
)

// fault turns an error of SQLite's into one of the store's, by its number and never by its text.
// Errors that are the store's already pass unchanged.
func fault(path string, err error) error {
	if err == nil {
		return nil
	}
	var known *store.Error
	if errors.As(err, &known) {
		return err
	}
	var result *resultError
	if !errors.As(err, &result) {
		return &store.Error{Code: store.CodeInternal, Message: path, Err: err}
	}
	code, how, advice := meaning(result)
	return &store.Error{Code: code, Message: path + " " + how + ": " + advice, Err: err}
}

// meaning says what a result means for the file it was about, and what to do.
func meaning(r *resultError) (code store.Code, how, advice string) {
	switch r.primary() {
	case lib.SQLITE_FULL:
		return store.CodeFull, "has no space left", "free some on its file system, or enlarge that"
	case lib.SQLITE_IOERR:
		return ioMeaning(r.code)
	case lib.SQLITE_CANTOPEN:
		return store.CodeIO, "could not be opened", "look at its permissions, its directory and the limit on open files (ulimit -n)"
	case lib.SQLITE_READONLY:
		return store.CodeIO, "may only be read", "look at its permissions, and whether its file system is mounted read-only"
	case lib.SQLITE_PERM, lib.SQLITE_AUTH:
		return store.CodeIO, "may not be used", "look at its permissions"
	case lib.SQLITE_NOMEM:
		return store.CodeInternal, "needs memory that is not there", "lower cache-size, or give the server more"
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED, lib.SQLITE_PROTOCOL:
		return store.CodeInternal, "is locked", "end the other program that has it open"
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return store.CodeDamaged, "is damaged: not readable as a database", mendIt
	}
	return store.CodeInternal, "was not understood", "this is a defect of the server"
}

const (
	// mendIt is what to do about a damaged file.
	mendIt = "stop the server and run larder check on its directory"
	// seeDevice is what to do about a device that fails.
	seeDevice = "its device fails, which the log of the system describes (dmesg)"
)

// ioMeaning tells reading from writing. A file that cannot be read may be sound.
func ioMeaning(code int32) (store.Code, string, string) {
	switch code {
	case lib.SQLITE_IOERR_NOMEM, lib.SQLITE_IOERR_SHMMAP, lib.SQLITE_IOERR_SHMSIZE:
		return store.CodeInternal, "needs memory that is not there", "lower cache-size, or give the server more"
	case lib.SQLITE_IOERR_SHORT_READ:
		return store.CodeDamaged, "is damaged: it is too short", mendIt
	case lib.SQLITE_IOERR_READ, lib.SQLITE_IOERR_CORRUPTFS, lib.SQLITE_IOERR_FSTAT, lib.SQLITE_IOERR_DATA,
		lib.SQLITE_IOERR_ACCESS, lib.SQLITE_IOERR_SEEK, lib.SQLITE_IOERR_MMAP:
		return store.CodeUnreadable, "could not be read", seeDevice
	case lib.SQLITE_IOERR_LOCK, lib.SQLITE_IOERR_UNLOCK, lib.SQLITE_IOERR_RDLOCK, lib.SQLITE_IOERR_CHECKRESERVEDLOCK,
		lib.SQLITE_IOERR_SHMLOCK, lib.SQLITE_IOERR_SHMOPEN:
		return store.CodeIO, "could not be locked", "put it on a local file system"
	}
	return store.CodeIO, "could not be written", seeDevice
}

func damaged(path, how string, err error) error {
	return &store.Error{Code: store.CodeDamaged, Message: path + " is damaged: " + how + ": " + mendIt, Err: err}
}

// unsound reports whether an error says that a part of a file is damaged or cannot be read.
func unsound(err error) bool {
	return errors.Is(err, &store.Error{Code: store.CodeDamaged}) || errors.Is(err, &store.Error{Code: store.CodeUnreadable})
}

// misuse reports a caller that breaks the contract of package store.
func misuse(what string) error { return &store.Error{Code: store.CodeInternal, Message: what} }
