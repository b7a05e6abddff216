package integration

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// client is a program below clients/ that uses Larder through a library of its own
// language. It prints what came of its work, and that must be its expected.txt.
type client struct {
	name    string   // the directory; behind a space what sets it apart from others that run the same program
	command []string // in the client's own directory; of Go programs none
	library string   // what a program of node requires: its command is node
	own     bool     // it uses commands that Redis has not
	cluster bool     // its server is a cluster of one node
}

// clients are the programs, those that wait longest first: they run side by side.
var clients = []client{
	{name: "sidekiq", command: []string{"ruby", "main.rb"}},
	{name: "celery", command: []string{"/usr/bin/python3", "main.py"}},
	{name: "rq", command: []string{"/usr/bin/python3", "main.py"}},
	{name: "bullmq", library: "bullmq"},
	{name: "bullmq 5", library: "bullmq5"},
	{name: "ioredis", library: "ioredis"},
	{name: "ioredis 5", library: "ioredis5"},
	{name: "noderedis", library: "redis"},
	{name: "noderedis 5", library: "redis5"},
	{name: "asynq"},
	{name: "goredis"},
	{name: "rueidis"},
	{name: "rueidis cluster", cluster: true},
	{name: "gocluster", cluster: true},
	{name: "nodecluster", command: []string{"node", "main.js"}, cluster: true},
	{name: "cachego", own: true},
	{name: "cachepy", command: []string{"/usr/bin/python3", "main.py"}, own: true},
	{name: "redispy", command: []string{"/usr/bin/python3", "main.py"}},
	{name: "django", command: []string{"/usr/bin/python3", "main.py"}},
	{name: "php", command: []string{"php", "main.php"}},
}

// TestClients runs each program against a server of its own.
func TestClients(t *testing.T) {
	jobs := "1000"
	if os.Getenv("LARDER_TEST_LONG") != "" {
		jobs = "10000"
	}
	modules, programs := nodeModules(t), buildGoClients(t)
	for _, c := range clients {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.own {
				needsLarder(t)
			}
			program, _, _ := strings.Cut(c.name, " ")
			dir, err := filepath.Abs(filepath.Join("clients", program))
			if err != nil {
				t.Fatal(err)
			}
			s := c.server(t)
			words := c.command
			switch {
			case c.library != "":
				words = []string{"node", "main.js"}
			case len(words) == 0:
				words = []string{filepath.Join(programs, program)}
			}
			cmd := exec.Command(words[0], words[1:]...)
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "HOST=127.0.0.1", "PORT="+strconv.Itoa(s.port), "JOBS="+jobs,
				"NODE_PATH="+modules, "LIBRARY="+c.library, "PYTHONDONTWRITEBYTECODE=1")
			want, err := os.ReadFile(filepath.Join(dir, "expected.txt"))
			if err != nil {
				t.Fatal(err)
			}
			compareLines(t, strings.ReplaceAll(string(want), "{jobs}", jobs), runClient(t, cmd))
		})
	}
}

// server is a fresh one. The clients of a cluster must find it where they have found it, so it announces nothing else.
func (c *client) server(t *testing.T) *server {
	t.Helper()
	if c.cluster {
		return startCluster(t, larderBin, "--cluster-announce-port", "0")
	}
	return startLarder(t)
}

// runClient returns what the program prints. Its workers, which are of its process group,
// end with it.
func runClient(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	var out, complaints lockedBuffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		t.Fatalf("%v: ./test.sh installs it", err)
	}
	end := func() { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	timer := time.AfterFunc(4*time.Minute, end)
	err := cmd.Wait()
	timer.Stop()
	end()
	if err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		text := complaints.String()
		t.Errorf("%v; it says:\n%s", err, text[max(0, len(text)-4000):])
	}
	return out.String()
}

// compareLines shows the lines that differ.
func compareLines(t *testing.T, want, got string) {
	t.Helper()
	wanted, gotten := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(wanted), len(gotten)) {
		line := func(lines []string) string {
			if i < len(lines) {
				return lines[i]
			}
			return "(nothing)"
		}
		if line(wanted) != line(gotten) {
			t.Errorf("line %d:\nwant %s\ngot  %s", i+1, line(wanted), line(gotten))
		}
	}
}

// buildGoClients builds the programs of the module in clients/ and returns their directory.
func buildGoClients(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	build := exec.Command("go", "build", "-o", dir+"/", "./...")
	build.Dir = "clients"
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("the Go clients do not build: %v\n%s", err, out)
	}
	return dir
}

// nodeModules installs what clients/package-lock.json names, once for each state of that
// file, and returns the directory. Nothing of it stays in the repository.
func nodeModules(t *testing.T) string {
	t.Helper()
	scratch := os.Getenv("LARDER_SCRATCH")
	if scratch == "" {
		scratch = "/var/tmp/larder-scratch"
	}
	sum := sha256.New()
	texts := map[string][]byte{}
	for _, name := range []string{"package.json", "package-lock.json"} {
		text, err := os.ReadFile(filepath.Join("clients", name))
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = text
		sum.Write(text)
	}
	dir := filepath.Join(scratch, fmt.Sprintf("node-%x", sum.Sum(nil)[:8]))
	if _, err := os.Stat(dir); err == nil {
		return filepath.Join(dir, "node_modules")
	}
	if err := os.MkdirAll(scratch, 0o755); err != nil {
		t.Fatal(err)
	}
	fresh, err := os.MkdirTemp(scratch, "node-new-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(fresh)
	for name, text := range texts {
		if err := os.WriteFile(filepath.Join(fresh, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	npm := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	npm.Dir = fresh
	if out, err := npm.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
	if err := os.Rename(fresh, dir); err != nil && !errors.Is(err, os.ErrExist) {
		t.Fatal(err)
	}
	return filepath.Join(dir, "node_modules")
}
