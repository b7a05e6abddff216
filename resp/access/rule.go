package access

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// problem is why a rule cannot be followed, in Redis's words.
type problem string

func (p problem) Error() string { return string(p) }

const (
	errSyntax       = problem("Syntax error")
	errUnknown      = problem("Unknown command or category name in ACL")
	errFirstArg     = problem("Allowing first-arg of a subcommand is not supported")
	errNoSuchSecret = problem("The password you are trying to remove from the user does not exist")
	errHash         = problem("The password hash must be exactly 64 characters and contain only lowercase hexadecimal " +
		"characters")
	errKeysOpen = problem("Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not " +
		"have any " +
		"effect. Try 'resetkeys' to start with an empty list of patterns")
	errChannelsOpen = problem("Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does " +
		"not have any " +
		"effect. Try 'resetchannels' to start with an empty list of channels")
)

// digest is what is kept of a password.
type digest [sha256.Size]byte

// draft is a user that is being changed: a copy, which takes the place of the user when every rule is right. It
// belongs to one goroutine.
type draft struct {
	rights
	catalog *Catalog
	// openChannels is acl-pubsub-default: new users and selectors may use every channel.
	openChannels bool
}

// newDraft begins a user as it is before any rule: disabled, without a password and without a right.
func newDraft(catalog *Catalog, openChannels bool) *draft {
	d := &draft{catalog: catalog, openChannels: openChannels}
	d.selectors = []*selector{newSelector(catalog, openChannels)}
	return d
}

// root is the selector of what stands outside of parentheses.
func (d *draft) root() *selector { return d.selectors[0] }

// apply follows one rule of ACL SETUSER. An empty one says nothing.
func (d *draft) apply(rule string) error {
	if rule == "" {
		return nil
	}
	switch lower(rule) {
	case "on":
		d.on = true
	case "off":
		d.on = false
	case "skip-sanitize-payload":
		d.skipSanitize = true
	case "sanitize-payload":
		d.skipSanitize = false
	case "nopass":
		d.noPass, d.passwords = true, nil
	case "resetpass":
		d.noPass, d.passwords = false, nil
	case "clearselectors":
		d.selectors = d.selectors[:1]
	case "reset":
		d.rights = newDraft(d.catalog, d.openChannels).rights
	default:
		return d.applyOther(rule)
	}
	return nil
}

func (d *draft) applyOther(rule string) error {
	switch rule[0] {
	case '>', '#':
		return d.addPassword(rule)
	case '<', '!':
		return d.removePassword(rule)
	case '(':
		if rule[len(rule)-1] == ')' {
			return d.addSelector(rule[1 : len(rule)-1])
		}
	}
	return d.root().apply(d.catalog, rule)
}

// addSelector makes the selector of the rules between two parentheses. None of them may end with one: in an ACL file it
// would end the selector, and the file could not be read any more.
func (d *draft) addSelector(rules string) error {
	s := newSelector(d.catalog, d.openChannels)
	for _, rule := range strings.Fields(rules) {
		if strings.HasSuffix(rule, ")") {
			return errSyntax
		}
		if err := s.apply(d.catalog, rule); err != nil {
			return err
		}
	}
	d.selectors = append(d.selectors, s)
	return nil
}

// secret is the digest that a rule about a password means.
func secret(rule string) (digest, error) {
	if rule[0] == '>' || rule[0] == '<' {
		return sha256.Sum256([]byte(rule[1:])), nil
	}
	var sum digest
	n, err := hex.Decode(sum[:], []byte(rule[1:min(len(rule), 1+2*len(sum))]))
	if err != nil || n != len(sum) || len(rule) != 1+2*len(sum) || lower(rule) != rule {
		return sum, errHash
	}
	return sum, nil
}

func (d *draft) addPassword(rule string) error {
	sum, err := secret(rule)
	if err != nil {
		return err
	}
	if !slices.Contains(d.passwords, sum) {
		d.passwords = append(d.passwords, sum)
	}
	d.noPass = false
	return nil
}

func (d *draft) removePassword(rule string) error {
	sum, err := secret(rule)
	if err != nil {
		return err
	}
	at := slices.Index(d.passwords, sum)
	if at < 0 {
		return errNoSuchSecret
	}
	d.passwords = slices.Delete(d.passwords, at, at+1)
	return nil
}

