package pubsubs

import (
	"bytes"

	"larder/resp/broker"
	"larder/resp/cmd"
	"larder/resp/reply"
)

func (f *family) publish(c *cmd.Call) reply.Reply { return f.send(c, broker.Channels) }

func (f *family) sPublish(c *cmd.Call) reply.Reply { return f.send(c, broker.ShardChannels) }

// send counts now and delivers once what surrounds it, EXEC or a script, has committed.
func (f *family) send(c *cmd.Call, k broker.Kind) reply.Reply {
	n := f.host.Broker().Receivers(k, c.Args[1])
	if n > 0 {
		channel, payload := bytes.Clone(c.Args[1]), bytes.Clone(c.Args[2])
		c.After(func() { f.host.Broker().Publish(k, channel, payload) })
	}
	return reply.Integer(n)
}

func (f *family) channels(c *cmd.Call) reply.Reply { return f.names(c, broker.Channels) }

func (f *family) shardChannels(c *cmd.Call) reply.Reply { return f.names(c, broker.ShardChannels) }

func (f *family) names(c *cmd.Call, k broker.Kind) reply.Reply {
	switch len(c.Args) {
	case 2:
		return reply.Texts(f.host.Broker().Names(k, nil)...)
	case 3:
		return reply.Texts(f.host.Broker().Names(k, c.Args[2])...)
	}
	return c.UnknownForm()
}

func (f *family) numPat(*cmd.Call) reply.Reply {
	return reply.Integer(f.host.Broker().Total(broker.Patterns))
}

func (f *family) numSub(c *cmd.Call) reply.Reply { return f.numbers(c, broker.Channels) }

func (f *family) shardNumSub(c *cmd.Call) reply.Reply { return f.numbers(c, broker.ShardChannels) }

func (f *family) numbers(c *cmd.Call, k broker.Kind) reply.Reply {
	list := make([]reply.Reply, 0, 2*len(c.Args))
	for _, name := range c.Args[2:] {
		list = append(list, reply.Bytes(name), reply.Integer(f.host.Broker().Subscribers(k, name)))
	}
	return reply.Of(list...)
}

func help(*cmd.Call) reply.Reply {
	return reply.Words(
		"PUBSUB <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
		"CHANNELS [<pattern>]",
		"    Return the currently active channels matching a <pattern> (default: '*').",
		"NUMPAT",
		"    Return number of subscriptions to patterns.",
		"NUMSUB [<channel> ...]",
		"    Return the number of subscribers for the specified channels, excluding",
		"    pattern subscriptions(default: no channels).",
		"SHARDCHANNELS [<pattern>]",
		"    Return the currently active shard level channels matching a <pattern> (default: '*').",
		"SHARDNUMSUB [<shardchannel> ...]",
		"    Return the number of subscribers for the specified shard level channel(s)",
		"HELP",
		"    Prints this help.",
	)
}
