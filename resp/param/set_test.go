// Parameters have Redis's names, defaults and errors; a change is made whole or not at all, and REWRITE keeps the
// rest of a file.
package param

import (
	_ "embed"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"larder/store"
)

// baseline is CONFIG GET * of redis-server 7.0.15, without what its command line named.
//
//go:embed testdata/redis-7.0.15.txt
var baseline string

func words(s ...string) [][]byte {
	var out [][]byte
	for _, w := range s {
		out = append(out, []byte(w))
	}
	return out
}

func TestEveryParameterOfRedisHasItsDefault(t *testing.T) {
	s := New()
	ours := map[string]string{}
	for _, p := range s.Get(words("*")) {
		ours[p.Name] = p.Value
	}
	for line := range strings.Lines(baseline) {
		name, want, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		got, found := ours[name]
		if !found || got != want {
			t.Errorf("%s: got %q (%v), Redis has %q", name, got, found, want)
		}
		delete(ours, name)
	}
	// What 7.2 and 8.6 added, what the baseline's command line named, and what is Larder's.
	known := []string{
		"cluster-announce-human-nodename", "locale-collate", "set-max-listpack-entries", "set-max-listpack-value",
		"stream-idmp-duration", "stream-idmp-maxsize",
		"bind", "dir", "port", "shards", "cache-size", "cull-limit", "journal", "journal-segment-size", "pprof", "maxdisk", "lua-memory-limit",
		"key-order-index", "lease-timeout",
	}
	for name := range ours {
		if !slices.Contains(known, name) {
			t.Errorf("%s is not Redis's", name)
		}
		delete(ours, name)
	}
}

func TestGetters(t *testing.T) {
	s := New()
	if s.Int("port") != 6379 || s.Bytes("CACHE-SIZE") != 128<<20 || s.String("appendfsync") != "everysec" {
		t.Error("defaults are not read")
	}
	if got := s.Strings("bind"); !slices.Equal(got, []string{"127.0.0.1", "-::1"}) {
		t.Error(got)
	}
	if got := s.OutputLimit("slave"); got != (OutputLimit{256 << 20, 64 << 20, 60}) {
		t.Error(got)
	}
	v := s.Var("maxdisk")
	if err := s.Change(words("maxmemory", "1gb"), false); err != nil || v.Int() != 1<<30 || v.String() != "1073741824" {
		t.Error(err, v.Int())
	}
	if !s.Sensitive("RequirePass") || s.Sensitive("port") || s.Sensitive("nothing") {
		t.Error("sensitive parameters are not told apart")
	}
}

func TestGet(t *testing.T) {
	s := New()
	rows := []struct {
		patterns [][]byte
		want     string
	}{
		{words("MAXMEMORY", "maxmemory"), "MAXMEMORY=0"},
		{words("maxmem*ory", "?axmemory"), "maxmemory=0"},
		{words("hash-max-zip*", "hash-max-listpack-value"), "hash-max-ziplist-entries=512 hash-max-ziplist-value=64 hash-max-listpack-value=64"},
		{words("slave-prio*", "replica-priority"), "slave-priority=100 replica-priority=100"},
		{words("use-exit*", "nothing"), ""},
		{words("use-exit-on-panic"), "use-exit-on-panic=no"},
	}
	for _, r := range rows {
		var got []string
		for _, p := range s.Get(r.patterns) {
			got = append(got, p.Name+"="+p.Value)
		}
		if strings.Join(got, " ") != r.want {
			t.Errorf("%q: got %q, want %q", r.patterns, got, r.want)
		}
	}
}

