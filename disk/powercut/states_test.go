// The recorder makes every state that a power cut could leave, and no other.
package powercut

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"larder/disk"
)

// TestStates records a few operations and looks which states a cut behind them may leave, each a list of names with contents.
func TestStates(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(r *Recorder, at func(string) string) error
		want []string
	}{
		{"a name that is not synced", func(r *Recorder, at func(string) string) error {
			return write1(r, at("a"), true)
		}, []string{"", "a=one"}},
		{"a content that is not synced", func(r *Recorder, at func(string) string) error {
			return errors.Join(write1(r, at("a"), false), r.SyncDir(at("")))
		}, []string{"a=", "a=one"}},
		{"both are", func(r *Recorder, at func(string) string) error {
			return errors.Join(write1(r, at("a"), true), r.SyncDir(at("")))
		}, []string{"a=one"}},
		{"renames are taken back newest first", func(r *Recorder, at func(string) string) error {
			return errors.Join(write1(r, at("a"), true), r.SyncDir(at("")), r.Rename(at("a"), at("b")), r.Rename(at("b"), at("c")))
		}, []string{"a=one", "b=one", "c=one"}},
		{"a removal is taken back", func(r *Recorder, at func(string) string) error {
			return errors.Join(write1(r, at("a"), true), r.SyncDir(at("")), r.Remove(at("a")))
		}, []string{"", "a=one"}},
		{"what lies in a directory goes with it", func(r *Recorder, at func(string) string) error {
			return errors.Join(r.MakeDir(at("d")), write1(r, at("d/a"), true), r.SyncDir(at("d")))
		}, []string{"", "d/ d/a=one"}},
		{"a tree that is made and a file that is replaced", func(r *Recorder, at func(string) string) error {
			return errors.Join(disk.MakeDirs(r, at("d/e")), disk.Replace(r, at("d/e/a"), []byte("one")), disk.Replace(r, at("d/e/a"), []byte("two")))
		}, []string{"d/ d/e/ d/e/a=two"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			r, err := Record(root, func() any { return nil })
			if err == nil {
				err = c.do(r, func(name string) string { return filepath.Join(root, name) })
			}
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			r.States(r.Operations(), func(s State) { got = append(got, s.text()) })
			slices.Sort(got)
			if !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func write1(r *Recorder, path string, synced bool) error {
	f, err := r.Create(path)
	if err != nil {
		return err
	}
	_, err = f.WriteAt([]byte("one"), 0)
	if synced {
		err = errors.Join(err, f.Sync())
	}
	return errors.Join(err, f.Close())
}

func (s State) text() string {
	var parts []string
	for name, e := range s.names {
		if e.dir {
			parts = append(parts, name+"/")
		} else {
			parts = append(parts, name+"="+string(e.bytes))
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, " ")
}
