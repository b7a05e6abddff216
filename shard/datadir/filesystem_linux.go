package datadir

import "golang.org/x/sys/unix"

// Filesystem returns the magic number of the file system a path is on, as statfs(2) gives it.
func Filesystem(path string) (magic int64, err error) {
	var st unix.Statfs_t
	if err := unix.Statfs(path, &st); err != nil {
		return 0, err
	}
	return int64(st.Type), nil
}
