package cmd

import (
	"larder/resp/arg"
	"larder/resp/reply"
	"larder/store"
)

// Call is one execution of a command. It belongs to the handler for the time of the call.
type Call struct {
	Spec   *Spec
	Args   [][]byte // the name first; valid until the reply is encoded
	DB     int      // the selected database
	Proto  int      // 2 or 3
	Tx     store.Tx // nil unless the row says Write or View
	Client *Client
	// Nested is set inside EXEC and scripts: a blocking command must not block then.
	Nested bool
	// Block, set by Await, says what the command waits for. Its reply then does not count.
	Block *Block
	// Keep, set by a handler, commits what was written although the reply is an error, as
	// a script's does.
	Keep bool
	// Frees, set by a handler, lets the keys that it writes lose their blessing.
	Frees bool
	// Counted, set by a handler, says that its error reply is in the statistics already, as
	// that of a script's command is.
	Counted bool
	// Owner is what package resp needs for commands that only it can run: the session, or, for
	// those that run a script, the execution.
	Owner any
	// Event is Spec.Event. A handler whose event depends on its arguments sets it before it writes.
	Event string
	// Heard are the classes of events somebody may listen to, mostly none: see Notify.
	Heard EventMask
	// Outcome is what the command leads to. The dispatcher publishes it, or clears it before another attempt.
	Outcome
}

// Key is the key named by argument i in the selected database.
func (c *Call) Key(i int) store.Key { return store.Key{DB: c.DB, Name: c.Args[i]} }

// KeyIn is a name as a key of the selected database.
func (c *Call) KeyIn(name []byte) store.Key { return store.Key{DB: c.DB, Name: name} }

// KeysFrom are the keys named by all arguments from i on.
func (c *Call) KeysFrom(i int) []store.Key { return c.KeysOf(c.Args[i:]) }

// KeysOf are names as keys of the selected database.
func (c *Call) KeysOf(names [][]byte) []store.Key {
	keys := make([]store.Key, len(names))
	for i, n := range names {
		keys[i] = c.KeyIn(n)
	}
	return keys
}

// Scan returns a scanner over the arguments from i on (1 is the first behind the name).
func (c *Call) Scan(i int) arg.Scanner { return arg.New(c.Args[i:]) }

// List starts an aggregate reply in the client's protocol.
func (c *Call) List(kind reply.Kind) *reply.List { return reply.NewList(c.Proto, kind) }
