package conns

import (
	"larder/resp/arg"
	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/resp/track"
	"larder/store"
)

// tracking is CLIENT TRACKING. The options are read, and the client to redirect to looked up,
// even where tracking is turned off.
func (f *family) tracking(c *cmd.Call) reply.Reply {
	o, err := f.trackingOptions(c)
	if err != nil {
		return reply.Err(err)
	}
	on, ok := onOff(c)
	switch {
	case !ok:
		return reply.Fail("ERR " + arg.SyntaxError)
	case on:
		err = f.startTracking(c, o)
	default:
		f.host.Caches().Disable(c.Client)
	}
	if err != nil {
		return reply.Err(err)
	}
	return reply.OK()
}

// startTracking also waits for writes that ran while nobody tracked and have noted nothing:
// the client must not read what was there before them. EXEC holds its keys, and waits for nobody.
func (f *family) startTracking(c *cmd.Call, o track.Options) error {
	if err := f.host.Caches().Enable(c.Client, o); err != nil || c.Nested {
		return err
	}
	return f.host.Settle()
}

func (f *family) trackingOptions(c *cmd.Call) (track.Options, error) {
	var o track.Options
	s := c.Scan(3)
	for s.More() {
		switch {
		case s.WordWith("REDIRECT", 1):
			if o.Redirect != 0 {
				s.Fail("A client can only redirect to a single other client")
			}
			o.Redirect = s.Int()
			if s.Err() == nil && f.host.Client(o.Redirect) == nil {
				s.Fail("The client ID you want redirect to does not exist")
			}
		case s.Word("BCAST"):
			o.Broadcast = true
		case s.Word("OPTIN"):
			o.OptIn = true
		case s.Word("OPTOUT"):
			o.OptOut = true
		case s.Word("NOLOOP"):
			o.NoLoop = true
		case s.WordWith("PREFIX", 1):
			o.Prefixes = append(o.Prefixes, s.String())
		default:
			s.Fail(arg.SyntaxError)
		}
	}
	return o, s.Err()
}

func (f *family) caching(c *cmd.Call) reply.Reply {
	yes, err := arg.Is(c.Args[2], "YES"), error(nil)
	switch {
	case yes || arg.Is(c.Args[2], "NO") || !f.host.Caches().State(c.Client).On:
		err = f.host.Caches().Caching(c.Client, yes)
	default:
		err = store.Invalid(arg.SyntaxError)
	}
	if err != nil {
		return reply.Err(err)
	}
	return reply.OK()
}

// redirection is CLIENT GETREDIR: -1 without tracking, 0 without a client to redirect to.
func (f *family) redirection(c *cmd.Call) reply.Reply {
	if s := f.host.Caches().State(c.Client); s.On {
		return reply.Integer(s.Redirect)
	}
	return reply.Integer(-1)
}

func (f *family) trackingInfo(c *cmd.Call) reply.Reply {
	s := f.host.Caches().State(c.Client)
	var flags []reply.Reply
	for _, flag := range []struct {
		set  bool
		name string
	}{
		{s.On, "on"}, {!s.On, "off"}, {s.Broadcast, "bcast"}, {s.OptIn, "optin"}, {s.OptIn && s.Caching, "caching-yes"},
		{s.OptOut, "optout"}, {s.OptOut && s.Caching, "caching-no"}, {s.NoLoop, "noloop"}, {s.Broken, "broken_redirect"},
	} {
		if flag.set {
			flags = append(flags, reply.Text(flag.name))
		}
	}
	return reply.MapOf(
		reply.Text("flags"), reply.SetOf(flags...),
		reply.Text("redirect"), f.redirection(c),
		reply.Text("prefixes"), reply.Texts(s.Prefixes...),
	)
}
