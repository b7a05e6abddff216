package disk

import (
	"fmt"
	"io"
	"log"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fuse"
)

// Mount is one life of a disk under a directory. A new mount knows nothing of what the kernel had cached for the last.
type Mount struct {
	server *fuse.Server
	path   string
}

// Mount serves the disk under a directory. The power must be on.
func (d *Disk) Mount(path string) (*Mount, error) {
	// A process that inherited /dev/fuse would keep the mount from ending with this one.
	syscall.ForkLock.RLock()
	server, err := fuse.NewServer(&handler{fuse.NewDefaultRawFileSystem(), d}, path, &fuse.MountOptions{
		DirectMountStrict: true, FsName: "torture", Name: "torture", MaxWrite: 1 << 20,
		DisableXAttrs: true, DisableReadDirPlus: true, Logger: log.New(io.Discard, "", 0)})
	closeOnExec()
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, fmt.Errorf("FUSE cannot be mounted (it takes /dev/fuse and root, or a user namespace of one's own): %w",
			err)
	}
	go server.Serve()
	if err := server.WaitMount(); err != nil {
		return nil, err
	}
	return &Mount{server, path}, nil
}

// closeOnExec marks what this process has open of /dev/fuse.
func closeOnExec() {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return
	}
	for _, e := range entries {
		if target, _ := os.Readlink("/proc/self/fd/" + e.Name()); target != "/dev/fuse" {
			continue
		}
		if fd, err := strconv.Atoi(e.Name()); err == nil {
			syscall.CloseOnExec(fd)
		}
	}
}

// Abandon takes the mount away at once, whoever uses it: the kernel lets go of it when the last has ended.
func (m *Mount) Abandon() error { return syscall.Unmount(m.path, syscall.MNT_DETACH) }

// letGo is how long the kernel may take to let go of what a process had open that has ended.
const letGo = 5 * time.Second

// Close takes the mount away. Who used it must have ended. What the kernel still writes back of shared
// memory is lost if the power is off.
func (m *Mount) Close() error {
	err := syscall.Unmount(m.path, 0)
	for start := time.Now(); err == syscall.EBUSY && time.Since(start) < letGo; err = syscall.Unmount(m.path, 0) {
		time.Sleep(10 * time.Millisecond)
	}
	if err != nil {
		return fmt.Errorf("%s cannot be unmounted: %w", m.path, err)
	}
	m.server.Wait()
	return nil
}
