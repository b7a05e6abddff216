// Package servers holds the commands about the server: INFO, SLOWLOG, LATENCY, MEMORY,
// DEBUG, SHUTDOWN and the parts of Redis that Larder answers without having them.
package servers

import (
	"context"
	"time"

	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/resp/stat"
	"larder/store"
)

// Host is what these commands need of the server. For any goroutine.
type Host interface {
	// Info is the text of INFO for some sections, the default ones if there are none.
	Info(sections []string) string
	Stats() *stat.Server
	// Commands are the counts of all commands; CommandStats those of one or, for a
	// container, of its subcommands.
	Commands() []*stat.Command
	CommandStats(name string) []*stat.Command
	// Flush makes everything written so far durable and folds the logs into the data files.
	Flush(ctx context.Context) error
	// Sync makes everything written so far durable.
	Sync(ctx context.Context) error
	// Release gives unused memory back to the operating system.
	Release()
	// Stop ends the server soon after it returns.
	Stop()
	// Busy is what commands are answered while a script is past its time.
	Busy() (text string, busy bool)
	// SetActiveExpire turns background expiry on or off.
	SetActiveExpire(on bool)
	// Databases is how many there are.
	Databases() int
	// RewriteAll writes every parameter into the configuration file.
	RewriteAll() error
	// DebugAllowed tells whether enable-debug-command lets this client in.
	DebugAllowed(*cmd.Client) bool
	// View runs a read-only transaction.
	View(ctx context.Context, s store.Scope, fn func(store.Tx) error) error
	// Update runs a transaction without events.
	Update(ctx context.Context, s store.Scope, fn func(store.Tx) error) error
	// IdleSeconds is the time since a key was last used.
	IdleSeconds(db int, name []byte) int64
	Log(message string)
	// Save writes the RDB file, StartSave begins to; snapshot.ErrRunning if one is being written. LastSave is when
	// the last was written.
	Save(ctx context.Context) error
	StartSave() error
	// Saving tells whether a file is being written.
	Saving() bool
	LastSave() time.Time
	// SavesAlone tells whether the configuration's save lines ask for files.
	SavesAlone() bool
	// MemoryStats are the names and values of MEMORY STATS.
	MemoryStats(ctx context.Context) ([]reply.Reply, error)
}

type family struct{ host Host }

const (
	quiet = cmd.Loading | cmd.Stale
	admin = quiet | cmd.Admin | cmd.NoScript
	group = "server"
)

