package param

import "math"

const (
	maxInt  = math.MaxInt32
	maxLong = math.MaxInt64
	mega    = 1 << 20
)

// rows are all parameters of Redis 7.2 with its defaults, and Larder's own. CONFIG
// REWRITE appends in this order.
func rows() []row {
	var all []row
	for _, group := range [][]row{
		larderRows(), networkRows(), generalRows(), memoryRows(), encodingRows(), accessRows(),
		persistenceRows(), replicationRows(), clusterRows(), tlsRows(), processRows(), testRows(),
	} {
		all = append(all, group...)
	}
	return all
}

func larderRows() []row {
	return []row{
		number("shards", "4", 1, 1024, immutable),
		memory("cache-size", "128mb", 0, immutable),
		number("cull-limit", "10", 0, maxInt, 0),
		yesno("journal", "yes", immutable),
		memory("journal-segment-size", "64mb", 64<<10, immutable),
		yesno("key-order-index", "no", immutable),
		number("lease-timeout", "10000", 1, maxInt, 0),
		memory("lua-memory-limit", "256mb", mega, immutable),
		text("pprof", "", immutable),
	}
}

func networkRows() []row {
	return []row{
		// The binary's own default in Redis is every address; this is what its redis.conf ships
		// with, and what is safe for somebody who has configured nothing.
		custom("bind", "127.0.0.1 -::1", manyArgs, bindGrammar()),
		text("bind-source-addr", "", emptyIsNone|noMeaning),
		number("port", "6379", 0, 65535, 0),
		yesno("protected-mode", "yes", 0),
		number("tcp-backlog", "511", 0, maxInt, immutable|noMeaning),
		number("tcp-keepalive", "300", 0, maxInt, 0),
		number("timeout", "0", 0, maxInt, 0),
		text("unixsocket", "", immutable|emptyIsNone),
		{name: "unixsocketperm", kind: kindOctal, def: "0", max: 0o777, flags: immutable},
		number("socket-mark-id", "0", 0, math.MaxUint32, immutable|noMeaning),
		number("maxclients", "10000", 1, math.MaxUint32, 0),
		memory("client-query-buffer-limit", "1gb", mega, 0),
		custom("client-output-buffer-limit", "normal 0 0 0 slave 256mb 64mb 60 pubsub 32mb 8mb 60", manyArgs, outputLimitGrammar()),
		memory("proto-max-bulk-len", "512mb", mega, 0),
		{name: "maxmemory-clients", kind: kindPercent, def: "0", min: -100, max: maxLong},
		number("io-threads", "1", 1, 128, immutable|noMeaning),
		yesno("io-threads-do-reads", "no", immutable|noMeaning),
	}
}

func generalRows() []row {
	return []row{
		number("databases", "16", 1, maxInt, immutable),
		custom("dir", "data", protected|immutable, dirGrammar()),
		text("logfile", "", immutable),
		enum("loglevel", "notice", 0, "debug", "verbose", "notice", "warning", "nothing"),
		text("pidfile", "", immutable|emptyIsNone),
		{name: "hz", kind: kindInt, def: "10", max: maxInt, clamp: clampHz},
		yesno("dynamic-hz", "yes", noMeaning),
		number("active-expire-effort", "1", 1, 10, 0),
		number("busy-reply-threshold", "5000", 0, maxLong, 0).or("lua-time-limit"),
		number("slowlog-log-slower-than", "10000", -1, maxLong, 0),
		count("slowlog-max-len", "128", 0),
		count("latency-monitor-threshold", "0", 0),
		yesno("latency-tracking", "yes", 0),
		custom("latency-tracking-info-percentiles", "50 99 99.9", manyArgs, percentilesGrammar()),
		custom("notify-keyspace-events", "", 0, eventsGrammar()),
		count("tracking-table-max-keys", "1000000", 0),
		number("shutdown-timeout", "10", 0, maxInt, noMeaning),
		shutdownRow("shutdown-on-sigint"),
		shutdownRow("shutdown-on-sigterm"),
		checked("locale-collate", "", noMeaning, checkLocale),
		enum("propagation-error-behavior", "ignore", noMeaning, "ignore", "panic", "panic-on-replicas"),
		yesno("lazyfree-lazy-eviction", "no", noMeaning),
		yesno("lazyfree-lazy-expire", "no", noMeaning),
		yesno("lazyfree-lazy-server-del", "no", noMeaning),
		yesno("lazyfree-lazy-user-del", "no", noMeaning),
		yesno("lazyfree-lazy-user-flush", "no", noMeaning),
	}
}

