package integration

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// bytesIn is the length of all files in a directory, and what they are.
func bytesIn(dir string) (all int64, list string) {
	var b strings.Builder
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return nil // it has gone since
		}
		all += info.Size()
		fmt.Fprintf(&b, " %s=%d", entry.Name(), info.Size())
		return nil
	})
	return all, b.String()
}

// writeKeys has four clients write new keys of 1 KB, in pipelines, and answers the most that the directory took meanwhile.
func writeKeys(t *testing.T, s *server, name string, n int) (most int64, list string) {
	t.Helper()
	const clients, pipeline = 4, 50
	conns := make([]*conn, clients)
	for i := range conns {
		conns[i] = dial(t, s)
	}
	var writers sync.WaitGroup
	for i, c := range conns {
		writers.Go(func() {
			value := strings.Repeat(strconv.Itoa(i), 1024)
			for from := 0; from < n/clients; from += pipeline {
				commands := make([][]string, pipeline)
				for j := range commands {
					commands[j] = []string{"SET", fmt.Sprint(name, i, "-", from+j), value}
				}
				for _, v := range c.pipeline(t, commands) {
					if v.text != "OK" {
						t.Errorf("SET: %v", v)
						return
					}
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { writers.Wait(); close(done) }()
	for {
		if all, files := bytesIn(s.dir); all > most {
			most, list = all, files
		}
		select {
		case <-done:
			return most, list
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// restingBytes waits until the directory has come down to so many bytes.
func restingBytes(t *testing.T, s *server, bound int64) {
	t.Helper()
	for end := time.Now().Add(90 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		all, list := bytesIn(s.dir)
		if all <= bound {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("at rest the directory takes %d bytes, want %d at most:%s", all, bound, list)
		}
	}
}

// The whole directory follows the limit: while clients write as fast as they can, at rest, and after the limit was lowered.
func TestDirectoryFollowsLimit(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	limit, keys := int64(20<<20), 80_000
	if os.Getenv("LARDER_TEST_LONG") != "" {
		limit, keys = 50<<20, 150_000
	}
	s := startLarder(t, "--maxmemory", fmt.Sprint(limit), "--maxmemory-policy", "allkeys-lru")
	c := dial(t, s)
	for round := range 2 {
		writing, resting := limit*3/2+192<<20, limit*13/10+48<<20
		if most, list := writeKeys(t, s, fmt.Sprint("round", round, "-"), keys); most > writing {
			t.Errorf("limit %d: while clients write the directory takes %d bytes, want %d at most:%s", limit, most, writing, list)
		}
		restingBytes(t, s, resting)
		if used := infoNumber(t, c, "used_memory"); used > limit || used < limit*9/10 {
			t.Errorf("limit %d: %d bytes of data", limit, used)
		}
		limit /= 2
		c.must(t, "CONFIG", "SET", "maxmemory", strconv.FormatInt(limit, 10))
	}
	wantUsedDisk(t, s, c)
}

// wantUsedDisk wants used_disk to be all that is in the directory, once nothing changes there.
func wantUsedDisk(t *testing.T, s *server, c *conn) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		before, list := bytesIn(s.dir)
		info := infoNumber(t, c, "used_disk")
		volume, _ := c.must(t, "CACHE", "VOLUME").field("used_disk")
		after, _ := bytesIn(s.dir)
		if before == after && info == after && volume.text == fmt.Sprint(after) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("used_disk is %d in INFO and the directory has %d bytes:%s\nCACHE VOLUME: %v", info, after, list, volume)
		}
	}
}
