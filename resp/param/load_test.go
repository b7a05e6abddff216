package param

import (
	_ "embed"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// debian is what stands in Debian's /etc/redis/redis.conf besides comments.
//
//go:embed testdata/debian.conf
var debian string

func write(t *testing.T, path, content string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDebianConfiguration(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "")
	files := []string{write(t, t.TempDir()+"/redis.conf", debian)}
	if real := "/etc/redis/redis.conf"; readable(real) {
		files = append(files, real)
	}
	for _, file := range files {
		s := New()
		if err := s.Load([]string{file, "--supervised", "systemd", "--daemonize", "no"}, nil); err != nil {
			t.Fatal(file, err)
		}
		if s.String("bind") != "127.0.0.1 -::1" || s.Int("port") != 6379 || s.String("pidfile") != "/run/redis/redis-server.pid" ||
			s.String("dir") != "/var/lib/redis" || s.File() != file {
			t.Error(file, s.String("bind"), s.String("dir"), s.File())
		}
		ignored := s.Ignored()
		if !slices.Contains(ignored, "appendonly") || !slices.Contains(ignored, "rdbcompression") || slices.Contains(ignored, "port") {
			t.Error(ignored)
		}
	}
}

func readable(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	return f.Close() == nil
}

// TestLoadTextIsLoadAgain hands what one process has read to another.
func TestLoadTextIsLoadAgain(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "x.conf", "timeout 3\nmaxclients 7\n")
	first, second := New(), New()
	if err := first.Load([]string{"x.conf", "--port", "5", "--requirepass", "a \"b\"\n", "-"}, strings.NewReader("hz 20\n")); err != nil {
		t.Fatal(err)
	}
	write(t, "x.conf", "timeout 4\n")
	if err := second.LoadText(first.Source()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(first.Get([][]byte{[]byte("*")}), second.Get([][]byte{[]byte("*")})) || second.Int("timeout") != 3 || second.Int("hz") != 20 {
		t.Error("the two differ")
	}
	if first.File() == "" || first.File() != second.File() {
		t.Error(first.File(), second.File())
	}
}

// TestRelativePathsStartAtDir once a line has named it, as in Redis, which changes into it.
func TestRelativePathsStartAtDir(t *testing.T) {
	base := t.TempDir()
	t.Chdir(base)
	for _, dir := range []string{"a", "b"} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, dir+"/port.conf", "port "+map[string]string{"a": "1", "b": "2"}[dir]+"\n")
	}
	write(t, "port.conf", "port 3\n")
	for _, r := range []struct{ text, path, logfile, port string }{
		{"logfile x.log", base + "/x.log", "x.log", "6379"},
		{"logfile x.log\ndir a", base + "/a/x.log", "x.log", "6379"},
		{"dir a\ndir b\nlogfile x.log\ninclude port.conf", base + "/b/x.log", "x.log", "2"},
		{"include port.conf\ndir a\nlogfile ../x.log", base + "/x.log", "../x.log", "3"},
		{"dir a\ninclude p*.conf\nlogfile /x.log", "/x.log", "/x.log", "1"},
		{"dir a", "", "", "6379"},
	} {
		s := New()
		if err := s.Load([]string{"-"}, strings.NewReader(r.text)); err != nil {
			t.Fatal(err)
		}
		if s.Path("logfile") != r.path || s.String("logfile") != r.logfile || s.String("port") != r.port {
			t.Errorf("%q: %q %q %q", r.text, s.Path("logfile"), s.String("logfile"), s.String("port"))
		}
	}
}

