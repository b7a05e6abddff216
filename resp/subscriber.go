package resp

import (
	"larder/resp/broker"
	"larder/resp/cmd"
)

func (h host) Broker() *broker.Broker { return h.broker }

// Subscriber is the calling session's.
func (h host) Subscriber(c *cmd.Call) *broker.Subscriber { return c.Owner.(*session).subscriber }

// hear makes the session's subscriber and the way messages take to its client.
func (s *session) hear() {
	s.out = &output{conn: s.conn.NetConn(), client: s.client, limits: &s.server.outputs, tooSlow: func() {
		s.server.log.Warn("a client is too slow for what it listens to and is dropped", "client", s.client.Addr)
	}}
	s.client.Pending = s.out.pending
	s.subscriber = broker.NewSubscriber(&s.client.Subscriptions, func(m *broker.Message) {
		s.out.push(m.Bytes(int(s.client.Proto.Load())))
	})
}

// Reset gives the calling session the state of a new one, as far as it is not the client's: RESET.
func (h host) Reset(c *cmd.Call) {
	s := c.Owner.(*session)
	s.multi = nil
	s.forget()
}

// forget ends all that others know of the session.
func (s *session) forget() {
	s.unwatch()
	s.server.broker.Leave(s.subscriber)
}

// cannotExecute is the error of RESP2 clients that hear channels: what they are sent
// besides messages must be replies to these commands.
func cannotExecute(spec *cmd.Spec) string {
	return "ERR Can't execute '" + spec.LowerName() +
		"': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context"
}
