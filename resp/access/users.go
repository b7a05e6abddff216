package access

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Users are all users by name. The one called default is always there, and always the same. For any goroutine.
type Users struct {
	catalog      *Catalog
	openChannels func() bool // acl-pubsub-default
	standard     *User

	mu     sync.Mutex
	byName map[string]*User
	saving sync.Mutex // one Save at a time; taken before mu
}

// NewUsers makes the user default, who may do everything without a password. openChannels tells whether new users and
// selectors may use every channel.
func NewUsers(catalog *Catalog, openChannels func() bool) *Users {
	us := &Users{catalog: catalog, openChannels: openChannels, standard: &User{name: DefaultUser}}
	us.byName = map[string]*User{DefaultUser: us.standard}
	us.standard.put(us.standardRights())
	return us
}

// standardRights are those of the user default when nobody has said anything of him.
func (us *Users) standardRights() rights {
	d := newDraft(us.catalog, us.openChannels())
	d.on, d.noPass = true, true
	d.root().allowAll(true)
	d.root().allKeys, d.root().allChannels = true, true
	return d.rights
}

// Catalog is the table of commands that rules are about.
func (us *Users) Catalog() *Catalog { return us.catalog }

// Default is the user that every connection begins as.
func (us *Users) Default() *User { return us.standard }

// Find is a user by name, nil if there is none.
func (us *Users) Find(name string) *User {
	us.mu.Lock()
	defer us.mu.Unlock()
	return us.byName[name]
}

// Names are all users' names, in order.
func (us *Users) Names() []string {
	us.mu.Lock()
	defer us.mu.Unlock()
	return slices.Sorted(maps.Keys(us.byName))
}

// Lines are all users in the form of configuration and ACL files, "user alice on ...", in the order of names.
func (us *Users) Lines() []string {
	us.mu.Lock()
	defer us.mu.Unlock()
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(us.byName)) {
		lines = append(lines, "user "+name+" "+us.byName[name].Rules())
	}
	return lines
}

// Admit is the user whose password it is, nil if there is none. It takes the same time whether the user is there.
func (us *Users) Admit(name, password []byte) *User {
	sum := hash(password)
	u := us.Find(string(name))
	if u == nil || !u.rights.Load().admits(sum) {
		return nil
	}
	return u
}

// SetUser follows the rules of ACL SETUSER, all or none. It makes the user if there is none.
func (us *Users) SetUser(name string, words []string) error {
	if hasSpaces(name) {
		return problem("Usernames can't contain spaces or null characters")
	}
	rules, open, ok := join(words)
	if !ok {
		return problem("Unmatched parenthesis in acl selector starting at '" + open + "'.")
	}
	us.mu.Lock()
	defer us.mu.Unlock()
	u := us.byName[name]
	d := newDraft(us.catalog, us.openChannels())
	if u != nil {
		d = u.draft(us.catalog, us.openChannels())
	}
	for _, rule := range rules {
		if err := d.apply(rule); err != nil {
			return fmt.Errorf("Error in ACL SETUSER modifier '%s': %w", rule, err)
		}
	}
	if u == nil {
		u = &User{name: name}
		us.byName[name] = u
	}
	u.put(d.rights)
	return nil
}

// SetPassword is requirepass: the only password of the user default, or none if it is empty.
func (us *Users) SetPassword(password string) {
	us.mu.Lock()
	defer us.mu.Unlock()
	r := *us.standard.rights.Load()
	r.noPass, r.passwords = password == "", nil
	if password != "" {
		r.passwords = []digest{hash([]byte(password))}
	}
	us.standard.put(r)
}

// Delete removes a user, and reports whether there was one. A connection that still holds him may do nothing.
func (us *Users) Delete(name string) bool {
	us.mu.Lock()
	defer us.mu.Unlock()
	u := us.byName[name]
	if u == nil || u == us.standard {
		return false
	}
	delete(us.byName, name)
	u.retire(us.catalog)
	return true
}

// retire takes all rights.
func (u *User) retire(catalog *Catalog) { u.put(newDraft(catalog, false).rights) }

// Declaration is a user of the configuration: what stands behind the word user.
type Declaration struct {
	Name  string
	Rules []string
}

// Declare makes the users of a configuration in place of what they were, and tells which rule cannot be followed.
func (us *Users) Declare(d Declaration) error {
	rules, open, ok := join(d.Rules)
	switch {
	case hasSpaces(d.Name):
		return problem("Spaces not allowed in ACL usernames")
	case !ok:
		return problem("Error in user declaration '" + open + "': Unmatched parenthesis in acl selector")
	}
	us.mu.Lock()
	defer us.mu.Unlock()
	draft := newDraft(us.catalog, us.openChannels())
	for _, rule := range rules {
		if err := draft.apply(rule); err != nil {
			return problem("Error in user declaration '" + harmless(rule) + "': " + err.Error())
		}
	}
	u := us.byName[d.Name]
	if u == nil {
		u = &User{name: d.Name}
		us.byName[d.Name] = u
	}
	u.put(draft.rights)
	return nil
}

// harmless is a rule that may stand in a log: one about a password is not shown.
func harmless(rule string) string {
	if strings.ContainsAny(rule[:1], "><#!") {
		return rule[:1] + "..."
	}
	return rule
}
