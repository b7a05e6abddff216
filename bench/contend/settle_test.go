package contend

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// writeIndex makes what SQLite keeps beside a log of so many frames.
func writeIndex(t *testing.T, dir, name string, frames, backfilled uint32) {
	t.Helper()
	index := make([]byte, 32768)
	binary.NativeEndian.PutUint32(index[walFrames:], frames)
	binary.NativeEndian.PutUint32(index[walBackfilled:], backfilled)
	if err := os.WriteFile(filepath.Join(dir, name+".db-shm"), index, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestCheckpointedMeansEveryLog(t *testing.T) {
	dir := t.TempDir()
	if checkpointed(dir) {
		t.Error("a directory without logs tells nothing")
	}
	writeIndex(t, dir, "shard-000", 7, 7)
	if !checkpointed(dir) {
		t.Error("all frames are in the database")
	}
	writeIndex(t, dir, "shard-001", 7, 6)
	if checkpointed(dir) {
		t.Error("a frame of the second log is not in its database")
	}
}

// lateServer is a Larder whose memtable is empty at the third look, and whose log is folded by the second attempt.
type lateServer struct {
	mu           sync.Mutex
	looks, folds int
	refuse       bool
	fold         func(attempt int)
}

func (l *lateServer) serve(c net.Conn) {
	defer c.Close()
	request := make([]byte, 256)
	n, err := c.Read(request)
	if err != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if strings.Contains(string(request[:n]), "INFO") {
		l.looks++
		fmt.Fprintf(c, "# Larder\r\noverlay_bytes:%d\r\n", max(3-l.looks, 0))
		return
	}
	l.folds++
	if l.refuse {
		io.WriteString(c, "-ERR unknown command\r\n")
		return
	}
	l.fold(l.folds)
	io.WriteString(c, "+OK\r\n")
}

func TestSettledIsAnEmptyMemtableAndFoldedLogs(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	s := &Server{Kind: larder(Larder), Port: ln.Addr().(*net.TCPAddr).Port, AwaitSettled: true, dir: t.TempDir(),
		done: make(chan struct{})}
	if err := os.Mkdir(s.data(), 0o700); err != nil {
		t.Fatal(err)
	}
	s.cmd = exec.Command("sleep", "600") // a process that is at rest
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { s.cmd.Process.Kill(); s.cmd.Wait() }()
	late := &lateServer{fold: func(attempt int) { writeIndex(t, s.data(), "shard-000", 5, uint32(min(attempt+3, 5))) }}
	writeIndex(t, s.data(), "shard-000", 5, 0)
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go late.serve(c)
		}
	}()
	if !s.WaitIdle(time.Minute) {
		t.Fatal("it settles at last")
	}
	if late.looks < 3 || late.folds != 2 || !checkpointed(s.data()) {
		t.Errorf("%d looks at the memtable, %d folds", late.looks, late.folds)
	}
	late.mu.Lock()
	late.refuse, late.folds = true, 0
	late.mu.Unlock()
	if s.WaitIdle(time.Hour) || late.folds != 1 {
		t.Errorf("what the server refuses is not done, and asked for once and not %d times", late.folds)
	}
	late.refuse = false
	late.fold = func(int) { writeIndex(t, s.data(), "shard-000", 5, 0) }
	if s.WaitIdle(time.Second) {
		t.Error("a log that is never folded has settled")
	}
}

func TestTheClockOfAProcessIsItsCPU(t *testing.T) {
	exact, lent := clockOf(os.Getpid())
	// A kernel that does not lend it leaves the ticks of /proc.
	if ticks := ticksOf(os.Getpid()); lent && (exact == 0 || ticks > exact+time.Second) {
		t.Errorf("the clock says %v, /proc %v", exact, ticks)
	}
}

func TestUncacheKeepsTheData(t *testing.T) {
	dir := t.TempDir()
	path, text := filepath.Join(dir, "file"), strings.Repeat("larder", 100_000)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "empty"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	pages, resident, err := residency(f, len(text))
	if err != nil || pages == 0 || resident != pages {
		t.Errorf("what was just written: %d of %d pages are in memory, %v", resident, pages, err)
	}
	left, err := Uncache(dir)
	if err != nil || left < 0 || left > 1 {
		t.Errorf("%v of the pages are left, %v", left, err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != text {
		t.Errorf("the file has changed: %v", err)
	}
}

func TestKvrocksReadsItsConfiguration(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	argv, err := kvrocks().command(Tools{Kvrocks: "/bin/kvrocks"}, 7001, data)
	if err != nil {
		t.Fatal(err)
	}
	if len(argv) != 3 || argv[0] != "/bin/kvrocks" || argv[1] != "-c" {
		t.Fatalf("it is run as %q", argv)
	}
	text, err := os.ReadFile(argv[2])
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"port 7001", "dir " + data, "rocksdb.block_cache_size 128",
		"rocksdb.write_options.sync no"} {
		if !strings.Contains(string(text), line+"\n") {
			t.Errorf("no line %q in\n%s", line, text)
		}
	}
}
