//go:build linux

package integration

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

const (
	// misconf is what Redis answers when its append-only file finds no space.
	misconf     = "MISCONF Errors writing to the AOF file: No space left on device"
	diskWriters = 8
	diskBytes   = 48 << 20
)

// smallDisk is a file system of its own, and a server on it.
type smallDisk struct {
	*server
	lasting bool // it outlives the server, and can grow
}

// startOnSmallDisk mounts a file system of diskBytes for a server. Who may not mount gets one inside a namespace of the
// server's own, which ends with it.
func startOnSmallDisk(t *testing.T, args ...string) *smallDisk {
	t.Helper()
	dir := t.TempDir()
	size := fmt.Sprint("size=", diskBytes)
	err := syscall.Mount("tmpfs", dir, "tmpfs", 0, size)
	if err == nil {
		t.Cleanup(func() {
			if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
				t.Error(err)
			}
		})
		return &smallDisk{startIn(t, larderBin, dir, args...), true}
	}
	fmt.Printf("%s: a file system cannot be mounted (%v): the server gets one in a namespace of its own, and no restart is tested\n", t.Name(), err)
	script := filepath.Join(t.TempDir(), "server")
	text := fmt.Sprintf("#!/bin/sh\nexec unshare -Urm sh -c 'mount -t tmpfs -o %s tmpfs %s && exec %s \"$@\"' sh \"$@\"\n", size, dir, larderBin)
	if err := os.WriteFile(script, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("unshare", "-Urm", "true").CombinedOutput(); err != nil {
		t.Fatalf("neither a mount nor a namespace is allowed here, so no disk can be filled: %v %s", err, out)
	}
	return &smallDisk{startIn(t, script, dir, args...), false}
}

// filler writes keys of its own until it is told to stop, and knows which were acknowledged. It belongs to its
// goroutine until that has ended.
type filler struct {
	name    string
	acked   []int // numbers of keys
	refused *atomic.Int64
	written *atomic.Int64
	failure string // an answer that is neither OK nor misconf
}

func (f *filler) key(n int) string { return fmt.Sprint(f.name, ":", n) }

func (f *filler) value(n int) string { return strings.Repeat(f.key(n)+" ", 300) }

func (f *filler) fill(c *conn, stop <-chan struct{}) {
	for n := 0; ; n++ {
		select {
		case <-stop:
			return
		default:
		}
		v, _ := c.do("SET", f.key(n), f.value(n))
		switch {
		case v.kind == 'x':
			return
		case v.text == "OK":
			f.acked = append(f.acked, n)
			f.written.Add(1)
		case v.text == misconf:
			f.refused.Add(1)
			time.Sleep(time.Millisecond)
		default:
			f.failure = v.String()
			return
		}
	}
}

// fillers are several at once.
type fillers struct {
	all     []*filler
	refused atomic.Int64
	written atomic.Int64
	stop    chan struct{}
	done    sync.WaitGroup
}

// fillUp begins to write and returns once some were taken and others are refused. The writers go on.
func (d *smallDisk) fillUp(t *testing.T, phase string) *fillers {
	t.Helper()
	f := &fillers{stop: make(chan struct{})}
	for i := range diskWriters {
		w := &filler{name: phase + strconv.Itoa(i), refused: &f.refused, written: &f.written}
		f.all = append(f.all, w)
		c := dial(t, d.server)
		f.done.Go(func() { w.fill(c, f.stop) })
	}
	until(t, "writes are taken, and then refused", func() bool {
		return f.written.Load() > 0 && f.refused.Load() > 10*diskWriters
	})
	return f
}

// end waits for the writers and reports strange answers.
func (f *fillers) end(t *testing.T) {
	t.Helper()
	close(f.stop)
	f.done.Wait()
	for _, w := range f.all {
		if w.failure != "" {
			t.Errorf("%s was answered %s", w.name, w.failure)
		}
	}
}

func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it never came to this: %s", what)
		}
	}
}

// TestFullDisk fills a real file system from all sides. Every command is answered, reads go on, what frees space
// passes, writes go on when there is space without a restart, and SIGTERM ends the server with everything that was
// acknowledged on disk.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	for _, args := range [][]string{
		{"--appendfsync", "everysec"},
		{"--appendfsync", "always"},
		{"--appendfsync", "everysec", "--cache-size", "16mb"}, // most has settled
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			d := startOnSmallDisk(t, args...)
			f := d.fillUp(t, "a")
			d.answersAll(t)
			d.deletes(t, f)
			d.flushes(t)
			f.end(t)
			d.flushes(t)
			d.endsWhole(t)
		})
	}
}

// answersAll has each command answered, by what it does or the error.
func (d *smallDisk) answersAll(t *testing.T) {
	t.Helper()
	for _, line := range []string{"PING", "DBSIZE", "GET a0:0", "EXISTS a1:1", "SWAPDB 0 1", "SWAPDB 0 1", "CACHE CHECK", "INFO",
		"RPUSH l x", "MSET m1 x m2 y", "SCAN 0", "RANDOMKEY", "DEL nothing", "EXPIRE a0:0 1000", "FLUSHDB", "DBSIZE"} {
		c := dial(t, d.server)
		words := strings.Fields(line)
		if line == "FLUSHDB" {
			c.must(t, "SELECT", "5")
		}
		v, _ := c.do(words...)
		if v.kind == 'x' || v.isError() && v.text != misconf {
			t.Errorf("%s is answered %v", line, v)
		}
		c.Close()
	}
}

// deletes removes keys while the disk is full.
func (d *smallDisk) deletes(t *testing.T, f *fillers) {
	t.Helper()
	c := dial(t, d.server)
	for i := range f.all {
		key := fmt.Sprint("a", i, ":0")
		if v := c.must(t, "DEL", key); v.text != "1" {
			t.Errorf("DEL %s is answered %v", key, v)
		}
	}
}

// flushes empties everything, after which there is space.
func (d *smallDisk) flushes(t *testing.T) {
	t.Helper()
	c := dial(t, d.server)
	if v := c.must(t, "FLUSHALL"); v.text != "OK" {
		t.Errorf("FLUSHALL is answered %v", v)
	}
	until(t, "a write passes after FLUSHALL", func() bool {
		v, _ := c.do("SET", "probe", "x")
		return v.text == "OK"
	})
}

// endsWhole fills the disk again, ends the server under load and looks for what was acknowledged.
func (d *smallDisk) endsWhole(t *testing.T) {
	t.Helper()
	f := d.fillUp(t, "b")
	d.term(t)
	if code := d.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit status %d", code)
	}
	f.end(t)
	if !d.lasting {
		return
	}
	if err := syscall.Mount("tmpfs", d.dir, "tmpfs", syscall.MS_REMOUNT, fmt.Sprint("size=", 8*diskBytes)); err != nil {
		t.Fatal(err)
	}
	d.restart(t)
	c := dial(t, d.server)
	n := 0
	for _, w := range f.all {
		for _, i := range w.acked {
			if got := c.must(t, "GET", w.key(i)).text; got != w.value(i) {
				t.Errorf("%s has %d bytes, acknowledged were %d", w.key(i), len(got), len(w.value(i)))
			}
			n++
		}
	}
	if n == 0 {
		t.Error("no write was acknowledged")
	}
}
