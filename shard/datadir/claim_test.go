// A data directory has one owner, keeps its number of shards, and is refused if a newer or unknown program made it.
package datadir_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"larder/shard/datadir"
	"larder/store"
)

func local(string) (int64, error) { return 0xEF53, nil }

// wantRefused wants an error of that code whose text has all the words.
func wantRefused(t *testing.T, err error, words ...string) {
	t.Helper()
	if !errors.Is(err, &store.Error{Code: store.CodeRefused}) {
		t.Errorf("error %v", err)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q does not mention %q", err, w)
		}
	}
}

func claim(t *testing.T, dir string, n int) *datadir.Dir {
	t.Helper()
	d, err := datadir.Claim(dir, n, local)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestClaimIsExclusive(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	d := claim(t, dir, 4)
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	_, err = datadir.Claim(dir, 4, local)
	wantRefused(t, err, fmt.Sprint(os.Getpid()))
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	again := claim(t, dir, 4)
	defer again.Close()
	if again.Shards() != 4 || again.ShardPath(3) == again.ShardPath(2) || filepath.Dir(again.ShardPath(0)) != dir {
		t.Errorf("%d shards, %s", again.Shards(), again.ShardPath(3))
	}
}

func TestClaimKeepsTheNumber(t *testing.T) {
	dir := t.TempDir()
	_, err := datadir.Claim(dir, 0, local)
	wantRefused(t, err, "no data")
	if err := claim(t, dir, 4).Close(); err != nil {
		t.Fatal(err)
	}
	_, err = datadir.Claim(dir, 8, local)
	wantRefused(t, err, "4", "8")
	d := claim(t, dir, 0)
	if d.Shards() != 4 {
		t.Errorf("%d shards", d.Shards())
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{-1, 100_000} {
		_, err = datadir.Claim(dir, n, local)
		wantRefused(t, err, fmt.Sprint(n))
	}
}

func TestClaimRefusesWhatItCannotRead(t *testing.T) {
	dir := t.TempDir()
	shards := filepath.Join(dir, "shards")
	for _, text := range []string{"", "many", "0", "-3"} {
		if err := os.WriteFile(shards, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := datadir.Claim(dir, 4, local)
		wantRefused(t, err, shards)
	}
	if err := errors.Join(os.Remove(shards), os.WriteFile(filepath.Join(dir, "shard-000.db"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	_, err := datadir.Claim(dir, 4, local)
	wantRefused(t, err, "missing")
}

func TestClaimRefusesNetworks(t *testing.T) {
	for magic, name := range map[int64]string{0x6969: "NFS", 0x517B: "SMB", 0xFE534D42: "SMB2", -0xACB2BE: "CIFS", 0x5346414F: "AFS"} {
		_, err := datadir.Claim(t.TempDir(), 1, func(string) (int64, error) { return magic, nil })
		wantRefused(t, err, name, "network")
	}
	for _, magic := range []int64{0x65735546, 0x794C7630, 0x01021997, 0xEF53} { // FUSE, overlay, 9p, ext4
		d, err := datadir.Claim(t.TempDir(), 1, func(string) (int64, error) { return magic, nil })
		if err != nil {
			t.Errorf("%x: %v", magic, err)
			continue
		}
		d.Close()
	}
	_, err := datadir.Claim(t.TempDir(), 1, func(string) (int64, error) { return 0, os.ErrPermission })
	wantRefused(t, err)
	if magic, err := datadir.Filesystem(t.TempDir()); err != nil {
		t.Errorf("%x %v", magic, err)
	}
}

// The bytes of a directory are those of all its files.
func TestBytesOfADirectory(t *testing.T) {
	path := t.TempDir()
	dir, err := datadir.Claim(path, 2, local)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	before, err := dir.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir.ShardPath(0), make([]byte, 10_000), 0o600); err != nil {
		t.Fatal(err)
	}
	after, err := dir.Bytes()
	if err != nil || after-before != 10_000 || dir.Path() != path {
		t.Errorf("%d bytes more in %s, %v", after-before, dir.Path(), err)
	}
}
