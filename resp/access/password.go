// Package access decides who may talk to the server: the default user and its password.
package access

import (
	"crypto/sha256"
	"crypto/subtle"
	"sync/atomic"
)

// DefaultUser is the only user there is.
const DefaultUser = "default"

// Gate keeps the password of the default user. For any goroutine.
type Gate struct {
	digest atomic.Pointer[[sha256.Size]byte]
}

// SetPassword changes the password; the empty one lets everybody in.
func (g *Gate) SetPassword(password string) {
	if password == "" {
		g.digest.Store(nil)
		return
	}
	digest := sha256.Sum256([]byte(password))
	g.digest.Store(&digest)
}

// Open reports whether no password is set.
func (g *Gate) Open() bool { return g.digest.Load() == nil }

// Admits checks a name and password. Digests are compared, in constant time, so that
// neither length nor prefix of the password can be learnt by timing.
func (g *Gate) Admits(user, password []byte) bool {
	want := g.digest.Load()
	if want == nil {
		return string(user) == DefaultUser
	}
	got := sha256.Sum256(password)
	same := subtle.ConstantTimeCompare(got[:], want[:]) == 1
	return same && string(user) == DefaultUser
}
