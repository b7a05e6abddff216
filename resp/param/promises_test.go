package param

import (
	"errors"
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
		{"aclfile /etc/redis/users.acl", "requirepass"},
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
		"replicaof no one", "slaveof NO ONE", "min-replicas-to-write 0", `aclfile ""`,
		"maxmemory-clients 0", "maxmemory-clients 0%", "activedefrag no", "aof-load-truncated yes", "masterauth x",
		"tls-cert-file /x", "appendonly yes", "save 900 1", "enable-module-command yes", "min-replicas-max-lag 3",
	} {
		if got := loads(t, line); got != "" {
			t.Errorf("%s: %q", line, got)
		}
	}
}

func TestUsers(t *testing.T) {
	const secret = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b" // of "secret"
	taken := []string{
		"user default on nopass ~* &* +@all",
		"user default on nopass sanitize-payload ~* &* +@all",
		"USER default ON allkeys allchannels allcommands NOPASS",
		"requirepass secret\nuser default on #" + secret + " ~* &* +@all",
		"user default on >secret ~* &* +@all\nrequirepass secret",
	}
	for _, config := range taken {
		if err := New().Load([]string{"-"}, strings.NewReader(config)); err != nil {
			t.Errorf("%s: %v", config, err)
		}
	}
	refused := []struct{ config, says string }{
		{"user default on >secret ~* &* +@all", "this line says otherwise"},
		{"user default on #" + secret + " ~* &* +@all", "this line says otherwise"},
		{"requirepass other\nuser default on #" + secret + " ~* &* +@all", "this line says otherwise"},
		{"requirepass secret\nuser default on nopass ~* &* +@all", "this line says otherwise"},
		{"user default on nopass ~* &* +@all\nrequirepass secret", "this line says otherwise"},
		{"user default on nopass ~* &* +@all\nuser default on nopass ~* &* +@all", "Duplicate user found"},
		{"user default", string(noACL)},
		{"user default off", string(noACL)},
		{"user default on nopass ~* &* +@all off", string(noACL)},
		{"user default on nopass ~* &* +@all -flushall", string(noACL)},
		{"user default on nopass ~* &* +@all resetpass", string(noACL)},
		{"user default on nopass ~* &* +@all >secret", string(noACL)},
		{"user default on nopass ~* &*", string(noACL)},
		{"user default on nopass ~x* &* +@all", string(noACL)},
		{"user default on nopass ~* +@all", string(noACL)},
		{"user default on ~* &* +@all", string(noACL)},
		{"user default nopass ~* &* +@all", string(noACL)},
		{`user default on nopass ~* &* +@all ""`, string(noACL)},
		{"user app on >pw ~* &* +@all", string(noACL)},
		{"user Default on nopass ~* &* +@all", string(noACL)},
		{"user app off", string(noACL)},
		{"user", "Bad directive or wrong number of arguments"},
	}
	for _, r := range refused {
		err := New().Load([]string{"-"}, strings.NewReader(r.config))
		var e *LoadError
		if !errors.As(err, &e) || !strings.Contains(e.Message, r.says) || !strings.HasPrefix(e.Text, "user") || e.Line == 0 {
			t.Errorf("%s: %v", r.config, err)
		}
	}
	for line, want := range map[string]string{"user app on nopass": string(noACL), "user default on nopass ~* &* +@all": ""} {
		if got := loads(t, line); got != want {
			t.Errorf("%s: %q", line, got)
		}
	}
}

// The user of a rewritten file has the password that CONFIG SET gave.
func TestRewriteOfTheUser(t *testing.T) {
	path := write(t, t.TempDir()+"/a.conf", "user default on nopass ~* &* +@all\n")
	s := New()
	if err := s.Load([]string{path}, nil); err != nil {
		t.Fatal(err)
	}
	for _, password := range []string{"secret", ""} {
		if err := s.Change(words("requirepass", password), false); err != nil {
			t.Fatal(err)
		}
		if err := s.Rewrite(); err != nil {
			t.Fatal(err)
		}
		again := New()
		if err := again.Load([]string{path}, nil); err != nil || again.String("requirepass") != password {
			t.Errorf("%q: %q, %v", password, again.String("requirepass"), err)
		}
	}
}
