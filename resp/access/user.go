// Package access decides who may do what: users with their passwords and rights, the rules that make them, and the
// record of what was denied. It knows commands by their rows, and neither connections nor replies.
package access

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"slices"
	"strings"
	"sync/atomic"
)

// DefaultUser is the name of the user that every connection begins as.
const DefaultUser = "default"

// User is somebody with rights. Connections hold it, and see at once when its rights change. For any goroutine.
type User struct {
	name   string
	rights atomic.Pointer[rights]
}

// rights are what a user is allowed at one moment. They never change: a change makes new ones.
type rights struct {
	on, noPass   bool
	skipSanitize bool // RESTORE looks at all of a payload whatever it says
	passwords    []digest
	selectors    []*selector // the first is what stands outside of parentheses
	free         bool        // a selector allows everything
}

// Name is the user's name.
func (u *User) Name() string { return u.name }

// Free reports whether the user may do everything.
func (u *User) Free() bool { return u.rights.Load().free }

// Open reports whether nobody needs a password to be this user.
func (u *User) Open() bool {
	r := u.rights.Load()
	return r.on && r.noPass
}

// NoPass reports whether any password does, enabled or not.
func (u *User) NoPass() bool { return u.rights.Load().noPass }

// put gives the user new rights.
func (u *User) put(r rights) {
	r.free = slices.ContainsFunc(r.selectors, (*selector).free)
	u.rights.Store(&r)
}

// draft is a copy of the user that can be changed.
func (u *User) draft(catalog *Catalog, openChannels bool) *draft {
	d := &draft{rights: *u.rights.Load(), catalog: catalog, openChannels: openChannels}
	d.passwords, d.selectors = slices.Clone(d.passwords), slices.Clone(d.selectors)
	for i, s := range d.selectors {
		d.selectors[i] = s.clone()
	}
	return d
}

// admits checks a password by its digest. All of the user's are compared, each in constant time, so that neither
// length nor prefix of one can be learnt by timing.
func (r *rights) admits(sum digest) bool {
	found := 0
	for i := range r.passwords {
		found |= subtle.ConstantTimeCompare(r.passwords[i][:], sum[:])
	}
	return r.on && (r.noPass || found == 1)
}

// flags are the words about the user as a whole, in Redis's order.
func (r *rights) flags() []string {
	words := []string{"off"}
	if r.on {
		words[0] = "on"
	}
	if r.noPass {
		words = append(words, "nopass")
	}
	if r.skipSanitize {
		return append(words, "skip-sanitize-payload")
	}
	return append(words, "sanitize-payload")
}

func (r *rights) hashes() []string {
	list := make([]string, len(r.passwords))
	for i := range r.passwords {
		list[i] = hex.EncodeToString(r.passwords[i][:])
	}
	return list
}

// Rules are the rules that make the user, as ACL LIST prints them behind its name.
func (u *User) Rules() string {
	r := u.rights.Load()
	words := r.flags()
	for _, h := range r.hashes() {
		words = append(words, "#"+h)
	}
	for i, s := range r.selectors {
		if i == 0 {
			words = append(words, s.String())
		} else {
			words = append(words, "("+s.String()+")")
		}
	}
	return strings.Join(words, " ")
}

// Description is a user as ACL GETUSER shows it.
type Description struct {
	Flags     []string
	Passwords []string // SHA-256 in hexadecimal digits
	// Selectors begin with what stands outside of parentheses.
	Selectors []SelectorDescription
}

// SelectorDescription are the rules of one selector.
type SelectorDescription struct{ Commands, Keys, Channels string }

// Describe describes the user at this moment.
func (u *User) Describe() Description {
	r := u.rights.Load()
	d := Description{Flags: r.flags(), Passwords: r.hashes()}
	for _, s := range r.selectors {
		d.Selectors = append(d.Selectors, SelectorDescription{s.commandRules(), s.keyRules(), s.channelRules()})
	}
	return d
}

func hash(password []byte) digest { return sha256.Sum256(password) }
