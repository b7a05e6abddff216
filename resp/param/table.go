package param

import "math"

const (
	maxInt  = math.MaxInt32
	maxLong = math.MaxInt64
	mega    = 1 << 20
)

// rows are all parameters of Redis 7.2 with its defaults, and Larder's own. CONFIG
// REWRITE appends in this order. Those without effect stand in harmless.go and promises.go.
func rows() []row {
	var all []row
	for _, group := range [][]row{
		larderRows(), networkRows(), generalRows(), memoryRows(), encodingRows(), accessRows(), processRows(),
		clusterRows(), tlsRows(), promiseRows(), idleRows(), idlePersistenceRows(), idleReplicationRows(), idleClusterRows(),
		idleTLSRows(),
		idleProcessRows(), testRows(),
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
		number("port", "6379", 0, 65535, 0),
		yesno("protected-mode", "yes", 0),
		number("tcp-keepalive", "300", 0, maxInt, 0),
		number("timeout", "0", 0, maxInt, 0),
		text("unixsocket", "", immutable|emptyIsNone|fromDir),
		{name: "unixsocketperm", kind: kindOctal, def: "0", max: 0o777, flags: immutable},
		number("maxclients", "10000", 1, math.MaxUint32, 0),
		memory("client-query-buffer-limit", "1gb", mega, 0),
		custom("client-output-buffer-limit", "normal 0 0 0 slave 256mb 64mb 60 pubsub 32mb 8mb 60", manyArgs,
			outputLimitGrammar()),
		memory("proto-max-bulk-len", "512mb", mega, 0),
	}
}

// tlsRows are what OpenSSL is told in Redis; idleTLSRows has the rest.
func tlsRows() []row {
	return []row{
		number("tls-port", "0", 0, 65535, 0),
		text("tls-cert-file", "", emptyIsNone|fromDir|again),
		text("tls-key-file", "", emptyIsNone|fromDir|again),
		text("tls-key-file-pass", "", sensitive|emptyIsNone|again),
		text("tls-ca-cert-file", "", emptyIsNone|fromDir|again),
		text("tls-ca-cert-dir", "", emptyIsNone|fromDir|again),
		enum("tls-auth-clients", "yes", 0, "no", "yes", "optional"),
		text("tls-protocols", "", emptyIsNone),
		text("tls-ciphers", "", emptyIsNone),
		yesno("tls-session-caching", "yes", 0),
	}
}

func generalRows() []row {
	return []row{
		number("databases", "16", 1, maxInt, immutable),
		custom("dir", "data", protected|immutable, dirGrammar()),
		text("logfile", "", immutable|fromDir),
		enum("loglevel", "notice", 0, "debug", "verbose", "notice", "warning", "nothing"),
		text("pidfile", "", immutable|emptyIsNone|fromDir),
		enum("appendfsync", "everysec", 0, "everysec", "always", "no"),
		number("busy-reply-threshold", "5000", 0, maxLong, 0).or("lua-time-limit"),
		number("slowlog-log-slower-than", "10000", -1, maxLong, 0),
		count("slowlog-max-len", "128", 0),
		count("latency-monitor-threshold", "0", 0),
		yesno("latency-tracking", "yes", 0),
		custom("latency-tracking-info-percentiles", "50 99 99.9", manyArgs, percentilesGrammar()),
		custom("notify-keyspace-events", "", 0, eventsGrammar()),
		count("tracking-table-max-keys", "1000000", 0),
	}
}

// clusterRows are those of a cluster of one node: whether there is one, and where clients are told to find it.
func clusterRows() []row {
	return []row{
		yesno("cluster-enabled", "no", immutable),
		text("cluster-config-file", "nodes.conf", immutable),
		number("cluster-port", "0", 0, 65535, immutable),
		text("cluster-announce-ip", "", emptyIsNone),
		number("cluster-announce-port", "0", 0, 65535, 0),
		number("cluster-announce-bus-port", "0", 0, 65535, 0),
		checked("cluster-announce-hostname", "", emptyIsNone, checkHostname),
		enum("cluster-preferred-endpoint-type", "ip", 0, "ip", "hostname", "unknown-endpoint"),
	}
}

func memoryRows() []row {
	return []row{
		memory("maxmemory", "0", 0, fullRange).or("maxdisk"),
		enum("maxmemory-policy", "noeviction", 0, "volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl",
			"allkeys-lru", "allkeys-lfu", "allkeys-random", "noeviction", "volatile-lrs", "allkeys-lrs",
			"volatile-lrm", "allkeys-lrm"),
		number("maxmemory-samples", "5", 1, maxInt, 0),
		number("lfu-log-factor", "10", 0, maxInt, 0),
		number("lfu-decay-time", "1", 0, maxInt, 0),
	}
}

func encodingRows() []row {
	return []row{
		count("hash-max-listpack-entries", "512", 0).or("hash-max-ziplist-entries"),
		memory("hash-max-listpack-value", "64", 0, 0).or("hash-max-ziplist-value"),
		number("list-max-listpack-size", "-2", math.MinInt32, maxInt, 0).or("list-max-ziplist-size"),
		count("set-max-intset-entries", "512", 0),
		count("set-max-listpack-entries", "128", 0),
		count("set-max-listpack-value", "64", 0),
		count("zset-max-listpack-entries", "128", 0).or("zset-max-ziplist-entries"),
		memory("zset-max-listpack-value", "64", 0, 0).or("zset-max-ziplist-value"),
		count("stream-node-max-entries", "100", 0),
		number("stream-idmp-duration", "100", 1, 86400, 0),
		number("stream-idmp-maxsize", "100", 1, 10000, 0),
		memory("hll-sparse-max-bytes", "3000", 0, 0),
	}
}

func accessRows() []row {
	return []row{
		text("requirepass", "", sensitive|emptyIsNone),
		text("aclfile", "", immutable|fromDir),
		count("acllog-max-len", "128", 0),
		enum("acl-pubsub-default", "resetchannels", 0, "allchannels", "resetchannels"),
		enum("enable-protected-configs", "no", immutable, "no", "yes", "local"),
		enum("enable-debug-command", "no", immutable, "no", "yes", "local"),
	}
}

func processRows() []row {
	return []row{
		yesno("daemonize", "no", immutable),
		enum("supervised", "no", immutable, "upstart", "systemd", "auto", "no"),
		yesno("syslog-enabled", "no", immutable),
		text("syslog-ident", "redis", immutable),
		enum("syslog-facility", "local0", immutable, "user", "local0", "local1", "local2", "local3", "local4",
			"local5", "local6", "local7"),
		{name: "oom-score-adj", kind: kindEnum, def: "no", choices: []choice{
			{"no", 0}, {"yes", 1}, {"relative", 1}, {"absolute", 2}}},
		custom("oom-score-adj-values", "0 200 800", manyArgs, oomGrammar()),
	}
}
