package pubsubs

import (
	"larder/resp/broker"
	"larder/resp/cmd"
	"larder/resp/reply"
)

func (f *family) subscribe(c *cmd.Call) reply.Reply {
	return f.join(c, broker.Channels, "subscribe")
}

func (f *family) pSubscribe(c *cmd.Call) reply.Reply {
	return f.join(c, broker.Patterns, "psubscribe")
}

// sSubscribe is the one of the three that a transaction refuses: they were there before its rule.
func (f *family) sSubscribe(c *cmd.Call) reply.Reply {
	if c.Nested {
		return reply.Fail("ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client")
	}
	return f.join(c, broker.ShardChannels, "ssubscribe")
}

func (f *family) unsubscribe(c *cmd.Call) reply.Reply {
	return f.leave(c, broker.Channels, "unsubscribe")
}

func (f *family) pUnsubscribe(c *cmd.Call) reply.Reply {
	return f.leave(c, broker.Patterns, "punsubscribe")
}

func (f *family) sUnsubscribe(c *cmd.Call) reply.Reply {
	return f.leave(c, broker.ShardChannels, "sunsubscribe")
}

// join answers once for each name. A client that has lost the right since the command was let in is closed, as if it
// had been there already.
func (f *family) join(c *cmd.Call, k broker.Kind, word string) reply.Reply {
	s := f.host.Subscriber(c)
	replies := make([]reply.Reply, 0, len(c.Args)-1)
	for _, name := range c.Args[1:] {
		if !f.host.Broker().Subscribe(s, k, string(name)) {
			c.Client.Killed.Store(true)
		}
		replies = append(replies, confirm(c, k, word, reply.Bytes(name)))
	}
	return reply.Sequence(replies...)
}

// leave answers once for each name; without names it leaves all, and without any to leave it
// answers once for none.
func (f *family) leave(c *cmd.Call, k broker.Kind, word string) reply.Reply {
	s := f.host.Subscriber(c)
	var names []string
	for _, name := range c.Args[1:] {
		names = append(names, string(name))
	}
	if len(names) == 0 {
		names = f.host.Broker().Subscriptions(s, k)
	}
	if len(names) == 0 {
		return confirm(c, k, word, reply.Nil())
	}
	replies := make([]reply.Reply, 0, len(names))
	for _, name := range names {
		f.host.Broker().Unsubscribe(s, k, name)
		replies = append(replies, confirm(c, k, word, reply.Text(name)))
	}
	return reply.Sequence(replies...)
}

// confirm counts what is left: channels and patterns together, shard channels by themselves.
func confirm(c *cmd.Call, k broker.Kind, word string, name reply.Reply) reply.Reply {
	counts := &c.Client.Subscriptions
	n := counts[broker.Channels].Load() + counts[broker.Patterns].Load()
	if k == broker.ShardChannels {
		n = counts[k].Load()
	}
	return reply.PushOf(reply.Text(word), name, reply.Integer(n))
}
