package resp

import (
	"larder/resp/broker"
	"larder/resp/cmd"
	"larder/resp/cmd/conns"
	"larder/resp/guard"
	"larder/resp/reply"
	"larder/resp/unread"
)

func (h host) Broker() *broker.Broker { return h.observers.Broker }

// Subscriber is the calling session's.
func (h host) Subscriber(c *cmd.Call) *broker.Subscriber { return c.Owner.(*session).subscriber }

// hear makes the session's subscriber and the way messages take to its client.
func (s *session) hear() {
	s.client.Stranger = s.stranger
	s.out = unread.New(s.guard, s.client, s.server.happening, &s.server.outputs, s.dropped)
	s.replies = unread.NewWriter(s.out)
	s.client.Enforce = s.out.Enforce
	s.client.Pending, s.client.Disturbed = s.out.Pending, s.watcher.Dirty
	s.client.Unblock, s.client.Overhears = s.unblock, s.overhears
	s.client.Roam = func(spec *cmd.Spec, args [][]byte) bool { return s.user.Load().MayRoam(spec, args) }
	s.client.Queued.Store(-1)
	s.client.Push = func(r reply.Reply) { s.out.Push(r.Append(nil, int(s.client.Proto.Load()))) }
	s.subscriber = broker.NewSubscriber(&s.client.Subscriptions, func(m *broker.Message) {
		s.out.Push(m.Bytes(int(s.client.Proto.Load())))
	})
	s.subscriber.Admits = s.mayHear
}

// dropped says why a client is closed that does not read what it is sent.
func (s *session) dropped(why error) {
	if why == nil {
		s.server.log.Warn("Client closed for overcoming of output buffer limits", "client", s.client.Addr)
		return
	}
	s.server.log.Warn("Client closed: it does not read its replies, and the temporary file for them failed",
		"client", s.client.Addr, "error", why)
}

// farewell ends what the client is sent with an error, unless it wants no replies. Nothing else is sent.
func (s *session) farewell(e *guard.ProtocolError) {
	s.server.stats.Errors.Count("ERR " + e.Error())
	s.hold()
	if !s.replyOff {
		s.replies.Line(e.Line())
	}
	s.letGo()
	s.out.Finish()
}

// Answer is CLIENT REPLY.
func (h host) Answer(c *cmd.Call, a conns.Answering) {
	s := c.Owner.(*session)
	s.replyOff = a == conns.AnswerNone || s.replyOff && a == conns.SkipNext
	s.skip = 0
	if a == conns.SkipNext {
		s.skip = 2
	}
}

// silent reports whether the command at hand is left without a reply.
func (s *session) silent() bool {
	s.skip = max(s.skip-1, -1)
	return s.replyOff || s.skip == 0
}

// Reset gives the calling session the state of a new one, as far as it is not the client's: RESET.
func (h host) Reset(c *cmd.Call) {
	s := c.Owner.(*session)
	s.multi, s.replyOff, s.skip = nil, false, 0
	s.anew()
	s.client.Monitor.Store(false)
	s.forget()
}

// forget ends all that others know of the session.
func (s *session) forget() {
	s.watcher.Forget()
	s.mute()
}

// mute ends what others send the session. For any goroutine.
func (s *session) mute() {
	s.server.observers.Broker.Leave(s.subscriber)
	s.server.observers.Monitors.Remove(s.out)
	s.server.observers.Caches.Disable(s.client)
}

// leave takes the session off the books: nobody finds its client, nothing is sent to it. Once more does nothing.
func (s *session) leave() {
	s.forget()
	s.server.clients.remove(s.client)
}

// cannotExecute is the error of RESP2 clients that hear channels: what they are sent
// besides messages must be replies to these commands.
func cannotExecute(spec *cmd.Spec) string {
	return "ERR Can't execute '" + spec.LowerName() +
		"': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context"
}
