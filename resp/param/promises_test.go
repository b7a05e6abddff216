package param

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
)

// loads says what comes of a line in a file, in an included file and on the command line: "" if it is taken
// by all of them, else what they all answer.
func loads(t *testing.T, line string) string {
	t.Helper()
	t.Setenv("NOTIFY_SOCKET", "")
	dir := t.TempDir()
	file := write(t, dir+"/a.conf", "# x\n"+line+"\n")
	outer := write(t, dir+"/b.conf", "include "+file+"\n")
	words, ok := splitWords(line)
	if !ok {
		t.Fatal(line)
	}
	words[0] = "--" + words[0]
	answers := map[string]string{}
	for how, args := range map[string][]string{"file": {file}, "include": {outer}, "command line": words} {
		answers[how] = ""
		if err := New().Load(args, nil); err != nil {
			var e *LoadError
			if !errors.As(err, &e) || e.Line != 2 {
				t.Errorf("%s: %s: %#v", line, how, err)
				continue
			}
			answers[how] = e.Message
		}
	}
	if answers["file"] != answers["include"] || answers["file"] != answers["command line"] {
		t.Errorf("%s: %q", line, answers)
	}
	return answers["file"]
}

// Whoever asks for one of these relies on it, and a server without it must not start.
func TestPromisesAreRefused(t *testing.T) {
	const runtime = "CONFIG SET failed (possibly related to argument '%') - "
	rows := []struct{ line, says string }{
		{"replicaof 10.0.0.1 6379", "does not replicate"},
		{"slaveof 10.0.0.1 6379", "does not replicate"},
		{"min-replicas-to-write 1", "does not replicate"},
		{"min-slaves-to-write 3", "does not replicate"},
		{"journal no", "the log is always on"},
		{"socket-mark-id 7", "does not mark"},
		{"maxmemory-clients 5%", "does not evict clients"},
		{"maxmemory-clients 1gb", "does not evict clients"},
		{"activedefrag yes", "Active defragmentation cannot be enabled"},
		{"aof-load-truncated no", "cut short"},
		{"aof-timestamp-enabled yes", "moment in time"},
		{"loadmodule /x.so", "Modules cannot be loaded"},
	}
	seen := map[string]bool{"loadmodule": true}
	for _, r := range rows {
		if got := loads(t, r.line); !strings.Contains(got, r.says) {
			t.Errorf("%s: got %q, want a sentence with %q", r.line, got, r.says)
		}
		name, value, _ := strings.Cut(r.line, " ")
		s := New()
		if p := s.find(name); p != nil {
			seen[p.name] = true
		}
		before := s.Get(words("*"))
		switch err := s.Change(words(name, value), true); {
		case err == nil:
			t.Errorf("CONFIG SET %s is taken", r.line)
		case s.find(name) != nil && !s.find(name).has(immutable) && !strings.HasPrefix(err.Error(), strings.ReplaceAll(runtime, "%", name)):
			t.Errorf("CONFIG SET %s: %v", r.line, err)
		}
		if after := s.Get(words("*")); !slices.Equal(before, after) {
			t.Errorf("CONFIG SET %s changed something", r.line)
		}
	}
	for _, r := range New().params {
		if r.promise != "" && !seen[r.name] {
			t.Errorf("%s refuses values, and no row of this test asks it for one", r.name)
		}
	}
}

// What the defaults say, and what asks for nothing, is taken.
func TestWhatPromisesNothingIsTaken(t *testing.T) {
	for _, line := range []string{
		"replicaof no one", "slaveof NO ONE", "min-replicas-to-write 0",
		"maxmemory-clients 0", "maxmemory-clients 0%", "activedefrag no", "aof-load-truncated yes", "masterauth x",
		"tls-cert-file /x", "appendonly yes", "save 900 1", "enable-module-command yes", "min-replicas-max-lag 3",
	} {
		if got := loads(t, line); got != "" {
			t.Errorf("%s: %q", line, got)
		}
	}
}

func TestUsers(t *testing.T) {
	s := New()
	config := "user default on nopass ~* &* +@all\nUSER app \"on\" >pw (~a* +get)\n"
	if err := s.Load([]string{"-"}, strings.NewReader(config)); err != nil {
		t.Fatal(err)
	}
	users := s.Users()
	if len(users) != 2 || users[0].Name != "default" || users[1].Name != "app" || strings.Join(users[1].Rules, " ") != "on >pw (~a* +get)" {
		t.Errorf("%+v", users)
	}
	var e *LoadError
	if err := users[1].Refuse("why"); !errors.As(err, &e) || e.Line != 2 || e.Message != "why" {
		t.Errorf("%v", err)
	}
	for config, says := range map[string]string{
		"user a on\nuser a off": "Error in user declaration 'a': Duplicate user found. A user can only be defined once in config files",
		"user":                  "Bad directive or wrong number of arguments",
		"aclfile x\nuser a":     "define either an ACL file or declare users",
		"user a\naclfile x":     "define either an ACL file or declare users",
	} {
		err := New().Load([]string{"-"}, strings.NewReader(config))
		if !errors.As(err, &e) || !strings.Contains(e.Message, says) || !strings.HasPrefix(e.Text, "user") || e.Line == 0 {
			t.Errorf("%s: %v", config, err)
		}
	}
}

// A rewritten file has the users of the moment, each once; with an ACL file, none.
func TestRewriteOfUsers(t *testing.T) {
	path := write(t, t.TempDir()+"/a.conf", "user app on\n# between\nuser other on\nuser gone off\n")
	s := New()
	if err := s.Load([]string{path}, nil); err != nil {
		t.Fatal(err)
	}
	s.RewriteUsers(func() []string { return []string{"user app off", "user default on nopass"} })
	if err := s.Rewrite(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil || !strings.HasPrefix(string(text), "user app off\n# between\nuser default on nopass\n\n") || strings.Count(string(text), "user ") != 2 {
		t.Errorf("%s, %v", text, err)
	}
	if err := s.Assign("aclfile", "/x"); err != nil {
		t.Fatal(err)
	}
	if err := s.Rewrite(); err != nil {
		t.Fatal(err)
	}
	if text, err = os.ReadFile(path); err != nil || strings.Contains(string(text), "user ") || !strings.Contains(string(text), "# between\n") {
		t.Errorf("with an ACL file: %s, %v", text, err)
	}
}
