package integration

import (
	"encoding/json"
	"io"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// goPackage is what go list says of one package.
type goPackage struct {
	ImportPath string
	Imports    []string
}

// importRule is one line of the table in the architecture: a package that matches at may
// import, of ours, what matches may, and of others nothing that matches never.
// The first rule that matches a package holds.
type importRule struct{ at, may, never string }

var importRules = []importRule{
	{at: `^larder$`, may: `^larder/cli$`, never: `sqlite|redcon|database/sql`},
	{at: `^larder/store$`, may: `^$`, never: `sqlite|redcon|database/sql`},
	{at: `^larder/disk$`, may: `^$`, never: `sqlite|redcon|database/sql`},
	{at: `^larder/disk/powercut$`, may: `^larder/disk$`, never: `sqlite|redcon|database/sql`},
	{at: `^larder/store/sqlite/capi$`, may: `^$`, never: `redcon|database/sql`},
	{at: `^larder/store/sqlite/blocks$`, may: `^larder/(store|store/sqlite/capi)$`, never: `redcon|database/sql`},
	{at: `^larder/store/sqlite/rowcache$`, may: `^$`, never: `sqlite|redcon|database/sql`},
	{at: `^larder/store/sqlite/sqlfile$`, may: `^larder/(store|disk|store/sqlite/capi)$`, never: `redcon|database/sql`},
	{at: `^larder/store/sqlite/repair$`, may: `^larder/(store|disk|store/sqlite|store/sqlite/(capi|sqlfile))$`, never: `redcon|database/sql`},
	{at: `^larder/store/sqlite$`, may: `^larder/(store|store/sqlite/(blocks|capi|sqlfile|rowcache))$`, never: `redcon|database/sql`},
	// Of store the log needs codes of errors and findings.
	{at: `^larder/store/wal$`, may: `^larder/(store|disk)$`, never: `sqlite|redcon|database/sql`},
	{at: `^larder/store/memtable$`, may: `^larder/store$`, never: `sqlite|redcon|database/sql`},
	{at: `^larder/store/(memory|storetest)$`, may: `^larder/store$`, never: `sqlite|redcon|database/sql`},
	{at: `^larder/shard/datadir$`, may: `^larder/(store|disk)$`, never: `sqlite|redcon|database/sql`},
	// The engine knows the tables as a store.Base: it is cli/serve that opens the files.
	{at: `^larder/shard$`, may: `^larder/(store|disk|store/wal|store/memtable)$`, never: `sqlite|redcon|database/sql`},
	{at: `^larder/cull$`, may: `^larder/store$`, never: `sqlite|redcon|database/sql`},
	{at: `^larder/(geo|hll)$`, may: `^$`, never: `redcon|sqlite|database/sql`},
	{at: `^larder/rdb$`, may: `^$`, never: `redcon|sqlite|database/sql`},
	{at: `^larder/cli$`, may: `^larder/(cli/|resp/cmd$)`, never: `sqlite|redcon|database/sql`},
	// Serving is the wiring: it alone sees the front and the engine.
	{at: `^larder/cli/serve$`, may: `^larder/(cull|resp|shard|store)(/|$)`, never: `redcon|database/sql`},
	{at: `^larder/cli/`, may: `^larder/(store|shard|cull|disk)(/|$)`, never: `redcon`},
	{at: `^larder/resp/cmd$`, may: `^larder/(resp/(arg|reply|stat)|store)$`, never: `redcon|sqlite|database/sql`},
	{at: `^larder/resp/cmd/cmdtest$`, may: `^larder/(resp(/|$)|store$|store/memory$)`, never: `redcon|database/sql`},
	// Families: never another family, so what they may import of resp/cmd is resp/cmd alone.
	{at: `^larder/resp/cmd/`, may: `^larder/(resp/(cmd|arg|reply|access|broker|lease|lua|node|param|snapshot|stat|times|track)|store|rdb|geo|hll)$`, never: `redcon|sqlite|database/sql|^sync$`},
	{at: `^larder/resp/arg$`, may: `^larder/store$`, never: `redcon|sqlite|database/sql`},
	{at: `^larder/resp/reply$`, may: `^larder/store$`, never: `redcon|sqlite|database/sql`},
	// The interpreter knows nothing of Redis; the mechanism that runs scripts stands on it.
	{at: `^larder/lua/syntax$`, may: `^$`, never: `redcon|sqlite|database/sql`},
	{at: `^larder/lua/vm$`, may: `^larder/lua/syntax$`, never: `redcon|sqlite|database/sql`},
	{at: `^larder/lua/stdlib$`, may: `^larder/lua/(syntax|vm)$`, never: `redcon|sqlite|database/sql`},
	{at: `^larder/resp/lua$`, may: `^larder/(lua/|resp/(reply|lua/modules)$|rdb$)`, never: `redcon|sqlite|database/sql`},
	{at: `^larder/resp/lua/modules$`, may: `^larder/lua/`, never: `redcon|sqlite|database/sql`},
	{at: `^larder/resp/snapshot$`, may: `^larder/(store|rdb|disk)$`, never: `redcon|sqlite|database/sql`},
	// Users have a file of their own, which must be there after a power cut.
	{at: `^larder/resp/access$`, may: `^larder/(resp/(cmd|arg|reply)|store|disk)$`, never: `redcon|sqlite|database/sql`},
	// Mechanisms know nothing of each other.
	{at: `^larder/resp/(broker|lease|lua|node|param|stat|times|track)$`, may: `^larder/(resp/(cmd|arg|reply)|store)$`, never: `redcon|sqlite|database/sql`},
	// The rooms of the front, which resp puts together.
	{at: `^larder/resp/effects$`, may: `^larder/(resp/(admission|broker|cmd|lease|monitor|stat|track|waiting|watch)|store)$`,
		never: `redcon|sqlite|database/sql`},
	{at: `^larder/resp/info$`, never: `redcon|sqlite|database/sql`,
		may: `^larder/(resp/(access|admission|broker|cmd|effects|guard|lua|param|reply|snapshot|stat|table)|store)$`},
	{at: `^larder/resp/scripting$`, may: `^larder/(resp/(admission|cmd|cmd/scripts|effects|lua|node|reply|table)|store)$`,
		never: `redcon|sqlite|database/sql`},
	{at: `^larder/resp/admission$`, may: `^larder/(resp/(cmd|stat)|store)$`, never: `redcon|sqlite|database/sql`},
	{at: `^larder/resp/waiting$`, may: `^larder/(resp/(cmd|reply)|store)$`, never: `redcon|sqlite|database/sql`},
	{at: `^larder/resp/watch$`, may: `^larder/store$`, never: `redcon|sqlite|database/sql`},
	{at: `^larder/resp/monitor$`, may: `^$`, never: `redcon|sqlite|database/sql`},
	{at: `^larder/resp/table$`, may: `^larder/resp/(cmd|param|reply|stat)$`, never: `redcon|sqlite|database/sql`},
	{at: `^larder/resp/secure$`, may: `^larder/(resp/param|store)$`, never: `redcon|sqlite|database/sql`},
	{at: `^larder/resp/unread$`, may: `^larder/(resp/(cmd|param|reply)|store)$`, never: `redcon|sqlite|database/sql`},
	{at: `^larder/resp(/|$)`, may: `^larder/(resp(/|$)|store$)`, never: `sqlite|database/sql`},
	{at: `^larder/integration(/|$)`, may: `^$`},
}

// cLibrary are the packages of the translated C library, and cLibraryAt the only one of ours that imports them.
const (
	cLibrary   = "modernc.org/"
	cLibraryAt = "larder/store/sqlite/capi"
)

// TestImports holds the table of who may import whom.
func TestImports(t *testing.T) {
	seen := 0
	for _, p := range listPackages(t) {
		rule := ruleFor(p.ImportPath)
		if rule == nil {
			t.Errorf("%s stands in no line of the import table", p.ImportPath)
			continue
		}
		seen++
		for _, imported := range p.Imports {
			ours := strings.HasPrefix(imported, "larder/")
			switch {
			case ours && !regexp.MustCompile(rule.may).MatchString(imported):
				t.Errorf("%s must not import %s", p.ImportPath, imported)
			case strings.HasPrefix(imported, cLibrary) && p.ImportPath != cLibraryAt:
				t.Errorf("%s must not import %s, which only %s knows", p.ImportPath, imported, cLibraryAt)
			case !ours && rule.never != "" && regexp.MustCompile(rule.never).MatchString(imported):
				t.Errorf("%s must not import %s", p.ImportPath, imported)
			}
		}
	}
	if seen < 5 {
		t.Errorf("only %d packages seen", seen)
	}
}

func ruleFor(path string) *importRule {
	for i := range importRules {
		if regexp.MustCompile(importRules[i].at).MatchString(path) {
			return &importRules[i]
		}
	}
	return nil
}

func listPackages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var packages []goPackage
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := d.Decode(&p); err == io.EOF {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}
