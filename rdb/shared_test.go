package rdb

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// fileReader reads the keys of a whole file: enough of the format to come to the values. For one goroutine.
type fileReader struct {
	t    *testing.T
	in   reader
	keys map[string]any // as the JSON beside the file has them
}

func (f *fileReader) read() {
	version, err := strconv.Atoi(string(f.in.take(9)[5:]))
	if err != nil {
		f.t.Fatal(err)
	}
	for !f.in.failed {
		switch op := f.in.byte(); op {
		case 0xFF:
			return
		case 0xFE:
			f.in.number()
		case 0xFD:
			f.in.take(4)
		case 0xFC:
			f.in.take(8)
		case 0xFB:
			f.in.number()
			f.in.number()
		case 0xFA:
			f.in.text()
			f.in.text()
		case 0xF9:
			f.in.take(1)
		case 0xF8:
			f.in.number()
		case opFunction:
			f.in.text()
		case 0xF7:
			f.skipModule()
		case 0xF4:
			for range 3 {
				f.in.number()
			}
		default:
			name := string(f.in.text())
			v, err := open(form(op), f.in.in, version >= firstValkey)
			if err != nil {
				f.t.Fatalf("%q of type %d: %v", name, op, err)
			}
			f.keys[name] = f.value(v)
		}
	}
	f.t.Error("the file has no end")
}

// skipModule goes past what a module has written: its id, and values behind their kinds.
func (f *fileReader) skipModule() {
	for f.in.number(); !f.in.failed; {
		switch kind := f.in.number(); kind {
		case 0:
			return
		case 1, 2:
			f.in.number()
		case 3, 4:
			f.in.take(4 * (kind - 2))
		case 5:
			f.in.text()
		default:
			f.in.fail()
		}
	}
}

// value reads a value and goes on behind it.
func (f *fileReader) value(v *Value) any {
	switch v.Kind {
	case String:
		return string(f.in.text())
	case Stream:
		return f.stream(v.Stream())
	}
	list, pairs := []any{}, map[string]any{}
	w := walk{r: f.in, kind: v.Kind, yield: func(e Element, err error) bool {
		switch v.Kind {
		case Hash:
			pairs[string(e.Name)] = string(e.Value)
		case ZSet:
			pairs[string(e.Name)] = e.Score
		default:
			list = append(list, string(e.Name))
		}
		return err == nil
	}}
	w.read(v.form)
	f.in = w.r
	if len(pairs) > 0 {
		return pairs
	}
	return list
}

func (f *fileReader) stream(s *StreamReader) any {
	all := []any{}
	for e, err := range s.Entries() {
		if err != nil {
			f.t.Error(err)
		}
		items := map[string]any{}
		for i := 0; i+1 < len(e.Fields); i += 2 {
			items[string(e.Fields[i])] = string(e.Fields[i+1])
		}
		all = append(all, map[string]any{"id": e.ID.text(), "items": items})
	}
	if _, err := s.State(); err != nil {
		f.t.Error(err)
	}
	for _, err := range s.Groups() {
		if err != nil {
			f.t.Error(err)
		}
	}
	f.in = s.r
	return map[string]any{"entries": all}
}

// alike compares with what the JSON says: sets have an order of their own there, and scores are text.
func alike(got, want any) bool {
	switch g := got.(type) {
	case float64:
		f, err := strconv.ParseFloat(fmt.Sprint(want), 64)
		return err == nil && f == g
	case map[string]any:
		w, ok := want.(map[string]any)
		same := ok && len(g) == len(w)
		for name := range g {
			same = same && alike(g[name], w[name])
		}
		return same
	case []any:
		w, ok := want.([]any)
		if !ok || len(g) != len(w) {
			return false
		}
		if len(g) > 0 {
			if _, texts := g[0].(string); texts {
				return slices.Equal(sorted(g), sorted(w))
			}
		}
		return slices.EqualFunc(g, w, alike)
	}
	return got == want
}

func sorted(all []any) (out []string) {
	for _, v := range all {
		out = append(out, fmt.Sprint(v))
	}
	slices.Sort(out)
	return out
}

// parts are the objects of a file of JSON, which may be an object, a list of them, or what stands between the braces.
func parts(t *testing.T, text string) map[string]any {
	t.Helper()
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, `"`) {
		text = "{" + strings.TrimSuffix(text, ",") + "}"
	}
	if !strings.HasPrefix(text, "[") {
		text = "[" + text + "]"
	}
	var objects []map[string]any
	if err := json.Unmarshal([]byte(text), &objects); err != nil {
		t.Fatalf("%v in %.200s", err, text)
	}
	all := map[string]any{}
	for _, o := range objects {
		for name, v := range o {
			if !strings.HasPrefix(name, "__") {
				all[name] = v
			}
		}
	}
	return all
}

// refusedFiles hold what is no value of ours, or are wrong on purpose.
var refusedFiles = map[string]string{
	"redis_ent_opcode_ram_lru.rdb": "opcodes of another product", "module.rdb": "a module's value", "module_aux_v12.rdb": "a module's value",
	"function.rdb": "functions of a release candidate", "invalid_chksum_v8.rdb": "a wrong checksum", "future_v19.rdb": "no version yet",
}

// contentOf finds the JSON beside a file, under one of the names that there are.
func contentOf(file string) (text []byte, there bool) {
	base := strings.TrimSuffix(file, ".rdb")
	unversioned := base
	if i := strings.LastIndex(base, "_v"); i > 0 {
		unversioned = base[:i]
	}
	for _, name := range []string{base + "_data.json", base + ".json", unversioned + "_data.json", unversioned + ".json"} {
		if text, err := os.ReadFile(name); err == nil && len(text) > 0 {
			return text, true
		}
	}
	return nil, false
}

// TestFilesOfOthers reads RDB files that others made; they are not part of the project.
func TestFilesOfOthers(t *testing.T) {
	files, err := filepath.Glob("../../shared/rdb/*.rdb")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Log("../shared/rdb is not there: no RDB files of others are read") // test.sh says so as well
	}
	compared := 0
	for _, file := range files {
		if refusedFiles[filepath.Base(file)] != "" {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			f := &fileReader{t: t, in: reader{in: data}, keys: map[string]any{}}
			f.read()
			if sum := f.in.in; len(sum) == 8 && binary.LittleEndian.Uint64(sum) != 0 && binary.LittleEndian.Uint64(sum) != Checksum(data[:len(data)-8]) {
				t.Error("the checksum is another")
			}
			text, there := contentOf(file)
			if !there {
				return
			}
			compared++
			if want := parts(t, string(text)); !alike(f.keys, want) {
				t.Errorf("%.2000v\nwant %.2000v", f.keys, want)
			}
		})
	}
	if len(files) > 0 && compared < 20 {
		t.Errorf("only %d files were compared", compared)
	}
}
