package integration

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// background is a server that is started with daemonize yes.
type background struct {
	*server
	base  string // where it is started
	stdin string
	code  int    // exit status of the process in the foreground
	says  string // what that wrote
}

// start runs the process in the foreground to its end. If that is well, the one in the background is of the test.
func (b *background) start(t *testing.T, args ...string) {
	t.Helper()
	cmd := exec.Command(larderBin, args...)
	var out bytes.Buffer
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = b.base, strings.NewReader(b.stdin), &out, &out
	timer := time.AfterFunc(60*time.Second, func() { cmd.Process.Kill() })
	defer timer.Stop()
	cmd.Run()
	b.code, b.says = cmd.ProcessState.ExitCode(), out.String()
}

// pid is the process in the background, by its own word; it is killed when the test ends.
func (b *background) pid(t *testing.T) int {
	t.Helper()
	if b.code != 0 || b.says != "" {
		t.Fatalf("exit status %d, says %q", b.code, b.says)
	}
	_, text, _ := strings.Cut(dial(t, b.server).must(t, "INFO", "server").text, "process_id:")
	text, _, _ = strings.Cut(text, "\r\n")
	pid, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Kill(pid, syscall.SIGKILL) })
	return pid
}

func newBackground(t *testing.T) *background {
	t.Helper()
	needsLarder(t)
	return &background{base: t.TempDir(), server: &server{bin: larderBin, port: freePort(t)}}
}

// put writes a file into the directory where the server is started.
func (b *background) put(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(b.base, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// gone waits until there is no such process.
func gone(t *testing.T, pid int) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		stat := fileText(t, fmt.Sprintf("/proc/%d/stat", pid))
		if _, state, found := strings.Cut(stat, ") "); !found || state[0] == 'Z' {
			return
		}
	}
	t.Errorf("process %d does not end", pid)
}

// TestDaemonizeReturnsOnceItServes: a client is answered at once, the process is a session of its own with nothing of the
// terminal's, and the pid file names it until it ends.
func TestDaemonizeReturnsOnceItServes(t *testing.T) {
	t.Parallel()
	b := newBackground(t)
	b.start(t, "--port", strconv.Itoa(b.port), "--dir", "data", "--pidfile", "redis.pid", "--daemonize", "yes")
	pid := b.pid(t)
	if got := fileText(t, filepath.Join(b.base, "data", "redis.pid")); got != fmt.Sprintln(pid) {
		t.Errorf("the pid file is %q, the process %d", got, pid)
	}
	for fd := range 3 {
		if target, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", pid, fd)); err != nil || target != "/dev/null" {
			t.Errorf("descriptor %d is %s (%v)", fd, target, err)
		}
	}
	_, stat, _ := strings.Cut(fileText(t, fmt.Sprintf("/proc/%d/stat", pid)), ") ")
	if session := strings.Fields(stat)[3]; session != strconv.Itoa(pid) {
		t.Errorf("process %d is of session %s", pid, session)
	}
	if got := dial(t, b.server).must(t, "CONFIG", "GET", "daemonize").list[1].text; got != "yes" {
		t.Error("daemonize", got)
	}
	syscall.Kill(pid, syscall.SIGHUP)
	dial(t, b.server).must(t, "SET", "k", "v")
	syscall.Kill(pid, syscall.SIGTERM)
	gone(t, pid)
	if _, err := os.Stat(filepath.Join(b.base, "data", "redis.pid")); err == nil {
		t.Error("the pid file is still there")
	}
}

