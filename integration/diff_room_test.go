package integration

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestRoomAgainstRedis compares what is refused over the limit. A maxmemory of one byte is passed in both
// servers, whatever each of them counts.
func TestRoomAgainstRedis(t *testing.T) { t.Parallel(); diff(t, roomScripts) }

var roomScripts = []script{
	{"scripts", `
		SET old v
		CONFIG SET maxmemory 1
		SET x y
		EVAL "return redis.call('set','x','y')" 0
		EVAL "return redis.call('set','x','y')" 1 x
		EVAL "return redis.pcall('set','x','y')" 1 x
		EVAL "return redis.pcall('set','x','y').err" 1 x
		EVAL "redis.pcall('set','x','y') return redis.call('set','x','y')" 1 x
		EVAL "return redis.call('get','old')" 1 old
		EXISTS x
		EVAL "redis.call('del','x') return redis.call('set','x','y')" 1 x
		GET x
		EVAL "return redis.call('del','x')" 1 x
		EVAL "return redis.call('expire','old',1000)" 1 old
		EVAL "#!lua\nreturn 1" 0
		EVAL "#!lua flags=no-cluster\nreturn 1" 0
		EVAL "#!lua flags=no-writes\nreturn redis.call('get','old')" 1 old
		EVAL "#!lua flags=no-writes\nreturn redis.call('set','x',1)" 1 x
		EVAL "#!lua flags=no-writes,allow-oom\nreturn redis.call('set','x',1)" 1 x
		EVAL "#!lua flags=allow-oom\nreturn redis.call('set','x',1)" 1 x
		EVAL "#!lua flags=nonsense\nreturn 1" 0
		EVAL "#!python\nreturn 1" 0
		EVAL_RO "return redis.call('get','x')" 1 x
		EVAL_RO "return redis.call('set','x',1)" 1 x
		EVAL_RO "#!lua\nreturn redis.call('get','x')" 1 x
		EVAL_RO "#!lua flags=no-writes\nreturn redis.call('get','x')" 1 x
		EVAL_RO "#!lua flags=allow-oom\nreturn redis.call('get','x')" 1 x
		SCRIPT LOAD "return redis.call('set',KEYS[1],'y')"
		EVALSHA c686f316aaf1eb01d5a4de1b0b63cd233010e63d 1 x
		EVALSHA_RO c686f316aaf1eb01d5a4de1b0b63cd233010e63d 1 x
		SCRIPT LOAD "#!lua\nreturn 2"
		EVALSHA d7cc3ddeea2ea05b52f9f9da3a5e7fff01dad4ee 0
		EVALSHA 0000000000000000000000000000000000000000 0
		SCRIPT EXISTS c686f316aaf1eb01d5a4de1b0b63cd233010e63d
		CONFIG SET maxmemory 0
		SET x y
	`},
	{"functions", `
		FUNCTION LOAD REPLACE "#!lua name=room\nlocal set = function(k) return redis.call('set',k[1],1) end redis.register_function('fw',set) redis.register_function{function_name='fo',callback=set,flags={'allow-oom'}} redis.register_function{function_name='fr',callback=function(k) return redis.call('get',k[1]) end,flags={'no-writes'}} redis.register_function{function_name='frw',callback=set,flags={'no-writes'}}"
		CONFIG SET maxmemory 1
		FCALL fw 1 x
		FCALL fr 1 x
		FCALL frw 1 x
		FCALL fo 1 x
		FCALL nosuch 0
		FCALL_RO fw 1 x
		FCALL_RO fo 1 x
		FCALL_RO fr 1 x
		FCALL_RO frw 1 x
		FUNCTION LOAD "#!lua name=a\nredis.register_function('fa',function() return 1 end)"
		FUNCTION LOAD REPLACE "#!lua name=room\nredis.register_function('fa',function() return 1 end)"
		FUNCTION RESTORE abc
		FUNCTION DELETE room
		FUNCTION FLUSH
		SCRIPT FLUSH
		CONFIG SET maxmemory 0
	`},
	{"MULTI", `
		MULTI
		SET a b
		@other CONFIG SET maxmemory 1
		EXEC
		EXEC
		@other CONFIG SET maxmemory 0
		EXISTS a
		MULTI
		GET a
		DEL a
		@other CONFIG SET maxmemory 1
		EXEC
		MULTI
		GET a
		EXEC
		MULTI
		PING
		DISCARD
		MULTI
		WATCH a
		EXEC
		MULTI
		MULTI
		EXEC
		MULTI
		NOSUCH
		SET
		EXEC
		MULTI
		RESET
		PING
		@other CONFIG SET maxmemory 0
		MULTI
		NOSUCH
		SET a b
		@other CONFIG SET maxmemory 1
		EXEC
		@quits MULTI
		@quits QUIT
		@other CONFIG SET maxmemory 0
	`},
	{"scripts in EXEC", `
		MULTI
		EVAL "return redis.call('set','x','y')" 1 x
		EVAL "#!lua flags=allow-oom\nreturn redis.call('set','y','y')" 1 y
		EVAL "#!lua flags=no-writes\nreturn redis.call('get','y')" 1 y
		@other CONFIG SET maxmemory 1
		EXEC
		EXISTS x y
		@other CONFIG SET maxmemory 0
		MULTI
		EVAL "#!lua\nreturn 1" 0
		@other CONFIG SET maxmemory 1
		EXEC
		@other CONFIG SET maxmemory 0
		MULTI
		SET a b
		EVAL "return redis.call('set','x','y')" 1 x
		@other CONFIG SET maxmemory 1
		EXEC
		EXISTS a x
		@other CONFIG SET maxmemory 0
		MULTI
		EVALSHA d7cc3ddeea2ea05b52f9f9da3a5e7fff01dad4ee 0
		@other SCRIPT LOAD "#!lua\nreturn 2"
		@other CONFIG SET maxmemory 1
		EXEC
		@other CONFIG SET maxmemory 0
	`},
	{"the limit is set inside EXEC", `
		MULTI
		SET a b
		CONFIG SET maxmemory 1
		SET c d
		CONFIG GET maxmemory
		EXEC
		MGET a c
		SET e f
		MULTI
		SET e f
		EXEC
		CONFIG SET maxmemory 0
		SET e f
		MULTI
		SET a b
		CONFIG SET maxmemory 1 timeout x
		CONFIG SET appendfsync always
		CONFIG SET appendfsync everysec
		CONFIG SET maxmemory-policy volatile-lru
		CONFIG SET maxmemory-policy noeviction
		SET a c
		EXEC
		GET a
	`},
}

