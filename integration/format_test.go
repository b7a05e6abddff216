package integration

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"larder/store/sqlite"
)

// unpack puts testdata/format-2.tar.gz into a directory: two shards of format 2 with their log, of a server that was
// killed. The last commands are in the log alone.
func unpack(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	f, err := os.Open(filepath.Join("testdata", "format-2.tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return dir
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(h.Name)), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// wantFormat2 asks for everything that the directory of format 2 holds.
func wantFormat2(t *testing.T, c *conn) {
	t.Helper()
	for i := range 40 {
		want := fmt.Sprintf("%q", fmt.Sprint("value ", i))
		if i == 1 {
			want = `"late"`
		}
		c.expect(t, fmt.Sprint("GET string:", i), want)
	}
	for i := range 28 {
		if i != 2 && i != 3 {
			c.expect(t, fmt.Sprintf("HGET hash:%d a", i), fmt.Sprintf(`"%d"`, i))
		}
	}
	for line, want := range map[string]string{
		"HGET renamed{hash:2} a": `"2"`, "EXISTS hash:2 hash:3 hash:29": ":0", "HGET hash:1 c": `"late"`,
		"STRLEN long": ":40000", "PEXPIRETIME until": ":4102444800000",
		"PEXPIRETIME string:2": ":4102444800000", "ZCARD ranked": ":701", "ZRANK ranked late": ":700",
		"ZRANK ranked member:350": ":350", "LLEN list": ":20", "LINDEX list 5": `"between"`,
		"SCARD set": ":25", "SMISMEMBER new x y z": "*[:1 :1 :0]", "XLEN stream": ":6",
		"HLEN hash:5": ":2", "CACHE TAGS tagged": `*["red"]`,
	} {
		c.expect(t, line, want)
	}
	c.must(t, "SELECT", "3")
	c.expect(t, "GET other", `"database"`)
	c.expect(t, "HGET h3 f", `"v"`)
	c.must(t, "SELECT", "0")
}

// TestFormat2: a directory of the format before opens, whichever of its files have been upgraded, and is sound; then a
// renamed key may leave its items in another shard, and they are there after a kill.
func TestFormat2(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	for upgraded := range 3 {
		t.Run(fmt.Sprint(upgraded, " of the files are of this format"), func(t *testing.T) {
			dir := unpack(t)
			for i := range upgraded {
				e, err := sqlite.Open(filepath.Join(dir, fmt.Sprintf("shard-%03d.db", i)), sqlite.Options{Ordered: true})
				if err != nil {
					t.Fatal(err)
				}
				if err := e.Checkpoint(context.Background()); err != nil {
					t.Fatal(err)
				}
				if err := e.Close(); err != nil {
					t.Fatal(err)
				}
			}
			s := startIn(t, larderBin, dir, "--shards", "2")
			c := dial(t, s)
			wantFormat2(t, c)
			for i := range 10 {
				c.must(t, "RENAME", fmt.Sprint("hash:", i+10), fmt.Sprint("moved:", i))
			}
			s.kill(t)
			s.restart(t)
			c = dial(t, s)
			for i := range 10 {
				c.expect(t, fmt.Sprintf("HGET moved:%d a", i), fmt.Sprintf(`"%d"`, i+10))
			}
			if got := c.must(t, "CACHE", "CHECK").String(); !strings.Contains(got, "sound") {
				t.Errorf("CACHE CHECK: %s", got)
			}
		})
	}
}
