// Package conns holds the commands about the connection itself: greeting, password,
// database, and the CLIENT container.
package conns

import (
	"time"

	"larder/resp/cmd"
	"larder/resp/track"
)

// Host is what these commands need of the server. For any goroutine.
type Host interface {
	// Clients lists the connections, oldest first.
	Clients() []*cmd.Client
	// Login makes the calling client another user, if the password is his.
	Login(c *cmd.Call, user, password []byte) bool
	// NoPass says that any password is the user default's.
	NoPass() bool
	// KnowsUser says that there is a user of the name.
	KnowsUser(name string) bool
	// Databases is the number of databases SELECT may name.
	Databases() int
	// Clustered says that the server is a node of a cluster, which has database 0 alone.
	Clustered() bool
	// Mode is "standalone" or "cluster".
	Mode() string
	// Answer sets which commands of the calling session are answered.
	Answer(*cmd.Call, Answering)
	// Pause holds up all clients, or those that write, for some time; Unpause ends it.
	Pause(d time.Duration, all bool)
	Unpause()
	// Client is a connection by its id, nil if there is none; Caches what connections track.
	Client(id int64) *cmd.Client
	Caches() *track.Table
	// Settle returns when every write that has run is there for readers to see.
	Settle() error
	// Reset undoes what the client has set up on its session: subscriptions, a transaction.
	Reset(*cmd.Call)
}

// family carries the host to the handlers.
type family struct{ host Host }

const (
	open  = cmd.NoScript | cmd.Loading | cmd.Stale
	entry = open | cmd.Fast | cmd.NoAuth | cmd.AllowBusy
	admin = open | cmd.Admin
)

// Table returns the rows of the family.
func Table(host Host) []cmd.Spec {
	f := &family{host}
	return []cmd.Spec{
		{Name: "PING", Arity: -1, Flags: cmd.Fast | cmd.WhileSubscribed, Run: ping,
			Group: "connection", Since: "1.0.0", Usage: "[message]",
			Summary:    "Returns the server's liveliness response.",
			Complexity: "O(1)", Tips: []string{"request_policy:all_shards", "response_policy:all_succeeded"}},
		{Name: "ECHO", Arity: 2, Flags: cmd.Loading | cmd.Stale | cmd.Fast, Run: echo,
			Group: "connection", Since: "1.0.0", Usage: "message",
			Summary: "Returns the given string.", Complexity: "O(1)"},
		{Name: "SELECT", Arity: 2, Flags: cmd.Loading | cmd.Stale | cmd.Fast, Run: f.selectDB,
			Group: "connection", Since: "1.0.0", Usage: "index",
			Summary: "Changes the selected database.", Complexity: "O(1)"},
		{Name: "QUIT", Arity: -1, Flags: entry | cmd.InMulti | cmd.EndsMulti | cmd.WhileSubscribed, Run: quit,
			Group: "connection", Since: "1.0.0", DeprecatedSince: "7.2.0", ReplacedBy: "just closing the connection",
			Summary: "Closes the connection.", Complexity: "O(1)"},
		{Name: "RESET", Arity: 1, Flags: entry | cmd.InMulti | cmd.EndsMulti | cmd.WhileSubscribed, Run: f.reset,
			Group: "connection", Since: "6.2.0",
			Summary: "Resets the connection.", Complexity: "O(1)"},
		{Name: "HELLO", Arity: -1, Flags: entry, Nests: true, Run: f.hello, Secrets: helloSecrets,
			Group: "connection", Since: "6.0.0",
			Block: "arguments",
			Usage: "[protover [AUTH username password] [SETNAME clientname]]", Summary: "Handshakes with the Redis server.",
			Complexity: "O(1)"},
		{Name: "AUTH", Arity: -2, Flags: entry, Run: f.auth, Secrets: authSecrets,
			Group: "connection", Since: "1.0.0", Usage: "[username] password",
			Summary: "Authenticates the connection.", Complexity: "O(N) where N is the number of passwords defined for the " +
				"user"},
		{Name: "CLIENT", Arity: -2, Group: "connection", Since: "2.4.0",
			Summary:    "A container for client connection commands.",
			Complexity: "Depends on subcommand.", Subs: keepCaching(f.clientRows())},
	}
}

// keepCaching lets rows come between CLIENT CACHING and the command it is meant for.
func keepCaching(rows []cmd.Spec) []cmd.Spec {
	for i := range rows {
		rows[i].Flags |= cmd.KeepsCaching
	}
	return rows
}