// apply follows a rule about commands, keys or channels.
func (s *selector) apply(catalog *Catalog, rule string) error {
	switch lower(rule) {
	case "allkeys", "~*":
		s.allKeys, s.keys = true, nil
	case "resetkeys":
		s.allKeys, s.keys = false, nil
	case "allchannels", "&*":
		s.allChannels, s.channels = true, nil
	case "resetchannels":
		s.allChannels, s.channels = false, nil
	case "allcommands", "+@all":
		s.allowAll(true)
	case "nocommands", "-@all":
		s.allowAll(false)
	default:
		return s.applyPattern(catalog, rule)
	}
	return nil
}

func (s *selector) applyPattern(catalog *Catalog, rule string) error {
	switch rule[0] {
	case '~', '%':
		return s.applyKeys(rule)
	case '&':
		return s.applyChannel(rule[1:])
	case '+', '-':
		return s.applyCommand(catalog, rule[1:], rule[0] == '+')
	}
	return errSyntax
}

// applyKeys reads "~glob", "%R~glob" and "%W~glob".
func (s *selector) applyKeys(rule string) error {
	p := keyPattern{glob: rule[1:], read: true, write: true}
	if s.allKeys {
		return errKeysOpen
	}
	if rule[0] == '%' {
		uses, glob, _ := strings.Cut(rule[1:], "~")
		uses = strings.ToUpper(uses)
		if uses != "R" && uses != "W" && uses != "RW" && uses != "WR" {
			return errSyntax
		}
		p = keyPattern{glob, strings.Contains(uses, "R"), strings.Contains(uses, "W")}
	}
	if hasSpaces(p.glob) {
		return errSyntax
	}
	s.addKeys(p)
	return nil
}

func (s *selector) applyChannel(glob string) error {
	switch {
	case s.allChannels:
		return errChannelsOpen
	case hasSpaces(glob):
		return errSyntax
	case !slices.Contains(s.channels, glob):
		s.channels = append(s.channels, glob)
	}
	return nil
}

// applyCommand permits or forbids a category, a command, a subcommand, or a command with a first argument.
func (s *selector) applyCommand(catalog *Catalog, name string, on bool) error {
	if strings.HasPrefix(name, "@") {
		members, known := catalog.members[lower(name)]
		if !known {
			return errUnknown
		}
		for _, spec := range members {
			s.allow(spec, on)
		}
		s.note(name, on)
		return nil
	}
	if spec := catalog.find(name); spec != nil {
		s.allow(spec, on)
		s.note(name, on)
		return nil
	}
	at := strings.LastIndexByte(name, '|')
	if at < 0 || !on {
		return errUnknown
	}
	return s.applyFirstArg(catalog, name[:at], name[at+1:])
}

// applyFirstArg permits a command that has no subcommands with one first argument, as "select|0".
func (s *selector) applyFirstArg(catalog *Catalog, name, word string) error {
	spec := catalog.find(name)
	switch {
	case spec == nil:
		return errUnknown
	case spec.Parent != "":
		return errFirstArg
	case word == "", hasSpaces(word):
		return errSyntax
	case len(spec.Subs) > 0:
		return errUnknown
	}
	s.addFirstArg(spec.ID, word)
	s.note(name+"|"+word, true)
	return nil
}

// lower changes ASCII letters and nothing else, as Redis compares words: two that are the same in Unicode's eyes are
// not.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + ('a' - 'A')
		}
	}
	return string(b)
}

// hasSpaces is Redis's test of names and patterns that are written into files of words.
func hasSpaces(s string) bool { return strings.ContainsAny(s, " \t\n\v\f\r\x00") }

// join puts selectors together that came in several words. If one is not closed, it answers the word that began it.
func join(words []string) (rules []string, open string, ok bool) {
	var selector []string
	for _, w := range words {
		ends := strings.HasSuffix(w, ")")
		if selector == nil && (ends || !strings.HasPrefix(w, "(")) {
			rules = append(rules, w)
			continue
		}
		if selector = append(selector, w); ends {
			rules, selector = append(rules, strings.Join(selector, " ")), nil
		}
	}
	if selector != nil {
		return nil, selector[0], false
	}
	return rules, "", true
}