// Table returns the rows of the family.
func Table(host Host) []cmd.Spec {
	f := &family{host}
	rows := []cmd.Spec{
		{Name: "INFO", Arity: -1, Flags: quiet, Run: f.info, Group: group, Since: "1.0.0", Usage: "[section [section ...]]",
			Categories: []string{"@dangerous"}, Tips: []string{"nondeterministic_output", "request_policy:all_shards",
				"response_policy:special"},
			Summary: "Returns information and statistics about the server.", Complexity: "O(1)"},
		{Name: "TIME", Arity: 1, Flags: quiet | cmd.Fast, Run: clock, Group: group,
			Since: "2.6.0", Tips: []string{"nondeterministic_output"},
			Summary: "Returns the server time.", Complexity: "O(1)"},
		{Name: "LOLWUT", Arity: -1, Flags: cmd.View | cmd.Fast, Run: lolwut, Group: group,
			Since: "5.0.0", Usage: "[VERSION version]",
			Summary: "Displays computer art and the Redis version."},
		{Name: "ROLE", Arity: 1, Flags: cmd.NoScript | quiet | cmd.Fast, Categories: []string{"@admin", "@dangerous"},
			Nests: true, Run: role, Group: group, Since: "2.8.12",
			Summary: "Returns the replication role.", Complexity: "O(1)"},
		{Name: "SHUTDOWN", Arity: -1, Flags: admin | cmd.NoMulti | cmd.AllowBusy, Run: f.shutdown, Group: group,
			Since:      "1.0.0",
			Usage:      "[NOSAVE | SAVE] [NOW] [FORCE] [ABORT]",
			Summary:    "Synchronously saves the database(s) to disk and shuts down the server.",
			Complexity: "O(1)"},
		{Name: "SAVE", Arity: 1, Flags: cmd.Admin | cmd.NoScript | cmd.NoAsyncLoading | cmd.NoMulti, Run: f.save,
			Group: group, Since: "1.0.0",
			Summary:    "Synchronously saves the database(s) to disk.",
			Complexity: "O(N) where N is the total number of keys in all databases"},
		{Name: "BGSAVE", Arity: -1, Flags: cmd.Admin | cmd.NoScript | cmd.NoAsyncLoading, Run: f.backgroundSave, Group: group,
			Since: "1.0.0", Usage: "[SCHEDULE]",
			Summary: "Asynchronously saves the database(s) to disk.", Complexity: "O(1)"},
		{Name: "LASTSAVE", Arity: 1, Flags: quiet | cmd.Fast, Categories: []string{"@admin", "@dangerous"}, Run: f.lastSave,
			Group: group, Since: "1.0.0",
			Tips:    []string{"nondeterministic_output"},
			Summary: "Returns the Unix timestamp of the last successful save to disk.", Complexity: "O(1)"},
		{Name: "BGREWRITEAOF", Arity: 1, Flags: cmd.Admin | cmd.NoScript | cmd.NoAsyncLoading, Run: f.rewrite, Group: group,
			Since:   "1.0.0",
			Summary: "Makes all writes durable and folds the write-ahead logs into the data files.", Complexity: "O(1)"},
		{Name: "DEBUG", Arity: -2, Flags: admin | cmd.Undocumented, Barred: f.debugBarred, Run: f.debug, Group: group,
			Since: "1.0.0", Summary: "A container for debugging commands.", Complexity: "Depends on subcommand."},
		{Name: "SLOWLOG", Arity: -2, Group: group, Since: "2.2.12", Summary: "A container for slow log commands.",
			Complexity: "Depends on subcommand.", Subs: f.slowlogRows()},
		{Name: "LATENCY", Arity: -2, Group: group, Since: "2.8.13", Summary: "A container for latency diagnostics commands.",
			Complexity: "Depends on subcommand.", Subs: f.latencyRows()},
		{Name: "MEMORY", Arity: -2, Group: group, Since: "4.0.0", Summary: "A container for memory diagnostics commands.",
			Complexity: "Depends on subcommand.", Subs: f.memoryRows()},
	}
	return append(append(rows, f.waitRows()...), absentRows()...)
}

func (f *family) slowlogRows() []cmd.Spec {
	flags := quiet | cmd.Admin
	return []cmd.Spec{
		{Name: "GET", Arity: -2, Flags: flags, Nests: true, Run: f.slowlogGet, Group: group,
			Since: "2.2.12", Usage: "[count]",
			Tips: []string{"request_policy:all_nodes", "nondeterministic_output"}, Summary: "Returns the slow log's entries.",
			Complexity: "O(N) where N is the number of entries returned"},
		{Name: "LEN", Arity: 2, Flags: flags, Run: f.slowlogLen, Group: group, Since: "2.2.12",
			Tips:    []string{"request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"},
			Summary: "Returns the number of entries in the slow log.", Complexity: "O(1)"},
		{Name: "RESET", Arity: 2, Flags: flags, Run: f.slowlogReset, Group: group, Since: "2.2.12",
			Tips:       []string{"request_policy:all_nodes", "response_policy:all_succeeded"},
			Summary:    "Clears all entries from the slow log.",
			Complexity: "O(N) where N is the number of entries in the slowlog"},
		{Name: "HELP", Arity: 2, Flags: quiet, Run: slowlogHelp, Group: group,
			Since: "6.2.0", Summary: "Show helpful text about the different subcommands.", Complexity: "O(1)"},
	}
}