func (f *family) clientRows() []cmd.Spec {
	return []cmd.Spec{
		{Name: "ID", Arity: 2, Flags: open, Run: clientID, Group: "connection", Since: "5.0.0",
			Summary: "Returns the unique client ID of the connection.", Complexity: "O(1)"},
		{Name: "GETNAME", Arity: 2, Flags: open, Run: getName, Group: "connection", Since: "2.6.9",
			Summary: "Returns the name of the connection.", Complexity: "O(1)"},
		{Name: "SETNAME", Arity: 3, Flags: open, Run: setName, Group: "connection", Since: "2.6.9", Usage: "connection-name",
			Summary: "Sets the connection name.", Complexity: "O(1)"},
		{Name: "SETINFO", Arity: 4, Flags: open, Run: setInfo,
			Group: "connection", Since: "7.2.0", Usage: "<LIB-NAME libname | LIB-VER libver>",
			Summary: "Sets information specific to the client or connection.", Complexity: "O(1)"},
		{Name: "LIST", Arity: -2, Flags: admin, Run: f.list, Group: "connection", Since: "2.4.0",
			Usage:      "[TYPE <NORMAL | MASTER | REPLICA | PUBSUB>] [ID client-id [client-id ...]]",
			Summary:    "Lists open connections.",
			Complexity: "O(N) where N is the number of client connections", Tips: []string{"nondeterministic_output"}},
		{Name: "INFO", Arity: 2, Flags: open, Run: f.info, Group: "connection", Since: "6.2.0",
			Summary: "Returns information about the connection.", Complexity: "O(1)", Tips: []string{"nondeterministic_output"}},
		{Name: "KILL", Arity: -3, Flags: admin, Run: f.kill, Group: "connection", Since: "2.4.0",
			Usage: "<ip:port | <[ID client-id] | [TYPE <NORMAL | MASTER | SLAVE | REPLICA | PUBSUB>] | [USER username] | " +
				"[ADDR ip:port] | [LADDR ip:port] | [SKIPME <YES | NO>] [MAXAGE maxage]> [...]>",
			Summary: "Terminates open connections.", Complexity: "O(N) where N is the number of client connections"},
		{Name: "TRACKING", Arity: -3, Flags: open, Run: f.tracking, Group: "connection", Since: "6.0.0",
			Usage:      "<ON | OFF> [REDIRECT client-id] [PREFIX prefix [PREFIX prefix ...]] [BCAST] [OPTIN] [OPTOUT] [NOLOOP]",
			Summary:    "Controls server-assisted client-side caching for the connection.",
			Complexity: "O(1). Some options may introduce additional complexity."},
		{Name: "CACHING", Arity: 3, Flags: open, Run: f.caching, Group: "connection", Since: "6.0.0", Usage: "<YES | NO>",
			Summary: "Instructs the server whether to track the keys in the next request.", Complexity: "O(1)"},
		{Name: "GETREDIR", Arity: 2, Flags: open, Run: f.redirection, Group: "connection", Since: "6.0.0",
			Summary:    "Returns the client ID to which the connection's tracking notifications are redirected.",
			Complexity: "O(1)"},
		{Name: "TRACKINGINFO", Arity: 2, Flags: open, Nests: true, Run: f.trackingInfo, Group: "connection", Since: "6.2.0",
			Summary: "Returns information about server-assisted client-side caching for the connection.", Complexity: "O(1)"},
		{Name: "REPLY", Arity: 3, Flags: open, Run: f.replies,
			Group: "connection", Since: "3.2.0", Usage: "<ON | OFF | SKIP>",
			Summary: "Instructs the server whether to reply to commands.", Complexity: "O(1)"},
		{Name: "PAUSE", Arity: -3, Flags: admin, Run: f.pause,
			Group: "connection", Since: "2.9.50", Usage: "timeout [WRITE | ALL]",
			Summary: "Suspends commands processing.", Complexity: "O(1)"},
		{Name: "UNPAUSE", Arity: 2, Flags: admin, Run: f.unpause, Group: "connection", Since: "6.2.0",
			Summary:    "Resumes processing commands from paused clients.",
			Complexity: "O(N) Where N is the number of paused clients"},
		{Name: "UNBLOCK", Arity: -3, Flags: admin, Run: f.unblock,
			Group: "connection", Since: "5.0.0", Usage: "client-id [TIMEOUT | ERROR]",
			Summary:    "Unblocks a client blocked by a blocking command from a different connection.",
			Complexity: "O(log N) where N is the number of client connections"},
		{Name: "NO-EVICT", Arity: 3, Flags: admin, Run: noEvict, Group: "connection", Since: "7.0.0", Usage: "<ON | OFF>",
			Summary: "Sets the client eviction mode of the connection.", Complexity: "O(1)"},
		{Name: "NO-TOUCH", Arity: 3, Flags: open, Run: noTouch, Group: "connection", Since: "7.2.0", Usage: "<ON | OFF>",
			Summary: "Controls whether commands sent by the client affect the LRU/LFU of accessed keys.", Complexity: "O(1)"},
		{Name: "HELP", Arity: 2, Flags: cmd.Loading | cmd.Stale, Run: help, Group: "connection", Since: "5.0.0",
			Summary: "Returns helpful text about the different subcommands.", Complexity: "O(1)"},
	}
}
