package sqlfile

import (
	"errors"

	"larder/store"
	"larder/store/sqlite/capi"
)

// Fault turns an error of SQLite's into one of the store's, by its number and never by its text.
// Errors that are the store's already pass unchanged.
func Fault(path string, err error) error {
	if err == nil {
		return nil
	}
	var known *store.Error
	if errors.As(err, &known) {
		return err
	}
	var result *capi.Error
	if !errors.As(err, &result) {
		return &store.Error{Code: store.CodeInternal, Message: path, Err: err}
	}
	code, how, advice := meaning(result)
	return &store.Error{Code: code, Message: path + " " + how + ": " + advice, Err: err}
}

// meaning says what a result means for the file it was about, and what to do.
func meaning(r *capi.Error) (code store.Code, how, advice string) {
	switch r.Primary() {
	case capi.Full:
		return store.CodeFull, "has no space left", "free some on its file system, or enlarge that"
	case capi.IOErr:
		return ioMeaning(r.Code)
	case capi.CantOpen:
		return store.CodeIO, "could not be opened",
			"look at its permissions, its directory and the limit on open files (ulimit -n)"
	case capi.ReadOnly:
		return store.CodeIO, "may only be read", "look at its permissions, and whether its file system is mounted read-only"
	case capi.Perm, capi.Auth:
		return store.CodeIO, "may not be used", "look at its permissions"
	case capi.NoMem:
		return store.CodeInternal, "needs memory that is not there", "lower cache-size, or give the server more"
	case capi.Busy, capi.Locked, capi.Protocol:
		return store.CodeInternal, "is locked", "end the other program that has it open"
	case capi.Corrupt, capi.NotADB:
		return store.CodeDamaged, "is damaged: not readable as a database", mendIt
	}
	return store.CodeInternal, "was not understood", "this is a defect of the server"
}

const (
	// mendIt is what to do about a damaged file.
	mendIt = "stop the server and run larder check on its directory"
	// SeeDevice is what to do about a device that fails.
	SeeDevice = "its device fails, which the log of the system describes (dmesg)"
)

// ioMeaning tells reading from writing. A file that cannot be read may be sound.
func ioMeaning(code int32) (store.Code, string, string) {
	switch code {
	case capi.IOErrNoMem, capi.IOErrShmMap, capi.IOErrShmSize:
		return store.CodeInternal, "needs memory that is not there", "lower cache-size, or give the server more"
	case capi.IOErrShortRead:
		return store.CodeDamaged, "is damaged: it is too short", mendIt
	case capi.IOErrRead, capi.IOErrCorruptFS, capi.IOErrFstat, capi.IOErrData,
		capi.IOErrAccess, capi.IOErrSeek, capi.IOErrMmap:
		return store.CodeUnreadable, "could not be read", SeeDevice
	case capi.IOErrLock, capi.IOErrUnlock, capi.IOErrRDLock, capi.IOErrCheckReservedLock,
		capi.IOErrShmLock, capi.IOErrShmOpen:
		return store.CodeIO, "could not be locked", "put it on a local file system"
	}
	return store.CodeIO, "could not be written", SeeDevice
}

// Damaged is the error for a file whose damage shows in how, a sentence that goes on from "PATH is damaged:".
func Damaged(path, how string, err error) error {
	return &store.Error{Code: store.CodeDamaged, Message: path + " is damaged: " + how + ": " + mendIt, Err: err}
}

// Unsound reports whether an error says that a part of a file is damaged or cannot be read.
func Unsound(err error) bool {
	return errors.Is(err, &store.Error{Code: store.CodeDamaged}) ||
		errors.Is(err, &store.Error{Code: store.CodeUnreadable})
}
