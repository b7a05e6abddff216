package caches

import (
	"cmp"
	"context"
	"slices"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

var errTagsTooLong = store.Invalid("the tags of a key may take at most 1024 bytes together")

// checked refuses notes that are too long for a head.
func checked(n store.Notes) error {
	if len(n) > store.TagsMax {
		return errTagsTooLong
	}
	return nil
}

// texts are words as tags.
func texts(words [][]byte) []string {
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = string(w)
	}
	return list
}

var errReserved = store.Invalid("a tag must not begin with a zero byte")

// allowed refuses tags that are not for clients to give.
func allowed(tags []string) error {
	if !slices.ContainsFunc(tags, func(t string) bool { return !store.TagAllowed(t) }) {
		return nil
	}
	return errReserved
}

// clientTags are the tags that clients gave.
func clientTags(n store.Notes) []string { return slices.Collect(n.Bless(false).Tags()) }

func tag(c *cmd.Call) reply.Reply {
	return retag(c, func(have, given []string) []string { return append(have, given...) })
}

func untag(c *cmd.Call) reply.Reply {
	return retag(c, func(have, given []string) []string {
		return slices.DeleteFunc(have, func(t string) bool { return slices.Contains(given, t) })
	})
}

// retag answers by how many tags a key has more or less.
func retag(c *cmd.Call, change func(have, given []string) []string) reply.Reply {
	heads, err := c.Tx.Heads(nil, c.Key(2))
	if err != nil {
		return reply.Err(err)
	}
	h, given := heads[0], texts(c.Args[3:])
	if err := allowed(given); err != nil {
		return reply.Err(err)
	}
	have := clientTags(h.Notes)
	next := h.Notes.WithTags(change(slices.Clone(have), given)...)
	if err := checked(next); err != nil {
		return reply.Err(err)
	}
	n := len(clientTags(next)) - len(have)
	next = next.Bless(h.Notes.Blessed())
	if !h.Exists() || next == h.Notes {
		return reply.Integer(0)
	}
	h.SetNotes(next)
	if err := c.Tx.PutHead(c.Key(2), h); err != nil {
		return reply.Err(err)
	}
	return reply.Integer(max(n, -n))
}

func tags(c *cmd.Call) reply.Reply {
	heads, err := c.Tx.Heads(nil, c.Key(2))
	if err != nil {
		return reply.Err(err)
	}
	var list []reply.Reply
	for _, t := range clientTags(heads[0].Notes) {
		list = append(list, reply.Text(t))
	}
	return reply.SetOf(list...)
}

// pageKeys is how many keys are asked of the engine at a time.
const pageKeys = 1000

func tagKeys(c *cmd.Call) reply.Reply {
	s := c.Scan(3)
	from := store.Cursor(0)
	if s.More() && !arg.Is(s.Peek(), "COUNT") {
		from = store.CursorOf(s.Cursor())
	}
	n := count(&s, 10)
	if err := cmp.Or(s.End(), allowed(texts(c.Args[2:3]))); err != nil {
		return reply.Err(err)
	}
	list := c.List(reply.Array)
	finder, err := finderOf(c.Tx)
	for n > 0 && err == nil {
		asked := min(n, pageKeys)
		names, next, err := finder.Tagged(c.DB, string(c.Args[2]), from, int(asked))
		if err != nil {
			return list.End(err)
		}
		for _, name := range names {
			list.Bytes(name)
		}
		if from, n = next, n-asked; next == 0 {
			break
		}
	}
	if err != nil {
		return list.End(err)
	}
	return reply.Of(number(from.Number()), list.Done())
}

// evictBatch is how many keys one transaction of CACHE EVICT removes at most.
const evictBatch = 256

// evict removes keys page by page, each in a transaction of its own, so that other clients go
// on. It ends where it stands when its client is gone.
func (f *family) evict(c *cmd.Call) reply.Reply {
	total, all := int64(0), texts(c.Args[2:])
	if err := allowed(all); err != nil {
		return reply.Err(err)
	}
	for _, t := range all {
		for from, more := store.Cursor(0), true; more && !c.Client.Killed.Load(); more = from != 0 {
			keys, next, err := f.taggedPage(c, t, from)
			if err != nil {
				return reply.Err(err)
			}
			n, err := f.evictPage(c, t, keys)
			if err != nil {
				return reply.Err(err)
			}
			total, from = total+n, next
		}
	}
	return reply.Integer(total)
}

func (f *family) taggedPage(c *cmd.Call, t string, from store.Cursor) (keys []store.Key, next store.Cursor, err error) {
	err = f.host.View(context.Background(), store.Whole(), func(tx store.Tx) error {
		keys = nil
		finder, err := finderOf(tx)
		if err != nil {
			return err
		}
		var names [][]byte
		names, next, err = finder.Tagged(c.DB, t, from, evictBatch)
		for _, name := range names {
			keys = append(keys, c.KeyIn(slices.Clone(name)))
		}
		return err
	})
	return keys, next, err
}

// evictPage removes those of keys that have the tag still.
func (f *family) evictPage(c *cmd.Call, t string, keys []store.Key) (removed int64, err error) {
	if len(keys) == 0 {
		return 0, nil
	}
	err = f.host.Step(c, store.One(keys...), func(step *cmd.Call) error {
		heads, err := step.Tx.Heads(nil, keys...)
		if err != nil {
			return err
		}
		var doomed []store.Key
		for i := range heads {
			if heads[i].Notes.Tagged(t) {
				doomed = append(doomed, keys[i])
			}
		}
		n, err := step.Tx.Drop(doomed...)
		removed = int64(n)
		return err
	})
	return removed, err
}
