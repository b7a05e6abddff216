package param

import (
	"math"
	"slices"
)

// Reasons that many rows share.
const (
	noReplicas = "there is no replication, and `replicaof` is refused"
	opensslOwn = "it steers OpenSSL; Go's TLS decides on it by itself"
	noAOF      = "there is no append-only file: every acknowledged write is in Larder's own log, which shortens itself"
	noDefragAt = "there is no defragmentation, and `activedefrag yes` is refused"
	inTheDark  = "large values are always freed in the background"
	storage    = "how Redis lays values out in memory; they lie on disk here"
	onSignal   = "a signal closes the server when all acknowledged writes are in its files; there is no RDB file to write"
	placement  = "it moves threads between processors, which the operating system does here"
)

func idleRows() []row {
	return slices.Concat(
		without("Larder opens no connections to other servers", text("bind-source-addr", "", emptyIsNone)),
		without("the queue of new connections is as long as the operating system allows",
			number("tcp-backlog", "511", 0, maxInt, immutable)),
		without("connections are served on all processors",
			number("io-threads", "1", 1, 128, immutable), yesno("io-threads-do-reads", "no", immutable)),
		without("background work has its own clock, ten times a second",
			row{name: "hz", kind: kindInt, def: "10", max: maxInt, clamp: clampHz}, yesno("dynamic-hz", "yes", 0)),
		without("expired keys are never answered; they are removed in a quarter of the time at most",
			number("active-expire-effort", "1", 1, 10, 0)),
		without("there are no replicas to wait for", number("shutdown-timeout", "10", 0, maxInt, 0)),
		without(onSignal, shutdownRow("shutdown-on-sigint"), shutdownRow("shutdown-on-sigterm")),
		without("`SORT ALPHA` compares bytes, and other locales are refused", checked("locale-collate", "", 0, checkLocale)),
		without("nothing is propagated",
			enum("propagation-error-behavior", "ignore", 0, "ignore", "panic", "panic-on-replicas")),
		without(inTheDark, yesno("lazyfree-lazy-eviction", "no", 0), yesno("lazyfree-lazy-expire", "no", 0),
			yesno("lazyfree-lazy-server-del", "no", 0), yesno("lazyfree-lazy-user-del", "no", 0),
			yesno("lazyfree-lazy-user-flush", "no", 0)),
		without("a write evicts all that it needs room for", number("maxmemory-eviction-tenacity", "10", 0, 100, 0)),
		without(noDefragAt,
			number("active-defrag-cycle-min", "1", 1, 99, 0), number("active-defrag-cycle-max", "25", 1, 99, 0),
			number("active-defrag-threshold-lower", "10", 0, 1000, 0),
			number("active-defrag-threshold-upper", "100", 0, 1000, 0),
			memory("active-defrag-ignore-bytes", "100mb", 1, 0), number("active-defrag-max-scan-fields", "1000", 1, maxLong, 0)),
		without(storage, yesno("activerehashing", "yes", 0), number("list-compress-depth", "0", 0, maxInt, 0),
			memory("stream-node-max-bytes", "4096", 0, 0)),
		without("`RESTORE` always looks at all of a payload", enum("sanitize-dump-payload", "no", 0, "no", "yes", "clients")),
		without("it permits `MODULE LOAD`, which is not there",
			enum("enable-module-command", "no", immutable, "no", "yes", "local")),
	)
}

func shutdownRow(name string) row {
	return row{name: name, kind: kindFlags, def: "default", flags: manyArgs, choices: []choice{
		{"default", 0}, {"save", shutdownSave}, {"nosave", shutdownNoSave}, {"now", 4}, {"force", 8},
	}}
}

func idlePersistenceRows() []row {
	return slices.Concat(
		[]row{
			custom("save", "3600 1 300 100 60 10000", manyArgs, saveGrammar()),
			checked("dbfilename", "dump.rdb", protected, baseName("dbfilename", "filename", true)),
		},
		without("RDB files, which `SAVE` and `BGSAVE` write, hold strings as they are, and always a checksum",
			yesno("rdbcompression", "yes", 0),
			yesno("rdbchecksum", "yes", immutable),
		),
		without("an RDB file is synced when it is whole", yesno("rdb-save-incremental-fsync", "yes", 0)),
		without("no RDB file is read", yesno("rdb-del-sync-files", "no", 0)),
		without("every acknowledged write is in Larder's own files, whatever becomes of an RDB file; writes are refused "+
			"while the log cannot be written",
			yesno("stop-writes-on-bgsave-error", "yes", 0)),
		without("every acknowledged write is in Larder's own files, whatever it says", yesno("appendonly", "no", 0)),
		without(noAOF,
			checked("appendfilename", "appendonly.aof", immutable, baseName("appendfilename", "filename", false)),
			checked("appenddirname", "appendonlydir", immutable, baseName("appenddirname", "dirname", false)),
			yesno("no-appendfsync-on-rewrite", "no", 0),
			number("auto-aof-rewrite-percentage", "100", 0, maxInt, 0),
			memory("auto-aof-rewrite-min-size", "64mb", 0, 0),
			yesno("aof-use-rdb-preamble", "yes", 0),
			yesno("aof-rewrite-incremental-fsync", "yes", 0),
			yesno("aof-disable-auto-gc", "no", 0),
		),
	)
}

