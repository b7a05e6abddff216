package integration

import "testing"

func TestDiffServer(t *testing.T) { t.Parallel(); diff(t, serverScripts) }

func TestDiffDebug(t *testing.T) {
	t.Parallel()
	diff(t, debugScripts, "--enable-debug-command", "yes")
}

var serverScripts = []script{
	{"unknown commands", `
FOO
FOO bar
foo "a b" 'c'
"FOO BAR"
"" x
FOO <300*x> y
FOO <100*x> <100*y>
<200*z>
"FOO\r\nBAR" "x\r\ny"
"\x00\xff" a
CONFIG FOO
CONFIG FOO bar
CONFIG "a\nb"
CLIENT FOO
OBJECT FOO k
COMMAND FOO
SLOWLOG FOO
LATENCY FOO
MEMORY FOO
MODULE FOO
CLUSTER FOO
CONFIG
CLIENT
OBJECT
SLOWLOG
LATENCY
MEMORY
MODULE
DEBUG
CONFIG GET
CONFIG SET
CONFIG SET maxmemory
CONFIG SET maxmemory 0 timeout
SLOWLOG GET 1 2
GET|x
config|get x
`},
	{"config get", `
CONFIG GET maxmemory
CONFIG GET MAXMEMORY
CONFIG GET maxmemory-policy
CONFIG GET nosuch
CONFIG GET appendonly
CONFIG GET timeout
CONFIG GET databases
CONFIG GET client-output-buffer-limit
CONFIG GET notify-keyspace-events
CONFIG GET proto-max-bulk-len
CONFIG GET requirepass
CONFIG GET hz
CONFIG GET list-max-ziplist-size
CONFIG GET list-max-listpack-size
CONFIG GET slowlog-log-slower-than
CONFIG GET slowlog-max-len
CONFIG GET tcp-keepalive
CONFIG GET maxclients
CONFIG GET unixsocketperm
CONFIG GET loglevel
CONFIG GET oom-score-adj-values
CONFIG GET latency-tracking-info-percentiles
CONFIG GET client-query-buffer-limit
[pairs] CONFIG GET hash-max-*
[pairs] CONFIG GET zset-max-*
[pairs] CONFIG GET *slowlog*
[pairs] CONFIG GET lazyfree-*
[pairs] CONFIG GET stream-node-*
[pairs] CONFIG GET maxmemory*
[pairs] CONFIG GET maxmemory timeout nosuch
[pairs] CONFIG GET maxmemory maxmemory maxmem*y
[pairs] CONFIG GET repl-*
[pairs] CONFIG GET auto-aof-*
[pairs] CONFIG GET lua-t* busy*
[pairs] CONFIG GET t?meout
[pairs] CONFIG GET [st]*out
CONFIG GET
CONFIG HELP
CONFIG HELP x
`},
	{"config set", `
CONFIG SET maxmemory 100mb
CONFIG GET maxmemory
CONFIG SET maxmemory 1gb
CONFIG GET maxmemory
CONFIG SET maxmemory 1000
CONFIG GET maxmemory
CONFIG SET maxmemory 5k
CONFIG GET maxmemory
CONFIG SET maxmemory 5KB
CONFIG GET maxmemory
CONFIG SET maxmemory 1G
CONFIG GET maxmemory
CONFIG SET maxmemory 10%
CONFIG SET maxmemory abc
CONFIG SET maxmemory -1
CONFIG SET maxmemory 0
CONFIG SET maxmemory-policy allkeys-lru
CONFIG GET maxmemory-policy
[class] CONFIG SET maxmemory-policy foo
CONFIG SET maxmemory-policy noeviction
CONFIG SET timeout 100 maxclients 5000
CONFIG GET timeout
CONFIG SET timeout 0
CONFIG SET timeout abc
CONFIG SET timeout -1
CONFIG SET timeout 99999999999999999999
CONFIG SET hz 50
CONFIG GET hz
CONFIG SET hz 10
CONFIG SET hz 1000
CONFIG GET hz
CONFIG SET hz 10
CONFIG SET appendfsync sometimes
CONFIG SET appendfsync always
CONFIG GET appendfsync
CONFIG SET appendfsync everysec
CONFIG SET activedefrag maybe
CONFIG SET lazyfree-lazy-expire yes
CONFIG GET lazyfree-lazy-expire
CONFIG SET lazyfree-lazy-expire no
CONFIG SET lazyfree-lazy-expire 1
CONFIG SET databases 32
CONFIG SET port abc
CONFIG SET daemonize yes
CONFIG SET cluster-enabled yes
CONFIG SET nosuch 1
CONFIG SET timeout 5 nosuch 1
CONFIG GET timeout
CONFIG SET timeout 5 timeout 6
CONFIG SET timeout 5 maxmemory abc
CONFIG GET timeout
CONFIG SET hash-max-listpack-entries 100
CONFIG GET hash-max-ziplist-entries
CONFIG SET hash-max-ziplist-entries 512
CONFIG GET hash-max-listpack-entries
CONFIG SET hash-max-listpack-entries -1
CONFIG SET list-max-listpack-size -2
CONFIG SET list-max-listpack-size abc
CONFIG SET slowlog-log-slower-than -1
CONFIG GET slowlog-log-slower-than
CONFIG SET slowlog-log-slower-than 10000
CONFIG SET slowlog-max-len 10
CONFIG SET slowlog-max-len 128
CONFIG SET notify-keyspace-events KEA
CONFIG GET notify-keyspace-events
CONFIG SET notify-keyspace-events Kx
CONFIG GET notify-keyspace-events
CONFIG SET notify-keyspace-events Q
CONFIG SET notify-keyspace-events ""
CONFIG SET client-output-buffer-limit "normal 0 0 0"
CONFIG SET client-output-buffer-limit "normal 0 0"
CONFIG SET client-output-buffer-limit "foo 0 0 0"
CONFIG SET client-output-buffer-limit "pubsub 64mb 16mb 90"
CONFIG GET client-output-buffer-limit
CONFIG SET client-output-buffer-limit "pubsub 32mb 8mb 60"
CONFIG SET save "900 1 300 10"
CONFIG GET save
CONFIG SET save "900"
CONFIG SET save "a b"
CONFIG SET save ""
CONFIG GET save
CONFIG SET loglevel debug
CONFIG GET loglevel
CONFIG SET loglevel notice
CONFIG SET proto-max-bulk-len 1mb
CONFIG GET proto-max-bulk-len
CONFIG SET proto-max-bulk-len 1kb
CONFIG SET proto-max-bulk-len 512mb
CONFIG SET client-query-buffer-limit 1gb
CONFIG SET maxmemory-samples 0
CONFIG SET maxmemory-samples 5
CONFIG SET lfu-log-factor 10
CONFIG SET latency-monitor-threshold 0
CONFIG SET tcp-keepalive 300
CONFIG SET maxclients 10000
CONFIG SET oom-score-adj-values "0 200 800"
CONFIG SET latency-tracking-info-percentiles "50 99 99.9"
CONFIG GET latency-tracking-info-percentiles
CONFIG SET latency-tracking-info-percentiles "50 101"
CONFIG RESETSTAT
CONFIG RESETSTAT x
CONFIG REWRITE
CONFIG REWRITE x
`},
	{"command", `
[kind] COMMAND COUNT
COMMAND COUNT x
COMMAND INFO nosuch
COMMAND INFO nosuch nosuch2
COMMAND INFO config|nosuch
COMMAND INFO get|foo
[kind] COMMAND INFO mget
[sorted] COMMAND LIST FILTERBY PATTERN mget
[sorted] COMMAND LIST FILTERBY PATTERN hincr*
[sorted] COMMAND LIST FILTERBY PATTERN config|*
[sorted] COMMAND LIST FILTERBY PATTERN nosuch*
[sorted] COMMAND LIST filterby pattern H?ET
COMMAND LIST FILTERBY ACLCAT nosuch
COMMAND LIST FILTERBY MODULE nosuch
COMMAND LIST FILTERBY FOO x
COMMAND LIST FILTERBY PATTERN
COMMAND LIST FOO
COMMAND DOCS nosuch
COMMAND GETKEYS GET k
COMMAND GETKEYS SET k v
COMMAND GETKEYS MSET a 1 b 2
COMMAND GETKEYS MSETNX a 1 b 2
COMMAND GETKEYS MGET a b c
COMMAND GETKEYS DEL a b
COMMAND GETKEYS RENAME a b
COMMAND GETKEYS COPY a b DB 1
COMMAND GETKEYS LMPOP 2 a b LEFT
COMMAND GETKEYS ZUNIONSTORE d 2 a b
COMMAND GETKEYS ZUNION 2 a b
COMMAND GETKEYS ZINTERCARD 2 a b
COMMAND GETKEYS SINTERCARD 2 a b
COMMAND GETKEYS LCS a b
COMMAND GETKEYS OBJECT ENCODING k
COMMAND GETKEYS SMOVE a b c
COMMAND GETKEYS ZRANGESTORE d s 0 -1
COMMAND GETKEYS get k
COMMAND GETKEYS CONFIG GET x
COMMAND GETKEYS GET a b
COMMAND GETKEYS NOSUCH a
COMMAND GETKEYS LMPOP 5 a b LEFT
COMMAND GETKEYS LMPOP abc a LEFT
COMMAND GETKEYS ZUNIONSTORE d 9 a
COMMAND GETKEYS
[sorted] COMMAND GETKEYSANDFLAGS GET k
COMMAND GETKEYSANDFLAGS GET k
COMMAND GETKEYSANDFLAGS SET k v
COMMAND GETKEYSANDFLAGS LMOVE a b LEFT RIGHT
COMMAND GETKEYSANDFLAGS NOSUCH x
COMMAND GETKEYSANDFLAGS
COMMAND HELP
COMMAND HELP x
`},
	{"sizes and flushes", `
DBSIZE
SET a 1
DBSIZE
DBSIZE x
SELECT 1
SET b 2
FLUSHDB
DBSIZE
SELECT 0
DBSIZE
FLUSHALL
DBSIZE
SWAPDB 0 1
FLUSHALL async
FLUSHDB sync
FLUSHDB x y
`},
	{"time and role", `
[kind] TIME
TIME x
ROLE
ROLE x
REPLICAOF NO ONE
replicaof no one
SLAVEOF NO ONE
REPLICAOF
REPLICAOF NO
REPLICAOF a b c
BGREWRITEAOF x
SAVE
SAVE x
BGSAVE x
BGSAVE SCHEDULE x
LASTSAVE x
[kind] LASTSAVE
MULTI
SAVE
EXEC
MULTI
[class] LASTSAVE
EXEC
EVAL "return redis.call('SAVE')" 0
EVAL "return redis.call('BGSAVE')" 0
[class] LOLWUT
[class] LOLWUT VERSION 5
[class] LOLWUT VERSION 6 10
LOLWUT VERSION abc
READONLY
READWRITE
ASKING
READONLY x
CLUSTER INFO
CLUSTER NODES
CLUSTER MYID
CLUSTER SLOTS
CLUSTER SHARDS
CLUSTER KEYSLOT foo
CLUSTER COUNTKEYSINSLOT 1
CLUSTER
CLUSTER KEYSLOT
CLUSTER HELP
CLUSTER ADDSLOTS 1
CLUSTER ADDSLOTSRANGE 1 2
CLUSTER BUMPEPOCH
CLUSTER COUNT-FAILURE-REPORTS n
CLUSTER DELSLOTS 1
CLUSTER DELSLOTSRANGE 1 2
CLUSTER FAILOVER
CLUSTER FLUSHSLOTS
CLUSTER FORGET n
CLUSTER GETKEYSINSLOT 1 1
CLUSTER LINKS
CLUSTER MEET 127.0.0.1 1
CLUSTER REPLICAS n
CLUSTER REPLICATE n
CLUSTER RESET
CLUSTER SAVECONFIG
CLUSTER SET-CONFIG-EPOCH 1
CLUSTER SETSLOT 1 STABLE
CLUSTER SLAVES n
FUNCTION FLUSH
SHUTDOWN FOO
SHUTDOWN SAVE NOSAVE
SHUTDOWN ABORT
SHUTDOWN ABORT NOW
SHUTDOWN NOSAVE FOO
`},
	{"slowlog", `
CONFIG SET slowlog-log-slower-than -1
SLOWLOG RESET
SLOWLOG LEN
SLOWLOG GET
CONFIG SET slowlog-log-slower-than 0
PING
SET k v
GET <200*x>
MGET <1..40>
CONFIG SET slowlog-log-slower-than -1
SLOWLOG LEN
[kind] SLOWLOG GET
[kind] SLOWLOG GET 2
[kind] SLOWLOG GET 0
[kind] SLOWLOG GET -1
SLOWLOG GET -2
SLOWLOG GET abc
SLOWLOG LEN x
SLOWLOG RESET x
CONFIG SET slowlog-max-len 2
SLOWLOG LEN
CONFIG SET slowlog-log-slower-than 0
PING
PING
PING
CONFIG SET slowlog-log-slower-than -1
SLOWLOG LEN
SLOWLOG RESET
SLOWLOG LEN
SLOWLOG GET
CONFIG SET slowlog-max-len 128
CONFIG SET slowlog-log-slower-than 10000
SLOWLOG HELP
SLOWLOG HELP x
`},
	{"latency", `
CONFIG SET latency-monitor-threshold 0
LATENCY RESET
LATENCY LATEST
LATENCY HISTORY command
LATENCY HISTORY nosuch
LATENCY HISTORY
LATENCY GRAPH nosuch
LATENCY GRAPH
LATENCY RESET
LATENCY RESET nosuch other
[class] LATENCY DOCTOR
LATENCY DOCTOR x
LATENCY LATEST x
CONFIG RESETSTAT
SET k v
LATENCY HISTOGRAM nosuch
[kind] LATENCY HISTOGRAM set
[class] LATENCY HISTOGRAM
LATENCY HELP
LATENCY HELP x
`},
	{"memory and modules", `
MEMORY PURGE
MEMORY PURGE x
[class] MEMORY DOCTOR
[class] MEMORY MALLOC-STATS
[kind] MEMORY STATS
MEMORY STATS x
MEMORY DOCTOR x
MEMORY USAGE nosuch
SET k v
[class] MEMORY USAGE k
[class] MEMORY USAGE k SAMPLES 5
[class] MEMORY USAGE k SAMPLES 0
MEMORY USAGE k SAMPLES -1
MEMORY USAGE k SAMPLES abc
MEMORY USAGE k SAMPLES
MEMORY USAGE k FOO
MEMORY USAGE
MEMORY HELP
MODULE LIST
MODULE LIST x
MODULE HELP
`},
	{"info", `
INFO nosuch
[class] INFO
[class] INFO server
[class] INFO server clients
[class] INFO all
[class] INFO default
[class] INFO everything
[class] INFO KEYSPACE
INFO keyspace
INFO modules
INFO cluster
`},
	{"debug is off", `
DEBUG SLEEP 0
DEBUG OBJECT k
DEBUG HELP
DEBUG FOO
DEBUG JMAP
`},
}

