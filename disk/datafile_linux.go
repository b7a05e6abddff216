package disk

import (
	"os"
	"syscall"
)

// dataFile is a file whose Sync leaves out what is not needed after a crash: the time of the last write, which costs
// an fsync a write of the inode, or a commit of the file system's own journal. Length and place of the data are in
// it. For any goroutine.
type dataFile struct{ *os.File }

// Sync is fdatasync(2), as Redis and SQLite use it.
func (f dataFile) Sync() error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		for failed = syscall.EINTR; failed == syscall.EINTR; {
			failed = syscall.Fdatasync(int(fd))
		}
	})
	if err == nil && failed != nil {
		err = &os.PathError{Op: "fdatasync", Path: f.Name(), Err: failed}
	}
	return err
}
