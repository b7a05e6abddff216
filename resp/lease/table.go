// Package lease knows which client is computing which value: when a cached value is missing or old, one caller gets a
// token and computes it, the others are told to wait or to go on with the old one, so that the work is done once
// although a thousand clients miss the same key.
//
// Tokens live in the memory of the server. They last seconds, and a lost one costs one
// computation more, so they are not worth a write; a restart forgets them all, and whoever
// asks next gets a new one.
//
// A token is valid for the state of the key that its holder was told. A client that writes or removes the key
// meanwhile voids it: what the holder computes may be from before that. Writers do so inside their transactions, as
// they mark those who watch the key, and pass by without a lock while no token is out. One that ran before the token
// was issued and commits after it is not in the state the holder was told; so a token also remembers a print of that
// state, and SETLEASE compares.
package lease

import (
	"crypto/rand"
	"slices"
	"sync"
	"sync/atomic"
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
	count   atomic.Int64 // of tokens: 0 lets writers pass without the lock
	mu      sync.Mutex
	out     map[key]*token
	perDB   map[int]int
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
	print  uint64
	holder any
	spared bool // its own SETLEASE is writing
}

// Grant is what a token stands for.
type Grant struct {
	Cost  time.Duration // since it was issued: what computing the value took
	Stale time.Duration // how long the value is to be served past its time
	Print uint64        // of the state the holder was told
}

// NewTable makes an empty table whose tokens die after timeout, which is asked for each.
func NewTable(timeout func() time.Duration) *Table {
	return &Table{timeout: timeout, now: time.Now, out: map[key]*token{}, perDB: map[int]int{}, sweepAt: 1024}
}

// Take issues a token for a key whose state has a print, "" if one is out. holder tells the calls of one command
// apart from those of others: a command that is run again gets the token it has got before.
func (t *Table) Take(db int, name []byte, stale time.Duration, print uint64, holder any) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	k, now := key{db, string(name)}, t.now()
	if was := t.out[k]; was != nil && now.Before(was.until) {
		if was.holder == holder {
			was.print = print
			return was.text, nil
		}
		return "", nil
	}
	if t.sweep(now); len(t.out) >= most {
		return "", ErrTooMany
	}
	fresh := &token{text: rand.Text(), issued: now, until: now.Add(t.timeout()), stale: stale, print: print,
		holder: holder}
	t.remove(k)
	t.out[k] = fresh
	t.perDB[db]++
	t.count.Add(1)
	return fresh.text, nil
}

// sweep removes the tokens whose holders have vanished, each time the table has doubled.
func (t *Table) sweep(now time.Time) {
	if len(t.out) < t.sweepAt {
		return
	}
	for k, one := range t.out {
		if !now.Before(one.until) {
			t.remove(k)
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
	return Grant{Cost: t.now().Sub(one.issued), Stale: one.stale, Print: one.print}, true
}

// End takes a token back, once the value is stored.
func (t *Table) End(db int, name []byte, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.find(db, name, text) != nil {
		t.remove(key{db, string(name)})
	}
}

// Void takes back the token of a key that is written or removed. It is called inside the transaction.
func (t *Table) Void(db int, name []byte) {
	if t.count.Load() == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if one := t.out[key{db, string(name)}]; one != nil && !one.spared {
		t.remove(key{db, string(name)})
	}
}

// VoidAll takes back those of databases that are emptied or change places.
func (t *Table) VoidAll(dbs ...int) {
	if t.count.Load() == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !slices.ContainsFunc(dbs, func(db int) bool { return t.perDB[db] > 0 }) {
		return
	}
	for k := range t.out {
		if slices.Contains(dbs, k.db) {
			t.remove(k)
		}
	}
}

// Sparing runs fn, which writes the value that the token of a key stands for: the token outlives that write, for the
// transaction may run again. No other write to the key runs meanwhile.
func (t *Table) Sparing(db int, name []byte, fn func() error) error {
	t.spare(db, name, true)
	defer t.spare(db, name, false)
	return fn()
}

func (t *Table) spare(db int, name []byte, on bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if one := t.out[key{db, string(name)}]; one != nil {
		one.spared = on
	}
}

// remove forgets a key's token, if it has one. The caller holds mu.
func (t *Table) remove(k key) {
	if t.out[k] == nil {
		return
	}
	delete(t.out, k)
	t.count.Add(-1)
	if t.perDB[k.db]--; t.perDB[k.db] == 0 {
		delete(t.perDB, k.db)
	}
}

func (t *Table) find(db int, name []byte, text string) *token {
	one := t.out[key{db, string(name)}]
	if one == nil || one.text != text || !t.now().Before(one.until) {
		return nil
	}
	return one
}