// statisticsOf is what a server has counted of errors and of calls, but for their time.
func statisticsOf(t *testing.T, c *conn) string {
	t.Helper()
	times := regexp.MustCompile(`usec=\d+,usec_per_call=[\d.]+,`)
	var lines []string
	for line := range strings.SplitSeq(c.must(t, "INFO", "commandstats", "errorstats").text, "\r\n") {
		ran := strings.HasPrefix(line, "cmdstat_") && !strings.HasPrefix(line, "cmdstat_config")
		if ran || strings.HasPrefix(line, "errorstat_") {
			lines = append(lines, times.ReplaceAllString(line, ""))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// TestRefusalsAreCounted: what was refused for want of room counts as Redis counts it.
func TestRefusalsAreCounted(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	for _, lines := range []string{
		`EVAL "return redis.call('set','x','y')" 1 x`,
		`EVAL "return redis.pcall('set','x','y')" 1 x`,
		`EVAL "return redis.pcall('set','x','y').err" 1 x`,
		`EVAL "#!lua\nreturn 1" 0`,
		`FCALL nosuch 0`,
		"SET x y",
		"MULTI\nPING\nEXEC",
		"MULTI\nNOSUCH\nDISCARD",
		"@blocked BLMOVE a b LEFT LEFT 0",
		"DEBUG SLEEP 0",
		"MULTI\nMONITOR\nDISCARD",
	} {
		sc := script{name: lines, lines: "CONFIG SET maxmemory 1\nCONFIG RESETSTAT\n" + lines}
		p.play(t, &sc, 2)
		if got, want := statisticsOf(t, dial(t, p.larder)), statisticsOf(t, dial(t, p.judge)); got != want {
			t.Errorf("%s\n%s\nthe judge:\n%s", lines, got, want)
		}
	}
}

// simpleCall is the shortest line that calls a command; ok is false for one that only has subcommands.
func simpleCall(name string, all map[string]commandInfo) (words []string, ok bool) {
	words = strings.Split(name, "|")
	n := max(all[name].arity, -all[name].arity)
	for len(words) < n {
		words = append(words, "x")
	}
	return words, len(all[name].reply.list[9].list) == 0
}

// sameCalls runs fn with the shortest line of each command that both servers have.
func sameCalls(t *testing.T, p pair, fn func(name string, words []string)) {
	t.Helper()
	ours, theirs := commandsOf(t, p.larder), commandsOf(t, p.judge)
	for _, name := range sortedNames(ours) {
		words, ok := simpleCall(name, ours)
		if theirs[name].arity == ours[name].arity && ok {
			fn(name, words)
		}
	}
}

// TestEveryCommandInMulti queues every command, with room for data and without: what is queued, what is
// refused and in which words.
func TestEveryCommandInMulti(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	for _, limit := range []string{"0", "1"} {
		larder, judge := dial(t, p.larder), dial(t, p.judge)
		larder.must(t, "CONFIG", "SET", "maxmemory", limit)
		judge.must(t, "CONFIG", "SET", "maxmemory", limit)
		tried := 0
		sameCalls(t, p, func(name string, words []string) {
			a, b := dial(t, p.larder), dial(t, p.judge)
			defer a.Close()
			defer b.Close()
			for _, line := range [][]string{{"MULTI"}, words, {"PING"}} {
				s := &step{words: line, times: 1}
				if d := s.compare(a, b, 1); d != "" {
					t.Errorf("maxmemory %s, MULTI, %s: %s\n%s", limit, strings.Join(words, " "), line, d)
				}
			}
			tried++
		})
		if tried < 200 {
			t.Errorf("only %d commands were tried", tried)
		}
	}
}

// TestEveryCommandWithoutRoom calls every command that is to be refused over the limit.
func TestEveryCommandWithoutRoom(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	larder, judge := dial(t, p.larder), dial(t, p.judge)
	larder.must(t, "CONFIG", "SET", "maxmemory", "1")
	judge.must(t, "CONFIG", "SET", "maxmemory", "1")
	all, tried := commandsOf(t, p.judge), 0
	sameCalls(t, p, func(name string, words []string) {
		if !slices.Contains(all[name].flags, "denyoom") {
			return
		}
		tried++
		s := &step{words: words, times: 1}
		if d := s.compare(larder, judge, 1); d != "" {
			t.Errorf("%s\n%s", strings.Join(words, " "), d)
		}
	})
	if tried < 40 {
		t.Errorf("only %d commands were tried", tried)
	}
}

// TestOwnCommandsWithoutRoom does so with the commands that Redis does not have: those that may add data are
// refused, the others are not.
func TestOwnCommandsWithoutRoom(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	s := startLarder(t)
	c := dial(t, s)
	c.must(t, "CONFIG", "SET", "maxmemory", "1")
	all, refused := commandsOf(t, s), 0
	for _, name := range sortedNames(all) {
		words, ok := simpleCall(name, all)
		if !ok || !strings.HasPrefix(name, "cache|") {
			continue
		}
		v, _ := c.do(words...)
		grows := slices.Contains(all[name].flags, "denyoom")
		if (v.class() == "-OOM") != grows {
			t.Errorf("%s: %v", name, v)
		}
		if grows {
			refused++
		}
	}
	if refused == 0 {
		t.Error("no command of CACHE may add data")
	}
}

// TestBlockedWithoutRoom: 7.2 judges a command that waited anew when there is something for it, and refuses
// one that may add data; the element stays for the next. The judge, 7.0, serves it.
func TestBlockedWithoutRoom(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	s := startLarder(t)
	c := dial(t, s)
	const push = "#!lua flags=allow-oom\nreturn redis.call('rpush', KEYS[1], ARGV[1])"
	moves := waiting(t, s, 1, "BLMOVE", "l", "d", "LEFT", "LEFT", "0")
	pops := waiting(t, s, 2, "BLPOP", "l", "0")
	c.must(t, "CONFIG", "SET", "maxmemory", "1")
	c.must(t, "CONFIG", "RESETSTAT")
	c.must(t, "EVAL", push, "1", "l", "v")
	if v, _ := moves.receive(); v.String() != `(error) "OOM command not allowed when used memory > 'maxmemory'."` {
		t.Errorf("BLMOVE: %v", v)
	}
	if v, _ := pops.receive(); v.String() != `*["l" "v"]` {
		t.Errorf("BLPOP: %v", v)
	}
	const rejected = "cmdstat_blmove:calls=0,usec=0,usec_per_call=0.00,rejected_calls=1,failed_calls=0"
	if stats := c.must(t, "INFO", "commandstats").text; !strings.Contains(stats, rejected) {
		t.Errorf("BLMOVE is not counted as rejected:\n%s", stats)
	}
	c.must(t, "CONFIG", "SET", "maxmemory", "0")
	moves = waiting(t, s, 1, "BLMOVE", "l", "d", "LEFT", "LEFT", "0")
	c.must(t, "RPUSH", "l", "w")
	if v, _ := moves.receive(); v.text != "w" {
		t.Errorf("BLMOVE once there is room: %v", v)
	}
}
