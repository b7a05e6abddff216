// Package param is the configuration: the table of parameters, their values, the syntax
// of redis.conf and of the command line, and what CONFIG GET, SET and REWRITE do.
package param

import (
	"bytes"
	"strings"
	"sync"
	"sync/atomic"

	"larder/store"
)

// Set holds the value of every parameter. Any goroutine may read and change it; loading
// comes before all else and belongs to one goroutine.
type Set struct {
	params []*param
	byName map[string]*param // aliases too

	mu      sync.Mutex // one change at a time
	late    sync.Mutex // one change at a time is passed to the late hooks; taken before mu
	file    string     // path of the configuration file, "" without one
	text    string     // what Load has read
	given   []*param   // what the configuration named, in order
	renames []Rename
	users   []User
	// userLines is what RewriteUsers was given.
	userLines func() []string
}

// hook is told a new value.
type hook func(value string) error

// param is one parameter at work. Readers take no lock.
type param struct {
	row
	value atomic.Pointer[value]
	first value
	hooks []hook
	late  []hook // see AfterChange
}

// New returns all parameters with their defaults.
func New() *Set {
	s := &Set{byName: map[string]*param{}}
	for _, r := range rows() {
		p := &param{row: r}
		v, err := p.read(input{args: p.split(r.def)})
		if err != nil {
			panic("default of " + r.name + ": " + err.Error())
		}
		p.first = v
		p.value.Store(&v)
		s.params = append(s.params, p)
		s.byName[r.name] = p
		if r.alias != "" {
			s.byName[r.alias] = p
		}
	}
	return s
}

// split makes words of a value given as one: only lists are divided, at each space.
func (r *row) split(s string) []string {
	switch {
	case !r.has(manyArgs):
		return []string{s}
	case s == "":
		return nil
	}
	return strings.Split(s, " ")
}

// parse reads a value that the parameter takes.
func (p *param) parse(in input) (value, error) {
	v, err := p.read(in)
	if err == nil && p.promise != "" && v.text != p.first.text {
		return value{}, p.promise
	}
	return v, err
}

func (p *param) load() value { return *p.value.Load() }

func (s *Set) find(name string) *param { return s.byName[strings.ToLower(name)] }

// must is find for names written in code.
func (s *Set) must(name string) *param {
	p := s.find(name)
	if p == nil {
		panic("no parameter " + name)
	}
	return p
}

// String is the value of a parameter as CONFIG GET answers it. It panics on an unknown name,
// as all getters do.
func (s *Set) String(name string) string { return s.must(name).load().text }

// Strings are the words of a parameter that is a list, as bind.
func (s *Set) Strings(name string) []string { return strings.Fields(s.String(name)) }

// Int is the value of a number; 1 and 0 of yes and no.
func (s *Set) Int(name string) int64 { return s.must(name).load().num }

// Bytes is the value of a size in bytes, at most math.MaxInt64. maxmemory-clients may be
// negative: -N is N percent of maxmemory.
func (s *Set) Bytes(name string) int64 { return s.Int(name) }

// Bool is the value of a yes or no.
func (s *Set) Bool(name string) bool { return s.Int(name) != 0 }

// Var is a parameter at hand, for where looking up the name costs too much. Any
// goroutine may use it; it always reads the present value.
type Var struct{ p *param }

// Var finds a parameter once.
func (s *Set) Var(name string) Var { return Var{s.must(name)} }

// Int is the present number.
func (v Var) Int() int64 { return v.p.value.Load().num }

// Bool is the present yes or no.
func (v Var) Bool() bool { return v.Int() != 0 }

// String is the present text.
func (v Var) String() string { return v.p.value.Load().text }

// OnChange has fn called when a client changes the parameter, before the client hears
// OK; loading calls nobody. By then the getters answer the new values of all parameters
// of that CONFIG SET. An error refuses the whole change and becomes its reply; fn must
// then have changed nothing. When a later parameter is refused, fn is called again with the
// old value. fn must not change parameters, nor wait for transactions: the client may be inside of one.
func (s *Set) OnChange(name string, fn func(value string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.must(name)
	p.hooks = append(p.hooks, fn)
}

// AfterChange is OnChange for a fn that waits for transactions. A client that changes the parameter inside
// of one hears OK before: then fn is called after the commit, and its error refuses nothing any more.
func (s *Set) AfterChange(name string, fn func(value string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.must(name)
	p.late = append(p.late, fn)
}

// Pair is a parameter and its value in CONFIG GET's reply.
type Pair struct{ Name, Value string }

// Get answers CONFIG GET: parameters that fit any of the patterns, each name once. A
// pattern without wildcards finds hidden parameters too and is answered as it was typed.
func (s *Set) Get(patterns [][]byte) []Pair {
	var found []Pair
	seen := map[string]bool{}
	add := func(name string, p *param) {
		if key := strings.ToLower(name); !seen[key] {
			seen[key] = true
			found = append(found, Pair{name, p.load().text})
		}
	}
	for _, pattern := range patterns {
		if !bytes.ContainsAny(pattern, "[*?") {
			if p := s.find(string(pattern)); p != nil {
				add(string(pattern), p)
			}
			continue
		}
		s.each(pattern, add)
	}
	return found
}

func (s *Set) each(pattern []byte, fn func(string, *param)) {
	for _, p := range s.params {
		if p.has(hidden) {
			continue
		}
		for _, name := range []string{p.name, p.alias} {
			if name != "" && store.Match(pattern, []byte(name), true) {
				fn(name, p)
			}
		}
	}
}

// Sensitive reports whether a parameter's value must be kept out of logs and MONITOR.
func (s *Set) Sensitive(name string) bool {
	p := s.find(name)
	return p != nil && p.has(sensitive)
}
