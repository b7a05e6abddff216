package contend

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// tick is USER_HZ, the unit of /proc/PID/stat, which Linux keeps at 100 on every machine Go runs on.
const tick = 10 * time.Millisecond

// CPU is the user and system time the process has used; what its children used is not in it. It is exact where the
// kernel lends the clock of another process, and in steps of 10 ms elsewhere.
func (s *Server) CPU() time.Duration {
	if spent, ok := clockOf(s.cmd.Process.Pid); ok {
		return spent
	}
	return ticksOf(s.cmd.Process.Pid)
}

// clockOf reads the processor clock of a process: its id is the complement of the process's, then 2 in the three low
// bits, which asks for what the scheduler has counted (clock_getcpuclockid(3)).
func clockOf(pid int) (time.Duration, bool) {
	var t syscall.Timespec
	clock := uintptr(^pid<<3 | 2)
	_, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clock, uintptr(unsafe.Pointer(&t)), 0)
	return time.Duration(t.Nano()), errno == 0
}

func ticksOf(pid int) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	// The name in brackets may hold blanks: count fields from behind it. utime and stime are 14 and 15.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * tick
}

// RSS is the resident memory in bytes, file pages included.
func (s *Server) RSS() int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kb << 10
		}
	}
	return 0
}

// Disk is the bytes of all files in the data directory.
func (s *Server) Disk() int64 { return diskUse(s.data()) }

func diskUse(dir string) (sum int64) {
	filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if info, err := d.Info(); err == nil {
				sum += info.Size()
			}
		}
		return nil // a file that vanishes meanwhile counts nothing
	})
	return sum
}

// WatchRSS samples the resident memory until the returned function is called, which gives the largest sample.
func (s *Server) WatchRSS() func() int64 {
	stop, largest := make(chan struct{}), make(chan int64)
	go func() {
		top := s.RSS()
		for {
			select {
			case <-stop:
				largest <- max(top, s.RSS())
				return
			case <-time.After(100 * time.Millisecond):
				top = max(top, s.RSS())
			}
		}
	}()
	return func() int64 { close(stop); return <-largest }
}
