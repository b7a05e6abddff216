package contend

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is USER_HZ, the unit of /proc/PID/stat, which Linux keeps at 100 on every machine Go runs on.
const tick = 10 * time.Millisecond

// CPU is the user and system time the process has used, in steps of 10 ms; what its children used is not in it.
func (s *Server) CPU() time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
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
func (s *Server) Disk() int64 { return diskUse(filepath.Join(s.dir, "data")) }

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

// WaitIdle returns when the server uses less than a tenth of a core or so, or after limit: what a command left to do
// in the background is done, and its CPU can be billed to the command. See AwaitSettled.
func (s *Server) WaitIdle(limit time.Duration) {
	const look = 150 * time.Millisecond
	for end := time.Now().Add(limit); time.Now().Before(end) && s.Alive(); {
		before := s.CPU()
		time.Sleep(look)
		if s.CPU()-before <= tick && (!s.AwaitSettled || s.settled()) {
			return
		}
	}
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
