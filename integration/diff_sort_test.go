package integration

import "testing"

func TestDiffSort(t *testing.T) { t.Parallel(); diff(t, sortScripts) }

var sortScripts = []script{
	{"orders", `
		RPUSH l 3 10 2 1 -5 2.5 1e2 0x10 inf -inf
		SORT l
		SORT l ASC
		SORT l DESC
		SORT l ALPHA
		SORT l ALPHA DESC
		SORT l DESC ASC
		SORT_RO l
		SORT_RO l DESC ALPHA
		SORT l LIMIT 0 3
		SORT l LIMIT 2 4 DESC
		SORT l LIMIT 8 100
		SORT l LIMIT 100 1
		SORT l LIMIT -5 2
		SORT l LIMIT 0 0
		SORT l LIMIT 0 -1
		SORT l LIMIT 3 -7
		SORT l LIMIT 9223372036854775807 9223372036854775807
		SORT l BY nosort
		SORT l BY nosort DESC
		SORT l BY nosort LIMIT 2 3
		SORT l BY nosort LIMIT 2 0
		SADD s 5 1 3 2 4
		SORT s
		SORT s DESC LIMIT 1 2
		[sorted] SORT s BY nosort
		ZADD z 1 5 2 4 3 3 4 2 5 1
		SORT z
		SORT z BY nosort
		SORT z BY nosort DESC
		SORT z BY nosort LIMIT 1 2
		SORT z BY nosort DESC LIMIT 1 2
		SORT z BY nosort DESC LIMIT 4 10
		RPUSH ties 01 1 1.0 001 +1 0.1e1
		SORT ties
		SORT ties DESC
		RPUSH blank "" 3 " 2" -1
		SORT blank
		SORT nosuch
		SORT nosuch BY w_* GET o_*
		SORT_RO nosuch
	`},
	{"errors", `
		SORT
		SORT_RO
		SET str x
		SORT str
		SORT_RO str
		HSET h f v
		SORT h
		SORT str FOO
		RPUSH l a b
		SORT l
		SORT l STORE d
		EXISTS d
		SORT l FOO
		SORT l LIMIT 1
		SORT l LIMIT x 1
		SORT l LIMIT 1 1.5
		SORT l BY
		SORT l GET
		SORT l STORE
		SORT_RO l STORE d
		SORT_RO l ALPHA STORE d
		RPUSH n nan
		SORT n
		DEL n
		RPUSH n 1e999
		SORT n
		DEL n
		RPUSH n " "
		SORT n
		DEL n
		RPUSH n 1x
		SORT n
		SET w_a x
		SORT l BY w_*
		SORT l BY w_* ALPHA
	`},
	{"patterns", `
		RPUSH l 1 2 3 4
		MSET w_1 30 w_2 20 w_3 10 w_4 40 o_1 one o_2 two o_4 four
		HSET h_1 w 3 o uno f:x 1
		HSET h_2 w 1 o dos
		HSET h_3 w 2
		SORT l BY w_*
		SORT l BY w_* DESC
		SORT l BY w_* GET o_*
		SORT l BY w_* GET # GET o_* GET w_*
		SORT_RO l BY w_* GET # GET o_*
		SORT l BY h_*->w GET # GET h_*->o
		SORT l BY h_*->w DESC GET h_*->w
		SORT l BY nosort GET h_*->
		SORT l BY nosort GET h_*->f:x
		SORT l GET constant GET o_*
		SORT l BY o_* ALPHA
		SORT l BY o_* ALPHA DESC
		SORT l BY o_* ALPHA LIMIT 0 2
		SORT l BY w_*->x
		SORT l BY h_*
		SORT l GET h_*
		SORT l GET w_*->x
		SORT l GET *
		SORT l GET w_*_*
		SORT l BY w_* GET # STORE d
		LRANGE d 0 -1
		SORT l BY w_* GET o_* STORE d
		LRANGE d 0 -1
		SORT l BY nosort GET o_* GET # STORE l
		LRANGE l 0 -1
		SET w_5 <500*9>
		SET o_5 <70000*x>
		RPUSH m 5 1
		SORT m BY w_* GET o_*
	`},
	{"store", `
		RPUSH l c a b
		SORT l ALPHA STORE d
		TYPE d
		LRANGE d 0 -1
		EXPIRE d 100
		SORT l ALPHA DESC STORE d
		TTL d
		LRANGE d 0 -1
		SORT l ALPHA STORE l
		LRANGE l 0 -1
		SET d x
		SORT l ALPHA LIMIT 1 1 STORE d
		LRANGE d 0 -1
		SORT nosuch STORE d
		EXISTS d
		SORT l ALPHA LIMIT 5 5 STORE l
		EXISTS l
		SADD s x y z
		SORT s BY nosort STORE d
		LRANGE d 0 -1
		SORT s BY nosort GET # LIMIT 0 2 STORE d STORE e
		EXISTS e
		LRANGE e 0 -1
		COMMAND GETKEYS SORT x BY w_* GET o_* STORE v STORE y
		COMMAND GETKEYS SORT x
		COMMAND GETKEYS SORT_RO x GET STORE
		COMMAND GETKEYS SORT x GET STORE LIMIT STORE 5 BY STORE
		COMMAND GETKEYSANDFLAGS SORT x STORE y
	`},
	{"transactions and scripts", `
		RPUSH l 2 3 1
		MSET w_1 3 w_2 2 w_3 1
		MULTI
		SORT l
		SORT l BY w_* STORE d
		SORT l FOO
		LRANGE d 0 -1
		EXEC
		SADD s a b c d e 10 9
		EVAL "return redis.call('SORT', KEYS[1], 'BY', 'nosort')" 1 s
		EVAL "return redis.call('SORT', KEYS[1], 'BY', 'nosort', 'GET', '#', 'GET', '_:*')" 1 s
		EVAL "return redis.call('SORT', KEYS[1], 'BY', 'w_*')" 1 l
		EVAL "return redis.call('SORT', KEYS[1])" 1 l
		EVAL_RO "return redis.call('SORT_RO', KEYS[1], 'DESC')" 1 l
		EVAL "return redis.pcall('SORT', KEYS[1]).err" 1 s
		WATCH d
		@other SORT nosuch STORE d
		MULTI
		PING
		EXEC
		[later] @a BLPOP made 0
		[later] @b BLMOVE made to LEFT RIGHT 0
		SORT l DESC STORE made
		@a receive
		@b receive
		LRANGE made 0 -1
		LRANGE to 0 -1
		@n CONFIG SET notify-keyspace-events KEAnm
		@n SUBSCRIBE __keyevent@0__:sortstore __keyevent@0__:del __keyevent@0__:new __keyevent@0__:keymiss
		SORT l STORE fresh
		@n receive
		@n receive
		SORT l STORE fresh
		@n receive
		SORT l LIMIT 9 9 STORE fresh
		@n receive
		SORT nosuch
		@n receive
		@c CONFIG SET notify-keyspace-events ""
	`},
}
