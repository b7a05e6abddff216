package param

import "math"

const (
	noModules = refusal("Modules cannot be loaded into larder: remove this line")
	// noDefrag is what a Redis without its own allocator answers.
	noDefrag = refusal("Active defragmentation cannot be enabled: it requires a Redis server compiled with a modified " +
		"Jemalloc like the one shipped by default with the Redis source distribution")
)

// promiseRows are the parameters that would promise protection, a copy of the data or a limit that Larder does not
// have. It does not start with them, and CONFIG SET refuses them: an operator who asks for them relies on them.
func promiseRows() []row {
	return []row{
		yesno("journal", "yes", immutable).refuses("the log is always on: it gives all commits their one order. Remove " +
			"this line"),
		custom("replicaof", "no one", immutable|manyArgs, replicaGrammar()).or("slaveof").refuses(
			"Larder does not replicate: it would be an empty server beside the one to be followed. Remove this line"),
		number("min-replicas-to-write", "0", 0, maxInt, 0).or("min-slaves-to-write").refuses(
			"Larder does not replicate, so writes cannot wait for replicas: set it to 0"),
		number("socket-mark-id", "0", 0, math.MaxUint32, immutable).refuses(
			"Larder does not mark its sockets: set it to 0"),
		row{name: "maxmemory-clients", kind: kindPercent, def: "0", min: -100, max: maxLong}.refuses(
			"Larder does not evict clients: set it to 0; client-query-buffer-limit and client-output-buffer-limit bound each"),
		yesno("activedefrag", "no", 0).refuses(noDefrag),
		yesno("aof-load-truncated", "yes", 0).refuses(
			"Larder always starts from a log that a crash has cut short, with what stands before the cut: set it to yes"),
		yesno("aof-timestamp-enabled", "no", 0).refuses(
			"Larder's log cannot be cut at a moment in time: set it to no"),
	}
}
