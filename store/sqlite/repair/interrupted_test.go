package repair_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"larder/store"
	"larder/store/sqlite"
	"larder/store/sqlite/repair"
	"larder/store/sqlite/sqlfile"
)

// shardOf makes a sound shard with one key, at rest.
func shardOf(t *testing.T, path, value string) {
	t.Helper()
	e := open(t, path)
	update(t, e, func(tx store.Tx) error { return tx.PutHead(key("k"), str(value)) })
	if err := errors.Join(e.Checkpoint(ctx), e.Close()); err != nil {
		t.Fatal(err)
	}
}

func wantCode(t *testing.T, err error, code store.Code) {
	t.Helper()
	if !errors.Is(err, &store.Error{Code: code}) {
		t.Errorf("%v, want code %v", err, code)
	}
}

// TestSalvageThatWasInterrupted crashes between the two steps at which the new file takes the damaged one's place: no
// server opens the shard, and the next salvage only does the second step.
func TestSalvageThatWasInterrupted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shard.db")
	shardOf(t, path, "damaged")
	if err := os.Rename(path, path+".damaged"); err != nil {
		t.Fatal(err)
	}
	shardOf(t, path, "older damage")
	if err := os.Rename(path, path+".damaged.1"); err != nil {
		t.Fatal(err)
	}
	fresh := path + sqlfile.FreshSuffix
	shardOf(t, fresh, "salvaged")
	_, err := sqlite.Open(path, sqlite.Options{})
	wantCode(t, err, store.CodeDamaged)
	done, err := repair.Salvage(path, nil)
	if err != nil || done.Kept != path+".damaged.1" {
		t.Fatalf("%+v, %v", done, err)
	}
	if v, ok := get(t, open(t, path), "k"); !ok || v != "salvaged" {
		t.Errorf("the shard holds %q", v)
	}
	for _, kept := range []string{path + ".damaged", path + ".damaged.1"} {
		if _, err := os.Stat(kept); err != nil {
			t.Error(err)
		}
	}
}

// TestDamagedFilesAreAllKept: each salvage keeps the file it was given under a name of its own.
func TestDamagedFilesAreAllKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shard.db")
	for _, want := range []string{".damaged", ".damaged.1", ".damaged.2"} {
		shardOf(t, path, want)
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		done, err := repair.Salvage(path, nil)
		if err != nil || done.Kept != path+want || done.Rows == 0 {
			t.Fatalf("%+v, %v", done, err)
		}
		kept, err := os.ReadFile(done.Kept)
		if err != nil || string(kept) != string(before) {
			t.Errorf("%s is not what was there: %v", done.Kept, err)
		}
		e := open(t, path)
		if v, _ := get(t, e, "k"); v != want {
			t.Errorf("the key is %q, want %q", v, want)
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// TestNothingToSalvage: what is not there, or is shorter than a page, cannot be read, and stays as it is.
func TestNothingToSalvage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shard.db")
	_, err := repair.Damage(path)
	wantCode(t, err, store.CodeIO)
	if err := os.WriteFile(path, []byte(strings.Repeat("no page", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	texts, err := repair.Damage(path)
	if err != nil || len(texts) != 1 || !strings.Contains(texts[0], "is damaged") {
		t.Errorf("%q, %v", texts, err)
	}
	_, err = repair.Salvage(path, nil)
	wantCode(t, err, store.CodeDamaged)
	if _, err := os.Stat(path); err != nil {
		t.Error("a file that could not be salvaged is gone")
	}
}

// TestDamageNamesTables: what SQLite says of a page comes with the table it belongs to.
func TestDamageNamesTables(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shard.db")
	e := open(t, path)
	update(t, e, func(tx store.Tx) error {
		for i := range 500 {
			if err := tx.PutHead(key(strings.Repeat("k", i+1)), str("v")); err != nil {
				return err
			}
		}
		return nil
	})
	if err := errors.Join(e.Checkpoint(ctx), e.Close()); err != nil {
		t.Fatal(err)
	}
	if texts, err := repair.Damage(path); err != nil || len(texts) != 0 {
		t.Fatalf("a sound file: %q, %v", texts, err)
	}
	root := rootOf(t, path, "heads")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	page := leftmost(pagesOf(content), root)
	content[(page-1)*4096+3]++ // the number of cells, in its high byte: there is no room for so many
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	texts, err := repair.Damage(path)
	if err != nil || !strings.Contains(strings.Join(texts, "\n"), "heads") {
		t.Errorf("%q, %v", texts, err)
	}
}

func pagesOf(content []byte) (pages [][]byte) {
	for at := 0; at < len(content); at += 4096 {
		pages = append(pages, content[at:at+4096])
	}
	return pages
}