// Every text was taken from redis-server 7.0.15, but for loglevel's.
func TestChangeRefuses(t *testing.T) {
	const fail = "CONFIG SET failed (possibly related to argument '%') - "
	rows := []struct{ set, about, want string }{
		{"maxmemory=abc", "maxmemory", fail + "argument must be a memory value"},
		{"maxmemory=-1", "maxmemory", fail + "argument must be a memory value"},
		{"maxmemory=1.5gb", "maxmemory", fail + "argument must be a memory value"},
		{"maxmemory=12 ", "maxmemory", fail + "argument must be a memory value"},
		{"foo=1", "foo", "Unknown option or number of arguments for CONFIG SET - '%'"},
		{"FOO=1;maxmemory=xx", "FOO", "Unknown option or number of arguments for CONFIG SET - '%'"},
		{"a\x00b=1", "a", "Unknown option or number of arguments for CONFIG SET - '%'"},
		{"daemonize=yes", "daemonize", fail + "can't set immutable config"},
		{"DAEMONIZE=yes", "DAEMONIZE", fail + "can't set immutable config"},
		{"dir=/tmp", "dir", fail + "can't set protected config"},
		{"dbfilename=a", "dbfilename", fail + "can't set protected config"},
		{"maxmemory=1;MAXMEMORY=2", "MAXMEMORY", fail + "duplicate parameter"},
		{"appendfsync=foo", "appendfsync", fail + "argument(s) must be one of the following: everysec, always, no"},
		{"loglevel=foo", "loglevel", fail + "argument(s) must be one of the following: debug, verbose, notice, warning, nothing"},
		{"maxmemory-policy=foo", "maxmemory-policy", fail + "argument(s) must be one of the following: volatile-lru, volatile-lfu, volatile-random, volatile-ttl, " +
			"allkeys-lru, allkeys-lfu, allkeys-random, noeviction, volatile-lrs, allkeys-lrs, volatile-lrm, allkeys-lrm"},
		{"shutdown-on-sigint=now foo", "shutdown-on-sigint", fail + "argument(s) must be one of the following: default, save, nosave, now, force"},
		{"shutdown-on-sigint=", "shutdown-on-sigint", fail + "argument(s) must be one of the following: default, save, nosave, now, force"},
		{"shutdown-on-sigint=save nosave", "shutdown-on-sigint", fail + "shutdown options SAVE and NOSAVE can't be used simultaneously"},
		{"maxclients=-1", "maxclients", fail + "argument must be between 1 and 4294967295 inclusive"},
		{"maxmemory-clients=101%", "maxmemory-clients", fail + "percentage argument must be less or equal to 100"},
		{"maxmemory-clients=1x", "maxmemory-clients", fail + "argument must be a memory or percent value"},
		{"maxmemory-clients=-5", "maxmemory-clients", fail + "argument must be a memory or percent value"},
		{"maxmemory-clients= 5%", "maxmemory-clients", fail + "argument must be a memory or percent value"},
		{"proto-max-bulk-len=1", "proto-max-bulk-len", fail + "argument must be between 1048576 and 9223372036854775807 inclusive"},
		{"timeout=x", "timeout", fail + "argument couldn't be parsed into an integer"},
		{"timeout=-1", "timeout", fail + "argument must be between 0 and 2147483647 inclusive"},
		{"port=70000", "port", fail + "argument must be between 0 and 65535 inclusive"},
		{"port=22222222222222222222", "port", fail + "argument couldn't be parsed into an integer"},
		{"list-max-ziplist-size=99999999999", "list-max-ziplist-size", fail + "argument must be between -2147483648 and 2147483647 inclusive"},
		{"rdbcompression=ye", "rdbcompression", fail + "argument must be 'yes' or 'no'"},
		{"save=1", "save", fail + "Invalid save parameters"},
		{"save=900 1 300 10 ", "save", fail + "Invalid save parameters"},
		{"save=1 x", "save", fail + "Invalid save parameters"},
		{"client-output-buffer-limit=normal 1 2", "client-output-buffer-limit", fail + "Wrong number of arguments in buffer limit configuration."},
		{"client-output-buffer-limit=master 1 2 3", "client-output-buffer-limit", fail + "Invalid client class specified in buffer limit configuration."},
		{"client-output-buffer-limit=normal 1mb 2k x", "client-output-buffer-limit", fail + "Error in hard, soft or soft_seconds setting in buffer limit configuration."},
		{"notify-keyspace-events=KEQ", "notify-keyspace-events", fail + "Invalid event class character. Use 'Ag$lshzxeKEtmdn'."},
		{"oom-score-adj-values=1 2", "oom-score-adj-values", fail + "wrong number of arguments"},
		{"oom-score-adj-values=1 2 3000", "oom-score-adj-values", fail + "Invalid oom-score-adj-values, elements must be between -2000 and 2000."},
		{"latency-tracking-info-percentiles=50 101", "latency-tracking-info-percentiles", fail + "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]"},
		{"latency-tracking-info-percentiles=50 x", "latency-tracking-info-percentiles", fail + "Invalid latency-tracking-info-percentiles parameters"},
		{"proc-title-template={foo}", "proc-title-template", fail + "template format is invalid or contains unknown variables"},
		{"proc-title-template=", "proc-title-template", fail + "template format is invalid or contains unknown variables"},
		{"bind=1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17", "bind", fail + "Too many bind addresses specified."},
		{"cluster-announce-hostname=a_b", "cluster-announce-hostname", fail + "Hostnames may only contain alphanumeric characters, hyphens or dots"},
		{"maxmemory=5;activedefrag=yes", "activedefrag", fail + string(noDefrag)},
		{"aclfile=x", "aclfile", fail + "can't set immutable config"},
		{"replicaof=a 1", "replicaof", fail + "can't set immutable config"},
		{"rename-command=a b", "rename-command", "Unknown option or number of arguments for CONFIG SET - '%'"},
		{"user=a on", "user", "Unknown option or number of arguments for CONFIG SET - '%'"},
		{"locale-collate=foo", "locale-collate", fail + "Invalid locale name"},
	}
	s := New()
	before := s.Get(words("*"))
	for _, r := range rows {
		var args []string
		for pair := range strings.SplitSeq(r.set, ";") {
			name, value, _ := strings.Cut(pair, "=")
			args = append(args, name, value)
		}
		err := s.Change(words(args...), true)
		var refused *store.Error
		if want := strings.ReplaceAll(r.want, "%'", r.about+"'"); !errors.As(err, &refused) || refused.Message != want {
			t.Errorf("%s:\n got %v\nwant %s", r.set, err, want)
		}
	}
	if err := s.Change(words("maxmemory", "1", "timeout"), true); err == nil || err.Error() != "syntax error" {
		t.Error(err)
	}
	if !slices.Equal(before, s.Get(words("*"))) {
		t.Error("a refused change changed something")
	}
}

