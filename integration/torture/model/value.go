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
	// Times are when those of a hash's fields or a set's members expire that do, in Unix milliseconds. Pairs has them all
	// the same.
	Times map[string]int64
}

func (v *Value) clone() *Value {
	c := *v
	c.Pairs, c.Row, c.Times = maps.Clone(v.Pairs), slices.Clone(v.Row), maps.Clone(v.Times)
	return &c
}

// agrees reports whether a value that was read between two times is this one.
func (v *Value) agrees(found *Value, from, to time.Time) bool {
	return v.Kind == found.Kind && v.ExpireAt == found.ExpireAt && v.Text == found.Text &&
		v.pairsAgree(found, from, to) && slices.Equal(v.Row, found.Row)
}

func (v *Value) pairsAgree(found *Value, from, to time.Time) bool {
	for name, value := range found.Pairs {
		if mine, ok := v.Pairs[name]; !ok || mine != value || v.Times[name] != found.Times[name] || v.gone(name, from) {
			return false
		}
	}
	for name := range v.Pairs {
		if _, ok := found.Pairs[name]; !ok && !v.gone(name, to) {
			return false
		}
	}
	return true
}

// gone reports whether a pair has expired at a time.
func (v *Value) gone(name string, at time.Time) bool {
	t := v.Times[name]
	return t != 0 && t < at.UnixMilli()
}

// Expire gives a pair a time, 0 for none.
func (v *Value) Expire(name string, at int64) {
	if at == 0 {
		delete(v.Times, name)
		return
	}
	if v.Times == nil {
		v.Times = map[string]int64{}
	}
	v.Times[name] = at
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
// in between may be there or not, and so may a pair.
func Same(model, found *Value, from, to time.Time) bool {
	switch {
	case model == nil:
		return found == nil
	case found != nil:
		return model.agrees(found, from, to) && !model.expired(from)
	}
	return model.expired(to)
}

// expired reports whether the value is gone at a time, by its own time or with the last of its pairs.
func (v *Value) expired(at time.Time) bool {
	for name := range v.Pairs {
		if !v.gone(name, at) {
			return v.ExpireAt != 0 && v.ExpireAt < at.UnixMilli()
		}
	}
	return len(v.Pairs) > 0 || v.ExpireAt != 0 && v.ExpireAt < at.UnixMilli()
}
