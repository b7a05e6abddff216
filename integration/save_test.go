package integration

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// loaded is a redis-server that has loaded the RDB file of a directory.
func loaded(t *testing.T, dir string) *conn {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "dump.rdb"))
	if err != nil {
		t.Fatal(err)
	}
	own := t.TempDir()
	if err := os.WriteFile(filepath.Join(own, "dump.rdb"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	return dial(t, startIn(t, judgeBin(t), own, "--save", "", "--appendonly", "no", "--databases", "64", "--sanitize-dump-payload", "yes"))
}

// TestSavedFileLoads: redis-server loads what SAVE writes, and has what was there.
func TestSavedFileLoads(t *testing.T) {
	t.Parallel()
	s := startLarder(t, "--databases", "64")
	c := dial(t, s)
	all := append(append([]dumped(nil), dumpedForms...), streams...)
	if len(all) >= 60 {
		t.Fatal("there are more forms than databases")
	}
	want := make([]string, len(all))
	for i, d := range all {
		c.must(t, "SELECT", strconv.Itoa(i))
		for _, line := range d.lines {
			words, err := splitWords(line)
			if err != nil {
				t.Fatal(err)
			}
			c.must(t, words...)
		}
		want[i] = content(t, c)
		if i%2 == 0 {
			c.must(t, "PEXPIREAT", "k", "32503680000123")
		}
	}
	c.must(t, "SELECT", "60")
	for i := range 3000 {
		c.must(t, "SET", fmt.Sprint("key:", i), "v")
	}
	c.must(t, "SET", "soon", "v", "PX", "1")
	const library = "#!lua name=lib\nredis.register_function{function_name='f', callback=function() return 'served' end, flags={'no-writes'}}"
	c.must(t, "FUNCTION", "LOAD", library)
	time.Sleep(10 * time.Millisecond)
	c.must(t, "SAVE")
	theirs := loaded(t, s.dir)
	for i, d := range all {
		theirs.must(t, "SELECT", strconv.Itoa(i))
		if got := content(t, theirs); got != want[i] {
			t.Errorf("%s: loaded\n%s, is\n%s", d.name, got, want[i])
		}
		at := "-1"
		if i%2 == 0 {
			at = "32503680000123"
		}
		if got := theirs.must(t, "PEXPIRETIME", "k").text; got != at {
			t.Errorf("%s expires at %s, want %s", d.name, got, at)
		}
	}
	theirs.must(t, "SELECT", "60")
	if n := theirs.must(t, "DBSIZE").text; n != "3000" {
		t.Errorf("%s keys are loaded, want 3000", n)
	}
	if v := theirs.must(t, "FCALL", "f", "0").text; v != "served" {
		t.Errorf("the function answers %q", v)
	}
}

// TestSavedFileIsOneMoment: whatever is written meanwhile, the file has all of a transaction or nothing.
func TestSavedFileIsOneMoment(t *testing.T) {
	t.Parallel()
	s := startLarder(t)
	c, writer := dial(t, s), dial(t, s)
	for i := range 20_000 {
		c.must(t, "SET", fmt.Sprint("key:", i), strings.Repeat("v", 50))
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
			}
			for _, line := range []string{"MULTI", "INCR a", "INCR b", "INCR c", "INCR d", "RPUSH l x", "EXEC"} {
				writer.do(strings.Fields(line)...)
			}
		}
	}()
	before := c.must(t, "LASTSAVE").text
	time.Sleep(1100 * time.Millisecond) // LASTSAVE counts seconds
	if v := c.must(t, "BGSAVE").text; v != "Background saving started" {
		t.Errorf("BGSAVE answers %q", v)
	}
	for end := time.Now().Add(20 * time.Second); c.must(t, "LASTSAVE").text == before; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("LASTSAVE stays")
		}
	}
	close(stop)
	<-stopped
	for field, want := range map[string]string{"rdb_bgsave_in_progress": "0", "rdb_last_bgsave_status": "ok", "rdb_saves": "1",
		"rdb_current_bgsave_time_sec": "-1", "rdb_last_save_time": c.must(t, "LASTSAVE").text} {
		if got := infoField(t, c, field); got != want {
			t.Errorf("%s is %s, want %s", field, got, want)
		}
	}
	theirs := loaded(t, s.dir)
	a := theirs.must(t, "GET", "a").text
	for _, words := range [][]string{{"GET", "b"}, {"GET", "c"}, {"GET", "d"}, {"LLEN", "l"}} {
		if got := theirs.must(t, words...).text; got != a {
			t.Errorf("%q is %s, a is %s", words, got, a)
		}
	}
	if names, _ := filepath.Glob(filepath.Join(s.dir, "temp-*")); len(names) > 0 {
		t.Errorf("%q are left", names)
	}
	c.must(t, "MULTI")
	c.must(t, "SET", "in exec", "v")
	c.must(t, "BGSAVE")
	if v := c.must(t, "EXEC"); len(v.list) != 2 || v.list[1].text != "Background saving scheduled" {
		t.Errorf("EXEC answers %v", v)
	}
	for end := time.Now().Add(20 * time.Second); infoField(t, c, "rdb_saves") != "2"; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("BGSAVE in EXEC writes no file")
		}
	}
	if n := loaded(t, s.dir).must(t, "EXISTS", "in exec").text; n != "1" {
		t.Errorf("%s of what EXEC wrote before it is in the file", n)
	}
}

