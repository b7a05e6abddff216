package access

import (
	"strings"
	"testing"

	"larder/resp/cmd"
)

// rows are a few commands of every kind, as their families declare them.
func rows() []cmd.Spec {
	key := func(f cmd.KeyFlags) []cmd.KeySpec { return []cmd.KeySpec{cmd.KeyAt(1, f)} }
	return []cmd.Spec{
		{Name: "GET", Arity: 2, Flags: cmd.View | cmd.Fast, Keys: key(cmd.KeyRO | cmd.KeyAccess), Group: "string"},
		{Name: "SET", Arity: -3, Flags: cmd.Write, Keys: key(cmd.KeyOW | cmd.KeyUpdate), Group: "string"},
		{Name: "INCR", Arity: 2, Flags: cmd.Write | cmd.Fast, Keys: key(cmd.KeyRW | cmd.KeyAccess | cmd.KeyUpdate), Group: "string"},
		{Name: "TYPE", Arity: 2, Flags: cmd.View | cmd.Fast, Keys: key(cmd.KeyRO), Group: "generic"},
		{Name: "SELECT", Arity: 2, Flags: cmd.Fast, Group: "connection"},
		{Name: "AUTH", Arity: -2, Flags: cmd.Fast | cmd.NoAuth, Group: "connection"},
		{Name: "PUBLISH", Arity: 3, Flags: cmd.PubSub, Channels: cmd.Channels{First: 1, Last: 1}, Group: "pubsub"},
		{Name: "PSUBSCRIBE", Arity: -2, Flags: cmd.PubSub, Channels: cmd.Channels{First: 1, Last: -1, Patterns: true}, Group: "pubsub"},
		{Name: "SSUBSCRIBE", Arity: -2, Flags: cmd.PubSub, Keys: []cmd.KeySpec{cmd.KeysFrom(1, -1, 1, cmd.KeyNotKey)},
			Channels: cmd.Channels{First: 1, Last: -1}, Group: "pubsub"},
		{Name: "CONFIG", Arity: -2, Group: "server", Subs: []cmd.Spec{
			{Name: "GET", Arity: -3, Flags: cmd.Admin, Group: "server"},
			{Name: "SET", Arity: -4, Flags: cmd.Admin, Group: "server"},
		}},
	}
}

func newUsers() *Users { return NewUsers(NewCatalog(rows()), func() bool { return false }) }

func must(t *testing.T, us *Users, line string) *User {
	t.Helper()
	words := strings.Fields(line)
	if err := us.SetUser(words[0], words[1:]); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return us.Find(words[0])
}

// ask is what a user is told who wants to run a command line, "" if it may.
func ask(us *Users, u *User, line string) string {
	words := strings.Fields(line)
	name := words[0]
	if spec := us.catalog.find(name); len(words) > 1 && len(spec.Subs) > 0 {
		name += "|" + words[1]
	}
	args := make([][]byte, len(words))
	for i, w := range words {
		args[i] = []byte(w)
	}
	spec := us.catalog.find(name)
	v := u.May(spec, args)
	if v.Denial == Granted {
		return ""
	}
	return v.Denial.String() + ":" + v.Object(spec, args)
}

func TestRights(t *testing.T) {
	for _, test := range []struct{ rules, line, want string }{
		{"", "GET k", "command:get"},
		{"", "AUTH x", ""},
		{"+get", "GET k", "key:k"},
		{"+get ~k", "GET k", ""},
		{"+get ~k*", "GET other", "key:other"},
		{"+get %R~k", "GET k", ""},
		{"+get %W~k", "GET k", "key:k"},
		{"+set %W~k", "SET k v", ""},
		{"+set %R~k", "SET k v", "key:k"},
		{"+incr %R~k", "INCR k", "key:k"},
		{"+incr %R~k %W~k", "INCR k", ""},
		{"+incr %R~k* %W~*", "INCR k", "key:k"},
		{"+type %W~k", "TYPE k", ""},
		{"+type %R~k", "TYPE k", ""},
		{"+type ~j", "TYPE k", "key:k"},
		{"+@all allkeys", "PUBLISH c m", "channel:c"},
		{"+@all &c*", "PUBLISH ch m", ""},
		{"+@all &c*", "PSUBSCRIBE c*", ""},
		{"+@all &c*", "PSUBSCRIBE cx", "channel:cx"},
		{"+@all &c", "SSUBSCRIBE c d", "channel:d"},
		{"+@all &*", "SSUBSCRIBE c d", ""},
		{"+config|get", "CONFIG GET x", ""},
		{"+config|get", "CONFIG SET x y", "command:config|set"},
		{"+config -config|set", "CONFIG SET x y", "command:config|set"},
		{"+@admin", "CONFIG SET x y", ""},
		{"+@all -@admin", "CONFIG SET x y", "command:config|set"},
		{"+@fast -@read allkeys", "INCR k", ""},
		{"+@fast -@read allkeys", "GET k", "command:get"},
		{"+select|0", "SELECT 0", ""},
		{"+select|0", "SELECT 1", "command:select"},
		{"+select|0 +select -select", "SELECT 0", "command:select"},
		{"+get ~a (+set ~b)", "SET b v", ""},
		{"+get ~a (+set ~b)", "SET a v", "key:a"},
		{"+get ~a (+set ~b)", "GET b", "key:b"},
		{"+get ~a (+get ~b)", "GET b", ""},
		{"+get ~a (+get ~b) clearselectors", "GET b", "key:b"},
		{"( +get ~b )", "GET b", ""},
		{"+@all ~* &* reset", "GET b", "command:get"},
		{"nocommands allcommands allkeys", "GET b", ""},
	} {
		us := newUsers()
		u := must(t, us, "u "+test.rules)
		if got := ask(us, u, test.line); got != test.want {
			t.Errorf("%s: %s: got %q, want %q", test.rules, test.line, got, test.want)
		}
	}
}

