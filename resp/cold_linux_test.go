package resp_test

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"modernc.org/libc"

	"larder/shard"
	"larder/store"
	"larder/store/sqlite"
	"larder/store/sqlite/rowcache"
)

const (
	coldClients = 50
	coldShards  = 4
	coldItems   = 400 // of a collection: many pages, few of which a cache holds
	coldOverlap = 8   // more reads than these are made at the same time
)

// coldCommands are commands that read what they change. In them and in coldFill # stands for a client's number.
var coldCommands = []string{
	"INCR n#", "HSET h# f7 new", "LPOP l#", "ZADD z# 7 m9", "ZPOPMIN p#", "XADD x# * f v", "SET s# new", "GETSET g# new",
	"APPEND a# more", "EXPIRE e# 100", "DEL d#",
}

// coldFill makes the keys that they change.
func coldFill(client int) (lines []string) {
	text := strings.Repeat("x", 100)
	var fields, values, scores strings.Builder
	for i := range coldItems {
		fmt.Fprintf(&fields, " f%d %s", i, text)
		fmt.Fprintf(&values, " %s%d", text, i)
		fmt.Fprintf(&scores, " %d m%d", i, i)
	}
	lines = []string{"SET n# 1", "HSET h#" + fields.String(), "RPUSH l#" + values.String(), "ZADD z#" + scores.String(),
		"ZADD p#" + scores.String(), "XADD x# 1-1 f " + text}
	for _, key := range []string{"s", "g", "a", "e", "d"} {
		lines = append(lines, "SET "+key+"# "+text)
	}
	return numbered(lines, client)
}

// coldOthers are keys that fill the pages beside those of a client's.
func coldOthers(client int) string {
	var line strings.Builder
	line.WriteString("MSET")
	for i := range coldItems {
		fmt.Fprintf(&line, " other%d:%d %s", client, i, strings.Repeat("y", 300))
	}
	return line.String()
}

func numbered(lines []string, client int) []string {
	own := make([]string, len(lines))
	for i, line := range lines {
		own[i] = strings.ReplaceAll(line, "#", fmt.Sprint(client))
	}
	return own
}

// warmed are lines on keys of the warm client's.
func warmed(lines []string) []string {
	for i, line := range lines {
		lines[i] = strings.Replace(line, " ", " warm:", 1)
	}
	return lines
}

// run does lines one after the other, none of which may fail.
func (c *caller) run(lines []string) {
	for _, line := range lines {
		if reply := c.do(line); strings.HasPrefix(reply, "-") || reply == "EOF" {
			c.Errorf("%s: %s", line, reply)
			return
		}
	}
}

// larder is the engine of a server over files, which counts how often transactions on keys that begin with "warm" run.
type larder struct {
	*shard.Engine
	files []*sqlite.Engine
	runs  atomic.Int64
}

// openLarder opens the files in a directory with caches that hold next to nothing.
func openLarder(t *testing.T, dir string) *larder {
	t.Helper()
	e := &larder{}
	rows := rowcache.New(4 << 20)
	bases := make([]store.Base, coldShards)
	for i := range bases {
		f, err := sqlite.Open(filepath.Join(dir, fmt.Sprint(i, ".db")), sqlite.Options{CacheBytes: 1, Rows: rows})
		if err != nil {
			t.Fatal(err)
		}
		e.files, bases[i] = append(e.files, f), f
	}
	var err error
	if e.Engine, err = shard.Open(dir, bases, shard.Options{OverlayBytes: 16 << 20, Manual: true}); err != nil {
		t.Fatal(err)
	}
	return e
}

func (e *larder) close(t *testing.T) {
	if err := e.Engine.Close(); err != nil {
		t.Error(err)
	}
	for _, f := range e.files {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

func (e *larder) Batch(ctx context.Context, jobs []*store.Job) {
	for _, j := range jobs {
		if len(j.Scope.Keys) == 0 || !strings.HasPrefix(string(j.Scope.Keys[0].Name), "warm") {
			continue
		}
		fn := j.Fn
		j.Fn = func(tx store.Tx) error {
			e.runs.Add(1)
			return fn(tx)
		}
		defer func() { j.Fn = fn }()
	}
	e.Engine.Batch(ctx, jobs)
}

// writers are the connections that transactions read with on the writer's turn.
func (e *larder) writers(t *testing.T, d *slowDisk) map[*libc.TLS]bool {
	t.Helper()
	d.count()
	for _, f := range e.files {
		r, err := f.OwnReader()
		if err != nil {
			t.Fatal(err)
		}
		tx, err := r.Begin(1)
		if err == nil {
			_, _, err = tx.Row(store.Key{Name: []byte("nobody's")})
		}
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
	}
	list := d.readers()
	if len(list) != coldShards {
		t.Fatalf("%d connections have read, want one for each of %d shards", len(list), coldShards)
	}
	return list
}

// TestColdRowsDoNotHoldTheLine has 50 clients change keys that are not in memory, on a disk that is slow, and one change
// keys that are. First no read comes back at all: the reads of many clients wait beside each other, and the warm client is
// answered. Then each read takes 5 ms. No warm command runs twice, and nothing is read on the writer's turn.
func TestColdRowsDoNotHoldTheLine(t *testing.T) {
	e, disk, s := coldLarder(t)
	own := e.writers(t, disk)
	warm := s.dial(t)
	warm.run(warmed(coldFill(0)))
	commands := warmed(numbered(coldCommands, 0))
	warm.run(commands)
	disk.count()
	e.runs.Store(0)
	release := disk.hold(5 * time.Millisecond)
	var clients sync.WaitGroup
	for i := range coldClients {
		c := s.dial(t)
		clients.Go(func() { c.run(numbered(coldCommands, i)) })
	}
	for disk.waiting() <= coldOverlap && !t.Failed() {
		runtime.Gosched()
	}
	warm.run(commands)
	release()
	var over atomic.Bool
	go func() { clients.Wait(); over.Store(true) }()
	rounds := 1
	for ; !over.Load(); rounds++ {
		warm.run(commands)
	}
	if n, want := e.runs.Load(), int64(rounds*len(commands)); n != want {
		t.Errorf("%d warm commands ran %d times", want, n)
	}
	if in, all := disk.reads(own); in != 0 {
		t.Errorf("%d of %d reads were made on the writer's turn", in, all)
	}
}

// coldLarder is a server whose files hold much and whose caches hold nothing.
func coldLarder(t *testing.T) (*larder, *slowDisk, *served) {
	t.Helper()
	dir := t.TempDir()
	t.Run("fill", func(t *testing.T) {
		e := openLarder(t, dir)
		t.Cleanup(func() { e.close(t) })
		c := serveOn(t, e, same).dial(t)
		for i := range coldClients {
			c.run(append(coldFill(i), coldOthers(i)))
		}
	})
	e := openLarder(t, dir)
	t.Cleanup(func() { e.close(t) })
	e.Exact(true) // as under a limit, when a SET looks at what it replaces
	disk := newSlowDisk(t)
	return e, disk, serveOn(t, e, same)
}