// TestSaveThatFails says so, and leaves nothing.
func TestSaveThatFails(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	s := startLarder(t)
	c := dial(t, s)
	c.must(t, "SET", "k", "v")
	before := c.must(t, "LASTSAVE").text
	if err := os.Mkdir(filepath.Join(s.dir, "dump.rdb"), 0o700); err != nil {
		t.Fatal(err)
	}
	if v, _ := c.do("SAVE"); v.text != "ERR" {
		t.Errorf("SAVE answers %q", v.text)
	}
	if v, _ := c.do("BGSAVE"); v.text != "Background saving started" {
		t.Errorf("BGSAVE answers %q", v.text)
	}
	for end := time.Now().Add(20 * time.Second); infoField(t, c, "rdb_bgsave_in_progress") != "0"; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("BGSAVE does not end")
		}
	}
	if got := infoField(t, c, "rdb_last_bgsave_status"); got != "err" {
		t.Errorf("the status is %q", got)
	}
	if at := c.must(t, "LASTSAVE").text; at != before {
		t.Errorf("LASTSAVE is %s, was %s", at, before)
	}
	if v, _ := c.do("SHUTDOWN", "SAVE"); v.text != "ERR Errors trying to SHUTDOWN. Check logs." {
		t.Errorf("SHUTDOWN SAVE answers %q", v.text)
	}
	if names, _ := filepath.Glob(filepath.Join(s.dir, "temp-*")); len(names) > 0 {
		t.Errorf("%q are left", names)
	}
	if err := os.Remove(filepath.Join(s.dir, "dump.rdb")); err != nil {
		t.Fatal(err)
	}
	c.must(t, "SAVE")
	if got := infoField(t, c, "rdb_last_bgsave_status"); got != "ok" {
		t.Errorf("the status is %q", got)
	}
}

// TestSaveLines: only a configuration that names save has files written by themselves.
func TestSaveLines(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	quiet, lines := startLarder(t), startLarder(t, "--save", "1 3")
	for _, s := range []*server{quiet, lines} {
		c := dial(t, s)
		for i := range 5 {
			c.must(t, "SET", fmt.Sprint(i), "v")
		}
	}
	file := filepath.Join(lines.dir, "dump.rdb")
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(file); err == nil {
			break
		}
		if time.Now().After(end) {
			t.Fatal("no file is written")
		}
	}
	if n := loaded(t, lines.dir).must(t, "DBSIZE").text; n != "5" {
		t.Errorf("%s keys are loaded", n)
	}
	if _, err := os.Stat(filepath.Join(quiet.dir, "dump.rdb")); err == nil {
		t.Error("a file is written though nobody asked for one")
	}
	c := dial(t, lines)
	c.must(t, "CONFIG", "SET", "save", "")
	c.must(t, "SET", "last", "v")
	c.do("SHUTDOWN", "SAVE")
	<-lines.done
	if n := loaded(t, lines.dir).must(t, "DBSIZE").text; n != "6" {
		t.Errorf("%s keys are loaded after SHUTDOWN SAVE", n)
	}
}
