package access

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"larder/disk"
)

// Load replaces all users by those of an ACL file, or none if one of its lines is wrong: then the error is a line of
// text that names all that are. Connections of users other than default have lost their rights when it returns.
func (us *Users) Load(path, shown string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("Error loading ACLs, opening file '%s': %s", shown, reason(err))
	}
	us.mu.Lock()
	defer us.mu.Unlock()
	fresh, complaints := us.read(string(text), shown)
	if complaints != "" {
		return problem(complaints + "WARNING: ACL errors detected, no change to the previously active ACL rules was " +
			"performed")
	}
	standard := us.standardRights()
	if d := fresh[DefaultUser]; d != nil {
		standard = *d.rights.Load()
	}
	for _, u := range us.byName {
		if u != us.standard {
			u.retire(us.catalog)
		}
	}
	us.standard.put(standard)
	us.byName = fresh
	us.byName[DefaultUser] = us.standard
	return nil
}

// read makes the users of a file's text, and says what is wrong in it.
func (us *Users) read(text, shown string) (users map[string]*User, complaints string) {
	users = map[string]*User{}
	var b strings.Builder
	for i, line := range strings.Split(text, "\n") {
		if line = strings.Trim(line, " \t\r\n"); line == "" {
			continue
		}
		at := fmt.Sprintf("%s:%d", shown, i+1)
		words := strings.Split(line, " ")
		switch {
		case words[0] != "user" || len(words) < 2:
			fmt.Fprintf(&b, "%s should start with user keyword followed by the username. ", at)
		case hasSpaces(words[1]):
			fmt.Fprintf(&b, "'%s: username '%s' contains invalid characters. ", at, words[1])
		case users[words[1]] != nil:
			fmt.Fprintf(&b, "WARNING: Duplicate user '%s' found on line %d. ", words[1], i+1)
		default:
			u := &User{name: words[1]}
			b.WriteString(us.readUser(u, words[2:], at))
			users[u.name] = u
		}
	}
	return users, b.String()
}

// readUser follows the rules of one line. Of those that are wrong it names each command that there is not, and of the
// others the first alone: they may hold secrets, and may follow from each other.
func (us *Users) readUser(u *User, words []string, at string) (complaints string) {
	d := newDraft(us.catalog, us.openChannels())
	rules, _, ok := join(words)
	if !ok {
		complaints = at + ": Unmatched parenthesis in selector definition."
	}
	broken := false
	for _, rule := range rules {
		rule = strings.Trim(rule, "\t\r\n")
		switch err := d.apply(rule); {
		case err == errUnknown:
			complaints += fmt.Sprintf("%s: Error in applying operation '%s': %s. ", at, rule, err)
		case err != nil && !broken:
			complaints, broken = complaints+at+": "+err.Error()+". ", true
		}
	}
	u.put(d.rights)
	return complaints
}

// Save writes all users into an ACL file, which is replaced whole or not at all.
func (us *Users) Save(path string) error {
	us.saving.Lock()
	defer us.saving.Unlock()
	return disk.Replace(disk.OS{}, path, []byte(strings.Join(us.Lines(), "\n")+"\n"))
}

// reason is what the operating system says, spelled as strerror does.
func reason(err error) string {
	var no syscall.Errno
	if !errors.As(err, &no) {
		return err.Error()
	}
	text := no.Error()
	return strings.ToUpper(text[:1]) + text[1:]
}
