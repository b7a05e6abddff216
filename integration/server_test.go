package integration

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// server is one running server process, Larder or the judge. Its methods are for the
// test's goroutine; log may be read by any.
type server struct {
	bin  string
	args []string // without port and dir
	dir  string
	port int
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
	log  *lockedBuffer
}

// lockedBuffer collects a process's output; for any goroutine.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// startLarder starts the binary under test in a directory of its own and stops it when the test ends.
func startLarder(t testing.TB, args ...string) *server {
	t.Helper()
	if judged() {
		args = append([]string{"--save", ""}, args...)
	}
	return startIn(t, larderBin, t.TempDir(), args...)
}

// startJudge starts a redis-server that keeps nothing on disk.
func startJudge(t *testing.T, args ...string) *server {
	t.Helper()
	return startIn(t, judgeBin(t), t.TempDir(), append([]string{"--save", "", "--appendonly", "no"}, args...)...)
}

func startIn(t testing.TB, bin, dir string, args ...string) *server {
	t.Helper()
	s := &server{bin: bin, args: args, dir: dir, log: &lockedBuffer{}}
	for range 5 {
		s.port = freePort(t)
		s.spawn(t)
		if s.waitUp() {
			t.Cleanup(func() { s.stop(); s.report(t) })
			return s
		}
		s.stop()
	}
	t.Fatalf("%s does not start; its log:\n%s", bin, s.log)
	return nil
}

// report shows the tail of the log of a failed test.
func (s *server) report(t testing.TB) {
	if !t.Failed() || s.bin != larderBin {
		return
	}
	log := s.log.String()
	if n := len(log); n > 4000 {
		log = "..." + log[n-4000:]
	}
	t.Logf("log of %s:\n%s", s.bin, log)
}

// handedOut are the ports that freePort has given to the tests of this process, which run side by side: a port is free again
// until its server listens, and a test that finds another's server at its port takes it for its own.
var handedOut sync.Map

func freePort(t testing.TB) int {
	t.Helper()
	for {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := ln.Addr().(*net.TCPAddr).Port
		ln.Close()
		if _, known := handedOut.LoadOrStore(port, true); !known {
			return port
		}
	}
}

// command is the server's command line. A configuration file, if it has one, is the first of its arguments.
func (s *server) command() *exec.Cmd {
	args := slices.Clone(s.args)
	files := 0
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		files = 1
	}
	args = slices.Insert(args, files, "--port", strconv.Itoa(s.port), "--dir", s.dir)
	cmd := exec.Command(s.bin, args...)
	cmd.Dir = s.dir
	return cmd
}

func (s *server) spawn(t testing.TB) {
	t.Helper()
	s.cmd = s.command()
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	s.done = done
	go func() {
		s.cmd.Wait()
		close(done)
	}()
}

// waitUp waits until the server answers, with anything at all, or has ended.
func (s *server) waitUp() bool {
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		select {
		case <-s.done:
			return false
		default:
		}
		c, err := net.DialTimeout("tcp", s.addr(), time.Second)
		if err != nil {
			continue
		}
		c.SetDeadline(time.Now().Add(2 * time.Second))
		fmt.Fprintf(c, "PING\r\n")
		n, _ := c.Read(make([]byte, 1))
		c.Close()
		if n == 1 {
			return true
		}
	}
	return false
}

func (s *server) addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// stop ends the process for certain.
func (s *server) stop() {
	s.cmd.Process.Kill()
	<-s.done
}

// kill is kill -9.
func (s *server) kill(t testing.TB) {
	t.Helper()
	s.cmd.Process.Signal(syscall.SIGKILL)
	s.waitEnd(t)
}

// term asks politely and waits for the end.
func (s *server) term(t testing.TB) {
	t.Helper()
	s.cmd.Process.Signal(syscall.SIGTERM)
	s.waitEnd(t)
}

func (s *server) waitEnd(t testing.TB) {
	t.Helper()
	select {
	case <-s.done:
	case <-time.After(60 * time.Second):
		t.Fatalf("%s does not end; its log:\n%s", s.bin, s.log)
	}
}

// restart starts the server again on the same directory and port.
func (s *server) restart(t testing.TB) {
	t.Helper()
	s.spawn(t)
	if !s.waitUp() {
		t.Fatalf("%s does not start again; its log:\n%s", s.bin, s.log)
	}
}

// refuse runs the server's command line to its end and returns exit code and output.
// It is for starts that must fail.
func refuse(t *testing.T, s *server) (code int, out string) {
	t.Helper()
	cmd := s.command()
	var b lockedBuffer
	cmd.Stdout, cmd.Stderr = &b, &b
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(20*time.Second, func() { cmd.Process.Kill() })
	defer timer.Stop()
	cmd.Wait()
	return cmd.ProcessState.ExitCode(), b.String()
}

// memoryKB reads a figure of /proc/PID/status, as VmRSS, in KiB.
func (s *server) memoryKB(t testing.TB, field string) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, field+":"); ok {
			n, _ := strconv.Atoi(strings.Fields(rest)[0])
			return n
		}
	}
	t.Fatalf("no %s in /proc/PID/status", field)
	return 0
}