func TestChangeNormalises(t *testing.T) {
	rows := []struct{ name, value, want string }{
		{"maxmemory", "1GB", "1073741824"}, {"maxmemory", "2k", "2000"}, {"maxmemory", "", "0"},
		{"maxmemory", "18446744073709551615", "18446744073709551615"},
		{"maxmemory", "9223372036854775807gb", "18446744072635809792"},
		{"maxdisk", "3b", "3"}, {"hash-max-ziplist-value", "1kb", "1024"},
		{"maxmemory-clients", "0%", "0"}, {"maxmemory-clients", "0mb", "0"},
		{"oom-score-adj", "Relative", "yes"}, {"appendfsync", "ALWAYS", "always"}, {"appendonly", "YES", "yes"},
		{"shutdown-on-sigint", "force NOW", "now force"}, {"shutdown-on-sigint", "save default", "save"}, {"shutdown-on-sigint", "default", "default"},
		{"save", "900 1 300 10", "900 1 300 10"}, {"save", "+1 0", "1 0"}, {"save", "", ""},
		{"client-output-buffer-limit", "Normal 1mb 2k 3 replica 1 2 3", "normal 1048576 2000 3 slave 1 2 3 pubsub 33554432 8388608 60"},
		{"notify-keyspace-events", "KEA", "AKE"}, {"notify-keyspace-events", "xeg$lshztdn", "An"},
		{"notify-keyspace-events", "mg$", "g$m"}, {"notify-keyspace-events", "", ""},
		{"oom-score-adj-values", "1 2 3", "1 2 3"}, {"latency-tracking-info-percentiles", "50.0 99.990 99.9999999", "50 99.99 100"},
		{"latency-tracking-info-percentiles", "", ""}, {"hz", "1000", "500"}, {"hz", "0", "1"}, {"bind", "", ""},
		{"proc-title-template", "{title} x", "{title} x"}, {"list-max-listpack-size", "-1", "-1"}, {"locale-collate", "C", "C"},
	}
	s := New()
	for _, r := range rows {
		if err := s.Change(words(r.name, r.value), false); err != nil || s.String(r.name) != r.want {
			t.Errorf("%s %q: got %q (%v), want %q", r.name, r.value, s.String(r.name), err, r.want)
		}
	}
}

