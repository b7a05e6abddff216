package acls

import (
	"crypto/rand"
	"encoding/hex"
	"math"
	"time"

	"larder/resp/access"
	"larder/resp/cmd"
	"larder/resp/reply"
)

const maxPasswordBits = 4096

// genPass makes a password of some bits, four a letter.
func genPass(c *cmd.Call) reply.Reply {
	bits := int64(256)
	if s := c.Scan(2); s.More() {
		if len(c.Args) > 3 {
			return c.UnknownForm()
		}
		if bits = s.Int(); s.Err() != nil {
			return reply.Err(s.Err())
		}
	}
	if bits <= 0 || bits > maxPasswordBits {
		return reply.Fail("ERR ACL GENPASS argument must be the number of bits for the output password, a positive number " +
			"up to 4096")
	}
	letters := (bits + 3) / 4
	random := make([]byte, (letters+1)/2)
	rand.Read(random)
	return reply.Text(hex.EncodeToString(random)[:letters])
}

// log shows the newest entries, ten unless it is said how many.
func (f *family) log(c *cmd.Call) reply.Reply {
	count, s := int64(10), c.Scan(2)
	switch {
	case len(c.Args) > 3:
		return c.UnknownForm()
	case s.Word("RESET"):
		f.host.Denials().Reset()
		return reply.OK()
	case s.More():
		count = s.Int()
	}
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	entries, now := f.host.Denials().Entries(min(count, math.MaxInt32)), time.Now()
	list := make([]reply.Reply, len(entries))
	for i := range entries {
		list[i] = describe(&entries[i], now)
	}
	return reply.Of(list...)
}

func describe(e *access.Entry, now time.Time) reply.Reply {
	return reply.MapOf(
		reply.Text("count"), reply.Integer(e.Count),
		reply.Text("reason"), reply.Text(e.Denial.String()),
		reply.Text("context"), reply.Text(string(e.Context)),
		reply.Text("object"), reply.Text(e.Object),
		reply.Text("username"), reply.Text(e.User),
		reply.Text("age-seconds"), reply.Float(float64(now.UnixMilli()-e.Updated.UnixMilli())/1000),
		reply.Text("client-info"), reply.Text(e.Client),
		reply.Text("entry-id"), reply.Integer(e.ID),
		reply.Text("timestamp-created"), reply.Integer(e.Created.UnixMilli()),
		reply.Text("timestamp-last-updated"), reply.Integer(e.Updated.UnixMilli()),
	)
}
