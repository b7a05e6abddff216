package integration

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// outcome sends a process a signal and says what became of it: "serves", or the exit status as a shell has it.
func outcome(t *testing.T, s *server, one syscall.Signal) string {
	t.Helper()
	c := dial(t, s)
	c.must(t, "SET", "k", "v")
	s.cmd.Process.Signal(one)
	// A signal that is ignored leaves nothing to wait for: the end of the connection is waited for, or of many replies.
	for range 50 {
		if v, _ := c.do("PING"); v.kind == 'x' {
			break
		}
		time.Sleep(4 * time.Millisecond)
	}
	if v, _ := c.do("GET", "k"); v.text == "v" {
		return "serves"
	}
	s.waitEnd(t)
	state := s.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if state.Signaled() {
		return strconv.Itoa(128 + int(state.Signal()))
	}
	return strconv.Itoa(state.ExitStatus())
}

// TestSignalsDoWhatTheyDoToRedis: SIGHUP is a terminal that is closed. What was written is there whatever the signal.
func TestSignalsDoWhatTheyDoToRedis(t *testing.T) {
	t.Parallel()
	for _, one := range []syscall.Signal{
		syscall.SIGHUP, syscall.SIGPIPE, syscall.SIGWINCH, syscall.SIGCONT, syscall.SIGURG, syscall.SIGALRM, syscall.SIGTERM, syscall.SIGINT,
		syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGVTALRM, syscall.SIGXCPU, syscall.SIGIO, syscall.SIGPWR, 34, 64,
	} {
		t.Run(one.String(), func(t *testing.T) {
			s := startLarder(t)
			got, want := outcome(t, s, one), outcome(t, startJudge(t), one)
			if got != want {
				t.Errorf("after %v: %s, the judge: %s", one, got, want)
			}
			if judged() || got == "serves" {
				return
			}
			s.restart(t)
			if v := dial(t, s).must(t, "GET", "k").text; v != "v" {
				t.Errorf("k is %q", v)
			}
		})
	}
}

// loadsForever makes a data directory that is loaded as long as the other end of a pipe is not opened.
func loadsForever(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "functions"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// waitListening waits until the port is open, which it is before the data is loaded.
func waitListening(t *testing.T, s *server) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if c, err := net.DialTimeout("tcp", s.addr(), time.Second); err == nil {
			c.Close()
			return
		}
	}
	t.Fatal("nobody listens; the log:\n", s.log)
}

// TestSignalWhileLoadingEndsAtOnce with Redis's exit status, 0.
func TestSignalWhileLoadingEndsAtOnce(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	for one, want := range map[syscall.Signal]int{syscall.SIGTERM: 0, syscall.SIGINT: 0, syscall.SIGUSR1: 138} {
		s := &server{bin: larderBin, dir: loadsForever(t), port: freePort(t), log: &lockedBuffer{}}
		s.spawn(t)
		t.Cleanup(s.stop)
		waitListening(t, s)
		s.cmd.Process.Signal(syscall.SIGHUP)
		s.cmd.Process.Signal(one)
		s.waitEnd(t)
		if got := s.cmd.ProcessState.ExitCode(); got != want || !strings.Contains(s.log.String(), "during loading") {
			t.Errorf("%v: exit status %d; the log:\n%s", one, got, s.log)
		}
	}
}

// TestSecondInterruptEndsWhatHangs: the log is a pipe that nobody empties, so the orderly end never comes.
func TestSecondInterruptEndsWhatHangs(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	s := &server{bin: larderBin, dir: t.TempDir(), port: freePort(t), log: &lockedBuffer{}, done: make(chan struct{})}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	s.cmd = s.command()
	s.cmd.Stdout = write
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { s.cmd.Wait(); close(s.done) }()
	t.Cleanup(s.stop)
	if !s.waitUp() {
		t.Fatal("it does not start")
	}
	dial(t, s).must(t, "SET", "k", "v")
	fill(t, write)
	s.cmd.Process.Signal(syscall.SIGINT)
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		select {
		case <-s.done:
			if code := s.cmd.ProcessState.ExitCode(); code != 1 {
				t.Errorf("exit status %d", code)
			}
			return
		default:
			s.cmd.Process.Signal(syscall.SIGINT)
		}
	}
	t.Error("it does not end")
}

