// Package pubsubs holds the commands of publish and subscribe.
package pubsubs

import (
	"larder/resp/broker"
	"larder/resp/cmd"
)

// Host is what these commands need of the server. For any goroutine.
type Host interface {
	Broker() *broker.Broker
	// Subscriber is the calling client's.
	Subscriber(*cmd.Call) *broker.Subscriber
}

// family carries the host to the handlers.
type family struct{ host Host }

const (
	open   = cmd.PubSub | cmd.Loading | cmd.Stale
	hear   = open | cmd.NoScript | cmd.WhileSubscribed
	speak  = open | cmd.Fast | cmd.MayReplicate
	pubsub = "pubsub"
)

// Table returns the rows of the family.
func Table(host Host) []cmd.Spec {
	f := &family{host}
	shards := []cmd.KeySpec{cmd.KeysFrom(1, -1, 1, cmd.KeyNotKey)}
	all, patterns, one := cmd.Channels{First: 1, Last: -1}, cmd.Channels{First: 1, Last: -1, Patterns: true},
		cmd.Channels{First: 1, Last: 1}
	return []cmd.Spec{
		{Name: "SUBSCRIBE", Arity: -2, Flags: hear, Channels: all, Run: f.subscribe, Group: pubsub,
			Since: "2.0.0", Usage: "channel [channel ...]",
			Summary:    "Listens for messages published to channels.",
			Complexity: "O(N) where N is the number of channels to subscribe to."},
		{Name: "PSUBSCRIBE", Arity: -2, Flags: hear, Channels: patterns, Run: f.pSubscribe, Group: pubsub,
			Since: "2.0.0", Usage: "pattern [pattern ...]",
			Summary:    "Listens for messages published to channels that match one or more patterns.",
			Complexity: "O(N) where N is the number of patterns to subscribe to."},
		{Name: "SSUBSCRIBE", Arity: -2, Flags: hear, Keys: shards, Channels: all, Run: f.sSubscribe, Group: pubsub,
			Since: "7.0.0", Usage: "shardchannel [shardchannel ...]",
			Summary:    "Listens for messages published to shard channels.",
			Complexity: "O(N) where N is the number of shard channels to subscribe to."},
		{Name: "UNSUBSCRIBE", Arity: -1, Flags: hear, Run: f.unsubscribe, Group: pubsub,
			Since: "2.0.0", Usage: "[channel [channel ...]]",
			Summary:    "Stops listening to messages posted to channels.",
			Complexity: "O(N) where N is the number of channels to unsubscribe."},
		{Name: "PUNSUBSCRIBE", Arity: -1, Flags: hear, Run: f.pUnsubscribe, Group: pubsub,
			Since: "2.0.0", Usage: "[pattern [pattern ...]]",
			Summary:    "Stops listening to messages published to channels that match one or more patterns.",
			Complexity: "O(N) where N is the number of patterns to unsubscribe."},
		{Name: "SUNSUBSCRIBE", Arity: -1, Flags: hear, Keys: shards, Run: f.sUnsubscribe, Group: pubsub,
			Since: "7.0.0", Usage: "[shardchannel [shardchannel ...]]",
			Summary:    "Stops listening to messages posted to shard channels.",
			Complexity: "O(N) where N is the number of shard channels to unsubscribe."},
		{Name: "PUBLISH", Arity: 3, Flags: speak, Channels: one, Run: f.publish, Group: pubsub,
			Since: "2.0.0", Usage: "channel message",
			Summary: "Posts a message to a channel.",
			Complexity: "O(N+M) where N is the number of clients subscribed to the receiving channel and M is the total " +
				"number of subscribed patterns (by any client)."},
		{Name: "SPUBLISH", Arity: 3, Flags: speak, Keys: []cmd.KeySpec{cmd.KeyAt(1, cmd.KeyNotKey)}, Channels: one,
			Run: f.sPublish, Group: pubsub, Since: "7.0.0",
			Usage: "shardchannel message", Summary: "Post a message to a shard channel",
			Complexity: "O(N) where N is the number of clients subscribed to the receiving shard channel."},
		{Name: "PUBSUB", Arity: -2, Group: pubsub, Since: "2.8.0", Summary: "A container for Pub/Sub commands.",
			Complexity: "Depends on subcommand.",
			Subs:       f.inspection()},
	}
}

func (f *family) inspection() []cmd.Spec {
	return []cmd.Spec{
		{Name: "CHANNELS", Arity: -2, Flags: open, Run: f.channels, Group: pubsub, Since: "2.8.0", Usage: "[pattern]",
			Summary: "Returns the active channels.",
			Complexity: "O(N) where N is the number of active channels, and assuming constant time pattern matching " +
				"(relatively short channels and patterns)"},
		{Name: "NUMPAT", Arity: 2, Flags: open, Run: f.numPat, Group: pubsub, Since: "2.8.0",
			Summary: "Returns a count of unique pattern subscriptions.", Complexity: "O(1)"},
		{Name: "NUMSUB", Arity: -2, Flags: open, Run: f.numSub, Group: pubsub,
			Since: "2.8.0", Usage: "[channel [channel ...]]",
			Summary:    "Returns a count of subscribers to channels.",
			Complexity: "O(N) for the NUMSUB subcommand, where N is the number of requested channels"},
		{Name: "SHARDCHANNELS", Arity: -2, Flags: open, Run: f.shardChannels, Group: pubsub,
			Since: "7.0.0", Usage: "[pattern]",
			Summary: "Returns the active shard channels.",
			Complexity: "O(N) where N is the number of active shard channels, and assuming constant time pattern matching " +
				"(relatively short shard channels)."},
		{Name: "SHARDNUMSUB", Arity: -2, Flags: open, Run: f.shardNumSub, Group: pubsub,
			Since: "7.0.0", Usage: "[shardchannel [shardchannel ...]]",
			Summary:    "Returns the count of subscribers of shard channels.",
			Complexity: "O(N) for the SHARDNUMSUB subcommand, where N is the number of requested shard channels"},
		{Name: "HELP", Arity: 2, Flags: cmd.Loading | cmd.Stale, Run: help, Group: pubsub, Since: "6.2.0",
			Summary: "Returns helpful text about the different subcommands.", Complexity: "O(1)"},
	}
}
