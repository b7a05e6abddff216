package integration

import "testing"

// TestDiffErrorLines sends words with line ends and NULs to whatever quotes them: no name that a client
// chooses may end the line it is quoted on, or he writes replies for whoever reads that error.
func TestDiffErrorLines(t *testing.T) {
	t.Parallel()
	diff(t, lineScripts, "--enable-debug-command", "yes")
}

var lineScripts = []script{
	{"errors that quote", `
XADD s 1-1 a b
XGROUP CREATE s g 0
XPENDING "a\r\n+OK\r\nb\n\rc\x00d\r\n" g
XPENDING s "a\r\nb\x00c"
PING
XCLAIM "a\r\nb\x00c\r\n" "a\r\nb\x00c" c 0 1-1
XCLAIM s g c 0 1-1 "a\r\nb\x00c"
XAUTOCLAIM "a\r\nb\x00c\r\n" "a\r\nb" c 0 0
XREADGROUP GROUP "a\r\nb\x00c" c STREAMS "a\r\nb\x00c\r\n" >
XGROUP CREATECONSUMER s "a\r\nb\x00c\r\n" c
XGROUP DELCONSUMER s "a\r\nb" c
XGROUP SETID s "a\r\nb\x00c" 0
XGROUP "a\r\nb" a
XINFO CONSUMERS s "a\r\nb\x00c"
XINFO "a\r\nb\x00c" a
"a\r\nb\x00c\r\n"
"a\r\nb\x00c\r\n" "a\r\nb\x00c" "d\r\n"
CONFIG "a\r\nb\x00c"
CONFIG SET "a\r\nb\x00c" 1
CONFIG SET maxmemory "a\r\nb\x00c"
CONFIG SET maxmemory 0 "a\r\nb\x00c" 1
CLIENT "a\r\nb\x00c"
CLIENT LIST TYPE "a\r\nb\x00c"
CLIENT KILL TYPE "a\r\nb\x00c"
CLIENT KILL USER "a\r\nb\x00c"
CLIENT TRACKING ON BCAST PREFIX "a\r\nb\x00c" PREFIX "a\r\nb\x00cd"
HELLO 3 "a\r\nb\x00c"
EXPIRE k 1 "a\r\nb\x00c\r\n"
LATENCY GRAPH "a\r\nb\x00c"
LATENCY HELP "a\r\nb\x00c"
PUBSUB "a\r\nb" x y z
MEMORY "a\r\nb\x00c"
OBJECT "a\r\nb\x00c" k
SLOWLOG "a\r\nb\x00c"
DEBUG "a\r\nb\x00c"
DEBUG "<200*x>" "a\r\nb\x00c"
DEBUG ERROR "A\r\nb\x00c\r\n"
DEBUG ERROR "\r\nA b\xff\r\n"
DEBUG ERROR ""
COMMAND LIST FILTERBY "a\r\nb" x
PING
`},
	{"FUNCTION, FCALL and SCRIPT", `
FUNCTION "a\r\nb\x00c"
FUNCTION LIST "a\r\nb\x00c\r\n"
FUNCTION LOAD "a\r\nb\x00c\r\n" x
FUNCTION LOAD "#!a\rb\x00c\nd"
FUNCTION LOAD "#!a\rb name=x\n"
FUNCTION LOAD "#!lua name=a\rb\n"
FUNCTION LOAD "#!lua a\rb=x\n"
FUNCTION LOAD "#!lua \"a\\nb\"=x\n"
FUNCTION LOAD "#!lua name=x\nfoo("
FUNCTION LOAD "#!lua name=x\nerror('a\\r\\nb\\0c')"
FUNCTION LOAD "#!lua name=x\nredis.register_function('a\\r\\nb', function() end)"
FUNCTION DELETE "a\r\nb"
FUNCTION FLUSH "a\r\nb"
FUNCTION RESTORE x "a\r\nb"
FCALL "a\r\nb" 0
FUNCTION LOAD "#!lua name=lib\nredis.register_function('fail', function(keys, args) return redis.error_reply(args[1]) end)\nredis.register_function('state', function(keys, args) return redis.status_reply(args[1]) end)"
FCALL fail 0 "a\r\nb\x00c\r\n"
FCALL state 0 "a\r\nb\r\n"
FUNCTION FLUSH
SCRIPT "a\r\nb\x00c"
SCRIPT LOAD "return +a\r\nb"
EVAL "#!a\r\nb" 0
EVAL "#!lua flags=a\rb\nreturn 1" 0
EVAL "#!lua a\rb=c\nreturn 1" 0
# An escaped line end in a script's first line is the one place where Redis itself breaks its line.
EVAL "#!lua a\x00b\nreturn 1" 0
PING
`},
	{"what scripts make up", `
EVAL "return redis.error_reply(ARGV[1])" 0 "a\r\n+OK\r\nb\x00c"
EVAL "return redis.error_reply(ARGV[1])" 0 "-A\r\nb c\r\n"
EVAL "return redis.error_reply(ARGV[1])" 0 "\r\n"
EVAL "return redis.error_reply(ARGV[1])" 0 "-\r\n"
EVAL "return redis.error_reply(ARGV[1])" 0 ""
EVAL "return redis.error_reply(ARGV[1]).err" 0 "a\r\nb\n\rc\x00d"
EVAL "return redis.status_reply(ARGV[1])" 0 "a\r\n+OK\r\nb\x00c"
EVAL "return redis.status_reply(ARGV[1])" 0 "a\r\n"
EVAL "return redis.status_reply(ARGV[1]).ok" 0 "a\r\nb\x00c\r\n"
EVAL "return {ok=ARGV[1]}" 0 "a\r\nb\r\n"
EVAL "return {ok=ARGV[1]}" 0 "\r\n"
EVAL "return {err=ARGV[1]}" 0 "a\r\nb\x00c"
EVAL "return {err=ARGV[1]}" 0 "\r\nA b\r\n"
EVAL "return {err=ARGV[1]}" 0 "\r\n"
EVAL "return {{ok=ARGV[1]}, {err=ARGV[1]}, ARGV[1]}" 0 "a\r\nb\x00c\r\n"
EVAL "return {map={[ARGV[1]]={ok=ARGV[1]}}}" 0 "a\r\nb\x00c\r\n"
EVAL "return {set={[ARGV[1]]=true}}" 0 "a\r\nb\x00c\r\n"
EVAL "return {big_number=ARGV[1]}" 0 "1\r\n2\r\n"
EVAL "return {verbatim_string={format=ARGV[1], string=ARGV[1]}}" 0 "a\r\nb\x00c"
EVAL "error(ARGV[1])" 0 "a\r\nb\x00c\r\n"
EVAL "error(ARGV[1], 0)" 0 "a\r\nb\r\n"
EVAL "error({err=ARGV[1]})" 0 "a\r\nb\x00c\r\n"
EVAL "return select(2, pcall(error, ARGV[1]))" 0 "a\r\nb\x00c"
EVAL "return _G[ARGV[1]]" 0 "a\r\nb\x00c"
EVAL "return redis.call('xpending', KEYS[1], 'g')" 1 "a\r\nb\x00c"
EVAL "return redis.pcall('xpending', KEYS[1], 'g')" 1 "a\r\nb\x00c"
EVAL "return redis.pcall('xpending', KEYS[1], 'g').err" 1 "a\r\nb\x00c"
EVAL "return redis.pcall('expire', 'k', 1, ARGV[1]).err" 0 "a\r\nb\x00c"
EVAL "return redis.pcall(ARGV[1])" 0 "a\r\nb"
EVAL "string.format('%' .. ARGV[1], 1)" 0 "\r\n"
EVAL "return cjson.decode(ARGV[1])" 0 "a\r\nb"
PING
`},
	{"in MULTI", `
MULTI
"a\r\nb\x00c" "d\r\n"
EXEC
MULTI
XPENDING "a\r\nb\x00c" g
EVAL "return {redis.error_reply(ARGV[1]), {ok=ARGV[1]}}" 0 "a\r\nb\x00c\r\n"
EVAL "return redis.call('xpending', KEYS[1], 'g')" 1 "a\r\nb\x00c"
EXPIRE k 1 "a\r\nb"
EXEC
PING
`},
	{"published", `
@hears SUBSCRIBE "a\r\nb\x00c"
@hears PSUBSCRIBE "a\r\n*"
PUBLISH "a\r\nb\x00c" "d\r\n+OK\r\n"
@hears receive
@hears receive
@hears UNSUBSCRIBE "a\r\nb\x00c"
PUBSUB CHANNELS
PUBSUB NUMSUB "a\r\nb"
`},
	{"the statistics of errors", `
CONFIG RESETSTAT
EVAL "return {err=ARGV[1]}" 0 "A\r\nerrorstat_B:count=1\r\n x"
EVAL "return {err=ARGV[1]}" 0 "A:b#c x"
EVAL "return {err=ARGV[1]}" 0 "nospace"
INFO errorstats
`},
}
