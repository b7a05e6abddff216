package broker

import "larder/resp/reply"

// Message is what a subscriber hears. The broker makes one for all subscribers of a name and
// lends it to them for the time of the delivery.
type Message struct {
	Kind    Kind
	Pattern string // the one that fitted; of Patterns alone
	Channel []byte
	Payload []byte

	encoded [2][]byte
}

// Bytes is the message as it goes over the wire in protocol 2 or 3. It is encoded once for all
// who share it and must not be changed.
func (m *Message) Bytes(proto int) []byte {
	e := &m.encoded[proto-2]
	if *e == nil {
		*e = m.reply().Append(nil, proto)
	}
	return *e
}

func (m *Message) reply() reply.Reply {
	channel, payload := reply.Bytes(m.Channel), reply.Bytes(m.Payload)
	switch m.Kind {
	case Patterns:
		return reply.PushOf(reply.Text("pmessage"), reply.Text(m.Pattern), channel, payload)
	case ShardChannels:
		return reply.PushOf(reply.Text("smessage"), channel, payload)
	}
	return reply.PushOf(reply.Text("message"), channel, payload)
}
