// Package cmd holds the types by which commands are declared and called: a Spec is a
// command's one row, a Call one execution of it, a Client the connection it came from.
// What it leads to is an Outcome. The families under resp/cmd/ are tables of Specs; package resp dispatches by them.
// What several families have in common is here, too: random draws, pops of the first of several keys.
package cmd

import "larder/resp/reply"

// Flags are the properties of a command that dispatch acts on and COMMAND INFO shows.
type Flags uint64

// The flags of Redis. A command with neither Write nor View nor Whole runs without a transaction.
const (
	Write        Flags = 1 << iota // runs in an Update
	View                           // runs in a View; COMMAND INFO says readonly
	DenyOOM                        // refused when over maxmemory
	Admin                          //
	PubSub                         //
	NoScript                       // not from scripts
	Asking                         // taken for a slot that is on its way to this node of a cluster
	Blocking                       // may return a Block
	Loading                        // allowed while loading
	Stale                          //
	NoAuth                         // allowed before AUTH
	NoMulti                        // not inside MULTI
	Fast                           // O(1) or O(log n)
	NoMonitor                      // not shown to MONITOR
	NoSlowlog                      // not logged as slow
	MayReplicate                   // CLIENT PAUSE WRITE holds it up as it does writes
	MovableKeys                    // keys cannot be told from first, last and step
	// the transaction covers all keys, whatever the key arguments; alone, it is a View that COMMAND INFO conceals
	Whole
	NoAsyncLoading   //
	AllowBusy        // allowed while a script is over its time limit
	NoMandatoryKeys  //
	TouchesArbitrary // as Redis's touches-arbitrary-keys
	SortedForScript  // reserved
	Peek             // reads a key without using it: OBJECT IDLETIME must not see it
	InMulti          // runs at once between MULTI and EXEC
	Use              // uses a key although its key spec does not say access
	Undocumented     // left out of docs/commands.md: DEBUG and the like
	WhileSubscribed  // allowed to RESP2 clients that hear channels
	// gets no transaction although it says Write or View: it has no keys, or opens one itself
	Unbound
	Looks     // writes, but looks keys up as reading commands do: a miss counts as one
	EndsMulti // ends a transaction: never refused for want of room
	Scripted  // runs a script, which opens its transaction through the host
	// runs what is queued since MULTI: what it may do is what that may, and refusing it ends it
	RunsQueue
	KeepsCaching // what CLIENT CACHING said goes on to hold for the next command
)

// Handler runs a command. It may be called several times for one command, because
// transactions are retried: it must leave nothing behind but what it writes to c.Tx and
// what it returns. Returning an error reply undoes what it wrote.
type Handler func(c *Call) reply.Reply

