package integration

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// provoke sends what Larder and Redis both warn of in their log, once a minute, and waits until the connection is closed.
func provoke(t *testing.T, s *server) {
	t.Helper()
	c := dial(t, s)
	c.SetDeadline(time.Now().Add(20 * time.Second))
	fmt.Fprint(c, "POST / HTTP/1.1\r\n")
	for buffer := make([]byte, 512); ; {
		if _, err := c.Read(buffer); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal("the connection stays open")
		} else if err != nil {
			return
		}
	}
}

func fileText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return string(text)
}

// TestLogFileIsOpenedAnewAfterRotation: Debian's logrotate moves the file away and tells the server nothing.
func TestLogFileIsOpenedAnewAfterRotation(t *testing.T) {
	t.Parallel()
	for name, rotate := range map[string]func(path string) error{
		"moved":   func(path string) error { return os.Rename(path, path+".1") },
		"removed": os.Remove,
		"replaced": func(path string) error {
			return errors.Join(os.Rename(path, path+".1"), os.WriteFile(path, nil, 0o600))
		},
		"copied and truncated": func(path string) error { return os.Truncate(path, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "redis.log")
			s := startLarder(t, "--logfile", path)
			until(t, "the last line of the start", func() bool { // it comes after the first answer
				return strings.Contains(fileText(t, path), "Ready to accept connections")
			})
			before := fileText(t, path)
			if err := rotate(path); err != nil {
				t.Fatal(err)
			}
			provoke(t, s)
			if new := fileText(t, path); strings.Count(new, "\n") != 1 || strings.Contains(new, "\x00") || !strings.Contains(new, "SECURITY") {
				t.Errorf("after a warning the file is %q", new)
			}
			s.term(t)
			if new := fileText(t, path); strings.Count(new, "\n") < 2 {
				t.Errorf("after the end the file is %q", new)
			}
			if moved := fileText(t, path+".1"); moved != "" && moved != before {
				t.Errorf("the moved file grew to %q", moved)
			}
		})
	}
}

// TestLogFileWithoutItsDirectory keeps the server alive, and comes back with the directory.
func TestLogFileWithoutItsDirectory(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "log")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "redis.log")
	s := startLarder(t, "--logfile", path)
	if err := os.Rename(dir, dir+".away"); err != nil {
		t.Fatal(err)
	}
	provoke(t, s)
	dial(t, s).must(t, "SET", "k", "v")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	s.term(t)
	if fileText(t, path) == "" {
		t.Error("nothing in the log once the directory is there again")
	}
}

// TestLogThatNobodyTakesEndsNothing: standard output is closed, full, or a pipe whose reader has gone away.
func TestLogThatNobodyTakesEndsNothing(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	for name, redirection := range map[string]string{
		"closed": ">&- 2>&-", "full": ">/dev/full 2>&1", "reader gone": "",
	} {
		t.Run(name, func(t *testing.T) {
			s := &server{bin: larderBin, dir: t.TempDir(), port: freePort(t)}
			s.cmd = exec.Command("sh", append([]string{"-c", `exec "$0" "$@" ` + redirection}, s.command().Args...)...)
			s.cmd.Dir = s.dir
			read, write, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			s.cmd.Stdout, s.cmd.Stderr = write, write
			read.Close()
			s.log, s.done = &lockedBuffer{}, make(chan struct{})
			if err := s.cmd.Start(); err != nil {
				t.Fatal(err)
			}
			write.Close()
			go func() { s.cmd.Wait(); close(s.done) }()
			t.Cleanup(s.stop)
			if !s.waitUp() {
				t.Fatal("it does not start")
			}
			if name == "closed" {
				// The first file to be opened would have its number, and get the log's lines.
				if target, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/1", s.cmd.Process.Pid)); err == nil && target != "/dev/null" {
					t.Error("standard output is", target)
				}
			}
			provoke(t, s)
			dial(t, s).must(t, "SET", "k", "v")
			s.term(t)
			if code := s.cmd.ProcessState.ExitCode(); code != 0 {
				t.Error("exit status", s.cmd.ProcessState)
			}
		})
	}
}

