package access

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func load(t *testing.T, us *Users, text string) error {
	t.Helper()
	path := filepath.Join(t.TempDir(), "users.acl")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return us.Load(path, "users.acl")
}

func TestFiles(t *testing.T) {
	us := newUsers()
	gone := must(t, us, "gone on nopass +@all ~* &*")
	standard := us.Default()
	text := "user alice on >pw ~a* +@all (+get ~b*)\n\r\n  user bob off  +get\t\r\nuser default on nopass ~d* +@all\n"
	if err := load(t, us, text); err != nil {
		t.Fatal(err)
	}
	if got := us.Names(); !slices.Equal(got, []string{"alice", "bob", "default"}) {
		t.Error("users:", got)
	}
	if us.Default() != standard || standard.Free() || ask(us, standard, "GET e") != "key:e" {
		t.Error("the user default is not the one of the file:", us.Default().Rules())
	}
	if ask(us, gone, "GET k") == "" {
		t.Error("who is not in the file keeps his rights")
	}
	path := filepath.Join(t.TempDir(), "saved.acl")
	for range 2 {
		if err := us.Save(path); err != nil {
			t.Fatal(err)
		}
	}
	saved, err := os.ReadFile(path)
	if err != nil || string(saved) != strings.Join(us.Lines(), "\n")+"\n" {
		t.Errorf("saved %q, %v", saved, err)
	}
	before := us.Lines()
	if err := us.Load(path, "saved.acl"); err != nil || !slices.Equal(us.Lines(), before) {
		t.Error("what was saved is read as", us.Lines(), err)
	}
	if err := load(t, us, ""); err != nil || len(us.Names()) != 1 || !us.Default().Free() {
		t.Error("an empty file leaves", us.Lines(), err)
	}
}

func TestWrongFiles(t *testing.T) {
	us := newUsers()
	must(t, us, "u on +get")
	before := us.Lines()
	for text, want := range map[string]string{
		"# a comment":                     "users.acl:1 should start with user keyword followed by the username. ",
		"\nuser":                          "users.acl:2 should start with user keyword followed by the username. ",
		"user a on\nuser a off":           "WARNING: Duplicate user 'a' found on line 2. ",
		"user a\tb on":                    "'users.acl:1: username 'a\tb' contains invalid characters. ",
		"user a +nosuch -nothing":         "users.acl:1: Error in applying operation '+nosuch': Unknown command or category name in ACL. users.acl:1: Error in applying operation '-nothing'",
		"user a secret other":             "users.acl:1: Syntax error. WARNING",
		"user a (+get":                    "users.acl:1: Unmatched parenthesis in selector definition.",
		"user default off x\nuser b nope": "users.acl:1: Syntax error. users.acl:2: Syntax error. ",
	} {
		err := load(t, us, text)
		if err == nil || !strings.HasPrefix(err.Error(), want) || !strings.HasSuffix(err.Error(), "was performed") {
			t.Errorf("%q: %v", text, err)
		}
		if !slices.Equal(us.Lines(), before) {
			t.Errorf("%q has changed the users: %q", text, us.Lines())
		}
	}
	err := us.Load("/no/such/file", "shown")
	if err == nil || err.Error() != "Error loading ACLs, opening file 'shown': No such file or directory" {
		t.Error("a file that is not there:", err)
	}
}

func TestDeclarations(t *testing.T) {
	us := newUsers()
	if err := us.Declare(Declaration{"default", strings.Fields("on nopass ~a +get")}); err != nil || us.Default().Free() {
		t.Error("default:", err, us.Lines())
	}
	if err := us.Declare(Declaration{"app", strings.Fields("on >pw (~a +get )")}); err != nil || us.Find("app") == nil {
		t.Error("app:", err, us.Lines())
	}
	for _, d := range []Declaration{{"a b", nil}, {"a", []string{"(x"}}, {"a", []string{"+nosuch"}}, {"a", []string{"<pw"}}} {
		err := us.Declare(d)
		if err == nil || strings.Contains(err.Error(), "pw") || us.Find(d.Name) != nil {
			t.Errorf("%v: %v", d, err)
		}
	}
}

func TestLog(t *testing.T) {
	var l Log
	now := time.UnixMilli(1_700_000_000_000)
	add := func(object string, after time.Duration, limit int) {
		now = now.Add(after)
		l.Add(Entry{Denial: DeniedKey, Context: TopLevel, Object: object, User: "u", Client: object, Updated: now}, limit)
	}
	objects := func(n int64) (list []string) {
		for _, e := range l.Entries(n) {
			list = append(list, e.Object)
		}
		return list
	}
	add("a", 0, 3)
	add("b", 0, 3)
	add("a", time.Second, 3)
	first := l.Entries(1)[0]
	if got := objects(10); !slices.Equal(got, []string{"a", "b"}) || first.Count != 2 || first.ID != 0 || first.Updated.Sub(first.Created) != time.Second {
		t.Errorf("%v, %+v", got, first)
	}
	add("b", 2*time.Minute, 3)
	add("c", 0, 3)
	if got := objects(10); !slices.Equal(got, []string{"c", "b", "a"}) {
		t.Error("too long ago is not alike:", got)
	}
	if got := objects(2); !slices.Equal(got, []string{"c", "b"}) {
		t.Error("two of them:", got)
	}
	add("d", 0, 0)
	if got := objects(10); len(got) != 3 {
		t.Error("with no room:", got)
	}
	if l.Denied(DeniedKey) != 6 || l.Denied(DeniedAuth) != 0 {
		t.Error("denied:", l.Denied(DeniedKey), l.Denied(DeniedAuth))
	}
	if l.Reset(); len(objects(10)) != 0 {
		t.Error("after a reset:", objects(10))
	}
}
