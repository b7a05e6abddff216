package dumps

import (
	"bytes"
	"errors"
	"iter"
	"math"

	"larder/rdb"
	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

const (
	busyKey   = "BUSYKEY Target key name already exists."
	badFooter = "DUMP payload version or checksum are wrong"
)

var (
	errFormat  = store.Invalid("Bad data format")
	errTooFar  = store.Invalid("invalid expire time in 'restore' command")
	errTooMuch = store.Invalid("string exceeds maximum allowed size (proto-max-bulk-len)")
)

// restoring is RESTORE's arguments.
type restoring struct {
	replace, absolute bool
	idle, frequency   int64 // -1: not given
}

func parseRestore(s *arg.Scanner) (restoring, error) {
	o := restoring{idle: -1, frequency: -1}
	for s.More() {
		switch {
		case s.Word("REPLACE"):
			o.replace = true
		case s.Word("ABSTTL"):
			o.absolute = true
		case o.frequency == -1 && s.WordWith("IDLETIME", 1):
			if o.idle = s.Int(); o.idle < 0 {
				s.Fail("Invalid IDLETIME value, must be >= 0")
			}
		case o.idle == -1 && s.WordWith("FREQ", 1):
			if o.frequency = s.Int(); o.frequency < 0 || o.frequency > math.MaxUint8 {
				s.Fail("Invalid FREQ value, must be >= 0 and <= 255")
			}
		default:
			s.Fail(arg.SyntaxError)
		}
	}
	return o, s.Err()
}

func (f *family) restore(c *cmd.Call) reply.Reply {
	s := c.Scan(4)
	o, err := parseRestore(&s)
	if err != nil {
		return reply.Err(err)
	}
	heads, err := c.Tx.Heads(nil, c.Key(1))
	switch {
	case err != nil:
		return reply.Err(err)
	case heads[0].Exists() && !o.replace:
		return reply.Fail(busyKey)
	}
	until, tooFar := readTTL(c, o.absolute)
	if tooFar != nil && tooFar != error(errTooFar) { // errors.Is would compare codes alone
		return reply.Err(tooFar)
	}
	v, err := rdb.Open(c.Args[3])
	switch {
	case err != nil:
		return refused(err)
	case tooFar != nil: // Redis, which has no word for it, looks at the payload first
		return reply.Err(tooFar)
	}
	if heads[0].Exists() {
		c.Notify("n:new", c.Key(1)) // Redis removes the old one first
	}
	if until != 0 && until <= c.Tx.Now().UnixMilli() {
		return discard(c, v)
	}
	if err := write(c.Tx, c.Key(1), v, until); err != nil {
		return refused(err)
	}
	f.use(c, o)
	return reply.OK()
}

// readTTL returns when the key goes, in Unix milliseconds, 0 for never.
func readTTL(c *cmd.Call, absolute bool) (int64, error) {
	s := c.Scan(2)
	ttl := s.Int()
	if ttl < 0 {
		s.Fail("Invalid TTL value, must be >= 0")
	}
	if s.Err() != nil || ttl == 0 || absolute {
		return ttl, s.Err()
	}
	now := c.Tx.Now().UnixMilli()
	if ttl > math.MaxInt64-now {
		return 0, errTooFar
	}
	return now + ttl, nil
}

func refused(err error) reply.Reply {
	switch {
	case errors.Is(err, rdb.ErrFooter):
		return reply.Err(store.Invalid(badFooter))
	case errors.Is(err, rdb.ErrFormat):
		return reply.Err(errFormat)
	}
	if foreign, ok := errors.AsType[rdb.ForeignError](err); ok {
		return reply.Err(store.Invalid(foreign.Error()))
	}
	return reply.Err(err)
}

// discard is a value whose time has passed: what it would replace goes, if it is a value at all.
func discard(c *cmd.Call, v *rdb.Value) reply.Reply {
	if err := v.Check(); err != nil {
		return refused(err)
	}
	if _, err := c.Tx.Drop(c.Key(1)); err != nil {
		return reply.Err(err)
	}
	return reply.OK()
}

// use has the key appear as used as it was where it came from, once it is there.
func (f *family) use(c *cmd.Call, o restoring) {
	if o.idle < 0 && o.frequency < 0 {
		return
	}
	db, name := c.DB, bytes.Clone(c.Args[1])
	c.After(func() { f.host.SetUse(db, name, o.idle, o.frequency) })
}

// write puts the value under the key, in batches.
func write(tx store.Tx, key store.Key, v *rdb.Value, until int64) error {
	if v.Kind == rdb.String {
		text, err := v.Bytes()
		if err == nil && int64(len(text)) > store.LimitsOf(tx).ProtoMaxBulkLen {
			err = errTooMuch
		}
		if err != nil {
			return err
		}
		return store.SetString(tx, key, text, until)
	}
	if err := writeCollection(tx, key, v); err != nil || until == 0 {
		return err
	}
	heads, err := tx.Heads(nil, key)
	if err != nil {
		return err
	}
	heads[0].ExpireAt = until
	return tx.PutHead(key, heads[0])
}

func writeCollection(tx store.Tx, key store.Key, v *rdb.Value) error {
	if v.Kind == rdb.Stream {
		return store.StoreStream(tx, key, streamContent(v.Stream()))
	}
	given, made := int64(0), int64(0)
	elements := counted(v.Elements(), &given)
	var err error
	switch v.Kind {
	case rdb.List:
		made, err = store.StoreList(tx, key, names(elements))
	case rdb.Set:
		made, err = store.StoreSet(tx, key, pages(elements))
	case rdb.Hash:
		made, err = store.StoreHash(tx, key, timed(elements))
	case rdb.ZSet:
		made, err = store.StoreZSet(tx, key, items(elements))
	}
	switch {
	case err != nil:
		return err
	case made != given: // one came twice
		return rdb.ErrFormat
	}
	return nil
}

func counted(elements iter.Seq2[rdb.Element, error], n *int64) iter.Seq2[rdb.Element, error] {
	return func(yield func(rdb.Element, error) bool) {
		for e, err := range elements {
			if *n++; !yield(e, err) {
				return
			}
		}
	}
}

func names(elements iter.Seq2[rdb.Element, error]) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for e, err := range elements {
			if !yield(e.Name, err) {
				return
			}
		}
	}
}