// What is printed makes the same user again, and says what Redis 7.2 says.
func TestRules(t *testing.T) {
	const password = "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8" // of "password"
	for _, test := range []struct{ rules, want string }{
		{"", "off sanitize-payload resetchannels -@all"},
		{"on nopass ~* &* +@all", "on nopass sanitize-payload ~* &* +@all"},
		{"on >password", "on sanitize-payload #" + password + " resetchannels -@all"},
		{"#" + password + " !" + password + " >a <a nopass", "off nopass sanitize-payload resetchannels -@all"},
		{"nopass >password", "off sanitize-payload #" + password + " resetchannels -@all"},
		{"skip-sanitize-payload", "off skip-sanitize-payload resetchannels -@all"},
		{"%R~a %W~a %RW~b %r~c %W~d", "off sanitize-payload ~a ~b %R~c %W~d resetchannels -@all"},
		{"&a &b &a", "off sanitize-payload resetchannels &a &b -@all"},
		{"+@all -@admin +CONFIG|get", "off sanitize-payload resetchannels +@all -@admin +config|get"},
		{"+config|get +config|set +config", "off sanitize-payload resetchannels -@all +config"},
		{"+get -get +@string -@string", "off sanitize-payload resetchannels -@all -get -@string"},
		{"+get +@all", "off sanitize-payload resetchannels +@all"},
		{"+select|0 +SELECT|1 +select|0", "off sanitize-payload resetchannels -@all +select|1 +select|0"},
		{"(+get ~a) (&* -@all)", "off sanitize-payload resetchannels -@all (~a resetchannels -@all +get) (&* -@all)"},
	} {
		us := newUsers()
		u := must(t, us, "u "+test.rules)
		if got := u.Rules(); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.rules, got, test.want)
		}
		if again := must(t, us, "again "+u.Rules()).Rules(); again != u.Rules() {
			t.Errorf("%s: made again it is %s", u.Rules(), again)
		}
	}
}

func TestWrongRules(t *testing.T) {
	for _, test := range []struct {
		rule string
		want error
	}{
		{"x", errSyntax}, {"%~x", errSyntax}, {"%RWR~x", errSyntax}, {"%X~x", errSyntax}, {"~a b", errSyntax}, {"&a b", errSyntax},
		{")", errSyntax}, {"+", errUnknown}, {"-", errUnknown}, {"+nosuch", errUnknown}, {"+@nosuch", errUnknown}, {"-@nosuch", errUnknown},
		{"+config|nosuch", errUnknown}, {"-config|nosuch", errUnknown}, {"-select|0", errUnknown}, {"+get|a|b", errUnknown},
		{"+config|get|x", errFirstArg}, {"+get|", errSyntax}, {"+select|a b", errSyntax}, {"<never", errNoSuchSecret}, {"#abc", errHash},
		{"#5E884898DA28047151D0E56F8DC6292773603D0D6AABBDD62A11EF721D1542D8", errHash}, {"!", errHash},
		{"(+nosuch)", errUnknown}, {"(&x))", errSyntax}, {"(+get ~x) +set)", errSyntax}, {"(on)", errSyntax}, {"(>x)", errSyntax},
	} {
		us := newUsers()
		u := must(t, us, "u +get")
		before := u.Rules()
		err := us.SetUser("u", []string{"on", test.rule})
		if want := "Error in ACL SETUSER modifier '" + test.rule + "': " + test.want.Error(); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", test.rule, err, want)
		}
		if u.Rules() != before {
			t.Errorf("%s: the user has changed: %s", test.rule, u.Rules())
		}
	}
	us := newUsers()
	for words, want := range map[string]string{
		"u ~* ~x":      "Adding a pattern after the * pattern",
		"u &* &x":      "Adding a pattern after the * pattern",
		"u on (+get x": "Unmatched parenthesis in acl selector starting at '(+get'.",
	} {
		list := strings.Fields(words)
		if err := us.SetUser(list[0], list[1:]); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", words, err)
		}
	}
	if err := us.SetUser("a b", nil); err == nil || err.Error() != "Usernames can't contain spaces or null characters" {
		t.Error("a name with a space:", err)
	}
	if names := us.Names(); len(names) != 1 {
		t.Error("users were made:", names)
	}
}