var debugScripts = []script{
	{"digests", `
DEBUG DIGEST
DEBUG DIGEST x
DEBUG DIGEST-VALUE
SET s hello
SET n 12345
SETRANGE long 100000 x
RPUSH l a b 1 a
SADD t x y 3
SADD ints 3 1 2
HSET h a 1 b 2
HSET big a <100*x> b 2
ZADD z 1 a 2.5 b -inf c inf d 0.1 e 1e20 f 3.3e-10 g 100000000000000000 h 12345678901234567890 i
XADD x 5-1 f v g w
XADD x 6-0 f 7
SETEX e 1000 v
DEBUG DIGEST-VALUE s n long l t ints h big z x e none
DEBUG DIGEST-VALUE s
DEBUG DIGEST
SELECT 3
SET s hello
DEBUG DIGEST
DEBUG DIGEST-VALUE s l
MULTI
DEBUG DIGEST-VALUE s
DEBUG DIGEST
EXEC
FLUSHALL
DEBUG DIGEST
`},
	{"debug", `
DEBUG SLEEP 0
DEBUG SLEEP 0.01
DEBUG SET-ACTIVE-EXPIRE 0
SET k v PX 20
sleep 40
GET k
DEBUG SET-ACTIVE-EXPIRE 1
DEBUG OBJECT nosuch
SET s v
[class] DEBUG OBJECT s
DEBUG OBJECT
DEBUG FOO
DEBUG FOO bar
DEBUG SLEEP
DEBUG CHANGE-REPL-ID
DEBUG QUICKLIST-PACKED-THRESHOLD 100b
DEBUG QUICKLIST-PACKED-THRESHOLD
SET key:1 old
DEBUG POPULATE 3
MGET key:0 key:1 key:2 key:3
DEBUG POPULATE 1200 p 10
EXISTS p:1199 p:1200
GET p:7
GET p:1199
DEBUG POPULATE 1 q 3
GET q:0
DEBUG POPULATE x
DEBUG POPULATE
MULTI
DEBUG POPULATE 2 in
EXEC
GET in:1
`},
}

// BGREWRITEAOF is not among the lines above: in the second protocol redis-server may still be at the rewriting that the
// first has begun.
func TestBackgroundRewritingIsSaidToStart(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	c := dial(t, startLarder(t))
	if v := c.must(t, "BGREWRITEAOF"); v.text != "Background append only file rewriting started" || v.kind != '+' {
		t.Errorf("%v", v)
	}
}
