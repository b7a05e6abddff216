package integration

import (
	"strings"
	"testing"
)

func TestDiffACL(t *testing.T) { t.Parallel(); diff(t, aclScripts) }

// The user default is asked for a password: clients cannot begin with HELLO 3.
func TestDiffDefaultUser(t *testing.T) { t.Parallel(); diffBare(t, defaultUserScripts) }

// TestDiffCategories compares what the categories hold, of the commands that both know.
func TestDiffCategories(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	p := startPair(t)
	l, j := dial(t, p.larder), dial(t, p.judge)
	ours, theirs := commandsOf(t, p.larder), commandsOf(t, p.judge)
	categories := j.must(t, "ACL", "CAT").texts()
	if len(categories) != 21 {
		t.Errorf("%d categories", len(categories))
	}
	for _, category := range categories {
		members := map[string]int{}
		for i, c := range []*conn{j, l} {
			for _, name := range c.must(t, "ACL", "CAT", strings.ToUpper(category)).texts() {
				members[name] |= 1 << i
			}
		}
		for name, who := range members {
			_, here := ours[name]
			_, there := theirs[name]
			if here && there && who != 3 {
				t.Errorf("@%s has %s: %v for redis-server, %v for Larder", category, name, who&1 != 0, who&2 != 0)
			}
		}
	}
}

