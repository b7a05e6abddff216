package access

import (
	"slices"
	"strings"
	"testing"
)

// FuzzRules wants that rules which are refused change nothing, and that what is printed of a user makes it again.
func FuzzRules(f *testing.F) {
	for _, seed := range []string{
		"on >pw ~a* %R~b %W~c &d* +@all -@admin +config|get -select +select|0 (+get ~x) (%RW~y &* -@all)",
		"reset nopass allkeys allchannels allcommands skip-sanitize-payload clearselectors resetpass",
		"(+get", "() (()) )", "% %R %~ ~ & + - @ +@ # ! < >", "+get|\xff +SELECT|\u212a ~\x00 &\v",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		us := newUsers()
		before := must(t, us, "u on >pw ~a +get").Rules()
		if err := us.SetUser("u", strings.Split(text, " ")); err != nil {
			if got := us.Find("u").Rules(); got != before || strings.ContainsAny(err.Error(), "\n") && !strings.ContainsAny(text, "\n") {
				t.Fatalf("%q is refused with %v and leaves %s", text, err, got)
			}
			return
		}
		u := us.Find("u")
		again := newDraft(us.catalog, false)
		rules, _, _ := join(strings.Split(u.Rules(), " "))
		for _, rule := range rules {
			if err := again.apply(rule); err != nil {
				t.Fatalf("%q is printed as %q, of which %q is refused: %v", text, u.Rules(), rule, err)
			}
		}
		same(t, u, again)
	})
}

// same wants that a user and a draft may run the same commands.
func same(t *testing.T, u *User, d *draft) {
	t.Helper()
	have := u.rights.Load()
	copied := &User{name: u.name}
	copied.put(d.rights)
	if copied.Rules() != u.Rules() || copied.Free() != have.free {
		t.Fatalf("%s is made again as %s", u.Rules(), copied.Rules())
	}
	for i, s := range have.selectors {
		if o := d.selectors[i]; s.allKeys != o.allKeys || s.allChannels != o.allChannels || !slices.Equal(s.bits(), o.bits()) {
			t.Fatalf("%s: selector %d is made again otherwise", u.Rules(), i)
		}
	}
}

// bits are the commands without what lies behind the last one.
func (s *selector) bits() []uint64 {
	bits := slices.Clone(s.commands)
	if n := len(rows()) + 2; len(bits) > 0 {
		bits[len(bits)-1] &= 1<<(n%64) - 1
	}
	return bits
}

// FuzzFile wants that a file is read as a whole or not at all, and that what is saved of it is read again.
func FuzzFile(f *testing.F) {
	for _, seed := range []string{
		"user alice on >pw ~a* +@all (+get ~b*)\nuser default on nopass ~* &* +@all\n", "user a\nuser a\n", "# x", "user", "user  +get",
		"user default off\r\n\n\tuser b\ton", "user a (+get ~x\nuser b )",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		us := newUsers()
		users, complaints := us.read(text, "users.acl")
		if complaints != "" {
			return
		}
		us.byName = users
		lines := us.Lines()
		again, complaints := us.read(strings.Join(lines, "\n")+"\n", "saved.acl")
		us.byName = again
		if complaints != "" || !slices.Equal(us.Lines(), lines) {
			t.Fatalf("%q is saved as %q and read as %q, %s", text, lines, us.Lines(), complaints)
		}
	})
}