func TestProtectedParameters(t *testing.T) {
	s := New()
	if err := s.Assign("enable-protected-configs", "local"); err != nil {
		t.Fatal(err)
	}
	if err := s.Change(words("dbfilename", "x.rdb"), false); err == nil {
		t.Error("a client elsewhere may set a protected parameter")
	}
	if err := s.Change(words("dbfilename", "x.rdb"), true); err != nil {
		t.Error(err)
	}
}

func TestHooksSeeAllAndMayRefuse(t *testing.T) {
	s := New()
	var told []string
	s.OnChange("timeout", func(v string) error {
		told = append(told, "timeout "+v+" with maxclients "+s.String("maxclients"))
		return nil
	})
	s.OnChange("maxclients", func(v string) error {
		if v == "7" {
			return errors.New("no seven")
		}
		return nil
	})
	if err := s.Change(words("timeout", "5", "maxclients", "8"), false); err != nil {
		t.Fatal(err)
	}
	err := s.Change(words("timeout", "6", "maxclients", "7"), false)
	if err == nil || err.Error() != "CONFIG SET failed (possibly related to argument 'maxclients') - no seven" {
		t.Error(err)
	}
	if err := s.Change(words("timeout", "5"), false); err != nil {
		t.Error(err)
	}
	want := []string{"timeout 5 with maxclients 8", "timeout 6 with maxclients 7", "timeout 5 with maxclients 8"}
	if !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
	if s.Int("timeout") != 5 || s.Int("maxclients") != 8 {
		t.Error("the refused change is not undone")
	}
}

// TestChangeInside: what waits for transactions is called by follow, and not before; the rest and the values are there
// at once, and what was refused is never told.
func TestChangeInside(t *testing.T) {
	s := New()
	var told []string
	s.OnChange("timeout", func(v string) error { told = append(told, "at once "+v); return nil })
	s.AfterChange("timeout", func(v string) error { told = append(told, "after "+v); return nil })
	s.AfterChange("maxclients", func(v string) error {
		if v == "7" {
			return errors.New("no seven")
		}
		return nil
	})
	follow, err := s.ChangeInside(words("timeout", "5"), false)
	if err != nil || s.Int("timeout") != 5 || !slices.Equal(told, []string{"at once 5"}) {
		t.Fatalf("%v, timeout is %d, told %q", err, s.Int("timeout"), told)
	}
	if follow(); !slices.Equal(told, []string{"at once 5", "after 5"}) {
		t.Errorf("told %q", told)
	}
	if follow, err = s.ChangeInside(words("timeout", "x"), false); err == nil || follow != nil {
		t.Error("a value that is none is taken")
	}
	told = nil
	err = s.Change(words("timeout", "6", "maxclients", "7"), false)
	if err == nil || err.Error() != "CONFIG SET failed (possibly related to argument 'maxclients') - no seven" || s.Int("timeout") != 5 {
		t.Errorf("%v, timeout is %d", err, s.Int("timeout"))
	}
	if want := []string{"at once 6", "after 6", "at once 5", "after 5"}; !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
}

func TestRewrite(t *testing.T) {
	before, err := os.ReadFile("testdata/rewrite-before.conf")
	if err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile("testdata/rewrite-after.conf")
	if err != nil {
		t.Fatal(err)
	}
	path := t.TempDir() + "/redis.conf"
	if err := os.WriteFile(path, before, 0o640); err != nil {
		t.Fatal(err)
	}
	s := New()
	if err := s.Load([]string{path}, nil); err != nil {
		t.Fatal(err)
	}
	s.RewriteUsers(func() []string {
		return []string{"user default on #f75f8f9ae35ade9ad36a42c8950875cbf4f6a09976621e42b5f5c72b74ef2f85 ~* &* +@all"}
	})
	set := words("maxmemory", "1000", "save", "900 1", "hz", "20", "timeout", "5", "notify-keyspace-events", "",
		"proto-max-bulk-len", "2mb", "masterauth", "x", "hll-sparse-max-bytes", "3001", "latency-tracking-info-percentiles", "50",
		"hash-max-ziplist-value", "65", "appendonly", "no", "oom-score-adj-values", "1 2 3", "client-output-buffer-limit", "normal 1kb 0 0")
	if err := s.Change(set, false); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Rewrite(); err != nil {
			t.Fatal(err)
		}
		comparePapers(t, path, string(after))
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Error("the file's mode changed", err)
	}
	if err := New().Load([]string{path}, nil); err != nil {
		t.Error("the rewritten file does not load:", err)
	}
}

