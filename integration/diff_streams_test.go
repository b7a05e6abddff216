package integration

import "testing"

func TestStreamsAgainstRedis(t *testing.T) { t.Parallel(); diff(t, streamScripts) }

var streamScripts = []script{
	{"adding and trimming at once", `
		XADD s MAXLEN 0 1-1 a 1
		XLEN s
		XADD s MAXLEN 2 2-1 a 1
		XADD s MAXLEN 2 3-1 a 1
		XADD s MAXLEN = 2 4-1 a 1
		XADD s MINID 4-1 5-1 a 1
		XADD s MINID 9-1 6-1 a 1
		XADD s MAXLEN 5 6-1 a 1
		XADD s MAXLEN 5 7-1 a 1
		XRANGE s - +
		XINFO STREAM s
		EVAL "for i = 100, 900 do redis.call('XADD', KEYS[1], i .. '-1', 'f', i) end return 'OK'" 1 s
		XADD s MAXLEN 300 1000-1 a 1
		XRANGE s - + COUNT 1
		XADD s MINID 850 1001-1 a 1
		XRANGE s - + COUNT 1
		XTRIM s MAXLEN 0
		XADD s MAXLEN 3 1002-1 a 1
		XINFO STREAM s
	`},
	{"entries, ranges, trims", `
		XADD s 1-1 a 1
		XADD s 1-1 a 1
		XADD s 0-0 a 1
		XADD s 1-* b 2
		XADD s 1 b 2
		XADD s 5-* b 2 c 3
		XADD s 2-* b 2
		XADD s x b 2
		XADD s 6 b
		XADD s NOMKSTREAM 7-0 b 1
		XADD t NOMKSTREAM 7-0 b 1
		XADD s MAXLEN 2 8-0 b 1
		XADD s MAXLEN = 2 9-0 b 1
		XADD s MAXLEN -1 9-0 b 1
		XADD s MAXLEN ~ 2 LIMIT 10 10-0 b 1
		XADD s MAXLEN 2 LIMIT 10 11-0 b 1
		XADD s LIMIT 10 11-0 b 1
		XADD s MINID 9 MAXLEN 2 11-0 b 1
		XADD s MINID 9 11-0 b 1
		XADD s MAXLEN x 12-0 b 1
		XADD s LIMIT x 12-0 b 1
		XADD s MAXLEN ~ 2 LIMIT -1 12-0 b 1
		XADD s MAXLEN
		XADD s MAXLEN 1 b 2
		XLEN s
		XLEN nope
		XRANGE s - +
		XRANGE s 9 (11-0
		XRANGE s (9-0 + COUNT 1
		XRANGE s - + COUNT 0
		XRANGE s - + COUNT -1
		XRANGE s - + COUNT x
		XRANGE s - + FOO 1
		XRANGE s x +
		XRANGE s ( +
		XRANGE s (18446744073709551615-18446744073709551615 +
		XRANGE s - (0-0
		XRANGE nope - + COUNT 0
		XREVRANGE s + -
		XREVRANGE s + - COUNT 1
		XDEL s 10-0 99-1
		XDEL s x
		XDEL nope 1-1
		XDEL nope x
		XDEL s x 1
		XINFO STREAM s
		XINFO STREAM nope
		XINFO STREAM s FULL
		XINFO STREAM s FULL COUNT 1
		XINFO STREAM s FULL COUNT -1
		XINFO STREAM s FOO
		XINFO FOO
		XINFO STREAM
		XREAD COUNT 1 STREAMS s 0
		XREAD STREAMS s nope 0 0
		XREAD STREAMS s $
		XREAD STREAMS s >
		XREAD GROUP a b STREAMS s 1
		XREAD NOACK STREAMS s 1
		XREAD COUNT 1
		XREAD BLOCK -1 STREAMS s $
		XREAD BLOCK x STREAMS s $
		XREAD BLOCK 1.5 STREAMS s $
		XREAD BLOCK 10 STREAMS s $
		XREAD COUNT -3 STREAMS s 0
		XREAD FOO 1 STREAMS s 0
		XREAD STREAMS s 11
		XTRIM s MAXLEN 1
		XTRIM s MAXLEN 0
		XTRIM s
		XTRIM s FOO 1
		XTRIM s MAXLEN 1 FOO
		XTRIM s MINID 5-5
		XTRIM s MAXLEN ~ 1 LIMIT 0
		XTRIM nope MAXLEN 1
		XTRIM s LIMIT 1
		EXISTS s
		TYPE s
		OBJECT ENCODING s
		XLEN s
		XADD s 1-1 a b
		XSETID s 3-3
		XSETID s 30-3
		XSETID s 40-3 ENTRIESADDED 100 MAXDELETEDID 2-2
		XSETID s 40-3 ENTRIESADDED -1 MAXDELETEDID 2-2
		XSETID s 40-3 ENTRIESADDED 1 MAXDELETEDID 41-2
		XSETID s 40-3 FOO
		XSETID nope 1-1
		XSETID s x
		XINFO STREAM s
		SET str x
		XADD str * a 1
		XLEN str
		XRANGE str - +
		XREAD STREAMS str 0
		XREAD STREAMS str $
		XINFO STREAM str
		XADD full 18446744073709551615-18446744073709551615 a 1
		XADD full * a 1
		XADD full 18446744073709551615-* a 1
		XADD full 18446744073709551615-18446744073709551615 a 1
		COPY full full2
		XRANGE full2 - +
		RENAME full2 full3
		XLEN full3
		COMMAND GETKEYS XREAD COUNT 1 STREAMS a b 1 2
		COMMAND GETKEYS XADD a * 1 2
		XADD a-b-c *-1 a 1
		XADD s 1-1-1 a 1
		XADD s -1-1 a 1
		XADD s +1-1 a 1
		XADD s 1-+1 a 1
		XADD s 1- a 1
		XADD s -* a 1
		XADD s *-* a 1
	`},
	{"trimming by nodes", `
		[times 1000] XADD s %i-1 a 1
		XTRIM s MAXLEN 666
		XTRIM s MAXLEN = 555
		XTRIM s MAXLEN ~ 444
		XTRIM s MAXLEN ~ 401
		XTRIM s MAXLEN ~ 0 LIMIT 99
		XTRIM s MAXLEN ~ 0 LIMIT 250
		XTRIM s MINID ~ 899
		XTRIM s MINID ~ 905
		XADD s MINID ~ 999 LIMIT 10 2000-1 a 1
		XLEN s
		CONFIG SET stream-node-max-entries 10
		[times 100] XADD t %i-1 a 1
		XADD t MAXLEN ~ 55 LIMIT 30 1000-* a 1
		XLEN t
		XADD t MAXLEN ~ 55 LIMIT 30 1000-* a 1
		XLEN t
		XADD t MAXLEN ~ 55 1000-* a 1
		XTRIM t MINID 1000
		XTRIM t MINID = 2000
		XLEN t
		XADD u 1-1 a 1
		XADD u 2-1 a 1
		XTRIM u MAXLEN ~ 1
		XTRIM u MINID ~ 9 LIMIT 1
		XTRIM u MINID ~ 9
		DEL u
		CONFIG SET stream-node-max-entries 1
		[times 5] XADD u %i-1 a 1
		XTRIM u MAXLEN ~ 2
		XINFO STREAM t
		CONFIG SET stream-node-max-entries 100
	`},
	{"help", `
		XINFO HELP
	`},
	{"waiting", `
		XADD old 1-1 a 1
		[later] @a XREAD BLOCK 0 STREAMS s $
		[later] @b XREAD BLOCK 0 COUNT 1 STREAMS old s 1-1 $
		[later] @c XREAD BLOCK 0 STREAMS s 5
		XADD s 4-1 x 1
		@a receive
		@b receive
		XADD s 6-1 x 2
		@c receive
		XREAD BLOCK 0 STREAMS old 0
		XREAD BLOCK 1 STREAMS old $
		[later] @a XREAD BLOCK 0 STREAMS gone $
		RPUSH gone x
		DEL gone
		XADD gone 1-1 a 1
		@a receive
		[later] @a XREAD BLOCK 0 STREAMS target 0
		RENAME gone target
		@a receive
		[later] @a XREAD BLOCK 0 STREAMS many $
		MULTI
		XADD many 1-1 a 1
		XADD many 2-1 b 2
		XREAD BLOCK 0 STREAMS nosuch $
		EXEC
		@a receive
		XREAD STREAMS s old 0 0
		XREAD STREAMS s 99
		XRANGE s - +
		XINFO STREAM s
	`},
	{"events", `
		CONFIG SET notify-keyspace-events KEA
		@n PSUBSCRIBE __keyevent@*
		XADD s 1-1 a 1
		@n receive
		XADD s MAXLEN 1 2-1 a 1
		@n receive
		@n receive
		XTRIM s MAXLEN 0
		@n receive
		XADD s 3-1 a 1
		@n receive
		XDEL s 3-1
		@n receive
		XSETID s 9-9
		@n receive
		DEL s
		@n receive
	`},
	{"keys", `
		XADD s 1-1 a 1 b 2
		SCAN 0 TYPE stream
		MEMORY USAGE nosuch
		EXPIRE s 100
		XADD s 2-1 a 1
		TTL s
		MOVE s 1
		EXISTS s
		SELECT 1
		XRANGE s - +
		XDEL s 1-1 2-1
		XLEN s
		EXISTS s
		PERSIST s
		XINFO STREAM s
	`},
}