// TestRewriteKeepsWhereRelativePathsLead: the file names dir from then on, whether it did before or not.
func TestRewriteKeepsWhereRelativePathsLead(t *testing.T) {
	for text, want := range map[string][2]string{
		"logfile l\npidfile p\nunixsocket /u\n":           {"/l", "/p"},
		"dir d\nlogfile l\npidfile ../p\nunixsocket /u\n": {"/d/l", "/p"},
	} {
		base := t.TempDir()
		t.Chdir(base)
		write(t, "x.conf", text)
		first, second := New(), New()
		if err := errors.Join(first.Load([]string{"x.conf"}, nil), first.Rewrite(), second.Load([]string{"x.conf"}, nil)); err != nil {
			t.Fatal(err)
		}
		for _, s := range []*Set{first, second} {
			if s.Path("logfile") != base+want[0] || s.Path("pidfile") != base+want[1] || s.Path("unixsocket") != "/u" || s.Path("aclfile") != "" {
				t.Error(text, s.Path("logfile"), s.Path("pidfile"), s.Path("unixsocket"))
			}
		}
		if second.String("dir") != first.String("dir") {
			t.Error(second.String("dir"))
		}
	}
}

func TestCommandLine(t *testing.T) {
	rows := []struct {
		args string
		name string
		want string
	}{
		{"--port|1|--timeout|2", "timeout", "2"},
		{"--port 7", "port", "7"},
		{"--PORT|7", "port", "7"},
		{"--bind|127.0.0.1|::1|--port|1", "bind", "127.0.0.1 ::1"},
		{"--bind|127.0.0.1 ::1", "bind", "127.0.0.1 ::1"},
		{"--save|", "save", ""},
		{"--save|--port|1", "save", ""},
		{"--port|1|--save", "save", ""},
		{"--save|900|1|--save|60|5", "save", "900 1 60 5"},
		{"--save|900 1 60 5", "save", "900 1 60 5"},
		{"--requirepass|--secret", "requirepass", "--secret"},
		{"--requirepass|a \"b\"\n\xff", "requirepass", "a \"b\"\n\xff"},
		{"--logfile|", "logfile", ""},
		{"--maxmemory|100mb", "maxdisk", "104857600"},
		{"--maxdisk|100mb", "maxmemory", "104857600"},
		{"--shards|8", "shards", "8"},
		{"--unixsocketperm|700", "unixsocketperm", "700"},
		{"--client-output-buffer-limit|normal|1|2|3", "client-output-buffer-limit", "normal 1 2 3 slave 268435456 67108864 60 pubsub 33554432 8388608 60"},
		{"--tls-port|0", "tls-port", "0"},
		{"--replicaof|no one", "slaveof", ""},
		{"--bind", "bind", ""},
		{"--lua-replicate-commands|yes", "port", "6379"},
	}
	for _, r := range rows {
		s := New()
		if err := s.Load(strings.Split(r.args, "|"), nil); err != nil || s.String(r.name) != r.want {
			t.Errorf("%q: %s is %q (%v), want %q", r.args, r.name, s.String(r.name), err, r.want)
		}
	}
}

// The reports are redis-server 7.0.15's, but for modules and sentinels.
func TestLoadRefuses(t *testing.T) {
	rows := []struct{ args, line, want string }{
		{"--foo|bar", `foo "bar"`, "Bad directive or wrong number of arguments"},
		{"--port", "port", "wrong number of arguments"},
		{"--save|1", `save "1"`, "Invalid save parameters"},
		{"--port|1|2", `port "1" "2"`, "wrong number of arguments"},
		{"--maxmemory|abc", `maxmemory "abc"`, "argument must be a memory value"},
		{"--unixsocketperm|888", `unixsocketperm "888"`, "argument couldn't be parsed as an octal number"},
		{"--unixsocketperm|1000", `unixsocketperm "1000"`, "argument must be between 0 and 777 inclusive"},
		{"--client-output-buffer-limit|foo", `client-output-buffer-limit "foo"`, "Wrong number of arguments in buffer limit configuration."},
		{"--loadmodule", "loadmodule", "Bad directive or wrong number of arguments"},
		{"--loadmodule|x.so", `loadmodule "x.so"`, "Modules cannot be loaded into larder: remove this line"},
		{"--sentinel|x", `sentinel "x"`, "sentinel directive while not in sentinel mode"},
		{"--x.y|1", `x.y "1"`, "Module Configuration detected without loadmodule directive or no ApplyConfig call: aborting"},
		{"--notify-keyspace-events|Q", `notify-keyspace-events "Q"`, "Invalid event class character. Use 'Ag$lshzxeKEtmdn'."},
		{"-x", `"-x"`, "Bad directive or wrong number of arguments"},
		{`--bind|"a`, `bind "\"a"`, "Unbalanced quotes in configuration line"},
		{"--port \"1", `port "1`, "Unbalanced quotes in configuration line"},
	}
	for _, r := range rows {
		err := New().Load(strings.Split(r.args, "|"), nil)
		want := "Reading the configuration file, at line 2\n>>> '" + r.line + "'\n" + r.want
		if err == nil || err.Error() != want {
			t.Errorf("%q:\n got %v\nwant %s", r.args, err, want)
		}
	}
}