// comparePapers wants the lines above the mark equal, those below it in any order: Redis
// appends in the order of a hash table.
func comparePapers(t *testing.T, path, want string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	gotTop, gotTail, _ := strings.Cut(string(b), generated)
	wantTop, wantTail, _ := strings.Cut(want, generated)
	if gotTop != wantTop {
		t.Errorf("got\n%s\nwant\n%s", gotTop, wantTop)
	}
	g, w := strings.Split(strings.TrimSpace(gotTail), "\n"), strings.Split(strings.TrimSpace(wantTail), "\n")
	slices.Sort(g)
	slices.Sort(w)
	if !slices.Equal(g, w) {
		t.Errorf("appended\n%q\nwant\n%q", g, w)
	}
}

// maxdisk is maxmemory: a file that says the one is rewritten with what was set by either name, once.
func TestRewriteOfAnAlias(t *testing.T) {
	for _, name := range []string{"maxdisk", "maxmemory"} {
		path := t.TempDir() + "/larder.conf"
		if err := os.WriteFile(path, []byte("# size\nmaxdisk 1mb\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		s := New()
		if err := s.Load([]string{path}, nil); err != nil {
			t.Fatal(err)
		}
		if err := s.Change(words(name, "2mb"), false); err != nil {
			t.Fatal(err)
		}
		if err := s.Rewrite(); err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(content), "maxdisk ") + strings.Count(string(content), "maxmemory "); n != 1 {
			t.Errorf("set as %s it stands there %d times:\n%s", name, n, content)
		}
		again := New()
		if err := again.Load([]string{path}, nil); err != nil || again.Bytes("maxmemory") != 2<<20 || again.Bytes("maxdisk") != 2<<20 {
			t.Errorf("set as %s it comes back as %d, %v:\n%s", name, again.Bytes("maxmemory"), err, content)
		}
	}
}

func TestRewriteKeepsWhatItCannotRead(t *testing.T) {
	s := New()
	got := s.rewritten("port 1\nnonsense 1\n\"open\ninclude x.conf\nuser bob on\nrename-command A B\nport 2\n\n\n", false)
	want := "port 6379\n# ??? nonsense 1\n# ??? \"open\ninclude x.conf\nuser bob on\nrename-command A B\n\n# Generated"
	if !strings.HasPrefix(got, want) {
		t.Errorf("%q", got)
	}
}

// A file with every parameter is read, and says what was so before.
func TestRewriteOfAll(t *testing.T) {
	path := t.TempDir() + "/larder.conf"
	if err := os.WriteFile(path, []byte("maxclients 77\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, again := New(), New()
	if err := errors.Join(s.Load([]string{path}, nil), s.RewriteAll(), again.Load([]string{path}, nil)); err != nil {
		t.Fatal(err)
	}
	if want, got := s.Get(words("*")), again.Get(words("*")); !slices.Equal(want, got) {
		t.Errorf("got %v, want %v", got, want)
	}
	for _, name := range []string{"hz", "maxclients", "requirepass"} {
		if again.Named(name) != (name != "requirepass") {
			t.Errorf("%s stands in the file: %v", name, again.Named(name))
		}
	}
}

func TestRewriteFailures(t *testing.T) {
	s := New()
	if err := s.Rewrite(); err == nil || err.Error() != "The server is running without a config file" {
		t.Error(err)
	}
	dir := t.TempDir() + "/sub"
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir+"/c", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Load([]string{dir + "/c"}, nil); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := s.Rewrite(); err == nil || err.Error() != "Rewriting config file: No such file or directory" {
		t.Error(err)
	}
}
