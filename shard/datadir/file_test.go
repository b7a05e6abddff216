package datadir_test

import (
	"os"
	"testing"

	"larder/shard/datadir"
)

func TestFunctionsAreReplacedAsAWhole(t *testing.T) {
	path := t.TempDir()
	dir, err := datadir.Claim(path, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	f := dir.Functions()
	if state, err := f.Load(); state != nil || err != nil {
		t.Errorf("before anything was saved: %q, %v", state, err)
	}
	for _, state := range []string{"first and longer", "second"} {
		if err := f.Save([]byte(state)); err != nil {
			t.Fatal(err)
		}
		if got, err := f.Load(); string(got) != state || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
	}
	entries, err := os.ReadDir(path)
	if err != nil || len(entries) != 3 { // lock, shards, functions
		t.Errorf("left behind: %v, %v", entries, err)
	}
}