func TestReport(t *testing.T) {
	err := New().Load([]string{"-"}, strings.NewReader("# a comment\n\n  foo bar  \n"))
	var e *LoadError
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	want := "\n*** FATAL CONFIG FILE ERROR (Redis 7.2.4) ***\nReading the configuration file, at line 3\n>>> 'foo bar'\nBad directive or wrong number of arguments\n"
	if got := e.Report("7.2.4"); got != want {
		t.Errorf("%q", got)
	}
}

func TestInclude(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	write(t, "main.conf", "port 1\ninclude sub/*.conf\ninclude none-*.conf\nINCLUDE 'la st.conf'\n")
	if err := os.Mkdir("sub", 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, "sub/a.conf", "port 2\ntimeout 3\n")
	write(t, "sub/b.conf", "timeout 4\n")
	write(t, "la st.conf", "hz 20 \r\nrename-command FLUSHALL \"\"")
	s := New()
	if err := s.Load([]string{"main.conf", "--hz", "30"}, nil); err != nil {
		t.Fatal(err)
	}
	if s.Int("port") != 2 || s.Int("timeout") != 4 || s.Int("hz") != 30 || s.File() != filepath.Join(dir, "main.conf") {
		t.Error(s.Int("port"), s.Int("timeout"), s.Int("hz"), s.File())
	}
	if r := s.Renames(); len(r) != 1 || r[0].From != "FLUSHALL" || r[0].To != "" {
		t.Error(r)
	}
	write(t, "loop.conf", "include loop.conf\n")
	if err := New().Load([]string{"loop.conf"}, nil); err == nil {
		t.Error("a file that includes itself loads")
	}
	write(t, "gone.conf", "include gone/x\n")
	if err := New().Load([]string{"gone.conf"}, nil); err == nil || err.Error() != "Fatal error, can't open config file 'gone/x': No such file or directory" {
		t.Error(err)
	}
}

func TestWords(t *testing.T) {
	rows := []struct {
		line string
		want []string
	}{
		{`a  b`, []string{"a", "b"}}, {`"a b" 'c d'`, []string{"a b", "c d"}}, {`"\x41\n\"\z" '\'' x`, []string{"A\n\"z", "'", "x"}},
		{`foo"bar baz"`, []string{"foobar baz"}}, {`"" ''`, []string{"", ""}}, {"a\tb\r\n", []string{"a", "b"}}, {``, nil}, {`"\xzz"`, []string{"xzz"}},
		{`"a"b`, nil}, {`"a`, nil}, {`'a`, nil}, {`"a\`, nil},
	}
	for _, r := range rows {
		got, ok := splitWords(r.line)
		if !slices.Equal(got, r.want) || ok != (r.want != nil || r.line == "") {
			t.Errorf("%q: %q %v", r.line, got, ok)
		}
	}
}

func FuzzQuote(f *testing.F) {
	f.Add("a \"b\" \x00\xff\n'")
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := splitWords(quote(s))
		if !ok || len(got) != 1 || got[0] != s {
			t.Fatalf("%q came back as %q (%v)", s, got, ok)
		}
		splitWords(s)
		_ = New().Load([]string{"-"}, strings.NewReader("requirepass "+quote(s)))
	})
}
