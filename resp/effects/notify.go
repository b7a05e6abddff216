package effects

import (
	"larder/resp/cmd"
	"larder/store"
)

// notePut notes the events of a key that is about to be written: that it had expired and
// nobody had looked, that it is new, and what its command does to it.
func (t *Tx) notePut(k store.Key) error {
	c := t.call
	if c.Heard == 0 {
		return nil
	}
	if err := t.noteExpired(k); err != nil {
		return err
	}
	if c.Heard.Has('n') {
		heads, err := t.Tx.Heads(nil, k)
		if err != nil {
			return err
		}
		if !heads[0].Exists() {
			c.Notify("n:new", k)
		}
	}
	c.Notify(c.Event, k)
	return nil
}

// noteDrop notes the events of keys about to be removed, if they are there: the command's own
// first if it took the last element out of a key, not if it removed the key as a whole.
func (t *Tx) noteDrop(keys ...store.Key) error {
	c := t.call
	if c.Heard == 0 {
		return nil
	}
	if err := t.noteExpired(keys...); err != nil || c.Event == cmd.OwnEvents {
		return err
	}
	heads, err := t.Tx.Heads(nil, keys...)
	if err != nil {
		return err
	}
	dropped := make(map[string]bool, len(keys))
	for i, k := range keys {
		if heads[i].Exists() && !dropped[string(k.Name)] {
			dropped[string(k.Name)] = true
			if c.Spec.Empties() {
				c.Notify(c.Event, k)
			}
			c.Notify("g:del", k)
		}
	}
	return nil
}

// noteExpired removes keys whose time has passed, or that of the last field: the write would hide that they had
// expired.
func (t *Tx) noteExpired(keys ...store.Key) error {
	heard := t.call.Heard
	for _, k := range keys {
		if heard.Has('x') {
			n, err := store.Expire(t.Tx, k)
			if err != nil {
				return err
			}
			if n > 0 {
				t.call.Notify("x:expired", k)
				t.call.After(func() { t.to.Stats.Expired.Add(1) })
				continue
			}
		}
		if !heard.Has('h') && !heard.Has('s') && !heard.Has('g') {
			continue
		}
		gone, err := store.ExpireFields(t.Tx, k, 0)
		if err != nil {
			return err
		}
		for _, event := range fieldEvents(gone) {
			t.call.Notify(event, k)
		}
		if gone.Key {
			t.call.After(func() { t.to.Stats.ExpiredFields.Add(gone.Fields) })
		}
	}
	return nil
}

// noteMiss notes that a reading command did not find a key.
func (t *Tx) noteMiss(k store.Key) {
	if t.call.Event != cmd.OwnEvents {
		t.call.Notify("m:keymiss", k)
	}
}
