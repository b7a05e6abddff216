package unread

import (
	"os"
	"syscall"
)

// Of fallocate(2): the bytes are given back to the disk, and the file keeps its length.
const (
	keepSize  = 0x01
	punchHole = 0x02
)

// free gives part of a file back to the disk. Where a file system cannot, the space is free once the file is closed.
func free(f *os.File, from, to int64) {
	_ = syscall.Fallocate(int(f.Fd()), keepSize|punchHole, from, to-from)
}