func shutdownRow(name string) row {
	return row{name: name, kind: kindFlags, def: "default", flags: manyArgs | noMeaning, choices: []choice{
		{"default", 0}, {"save", shutdownSave}, {"nosave", shutdownNoSave}, {"now", 4}, {"force", 8},
	}}
}

func memoryRows() []row {
	return []row{
		memory("maxmemory", "0", 0, fullRange).or("maxdisk"),
		enum("maxmemory-policy", "noeviction", 0, "volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl",
			"allkeys-lru", "allkeys-lfu", "allkeys-random", "noeviction", "volatile-lrs", "allkeys-lrs"),
		number("maxmemory-samples", "5", 1, maxInt, 0),
		number("maxmemory-eviction-tenacity", "10", 0, 100, noMeaning),
		number("lfu-log-factor", "10", 0, maxInt, 0),
		number("lfu-decay-time", "1", 0, maxInt, 0),
		yesno("activerehashing", "yes", noMeaning),
		yesno("activedefrag", "no", noMeaning),
		number("active-defrag-cycle-min", "1", 1, 99, noMeaning),
		number("active-defrag-cycle-max", "25", 1, 99, noMeaning),
		number("active-defrag-threshold-lower", "10", 0, 1000, noMeaning),
		number("active-defrag-threshold-upper", "100", 0, 1000, noMeaning),
		memory("active-defrag-ignore-bytes", "100mb", 1, noMeaning),
		number("active-defrag-max-scan-fields", "1000", 1, maxLong, noMeaning),
		yesno("jemalloc-bg-thread", "yes", noMeaning),
		yesno("disable-thp", "yes", immutable|noMeaning),
	}
}

func encodingRows() []row {
	return []row{
		count("hash-max-listpack-entries", "512", 0).or("hash-max-ziplist-entries"),
		memory("hash-max-listpack-value", "64", 0, 0).or("hash-max-ziplist-value"),
		number("list-max-listpack-size", "-2", math.MinInt32, maxInt, 0).or("list-max-ziplist-size"),
		number("list-compress-depth", "0", 0, maxInt, 0),
		count("set-max-intset-entries", "512", 0),
		count("set-max-listpack-entries", "128", 0),
		count("set-max-listpack-value", "64", 0),
		count("zset-max-listpack-entries", "128", 0).or("zset-max-ziplist-entries"),
		memory("zset-max-listpack-value", "64", 0, 0).or("zset-max-ziplist-value"),
		memory("hll-sparse-max-bytes", "3000", 0, 0),
		memory("stream-node-max-bytes", "4096", 0, 0),
		count("stream-node-max-entries", "100", 0),
		enum("sanitize-dump-payload", "no", 0, "no", "yes", "clients"),
	}
}

func accessRows() []row {
	return []row{
		text("requirepass", "", sensitive|emptyIsNone),
		text("aclfile", "", immutable),
		count("acllog-max-len", "128", 0),
		enum("acl-pubsub-default", "resetchannels", 0, "allchannels", "resetchannels"),
		enum("enable-protected-configs", "no", immutable, "no", "yes", "local"),
		enum("enable-debug-command", "no", immutable, "no", "yes", "local"),
		enum("enable-module-command", "no", immutable|noMeaning, "no", "yes", "local"),
	}
}

