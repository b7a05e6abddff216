package param

// User is a user directive of the configuration. What its rules mean is not known here.
type User struct {
	Name  string
	Rules []string
	at    LoadError
}

// declare keeps a user directive. Each name may be declared once.
func (l *loader) declare(name string, rules []string) error {
	for _, u := range l.set.users {
		if u.Name == name {
			return User{Name: name, at: l.at}.Refuse("Error in user declaration '" + name + "': Duplicate user found. " +
				"A user can only be defined once in config files")
		}
	}
	l.set.users = append(l.set.users, User{name, rules, l.at})
	return nil
}

// checkUsers refuses users in two places, as Redis does.
func (l *loader) checkUsers() error {
	if len(l.set.users) == 0 || l.set.String("aclfile") == "" {
		return nil
	}
	return l.set.users[0].Refuse("Configuring users in the configuration file and at the same time setting an ACL file " +
		"path is invalid. " +
		"This setup is very likely to lead to configuration errors and security holes, please define either an ACL file or " +
		"declare users directly in your configuration file, but not both.")
}

// Users are the user directives, in order.
func (s *Set) Users() []User { return s.users }

// Refuse is the *LoadError that blames the directive's line. It does not show the rules, which may be passwords.
func (u User) Refuse(reason string) error {
	e := u.at
	e.Text, e.Message = "user "+u.Name+" ...", reason
	return &e
}

// RewriteUsers has CONFIG REWRITE ask lines for the users there are, "user alice on ...". Without it the file's own
// stay.
func (s *Set) RewriteUsers(lines func() []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.userLines = lines
}

// putUsers writes the users into a file, unless they have a file of their own.
func (s *Set) putUsers(f *configFile) {
	switch {
	case s.String("aclfile") != "":
		f.put("user", nil)
	case s.userLines != nil:
		var lines []fileLine
		for _, line := range s.userLines() {
			lines = append(lines, fileLine{line[len("user "):], true})
		}
		f.put("user", lines)
	}
}
