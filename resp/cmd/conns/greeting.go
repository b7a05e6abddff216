package conns

import (
	"fmt"
	"math"

	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
)

const (
	wrongPass  = "WRONGPASS invalid username-password pair or user is disabled."
	noPassword = "ERR AUTH <password> called without any password configured for the default user. Are you sure your " +
		"configuration is correct?"
	helloFirst = "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH " +
		"<user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time"
)

func ping(c *cmd.Call) reply.Reply {
	if c.Proto == 2 && c.Client.Subscribed() && len(c.Args) <= 2 {
		return pingAmongMessages(c)
	}
	switch len(c.Args) {
	case 1:
		return reply.Word("PONG")
	case 2:
		return reply.Bytes(c.Args[1])
	}
	return reply.Fail("ERR wrong number of arguments for 'ping' command")
}

// pingAmongMessages looks like a message, which is all a RESP2 client that hears channels expects.
func pingAmongMessages(c *cmd.Call) reply.Reply {
	text := ""
	if len(c.Args) == 2 {
		text = string(c.Args[1])
	}
	return reply.Texts("pong", text)
}

func echo(c *cmd.Call) reply.Reply { return reply.Bytes(c.Args[1]) }

func quit(c *cmd.Call) reply.Reply {
	c.Client.Killed.Store(true)
	return reply.OK()
}

func (f *family) selectDB(c *cmd.Call) reply.Reply {
	s := c.Scan(1)
	index := s.Int()
	if s.Err() == nil && int64(int32(index)) != index {
		return reply.Fail(fmt.Sprintf("ERR value is out of range, value must between %d and %d", math.MinInt32,
			math.MaxInt32))
	}
	if err := s.End(); err != nil {
		return reply.Err(err)
	}
	if index != 0 && f.host.Clustered() {
		return reply.Fail("ERR SELECT is not allowed in cluster mode")
	}
	if index < 0 || index >= int64(f.host.Databases()) {
		return reply.Fail("ERR DB index is out of range")
	}
	c.Client.DB.Store(int32(index))
	return reply.OK()
}

func (f *family) reset(c *cmd.Call) reply.Reply {
	client := c.Client
	f.host.Reset(c)
	client.DB.Store(0)
	client.Proto.Store(2)
	client.NoEvict.Store(false)
	client.NoTouch.Store(false)
	client.ReadOnly.Store(false)
	client.Deadline.Store(0)
	client.Change(func(i *cmd.ClientInfo) { i.Name = "" })
	return reply.Word("RESET")
}

func (f *family) auth(c *cmd.Call) reply.Reply {
	if len(c.Args) > 3 {
		return reply.Fail("ERR syntax error")
	}
	user, password := []byte("default"), c.Args[len(c.Args)-1]
	if len(c.Args) == 3 {
		user = c.Args[1]
	} else if f.host.NoPass() {
		return reply.Fail(noPassword)
	}
	return f.login(c, user, password)
}

func (f *family) login(c *cmd.Call, user, password []byte) reply.Reply {
	if !f.host.Login(c, user, password) {
		return reply.Fail(wrongPass)
	}
	return reply.OK()
}

// authSecrets hides the user too, as Redis does.
func authSecrets(args [][]byte) []int {
	if len(args) > 2 {
		return []int{1, 2}
	}
	return []int{1}
}

func helloSecrets(args [][]byte) []int {
	for i := 2; i+2 < len(args); i++ {
		if arg.Is(args[i], "AUTH") {
			return []int{i + 1, i + 2}
		}
	}
	return nil
}

// hello changes nothing unless all of it is right.
func (f *family) hello(c *cmd.Call) reply.Reply {
	proto, name, named := int64(c.Client.Proto.Load()), []byte(nil), false
	var user, password []byte
	s := c.Scan(1)
	if s.More() {
		proto = s.IntOr("Protocol version is not an integer or out of range")
		if s.Err() == nil && (proto < 2 || proto > 3) {
			return reply.Fail("NOPROTO unsupported protocol version")
		}
	}
	for s.More() {
		switch {
		case s.WordWith("AUTH", 2):
			user, password = s.Bytes(), s.Bytes()
		case s.WordWith("SETNAME", 1):
			name, named = s.Bytes(), true
			if !printable(name) {
				return reply.Fail("ERR Client names cannot contain spaces, newlines or special characters.")
			}
		default:
			return reply.Failf("ERR Syntax error in HELLO option '%s'", s.Peek())
		}
	}
	if err := s.Err(); err != nil {
		return reply.Err(err)
	}
	if user != nil {
		if r := f.login(c, user, password); r.IsError() {
			return r
		}
	}
	if c.Client.IsStranger() {
		return reply.Fail(helloFirst)
	}
	if named {
		c.Client.Change(func(i *cmd.ClientInfo) { i.Name = string(name) })
	}
	c.Client.Proto.Store(int32(proto))
	return f.greeting(c.Client.ID, proto)
}

func (f *family) greeting(id, proto int64) reply.Reply {
	return reply.MapOf(
		reply.Text("server"), reply.Text("redis"),
		reply.Text("version"), reply.Text(cmd.RedisVersion),
		reply.Text("proto"), reply.Integer(proto),
		reply.Text("id"), reply.Integer(id),
		reply.Text("mode"), reply.Text(f.host.Mode()),
		reply.Text("role"), reply.Text("master"),
		reply.Text("modules"), reply.Of(),
	)
}

// printable is Redis's rule for names: '!' to '~', nothing else.
func printable(name []byte) bool {
	for _, b := range name {
		if b < '!' || b > '~' {
			return false
		}
	}
	return true
}

// onOff reads the only argument of a switch.
func onOff(c *cmd.Call) (on, ok bool) {
	switch {
	case arg.Is(c.Args[2], "ON"):
		return true, true
	case arg.Is(c.Args[2], "OFF"):
		return false, true
	}
	return false, false
}
