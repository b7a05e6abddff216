package param

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// userLine is the `user default ...` that the configuration holds. It belongs to the loader.
type userLine struct {
	at       LoadError
	given    bool
	password string // its SHA-256 in hexadecimal digits, "" for nopass
}

const errTwice = refusal("Error in user declaration 'default': Duplicate user found. " +
	"A user can only be defined once in config files")

// declare takes a user directive that changes nothing, which CONFIG REWRITE writes into every file: the user
// `default` with all rights. Any other would promise protection, so it is refused.
func (l *loader) declare(name string, rules []string) error {
	switch {
	case name != "default":
		return noACL
	case l.user.given:
		return errTwice
	}
	password, ok := allRights(rules)
	if !ok {
		return noACL
	}
	l.user = userLine{at: l.at, given: true, password: password}
	return nil
}

// allRights reports whether the rules make a user who is on and may do everything, and by what password.
func allRights(rules []string) (password string, ok bool) {
	var on, all, keys, channels, secret bool
	for _, rule := range rules {
		switch lower := strings.ToLower(rule); {
		case lower == "on":
			on = true
		case lower == "+@all" || lower == "allcommands":
			all = true
		case lower == "~*" || lower == "allkeys":
			keys = true
		case lower == "&*" || lower == "allchannels":
			channels = true
		case lower == "sanitize-payload": // RESTORE does it for everybody
		case secret:
			return "", false // a second password, or one beside nopass
		case lower == "nopass":
			secret = true
		case rule[:min(1, len(rule))] == ">":
			secret, password = true, digest(rule[1:])
		case rule[:min(1, len(rule))] == "#" && len(rule) == 1+2*sha256.Size:
			secret, password = true, lower[1:]
		default:
			return "", false
		}
	}
	return password, on && all && keys && channels && secret
}

func digest(password string) string {
	sum := sha256.Sum256([]byte(password))
	return hex.EncodeToString(sum[:])
}

// checkUsers refuses a user whose password is not requirepass: in Redis the user's would hold.
func (l *loader) checkUsers() error {
	want := ""
	if password := l.set.String("requirepass"); password != "" {
		want = digest(password)
	}
	if !l.user.given || l.user.password == want {
		return nil
	}
	e := l.user.at
	e.Message = "The password of 'default' is requirepass, and this line says otherwise: remove it"
	return &e
}

// theUser is the one user's line as CONFIG REWRITE writes it.
func (s *Set) theUser() string {
	password := "nopass"
	if p := s.String("requirepass"); p != "" {
		password = "#" + digest(p)
	}
	return "default on " + password + " ~* &* +@all"
}
