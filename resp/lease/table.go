// Package lease knows who is computing which value: when a cached value is missing or old,
// one caller gets a token and computes it, the others are told to wait or to go on with the
// old one, so that a thousand clients who miss the same key do the work once.
//
// Tokens live in the memory of the server. They last seconds, and a lost one costs one
// computation more, so they are not worth a write; a restart forgets them all, and whoever
// asks next gets a new one.
package lease

import (
	"crypto/rand"
	"sync"
	"time"

	"larder/store"
)

// most bounds the tokens that are out at a time: about 20 MB.
const most = 1 << 17

// ErrTooMany is the answer when most tokens are out.
var ErrTooMany = store.Invalid("too many leases are out")

// Table is the tokens that are out. For any goroutine.
type Table struct {
	timeout func() time.Duration
	now     func() time.Time
	mu      sync.Mutex
	out     map[key]*token
	sweepAt int // the size at which those past their time are removed
}

type key struct {
	db   int
	name string
}

type token struct {
	text   string
	issued time.Time
	until  time.Time
	stale  time.Duration
	holder any
}

// Grant is what a token stands for.
type Grant struct {
	Cost  time.Duration // since it was issued: what computing the value took
	Stale time.Duration // how long the value is to be served past its time
}

// NewTable makes an empty table whose tokens die after timeout, which is asked for each.
func NewTable(timeout func() time.Duration) *Table {
	return &Table{timeout: timeout, now: time.Now, out: map[key]*token{}, sweepAt: 1024}
}

// Take issues a token for a key, "" if one is out. holder tells the calls of one command
// apart from those of others: a command that is run again gets the token it has got before.
func (t *Table) Take(db int, name []byte, stale time.Duration, holder any) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	k, now := key{db, string(name)}, t.now()
	if was := t.out[k]; was != nil && now.Before(was.until) {
		if was.holder == holder {
			return was.text, nil
		}
		return "", nil
	}
	if t.sweep(now); len(t.out) >= most {
		return "", ErrTooMany
	}
	fresh := &token{text: rand.Text(), issued: now, until: now.Add(t.timeout()), stale: stale, holder: holder}
	t.out[k] = fresh
	return fresh.text, nil
}

// sweep removes the tokens whose holders have vanished, each time the table has doubled.
func (t *Table) sweep(now time.Time) {
	if len(t.out) < t.sweepAt {
		return
	}
	for k, one := range t.out {
		if !now.Before(one.until) {
			delete(t.out, k)
		}
	}
	t.sweepAt = min(max(1024, 2*len(t.out)), most)
}

// Keep ends the holder's right to be given the token again: its reply is on the way.
func (t *Table) Keep(db int, name []byte, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if one := t.find(db, name, text); one != nil {
		one.holder = nil
	}
}

// Look tells what a token stands for, ok false if it is not the one that is out.
func (t *Table) Look(db int, name []byte, text string) (g Grant, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	one := t.find(db, name, text)
	if one == nil {
		return Grant{}, false
	}
	return Grant{Cost: t.now().Sub(one.issued), Stale: one.stale}, true
}

// End takes a token back, once the value is stored.
func (t *Table) End(db int, name []byte, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.find(db, name, text) != nil {
		delete(t.out, key{db, string(name)})
	}
}

func (t *Table) find(db int, name []byte, text string) *token {
	one := t.out[key{db, string(name)}]
	if one == nil || one.text != text || !t.now().Before(one.until) {
		return nil
	}
	return one
}
