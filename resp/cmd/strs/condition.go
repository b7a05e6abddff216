package strs

import (
	"bytes"
	"encoding/hex"
	"fmt"

	"github.com/zeebo/xxh3"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// condition is what IFEQ and its kin ask of the string that is there. It is a value.
type condition struct {
	asked   bool
	differs bool // IFNE, IFDNE: hold as well where there is no key
	digest  bool // operand is the digest of a value, not the value
	operand []byte
}

// errDigest is for a digest that is none, whatever it is compared with.
var errDigest = store.Invalid("must be exactly 16 hexadecimal characters")

// read takes a condition, unless there is one already.
func (k *condition) read(s *arg.Scanner) bool {
	if k.asked {
		return false
	}
	switch {
	case s.WordWith("IFEQ", 1):
	case s.WordWith("IFNE", 1):
		k.differs = true
	case s.WordWith("IFDEQ", 1):
		k.digest = true
	case s.WordWith("IFDNE", 1):
		k.differs, k.digest = true, true
	default:
		return false
	}
	k.asked, k.operand = true, s.Bytes()
	return true
}

// check refuses what cannot be a digest.
func (k *condition) check() error {
	if !k.digest {
		return nil
	}
	if n, err := hex.DecodeString(string(k.operand)); err != nil || len(n) != 8 {
		return errDigest
	}
	return nil
}

// holds compares with the string that a key holds; another type is an error.
func (k *condition) holds(tx store.Tx, h store.Head) (bool, error) {
	if !h.Exists() {
		return k.differs, nil
	}
	if h.Type != store.String {
		return false, store.ErrWrongType
	}
	var same bool
	var err error
	if k.digest {
		var sum string
		sum, err = digestOf(tx, h)
		same = arg.Is(k.operand, sum)
	} else {
		same, err = equals(tx, h, k.operand)
	}
	return same != k.differs, err
}

// equals compares a string with a value, piece by piece: a long one need not be in memory.
func equals(tx store.Tx, h store.Head, value []byte) (bool, error) {
	if h.Len != int64(len(value)) {
		return false, nil
	}
	for piece, err := range store.StringPieces(tx, h, 0, h.Len) {
		if err != nil {
			return false, err
		}
		if !bytes.Equal(piece, value[:len(piece)]) {
			return false, nil
		}
		value = value[len(piece):]
	}
	return true, nil
}

// digestOf is XXH3's 64 bits of a string, 16 hexadecimal digits.
func digestOf(tx store.Tx, h store.Head) (string, error) {
	sum := xxh3.New()
	for piece, err := range store.StringPieces(tx, h, 0, h.Len) {
		if err != nil {
			return "", err
		}
		if _, err := sum.Write(piece); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%016x", sum.Sum64()), nil
}

func digest(c *cmd.Call) reply.Reply {
	b, err := store.OpenBlob(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	if !b.Exists() {
		return reply.Nil()
	}
	sum, err := digestOf(c.Tx, b.Head())
	return unless(err, reply.Text(sum))
}

// delEx is DEL of one key, with a condition on the string in it.
func delEx(c *cmd.Call) reply.Reply {
	var k condition
	switch len(c.Args) {
	case 2:
		n, err := c.Tx.Drop(c.Key(1))
		return unless(err, reply.Integer(n))
	case 4:
	default:
		return c.WrongArity()
	}
	s := c.Scan(2)
	if !k.read(&s) {
		return reply.Err(store.Invalid("Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE"))
	}
	return k.drop(c)
}

// delIfEq is Valkey's name for DELEX with IFEQ.
func delIfEq(c *cmd.Call) reply.Reply {
	k := condition{asked: true, operand: c.Args[2]}
	return k.drop(c)
}

// drop removes the key where the condition holds, and answers how many went.
func (k *condition) drop(c *cmd.Call) reply.Reply {
	if err := k.check(); err != nil {
		return reply.Err(err)
	}
	b, err := store.OpenBlob(c.Tx, c.Key(1))
	if err != nil {
		return reply.Err(err)
	}
	if !b.Exists() {
		return reply.Integer(0)
	}
	holds, err := k.holds(c.Tx, b.Head())
	if err != nil || !holds {
		return unless(err, reply.Integer(0))
	}
	return unless(b.Drop(), reply.Integer(1))
}