// fill writes into a pipe what it takes.
func fill(t *testing.T, pipe *os.File) {
	t.Helper()
	fd := int(pipe.Fd())
	err := syscall.SetNonblock(fd, true)
	for line := []byte("\n"); err == nil; {
		_, err = syscall.Write(fd, line)
	}
	if err != syscall.EAGAIN {
		t.Fatal(err)
	}
	if err := syscall.SetNonblock(fd, false); err != nil { // the server's end is the same
		t.Fatal(err)
	}
}

// TestPidFileIsWrittenOverAndRemovedAtTheEnd: one that a dead process left is no obstacle.
func TestPidFileIsWrittenOverAndRemovedAtTheEnd(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*server){
		"SIGTERM":  func(s *server) { s.term(t) },
		"SHUTDOWN": func(s *server) { dial(t, s).do("SHUTDOWN", "NOSAVE"); s.waitEnd(t) },
		"SIGINT":   func(s *server) { s.cmd.Process.Signal(syscall.SIGINT); s.waitEnd(t) },
	} {
		path := filepath.Join(t.TempDir(), "redis.pid")
		if err := os.WriteFile(path, []byte("4194305 and more than a number\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		s := startLarder(t, "--pidfile", path)
		if got := waitFile(t, path); got != fmt.Sprintln(s.cmd.Process.Pid) {
			t.Errorf("%s: the pid file is %q, the process %d", name, got, s.cmd.Process.Pid)
		}
		end(s)
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s: the pid file is still there", name)
		}
	}
}

