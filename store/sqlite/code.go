package sqlite

import (
	"errors"

	"zombiezen.com/go/sqlite"

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
	switch sqlite.ErrCode(err).ToPrimary() {
	case sqlite.ResultFull:
		return &store.Error{Code: store.CodeFull, Message: "no space left for " + path, Err: err}
	case sqlite.ResultIOErr, sqlite.ResultCantOpen:
		return &store.Error{Code: store.CodeIO, Message: "the device of " + path + " failed", Err: err}
	case sqlite.ResultReadOnly:
		return &store.Error{Code: store.CodeIO, Message: path + " is read-only", Err: err}
	case sqlite.ResultCorrupt, sqlite.ResultNotADB:
		return damaged(path, "not readable as a database", err)
	}
	return &store.Error{Code: store.CodeInternal, Message: path, Err: err}
}

func damaged(path, how string, err error) error {
	return &store.Error{Code: store.CodeDamaged, Message: path + " is damaged: " + how, Err: err}
}

// misuse reports a caller that breaks the contract of package store.
func misuse(what string) error { return &store.Error{Code: store.CodeInternal, Message: what} }