// TestDaemonizeKeepsTheConfiguration of a file with an include, standard input and the command line, whatever of them says
// daemonize; relative paths lead where they did; and CONFIG REWRITE writes the file.
func TestDaemonizeKeepsTheConfiguration(t *testing.T) {
	t.Parallel()
	b := newBackground(t)
	b.put(t, "x.conf", "include y.conf\ndir ./data\nlogfile x.log\npidfile ../x.pid\n")
	b.put(t, "y.conf", "daemonize yes\ntimeout 77\n")
	b.stdin = "maxmemory-samples 9\nrequirepass \"a b\"\nport 1\n"
	b.start(t, "x.conf", "--port", strconv.Itoa(b.port), "--maxclients", "123", "--requirepass", "", "-")
	pid := b.pid(t)
	c := dial(t, b.server)
	for name, want := range map[string]string{
		"timeout": "77", "maxmemory-samples": "9", "maxclients": "123", "requirepass": "", "logfile": "x.log", "pidfile": "../x.pid",
		"dir": filepath.Join(b.base, "data"), "daemonize": "yes",
	} {
		if got := c.must(t, "CONFIG", "GET", name).list[1].text; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if !strings.Contains(c.must(t, "INFO", "server").text, "config_file:"+filepath.Join(b.base, "x.conf")) {
		t.Error("INFO does not name the file")
	}
	c.must(t, "CONFIG", "SET", "maxmemory-samples", "8")
	c.must(t, "CONFIG", "REWRITE")
	if got := fileText(t, filepath.Join(b.base, "x.conf")); !strings.Contains(got, "maxmemory-samples 8\n") {
		t.Errorf("the file is\n%s", got)
	}
	if fileText(t, filepath.Join(b.base, "data", "x.log")) == "" || fileText(t, filepath.Join(b.base, "x.pid")) != fmt.Sprintln(pid) {
		t.Error("log or pid file are not where they should be")
	}
	syscall.Kill(pid, syscall.SIGTERM)
	gone(t, pid)
	b.start(t, filepath.Join(b.base, "x.conf"), "--port", strconv.Itoa(b.port))
	b.pid(t)
	if got := dial(t, b.server).must(t, "CONFIG", "GET", "maxmemory-samples").list[1].text; got != "8" {
		t.Error("after a start from the rewritten file maxmemory-samples is", got)
	}
}

// TestDaemonizeReadsAPipeOnce: bash's <(...) is a file that cannot be read again.
func TestDaemonizeReadsAPipeOnce(t *testing.T) {
	t.Parallel()
	b := newBackground(t)
	cmd := exec.Command("bash", "-c", `"$0" <(printf 'port %s\ndir data\ndaemonize yes\npidfile x.pid\n' "$1")`, larderBin, strconv.Itoa(b.port))
	cmd.Dir = b.base
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	b.pid(t)
}

// TestDaemonizeTellsWhatWentWrong: what the process in the background says is on standard error, and its exit status.
func TestDaemonizeTellsWhatWentWrong(t *testing.T) {
	t.Parallel()
	other := startLarder(t)
	for name, r := range map[string]struct{ args, says string }{
		"port taken":        {fmt.Sprintf("--port %d", other.port), "is taken by a Redis server"},
		"directory in use":  {"--port PORT --dir " + other.dir, "is in use by process " + strconv.Itoa(other.cmd.Process.Pid)},
		"no log file":       {"--port PORT --logfile /nowhere/x.log", "Can't open the log file: No such file or directory"},
		"no unix socket":    {"--port PORT --unixsocket /nowhere/x", "/nowhere/x"},
		"another directive": {"--prot 1", "Bad directive or wrong number of arguments"},
	} {
		b := newBackground(t)
		args := strings.Fields(strings.ReplaceAll(r.args, "PORT", strconv.Itoa(b.port)))
		b.start(t, append([]string{"--dir", "data", "--pidfile", "x.pid", "--daemonize", "yes"}, args...)...)
		if b.code != 1 || !strings.Contains(b.says, r.says) || strings.Contains(b.says, "\x00") {
			t.Errorf("%s: exit status %d, says %q", name, b.code, b.says)
		}
		if _, err := os.Stat(filepath.Join(b.base, "data", "x.pid")); err == nil {
			t.Errorf("%s: a pid file is left", name)
		}
	}
}

// TestDaemonizeTellsOfADeathWhileLoading, of which the process in the background cannot speak itself.
func TestDaemonizeTellsOfADeathWhileLoading(t *testing.T) {
	t.Parallel()
	for _, one := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM} {
		b := newBackground(t)
		b.dir = loadsForever(t)
		cmd := exec.Command(larderBin, "--port", strconv.Itoa(b.port), "--dir", b.dir, "--daemonize", "yes")
		stderr, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		pid, err := strconv.Atoi(strings.TrimSpace(waitFile(t, filepath.Join(b.dir, "lock"))))
		if err != nil || pid == cmd.Process.Pid {
			t.Fatalf("process %d holds the data: %v", pid, err)
		}
		syscall.Kill(pid, one)
		says, _ := io.ReadAll(stderr)
		cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != 1 || !strings.Contains(string(says), "ended before it served") {
			t.Errorf("%v: exit status %d, says %q", one, code, says)
		}
	}
}