// Spec is a command or subcommand. It is data, shared by all goroutines and never changed.
type Spec struct {
	Name string // upper case; a subcommand's without its container
	// Arity counts all words, the container's too; negative means "at least".
	Arity int
	Flags Flags
	Keys  []KeySpec
	// Channels are the arguments that name channels, which its user must be allowed to use.
	Channels Channels
	// Event is the keyspace event of each key the command writes: class letter, colon, name,
	// as "l:lpush". A key that vanishes gives "g:del", behind the command's own event if the
	// key is one that the command empties (see Empties). None if empty; see OwnEvents.
	Event string
	// KeyUse, if set, tells the flags of a KeyVariable key from the arguments, as SET's
	// depend on GET.
	KeyUse func(args [][]byte) KeyFlags
	// MoreKeys, if set, calls fn with the index and use of each key that no key spec can express,
	// as the one behind SORT's STORE.
	MoreKeys func(args [][]byte, fn func(i int, f KeyFlags))
	// Roams, if set, tells whether a call reads keys whose names follow from what it finds, as
	// SORT does by patterns: its transaction then covers all keys.
	Roams func(args [][]byte) bool
	// MayWrite, if set, tells whether a call may write where the flags only say MayReplicate.
	MayWrite func(args [][]byte) bool
	// Grows, if set, tells whether a call is refused for want of room as if its flags said DenyOOM.
	Grows func(args [][]byte) bool
	// Waits, if set, tells whether a call of a blocking command that only reads may wait. Its transaction is an
	// Update then: engines run those one after the other, so that no writer comes between looking and waiting.
	Waits func(args [][]byte) bool
	// Mends, if set, tells whether a call of a command that reads may have to write after all, as PFCOUNT does that keeps
	// what it has counted: see store.Job.May.
	Mends func(args [][]byte) bool
	// Barred, if set, tells why a client may not call the command, whatever it says; empty if it may.
	Barred func(*Client) string
	// Still says of a command that writes to a stream that it adds no entry: no blocked client's wait ends with it.
	Still bool
	// Nests says that a reply may hold aggregates inside an aggregate, in one protocol at least. Such replies are
	// where a script, EXEC and the two protocols easily differ: tests want a conversation for each of these rows.
	Nests bool
	// Secrets, if set, names the arguments that SLOWLOG and MONITOR must not show.
	Secrets func(args [][]byte) []int
	Run     Handler
	Subs    []Spec
	// Categories are ACL categories beyond those that follow from Flags and Group, as "@dangerous".
	Categories []string
	Group      string // "string", "hash", ...: COMMAND DOCS's group
	Since      string
	Usage      string // arguments as the manual writes them
	// Types are COMMAND DOCS's types of names in Usage that are not what these names usually have; Block is the name of a
	// sequence in it that has another than its first word.
	Types      map[string]string
	Block      string
	Summary    string
	Complexity string
	// DeprecatedSince, with ReplacedBy, is set for commands that the manual advises against.
	DeprecatedSince, ReplacedBy string
	Tips                        []string // COMMAND INFO's tips: "nondeterministic_output"
	Parent                      string   // container's name; set when the table is built
	ID                          int      // its place in the rights of users; set when the table is built
}

// Has reports whether all of f are set.
func (s *Spec) Has(f Flags) bool { return s.Flags&f == f }

// Transactional reports whether a call gets a transaction.
func (s *Spec) Transactional() bool { return s.Flags&(Write|View|Whole) != 0 && !s.Has(Unbound) }

// FullName is "CONFIG|GET" for a subcommand, the name for a command, lower case in Redis's replies.
func (s *Spec) FullName() string {
	if s.Parent == "" {
		return s.Name
	}
	return s.Parent + "|" + s.Name
}

// RedisVersion is the version of Redis whose behaviour we give: INFO's redis_version and
// HELLO's version. Clients switch features on by it.
const RedisVersion = "7.2.4"

// Version is the version of Larder itself.
const Version = "0.1.0"

// Covers reports whether a call's transaction covers all keys, whatever it names.
func (s *Spec) Covers(args [][]byte) bool {
	return s.Has(Whole) || s.Roams != nil && s.Roams(args)
}

// LooksUp reports whether a call looks keys up as reading commands do, of a writing one too that only reads with
// these arguments.
func (s *Spec) LooksUp(args [][]byte) bool {
	return !s.Has(Write) || s.Has(Looks) || s.KeyUse != nil && s.KeyUse(args)&KeyRO != 0
}

// Empties reports whether the command takes elements out of its keys, which then may vanish.
func (s *Spec) Empties() bool {
	const taking = KeyRW | KeyDelete
	return s.Event != "" && len(s.Keys) > 0 && s.Keys[0].Flags&taking == taking
}

// Uses reports whether running the command counts as a use of its keys, for LRU and LFU.
func (s *Spec) Uses() bool {
	if s.Has(Use) || s.Has(Write) {
		return true
	}
	for i := range s.Keys {
		if s.Keys[i].Flags&KeyAccess != 0 {
			return !s.Has(Peek)
		}
	}
	return false
}