// Every script leaves the user default alone, as it was: others are played on the same servers. Where rules would be
// printed otherwise by 7.0, it is in golden_acl_test.go.
var aclScripts = []script{
	{"users", `
ACL WHOAMI
ACL USERS
ACL SETUSER bob
ACL SETUSER alice reset
ACL USERS
[sorted] ACL USERS
ACL GETUSER alice
ACL GETUSER nosuch
ACL DELUSER nosuch
ACL DELUSER default
ACL DELUSER alice default
ACL GETUSER alice
ACL DELUSER alice bob alice nosuch
ACL USERS
ACL DELUSER
ACL SETUSER
ACL GETUSER
ACL GETUSER a b
ACL LIST x
ACL USERS x
ACL WHOAMI x
ACL
ACL nosuch
ACL HELP
ACL HELP x
ACL SETUSER "a b"
ACL SETUSER "a\x00b"
ACL SETUSER "a\nb" on
`},
	{"rules as they are printed", `
ACL SETUSER default sanitize-payload
ACL LIST
ACL SETUSER u reset
ACL LIST
ACL SETUSER u on >pw
ACL LIST
ACL SETUSER u nopass
ACL LIST
ACL SETUSER u >a >b >a <a
ACL LIST
ACL SETUSER u #5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8
ACL LIST
ACL SETUSER u !5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8
ACL SETUSER u resetpass skip-sanitize-payload
ACL LIST
ACL SETUSER u ~a ~b* %R~c %W~d %RW~e %wr~f %R~d %w~c
ACL LIST
ACL SETUSER u resetkeys allkeys
ACL LIST
ACL SETUSER u &a &b* &a
ACL LIST
ACL SETUSER u allchannels
ACL LIST
ACL SETUSER u resetchannels resetkeys ~ & %R
ACL LIST
ACL SETUSER u reset +get
ACL LIST
ACL SETUSER u ALLCOMMANDS
ACL LIST
ACL SETUSER u -get
ACL LIST
ACL SETUSER u NoCommands +@string
ACL LIST
ACL SETUSER u -@all +config|get
ACL LIST
ACL SETUSER u +config
ACL LIST
ACL SETUSER u -@all +select|0
ACL LIST
ACL SETUSER u +@all -config|set
ACL LIST
ACL SETUSER u reset (~a +get) ( %W~b +set ) "(&c -@all +@hash)" ()
ACL LIST
ACL GETUSER u
ACL SETUSER u clearselectors
ACL LIST
ACL SETUSER u "" on ""
ACL LIST
ACL SETUSER u off reset
ACL LIST
ACL DELUSER u
`},
	{"wrong rules", `
ACL SETUSER u nosuch
ACL SETUSER u +nosuch
ACL SETUSER u -nosuch
ACL SETUSER u +@nosuch
ACL SETUSER u -@nosuch
ACL SETUSER u +
ACL SETUSER u -
ACL SETUSER u @
ACL SETUSER u %~x
ACL SETUSER u %X~x
ACL SETUSER u %RR~x
ACL SETUSER u "~a b"
ACL SETUSER u "&a b"
ACL SETUSER u ~* ~x
ACL SETUSER u allkeys %R~x
ACL SETUSER u &* &x
ACL SETUSER u allchannels &x
ACL SETUSER u <nosuch
ACL SETUSER u !5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8
ACL SETUSER u !xyz
ACL SETUSER u #xyz
ACL SETUSER u #5E884898DA28047151D0E56F8DC6292773603D0D6AABBDD62A11EF721D1542D8
ACL SETUSER u +config|nosuch
ACL SETUSER u -config|nosuch
ACL SETUSER u +config|
ACL SETUSER u +config|get|appendonly
ACL SETUSER u +get|
ACL SETUSER u +get|a|b
ACL SETUSER u -get|a
ACL SETUSER u (+nosuch)
ACL SETUSER u (on)
ACL SETUSER u (+get
ACL SETUSER u on (+get ~x
ACL SETUSER u (
ACL SETUSER u )
ACL SETUSER u on >pw ~x nosuch
ACL USERS
`},
	{"categories", `
[sorted] ACL CAT nosuch
ACL CAT a b
[sorted] ACL CAT transaction
[sorted] ACL CAT TRANSACTION
[sorted] ACL CAT scripting
`},
	{"passwords", `
ACL SETUSER u reset >one >two
@u AUTH u one
ACL SETUSER u on
@u AUTH u one
@u AUTH u two
@u AUTH u three
@u AUTH nosuch one
ACL SETUSER u <one
@u AUTH u one
@u AUTH u two
ACL SETUSER u nopass
@u AUTH u whatever
@u AUTH u ""
ACL SETUSER u resetpass
@u AUTH u whatever
ACL SETUSER u >three +acl|whoami
@u AUTH u three
@u ACL WHOAMI
ACL SETUSER u off
@u ACL WHOAMI
@u AUTH u three
@u ACL WHOAMI
@u RESET
@u ACL WHOAMI
@u HELLO 2 AUTH u three
ACL SETUSER u on
[kind] @u HELLO 2 AUTH u three SETNAME me
@u ACL WHOAMI
@u AUTH default anything
@u CLIENT GETNAME
ACL DELUSER u
`},
	{"dry runs", `
ACL SETUSER u reset on nopass +@all ~a* %R~r* %W~w* &c* &d
ACL DRYRUN u GET a
ACL DRYRUN u get r
ACL DRYRUN u SET w v
ACL DRYRUN u MSET a 1 w 2
ACL DRYRUN u INCR a
ACL DRYRUN u EXISTS w
ACL DRYRUN u TYPE r
ACL DRYRUN u SORT a STORE w
ACL DRYRUN u SORT r BY w* GET x*
ACL DRYRUN u EVAL "" 0 x
ACL DRYRUN u EVAL "" 3 a x
ACL DRYRUN u ZUNIONSTORE a 2 r r
ACL DRYRUN u PUBLISH c m
ACL DRYRUN u PSUBSCRIBE c*
ACL DRYRUN u UNSUBSCRIBE x
ACL DRYRUN u SUNSUBSCRIBE x
ACL DRYRUN u SSUBSCRIBE c d
ACL DRYRUN u SET a
ACL DRYRUN u SET
ACL DRYRUN u CONFIG
ACL DRYRUN u CONFIG GET
ACL DRYRUN u CONFIG nosuch
ACL DRYRUN u CONFIG GET x
ACL DRYRUN u nosuch x
ACL DRYRUN nosuch GET x
ACL DRYRUN u
ACL DRYRUN
ACL SETUSER u -@all
ACL DRYRUN u AUTH x
ACL DRYRUN u HELLO
ACL DRYRUN u QUIT
ACL DELUSER u
`},
	{"what a user may do", `
ACL SETUSER u reset on nopass +@all -@dangerous ~a* %R~r* %W~w* &c*
SET r 1
@u AUTH u x
@u SET a 1
@u GET r
[class] @u SET r 2
@u SET w 3
[class] @u GET w
@u EXISTS w
[class] @u MGET a x
[class] @u FLUSHALL
@u COPY r w REPLACE
[class] @u COPY w r
[class] @u RENAME a r
@u RENAME a ab
@u PUBLISH c m
[class] @u PUBLISH d m
@u SUBSCRIBE ch
@u UNSUBSCRIBE ch
[class] @u SUBSCRIBE ch d
[class] @u PSUBSCRIBE ch
@u PSUBSCRIBE c*
@u PUNSUBSCRIBE
@u SSUBSCRIBE c
@u SUNSUBSCRIBE
[class] @u SSUBSCRIBE d
GET r
GET w
ACL DELUSER u
`},
	{"first arguments and subcommands", `
ACL SETUSER u reset on nopass +select|1 +config|get +client -client|kill +object|help
@u AUTH u x
@u SELECT 1
[class] @u SELECT 0
@u CONFIG GET maxmemory
[class] @u CONFIG SET maxmemory 0
@u CLIENT GETNAME
[class] @u CLIENT KILL TYPE pubsub
@u CLIENT KILL
@u CLIENT nosuch
@u NOSUCH
[class] @u PING
ACL DELUSER u
`},
	{"sort by patterns", `
RPUSH l 2 1
MSET v1 9 v2 8
ACL SETUSER u reset on nopass +sort +sort_ro ~l
@u AUTH u x
@u SORT l
@u SORT l BY nosort
@u SORT l BY v*
@u SORT l GET #
@u SORT l GET v*
@u SORT_RO l GET v*
@u SORT l LIMIT a b BY v*
ACL SETUSER u %W~*
@u SORT l BY v*
ACL SETUSER u %R~*
@u SORT l BY v* GET v*
ACL SETUSER u resetkeys ~l (+get %R~*)
@u SORT l BY v*
ACL SETUSER u (+sort ~l %R~*)
@u SORT l BY v*
ACL DELUSER u
`},
	{"transactions", `
ACL SETUSER u reset on nopass +multi +exec +discard +get +set +publish +auth ~k &c
@u AUTH u x
@u MULTI
[class] @u INCR k
@u SET k 1
@u EXEC
@u MULTI
[class] @u SET j 1
@u DISCARD
@u MULTI
@u SET k 1
@u GET k
@u PUBLISH c m
ACL SETUSER u -get resetchannels
@u EXEC
GET k
@u MULTI
@u SET k 2
ACL SETUSER u resetkeys
@u EXEC
GET k
ACL SETUSER u ~k
@u MULTI
@u SET k 3
@u AUTH default x
[class] @u ACL SETUSER u -@all
[class] @u ACL WHOAMI
@u EXEC
ACL SETUSER u +@all ~k
@v AUTH u x
@v MULTI
@v SET k 4
ACL SETUSER u -exec
[class] @v EXEC
ACL SETUSER u +exec
@v EXEC
ACL SETUSER u +@all
@w MULTI
@w ACL SETUSER x reset on nopass
@w ACL SETUSER x +nosuch
@w ACL USERS
@w EXEC
ACL DELUSER u x
`},
	{"scripts", `
ACL SETUSER u reset on nopass +eval +eval_ro +fcall +function|load +get +set +@scripting ~k* %R~r
@u AUTH u x
@u EVAL "return redis.call('set', 'k', 1)" 0
[class] @u EVAL "return redis.call('set', 'j', 1)" 0
[class] @u EVAL "return redis.call('incr', 'k')" 0
[class] @u EVAL "return redis.call('set', 'r', 1)" 0
@u EVAL "return redis.call('get', 'r')" 0
[class] @u EVAL "return 1" 1 j
@u EVAL "return redis.call('nosuch')" 0
@u EVAL "return redis.call('acl', 'whoami')" 0
@u EVAL "return redis.call('get')" 0
@u EVAL "return {redis.acl_check_cmd('get', 'k'), redis.acl_check_cmd('get', 'j'), redis.acl_check_cmd('set', 'r', 1), redis.acl_check_cmd('incr', 'k')}" 0
@u EVAL "return redis.acl_check_cmd('nosuch')" 0
@u EVAL "return redis.acl_check_cmd('config', 'get', 'x')" 0
[leaves] @u EVAL "return {redis.call('set', 'k2', 1), type(redis.pcall('set', 'j', 1).err), redis.call('get', 'k2')}" 0
EXISTS k k2 j r
@u FUNCTION LOAD REPLACE "#!lua name=acllib\nredis.register_function('put', function(keys, args) return redis.call('set', args[1], 1) end)"
@u FCALL put 0 k3
[class] @u FCALL put 0 j
FUNCTION DELETE acllib
ACL DELUSER u
`},
	{"who waits", `
ACL SETUSER u reset on nopass +blpop +blmove ~l
@u AUTH u x
[later] @u BLPOP l 0
ACL SETUSER u +ping
RPUSH l a
@u receive
[later] @u BLPOP l 0
ACL SETUSER u resetkeys ~m
DEL l
ACL DELUSER u
`},
	{"rights are lost during a pause", `
ACL SETUSER u reset on nopass +@all ~*
@u AUTH u x
@v AUTH u x
@v MULTI
@v SET k 2
CLIENT PAUSE 100000 WRITE
[later] @u SET k 1
[later] @v EXEC
ACL SETUSER u -set
CLIENT UNPAUSE
[class] @u receive
@v receive
EXISTS k
ACL SETUSER u +set
@v MULTI
@v SET k 4
CLIENT PAUSE 100000 WRITE
[later] @v EXEC
ACL SETUSER u -exec
CLIENT UNPAUSE
[class] @v receive
@v GET k
ACL DELUSER u
`},
	{"subscribers lose a channel", `
ACL SETUSER u reset on nopass +@all &a &b* ~*
@a AUTH u x
@a SUBSCRIBE a
@b AUTH u x
@b PSUBSCRIBE b*
@c AUTH u x
@c SSUBSCRIBE bc
@d AUTH u x
ACL SETUSER u &c
PUBSUB NUMSUB a
PUBSUB NUMPAT
PUBSUB SHARDNUMSUB bc
ACL SETUSER u resetchannels &b*
PUBSUB NUMSUB a
PUBSUB NUMPAT
PUBSUB SHARDNUMSUB bc
@a receive
ACL SETUSER u resetchannels &bc
PUBSUB NUMPAT
PUBSUB SHARDNUMSUB bc
@b receive
@d PING
ACL SETUSER u allchannels
PUBSUB SHARDNUMSUB bc
ACL SETUSER u resetchannels
PUBSUB SHARDNUMSUB bc
@d PING
ACL DELUSER u
@d receive
`},
	{"a user is deleted", `
ACL SETUSER u reset on nopass +@all ~* &*
@a AUTH u x
@b AUTH u x
@c PING
@b ACL DELUSER u
@b receive
@a receive
@c PING
ACL SETUSER u reset on nopass +@all ~* &*
@d AUTH u x
@d MULTI
@d ACL DELUSER u
@d EXEC
@d receive
CLIENT KILL USER u
ACL SETUSER u reset on nopass +@all ~* &*
@e AUTH u x
CLIENT KILL USER u
@e receive
CLIENT KILL USER nosuch
ACL DELUSER u
`},
	{"what was denied", `
ACL LOG RESET
ACL LOG
ACL LOG 0
ACL LOG -1
ACL LOG x
ACL LOG 1 2
ACL LOG reset
ACL GENPASS 0
ACL GENPASS -1
ACL GENPASS 4097
ACL GENPASS x
ACL GENPASS 1 2
[kind] ACL GENPASS
[kind] ACL GENPASS 5
[kind] ACL GENPASS 4096
`},
	{"files", `
ACL LOAD
ACL SAVE
ACL LOAD x
CONFIG GET aclfile
[pairs] CONFIG GET acl*
CONFIG SET aclfile x
CONFIG SET acllog-max-len -1
CONFIG SET acllog-max-len 10
CONFIG GET acllog-max-len
CONFIG SET acllog-max-len 128
CONFIG SET acl-pubsub-default x
CONFIG SET acl-pubsub-default allchannels
ACL SETUSER u reset (+get)
ACL GETUSER u
ACL SETUSER u &x
ACL SETUSER u (&x)
CONFIG SET acl-pubsub-default resetchannels
ACL GETUSER u
ACL SETUSER u reset (+get)
ACL GETUSER u
ACL DELUSER u
`},
}

var defaultUserScripts = []script{
	{"the user default with a password", `
ACL SETUSER default >pw
PING
@new PING
@new AUTH other
@new AUTH pw
@new PING
@new AUTH nosuch pw
[class] @other HELLO 2
@other HELLO 2 AUTH default no
[kind] @other HELLO 2 AUTH default pw
CONFIG GET requirepass
CONFIG SET requirepass secret
@third AUTH pw
@third AUTH secret
CONFIG SET requirepass ""
@fourth PING
@fourth AUTH x
ACL SETUSER default off
@fifth PING
@fifth AUTH default x
@fifth AUTH x
ACL SETUSER default on
@fifth PING
ACL SETUSER default resetpass
@sixth PING
@sixth AUTH x
ACL SETUSER default nopass
`},
}