func (f *family) latencyRows() []cmd.Spec {
	special := []string{"nondeterministic_output", "request_policy:all_nodes", "response_policy:special"}
	return []cmd.Spec{
		{Name: "LATEST", Arity: 2, Flags: admin, Nests: true, Run: f.latencyLatest, Group: group,
			Since: "2.8.13", Tips: special,
			Summary: "Returns the latest latency samples for all events.", Complexity: "O(1)"},
		{Name: "HISTORY", Arity: 3, Flags: admin, Nests: true, Run: f.latencyHistory, Group: group,
			Since: "2.8.13", Usage: "event", Tips: special,
			Summary: "Returns timestamp-latency samples for an event.", Complexity: "O(1)"},
		{Name: "RESET", Arity: -2, Flags: admin, Run: f.latencyReset, Group: group,
			Since: "2.8.13", Usage: "[event [event ...]]",
			Tips:    []string{"request_policy:all_nodes", "response_policy:all_succeeded"},
			Summary: "Resets the latency data for one or more events.", Complexity: "O(1)"},
		{Name: "GRAPH", Arity: 3, Flags: admin, Run: f.latencyGraph, Group: group,
			Since: "2.8.13", Usage: "event", Tips: special,
			Summary: "Returns a latency graph for an event.", Complexity: "O(1)"},
		{Name: "DOCTOR", Arity: 2, Flags: admin, Run: f.latencyDoctor, Group: group, Since: "2.8.13", Tips: special,
			Summary: "Returns a human-readable latency analysis report.", Complexity: "O(1)"},
		{Name: "HISTOGRAM", Arity: -2, Flags: admin, Nests: true, Run: f.latencyHistogram, Group: group,
			Since: "7.0.0", Usage: "[command [command ...]]", Tips: special,
			Summary:    "Returns the cumulative distribution of latencies of a subset or all commands.",
			Complexity: "O(N) where N is the number of commands with latency information being retrieved."},
		{Name: "HELP", Arity: 2, Flags: quiet, Run: latencyHelp, Group: group,
			Since: "2.8.13", Summary: "Returns helpful text about the different subcommands.", Complexity: "O(1)"},
	}
}

func (f *family) memoryRows() []cmd.Spec {
	all := []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"}
	return []cmd.Spec{
		{Name: "USAGE", Arity: -3, Flags: cmd.View, Keys: []cmd.KeySpec{cmd.KeyAt(2, cmd.KeyRO)}, Run: memoryUsage,
			Group: group, Since: "4.0.0",
			Usage: "key [SAMPLES count]", Categories: []string{"@read"}, Summary: "Estimates the memory usage of a key.",
			Complexity: "O(1)"},
		{Name: "PURGE", Arity: 2, Run: f.memoryPurge, Group: group,
			Since: "4.0.0", Tips: []string{"request_policy:all_shards", "response_policy:all_succeeded"},
			Summary:    "Asks the allocator to release memory.",
			Complexity: "Depends on how much memory is allocated, could be slow"},
		{Name: "MALLOC-STATS", Arity: 2, Run: mallocStats, Group: group, Since: "4.0.0", Tips: all,
			Summary: "Returns the allocator statistics.", Complexity: "Depends on how much memory is allocated, could be slow"},
		{Name: "STATS", Arity: 2, Nests: true, Run: f.memoryStats, Group: group, Since: "4.0.0", Tips: all,
			Summary: "Returns details about memory usage.", Complexity: "O(1)"},
		{Name: "DOCTOR", Arity: 2, Run: memoryDoctor, Group: group, Since: "4.0.0", Tips: all,
			Summary: "Outputs a memory problems report.", Complexity: "O(1)"},
		{Name: "HELP", Arity: 2, Flags: quiet, Run: memoryHelp, Group: group,
			Since: "4.0.0", Summary: "Returns helpful text about the different subcommands.", Complexity: "O(1)"},
	}
}

// sleep waits as DEBUG SLEEP does; only the caller's connection waits.
func sleep(d time.Duration) { time.Sleep(d) }
