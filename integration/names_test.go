package integration

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// commandName is how a row is called in the source.
var commandName = regexp.MustCompile(`^"[A-Z]+"$`)

// TestNoCommandIsSpecialByName looks for code that asks for a command's name where its row should have a flag.
func TestNoCommandIsSpecialByName(t *testing.T) {
	seen := 0
	err := filepath.WalkDir("../resp", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || d.Name() == "table.go" {
			return err
		}
		files := token.NewFileSet()
		tree, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			return err
		}
		seen++
		ast.Inspect(tree, func(n ast.Node) bool {
			if asksForName(n) {
				t.Errorf("%s asks for a command by its name", files.Position(n.Pos()))
			}
			return true
		})
		return nil
	})
	if err != nil || seen < 100 {
		t.Error(seen, err)
	}
}

// asksForName reports whether a node compares the name of a row, or its container's, with a command's.
func asksForName(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.BinaryExpr:
		return isName(n.X) && isCommand(n.Y) || isName(n.Y) && isCommand(n.X)
	case *ast.SwitchStmt:
		if n.Tag == nil || !isName(n.Tag) {
			return false
		}
		for _, c := range n.Body.List {
			for _, value := range c.(*ast.CaseClause).List {
				if isCommand(value) {
					return true
				}
			}
		}
	}
	return false
}

func isName(e ast.Expr) bool {
	if call, ok := e.(*ast.CallExpr); ok {
		e = call.Fun
	}
	s, ok := e.(*ast.SelectorExpr)
	return ok && (s.Sel.Name == "Name" || s.Sel.Name == "Parent" || s.Sel.Name == "FullName")
}

func isCommand(e ast.Expr) bool {
	l, ok := e.(*ast.BasicLit)
	return ok && l.Kind == token.STRING && commandName.MatchString(l.Value)
}
