package node

import (
	"larder/resp/cmd"
	"larder/store"
)

// CrossSlot is the error of a command whose keys lie in several slots.
const CrossSlot = "CROSSSLOT Keys in request don't hash to the same slot"

// Slots follows the slots of keys that have to be one. The zero value has seen none. It belongs to its user.
type Slots struct {
	slot         uint16
	some, spread bool
}

// Add takes the keys of a command line, and the channels that stand in for keys.
func (s *Slots) Add(spec *cmd.Spec, args [][]byte) {
	for i := range spec.Keys {
		spec.Keys[i].Each(args, func(at int) { s.key(args[at]) })
	}
	if spec.MoreKeys != nil {
		spec.MoreKeys(args, func(at int, _ cmd.KeyFlags) { s.key(args[at]) })
	}
}

func (s *Slots) key(name []byte) {
	slot := store.Slot(name)
	s.spread = s.spread || s.some && slot != s.slot
	s.slot, s.some = slot, true
}

// Spread reports whether there were several.
func (s Slots) Spread() bool { return s.spread }

// Follow adds the slot of others, which are in one, and reports whether all are in that.
func (s *Slots) Follow(others Slots) bool {
	if !s.some {
		*s = others
	}
	return !others.some || s.slot == others.slot
}

// SlotsOf are the slots of one command line.
func SlotsOf(spec *cmd.Spec, args [][]byte) (s Slots) {
	s.Add(spec, args)
	return s
}
