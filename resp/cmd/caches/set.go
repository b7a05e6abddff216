package caches

import (
	"math"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// options are those of CACHE SET. The zero value stands for none.
type options struct {
	nx, xx, keepTTL bool
	at              int64 // Unix milliseconds, 0 for never
	notes           store.Notes
}

// clock is a form of expiry: its unit, and whether it counts from now.
type clock struct {
	word     string
	unit     int64
	relative bool
}

var clocks = [...]clock{{"EX", 1000, true}, {"PX", 1, true}, {"EXAT", 1000, false}, {"PXAT", 1, false}}

// readTime reads a time option into Unix milliseconds.
func readTime(c *cmd.Call, s *arg.Scanner, forms []clock) (at int64, ok bool) {
	for _, f := range forms {
		if !s.WordWith(f.word, 1) {
			continue
		}
		base, n := int64(0), s.Int()
		if f.relative {
			base = c.Tx.Now().UnixMilli()
		}
		if n <= 0 || n > (math.MaxInt64-base)/f.unit {
			s.Fail("invalid expire time in '" + c.LowerName() + "' command")
			return 0, true
		}
		return base + n*f.unit, true
	}
	return 0, false
}

func parseSet(c *cmd.Call) (o options, err error) {
	s := c.Scan(4)
	timed, tagged := false, false
	for s.More() {
		switch {
		case !o.xx && s.Word("NX"):
			o.nx = true
		case !o.nx && s.Word("XX"):
			o.xx = true
		case !timed && s.Word("KEEPTTL"):
			o.keepTTL, timed = true, true
		case !tagged && s.WordWith("TAG", 1):
			tagged = true
			n := s.IntIn(0, int64(s.Left()), "numtags should be the number of tags that follow")
			if s.Err() == nil && n > int64(s.Left()) {
				s.Fail("numtags should be the number of tags that follow")
			}
			given := texts(s.Take(int(n)))
			if err := allowed(given); err != nil {
				s.Break(err)
			}
			o.notes = o.notes.WithTags(given...)
		default:
			at, ok := readTime(c, &s, clocks[:])
			if !ok || timed {
				s.Fail(arg.SyntaxError)
			}
			o.at, timed = at, true
		}
	}
	if err := s.Err(); err != nil {
		return o, err
	}
	return o, checked(o.notes)
}

// set is SET with tags. Like SET it drops those the key had.
func set(c *cmd.Call) reply.Reply {
	o, err := parseSet(c)
	if err != nil {
		return reply.Err(err)
	}
	k := c.Key(2)
	if o.nx || o.xx || o.keepTTL {
		heads, err := c.Tx.Heads(nil, k)
		if err != nil {
			return reply.Err(err)
		}
		if there := heads[0].Exists(); o.nx && there || o.xx && !there {
			return reply.Nil()
		}
		if o.keepTTL {
			o.at = heads[0].ExpireAt
		}
	}
	if err := store.SetNoted(c.Tx, k, c.Args[3], o.at, o.notes); err != nil {
		return reply.Err(err)
	}
	if o.at != 0 && !o.keepTTL {
		c.Notify("g:expire", k)
	}
	return reply.OK()
}
