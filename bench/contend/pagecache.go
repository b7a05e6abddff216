package contend

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"unsafe"
)

// adviseDontNeed is POSIX_FADV_DONTNEED of posix_fadvise(2).
const adviseDontNeed = 4

// Uncache puts the files of a directory that nobody has open out of the page cache, and returns the share of their
// pages that are still in it, from 0 to 1: a file system in memory keeps all of them. It needs no rights beyond
// reading, and leaves everybody else's files alone, which dropping the machine's caches would not.
func Uncache(dir string) (left float64, err error) {
	pages, resident := 0, 0
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		all, kept, err := uncacheFile(path)
		pages, resident = pages+all, resident+kept
		return err
	})
	return float64(resident) / float64(max(pages, 1)), err
}

// uncacheFile syncs the file first: pages that are not on the disk yet stay.
func uncacheFile(path string) (pages, resident int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return 0, 0, err
	}
	if err := f.Sync(); err != nil {
		return 0, 0, err
	}
	if _, _, errno := syscall.Syscall6(syscall.SYS_FADVISE64, f.Fd(), 0, 0, adviseDontNeed, 0, 0); errno != 0 {
		return 0, 0, errno
	}
	return residency(f, int(info.Size()))
}

// residency counts the pages of a file, and those of them in memory: mapping a file brings none in.
func residency(f *os.File, size int) (pages, resident int, err error) {
	mapped, err := syscall.Mmap(int(f.Fd()), 0, size, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return 0, 0, err
	}
	defer syscall.Munmap(mapped)
	states := make([]byte, (size+os.Getpagesize()-1)/os.Getpagesize())
	_, _, errno := syscall.Syscall(syscall.SYS_MINCORE, uintptr(unsafe.Pointer(&mapped[0])), uintptr(size),
		uintptr(unsafe.Pointer(&states[0])))
	if errno != 0 {
		return 0, 0, errno
	}
	for _, state := range states {
		resident += int(state & 1)
	}
	return len(states), resident, nil
}
