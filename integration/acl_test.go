package integration

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Users of the configuration are there after a start, and CONFIG REWRITE writes those of the moment.
func TestUsersOfTheConfiguration(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	conf := filepath.Join(t.TempDir(), "larder.conf")
	text := "# mine\nuser app on >pw ~app:* +@all -@dangerous\nuser default on nopass ~* &* +@all\n"
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := startLarder(t, conf)
	c := dial(t, s)
	c.must(t, "ACL", "SETUSER", "second", "on", ">pw2", "(+get ~b*)")
	c.must(t, "ACL", "SETUSER", "app", "-get")
	c.must(t, "ACL", "SETUSER", "default", "on", ">secret")
	want := c.must(t, "ACL", "LIST").texts()
	c.must(t, "CONFIG", "REWRITE")
	written, err := os.ReadFile(conf)
	if err != nil || !strings.HasPrefix(string(written), "# mine\nuser app on ") || strings.Count(string(written), "\nuser ") != 3 {
		t.Errorf("%s, %v", written, err)
	}
	for _, secret := range []string{"pw", "secret"} {
		if strings.Contains(string(written), ">"+secret) {
			t.Errorf("a password stands in the file: %s", written)
		}
	}
	s.restart(t)
	c = dial(t, s)
	if v, _ := c.do("PING"); !strings.HasPrefix(v.text, "NOAUTH") {
		t.Error("after a restart:", v)
	}
	c.must(t, "AUTH", "secret")
	if got := c.must(t, "ACL", "LIST").texts(); !slices.Equal(got, want) {
		t.Errorf("after a restart:\n%q, before\n%q", got, want)
	}
}

// An ACL file is read at the start and by ACL LOAD, and written by ACL SAVE alone. ACL LOAD closes the connections of
// all users but default.
func TestACLFile(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "users.acl")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("user alice on >pw ~a* +@all\n")
	s := startLarder(t, "--aclfile", file)
	admin, alice, waiting := dial(t, s), dial(t, s), dial(t, s)
	alice.must(t, "AUTH", "alice", "pw")
	alice.must(t, "SET", "a", "1")
	admin.must(t, "ACL", "SETUSER", "bob", "on", "nopass", "+@all", "~*")
	waiting.must(t, "AUTH", "bob", "x")
	if _, err := waiting.Write(encode("BLPOP", "l", "0")); err != nil {
		t.Fatal(err)
	}
	eventually(t, "bob waits", func() bool { return blockedClients(t, admin) == 1 })
	admin.must(t, "ACL", "SAVE")
	want := admin.must(t, "ACL", "LIST").texts()
	if text, err := os.ReadFile(file); err != nil || string(text) != strings.Join(want, "\n")+"\n" {
		t.Errorf("saved %q, %v", text, err)
	}
	write("user alice on nosuch\nuser alice on\nuser bob +nosuch\n")
	v, _ := admin.do("ACL", "LOAD")
	if want := "ERR " + file + ":1: Syntax error. WARNING: Duplicate user 'alice' found on line 2. " + file + ":3: Error in applying operation " +
		"'+nosuch': Unknown command or category name in ACL. WARNING: ACL errors detected, no change to the previously active ACL rules was performed"; v.text != want {
		t.Errorf("got  %s\nwant %s", v.text, want)
	}
	alice.must(t, "GET", "a")
	write("user alice on >pw ~a* +get\n")
	admin.must(t, "ACL", "LOAD")
	for name, c := range map[string]*conn{"alice": alice, "bob": waiting} {
		if v, _ := c.send(nil); v.text != closed.text {
			t.Errorf("%s is still connected: %s", name, v)
		}
	}
	eventually(t, "nobody waits", func() bool { return blockedClients(t, admin) == 0 })
	if got := admin.must(t, "ACL", "USERS").texts(); !slices.Equal(got, []string{"alice", "default"}) {
		t.Error("users:", got)
	}
	s.restart(t)
	again := dial(t, s)
	again.must(t, "AUTH", "alice", "pw")
	again.must(t, "GET", "a")
	if v, _ := again.do("SET", "a", "2"); !strings.HasPrefix(v.text, "NOPERM") {
		t.Error("SET:", v)
	}
	s.stop()
	write("user alice on nosuch\n")
	refused := &server{bin: larderBin, args: []string{"--dir", filepath.Join(dir, "none"), "--aclfile", file}, dir: dir, port: freePort(t)}
	code, out := refuse(t, refused)
	if code != 1 || !strings.Contains(out, "Aborting startup because of ACL errors: "+file+":1: Syntax error. ") {
		t.Errorf("ends with %d: %s", code, out)
	}
	if _, err := os.Stat(filepath.Join(dir, "none")); !os.IsNotExist(err) {
		t.Error("the data directory was made")
	}
}

