package resp

import (
	"time"

	"larder/resp/access"
	"larder/resp/broker"
	"larder/resp/cmd"
	"larder/resp/cmd/conns"
	"larder/resp/param"
	"larder/resp/reply"
)

// What a connection may do
//
// A session is always some user: the one called default until AUTH names another. Rights are asked for when a command
// is about to run, whatever runs it: a client, EXEC, a script, or the writer that serves one who waits. So what
// is taken from a user holds for what his connections have begun before.

const (
	// firstPenalty is what a client waits for the reply to a wrong password, twice as long with each that follows, up
	// to maxPenalty. Others wait for nothing, from whatever address: one pool with an old password must not lock out its
	// neighbours.
	firstPenalty = time.Millisecond
	maxPenalty   = 1024 * firstPenalty
)

const (
	changedRights = "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. " +
		"This command is no longer allowed for the following reason: "
	scriptDenied = "ERR ACL failure in script: "
)

// newUsers makes the users of the configuration or of the ACL file. Rules are about commands by their names in the
// manual. What is wrong with them is a *param.LoadError.
func newUsers(rows []cmd.Spec, params *param.Set) (*access.Users, error) {
	users := access.NewUsers(access.NewCatalog(rows), func() bool {
		return params.String("acl-pubsub-default") == "allchannels"
	})
	users.SetPassword(params.String("requirepass"))
	for _, u := range params.Users() {
		if err := users.Declare(access.Declaration{Name: u.Name, Rules: u.Rules}); err != nil {
			return nil, u.Refuse(err.Error())
		}
	}
	if path := params.Path("aclfile"); path != "" {
		if err := users.Load(path, params.String("aclfile")); err != nil {
			return nil, &param.LoadError{Message: "Aborting startup because of ACL errors: " + err.Error()}
		}
	}
	return users, nil
}

// bindUsers makes the users follow CONFIG SET and CONFIG REWRITE.
func (s *Server) bindUsers() {
	s.params.OnChange("requirepass", func(password string) error { s.users.SetPassword(password); return nil })
	s.params.RewriteUsers(s.users.Lines)
}

// become makes the session a user.
func (s *session) become(u *access.User, authenticated bool) {
	s.user.Store(u)
	s.client.Authenticated.Store(authenticated)
	s.client.Change(func(i *cmd.ClientInfo) { i.User = u.Name() })
}

// anew makes the session what a new connection is.
func (s *session) anew() {
	u := s.server.users.Default()
	s.become(u, u.Open())
}

// stranger reports whether the client must authenticate before anything else.
func (s *session) stranger() bool {
	return !s.client.Authenticated.Load() && !s.server.users.Default().Open()
}

// Login makes the calling client another user, if the password is his.
func (h host) Login(c *cmd.Call, name, password []byte) bool {
	s := c.Owner.(*session)
	u := h.users.Admit(name, password)
	if u == nil {
		h.denials.Add(s.denial(access.DeniedAuth, s.place(), string(name), string(c.Args[0])), h.denialsKept())
		s.penalty += min(firstPenalty<<min(s.failures, 30), maxPenalty)
		s.failures++
		return false
	}
	s.become(u, true)
	s.failures = 0
	return true
}

// atone has a client wait that has given wrong passwords, before it hears of it.
func (s *session) atone() {
	if s.penalty > 0 {
		s.park(nil, s.penalty)
		s.penalty = 0
	}
}

// denialsKept is how many entries ACL LOG has room for.
func (s *Server) denialsKept() int { return int(s.params.Int("acllog-max-len")) }

// denial is an entry of ACL LOG about this session.
func (s *session) denial(d access.Denial, in access.Context, user, object string) access.Entry {
	now := time.Now()
	return access.Entry{Denial: d, Context: in, Object: object, User: user, Client: conns.Line(s.client, now),
		Updated: now}
}

// ask reports whether the session's user may run a command line, and if not, what ACL LOG is to say.
func (s *session) ask(spec *cmd.Spec, args [][]byte, in access.Context) (access.Verdict, *access.User, access.Entry) {
	u := s.user.Load()
	v := u.May(spec, args)
	if v.Denial == access.Granted {
		return v, u, access.Entry{}
	}
	return v, u, s.denial(v.Denial, in, u.Name(), v.Object(spec, args))
}

