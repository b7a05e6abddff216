package cmd

import (
	"larder/resp/arg"
)

// KeySpec tells where some of a command's keys are, in the terms of Redis 7's key
// specifications: where to begin, then how to find the rest.
// https://redis.io/docs/reference/key-specs/
type KeySpec struct {
	Flags KeyFlags
	// Begin: at argument Index (1 is the first behind the name) or, if Keyword is set,
	// behind that word, searched from StartFrom (negative: from the end).
	Index     int
	Keyword   string
	StartFrom int
	// Find: a Range up to Last (relative to the first key; negative: from the end of
	// the arguments) by Step, Limit dividing what is left; or, if KeyNum is set, a
	// number of keys at NumAt followed by the keys at FirstAt.
	Last, Step, Limit int
	KeyNum            bool
	NumAt, FirstAt    int
	// Unknown marks specs that cannot be expressed; Spec.Keys then only document.
	Unknown bool
	Notes   string
}

// KeyFlags say what a command does with a key.
type KeyFlags uint16

// Redis 7's key flags.
const (
	KeyRO KeyFlags = 1 << iota
	KeyRW
	KeyOW
	KeyRM
	KeyAccess
	KeyUpdate
	KeyInsert
	KeyDelete
	KeyNotKey
	KeyIncomplete
	KeyVariable
)

// KeyAt is a single key at argument i.
func KeyAt(i int, f KeyFlags) KeySpec { return KeySpec{Flags: f, Index: i, Step: 1} }

// Noted adds the remark that COMMAND INFO shows with the keys.
func (k KeySpec) Noted(notes string) KeySpec {
	k.Notes = notes
	return k
}

// KeysFrom is every argument from i on, last counting from the end as Redis does (-1 the last), by step.
func KeysFrom(i, last, step int, f KeyFlags) KeySpec {
	return KeySpec{Flags: f, Index: i, Last: last, Step: step}
}

// KeysCounted is a number of keys at argument i, then the keys.
func KeysCounted(i int, f KeyFlags) KeySpec {
	return KeySpec{Flags: f, Index: i, KeyNum: true, FirstAt: 1, Step: 1}
}

// Channels says which arguments of a command name channels to publish or subscribe to: from First up to Last, counted
// from the end if it is negative. The zero value is none.
type Channels struct {
	First, Last int
	Patterns    bool // they are patterns, as PSUBSCRIBE's
}

// Each calls fn with the index of each channel in args.
func (c Channels) Each(args [][]byte, fn func(i int)) {
	if c.First == 0 {
		return
	}
	last := c.Last
	if last < 0 {
		last += len(args)
	}
	for i := c.First; i <= last; i++ {
		fn(i)
	}
}

// EachKey calls fn with the index and use of each key in args that a key spec expresses; MoreKeys has the others, apart
// because its fn escapes. A key list that does not fit its spec has no keys; its command fails before it touches one.
func (s *Spec) EachKey(args [][]byte, fn func(i int, f KeyFlags)) {
	for k := range s.Keys {
		flags := s.Keys[k].Flags
		if flags&KeyVariable != 0 && s.KeyUse != nil {
			flags = s.KeyUse(args)
		}
		s.Keys[k].Each(args, func(i int) { fn(i, flags) })
	}
}

// Each calls fn with the index of each key in args (the command's name is args[0]).
// It returns false when the arguments do not fit the spec, as a key count that is too large.
func (k *KeySpec) Each(args [][]byte, fn func(i int)) bool {
	if k.Unknown {
		return true
	}
	first, found := k.begin(args)
	if !found {
		return k.Keyword != ""
	}
	if k.KeyNum {
		return k.eachCounted(args, first, fn)
	}
	last := k.lastOf(first, len(args))
	if last >= len(args) || first > last {
		return false
	}
	for i := first; i <= last; i += max(k.Step, 1) {
		fn(i)
	}
	return true
}

func (k *KeySpec) lastOf(first, n int) int {
	switch {
	case k.Last >= 0:
		return first + k.Last
	case k.Limit <= 1:
		return n + k.Last
	}
	return first + (n-first)/k.Limit + k.Last
}

func (k *KeySpec) eachCounted(args [][]byte, first int, fn func(i int)) bool {
	if first+k.NumAt >= len(args) {
		return false
	}
	n, ok := arg.ParseInt(args[first+k.NumAt])
	start := first + k.FirstAt
	step := max(k.Step, 1)
	if !ok || n < 0 || n > int64((len(args)-start+step-1)/step) {
		return false
	}
	for i := range int(n) {
		fn(start + i*step)
	}
	return true
}

func (k *KeySpec) begin(args [][]byte) (int, bool) {
	if k.Keyword == "" {
		return k.Index, k.Index < len(args)
	}
	if k.StartFrom < 0 {
		for i := len(args) + k.StartFrom; i > 0; i-- {
			if arg.Is(args[i], k.Keyword) {
				return i + 1, i+1 < len(args)
			}
		}
		return 0, false
	}
	for i := max(k.StartFrom, 1); i < len(args); i++ {
		if arg.Is(args[i], k.Keyword) {
			return i + 1, i+1 < len(args)
		}
	}
	return 0, false
}
