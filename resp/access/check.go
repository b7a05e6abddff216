package access

import (
	"slices"

	"larder/resp/cmd"
	"larder/store"
)

// Denial is why a command may not run. Where selectors differ, the greatest is the reason given.
type Denial uint8

// The denials; DeniedAuth is that of a wrong password.
const (
	Granted Denial = iota
	DeniedCommand
	DeniedKey
	DeniedChannel
	DeniedAuth
)

// String is the word that ACL LOG has for it.
func (d Denial) String() string {
	return [...]string{"", "command", "key", "channel", "auth"}[d]
}

// Verdict is whether a command line may run, and which argument is to blame if not.
type Verdict struct {
	Denial Denial
	At     int // the argument that is a key or a channel
}

// use is what a command does with a key, or what a user may.
type use uint8

const (
	reads use = 1 << iota
	writes
)

// useOf is what must be allowed for the use of a key. One whose value a command neither returns nor changes needs no
// more than some right.
func useOf(f cmd.KeyFlags) (u use) {
	if f&cmd.KeyAccess != 0 {
		u |= reads
	}
	if f&(cmd.KeyInsert|cmd.KeyUpdate|cmd.KeyDelete) != 0 {
		u |= writes
	}
	return u
}

// May reports whether the user may run a command line. It costs a user who may do everything no more than to ask.
func (u *User) May(spec *cmd.Spec, args [][]byte) Verdict {
	r := u.rights.Load()
	if r.free {
		return Verdict{}
	}
	worst := Verdict{Denial: DeniedCommand}
	for _, s := range r.selectors {
		v := s.check(spec, args)
		if v.Denial == Granted {
			return v
		}
		if v.Denial > worst.Denial || v.Denial == worst.Denial && v.At > worst.At {
			worst = v
		}
	}
	return worst
}

// MayRoam reports whether the user may run a command line that reads keys which it does not name, as SORT does by
// patterns: one of his selectors has to allow both the line and the reading of every key.
func (u *User) MayRoam(spec *cmd.Spec, args [][]byte) bool {
	r := u.rights.Load()
	return r.free || slices.ContainsFunc(r.selectors, func(s *selector) bool {
		return s.readsAll() && s.check(spec, args).Denial == Granted
	})
}

// MayHear reports whether the user may be subscribed to a channel, or to a pattern.
func (u *User) MayHear(name string, pattern bool) bool {
	r := u.rights.Load()
	return r.free || slices.ContainsFunc(r.selectors, func(s *selector) bool { return s.hears([]byte(name), pattern) })
}

func (s *selector) check(spec *cmd.Spec, args [][]byte) (v Verdict) {
	if !s.runs(spec, args) {
		return Verdict{Denial: DeniedCommand}
	}
	if !s.allKeys {
		spec.EachKey(args, func(i int, f cmd.KeyFlags) { s.checkKey(&v, args, i, f) })
		if spec.MoreKeys != nil && v.Denial == Granted {
			v = s.checkMoreKeys(spec, args)
		}
	}
	if !s.allChannels && v.Denial == Granted {
		spec.Channels.Each(args, func(i int) {
			if v.Denial == Granted && !s.hears(args[i], spec.Channels.Patterns) {
				v = Verdict{DeniedChannel, i}
			}
		})
	}
	return v
}

// checkKey blames argument i if it is the first key that may not be used so.
func (s *selector) checkKey(v *Verdict, args [][]byte, i int, f cmd.KeyFlags) {
	if v.Denial == Granted && f&cmd.KeyNotKey == 0 && !s.touches(args[i], useOf(f)) {
		*v = Verdict{DeniedKey, i}
	}
}

func (s *selector) checkMoreKeys(spec *cmd.Spec, args [][]byte) (v Verdict) {
	spec.MoreKeys(args, func(i int, f cmd.KeyFlags) { s.checkKey(&v, args, i, f) })
	return v
}

// runs reports whether the command is allowed, whatever its keys. AUTH and its like always are.
func (s *selector) runs(spec *cmd.Spec, args [][]byte) bool {
	if s.allCommands || spec.Has(cmd.NoAuth) || s.has(spec) {
		return true
	}
	first := s.firstArgs[spec.ID]
	return len(args) > 1 && len(first) > 0 && slices.Contains(first, lower(string(args[1])))
}

// touches reports whether a pattern allows the use of a key.
func (s *selector) touches(key []byte, u use) bool {
	return slices.ContainsFunc(s.keys, func(p keyPattern) bool {
		return p.allows(u) && store.Match([]byte(p.glob), key, false)
	})
}

func (s *selector) readsAll() bool {
	return s.allKeys || slices.ContainsFunc(s.keys, func(p keyPattern) bool { return p.read && p.glob == "*" })
}

func (p keyPattern) allows(u use) bool { return (p.read || u&reads == 0) && (p.write || u&writes == 0) }

// hears reports whether a channel fits one that is allowed. A pattern must be one of them, letter by letter: what else
// it may fit cannot be told.
func (s *selector) hears(name []byte, pattern bool) bool {
	return s.allChannels || slices.ContainsFunc(s.channels, func(c string) bool {
		return pattern && c == string(name) || !pattern && store.Match([]byte(c), name, false)
	})
}

// Sentence is what a client is told of a denial that ends a command of his, without the error's code.
func (v Verdict) Sentence(user string, spec *cmd.Spec) string {
	switch v.Denial {
	case DeniedKey:
		return "No permissions to access a key"
	case DeniedChannel:
		return "No permissions to access a channel"
	}
	return "User " + user + " has no permissions to run the '" + spec.LowerName() + "' command"
}

// Detail is Sentence with the name of the key or channel, for who asks in another's place: ACL DRYRUN.
func (v Verdict) Detail(user string, spec *cmd.Spec, args [][]byte) string {
	switch v.Denial {
	case DeniedKey, DeniedChannel:
		return "User " + user + " has no permissions to access the '" + string(args[v.At]) + "' " + v.Denial.String()
	}
	return v.Sentence(user, spec)
}

// Object is what ACL LOG names: the command, the key or the channel.
func (v Verdict) Object(spec *cmd.Spec, args [][]byte) string {
	if v.Denial == DeniedCommand {
		return spec.LowerName()
	}
	return string(args[v.At])
}