// place is where the client's own commands run.
func (s *session) place() access.Context {
	if s.client.Queued.Load() >= 0 {
		return access.InMulti
	}
	return access.TopLevel
}

// forbidden is why the user may not run a command, empty if he may. What MULTI refuses whoever asks for it is left to
// it.
func (s *session) forbidden(spec *cmd.Spec, args [][]byte) string {
	if s.user.Load().Free() || s.multi != nil && spec.Has(cmd.NoMulti) {
		return ""
	}
	v, u, entry := s.ask(spec, args, s.place())
	if v.Denial == access.Granted {
		return ""
	}
	s.server.denials.Add(entry, s.server.denialsKept())
	return "NOPERM " + v.Sentence(u.Name(), spec)
}

// judgeAgain refuses a command that was held up, if its user may not run it any more.
func (s *session) judgeAgain(e *execution) {
	if text := s.forbidden(e.Spec, e.Args); text != "" {
		e.refused, e.reply = true, reply.Fail(text)
	}
}

// forbiddenNow is forbidden for a command of EXEC, which was let in when it was queued.
func (s *session) forbiddenNow(spec *cmd.Spec, args [][]byte) string {
	v, _, entry := s.ask(spec, args, access.InMulti)
	if v.Denial == access.Granted {
		return ""
	}
	s.server.denials.Add(entry, s.server.denialsKept())
	return changedRights + [...]string{
		access.DeniedCommand: "no permission to execute the command or subcommand",
		access.DeniedKey:     "no permission to touch the specified keys",
		access.DeniedChannel: "no permission to access one of the channels used as arguments",
	}[v.Denial]
}

// forbiddenLater is forbidden for a command that runs in a transaction which may be void: ACL LOG hears of it after the
// commit of a call.
func (s *session) forbiddenLater(by *cmd.Call, spec *cmd.Spec, args [][]byte, in access.Context, code string) string {
	v, u, entry := s.ask(spec, args, in)
	if v.Denial == access.Granted {
		return ""
	}
	by.After(func() { s.server.denials.Add(entry, s.server.denialsKept()) })
	return code + v.Sentence(u.Name(), spec)
}

// Forbidden is why the user may not run a command from a script, empty if he may.
func (e *execution) Forbidden(spec *cmd.Spec, args [][]byte) string {
	return e.session.forbiddenLater(&e.Call, spec, args, access.InScript, scriptDenied)
}

// May reports whether the user may run a command: redis.acl_check_cmd.
func (e *execution) May(spec *cmd.Spec, args [][]byte) bool {
	return e.session.user.Load().May(spec, args).Denial == access.Granted
}

// overhears reports whether the session hears something that its user may not hear.
func (s *session) overhears() bool {
	if s.user.Load().Free() || !s.client.Subscribed() {
		return false
	}
	for _, k := range []broker.Kind{broker.Channels, broker.Patterns, broker.ShardChannels} {
		for _, name := range s.server.observers.Broker.Subscriptions(s.subscriber, k) {
			if !s.mayHear(k, name) {
				return true
			}
		}
	}
	return false
}

// mayHear reports whether the session's user may be subscribed to a name.
func (s *session) mayHear(k broker.Kind, name string) bool {
	return s.user.Load().MayHear(name, k == broker.Patterns)
}

// Users are all users.
func (h host) Users() *access.Users { return h.users }

// Denials are what was denied lately.
func (h host) Denials() *access.Log { return &h.denials }

// UserOf is who the calling client is.
func (h host) UserOf(c *cmd.Call) *access.User { return c.Owner.(*session).user.Load() }

// Dismiss makes the calling client the user default, without his password.
func (h host) Dismiss(c *cmd.Call) { c.Owner.(*session).become(h.users.Default(), false) }

// NoPass says that any password is default's.
func (h host) NoPass() bool { return h.users.Default().NoPass() }

// KnowsUser says that there is a user of the name.
func (h host) KnowsUser(name string) bool { return h.users.Find(name) != nil }