func TestPasswords(t *testing.T) {
	us := newUsers()
	admits := func(name, password string) bool { return us.Admit([]byte(name), []byte(password)) != nil }
	must(t, us, "u >one >two")
	if admits("u", "one") {
		t.Error("a disabled user is let in")
	}
	must(t, us, "u on")
	if !admits("u", "one") || !admits("u", "two") || admits("u", "three") || admits("nobody", "one") {
		t.Error("not exactly the passwords of u are taken")
	}
	must(t, us, "u <one")
	if admits("u", "one") || !admits("u", "two") {
		t.Error("a removed password is taken")
	}
	must(t, us, "u nopass")
	if !admits("u", "anything") {
		t.Error("nopass asks for a password")
	}
	must(t, us, "u resetpass")
	if admits("u", "anything") || admits("u", "") {
		t.Error("a user without passwords is let in")
	}
	if !us.Default().Open() || !us.Default().Free() {
		t.Error("the user default is not open at first")
	}
	us.SetPassword("secret")
	if us.Default().Open() || !admits("default", "secret") || admits("default", "") || !us.Default().Free() {
		t.Error("requirepass is not the password of default")
	}
	us.SetPassword("")
	if !us.Default().Open() {
		t.Error("an empty requirepass asks for a password")
	}
}

// Who was deleted may do nothing, even where a connection still holds him; who comes after him is another.
func TestDelete(t *testing.T) {
	us := newUsers()
	u := must(t, us, "u on nopass +@all ~* &*")
	if !us.Delete("u") || us.Delete("u") || us.Delete("default") || us.Find("u") != nil {
		t.Error("not exactly u was deleted")
	}
	if ask(us, u, "GET k") != "command:get" {
		t.Error("a deleted user keeps rights")
	}
	if again := must(t, us, "u +@all ~* &*"); again == u || ask(us, u, "GET k") == "" {
		t.Error("a deleted user gets the rights of one who has his name")
	}
}

func TestHearing(t *testing.T) {
	us := newUsers()
	u := must(t, us, "u &a* &b (&c)")
	for name, want := range map[string]bool{"ab": true, "b": true, "bb": false, "c": true, "d": false} {
		if u.MayHear(name, false) != want {
			t.Errorf("channel %s: %v", name, !want)
		}
	}
	for name, want := range map[string]bool{"a*": true, "ab": false, "b": true, "*": false} {
		if u.MayHear(name, true) != want {
			t.Errorf("pattern %s: %v", name, !want)
		}
	}
}

func TestRoaming(t *testing.T) {
	us := newUsers()
	get := us.catalog.find("get")
	line := [][]byte{[]byte("GET"), []byte("k")}
	for rules, want := range map[string]bool{
		"+get ~k": false, "+get ~k %W~*": false, "+get ~k %R~*": true, "+get allkeys": true, "~k (+get ~k %R~*)": true,
		"+get ~k (%R~*)": false, "allkeys": false,
	} {
		if got := must(t, us, "u reset "+rules).MayRoam(get, line); got != want {
			t.Errorf("%s: %v", rules, got)
		}
	}
}

// What dispatch asks before every command.
func BenchmarkMay(b *testing.B) {
	us := newUsers()
	if err := us.SetUser("u", strings.Fields("+@all -config ~a* ~k*")); err != nil {
		b.Fatal(err)
	}
	get, line := us.catalog.find("get"), [][]byte{[]byte("GET"), []byte("k")}
	for _, name := range []string{"default", "u"} {
		u := us.Find(name)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if u.May(get, line).Denial != Granted {
					b.Fatal("denied")
				}
			}
		})
	}
}
