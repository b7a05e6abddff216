package powercut

import (
	"fmt"
	"os"
	"path/filepath"
)

// State is what a power cut could have left.
type State struct {
	// When says which cut it was, in words.
	When string
	// Note is what was noted behind the last operation before the cut.
	Note any

	names map[string]entry
}

// entry is what a name stands for.
type entry struct {
	dir   bool
	bytes []byte
}

// Operations is how many have been recorded.
func (r *Recorder) Operations() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.ops)
}

// Renamed is how often a name, relative to the root, was given another.
func (r *Recorder) Renamed(name string) (times int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, o := range r.ops {
		if o.kind == rename && o.name == name {
			times++
		}
	}
	return times
}

// States calls fn once with each state that a cut behind the n-th operation could have left, 0 being before the first.
func (r *Recorder) States(n int, fn func(State)) {
	r.mu.Lock()
	ops := r.ops[:n:n]
	r.mu.Unlock()
	note := any(nil)
	if n > 0 {
		note = ops[n-1].note
	}
	pending := unsyncedNames(ops)
	seen := map[string]bool{}
	for _, k := range contents() {
		for kept := range len(pending) + 1 {
			lost := map[int]bool{}
			for _, i := range pending[kept:] {
				lost[i] = true
			}
			names := replayNames(ops, lost, k.keep)
			if look := fmt.Sprint(names); !seen[look] {
				seen[look] = true
				fn(State{When: fmt.Sprintf("behind operation %d, %d of %d names taken back, %s", n, len(lost), len(pending),
					k.name),
					Note: note, names: names})
			}
		}
	}
}

// unsyncedNames are the operations on names that a cut may take back, oldest first: those whose directory
// has not been synced since. A rename stays in one directory.
func unsyncedNames(ops []op) (pending []int) {
	synced := map[string]bool{}
	for i := len(ops) - 1; i >= 0; i-- {
		switch o := ops[i]; o.kind {
		case syncDir:
			synced[o.name] = true
		case create, makeDir, rename, remove:
			if !synced[parent(o.name)] {
				pending = append([]int{i}, pending...)
			}
		}
	}
	return pending
}

// parent is a name's directory, "" for the root.
func parent(name string) string {
	if dir := filepath.Dir(name); dir != "." {
		return dir
	}
	return ""
}

// replayNames does the operations on names again but for those that are lost, with those that need them.
func replayNames(ops []op, lost map[int]bool, keep func(i, n int, o op) (op, bool)) map[string]entry {
	files, dirs := map[string]int{}, map[string]bool{"": true}
	for i, o := range ops {
		if lost[i] || !dirs[parent(o.name)] {
			continue
		}
		switch o.kind {
		case create:
			files[o.name] = o.file
		case makeDir:
			dirs[o.name] = true
		case rename:
			if id, ok := files[o.name]; ok {
				delete(files, o.name)
				files[o.to] = id
			}
		case remove:
			delete(files, o.name)
		}
	}
	names := map[string]entry{}
	for name := range dirs {
		if name != "" {
			names[name] = entry{dir: true}
		}
	}
	for name, id := range files {
		names[name] = entry{bytes: content(ops, id, keep)}
	}
	return names
}

// choice says what a cut leaves of the i-th of n writes, truncations among them, since a file's last sync.
type choice struct {
	name string
	keep func(i, n int, o op) (op, bool)
}

func contents() []choice {
	some := func(keep func(i, n int) bool) func(int, int, op) (op, bool) {
		return func(i, n int, o op) (op, bool) { return o, keep(i, n) }
	}
	return []choice{
		{"all writes", some(func(int, int) bool { return true })},
		{"no write that was not synced", some(func(int, int) bool { return false })},
		{"the first half of the writes", some(func(i, n int) bool { return i < n/2 })},
		{"the last half of the writes", some(func(i, n int) bool { return i >= n/2 })},
		{"the last write up to a sector's end", func(i, n int, o op) (op, bool) {
			if i < n-1 || o.kind == truncate {
				return o, true
			}
			end := (o.at + int64(len(o.bytes))) / sector * sector
			o.bytes = o.bytes[:max(end-o.at, 0)]
			return o, len(o.bytes) > 0
		}},
	}
}

// sector is what a device writes wholly or not at all, in bytes.
const sector = 512

// content is what a file holds.
func content(ops []op, id int, keep func(i, n int, o op) (op, bool)) []byte {
	last, since := -1, 0
	for i, o := range ops {
		switch {
		case o.file != id || o.kind < write:
		case o.kind == syncFile:
			last, since = i, 0
		default:
			since++
		}
	}
	var bytes []byte
	n := 0
	for i, o := range ops {
		if o.file != id || o.kind != write && o.kind != truncate {
			continue
		}
		if i > last {
			n++
			var kept bool
			if o, kept = keep(n-1, since, o); !kept {
				continue
			}
		}
		size := o.at + int64(len(o.bytes))
		if short := size - int64(len(bytes)); short > 0 {
			bytes = append(bytes, make([]byte, short)...)
		}
		if o.kind == truncate {
			bytes = bytes[:size]
		}
		copy(bytes[o.at:], o.bytes)
	}
	return bytes
}

// Names are the files and directories of the state.
func (s State) Names() (names []string) {
	for name := range s.names {
		names = append(names, name)
	}
	return names
}

// Make writes the state into a directory.
func (s State) Make(dir string) error {
	for name, e := range s.names {
		path := filepath.Join(dir, name)
		if e.dir {
			if err := os.MkdirAll(path, 0o700); err != nil {
				return err
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, e.bytes, 0o600); err != nil {
			return err
		}
	}
	return nil
}
