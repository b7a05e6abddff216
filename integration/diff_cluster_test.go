package integration

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// theNode makes both servers the same node, at an address that neither has.
const (
	nodeID  = "f3a9bb993f8402c2f50b1a2aac2b4c0f558f786d"
	theNode = nodeID + " 127.0.0.1:7000@17000 myself,master - 0 0 0 connected 0-16383\nvars currentEpoch 0 lastVoteEpoch 0\n"
)

// startCluster starts a node that knows who it is.
func startCluster(t *testing.T, bin string, args ...string) *server {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "nodes.conf"), []byte(theNode), 0o600); err != nil {
		t.Fatal(err)
	}
	args = append([]string{"--save", "", "--cluster-enabled", "yes", "--enable-debug-command", "yes", "--cluster-announce-ip", "127.0.0.1",
		"--cluster-announce-port", "7000", "--cluster-announce-bus-port", "17000"}, args...)
	s := startIn(t, bin, dir, args...)
	c := dial(t, s)
	defer c.Close()
	for range 1000 { // Redis's masters wait a little before they trust themselves
		if strings.HasPrefix(c.must(t, "CLUSTER", "INFO").text, "cluster_state:ok") {
			return s
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the node does not come up")
	return nil
}

// TestDiffCluster compares a cluster of one node with Redis's, whose node has been given all slots.
func TestDiffCluster(t *testing.T) {
	pair{startCluster(t, larderBin), startCluster(t, judgeBin(t))}.playAll(t, clusterScripts)
}

var clusterScripts = []script{
	{"what it is", `
CLUSTER INFO
CLUSTER NODES
CLUSTER SLOTS
CLUSTER SHARDS
CLUSTER MYID
CLUSTER LINKS
INFO cluster
[field mode] HELLO
CONFIG GET cluster-enabled
CONFIG GET databases
CONFIG SET cluster-enabled no
CLUSTER FOO
CLUSTER
CLUSTER SLOTS x
`},
	{"names", `
CONFIG SET cluster-announce-hostname node.example.com
CLUSTER NODES
CLUSTER SLOTS
CLUSTER SHARDS
CONFIG SET cluster-preferred-endpoint-type hostname
CLUSTER SLOTS
CLUSTER SHARDS
CONFIG SET cluster-announce-hostname "" cluster-announce-ip 10.1.2.3 cluster-announce-port 7001 cluster-announce-bus-port 7002
CLUSTER NODES
CLUSTER SLOTS
CLUSTER SHARDS
CONFIG SET cluster-preferred-endpoint-type unknown-endpoint
CLUSTER SLOTS
CLUSTER SHARDS
CONFIG SET cluster-announce-hostname node.example.com
CLUSTER SLOTS
CLUSTER SHARDS
CONFIG SET cluster-preferred-endpoint-type ip cluster-announce-hostname ""
CONFIG SET cluster-announce-ip 127.0.0.1 cluster-announce-port 7000 cluster-announce-bus-port 17000
CLUSTER NODES
`},
	{"slots", `
CLUSTER KEYSLOT foo
CLUSTER KEYSLOT {foo}bar
CLUSTER KEYSLOT ""
CLUSTER COUNTKEYSINSLOT 12182
SET foo 1
SET {foo}a 1
RPUSH {foo}b 1
SET bar 1
CLUSTER COUNTKEYSINSLOT 12182
CLUSTER COUNTKEYSINSLOT 5061
CLUSTER COUNTKEYSINSLOT 0
CLUSTER COUNTKEYSINSLOT 16383
CLUSTER COUNTKEYSINSLOT 16384
CLUSTER COUNTKEYSINSLOT -1
CLUSTER COUNTKEYSINSLOT x
[sorted] CLUSTER GETKEYSINSLOT 12182 10
[kind] CLUSTER GETKEYSINSLOT 12182 2
CLUSTER GETKEYSINSLOT 12182 0
CLUSTER GETKEYSINSLOT 0 1
CLUSTER GETKEYSINSLOT 5061 3
CLUSTER GETKEYSINSLOT 1 -1
CLUSTER GETKEYSINSLOT 20000 1
CLUSTER GETKEYSINSLOT x y
CLUSTER GETKEYSINSLOT 1 x
[times 300] SET {foo}%i 1
CLUSTER COUNTKEYSINSLOT 12182
[kind] CLUSTER GETKEYSINSLOT 12182 290
DEL {foo}a {foo}b
CLUSTER COUNTKEYSINSLOT 12182
MULTI
SET {foo}c 1
CLUSTER COUNTKEYSINSLOT 12182
CLUSTER GETKEYSINSLOT 5061 2
EXEC
EVAL "redis.call('set', KEYS[1], 1) return redis.call('cluster', 'countkeysinslot', 12182)" 1 {foo}d
FLUSHALL
CLUSTER COUNTKEYSINSLOT 12182
`},
	{"changes", `
CLUSTER ADDSLOTS 1
CLUSTER ADDSLOTS 99999
CLUSTER ADDSLOTS x
CLUSTER ADDSLOTS 1 1
CLUSTER ADDSLOTSRANGE 1 2
CLUSTER ADDSLOTSRANGE 3 2
CLUSTER ADDSLOTSRANGE 3 x
CLUSTER ADDSLOTSRANGE 3
CLUSTER ADDSLOTSRANGE 3 4 5
CLUSTER DELSLOTS x
CLUSTER DELSLOTS 1 1
CLUSTER DELSLOTSRANGE 3 2
CLUSTER DELSLOTSRANGE 1 4 3 5
CLUSTER DELSLOTSRANGE 1 4 3
CLUSTER SET-CONFIG-EPOCH -1
CLUSTER SET-CONFIG-EPOCH x
CLUSTER COUNT-FAILURE-REPORTS n
CLUSTER COUNT-FAILURE-REPORTS ` + nodeID + `
CLUSTER FAILOVER
CLUSTER FAILOVER X
CLUSTER FAILOVER force
CLUSTER FAILOVER TAKEOVER
CLUSTER FAILOVER X Y
CLUSTER FORGET n
CLUSTER FORGET ` + nodeID + `
CLUSTER MEET x 1
CLUSTER MEET 127.0.0.1 x
CLUSTER MEET 127.0.0.1 99999
CLUSTER MEET 127.0.0.1 60000
CLUSTER MEET 127.0.0.1 0
CLUSTER MEET 127.0.0.1 1 x
CLUSTER MEET 127.0.0.1 1 0
CLUSTER MEET 127.0.0.1 1 1 1
CLUSTER REPLICAS n
CLUSTER REPLICAS ` + nodeID + `
CLUSTER SLAVES n
CLUSTER SLAVES ` + nodeID + `
CLUSTER REPLICATE n
CLUSTER REPLICATE ` + nodeID + `
CLUSTER SETSLOT 1 STABLE
CLUSTER SETSLOT 1 MIGRATING n
CLUSTER SETSLOT 1 IMPORTING n
CLUSTER SETSLOT 1 NODE n
CLUSTER SETSLOT 1 NODE ` + nodeID + `
CLUSTER SETSLOT 1 FOO n
CLUSTER SETSLOT 1 STABLE n
CLUSTER SETSLOT x STABLE
CLUSTER SETSLOT 1 MIGRATING
CLUSTER SAVECONFIG
CLUSTER RESET X
CLUSTER RESET HARD X
SET k v
CLUSTER RESET
CLUSTER RESET HARD
CLUSTER FLUSHSLOTS
CLUSTER INFO
`},
	{"databases", `
SELECT 0
SELECT 1
SELECT x
SELECT 99
SELECT -1
MOVE a 1
MOVE a x
SWAPDB 0 1
SWAPDB x 1
SWAPDB 0 0
COPY a b DB 1
COPY {a}1 {a}2 DB 1
COPY {a}1 {a}2 DB 0
COPY {a}1 {a}2 DB 99
COPY {a}1 {a}2 DB x
COPY {a}1 {a}2 DB 1 FOO
SET {a}1 x
COPY {a}1 {a}2
COPY {a}1 {a}2 REPLACE DB 1
EVAL "return redis.pcall('select', 1)" 0
EVAL "return redis.pcall('select', 0)" 0
EVAL "return redis.pcall('swapdb', 0, 1)" 0
MULTI
SELECT 1
MOVE a 1
EXEC
`},
	{"keys in several slots", `
MGET a b
MGET a a
MGET {a}1 {a}2
MSET a 1 b 2
MSET {a}1 1 {a}2 2
MSETNX a 1 b 2
DEL a b
UNLINK a b
EXISTS a b
TOUCH a b
RENAME a b
RENAMENX a b
LMOVE a b LEFT LEFT
BLMOVE a b LEFT LEFT 1
BLPOP a b 1
LMPOP 2 a b LEFT
LMPOP 3 a b LEFT
LMPOP 9 a b LEFT
BZMPOP 1 2 a b MIN
SINTERSTORE a {a} b
SINTERSTORE a {a} {a}b
SINTERCARD 2 a b
ZUNION 2 a b
ZUNIONSTORE a 1 b
ZDIFFSTORE a 2 {a} {a}
PFCOUNT a b
PFMERGE a b
BITOP OR a b
GEORADIUS a 1 1 1 km STORE b
GEORADIUS a 1 1 1 km STORE {a}b
GEOSEARCHSTORE a b FROMLONLAT 1 1 BYRADIUS 1 km
XREAD STREAMS a b 0 0
[class] XREAD STREAMS a b 0
XREADGROUP GROUP g c STREAMS a b > >
SORT a BY x*
SORT a GET x*
SORT a GET #
SORT a BY nosort GET #
SORT_RO a BY x*
SORT a BY x* GET y*
SORT a GET y* FOO
SORT a BY x
SORT a STORE b
SORT a STORE {a}b
OBJECT ENCODING a
MEMORY USAGE a
LCS a b
LCS {a}1 {a}2
WATCH a b
WATCH a
WATCH b
UNWATCH
SET a 1 FOO
MGET
mget a b
`},
	{"transactions", `
MULTI
SET a 1
SET b 2
EXEC
EXISTS a
EXEC
MULTI
SET a 1
MGET a b
EXEC
MULTI
SET a 1
MGET a b
SET b 1
EXEC
MULTI
SET a 1
FOO
SET b 1
EXEC
MULTI
SET a 1
SET b 1
FOO
EXEC
MULTI
SET {a}1 1
PING
SET {a}2 2
MGET {a}1 {a}2
EXEC
MULTI
SET a 1
EVAL "return 1" 1 b
EXEC
MULTI
SET a 1
SPUBLISH b 1
EXEC
MULTI
SPUBLISH b 1
PUBLISH c 1
SPUBLISH {b}2 1
EXEC
WATCH a
MULTI
SET b 1
EXEC
WATCH b
@other SET b 2
MULTI
SET a 1
EXEC
WATCH b
@other SET b 3
MULTI
SET a 1
SET b 1
EXEC
MULTI
SET b 4
EXEC
CONFIG RESETSTAT
MULTI
SET a 1
SET b 2
EXEC
MGET a b
[class] INFO commandstats
CONFIG SET maxmemory 1
MULTI
SET a 1
SET b 1
EXEC
CONFIG SET maxmemory 0
`},
	{"scripts", `
EVAL "return 1" 2 a b
EVAL "return 1" 2 {a}1 {a}2
EVAL "return redis.call('mget', KEYS[1], 'b')" 1 a
EVAL "return redis.pcall('mget', KEYS[1], 'b')" 1 a
EVAL "redis.call('set', 'a', 1) return redis.call('set', 'b', 2)" 0
EVAL "redis.call('set', KEYS[1], 1) return redis.call('set', 'b', 2)" 1 a
EVAL "#!lua\nredis.call('set', 'a', 3) return redis.call('set', 'b', 4)" 0
MGET a
GET b
EVAL "#!lua\nreturn redis.call('set', 'b', 4)" 1 a
EVAL "#!lua\nreturn redis.pcall('set', 'b', 4)" 1 a
EVAL "#!lua\nredis.call('set', '{a}1', 4) return redis.call('set', '{a}2', 4)" 0
EVAL "#!lua\nredis.pcall('mget', 'a', 'b') return redis.call('set', 'b', 4)" 0
EVAL "#!lua flags=allow-cross-slot-keys\nredis.call('set', 'a', 5) return redis.call('set', 'b', 6)" 0
EVAL "#!lua flags=allow-cross-slot-keys\nreturn redis.call('mget', 'a', 'b')" 0
EVAL "#!lua flags=allow-cross-slot-keys\nreturn 1" 2 a b
EVAL "#!lua flags=no-cluster\nreturn 1" 0
EVAL_RO "#!lua flags=no-cluster\nreturn 1" 0
EVAL_RO "#!lua flags=no-cluster,no-writes\nreturn 1" 1 a
EVAL "#!lua\nreturn redis.call('spublish', 'b', 'x')" 1 a
EVAL "return redis.call('cluster', 'keyslot', 'b')" 0
EVAL "return redis.call('cluster', 'myid')" 0
EVAL "return redis.call('readonly')" 0
FUNCTION LOAD "#!lua name=l\nredis.register_function('f', function(keys) redis.call('set', 'a', 1) return redis.call('set', 'b', 2) end)\nredis.register_function{function_name='g', callback=function(keys) redis.call('set', 'a', 1) return redis.call('set', 'b', 2) end, flags={'allow-cross-slot-keys'}}\nredis.register_function{function_name='h', callback=function() return 1 end, flags={'no-cluster'}}"
FCALL f 0
FCALL f 1 b
FCALL f 1 a
FCALL g 0
FCALL g 1 c
FCALL h 0
FCALL_RO h 0
FCALL f 2 a b
MULTI
SET a 1
EVAL "#!lua\nreturn redis.call('set', 'b', 4)" 0
EXEC
MULTI
EVAL "#!lua\nreturn redis.call('set', 'b', 4)" 0
SET {b}1 1
EXEC
MULTI
EVAL "return redis.call('set', 'b', 4)" 0
SET a 1
EXEC
FUNCTION FLUSH
`},
	{"shard channels", `
@s SSUBSCRIBE a b
@s SSUBSCRIBE {a}1 {a}2
@s receive
@s SSUBSCRIBE b
SPUBLISH {a}1 hello
@s receive
SPUBLISH b hello
@s receive
[sorted] PUBSUB SHARDCHANNELS
@s SUNSUBSCRIBE a b
[kind] @s SUNSUBSCRIBE
[kind] @s receive
[kind] @s receive
@s SUNSUBSCRIBE {a}1 b
@s SUNSUBSCRIBE {a}1 {a}2
`},
	{"modes", `
READONLY
READONLY x
GET a
SET a 1
ASKING
READWRITE
ASKING
GET a
MULTI
ASKING
READONLY
READWRITE
EXEC
RESET
`},
}
