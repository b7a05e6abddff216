package integration

import "testing"

func TestDiffScripts(t *testing.T) { t.Parallel(); diff(t, scriptScripts) }

var scriptScripts = []script{
	{"EVAL and its kin", `
EVAL "return 1" 0
EVAL "return {KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3]}" 2 a b c d
EVAL "return redis.call('set', KEYS[1], ARGV[1])" 1 k v
GET k
EVAL_RO "return redis.call('get', KEYS[1])" 1 k
EVAL_RO "return redis.call('set', KEYS[1], 1)" 1 k
EVAL_RO "return redis.pcall('publish', 'c', 1)" 0
EVALSHA_RO e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0
EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0
EVALSHA E0E1F9FABFC9D4800C877A703B823AC0578FF8DB 0
EVALSHA ffffffffffffffffffffffffffffffffffffffff 0
EVALSHA short 0
EVAL
EVAL "return 1"
EVAL "return 1" x
EVAL "return 1" -1
EVAL "return 1" 1
EVAL "return +" 0
EVALSHA
EVAL_RO "return 1" x
EVALSHA_RO x 0
`},
	{"shebangs", `
EVAL "#!lua\nreturn redis.call('set', KEYS[1], 1)" 1 k
EVAL "#!lua flags=no-writes\nreturn redis.call('get', KEYS[1])" 1 k
EVAL "#!lua flags=no-writes\nreturn redis.call('set', KEYS[1], 1)" 1 k
EVAL_RO "#!lua\nreturn 1" 0
EVAL_RO "#!lua flags=no-writes\nreturn 1" 0
EVAL "#!lua flags=no-writes,allow-stale,allow-oom,no-cluster\nreturn 1" 0
EVAL "#!lua flags=nosuch\nreturn 1" 0
EVAL "#!lua foo=bar\nreturn 1" 0
EVAL "#!python\nreturn 1" 0
EVAL "#!lua" 0
`},
	{"what may be called", `
EVAL "return redis.call('nosuch')" 0
EVAL "return redis.call()" 0
EVAL "return redis.call('get')" 0
EVAL "return redis.call('config')" 0
EVAL "return redis.call('config', 'nosuch')" 0
EVAL "return redis.call('config', 'get', 'port')" 0
EVAL "return redis.call('subscribe', 'c')" 0
EVAL "return redis.call('multi')" 0
EVAL "return redis.call('eval', 'return 1', 0)" 0
EVAL "return redis.call('watch', 'a')" 0
EVAL "return redis.call('client', 'id')" 0
EVAL "return redis.call('hello', 3)" 0
EVAL "return redis.call('script', 'flush')" 0
EVAL "return redis.call('function', 'flush')" 0
EVAL "return redis.call('auth', 'x')" 0
EVAL "return redis.call('ping')" 0
EVAL "return redis.call('echo', 1.5)" 0
EVAL "return redis.call('set', 'k', true)" 0
EVAL "return redis.call('set', 'k', {})" 0
EVAL "return redis.pcall('get')" 0
EVAL "return redis.pcall('nosuch').err" 0
EVAL "local r = redis.pcall('incr', KEYS[1]) return r.err" 1 s
LPUSH l x
EVAL "return redis.call('get', KEYS[1])" 1 l
EVAL "return redis.pcall('get', KEYS[1])" 1 l
EVAL "return redis.pcall('get', KEYS[1]).err" 1 l
EVAL "return redis.acl_check_cmd('set', 'k', 'v')" 0
EVAL "return redis.acl_check_cmd('nosuch')" 0
EVAL "return {redis.call('select', 3), redis.call('set', KEYS[1], 'three'), redis.call('get', KEYS[1])}" 1 k
GET k
SELECT 3
GET k
SELECT 0
EVAL "return redis.call('select', 99)" 0
EVAL "return redis.call('swapdb', 0, 3)" 0
GET k
EVAL "return redis.call('flushall')" 0
EVAL "return {redis.call('dbsize'), redis.call('exists', 'k'), redis.call('publish', 'c', 'x')}" 0
`},
	{"undeclared keys", `
EVAL "redis.call('set', 'u1', 1) redis.call('set', 'u2', 2) return redis.call('mget', 'u1', 'u2')" 0
EVAL "redis.call('incr', KEYS[1]) return redis.call('incr', ARGV[1])" 1 a b
EVAL "redis.call('incr', KEYS[1]) return redis.call('incr', ARGV[1])" 1 a c
MGET a b c
EVAL "redis.call('set', 'kept', 1) redis.call('set', 'kept2', 1) return redis.call('lpush', 'kept', 1)" 0
MGET kept kept2
[sorted] EVAL "return redis.call('keys', '*')" 0
EVAL "redis.call('set', 'x', 1) redis.call('rename', 'x', 'y') return redis.call('getdel', 'y')" 0
EVAL_RO "return redis.call('mget', 'a', 'b')" 0
EVAL "redis.call('rpush', 'list', 3, 1, 2) return redis.call('lrange', 'list', 0, -1)" 0
EVAL "return redis.call('scan', 0, 'count', 1000)[1]" 0
`},
	{"errors keep what was written", `
EVAL "redis.call('set', KEYS[1], 'kept') error('oops')" 1 k
GET k
EVAL "redis.call('set', KEYS[1], 'again') return redis.call('lpop', KEYS[1])" 1 k
GET k
EVAL "redis.call('set', KEYS[1], 'third') return {err = 'MY own error'}" 1 k
GET k
EVAL "return redis.error_reply('CODE text')" 0
EVAL "return redis.error_reply('-CODE text')" 0
EVAL "return redis.error_reply()" 0
EVAL "return redis.status_reply('FINE')" 0
EVAL "error({err = 'A table'})" 0
EVAL "error()" 0
EVAL "error(12)" 0
EVAL "nosuch()" 0
EVAL "return nosuch" 0
EVAL "x = 1" 0
EVAL "return redis.call('mset', 'a', 1, 'b')" 0
EXISTS a b
`},
	{"in MULTI", `
MULTI
SET a 1
EVAL "return redis.call('incr', KEYS[1])" 1 a
EVALSHA ffffffffffffffffffffffffffffffffffffffff 0
EVAL "return redis.call('incr', 'undeclared')" 0
EVAL "redis.call('set', KEYS[1], 'x') error('oops')" 1 b
EVAL_RO "return redis.call('mget', 'a', 'undeclared')" 0
SCRIPT EXISTS ffffffffffffffffffffffffffffffffffffffff
INCR a
EXEC
MGET a b undeclared
WATCH a
EVAL "return redis.call('incr', KEYS[1])" 1 a
MULTI
PING
EXEC
WATCH a
@other EVAL "return redis.call('incr', 'a')" 0
MULTI
PING
EXEC
MULTI
EVAL "return redis.call('select', 2)" 0
SET here 1
EXEC
GET here
`},
	{"conversions", `
EVAL "return {1, 2.9, -2.9, '3', true, false, 'end'}" 0
EVAL "return {1, nil, 3}" 0
EVAL "return {1, {2, {3, 'x'}}, {}}" 0
EVAL "return 9007199254740993" 0
EVAL "return 1e300" 0
EVAL "return 0/0" 0
EVAL "return -1/0" 0
EVAL "return nil" 0
EVAL "return true" 0
EVAL "return false" 0
EVAL "return print" 0
EVAL "return {ok='FINE', err=nil}" 0
EVAL "return {double=3.5}" 0
EVAL "redis.setresp(3) return {double=3.5}" 0
EVAL "redis.setresp(3) return {map={a=1}}" 0
EVAL "redis.setresp(3) return {set={a=true}}" 0
EVAL "redis.setresp(3) return {big_number='1234567890123456789012345'}" 0
EVAL "redis.setresp(3) return {verbatim_string={format='txt', string='x'}}" 0
EVAL "redis.setresp(3) return {true, false}" 0
EVAL "redis.setresp(4) return 1" 0
HSET h f v
EVAL "return redis.call('hgetall', KEYS[1])" 1 h
EVAL "redis.setresp(3) return redis.call('hgetall', KEYS[1])" 1 h
EVAL "redis.setresp(3) return redis.call('hgetall', KEYS[1]).map.f" 1 h
ZADD z 1.5 m
EVAL "return redis.call('zscore', KEYS[1], 'm')" 1 z
EVAL "redis.setresp(3) return redis.call('zscore', KEYS[1], 'm').double * 2" 1 z
EVAL "redis.setresp(3) return type(redis.call('get', 'none'))" 0
EVAL "return type(redis.call('get', 'none'))" 0
EVAL "return redis.call('set', KEYS[1], 3.0)" 1 n
GET n
EVAL "return redis.call('set', KEYS[1], 1e15)" 1 n
GET n
EVAL "return redis.call('set', KEYS[1], 1e100)" 1 n
GET n
`},
	{"numbers as text", `
EVAL "return tostring(1/3)" 0
EVAL "return tostring(1e15)" 0
EVAL "return tostring(1e14 + 0.5)" 0
EVAL "return tostring(123456789012345678)" 0
EVAL "return tostring(-0.0)" 0
EVAL "return tostring(1/0)" 0
EVAL "return tostring(100000000000000)" 0
EVAL "return 0.1 .. ''" 0
EVAL "return string.format('%.17g', 0.1)" 0
EVAL "return string.format('%.14g', 2^53)" 0
EVAL "return string.format('%d %i %5d|%-5d|%05d', 3, 4, 5, 6, 7)" 0
EVAL "return string.format('%5.2f %e %G %g', 3.14159, 12345.678, 1e-10, 1e20)" 0
EVAL "return string.format('%x %X %o %#x %c', 255, 255, 8, 255, 65)" 0
EVAL "return string.format('%q %s %10s|%-10s|%.2s', 'a\\nb', 'x', 'r', 'l', 'cut')" 0
EVAL "return string.format('%u', 3.7)" 0
EVAL "return string.format('%d', '10')" 0
EVAL "return string.format('%d', 'x')" 0
EVAL "return {tonumber('0x10'), tonumber('  12  '), tonumber('1e2'), tostring(tonumber('x')), tonumber('z', 36)}" 0
EVAL "return {7 % 3, -7 % 3, 7 % -3, 2 ^ 10, 7 / 2 * 2}" 0
EVAL "return {math.floor(-3.5), math.ceil(3.2), math.max(1, 5, 3), math.huge}" 0
EVAL "local t = {} for i = 1, 5 do t[i] = math.random(1000) end return t" 0
EVAL "math.randomseed(42) return {math.random(100), math.random(100)}" 0
EVAL "return cjson.encode({1, 2.5, 'x', {a=1}, 1e20, 0.1})" 0
EVAL "return cjson.decode('[1,2.5,\"x\",null,true]')" 0
EVAL "return cmsgpack.unpack(cmsgpack.pack({1, 'a', 2.5}))" 0
EVAL "return {struct.unpack('>I2s', struct.pack('>I2s', 300, 'abc'))}" 0
EVAL "return {bit.band(0xff, 0x0f), bit.bor(1, 2), bit.tohex(255), bit.lshift(1, 31)}" 0
EVAL "return redis.sha1hex('x')" 0
EVAL "return {redis.LOG_DEBUG, redis.LOG_VERBOSE, redis.LOG_NOTICE, redis.LOG_WARNING}" 0
EVAL "return {redis.replicate_commands(), redis.set_repl(redis.REPL_ALL)}" 0
EVAL "return {redis.REPL_NONE, redis.REPL_AOF, redis.REPL_SLAVE, redis.REPL_REPLICA, redis.REPL_ALL}" 0
EVAL "return {redis.log(redis.LOG_DEBUG, 'x')}" 0
EVAL "return redis.log(9, 'x')" 0
EVAL "return io" 0
`},
	{"SCRIPT", `
SCRIPT LOAD "return 'loaded'"
SCRIPT EXISTS b534286061d4b9e4026607613b95c06c06015ae8 ffffffffffffffffffffffffffffffffffffffff
EVALSHA b534286061d4b9e4026607613b95c06c06015ae8 0
SCRIPT FLUSH nosuch
SCRIPT FLUSH SYNC
SCRIPT FLUSH ASYNC
SCRIPT FLUSH
EVALSHA b534286061d4b9e4026607613b95c06c06015ae8 0
SCRIPT EXISTS b534286061d4b9e4026607613b95c06c06015ae8
SCRIPT KILL
SCRIPT DEBUG NO
SCRIPT DEBUG nosuch
SCRIPT HELP
SCRIPT
SCRIPT NOSUCH
SCRIPT LOAD
SCRIPT EXISTS
SCRIPT LOAD "return +"
`},
	{"FUNCTION and FCALL", `
FUNCTION FLUSH
FUNCTION LOAD "#!lua name=lib\nredis.register_function('get1', function(keys, args) return redis.call('get', keys[1]) end)\nredis.register_function{function_name='ro', callback=function(keys, args) return redis.call('get', keys[1]) end, flags={'no-writes'}, description='reads'}\nredis.register_function('put', function(keys, args) return redis.call('set', keys[1], args[1]) end)"
FUNCTION LOAD "#!lua name=lib\nredis.register_function('x', function() return 1 end)"
FUNCTION LOAD REPLACE "#!lua name=lib\nredis.register_function('put', function(keys, args) return redis.call('set', keys[1], args[1]) end)\nredis.register_function{function_name='ro', callback=function(keys, args) return redis.call('get', keys[1] or args[1]) end, flags={'no-writes'}}"
FCALL put 1 k v
FCALL ro 1 k
FCALL_RO ro 1 k
FCALL_RO put 1 k w
FCALL ro 0 undeclared
FCALL put 0 undeclared
FCALL PUT 1 k V
FCALL nosuch 0
FCALL put x
FCALL put -1
FCALL put 5 a
FCALL put
FCALL_RO
MULTI
FCALL put 1 m 1
FCALL_RO ro 0 m
EXEC
FUNCTION LOAD REPLACE "#!lua name=lib\nredis.register_function{function_name='ro', description='reads', callback=function(keys, args) return redis.call('get', keys[1] or args[1]) end, flags={'no-writes'}}"
FUNCTION LIST
FUNCTION LIST LIBRARYNAME l* WITHCODE
FCALL ro 1 k
FCALL put 1 k v
FUNCTION LIST LIBRARYNAME nosuch
FUNCTION LIST NOSUCH
FUNCTION LIST LIBRARYNAME
FUNCTION STATS
FUNCTION KILL
FUNCTION DELETE nosuch
FUNCTION DELETE lib
FUNCTION LIST
FUNCTION LOAD "no shebang"
FUNCTION LOAD "#!lua\nreturn 1"
FUNCTION LOAD "#!lua name=bad-name\nreturn 1"
FUNCTION LOAD "#!lua name=empty\nreturn 1"
FUNCTION LOAD NOSUCH "x"
[class] FUNCTION DUMP
FUNCTION RESTORE nonsense
FUNCTION RESTORE nonsense NOSUCH
FUNCTION HELP
FUNCTION FLUSH NOSUCH
FUNCTION
FUNCTION NOSUCH
FUNCTION FLUSH SYNC
`},
}
