package integration

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The gates of design: what grows past them is split before it is merged.
const (
	maxFuncLines  = 70
	maxFileLines  = 400
	maxTableLines = 500 // resp/cmd/*/table.go: rows of commands
)

// TestSizes holds functions and files to their gates. Test files are free.
func TestSizes(t *testing.T) {
	seen := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && d.Name() != ".." {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		seen++
		checkSizes(t, path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen == 0 {
		t.Error("no source files found")
	}
}

func checkSizes(t *testing.T, path string) {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	limit := maxFileLines
	if ok, _ := filepath.Match("../resp/cmd/*/table.go", filepath.ToSlash(path)); ok {
		limit = maxTableLines
	}
	if n := bytes.Count(src, []byte("\n")); n > limit {
		t.Errorf("%s has %d lines, more than %d", path, n, limit)
	}
	files := token.NewFileSet()
	tree, err := parser.ParseFile(files, path, src, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, decl := range tree.Decls {
		f, isFunc := decl.(*ast.FuncDecl)
		if !isFunc {
			continue
		}
		if n := files.Position(f.End()).Line - files.Position(f.Pos()).Line + 1; n > maxFuncLines {
			t.Errorf("%s: function %s has %d lines, more than %d", path, f.Name.Name, n, maxFuncLines)
		}
	}
}
