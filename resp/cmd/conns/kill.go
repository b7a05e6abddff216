package conns

import (
	"math"
	"time"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
)

// filter says whether CLIENT KILL means a client.
type filter func(*cmd.Client) bool

func (f *family) kill(c *cmd.Call) reply.Reply {
	if len(c.Args) == 3 {
		return f.killAddress(c)
	}
	s := c.Scan(2)
	skipMe := true
	var filters []filter
	for s.More() {
		fresh, err := f.readFilter(&s, &skipMe)
		if err.IsError() {
			return err
		}
		if fresh != nil {
			filters = append(filters, fresh)
		}
	}
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	killed := 0
	for _, other := range f.host.Clients() {
		if matches(other, filters) && !(skipMe && other == c.Client) {
			end(c, other)
			killed++
		}
	}
	return reply.Integer(killed)
}

// killAddress is the old form, which also kills the caller and answers OK or an error.
func (f *family) killAddress(c *cmd.Call) reply.Reply {
	for _, other := range f.host.Clients() {
		if other.Addr == string(c.Args[2]) {
			end(c, other)
			return reply.OK()
		}
	}
	return reply.Fail("ERR No such client")
}

// end closes a connection; the caller's own only after its reply.
func end(c *cmd.Call, other *cmd.Client) {
	if other == c.Client {
		other.Killed.Store(true)
		return
	}
	other.Kill()
}

func (f *family) readFilter(s *arg.Scanner, skipMe *bool) (filter, reply.Reply) {
	none := reply.Nothing()
	switch {
	case s.WordWith("ID", 1):
		id := s.IntIn(1, math.MaxInt64, "client-id should be greater than 0")
		return func(o *cmd.Client) bool { return o.ID == id }, none
	case s.WordWith("TYPE", 1):
		typ := s.Bytes()
		if !knownType(typ) {
			return nil, reply.Failf("ERR Unknown client type '%s'", typ)
		}
		return ofType(typ), none
	case s.WordWith("ADDR", 1):
		addr := s.String()
		return func(o *cmd.Client) bool { return o.Addr == addr }, none
	case s.WordWith("LADDR", 1):
		addr := s.String()
		return func(o *cmd.Client) bool { return o.Local == addr }, none
	case s.WordWith("USER", 1):
		user := s.String()
		if !f.host.KnowsUser(user) {
			return nil, reply.Failf("ERR No such user '%s'", []byte(user))
		}
		return func(o *cmd.Client) bool { return o.Info().User == user }, none
	case s.WordWith("MAXAGE", 1):
		seconds := s.IntIn(1, math.MaxInt64, "maxage is not an integer or out of range")
		return func(o *cmd.Client) bool { return int64(time.Since(o.Created)/time.Second) >= seconds }, none
	case s.WordWith("SKIPME", 1):
		switch {
		case s.Word("YES"):
			*skipMe = true
		case s.Word("NO"):
			*skipMe = false
		default:
			s.Fail(arg.SyntaxError)
		}
		return nil, none
	}
	s.Fail(arg.SyntaxError)
	return nil, none
}

func matches(c *cmd.Client, filters []filter) bool {
	for _, f := range filters {
		if !f(c) {
			return false
		}
	}
	return true
}

func knownType(name []byte) bool {
	for _, word := range []string{"normal", "slave", "replica", "master", "pubsub"} {
		if arg.Is(name, word) {
			return true
		}
	}
	return false
}

// ofType: there are no replicas and masters here.
func ofType(name []byte) filter {
	normal, pubsub := arg.Is(name, "normal"), arg.Is(name, "pubsub")
	return func(c *cmd.Client) bool { return pubsub && c.Subscribed() || normal && !c.Subscribed() }
}
