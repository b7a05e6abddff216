package caches

import (
	"fmt"
	"hash/maphash"
	"math"
	"math/rand/v2"
	"time"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// look is what GETLEASE finds: how a value stands.
type look struct {
	there bool // to be served, fresh or not
	stale bool
	early bool // fresh, but its time is near enough to compute it now
	// left is how long it is fresh, in milliseconds; 0 if it is stale, -1 for ever, -2 if it is
	// not there.
	left int64
}

// lookAt judges a value. It is fresh until the time SETLEASE was given, or until it expires,
// whichever is first. Past that it is served to those who take it so old.
//
// A fresh one is computed early by XFetch: at random, the likelier the nearer its end and
// the longer it takes to compute. Each caller draws for itself and most draw too late, so
// that one of many begins before the value is gone, and a value nobody asks for is never
// computed. https://cseweb.ucsd.edu/~avattani/papers/cache_stampede.pdf
func lookAt(h *store.Head, now int64, beta float64, accept int64, draw float64) look {
	if !h.Exists() {
		return look{left: -2}
	}
	lease := h.Notes.Lease()
	until := lease.FreshUntil
	if until == 0 || h.ExpireAt != 0 && h.ExpireAt < until {
		until = h.ExpireAt
	}
	switch {
	case until == 0:
		return look{there: true, left: -1}
	case now < until:
		ahead := float64(lease.Cost) * beta * -math.Log(draw)
		return look{there: true, left: until - now, early: float64(now)+ahead >= float64(until)}
	case now-until <= accept:
		return look{there: true, stale: true}
	}
	return look{left: -2}
}

// leaseOptions are those of GETLEASE.
func leaseOptions(c *cmd.Call) (beta float64, stale int64, err error) {
	beta = 1
	s := c.Scan(3)
	for s.More() {
		switch {
		case s.WordWith("BETA", 1):
			if beta = s.Float(); beta < 0 || math.IsInf(beta, 0) {
				s.Fail("beta should be zero or greater")
			}
		case s.WordWith("STALE", 1):
			stale = s.IntIn(0, math.MaxInt32, "stale should be a number of seconds")
		default:
			s.Fail(arg.SyntaxError)
		}
	}
	return beta, stale * 1000, s.Err()
}

// getLease answers value or nil, token or nil, stale, and how long the value is fresh. Who
// gets a token computes the value; the others take what there is, or come again.
func (f *family) getLease(c *cmd.Call) reply.Reply {
	beta, stale, err := leaseOptions(c)
	if err != nil {
		return reply.Err(err)
	}
	b, err := store.OpenBlob(c.Tx, c.Key(2))
	if err != nil {
		return reply.Err(err)
	}
	head := b.Head()
	l := lookAt(&head, c.Tx.Now().UnixMilli(), beta, stale, 1-rand.Float64())
	token := reply.Nil()
	if !l.there || l.stale || l.early {
		if token, err = f.takeLease(c, time.Duration(stale)*time.Millisecond, f.print(&head)); err != nil {
			return reply.Err(err)
		}
	}
	list := c.List(reply.Array)
	if l.there {
		err = list.Stream(b.Len(), b.Pieces(0, b.Len()))
	} else {
		list.Nil()
	}
	list.Reply(token)
	list.Reply(reply.Truth(l.stale))
	list.Integer(l.left)
	return list.End(err)
}

// takeLease asks for a token. A command that the engine runs again must get the one it got
// before, and the next command of the same connection must not: see lease.Table.Take.
func (f *family) takeLease(c *cmd.Call, stale time.Duration, print uint64) (reply.Reply, error) {
	db, name := c.DB, string(c.Args[2])
	text, err := f.host.Leases().Take(db, c.Args[2], stale, print, c)
	if err != nil || text == "" {
		return reply.Nil(), err
	}
	c.After(func() { f.host.Leases().Keep(db, []byte(name), text) })
	return reply.Text(text), nil
}

// print tells states of a key apart: 0 for none. See package lease for what it is compared with.
func (f *family) print(h *store.Head) uint64 {
	if !h.Exists() {
		return 0
	}
	var hash maphash.Hash
	hash.SetSeed(f.seed)
	fmt.Fprint(&hash, h.Type, h.ID, h.Len, h.ExpireAt, len(h.Value))
	hash.Write(h.Value)
	hash.WriteString(string(h.Notes))
	return hash.Sum64() | 1
}

// setLease stores the value if the token is the one that is out, and keeps the key's tags: it
// is the same thing, computed anew. The key outlives its time by what the holder of the
// token said it would take stale.
func (f *family) setLease(c *cmd.Call) reply.Reply {
	s := c.Scan(5)
	at, ok := readTime(c, &s, clocks[:2])
	if !ok {
		s.Fail(arg.SyntaxError)
	}
	if err := s.End(); err != nil {
		return reply.Err(err)
	}
	k, token := c.Key(2), string(c.Args[3])
	heads, err := c.Tx.Heads(nil, k)
	if err != nil {
		return reply.Err(err)
	}
	grant, ok := f.host.Leases().Look(k.DB, k.Name, token)
	if !ok || heads[0].Exists() && f.print(&heads[0]) != grant.Print {
		return reply.Nil()
	}
	notes := heads[0].Notes.WithLease(store.Lease{FreshUntil: at, Cost: grant.Cost.Milliseconds()})
	if err := checked(notes); err != nil {
		return reply.Err(err)
	}
	gone := at + min(grant.Stale.Milliseconds(), math.MaxInt64-at)
	err = f.host.Leases().Sparing(k.DB, k.Name, func() error { return store.SetNoted(c.Tx, k, c.Args[4], gone, notes) })
	if err != nil {
		return reply.Err(err)
	}
	c.Notify("g:expire", k)
	db, name := k.DB, string(k.Name)
	c.After(func() { f.host.Leases().End(db, []byte(name), token) })
	return reply.OK()
}
