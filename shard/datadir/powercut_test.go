package datadir_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"larder/disk/powercut"
	"larder/shard/datadir"
)

// TestPowerCutWhileADirectoryIsMade cuts the power at every operation of making a directory whose parents are new too, and
// of replacing the files in it: once Claim has answered the whole tree is there, and a file holds what was saved last or
// what is being saved, never less.
func TestPowerCutWhileADirectoryIsMade(t *testing.T) {
	root := t.TempDir()
	claimed, saved := false, 0
	type moment struct {
		claimed bool
		saved   int
	}
	r, err := powercut.Record(root, func() any { return moment{claimed, saved} })
	if err != nil {
		t.Fatal(err)
	}
	under := filepath.Join("a", "b", "c")
	d, err := datadir.ClaimOn(r, filepath.Join(root, under), 3, local)
	if err != nil {
		t.Fatal(err)
	}
	claimed = true
	texts := []string{"", "one", "two and more", "3"}
	for i := 1; i < len(texts); i++ {
		if err := errors.Join(d.Functions().Save([]byte(texts[i])), d.CacheStats().Save([]byte(texts[i]))); err != nil {
			t.Fatal(err)
		}
		saved = i
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	for i := range r.Operations() + 1 {
		r.States(i, func(s powercut.State) {
			dir := t.TempDir()
			if err := s.Make(dir); err != nil {
				t.Fatal(err)
			}
			was, _ := s.Note.(moment)
			_, err := os.Stat(filepath.Join(dir, under, "shards"))
			if was.claimed && err != nil {
				t.Fatalf("cut %s, leaving %v: %v", s.When, s.Names(), err)
			}
			again := claim(t, filepath.Join(dir, under), 3)
			defer again.Close()
			for _, load := range []func() ([]byte, error){again.Functions().Load, again.CacheStats().Load} {
				text, err := load()
				next := texts[min(was.saved+1, len(texts)-1)]
				if got := string(text); err != nil || got != texts[was.saved] && got != next {
					t.Errorf("cut %s: a file holds %q behind save %d: %v", s.When, got, was.saved, err)
				}
			}
		})
	}
}

// TestClaimOfAnotherLayout: a directory of before is told apart from then on, and one of a later Larder is refused.
func TestClaimOfAnotherLayout(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "shards")
	for _, before := range []string{"3\n", "3\njournal 2, for a newer Larder\n"} {
		if err := os.WriteFile(path, []byte(before), 0o600); err != nil {
			t.Fatal(err)
		}
		d := claim(t, dir, 0)
		if d.Shards() != 3 {
			t.Errorf("%d shards", d.Shards())
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil || string(text) != "3\njournal 3, for a newer Larder\n" {
			t.Errorf("the file holds %q: %v", text, err)
		}
	}
	if err := os.WriteFile(path, []byte("3\njournal 4, for a newer Larder\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := datadir.Claim(dir, 3, local)
	wantRefused(t, err, "newer Larder", "journal 4")
}