func items(elements iter.Seq2[rdb.Element, error]) iter.Seq2[store.Item, error] {
	return func(yield func(store.Item, error) bool) {
		for e, err := range elements {
			if !yield(store.Item{Field: e.Name, Value: e.Value, Score: e.Score}, err) {
				return
			}
		}
	}
}

// timed are fields, which may have expiries of their own: up to Redis's last, of 48 bits.
func timed(elements iter.Seq2[rdb.Element, error]) iter.Seq2[store.Item, error] {
	return func(yield func(store.Item, error) bool) {
		for e, err := range elements {
			if e.ExpireAt >= 1<<48 && err == nil {
				err = rdb.ErrFormat
			}
			if !yield(store.Item{Field: e.Name, Value: e.Value, Score: float64(e.ExpireAt)}, err) {
				return
			}
		}
	}
}

// pages gathers members, which may have been compressed: so many, or so many bytes.
func pages(elements iter.Seq2[rdb.Element, error]) iter.Seq2[[]store.Item, error] {
	const pageLen, pageBytes = 512, 1 << 20
	return func(yield func([]store.Item, error) bool) {
		var page []store.Item
		held := 0
		for e, err := range elements {
			if err != nil {
				yield(nil, err)
				return
			}
			page, held = append(page, store.Item{Field: e.Name}), held+len(e.Name)
			if len(page) < pageLen && held < pageBytes {
				continue
			}
			if !yield(page, nil) {
				return
			}
			page, held = page[:0], 0
		}
		if len(page) > 0 {
			yield(page, nil)
		}
	}
}
