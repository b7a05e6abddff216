package keys

import (
	"bytes"
	"math"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

const (
	noSuchKey  = "ERR no such key"
	sameObject = "ERR source and destination objects are the same"
	outOfRange = "DB index is out of range"
)

func rename(c *cmd.Call) reply.Reply {
	if bytes.Equal(c.Args[1], c.Args[2]) {
		return renameToItself(c, reply.OK())
	}
	if err := noteReplaced(c, c.Key(2)); err != nil {
		return reply.Err(err)
	}
	found, err := store.Rename(c.Tx, c.Key(1), c.Key(2))
	return noteRename(c, moved(found, err, reply.OK()))
}

func renameNX(c *cmd.Call) reply.Reply {
	if bytes.Equal(c.Args[1], c.Args[2]) {
		return renameToItself(c, reply.Integer(0))
	}
	heads, err := c.Tx.Heads(nil, c.Key(1), c.Key(2))
	if err != nil {
		return reply.Err(err)
	}
	if heads[0].Exists() && heads[1].Exists() {
		return reply.Integer(0)
	}
	found, err := store.Rename(c.Tx, c.Key(1), c.Key(2))
	return noteRename(c, moved(found, err, reply.Integer(1)))
}

// noteReplaced announces a key as new although it is there: Redis removes it before it puts the other one.
func noteReplaced(c *cmd.Call, to store.Key) error {
	if c.Heard == 0 {
		return nil
	}
	h, err := head(c, to)
	if h.Exists() {
		c.Notify("n:new", to)
	}
	return err
}

func noteRename(c *cmd.Call, answer reply.Reply) reply.Reply {
	c.Notify("g:rename_from", c.Key(1))
	c.Notify("g:rename_to", c.Key(2))
	return answer
}

func renameToItself(c *cmd.Call, answer reply.Reply) reply.Reply {
	h, err := head(c, c.Key(1))
	return moved(h.Exists(), err, answer)
}

func moved(found bool, err error, answer reply.Reply) reply.Reply {
	switch {
	case err != nil:
		return reply.Err(err)
	case !found:
		return reply.Fail(noSuchKey)
	}
	return answer
}

func (f *family) move(c *cmd.Call) reply.Reply {
	if f.host.Clustered() {
		return reply.Fail("ERR MOVE is not allowed in cluster mode")
	}
	s := c.Scan(2)
	to := store.Key{DB: f.database(&s), Name: c.Args[1]}
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	if to.DB == c.DB {
		return reply.Fail(sameObject)
	}
	heads, err := c.Tx.Heads(nil, c.Key(1), to)
	if err != nil {
		return reply.Err(err)
	}
	if !heads[0].Exists() || heads[1].Exists() {
		return reply.Integer(0)
	}
	_, err = store.Rename(c.Tx, c.Key(1), to)
	c.Notify("g:move_from", c.Key(1))
	c.Notify("g:move_to", to)
	return moved(true, err, reply.Integer(1))
}

// copying is COPY's arguments.
type copying struct {
	to      store.Key
	replace bool
}

func (f *family) parseCopy(c *cmd.Call) (copying, error) {
	o := copying{to: c.Key(2)}
	s := c.Scan(3)
	for s.More() {
		switch {
		case s.Word("REPLACE"):
			o.replace = true
		case s.WordWith("DB", 1):
			o.to.DB = f.database(&s)
		default:
			s.Fail(arg.SyntaxError)
		}
	}
	if o.to.DB != 0 && f.host.Clustered() {
		s.Fail("Copying to another database is not allowed in cluster mode")
	}
	return o, s.Err()
}

func (f *family) copy(c *cmd.Call) reply.Reply {
	o, err := f.parseCopy(c)
	if err != nil {
		return reply.Err(err)
	}
	if o.to.DB == c.DB && bytes.Equal(c.Args[1], c.Args[2]) {
		return reply.Fail(sameObject)
	}
	heads, err := c.Tx.Heads(nil, c.Key(1), o.to)
	if err != nil {
		return reply.Err(err)
	}
	if !heads[0].Exists() {
		c.Notify("m:keymiss", c.Key(1))
	}
	if !heads[0].Exists() || heads[1].Exists() && !o.replace {
		return reply.Integer(0)
	}
	if err := noteReplaced(c, o.to); err != nil {
		return reply.Err(err)
	}
	_, err = store.Copy(c.Tx, c.Key(1), o.to)
	return moved(true, err, reply.Integer(1))
}

// database reads a database's number.
func (f *family) database(s *arg.Scanner) int {
	n := s.Int()
	switch {
	case n < math.MinInt32 || n > math.MaxInt32:
		s.Fail("value is out of range, value must between -2147483648 and 2147483647")
	case n < 0 || n >= int64(f.host.Databases()):
		s.Fail(outOfRange)
	}
	return int(n)
}
