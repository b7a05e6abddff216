package cmd

import (
	"strings"

	"larder/store"
)

// EventMask is a set of classes of keyspace events.
type EventMask uint32

const (
	// eventLetters are the letters of notify-keyspace-events; allEvents of them are what A means.
	eventLetters = "g$lshzxetdmnKE"
	allEvents    = "g$lshzxetd"
	// OwnEvents in Spec.Event says that the handler notifies all its events itself.
	OwnEvents = "-"
)

// Events is the mask of the classes whose letters are given, as notify-keyspace-events has them.
func Events(letters string) EventMask {
	var m EventMask
	for _, letter := range strings.ReplaceAll(letters, "A", allEvents) {
		if i := strings.IndexRune(eventLetters, letter); i >= 0 {
			m |= 1 << i
		}
	}
	return m
}

// Has reports whether the class of a letter is in the mask.
func (m EventMask) Has(letter byte) bool {
	return m&(1<<strings.IndexByte(eventLetters, letter)) != 0
}

// Notice is an event of a key, to be announced.
type Notice struct {
	Event string // its name alone
	DB    int
	Name  string // the key's
}

// Notify announces an event, "l:lpush", of a key once the command has committed, if a client may listen. Most events
// follow from Spec.Event and from keys that vanish; see there.
func (c *Call) Notify(event string, k store.Key) {
	if c.Heard == 0 || event == "" || event == OwnEvents || !c.Heard.Has(event[0]) {
		return
	}
	c.notify(Notice{Event: event[2:], DB: k.DB, Name: string(k.Name)})
}
