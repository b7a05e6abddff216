package param

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the tables of docs/compat.md anew")

// TestEveryParameterIsReadOrSaysWhyNot wants the value of a parameter to be read by the program, or its row to
// say why nobody is harmed that it is not, or to refuse all values that would promise something.
func TestEveryParameterIsReadOrSaysWhyNot(t *testing.T) {
	readers := readersOf(t, "../..")
	for _, p := range New().params {
		where := append(readers[p.name], readers[p.alias]...)
		switch idle := p.harmless != "" || p.promise != ""; {
		case len(where) == 0 && !idle:
			t.Errorf("nobody reads %s: make it work, or say in its row why that harms nobody (without) or what it would promise (refuses)", p.name)
		case len(where) > 0 && idle:
			t.Errorf("%s is read in %s, but its row says it has no effect", p.name, where[0])
		case p.harmless != "" && p.promise != "":
			t.Errorf("%s is harmless, and refuses values all the same", p.name)
		}
	}
}

// readersOf finds the calls of a Set's getters with a name written out, and the places. INFO shows values, which is no
// effect, so what it reads does not count.
func readersOf(t *testing.T, root string) map[string][]string {
	t.Helper()
	readers := map[string][]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(root, path)
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{"integration", "bench", "examples", ".git"}, rel):
			return fs.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") || showsAlone(rel):
			return nil
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if name := readBy(n); name != "" {
				readers[name] = append(readers[name], rel+":"+strconv.Itoa(files.Position(n.Pos()).Line))
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return readers
}

// showsAlone reports whether a file only shows values. The percentiles, which info.go reads, have an effect on INFO.
func showsAlone(rel string) bool {
	return strings.HasPrefix(rel, "resp/info/") && rel != "resp/info/info.go"
}

// readBy is the name in a call such as params.Int("port"), or of a function that is handed the Set and a
// name; empty for other nodes.
func readBy(n ast.Node) string {
	call, ok := n.(*ast.CallExpr)
	if !ok || len(call.Args) == 0 {
		return ""
	}
	if len(call.Args) > 1 && lastName(call.Args[0]) == "params" {
		return written(call.Args[1])
	}
	getter, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || !isSet(getter.X) ||
		!slices.Contains([]string{"String", "Strings", "Int", "Bytes", "Bool", "Path", "Var", "Allowed", "allowed"}, getter.Sel.Name) {
		return ""
	}
	return written(call.Args[0])
}

// isSet goes by the names that Sets have in the sources.
func isSet(x ast.Expr) bool {
	return slices.Contains([]string{"params", "Params", "set", "s"}, lastName(x))
}

// written is a string that stands in the source.
func written(x ast.Expr) string {
	word, ok := x.(*ast.BasicLit)
	if !ok || word.Kind != token.STRING {
		return ""
	}
	name, err := strconv.Unquote(word.Value)
	if err != nil {
		return ""
	}
	return name
}

// lastName is c of a.b.c.
func lastName(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.Ident:
		return x.Name
	case *ast.SelectorExpr:
		return x.Sel.Name
	}
	return ""
}

// TestCompatDoc holds the two tables of docs/compat.md against the rows.
func TestCompatDoc(t *testing.T) {
	const path = "../../docs/compat.md"
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	section := regexp.MustCompile(`(?s)\n## Directives\n.*?(\n## )`)
	if !section.Match(got) {
		t.Fatal("docs/compat.md has no section Directives")
	}
	want := section.ReplaceAllString(string(got), "\n"+strings.ReplaceAll(directivesDoc(), "$", "$$")+"$1")
	if string(got) == want {
		return
	}
	if !*update {
		t.Error("docs/compat.md is stale: go test ./resp/param -run TestCompatDoc -update")
	} else if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// directivesDoc has a line for each refusal and for each reason, in the order of the rows.
func directivesDoc() string {
	var refused, reasons []string
	idle := map[string][]string{}
	for _, p := range New().params {
		switch {
		case p.promise != "":
			def := p.def
			if def == "" {
				def = `""`
			}
			refused = append(refused, fmt.Sprintf("| `%s` | `%s` | %s |", p.name, def, p.promise))
		case p.harmless != "":
			if idle[p.harmless] == nil {
				reasons = append(reasons, p.harmless)
			}
			idle[p.harmless] = append(idle[p.harmless], "`"+p.name+"`")
		}
	}
	for i, reason := range reasons {
		reasons[i] = fmt.Sprintf("| %s | %s |", strings.Join(idle[reason], ", "), reason)
	}
	return "## Directives\n\nWritten from the parameters' rows by `go test ./resp/param -run TestCompatDoc -update`.\n" +
		"Every directive that stands in neither table has its effect.\n\n" +
		"Larder does not start with these, and `CONFIG SET` refuses them, but for the value that asks for nothing:\n\n" +
		"| directive | taken | answer to other values |\n|---|---|---|\n" + strings.Join(refused, "\n") + "\n" +
		fmt.Sprintf("| `loadmodule` | | %s |\n\n", noModules) +
		"These are accepted, answered by `CONFIG GET`, kept by `CONFIG REWRITE`, and do nothing:\n\n" +
		"| directives | why that harms nobody |\n|---|---|\n" + strings.Join(reasons, "\n") + "\n"
}
