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
	"unicode/utf8"
)

// The gates of design: what grows past them is split before it is merged.
const (
	maxFuncLines  = 70
	maxFileLines  = 400
	maxTableLines = 500 // resp/cmd/*/table.go: rows of commands
	maxColumns    = 120 // characters of a line, a tab being one
	maxPackage    = 5000
)

// packageLimits are those of packages that are larger, and are to become smaller, and of one that is to stay small: what
// has a subject of its own leaves it.
var packageLimits = map[string]int{
	"../store": 12000, "../shard": 6700, "../store/sqlite": 5300, "../store/storetest": 5200, "../resp": 3000,
}

// TestSizes holds packages, files, functions and lines to their gates. Test files are free.
func TestSizes(t *testing.T) {
	seen, packages := 0, map[string]int{}
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
		packages[filepath.ToSlash(filepath.Dir(path))] += checkSizes(t, path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen == 0 {
		t.Error("no source files found")
	}
	for dir, n := range packages {
		limit := packageLimits[dir]
		if limit == 0 {
			limit = maxPackage
		}
		if n > limit {
			t.Errorf("the package in %s has %d lines, more than %d", dir, n, limit)
		}
	}
	for dir := range packageLimits {
		if packages[dir] == 0 {
			t.Errorf("there is no package in %s", dir)
		}
	}
}

// checkSizes returns the number of lines.
func checkSizes(t *testing.T, path string) (lines int) {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	limit := maxFileLines
	if ok, _ := filepath.Match("../resp/cmd/*/table.go", filepath.ToSlash(path)); ok {
		limit = maxTableLines
	}
	if lines = bytes.Count(src, []byte("\n")); lines > limit {
		t.Errorf("%s has %d lines, more than %d", path, lines, limit)
	}
	for i, line := range bytes.Split(src, []byte("\n")) {
		if n := utf8.RuneCount(line); n > maxColumns {
			t.Errorf("%s:%d has %d characters, more than %d", path, i+1, n, maxColumns)
		}
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
	return lines
}
