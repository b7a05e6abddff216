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
	switch result.primary() {
	case lib.SQLITE_FULL:
		return &store.Error{Code: store.CodeFull, Message: "no space left for " + path, Err: err}
	case lib.SQLITE_IOERR, lib.SQLITE_CANTOPEN:
		return &store.Error{Code: store.CodeIO, Message: "the device of " + path + " failed", Err: err}
	case lib.SQLITE_READONLY:
		return &store.Error{Code: store.CodeIO, Message: path + " is read-only", Err: err}
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return damaged(path, "not readable as a database", err)
	}
	return &store.Error{Code: store.CodeInternal, Message: path, Err: err}
}

func damaged(path, how string, err error) error {
	return &store.Error{Code: store.CodeDamaged, Message: path + " is damaged: " + how, Err: err}
}

// misuse reports a caller that breaks the contract of package store.
func misuse(what string) error { return &store.Error{Code: store.CodeInternal, Message: what} }
