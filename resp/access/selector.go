package access

import (
	"maps"
	"slices"
	"strings"

	"larder/resp/cmd"
)

// A selector is one set of commands, keys and channels that belong together: a user may do what any of his selectors
// allows as a whole. It is changed while its user is being made, by one goroutine, and never afterwards.
type selector struct {
	allCommands, allKeys, allChannels bool
	// later says that the commands were given by +@all: those of later versions are among them.
	later    bool
	commands []uint64 // a bit for each Spec.ID
	// rules are what was said of commands since the last @all, "+get" or "-@string", so that they are printed as they
	// were meant. Redis 7.0 printed what it guessed from the bits.
	rules     []string
	firstArgs map[int][]string // of commands that are allowed with these first arguments alone, lower case
	keys      []keyPattern
	channels  []string
}

// keyPattern is a pattern of keys and what may be done to them.
type keyPattern struct {
	glob        string
	read, write bool
}

func newSelector(catalog *Catalog, allChannels bool) *selector {
	return &selector{commands: make([]uint64, (len(catalog.specs)+63)/64), allChannels: allChannels}
}

func (s *selector) clone() *selector {
	c := *s
	c.commands, c.rules = slices.Clone(s.commands), slices.Clone(s.rules)
	c.keys, c.channels = slices.Clone(s.keys), slices.Clone(s.channels)
	c.firstArgs = maps.Clone(s.firstArgs)
	return &c
}

// free reports whether the selector allows everything.
func (s *selector) free() bool { return s.allCommands && s.allKeys && s.allChannels }

func (s *selector) has(spec *cmd.Spec) bool { return s.commands[spec.ID/64]&(1<<(spec.ID%64)) != 0 }

// allow permits or forbids a command and all its subcommands.
func (s *selector) allow(spec *cmd.Spec, on bool) {
	s.set(spec, on)
	delete(s.firstArgs, spec.ID)
	for i := range spec.Subs {
		s.set(&spec.Subs[i], on)
	}
}

func (s *selector) set(spec *cmd.Spec, on bool) {
	bit := uint64(1) << (spec.ID % 64)
	if on {
		s.commands[spec.ID/64] |= bit
		return
	}
	s.commands[spec.ID/64] &^= bit
	s.allCommands = false
}

// allowAll permits or forbids every command, and forgets what was said of them.
func (s *selector) allowAll(on bool) {
	bits := uint64(0)
	if on {
		bits = ^bits
	}
	for i := range s.commands {
		s.commands[i] = bits
	}
	s.allCommands, s.later, s.rules, s.firstArgs = on, on, nil, nil
}

// note keeps a rule for printing. It takes the place of what was said before of the same command or category, or of
// the command's subcommands.
func (s *selector) note(name string, on bool) {
	name = lower(name)
	s.rules = slices.DeleteFunc(s.rules, func(rule string) bool {
		return rule[1:] == name || strings.HasPrefix(rule[1:], name+"|")
	})
	sign := "-"
	if on {
		sign = "+"
	}
	s.rules = append(s.rules, sign+name)
}

// addFirstArg permits a command with this first argument.
func (s *selector) addFirstArg(id int, word string) {
	if word = lower(word); slices.Contains(s.firstArgs[id], word) {
		return
	}
	if s.firstArgs == nil {
		s.firstArgs = map[int][]string{}
	}
	s.firstArgs[id] = append(slices.Clip(s.firstArgs[id]), word)
}

// addKeys adds a pattern, or more uses of one that is there.
func (s *selector) addKeys(p keyPattern) {
	for i := range s.keys {
		if have := &s.keys[i]; have.glob == p.glob {
			have.read, have.write = have.read || p.read, have.write || p.write
			return
		}
	}
	s.keys = append(s.keys, p)
}

// commandRules are the rules that make the commands of the selector, as Redis 7.2 prints them.
func (s *selector) commandRules() string {
	first := "-@all"
	if s.later {
		first = "+@all"
	}
	return strings.Join(append([]string{first}, s.rules...), " ")
}

// keyRules are the patterns of keys.
func (s *selector) keyRules() string {
	if s.allKeys {
		return "~*"
	}
	words := make([]string, len(s.keys))
	for i, p := range s.keys {
		words[i] = p.String()
	}
	return strings.Join(words, " ")
}

// channelRules are the patterns of channels.
func (s *selector) channelRules() string {
	if s.allChannels {
		return "&*"
	}
	words := make([]string, len(s.channels))
	for i, c := range s.channels {
		words[i] = "&" + c
	}
	return strings.Join(words, " ")
}

// String is the selector as ACL LIST prints it, without parentheses.
func (s *selector) String() string {
	channels := s.channelRules()
	if !s.allChannels {
		channels = strings.TrimSuffix("resetchannels "+channels, " ")
	}
	words := []string{channels, s.commandRules()}
	if s.allKeys || len(s.keys) > 0 {
		words = append([]string{s.keyRules()}, words...)
	}
	return strings.Join(words, " ")
}

func (p keyPattern) String() string {
	switch {
	case p.read && p.write:
		return "~" + p.glob
	case p.read:
		return "%R~" + p.glob
	}
	return "%W~" + p.glob
}
