// Package rowcache remembers rows of files as they are in the files, for many files together and within so many bytes.
// It knows nothing of SQLite, heads and items: to it a row is a Record, a name and a value with a few numbers, at a
// Key. Only store/sqlite fills it and asks it; files that are opened together share one Cache.
package rowcache
