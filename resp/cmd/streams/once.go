package streams

import (
	"encoding/binary"
	"fmt"

	"github.com/zeebo/xxh3"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// once is what XADD says of a message that its producer may send again.
type once struct {
	named   bool
	made    bool // the message's id from its fields
	message store.StreamMessage
}

// option reads IDMP or IDMPAUTO; false if the next word is neither.
func (o *once) option(s *arg.Scanner) bool {
	switch {
	case s.WordWith("IDMP", 2):
		o.begin(s, "IDMP", false)
		o.message.ID = s.Bytes()
		if s.Err() == nil && len(o.message.ID) == 0 {
			s.Fail("IDMP requires a non-empty idempotent ID")
		}
	case s.WordWith("IDMPAUTO", 1):
		o.begin(s, "IDMPAUTO", true)
	default:
		return false
	}
	return true
}

// begin reads what both forms have.
func (o *once) begin(s *arg.Scanner, word string, made bool) {
	if o.named {
		s.Fail("IDMP/IDMPAUTO specified multiple times")
		return
	}
	o.named, o.made, o.message.Producer = true, made, s.Bytes()
	if s.Err() == nil && len(o.message.Producer) == 0 {
		s.Fail(word + " requires a non-empty producer ID")
	}
}

// complete makes the message's id if it is to be made. The order of the fields does not matter: what is made of each
// pair is added up, and not combined by exclusive or, to which a pair that stands twice would be nothing.
func (o *once) complete(fields [][]byte) {
	if !o.made {
		return
	}
	var high, low uint64
	for i := 0; i+1 < len(fields); i += 2 {
		h := xxh3.New()
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(fields[i])))
		h.Write(length[:])
		h.Write(fields[i])
		h.Write(fields[i+1])
		sum := h.Sum128()
		high, low = high+sum.Hi, low+sum.Lo
	}
	o.message.ID = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, high), low)
}

// Bounds of what XCFGSET sets.
const (
	maxSeconds  = 86400
	maxMessages = 10000
)

func xcfgset(c *cmd.Call) reply.Reply {
	var seconds, most int64
	s := c.Scan(2)
	if !s.More() {
		s.Fail("At least one parameter must be specified")
	}
	for s.More() {
		switch {
		case s.WordWith("IDMP-DURATION", 1):
			seconds = within(&s, "IDMP-DURATION", maxSeconds)
		case s.WordWith("IDMP-MAXSIZE", 1):
			most = within(&s, "IDMP-MAXSIZE", maxMessages)
		default:
			s.Fail(arg.SyntaxError)
		}
	}
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	stream, err := store.OpenStream(c.Tx, c.Key(1))
	if err == nil && !stream.Exists() {
		err = store.Invalid("no such key")
	}
	if err == nil {
		err = stream.SetOnce(seconds, most)
	}
	if err != nil {
		return reply.Err(err)
	}
	return reply.OK()
}

func within(s *arg.Scanner, name string, most int64) int64 {
	n := s.Int()
	if s.Err() == nil && (n < 1 || n > most) {
		s.Fail(fmt.Sprintf("%s must be between 1 and %d", name, most))
	}
	return n
}

// onceInfo adds what a stream remembers of producers, if it ever met one: programs of 7.2 do not know the fields.
func onceInfo(out *reply.List, s *store.StreamKey) error {
	o, err := s.Known()
	if o.Seconds == 0 {
		return err
	}
	for _, f := range []struct {
		name  string
		value int64
	}{{"idmp-duration", o.Seconds}, {"idmp-maxsize", o.Most}, {"pids-tracked", o.Producers}, {"iids-tracked", o.Messages},
		{"iids-added", o.Added}, {"iids-duplicates", o.Duplicates}} {
		field(out, f.name, reply.Integer(f.value))
	}
	return err
}