// TestPidFileGoesAfterTheDataIsClosed: a script that has seen it go may start the next server.
func TestPidFileGoesAfterTheDataIsClosed(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	path := filepath.Join(t.TempDir(), "redis.pid")
	s := startLarder(t, "--pidfile", path)
	dial(t, s).must(t, "SET", "k", strings.Repeat("v", 1<<20))
	s.cmd.Process.Signal(syscall.SIGTERM)
	for fileText(t, path) != "" {
		time.Sleep(100 * time.Microsecond)
	}
	lock, err := os.Open(filepath.Join(s.dir, "lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		t.Error("the pid file is gone and the directory still in use:", err)
	}
	s.waitEnd(t)
}

// TestPidFileOfAnotherStays: a successor, or a second server by mistake, has written its own there.
func TestPidFileOfAnotherStays(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	path := filepath.Join(t.TempDir(), "redis.pid")
	s := startLarder(t, "--pidfile", path)
	second := &server{bin: larderBin, dir: t.TempDir(), port: s.port, args: []string{"--pidfile", path}}
	if code, out := refuse(t, second); code != 1 {
		t.Fatalf("a second server on the port: exit status %d, says %s", code, out)
	}
	if got := fileText(t, path); got != fmt.Sprintln(s.cmd.Process.Pid) {
		t.Errorf("a server that did not start has changed the pid file to %q", got)
	}
	if err := os.WriteFile(path, []byte("1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.term(t)
	if got := fileText(t, path); got != "1\n" {
		t.Errorf("the pid file is %q", got)
	}
}

// TestPidFileThatCannotBeWrittenIsNoObstacle.
func TestPidFileThatCannotBeWrittenIsNoObstacle(t *testing.T) {
	t.Parallel()
	s := startLarder(t, "--pidfile", "/nowhere/redis.pid")
	if got := dial(t, s).must(t, "CONFIG", "GET", "pidfile"); got.list[1].text != "/nowhere/redis.pid" {
		t.Error(got)
	}
	s.term(t)
	if code := s.cmd.ProcessState.ExitCode(); code != 0 || !judged() && !strings.Contains(s.log.String(), "pid file") {
		t.Errorf("exit status %d; the log:\n%s", code, s.log)
	}
}

// supervised is a server with a service manager's environment, and what that gets to hear.
func supervised(t *testing.T, bin string, environment []string, args ...string) (s *server, states func() []string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { socket.Close() })
	s = &server{bin: bin, dir: t.TempDir(), port: freePort(t), args: args, log: &lockedBuffer{}, done: make(chan struct{})}
	s.cmd = s.command()
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	s.cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	for _, e := range environment {
		s.cmd.Env = append(s.cmd.Env, strings.ReplaceAll(e, "PATH", path))
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { s.cmd.Wait(); close(s.done) }()
	t.Cleanup(s.stop)
	return s, func() (all []string) {
		for state := make([]byte, 1000); ; {
			socket.SetReadDeadline(time.Now().Add(50 * time.Millisecond)) // the process has ended: all is there
			n, err := socket.Read(state)
			if err != nil {
				return all
			}
			all = append(all, strings.ReplaceAll(string(state[:n]), "Larder", "Redis"))
		}
	}
}

// supervision runs a server through its life and says what it answers about its supervisor, and what that heard.
func supervision(t *testing.T, bin string, environment []string, args ...string) string {
	t.Helper()
	s, states := supervised(t, bin, environment, append(args, "--save", "")...)
	stopped := false
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if stat := strings.Fields(fileText(t, fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))); len(stat) > 2 && stat[2] == "T" {
			stopped = true
			s.cmd.Process.Signal(syscall.SIGCONT)
			break
		}
		c, err := net.DialTimeout("tcp", s.addr(), time.Second)
		if err != nil {
			continue
		}
		c.SetDeadline(time.Now().Add(200 * time.Millisecond)) // a stopped process accepts and does not answer
		fmt.Fprint(c, "PING\r\n")
		_, err = io.ReadFull(c, make([]byte, 1))
		c.Close()
		if err == nil {
			break
		}
	}
	if !s.waitUp() {
		t.Fatalf("%s does not start; its log:\n%s", bin, s.log)
	}
	c := dial(t, s)
	_, by, _ := strings.Cut(c.must(t, "INFO", "server").text, "process_supervised:")
	by, _, _ = strings.Cut(by, "\r\n")
	mode := c.must(t, "CONFIG", "GET", "supervised").list[1].text
	s.term(t)
	return fmt.Sprintf("by %s, supervised %s, stopped %v, heard %q, exit status %d", by, mode, stopped, states(), s.cmd.ProcessState.ExitCode())
}

// TestSupervisors get to hear what Redis tells them, and a server that has one stays in the foreground.
func TestSupervisors(t *testing.T) {
	t.Parallel()
	systemd, upstart := []string{"NOTIFY_SOCKET=PATH"}, []string{"UPSTART_JOB=redis"}
	if got := supervision(t, larderBin, systemd, "--supervised", "systemd"); !strings.Contains(got, "READY=1") || !strings.Contains(got, "STOPPING=1") {
		t.Error(got)
	}
	for _, r := range []struct {
		environment []string
		args        string
	}{
		{systemd, "--supervised systemd"},
		{systemd, "--supervised auto --daemonize yes"},
		{systemd, "--supervised no"},
		{systemd, "--supervised upstart"},
		{upstart, "--supervised upstart --daemonize yes"},
		{append(upstart, systemd...), "--supervised auto"},
		{nil, "--supervised auto"},
		{nil, "--supervised systemd"},
		{[]string{"NOTIFY_SOCKET=/nowhere/socket"}, "--supervised systemd"},
	} {
		args := strings.Fields(r.args)
		got, want := supervision(t, larderBin, r.environment, args...), supervision(t, judgeBin(t), r.environment, args...)
		if got != want {
			t.Errorf("%s %s\n    %s\nthe judge\n    %s", r.environment, r.args, got, want)
		}
	}
}