func persistenceRows() []row {
	return []row{
		enum("appendfsync", "everysec", 0, "everysec", "always", "no"),
		custom("save", "3600 1 300 100 60 10000", manyArgs|noMeaning, saveGrammar()),
		checked("dbfilename", "dump.rdb", protected|noMeaning, baseName("dbfilename", "filename", true)),
		yesno("rdbcompression", "yes", noMeaning),
		yesno("rdbchecksum", "yes", immutable|noMeaning),
		yesno("rdb-del-sync-files", "no", noMeaning),
		yesno("rdb-save-incremental-fsync", "yes", noMeaning),
		yesno("stop-writes-on-bgsave-error", "yes", noMeaning),
		yesno("appendonly", "no", noMeaning),
		checked("appendfilename", "appendonly.aof", immutable|noMeaning, baseName("appendfilename", "filename", false)),
		checked("appenddirname", "appendonlydir", immutable|noMeaning, baseName("appenddirname", "dirname", false)),
		yesno("no-appendfsync-on-rewrite", "no", noMeaning),
		number("auto-aof-rewrite-percentage", "100", 0, maxInt, noMeaning),
		memory("auto-aof-rewrite-min-size", "64mb", 0, noMeaning),
		yesno("aof-load-truncated", "yes", noMeaning),
		yesno("aof-use-rdb-preamble", "yes", noMeaning),
		yesno("aof-timestamp-enabled", "no", noMeaning),
		yesno("aof-rewrite-incremental-fsync", "yes", noMeaning),
		yesno("aof-disable-auto-gc", "no", noMeaning),
	}
}

func replicationRows() []row {
	return []row{
		custom("replicaof", "no one", immutable|manyArgs|noMeaning, replicaGrammar()).or("slaveof"),
		text("masteruser", "", sensitive|emptyIsNone|noMeaning),
		text("masterauth", "", sensitive|emptyIsNone|noMeaning),
		yesno("replica-serve-stale-data", "yes", noMeaning).or("slave-serve-stale-data"),
		yesno("replica-read-only", "yes", noMeaning).or("slave-read-only"),
		yesno("replica-lazy-flush", "no", noMeaning).or("slave-lazy-flush"),
		yesno("replica-ignore-maxmemory", "yes", noMeaning).or("slave-ignore-maxmemory"),
		yesno("replica-ignore-disk-write-errors", "no", noMeaning),
		yesno("replica-announced", "yes", noMeaning),
		text("replica-announce-ip", "", emptyIsNone|noMeaning).or("slave-announce-ip"),
		number("replica-announce-port", "0", 0, 65535, noMeaning).or("slave-announce-port"),
		number("replica-priority", "100", 0, maxInt, noMeaning).or("slave-priority"),
		yesno("repl-diskless-sync", "yes", noMeaning),
		number("repl-diskless-sync-delay", "5", 0, maxInt, noMeaning),
		number("repl-diskless-sync-max-replicas", "0", 0, maxInt, noMeaning),
		enum("repl-diskless-load", "disabled", noMeaning, "disabled", "on-empty-db", "swapdb"),
		yesno("repl-disable-tcp-nodelay", "no", noMeaning),
		number("repl-ping-replica-period", "10", 1, maxInt, noMeaning).or("repl-ping-slave-period"),
		number("repl-timeout", "60", 1, maxInt, noMeaning),
		memory("repl-backlog-size", "1mb", 1, noMeaning),
		count("repl-backlog-ttl", "3600", noMeaning),
		number("min-replicas-to-write", "0", 0, maxInt, noMeaning).or("min-slaves-to-write"),
		number("min-replicas-max-lag", "10", 0, maxInt, noMeaning).or("min-slaves-max-lag"),
	}
}

func clusterRows() []row {
	return []row{
		yesno("cluster-enabled", "no", immutable|noMeaning),
		text("cluster-config-file", "nodes.conf", immutable|noMeaning),
		count("cluster-node-timeout", "15000", noMeaning),
		number("cluster-port", "0", 0, 65535, immutable|noMeaning),
		number("cluster-replica-validity-factor", "10", 0, maxInt, noMeaning).or("cluster-slave-validity-factor"),
		yesno("cluster-replica-no-failover", "no", noMeaning).or("cluster-slave-no-failover"),
		number("cluster-migration-barrier", "1", 0, maxInt, noMeaning),
		yesno("cluster-allow-replica-migration", "yes", noMeaning),
		yesno("cluster-require-full-coverage", "yes", noMeaning),
		yesno("cluster-allow-reads-when-down", "no", noMeaning),
		yesno("cluster-allow-pubsubshard-when-down", "yes", noMeaning),
		memory("cluster-link-sendbuf-limit", "0", 0, fullRange|noMeaning),
		text("cluster-announce-ip", "", emptyIsNone|noMeaning),
		number("cluster-announce-port", "0", 0, 65535, noMeaning),
		number("cluster-announce-tls-port", "0", 0, 65535, noMeaning),
		number("cluster-announce-bus-port", "0", 0, 65535, noMeaning),
		checked("cluster-announce-hostname", "", emptyIsNone|noMeaning, checkHostname),
		checked("cluster-announce-human-nodename", "", emptyIsNone|noMeaning, checkNodename),
		enum("cluster-preferred-endpoint-type", "ip", noMeaning, "ip", "hostname", "unknown-endpoint"),
	}
}

