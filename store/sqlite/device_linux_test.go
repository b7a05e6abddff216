package sqlite_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"larder/store"
	"larder/store/sqlite"
)

// fillLog makes a log of many pages that no reader has seen.
func fillLog(t *testing.T, path string) (e *sqlite.Engine, keys int) {
	t.Helper()
	keys = 3000
	e = open(t, path, sqlite.Options{})
	err := e.Update(ctx, store.Whole(), func(tx store.Tx) (err error) {
		for i := 0; i < keys && err == nil; i++ {
			err = store.SetString(tx, key(fmt.Sprint("key", i)), make([]byte, 300), 0)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return e, keys
}

// fillFile makes a file of many pages that no cache holds.
func fillFile(t *testing.T, path string) (e *sqlite.Engine, keys int) {
	t.Helper()
	e, keys = fillLog(t, path)
	if err := e.Checkpoint(ctx); err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return open(t, path, sqlite.Options{}), keys
}

// readAll reads until there is an error.
func readAll(e *sqlite.Engine, keys int) (err error) {
	for i := 0; i < keys && err == nil; i++ {
		err = e.View(ctx, store.Whole(), func(tx store.Tx) error {
			_, err := tx.Heads(nil, key(fmt.Sprint("key", i)))
			return err
		})
	}
	return err
}

// TestFailingDeviceIsNoDamage has reading fail as a device does: each descriptor of the file, or of its log, becomes one
// whose reads answer EIO. SQLite calls that malformed.
func TestFailingDeviceIsNoDamage(t *testing.T) {
	for file, fill := range map[string]func(*testing.T, string) (*sqlite.Engine, int){"": fillFile, "-wal": fillLog} {
		t.Run("shard.db"+file, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "shard.db")
			e, keys := fill(t, path)
			fails, err := os.Open("/proc/self/mem") // nothing is mapped at the offsets of a file below 4 MB
			if err != nil {
				t.Fatal(err)
			}
			defer fails.Close()
			replaceDescriptors(t, path+file, int(fails.Fd()))
			err = readAll(e, keys)
			if !errors.Is(err, &store.Error{Code: store.CodeUnreadable}) {
				t.Fatalf("reading from a device that fails: %v", err)
			}
			for _, says := range []string{path + " could not be read", "input/output error"} {
				if !strings.Contains(err.Error(), says) {
					t.Errorf("%q does not say %q", err, says)
				}
			}
			if strings.Contains(err.Error(), "malformed") || strings.Contains(err.Error(), "damaged") {
				t.Errorf("a device that fails is told as damage: %v", err)
			}
		})
	}
}

// replaceDescriptors makes all descriptors of a file stand for another one.
func replaceDescriptors(t *testing.T, path string, with int) {
	t.Helper()
	links, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, link := range links {
		var fd int
		if to, err := os.Readlink(link); err != nil || to != path {
			continue
		}
		if _, err := fmt.Sscan(filepath.Base(link), &fd); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Dup3(with, fd, 0); err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n == 0 {
		t.Fatal("nobody has the file open")
	}
}

// TestShortFileIsDamage cuts a file off while it is read.
func TestShortFileIsDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shard.db")
	e, keys := fillFile(t, path)
	if err := os.Truncate(path, 64<<10); err != nil {
		t.Fatal(err)
	}
	err := readAll(e, keys)
	if !errors.Is(err, &store.Error{Code: store.CodeDamaged}) || !strings.Contains(err.Error(), path+" is damaged") {
		t.Errorf("reading a file that was cut off: %v", err)
	}
}
