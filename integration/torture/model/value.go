// Package model knows what a server must hold after a sequence of commands: a small Redis of ordered maps, right by
// looking at it. It has the commands that package main draws, with the arguments that it draws, and no others.
package model

import (
	"maps"
	"slices"
	"time"
)

// Kind is a type as TYPE names it.
type Kind string

const (
	String Kind = "string"
	Hash   Kind = "hash"
	List   Kind = "list"
	Set    Kind = "set"
	Zset   Kind = "zset"
	Stream Kind = "stream"
)

// Value is a key's. Pairs hold fields and values, members and scores, or members alone; Row holds elements, or a
// stream's entries as text.
type Value struct {
	Kind     Kind
	Text     string
	Pairs    map[string]string
	Row      []string
	ExpireAt int64 // Unix milliseconds, 0 for never
}

func (v *Value) clone() *Value {
	c := *v
	c.Pairs, c.Row = maps.Clone(v.Pairs), slices.Clone(v.Row)
	return &c
}

func (v *Value) equal(o *Value) bool {
	return v.Kind == o.Kind && v.ExpireAt == o.ExpireAt && v.Text == o.Text &&
		maps.Equal(v.Pairs, o.Pairs) && slices.Equal(v.Row, o.Row)
}

// Key is a name in one of a client's databases.
type Key struct {
	DB   int
	Name string
}

// Space is a client's databases. It belongs to one goroutine.
type Space struct {
	dbs []map[string]*Value
}

// NewSpace is n empty databases.
func NewSpace(n int) *Space {
	s := &Space{}
	for range n {
		s.dbs = append(s.dbs, map[string]*Value{})
	}
	return s
}

// Clone is a deep copy.
func (s *Space) Clone() *Space {
	c := NewSpace(len(s.dbs))
	for db, keys := range s.dbs {
		for name, v := range keys {
			c.dbs[db][name] = v.clone()
		}
	}
	return c
}

// Put gives a key a value, as a reader of the server's state does.
func (s *Space) Put(k Key, v *Value) { s.dbs[k.DB][k.Name] = v }

// Get is nil for a key that is absent.
func (s *Space) Get(k Key) *Value { return s.dbs[k.DB][k.Name] }

// Names are a database's keys, in order.
func (s *Space) Names(db int) []string { return slices.Sorted(maps.Keys(s.dbs[db])) }

// Keys are all keys.
func (s *Space) Keys() (keys []Key) {
	for db, names := range s.dbs {
		for name := range names {
			keys = append(keys, Key{db, name})
		}
	}
	return keys
}

// Same reports whether what a reader found between two times is what the model has. A key whose time passes
// in between may be there or not.
func Same(model, found *Value, from, to time.Time) bool {
	switch {
	case model == nil:
		return found == nil
	case found != nil:
		return model.equal(found) && !model.expired(from)
	}
	return model.expired(to)
}

func (v *Value) expired(at time.Time) bool { return v.ExpireAt != 0 && v.ExpireAt < at.UnixMilli() }