// TestLoglevelChangesWhileItRuns in the file.
func TestLoglevelChangesWhileItRuns(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	path := filepath.Join(t.TempDir(), "redis.log")
	s := startLarder(t, "--logfile", path, "--loglevel", "nothing")
	provoke(t, s)
	if got := fileText(t, path); got != "" {
		t.Errorf("with loglevel nothing the log is %q", got)
	}
	dial(t, s).must(t, "CONFIG", "SET", "loglevel", "verbose")
	s.term(t)
	if got := fileText(t, path); !strings.Contains(got, "signal=terminated") {
		t.Errorf("with loglevel verbose the log is %q", got)
	}
}

// TestSyslogNeedsNobodyWhoListens: with `syslog-enabled yes` the log stands in the file as well.
func TestSyslogNeedsNobodyWhoListens(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "redis.log")
	s := startLarder(t, "--logfile", path, "--syslog-enabled", "yes", "--syslog-facility", "local7")
	provoke(t, s)
	if !strings.Contains(fileText(t, path), "SECURITY") {
		t.Error("the warning is missing in the log file")
	}
}

// TestLogFileThatCannotBeOpenedIsRefused in Redis's words.
func TestLogFileThatCannotBeOpenedIsRefused(t *testing.T) {
	t.Parallel()
	var said []string
	for _, bin := range []string{larderBin, judgeBin(t)} {
		code, out := refuse(t, &server{bin: bin, dir: t.TempDir(), port: freePort(t), args: []string{"--logfile", "/nowhere/redis.log"}})
		_, reason, found := strings.Cut(out, "***\n")
		if code != 1 || !found {
			t.Errorf("%s: exit status %d, says %q", bin, code, out)
		}
		said = append(said, strings.TrimSpace(reason))
	}
	if said[0] != said[1] {
		t.Errorf("%q, the judge %q", said[0], said[1])
	}
}

// TestCrashStandsInTheLogFile: standard error, where Go's runtime writes, is lost in the background.
func TestCrashStandsInTheLogFile(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	path := filepath.Join(t.TempDir(), "redis.log")
	s := startLarder(t, "--logfile", path)
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	provoke(t, s) // the file is another one now
	s.cmd.Process.Signal(syscall.SIGQUIT)
	s.waitEnd(t)
	if got := fileText(t, path); !strings.Contains(got, "SIGQUIT") || !strings.Contains(got, "goroutine ") {
		t.Errorf("the log is %q", got)
	}
}

// TestRelativePathsStartAtDir as in Redis, which changes into it. The directory they are started in stays empty.
func TestRelativePathsStartAtDir(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	for _, bin := range []string{larderBin, judgeBin(t)} {
		dir := filepath.Join(base, filepath.Base(bin))
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		conf := fmt.Sprintf("port 0\nbind 127.0.0.1\ndir %s\nlogfile x.log\npidfile x.pid\nunixsocket x.sock\n", filepath.Base(bin))
		if err := os.WriteFile(filepath.Join(base, "x.conf"), []byte(conf), 0o600); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		cmd := exec.Command(bin, "x.conf")
		cmd.Dir, cmd.Stdout, cmd.Stderr = base, &out, &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		pid := waitFile(t, filepath.Join(dir, "x.pid"))
		if pid != strconv.Itoa(cmd.Process.Pid)+"\n" {
			t.Errorf("%s: the pid file is %q, the process %d; says %s", bin, pid, cmd.Process.Pid, &out)
		}
		for _, name := range []string{"x.log", "x.sock"} {
			if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
				t.Errorf("%s: %v", bin, err)
			}
		}
		cmd.Process.Kill()
		cmd.Wait()
	}
}

// waitFile waits until a file has a line, and returns it.
func waitFile(t *testing.T, path string) string {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if text, err := os.ReadFile(path); err == nil && bytes.HasSuffix(text, []byte("\n")) {
			return string(text)
		}
	}
	t.Fatalf("%s does not come", path)
	return ""
}
