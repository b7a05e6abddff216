package wal

import (
	"errors"
	"os"
	"syscall"
)

// fillFile gives a file all its blocks.
func fillFile(f *os.File, size int64) error {
	err := syscall.EINTR
	raw, failed := f.SyscallConn()
	if failed != nil {
		return failed
	}
	failed = raw.Control(func(fd uintptr) {
		for err == syscall.EINTR {
			err, _ = syscall.Fallocate(int(fd), 0, 0, size).(syscall.Errno)
		}
	})
	switch {
	case failed != nil:
		return failed
	case err == 0:
		return nil
	case errors.Is(err, errors.ErrUnsupported):
		return zeros(f, size)
	}
	return &os.PathError{Op: "fallocate", Path: f.Name(), Err: err}
}
