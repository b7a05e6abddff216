package integration

import "testing"

func TestGroupsAgainstRedis(t *testing.T) { t.Parallel(); diff(t, groupScripts) }

var groupScripts = []script{
	{"groups, consumers, pending entries", `
		XGROUP CREATE s g $
		XGROUP CREATE s g $ MKSTREAM
		XGROUP CREATE s g $ MKSTREAM
		XGROUP CREATE s g2 0
		XGROUP CREATE s g3 5-5 ENTRIESREAD 3
		XGROUP CREATE s g4 x
		XGROUP CREATE s g4 0 FOO
		XGROUP CREATE s g4 0 ENTRIESREAD -2
		XGROUP CREATE s g4 0 ENTRIESREAD x
		XGROUP CREATE s
		XGROUP SETID s g 0
		XGROUP SETID s nog 0
		XGROUP SETID s g2 +
		XGROUP SETID s g2 -
		XGROUP SETID s g2 (1
		XGROUP CREATE s g5 -
		XGROUP SETID nokey g 0
		XGROUP SETID s g 0 MKSTREAM
		XGROUP FOO
		XGROUP HELP
		XGROUP DESTROY s g3
		XGROUP DESTROY s g3
		XGROUP DESTROY nokey g3
		XGROUP CREATECONSUMER s g alice
		XGROUP CREATECONSUMER s g alice
		XGROUP CREATECONSUMER s nog alice
		XGROUP DELCONSUMER s g bob
		XGROUP DELCONSUMER s nog bob
		XADD s 1-1 a 1
		XADD s 2-1 b 2
		XADD s 3-1 c 3
		XADD s 4-1 d 4
		XADD s 5-1 e 5
		XINFO GROUPS s
		XREADGROUP GROUP g alice COUNT 2 STREAMS s >
		XREADGROUP GROUP g bob COUNT 1 STREAMS s >
		XREADGROUP GROUP g alice STREAMS s 0
		XREADGROUP GROUP g alice COUNT 1 STREAMS s 0
		XREADGROUP GROUP g alice STREAMS s 1-1
		XREADGROUP GROUP g carol STREAMS s 0
		XREADGROUP GROUP g carol NOACK COUNT 1 STREAMS s >
		XREADGROUP GROUP nog carol STREAMS s >
		XREADGROUP GROUP g carol STREAMS nokey >
		XREADGROUP GROUP g carol STREAMS s $
		XREADGROUP GROUP g carol STREAMS s x
		XREADGROUP GROUP g carol BLOCK x STREAMS s >
		XREADGROUP GROUP g carol FOO 1 STREAMS s >
		XINFO GROUPS s
		XPENDING s g
		XPENDING s g2
		XPENDING s nog
		XPENDING nokey g
		XPENDING s g - + 10 nosuch
		XPENDING s g IDLE 100000 - + 10
		XPENDING s g IDLE 0 - +
		XPENDING s g - +
		XPENDING s g - + x
		XPENDING s g - + -1
		XPENDING s g x + 1
		XPENDING s g IDLE x - + 1
		XACK s g 1-1
		XACK s g 1-1 9-9
		XACK s nog 1-1
		XACK nokey g 1-1
		XACK s g x
		XPENDING s g
		XCLAIM s g bob 0 2-1
		XCLAIM s g bob 0 2-1 JUSTID
		XCLAIM s g bob 100000 2-1
		XCLAIM s g bob 0 5-1
		XCLAIM s g bob 0 5-1 FORCE JUSTID
		XCLAIM s g bob 0 99-1 FORCE
		XCLAIM s g bob 0 5-1 RETRYCOUNT 7 JUSTID
		XCLAIM s g dave 0 5-1 2-1
		XCLAIM s g bob x 5-1
		XCLAIM s g bob 0 5-1 IDLE x
		XCLAIM s g bob 0 5-1 TIME x
		XCLAIM s g bob 0 5-1 RETRYCOUNT x
		XCLAIM s g bob 0 5-1 FOO
		XCLAIM s g bob 0 5-1 LASTID 4-9
		XCLAIM s nog bob 0 5-1
		XCLAIM nokey g bob 0 5-1
		XCLAIM s g bob 0 x
		XPENDING s g
		XAUTOCLAIM s g eve 0 0
		XAUTOCLAIM s g eve 0 0 COUNT 1
		XAUTOCLAIM s g eve 0 0 COUNT 1 JUSTID
		XAUTOCLAIM s g eve 0 (2-1
		XAUTOCLAIM s g eve x 0
		XAUTOCLAIM s g eve 0 x
		XAUTOCLAIM s g eve 0 0 COUNT 0
		XAUTOCLAIM s g eve 0 0 COUNT x
		XAUTOCLAIM s g eve 0 0 FOO
		XAUTOCLAIM s nog eve 0 0
		XAUTOCLAIM nokey g eve 0 0
		XDEL s 2-1
		XREADGROUP GROUP g eve STREAMS s 0
		XINFO GROUPS s
		XAUTOCLAIM s g frank 0 0
		XCLAIM s g bob 0 5-1
		XPENDING s g
		XGROUP DELCONSUMER s g eve
		XGROUP DELCONSUMER s g frank
		XPENDING s g
		XINFO STREAM s
		XREADGROUP GROUP g2 zoe STREAMS s >
		XINFO GROUPS s
		XREADGROUP GROUP g2 zoe STREAMS s >
		XDEL s 3-1
		XREADGROUP GROUP g2 zoe STREAMS s 0
		XPENDING s g2
		COPY s s9
		XINFO GROUPS s9
		XPENDING s9 g2
		XADD s9 10-1 a 1
		XREADGROUP GROUP g2 zoe STREAMS s9 >
		SET str x
		XGROUP CREATE str g 0
		XREADGROUP GROUP g a STREAMS str >
		XACK str g 1-1
		XPENDING str g
		XCLAIM str g a 0 1-1
		XAUTOCLAIM str g a 0 0
		XINFO GROUPS str
		XINFO GROUPS nokey
		XINFO CONSUMERS s nog
		XINFO CONSUMERS nokey g
		XGROUP DESTROY s g2
		XREADGROUP GROUP g2 zoe STREAMS s >
		XADD lag 1-1 a 1
		XADD lag 2-1 a 1
		XADD lag 3-1 a 1
		XGROUP CREATE lag g1 0
		XGROUP CREATE lag g2 2-1
		XGROUP CREATE lag g3 $
		XGROUP CREATE lag g4 1-1 ENTRIESREAD 1
		XINFO GROUPS lag
		XDEL lag 2-1
		XINFO GROUPS lag
		XREADGROUP GROUP g1 a COUNT 1 STREAMS lag >
		XINFO GROUPS lag
		XREADGROUP GROUP g1 a STREAMS lag >
		XINFO GROUPS lag
		XADD lag 4-1 a 1
		XINFO GROUPS lag
		XTRIM lag MAXLEN 0
		XINFO GROUPS lag
	`},
	{"waiting", `
		XGROUP CREATE s g $ MKSTREAM
		XGROUP CREATE s other $
		[later] @a XREADGROUP GROUP g a BLOCK 0 STREAMS s >
		[later] @b XREADGROUP GROUP g b BLOCK 0 STREAMS s >
		[later] @c XREADGROUP GROUP other c BLOCK 0 COUNT 1 STREAMS s >
		[later] @d XREAD BLOCK 0 STREAMS s $
		XADD s 1-1 x 1
		@a receive
		@c receive
		@d receive
		XADD s 2-1 x 2
		@b receive
		XPENDING s g
		XPENDING s other
		XREADGROUP GROUP g a BLOCK 1 STREAMS s >
		XREADGROUP GROUP g a BLOCK 0 STREAMS s 0
		[later] @a XREADGROUP GROUP g a BLOCK 0 STREAMS s >
		MULTI
		XADD s 3-1 x 3
		XADD s 4-1 x 4
		XREADGROUP GROUP other b BLOCK 0 COUNT 1 STREAMS s >
		EXEC
		@a receive
		XREADGROUP GROUP g a NOACK STREAMS s >
		XACK s g 1-1 2-1 3-1 4-1
		XPENDING s g
	`},
	{"events", `
		CONFIG SET notify-keyspace-events KEA
		@n PSUBSCRIBE __keyevent@*
		XGROUP CREATE s g $ MKSTREAM
		@n receive
		XGROUP CREATECONSUMER s g a
		@n receive
		XGROUP SETID s g 0
		@n receive
		XGROUP DELCONSUMER s g a
		@n receive
		XADD s 1-1 a 1
		@n receive
		XREADGROUP GROUP g b STREAMS s >
		@n receive
		XGROUP DESTROY s g
		@n receive
	`},
	{"a stream named twice", `
		XGROUP CREATE s g 0 MKSTREAM
		XADD s 1-1 a 1
		XADD s 2-1 b 2
		XADD s 3-1 c 3
		XREADGROUP GROUP g c COUNT 1 STREAMS s s > >
		XREADGROUP GROUP g c COUNT 1 STREAMS s s > 0
		XREADGROUP GROUP g c STREAMS s s s 0 > 1
		XREADGROUP GROUP g c STREAMS s s > >
		XREAD COUNT 1 STREAMS s s 0 1-1
		XREADGROUP GROUP g d STREAMS s nokey > >
		XPENDING s g
		XINFO GROUPS s
	`},
	{"ids named twice", `
		XGROUP CREATE s g 0 MKSTREAM
		XADD s 1-1 a 1
		XADD s 2-1 b 2
		XADD s 3-1 c 3
		XREADGROUP GROUP g c STREAMS s >
		XDEL s 2-1
		XCLAIM s g d 0 1-1 1-1 2-1 2-1 3-1 1-1 RETRYCOUNT 5
		XCLAIM s g d 0 1-1 1-1 1-1
		XCLAIM s g e 0 9-9 9-9 FORCE
		XCLAIM s g e 100000 1-1 3-1
		XCLAIM s g e 0 1-1 3-1 1-1 JUSTID
		XPENDING s g
		[approx 2000] XPENDING s g IDLE 0 - + 1 e
		XACK s g 1-1 1-1 7-7 3-1 3-1
		XACK s g 1-1
		XPENDING s g
		XINFO GROUPS s
		XGROUP SETID s g 0
		XREADGROUP GROUP g f COUNT 1 STREAMS s >
		XREADGROUP GROUP g h STREAMS s >
		XGROUP SETID s g 0
		XREADGROUP GROUP g i STREAMS s >
		XPENDING s g
		XGROUP DELCONSUMER s g i
		XPENDING s g
		XDEL s 1-1 1-1 3-1
		XINFO GROUPS s
	`},
	{"more than a page", `
		XGROUP CREATE s g 0 MKSTREAM
		EVAL "for i = 1, 700 do redis.call('XADD', KEYS[1], i .. '-1', 'f', i) end return 'OK'" 1 s
		XDEL s 5-1 256-1 257-1 600-1
		XREADGROUP GROUP g a COUNT 300 STREAMS s >
		XREADGROUP GROUP g b STREAMS s >
		XREADGROUP GROUP g b STREAMS s >
		XDEL s 400-1 401-1
		XREADGROUP GROUP g b STREAMS s 0
		XREADGROUP GROUP g b COUNT 270 STREAMS s 350-1
		XPENDING s g
		EVAL "local ids = {} for i = 1, 280 do ids[i] = i .. '-1' end return redis.call('XCLAIM', KEYS[1], 'g', 'c', 0, unpack(ids))" 1 s
		XAUTOCLAIM s g d 0 0 COUNT 290 JUSTID
		XAUTOCLAIM s g d 0 380-1 COUNT 300 JUSTID
		XAUTOCLAIM s g d 100000 0 COUNT 30 JUSTID
		XAUTOCLAIM s g d 0 0 COUNT 1 JUSTID
		XAUTOCLAIM s g d 0 695 JUSTID
		XPENDING s g
		XINFO GROUPS s
		EVAL "local ids = {} for i = 1, 600 do ids[i] = i .. '-1' end return redis.call('XACK', KEYS[1], 'g', unpack(ids))" 1 s
		XPENDING s g
		XGROUP SETID s g 0
		XREADGROUP GROUP g e STREAMS s >
		XPENDING s g
		XGROUP DELCONSUMER s g e
		XGROUP DELCONSUMER s g d
		XPENDING s g
		XINFO GROUPS s
	`},
	{"help", `
		XGROUP HELP
	`},
}
