package param

import (
	"strings"

	"larder/resp/reply"
	"larder/store"
)

// change is one parameter of a CONFIG SET.
type change struct {
	p        *param
	name     string // the registered name it was called by
	old, new value
}

// Change answers CONFIG SET: name, value, name, value. All are set or none. local says
// that the client is on this machine, which enable-protected-configs may ask for. The
// error is a *store.Error with Redis's text. No transaction may be open: see ChangeInside.
func (s *Set) Change(words [][]byte, local bool) error {
	s.late.Lock()
	defer s.late.Unlock()
	changes, err := s.change(words, local)
	if err != nil {
		return err
	}
	for i, c := range changes {
		if err := c.tell(c.p.late); err != nil {
			s.mu.Lock()
			undo(changes, len(changes))
			s.mu.Unlock() // what is late may wait for transactions, and one of them for this lock
			for _, told := range changes[:i] {
				_ = told.back().tell(told.p.late)
			}
			return failed(c.name, err)
		}
	}
	return nil
}

// ChangeInside is Change within a transaction. What AfterChange has registered may have to wait for
// other transactions: the caller calls follow, which does it, after the commit.
func (s *Set) ChangeInside(words [][]byte, local bool) (follow func(), err error) {
	changes, err := s.change(words, local)
	if err != nil {
		return nil, err
	}
	return func() {
		s.late.Lock()
		defer s.late.Unlock()
		for _, c := range changes {
			c.new = c.p.load() // it may have changed again
			_ = c.tell(c.p.late)
		}
	}, nil
}

// change stores the values and calls the hooks that must run at once.
func (s *Set) change(words [][]byte, local bool) ([]change, error) {
	if len(words)%2 != 0 {
		return nil, store.Invalid("syntax error")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	changes, err := s.plan(words, local)
	if err != nil {
		return nil, err
	}
	for i := range changes {
		c, arg := &changes[i], string(words[2*i+1])
		c.old = c.p.load()
		if c.new, err = c.p.parse(input{args: c.p.split(arg), current: c.old.text}); err != nil {
			return nil, failed(c.name, err)
		}
	}
	if err := apply(changes); err != nil {
		return nil, err
	}
	return changes, nil
}

// plan looks the names up and says which may be set at all.
func (s *Set) plan(words [][]byte, local bool) ([]change, error) {
	var changes []change
	seen := map[string]bool{}
	for i := 0; i < len(words); i += 2 {
		given := string(words[i])
		name := strings.ToLower(given)
		p := s.byName[name]
		switch {
		case p == nil:
			return nil, store.Invalid("Unknown option or number of arguments for CONFIG SET - '" +
				reply.Quote(given) + "'")
		case p.has(protected) && !s.allowed("enable-protected-configs", local):
			return nil, failed(given, refusal("can't set protected config"))
		case p.has(immutable):
			return nil, failed(given, refusal("can't set immutable config"))
		case seen[name]:
			return nil, failed(given, refusal("duplicate parameter"))
		}
		seen[name] = true
		changes = append(changes, change{p: p, name: name})
	}
	return changes, nil
}

// Allowed reports whether a "no, yes, local" parameter, as enable-debug-command, permits
// a client that is on this machine or not.
func (s *Set) Allowed(name string, local bool) bool { return s.allowed(name, local) }

func (s *Set) allowed(name string, local bool) bool {
	switch s.String(name) {
	case "yes":
		return true
	case "local":
		return local
	}
	return false
}

// apply stores the values, then calls the hooks; the first one that refuses undoes all.
func apply(changes []change) error {
	for _, c := range changes {
		c.p.value.Store(&c.new)
	}
	for i, c := range changes {
		if err := c.tell(c.p.hooks); err != nil {
			undo(changes, i)
			return failed(c.name, err)
		}
	}
	return nil
}

// undo goes back to the old values; the first told parameters have been told of new ones.
func undo(changes []change, told int) {
	for i := len(changes) - 1; i >= 0; i-- {
		c := &changes[i]
		c.p.value.Store(&c.old)
	}
	for _, c := range changes[:told] {
		// A hook that took the old value once has no reason to refuse it now; there is nobody to tell if it does.
		_ = c.back().tell(c.p.hooks)
	}
}

// back is the change that undoes this one.
func (c change) back() *change { return &change{c.p, c.name, c.new, c.old} }

// tell calls hooks with a new value; if one refuses, those before it get the old one back.
func (c *change) tell(hooks []hook) error {
	if c.new == c.old && !c.p.has(again) {
		return nil
	}
	for i, told := range hooks {
		if err := told(c.new.text); err != nil {
			for _, h := range hooks[:i] {
				_ = h(c.old.text)
			}
			return err
		}
	}
	return nil
}

func failed(name string, err error) error {
	return store.Invalid("CONFIG SET failed (possibly related to argument '" + reply.Quote(name) + "') - " + err.Error())
}

// Assign sets a parameter from code, immutable ones too: before serving, or for a port
// that the system has chosen. No hook is called. The error is the plain reason.
func (s *Set) Assign(name, text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.must(name)
	v, err := p.parse(input{args: p.split(text), current: p.load().text})
	if err == nil {
		p.value.Store(&v)
	}
	return err
}