// Who waits is asked for his rights again when his turn comes, and what he may not have goes to the next.
func TestRightsOfWhoWaits(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	s := startLarder(t)
	admin, first, second := dial(t, s), dial(t, s), dial(t, s)
	admin.must(t, "ACL", "SETUSER", "u", "on", "nopass", "+@all", "~*")
	first.must(t, "AUTH", "u", "x")
	for i, c := range []*conn{first, second} {
		if _, err := c.Write(encode("BLPOP", "l", "0")); err != nil {
			t.Fatal(err)
		}
		eventually(t, "it waits", func() bool { return blockedClients(t, admin) == i+1 })
	}
	admin.must(t, "ACL", "SETUSER", "u", "resetkeys", "~other")
	admin.must(t, "RPUSH", "l", "a")
	if v, _ := first.send(nil); v.text != "NOPERM No permissions to access a key" {
		t.Error("who has lost the key:", v)
	}
	if v, _ := second.send(nil); v.String() != `*["l" "a"]` {
		t.Error("who came after him:", v)
	}
	log := admin.must(t, "ACL", "LOG").list
	if len(log) != 1 {
		t.Fatal("log:", log)
	}
	for field, want := range map[string]string{"count": "1", "reason": "key", "context": "toplevel", "object": "l", "username": "u"} {
		if v, _ := log[0].field(field); v.text != want {
			t.Errorf("%s is %s, want %s", field, v.text, want)
		}
	}
}

// The log tells what was denied where, and INFO how often.
func TestACLLog(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	s := startLarder(t)
	admin, c := dial(t, s), dial(t, s)
	admin.must(t, "ACL", "SETUSER", "u", "on", ">pw", "+@all", "-get", "-acl", "~k*", "&c")
	admin.must(t, "FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('f', function(k, a) return redis.pcall(unpack(a)).err end)")
	c.do("HELLO", "3", "AUTH", "u", "no")
	c.must(t, "AUTH", "u", "pw")
	for _, line := range []string{"GET k", "ACL LIST", "SET j 1", "PUBLISH d m", "MULTI", "GET k", "EXEC", "MULTI", "INCR k", "EXEC",
		"EVAL \"return redis.pcall('get', 'k').err\" 0", "FCALL f 0 set j 1", "SET j 1"} {
		words, err := splitWords(line)
		if err != nil {
			t.Fatal(err)
		}
		c.do(words...)
	}
	admin.must(t, "ACL", "SETUSER", "u", "+multi", "+exec")
	c.must(t, "MULTI")
	c.must(t, "INCR", "k2")
	admin.must(t, "ACL", "SETUSER", "u", "-incr")
	c.must(t, "EXEC")
	want := []string{"1 command multi incr", "2 key toplevel j", "1 key lua j", "1 command lua get", "1 command multi get",
		"1 channel toplevel d", "1 command toplevel acl|list", "1 command toplevel get", "1 auth toplevel HELLO"}
	var got []string
	for _, e := range admin.must(t, "ACL", "LOG", "100").list {
		var words []string
		for _, field := range []string{"count", "reason", "context", "object"} {
			v, _ := e.field(field)
			words = append(words, v.text)
		}
		got = append(got, strings.Join(words, " "))
		if v, _ := e.field("client-info"); !strings.Contains(v.text, " cmd=") || strings.Contains(e.String(), "pw") {
			t.Error("client-info:", v)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for field, want := range map[string]int64{"acl_access_denied_auth": 1, "acl_access_denied_cmd": 5, "acl_access_denied_key": 3, "acl_access_denied_channel": 1} {
		if got := infoNumber(t, admin, field); got != want {
			t.Errorf("%s is %d, want %d", field, got, want)
		}
	}
	admin.must(t, "CONFIG", "SET", "acllog-max-len", "2")
	c.do("GET", "k3")
	if got := len(admin.must(t, "ACL", "LOG").list); got != 9 {
		t.Error("what is like an older entry makes no room:", got)
	}
	c.do("SET", "j9", "1")
	if got := len(admin.must(t, "ACL", "LOG").list); got != 2 {
		t.Error("entries:", got)
	}
}

// No password is shown by SLOWLOG, MONITOR or ACL LOG, whoever gave it where.
func TestPasswordsAreNotShown(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	s := startLarder(t, "--slowlog-log-slower-than", "0")
	admin, c, monitor := dial(t, s), dial(t, s), dial(t, s)
	monitor.must(t, "MONITOR")
	admin.must(t, "ACL", "SETUSER", "u", "on", ">secret-1", "+@all", "~*", "(+get ~secret-2)")
	admin.must(t, "CONFIG", "SET", "requirepass", "secret-3")
	c.must(t, "AUTH", "u", "secret-1")
	c.do("AUTH", "secret-4")
	c.do("HELLO", "3", "AUTH", "u", "secret-5")
	c.must(t, "HELLO", "2", "AUTH", "u", "secret-1")
	c.must(t, "MULTI")
	c.must(t, "AUTH", "u", "secret-1")
	c.must(t, "ACL", "SETUSER", "v", ">secret-6")
	c.must(t, "EXEC")
	c.must(t, "ACL", "DRYRUN", "v", "AUTH", "v", "harmless")
	admin.must(t, "PING", "the end")
	slow := admin.must(t, "SLOWLOG", "GET", "-1").String()
	log := admin.must(t, "ACL", "LOG").String()
	seen := ""
	for !strings.Contains(seen, "the end") {
		v, _ := monitor.send(nil)
		seen += v.text + "\n"
	}
	for where, text := range map[string]string{"SLOWLOG": slow, "ACL LOG": log, "MONITOR": seen} {
		if strings.Contains(text, "secret-") {
			t.Errorf("%s shows a password: %s", where, text)
		}
	}
	if n := strings.Count(slow, `"SETUSER" "(redacted)"`); n != 2 || !strings.Contains(seen, `"AUTH" "(redacted)" "(redacted)"`) {
		t.Errorf("%d lines of SETUSER in %s\nMONITOR: %s", n, slow, seen)
	}
}
