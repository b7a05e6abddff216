package strs

import (
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// msetEX sets several strings that all get the same time, or none of them.
func msetEX(c *cmd.Call) reply.Reply {
	s := c.Scan(1)
	n := s.Int()
	switch {
	case s.Err() != nil || n < 1:
		return reply.Err(store.Invalid("invalid numkeys value"))
	case n > int64(s.Left()/2):
		return reply.Err(store.Invalid("wrong number of key-value pairs"))
	}
	pairs := s.Take(int(2 * n))
	o, err := parseOptions(s, forSeveral)
	if err != nil {
		return reply.Err(err)
	}
	at, err := o.expiry.at(c)
	if err != nil {
		return reply.Err(err)
	}
	times := make([]int64, n)
	for i := range times {
		times[i] = at
	}
	if o.nx || o.xx || o.keepTTL {
		fit, err := o.fit(c, pairs, times)
		if err != nil || !fit {
			return unless(err, reply.Integer(0))
		}
	}
	return unless(putSeveral(c, pairs, times, o.expiry.given()), reply.Integer(1))
}

// fit tells whether the keys are there, or not, as they should be, and notes their times if they keep them.
func (o *options) fit(c *cmd.Call, pairs [][]byte, times []int64) (bool, error) {
	keys := make([]store.Key, len(times))
	for i := range keys {
		keys[i] = c.KeyIn(pairs[2*i])
	}
	heads, err := c.Tx.Heads(nil, keys...)
	if err != nil {
		return false, err
	}
	for i := range heads {
		if o.nx && heads[i].Exists() || o.xx && !heads[i].Exists() {
			return false, nil
		}
		if o.keepTTL {
			times[i] = heads[i].ExpireAt
		}
	}
	return true, nil
}

func putSeveral(c *cmd.Call, pairs [][]byte, times []int64, timed bool) error {
	for i, at := range times {
		key := c.KeyIn(pairs[2*i])
		if err := store.SetString(c.Tx, key, pairs[2*i+1], at); err != nil {
			return err
		}
		if timed {
			c.Notify("g:expire", key)
		}
	}
	return nil
}
