package integration

import "testing"

func TestBlockingAgainstRedis(t *testing.T) { t.Parallel(); diff(t, blockingScripts) }

// blockingScripts: a "later" line waits until its client is blocked; its reply is received.
var blockingScripts = []script{
	{"arguments", `
		SET str x
		BLPOP
		BLPOP k
		BLPOP k x
		BLPOP k -1
		BLPOP k -inf
		BLPOP k nan
		BLPOP k 0.01
		BLPOP str k 0
		BRPOP k str 0
		BLMOVE a b LEFT FOO 0
		BLMOVE a b LEFT RIGHT x
		BLMOVE a b LEFT RIGHT -1
		BLMOVE a b LEFT RIGHT 0.01
		BLMOVE str b LEFT RIGHT 0
		BRPOPLPUSH a b x
		BRPOPLPUSH a b 0.01
		BRPOPLPUSH str b 0
		BLMPOP 0.01 0 k LEFT
		BLMPOP 0.01 1 k FOO
		BLMPOP -1 1 k FOO
		BLMPOP -1 1 k LEFT
		BLMPOP x 1 k LEFT
		BLMPOP 0.01 1 k LEFT COUNT 0
		BLMPOP 0.01 1 k LEFT
		BZPOPMIN k x
		BZPOPMIN k 0.01
		BZPOPMAX str 0
		BZMPOP 0.01 0 k MIN
		BZMPOP 0.01 1 k FOO
		BZMPOP 0.01 1 k MIN COUNT x
		BZMPOP 0.01 1 k MAX
		BZMPOP x 1 k MAX
		CLIENT UNBLOCK
		CLIENT UNBLOCK x
		CLIENT UNBLOCK x FOO
		CLIENT UNBLOCK 999999
		CLIENT UNBLOCK 999999 ERROR x
	`},
	{"at once", `
		RPUSH l a b c d e f
		BLPOP nosuch l 0
		BRPOP l 0
		BLMOVE l m LEFT RIGHT 0
		BRPOPLPUSH l m 0
		BLMPOP 0 2 nosuch l LEFT COUNT 5
		LRANGE m 0 -1
		ZADD z 1 a 2 b 3 c 4 d
		BZPOPMIN nosuch z 0
		BZPOPMAX z 0
		BZMPOP 0 1 z MIN COUNT 5
		EXISTS l z
		MULTI
		BLPOP k 0
		BRPOP k 0
		BLMOVE k l LEFT LEFT 0
		BRPOPLPUSH k l 0
		BLMPOP 0 1 k LEFT
		BZPOPMIN k 0
		BZPOPMAX k 0
		BZMPOP 0 1 k MIN
		EXEC
	`},
	{"first come first served", `
		[later] @a BLPOP k other 0
		[later] @b BRPOP k 0
		[later] @c BLMOVE k dst LEFT RIGHT 0
		[later] @d BLMPOP 0 2 none dst RIGHT COUNT 3
		RPUSH k 1 2 3 4
		@a receive
		@b receive
		@c receive
		@d receive
		LRANGE k 0 -1
		EXISTS dst
		[later] @a BZPOPMAX z 0
		[later] @b BZMPOP 0 2 y z MIN COUNT 2
		ZADD z 1 a 2 b 3 c 4 d
		@a receive
		@b receive
		ZRANGE z 0 -1
	`},
	{"what brings a key", `
		[later] @a BLPOP k k 0
		RPUSH t v
		RENAME t k
		@a receive
		[later] @a BLPOP k 0
		RPUSH t v w
		COPY t k
		@a receive
		DEL k
		[later] @a BLPOP k 0
		LMOVE t k LEFT LEFT
		@a receive
		[later] @a BLPOP k 0
		MULTI
		RPUSH k x
		DEL k
		SET k y
		DEL k
		EXEC
		SET k string
		DEL k
		ZADD k 1 a
		DEL k
		MULTI
		RPUSH k 1 2
		LPUSH k 0
		EXEC
		@a receive
		DEL k
		[later] @a BLPOP k 0
		SELECT 1
		RPUSH k other
		SELECT 0
		SWAPDB 0 1
		@a receive
		[later] @a BZPOPMIN k 0
		ZUNIONSTORE k 1 nosuch
		ZADD t2 1 a
		ZUNIONSTORE k 1 t2
		@a receive
	`},
	{"events of what is served", `
		CONFIG SET notify-keyspace-events KEA
		@n PSUBSCRIBE __keyevent@0__:*
		[later] @a BLPOP k 0
		RPUSH k 1
		@a receive
		@n receive
		@n receive
		@n receive
		[later] @a BLMOVE k dst LEFT RIGHT 0
		RPUSH k 1 2
		@a receive
		@n receive
		@n receive
		@n receive
		[later] @a BZPOPMIN z 0
		ZADD z 1 a 2 b
		@a receive
		@n receive
		@n receive
	`},
	{"a pause", `
		[later] @a BLPOP k 0
		CLIENT PAUSE 100 WRITE
		RPUSH k 1
		@a receive
		EXISTS k
		[later] @a BLPOP k 0
		CLIENT PAUSE 100 ALL
		RPUSH k 2
		@a receive
		EXISTS k
	`},
	{"a destination of another type", `
		SET dst x
		[later] @a BLMOVE src dst LEFT RIGHT 0
		[later] @b BLPOP src 0
		RPUSH src 1 2
		@a receive
		@b receive
		LRANGE src 0 -1
	`},
	{"moves in a circle", `
		[later] @a BRPOPLPUSH foo bar 0
		[later] @b BRPOPLPUSH bar foo 0
		RPUSH foo hello
		@a receive
		@b receive
		LRANGE foo 0 -1
		EXISTS bar
		[later] @a BRPOPLPUSH self self 0
		RPUSH self x
		@a receive
		LRANGE self 0 -1
	`},
	{"a pipeline stops", `
		[raw later] @a "BLPOP k 0\r\nLLEN k\r\nPING\r\n"
		RPUSH k 1 2
		@a receive
		@a receive
		@a receive
		[raw later] @a "BLPOP q 0.05\r\nPING\r\n"
		@a receive
		@a receive
	`},
	{"WATCH", `
		@b WATCH k
		@b MULTI
		@b PING
		[later] @a BLPOP k 0
		RPUSH k x
		@a receive
		@b EXEC
	`},
}
