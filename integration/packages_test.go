package integration

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"
)

// packageQuestions are asked of both servers with redis-cli. Answers are compared line by
// line, without order where the question begins with "sorted".
var packageQuestions = []string{
	"DBSIZE",
	"HGET pkg:bash Version",
	"HMGET pkg:coreutils Section Installed-Size Maintainer Homepage nosuch",
	"sorted HGETALL pkg:dpkg",
	"HLEN pkg:libc6",
	"HSTRLEN pkg:bash Depends",
	"SCARD section:games",
	"SISMEMBER section:shells bash",
	"sorted SMEMBERS section:shells",
	"sorted SDIFF section:shells section:games",
	"SINTERCARD 2 section:libs section:libdevel",
	"ZCARD by-size",
	"ZREVRANGE by-size 0 9 WITHSCORES",
	"ZRANGE by-size 1000 1010",
	"ZCOUNT by-size 100000 +inf",
	"ZRANGEBYSCORE by-size (5000 5010 LIMIT 0 20",
	"ZRANK by-size bash",
	"ZSCORE by-size coreutils",
	"ZRANGE by-size 500000 400000 BYSCORE REV LIMIT 0 5",
	"LLEN names",
	"LRANGE names 0 4",
	"LINDEX names 30000",
	"LRANGE names -3 -1",
	"LPOS names bash",
	"EXISTS pkg:bash pkg:dpkg pkg:nosuch",
	"TYPE by-size",
	"OBJECT ENCODING by-size",
	"sorted --scan --pattern section:*",
	"sorted --scan --pattern maintainer:*games*",
}

// TestDebianPackages is the main job on data nobody here wrote: Debian's package index.
func TestDebianPackages(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	resp := packageCommands(t)
	larder, judge := startLarder(t), startJudge(t)
	for _, s := range []*server{larder, judge} {
		began := time.Now()
		pipe(t, s, resp)
		t.Logf("%-13s %d bytes of commands loaded in %v, resident %d MiB", filepath.Base(s.bin), len(resp), time.Since(began).Round(10*time.Millisecond), s.memoryKB(t, "VmRSS")>>10)
	}
	t.Logf("larder's directory holds %d MiB", bytesUnder(t, larder.dir)>>20)
	want := answers(t, judge)
	same(t, "loaded", want, answers(t, larder))
	larder.term(t)
	t.Logf("larder's directory holds %d MiB after it closed", bytesUnder(t, larder.dir)>>20)
	larder.restart(t)
	t.Logf("larder after its restart: resident %d MiB", larder.memoryKB(t, "VmRSS")>>10)
	same(t, "restarted", want, answers(t, larder))
	t.Logf("larder after the questions: resident %d MiB", larder.memoryKB(t, "VmRSS")>>10)
}

// packageCommands is the index as commands, by the generator as a user runs it.
func packageCommands(t *testing.T) []byte {
	t.Helper()
	index, err := exec.Command("apt-cache", "dumpavail").Output()
	if err != nil || len(index) < 1<<20 {
		t.Fatalf("apt-cache dumpavail gives %d bytes, %v: apt-get update", len(index), err)
	}
	generate := exec.Command("go", "run", "./packages")
	generate.Stdin = bytes.NewReader(index)
	out, err := generate.Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func cli(t *testing.T, s *server, stdin []byte, args ...string) string {
	t.Helper()
	cmd := exec.Command("redis-cli", append([]string{"-p", strconv.Itoa(s.port)}, args...)...)
	cmd.Stdin = bytes.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("redis-cli %q: %v\n%s", args, err, out)
	}
	return string(out)
}

func pipe(t *testing.T, s *server, commands []byte) {
	t.Helper()
	out := cli(t, s, commands, "--pipe")
	if !strings.Contains(out, "errors: 0,") {
		t.Errorf("%s: %s", s.bin, out)
	}
}

func answers(t *testing.T, s *server) []string {
	t.Helper()
	var all []string
	for _, q := range packageQuestions {
		words := strings.Fields(q)
		unordered := words[0] == "sorted"
		if unordered {
			words = words[1:]
		}
		lines := strings.Split(cli(t, s, nil, words...), "\n")
		if unordered {
			sort.Strings(lines)
		}
		all = append(all, strings.Join(lines, "\n"))
	}
	return all
}

func same(t *testing.T, when string, want, got []string) {
	t.Helper()
	for i, q := range packageQuestions {
		if strings.TrimSpace(want[i]) == "" {
			t.Errorf("%s: the judge has no answer", q)
		}
		if got[i] != want[i] {
			t.Errorf("%s, %s:\nredis:  %.300q\nlarder: %.300q", when, q, want[i], got[i])
		}
	}
}

func bytesUnder(t *testing.T, dir string) int64 {
	t.Helper()
	var sum int64
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if info, err := d.Info(); err == nil && !d.IsDir() {
			sum += info.Size()
		}
		return nil
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return sum
}
