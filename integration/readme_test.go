package integration

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patientCli stands before redis-cli in the PATH of the README's blocks: it waits for the
// server that an earlier line started in the background, as a reader would.
const patientCli = `#!/bin/bash
for try in {1..300}; do
	%[1]s "$@" 2>"$TMPDIR/cli.$$"
	code=$?
	grep -q 'Could not connect' "$TMPDIR/cli.$$" || break
	sleep 0.2
done
cat "$TMPDIR/cli.$$" >&2
exit $code
`

// TestReadme runs the blocks of the README marked sh, in order and in one shell, in a copy
// of the repository. The ports it names are replaced by free ones, and ./test.sh is only
// looked at: it runs this test. Blocks marked console are shown, not run.
func TestReadme(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := shellBlocks(string(readme))
	if len(blocks) == 0 {
		t.Fatal("README.md has no block marked sh")
	}
	scratch := t.TempDir()
	repo := copyRepository(t, scratch)
	script := "set -eo pipefail\n"
	for i, b := range blocks {
		script += fmt.Sprintf("echo '== block %d'\n%s\n", i+1, b)
	}
	for _, port := range []string{"6379", "6380"} {
		script = strings.ReplaceAll(script, port, strconv.Itoa(freePort(t)))
	}
	script = regexp.MustCompile(`(?m)^\./test\.sh\b.*$`).ReplaceAllString(script, "bash -n ./test.sh")
	runScript(t, repo, scratch, script)
}

func shellBlocks(text string) []string {
	var blocks []string
	for _, m := range regexp.MustCompile("(?ms)^```sh\n(.*?)^```").FindAllStringSubmatch(text, -1) {
		blocks = append(blocks, m[1])
	}
	return blocks
}

// copyRepository copies what git tracks, as it stands in the work tree.
func copyRepository(t *testing.T, scratch string) string {
	t.Helper()
	list := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = ".."
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	repo := filepath.Join(scratch, "larder")
	for name := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		from, to := filepath.Join("..", name), filepath.Join(repo, name)
		info, err := os.Stat(from)
		if err != nil {
			continue // deleted and not yet committed
		}
		content, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, content, info.Mode()); err != nil {
			t.Fatal(err)
		}
	}
	return repo
}

func runScript(t *testing.T, repo, scratch, script string) {
	t.Helper()
	bin := filepath.Join(scratch, "bin")
	real, err := exec.LookPath("redis-cli")
	if err != nil {
		t.Fatal("redis-cli is not installed; apt-get install redis-tools")
	}
	if err := os.Mkdir(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bin, "redis-cli"), fmt.Appendf(nil, patientCli, real), 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", script)
	cmd.Dir = repo
	cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "TMPDIR="+scratch)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	// What the blocks leave running is of the script's own group, and ends with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = time.Second
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	err = cmd.Start()
	if err == nil {
		err = cmd.Wait()
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	}
	if err != nil && err != exec.ErrWaitDelay {
		t.Errorf("%v; the script's output:\n%s", err, out.String())
	}
}