func tlsRows() []row {
	return []row{
		number("tls-port", "0", 0, 65535, noMeaning),
		text("tls-cert-file", "", emptyIsNone|noMeaning),
		text("tls-key-file", "", emptyIsNone|noMeaning),
		text("tls-key-file-pass", "", sensitive|emptyIsNone|noMeaning),
		text("tls-client-cert-file", "", emptyIsNone|noMeaning),
		text("tls-client-key-file", "", emptyIsNone|noMeaning),
		text("tls-client-key-file-pass", "", sensitive|emptyIsNone|noMeaning),
		text("tls-dh-params-file", "", emptyIsNone|noMeaning),
		text("tls-ca-cert-file", "", emptyIsNone|noMeaning),
		text("tls-ca-cert-dir", "", emptyIsNone|noMeaning),
		enum("tls-auth-clients", "yes", noMeaning, "no", "yes", "optional"),
		yesno("tls-replication", "no", noMeaning),
		yesno("tls-cluster", "no", noMeaning),
		text("tls-protocols", "", emptyIsNone|noMeaning),
		text("tls-ciphers", "", emptyIsNone|noMeaning),
		text("tls-ciphersuites", "", emptyIsNone|noMeaning),
		yesno("tls-prefer-server-ciphers", "no", noMeaning),
		yesno("tls-session-caching", "yes", noMeaning),
		number("tls-session-cache-size", "20480", 0, maxInt, noMeaning),
		number("tls-session-cache-timeout", "300", 0, maxInt, noMeaning),
	}
}

func processRows() []row {
	return []row{
		yesno("daemonize", "no", immutable),
		enum("supervised", "no", immutable, "upstart", "systemd", "auto", "no"),
		yesno("always-show-logo", "no", immutable|noMeaning),
		yesno("set-proc-title", "yes", immutable|noMeaning),
		checked("proc-title-template", "{title} {listen-addr} {server-mode}", noMeaning, checkTitle),
		yesno("syslog-enabled", "no", immutable|noMeaning),
		text("syslog-ident", "redis", immutable|noMeaning),
		enum("syslog-facility", "local0", immutable|noMeaning, "user", "local0", "local1", "local2", "local3", "local4",
			"local5", "local6", "local7"),
		{name: "oom-score-adj", kind: kindEnum, def: "no", flags: noMeaning, choices: []choice{
			{"no", 0}, {"yes", 1}, {"relative", 1}, {"absolute", 2}}},
		custom("oom-score-adj-values", "0 200 800", manyArgs|noMeaning, oomGrammar()),
		yesno("crash-log-enabled", "yes", noMeaning),
		yesno("crash-memcheck-enabled", "yes", noMeaning),
		text("ignore-warnings", "", noMeaning),
		text("server_cpulist", "", immutable|emptyIsNone|noMeaning),
		text("bio_cpulist", "", immutable|emptyIsNone|noMeaning),
		text("aof_rewrite_cpulist", "", immutable|emptyIsNone|noMeaning),
		text("bgsave_cpulist", "", immutable|emptyIsNone|noMeaning),
	}
}

// testRows are what Redis keeps for its own tests; CONFIG GET with a pattern hides them.
func testRows() []row {
	return []row{
		yesno("use-exit-on-panic", "no", hidden|noMeaning),
		yesno("lua-enable-deprecated-api", "no", immutable|hidden|noMeaning),
		yesno("enable-debug-assert", "no", immutable|hidden|noMeaning),
		number("rdb-key-save-delay", "0", math.MinInt32, maxInt, hidden|noMeaning),
		number("key-load-delay", "0", math.MinInt32, maxInt, hidden|noMeaning),
		number("watchdog-period", "0", 0, maxInt, hidden|noMeaning),
		number("loading-process-events-interval-bytes", "2097152", 1024, maxInt, hidden|noMeaning),
	}
}
