//go:build !linux

package wal

import "os"

// fillFile gives a file all its blocks.
func fillFile(f *os.File, size int64) error { return zeros(f, size) }
