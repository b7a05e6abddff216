package track

import (
	"fmt"
	"slices"
	"strings"

	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

const (
	prefixNeedsBroadcast = "PREFIX option requires BCAST mode to be enabled"
	broadcastSwitch      = "You can't switch BCAST mode on/off before disabling tracking for this client, and then " +
		"re-enabling it with a different mode."
	broadcastAlone = "OPTIN and OPTOUT are not compatible with BCAST"
	oneOption      = "You can't specify both OPTIN mode and OPTOUT mode"
	optionSwitch   = "You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then " +
		"re-enabling it with a different mode."
	cachingNeedsOption = "CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT " +
		"mode enabled"
	yesNeedsOptIn = "CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode."
	noNeedsOptOut = "CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode."
)

// Enable turns tracking on for a client, or changes how it tracks. Errors are Redis's.
func (t *Table) Enable(c *cmd.Client, o Options) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	was := t.clients[c.ID]
	if err := o.check(was); err != nil {
		return err
	}
	who := &client{Client: c, Options: o}
	if o.Broadcast {
		if len(o.Prefixes) == 0 {
			who.Prefixes = []string{""}
		}
		if was != nil {
			who.Prefixes = append(who.Prefixes, was.Prefixes...)
		}
		slices.Sort(who.Prefixes)
		who.Prefixes = slices.Compact(who.Prefixes)
	}
	t.clients[c.ID] = who
	for _, p := range who.Prefixes {
		if t.prefixes[p] == nil {
			t.prefixes[p] = map[int64]*client{}
		}
		t.prefixes[p][c.ID] = who
	}
	t.active.Store(int64(len(t.clients)))
	t.publish(who)
	return nil
}

// check refuses options that do not go together, or not with what the client has now.
func (o *Options) check(was *client) error {
	switch {
	case !o.Broadcast && len(o.Prefixes) > 0:
		return store.Invalid(prefixNeedsBroadcast)
	case was != nil && was.Broadcast != o.Broadcast:
		return store.Invalid(broadcastSwitch)
	case o.Broadcast && (o.OptIn || o.OptOut):
		return store.Invalid(broadcastAlone)
	case o.OptIn && o.OptOut:
		return store.Invalid(oneOption)
	case was != nil && (o.OptIn && was.OptOut || o.OptOut && was.OptIn):
		return store.Invalid(optionSwitch)
	}
	return o.checkPrefixes(was)
}

// checkPrefixes keeps a client from hearing of one change twice.
func (o *Options) checkPrefixes(was *client) error {
	for i, p := range o.Prefixes {
		if was != nil {
			for _, other := range was.Prefixes {
				if overlap(p, other) {
					return overlapping("Prefix '%s' overlaps with an existing prefix '%s'. Prefixes for a single client must not "+
						"overlap.", p, other)
				}
			}
		}
		for _, other := range o.Prefixes[i+1:] {
			if overlap(p, other) {
				return overlapping("Prefix '%s' overlaps with another provided prefix '%s'. Prefixes for a single client must "+
					"not overlap.", p, other)
			}
		}
	}
	return nil
}

func overlap(a, b string) bool { return strings.HasPrefix(a, b) || strings.HasPrefix(b, a) }

func overlapping(form, a, b string) error {
	return store.Invalid(fmt.Sprintf(form, reply.Quote(a), reply.Quote(b)))
}

// Disable ends a client's tracking. What it read is forgotten when it changes.
func (t *Table) Disable(c *cmd.Client) {
	t.mu.Lock()
	defer t.mu.Unlock()
	who := t.clients[c.ID]
	if who == nil {
		return
	}
	delete(t.clients, c.ID)
	for _, p := range who.Prefixes {
		delete(t.prefixes[p], c.ID)
		if len(t.prefixes[p]) == 0 {
			delete(t.prefixes, p)
		}
	}
	if len(t.clients) == 0 { // no client tracks any more, so nothing need be remembered
		clear(t.keys)
		t.items = 0
	}
	t.active.Store(int64(len(t.clients)))
	c.Tracking.Store(nil)
}

// Caching is CLIENT CACHING YES or NO: it counts for the next command, or the next transaction.
func (t *Table) Caching(c *cmd.Client, yes bool) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	who := t.clients[c.ID]
	switch {
	case who == nil:
		return store.Invalid(cachingNeedsOption)
	case yes && !who.OptIn:
		return store.Invalid(yesNeedsOptIn)
	case !yes && !who.OptOut:
		return store.Invalid(noNeedsOptOut)
	}
	who.caching = true
	return nil
}

// Ran ends what Caching began.
func (t *Table) Ran(c *cmd.Client) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if who := t.clients[c.ID]; who != nil {
		who.caching = false
	}
}

// State is how a client tracks; the zero State if it does not.
type State struct {
	On              bool
	Caching, Broken bool
	Options
}

// State returns how a client tracks.
func (t *Table) State(c *cmd.Client) State {
	t.mu.Lock()
	defer t.mu.Unlock()
	who := t.clients[c.ID]
	if who == nil {
		return State{}
	}
	return State{On: true, Caching: who.caching, Broken: who.broken, Options: who.Options}
}

// publish shows a client's state to CLIENT LIST.
func (t *Table) publish(c *client) {
	c.Client.Tracking.Store(&cmd.Tracking{On: true, Broadcast: c.Broadcast, Broken: c.broken, Redirect: c.Redirect})
}