func idleReplicationRows() []row {
	return without(noReplicas,
		text("masteruser", "", sensitive|emptyIsNone),
		text("masterauth", "", sensitive|emptyIsNone),
		yesno("replica-serve-stale-data", "yes", 0).or("slave-serve-stale-data"),
		yesno("replica-read-only", "yes", 0).or("slave-read-only"),
		yesno("replica-lazy-flush", "no", 0).or("slave-lazy-flush"),
		yesno("replica-ignore-maxmemory", "yes", 0).or("slave-ignore-maxmemory"),
		yesno("replica-ignore-disk-write-errors", "no", 0),
		yesno("replica-announced", "yes", 0),
		text("replica-announce-ip", "", emptyIsNone).or("slave-announce-ip"),
		number("replica-announce-port", "0", 0, 65535, 0).or("slave-announce-port"),
		number("replica-priority", "100", 0, maxInt, 0).or("slave-priority"),
		yesno("repl-diskless-sync", "yes", 0),
		number("repl-diskless-sync-delay", "5", 0, maxInt, 0),
		number("repl-diskless-sync-max-replicas", "0", 0, maxInt, 0),
		enum("repl-diskless-load", "disabled", 0, "disabled", "on-empty-db", "swapdb"),
		yesno("repl-disable-tcp-nodelay", "no", 0),
		number("repl-ping-replica-period", "10", 1, maxInt, 0).or("repl-ping-slave-period"),
		number("repl-timeout", "60", 1, maxInt, 0),
		memory("repl-backlog-size", "1mb", 1, 0),
		count("repl-backlog-ttl", "3600", 0),
		number("min-replicas-max-lag", "10", 0, maxInt, 0).or("min-slaves-max-lag"),
	)
}

func idleClusterRows() []row {
	return slices.Concat(
		without("a cluster of one node has no replicas, no links between nodes, and is never down",
			count("cluster-node-timeout", "15000", 0),
			number("cluster-replica-validity-factor", "10", 0, maxInt, 0).or("cluster-slave-validity-factor"),
			yesno("cluster-replica-no-failover", "no", 0).or("cluster-slave-no-failover"),
			number("cluster-migration-barrier", "1", 0, maxInt, 0),
			yesno("cluster-allow-replica-migration", "yes", 0),
			yesno("cluster-require-full-coverage", "yes", 0),
			yesno("cluster-allow-reads-when-down", "no", 0),
			yesno("cluster-allow-pubsubshard-when-down", "yes", 0),
			memory("cluster-link-sendbuf-limit", "0", 0, fullRange)),
		without("it names the node in the logs of others",
			checked("cluster-announce-human-nodename", "", emptyIsNone, checkNodename)),
		without("`tls-cluster` has no effect, so the port that is announced is `port`",
			number("cluster-announce-tls-port", "0", 0, 65535, 0)),
	)
}

func idleTLSRows() []row {
	return slices.Concat(
		without("Larder opens no connections to other servers",
			text("tls-client-cert-file", "", emptyIsNone|fromDir|again),
			text("tls-client-key-file", "", emptyIsNone|fromDir|again),
			text("tls-client-key-file-pass", "", sensitive|emptyIsNone|again)),
		without(noReplicas, yesno("tls-replication", "no", 0)),
		without("a cluster of one node has no links between nodes", yesno("tls-cluster", "no", 0)),
		without(opensslOwn,
			text("tls-dh-params-file", "", emptyIsNone|fromDir|again),
			text("tls-ciphersuites", "", emptyIsNone),
			yesno("tls-prefer-server-ciphers", "no", 0),
			number("tls-session-cache-size", "20480", 0, maxInt, 0),
			number("tls-session-cache-timeout", "300", 0, maxInt, 0)),
	)
}

func idleProcessRows() []row {
	return slices.Concat(
		without("it is how the process looks in a terminal or in ps",
			yesno("always-show-logo", "no", immutable),
			yesno("set-proc-title", "yes", immutable),
			checked("proc-title-template", "{title} {listen-addr} {server-mode}", 0, checkTitle)),
		without("what a crash prints is Go's report, always and on standard error",
			yesno("crash-log-enabled", "yes", 0), yesno("crash-memcheck-enabled", "yes", 0)),
		without("it silences a warning that Larder does not give", text("ignore-warnings", "", 0)),
		without("memory is Go's", yesno("jemalloc-bg-thread", "yes", 0), yesno("disable-thp", "yes", immutable)),
		without(placement, text("server_cpulist", "", immutable|emptyIsNone), text("bio_cpulist", "", immutable|emptyIsNone),
			text("aof_rewrite_cpulist", "", immutable|emptyIsNone), text("bgsave_cpulist", "", immutable|emptyIsNone)),
	)
}

// testRows are what Redis keeps for its own tests; CONFIG GET with a pattern hides them.
func testRows() []row {
	return slices.Concat(
		without("it serves Redis's own tests",
			yesno("use-exit-on-panic", "no", hidden),
			yesno("enable-debug-assert", "no", immutable|hidden),
			number("rdb-key-save-delay", "0", math.MinInt32, maxInt, hidden),
			number("key-load-delay", "0", math.MinInt32, maxInt, hidden),
			number("loading-process-events-interval-bytes", "2097152", 1024, maxInt, hidden)),
		without("it brings back functions that scripts do not have here",
			yesno("lua-enable-deprecated-api", "no", immutable|hidden)),
		without("it logs what Redis's own code is doing", number("watchdog-period", "0", 0, maxInt, hidden)),
	)
}
