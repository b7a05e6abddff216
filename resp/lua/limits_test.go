// A script is bounded in memory, depth and time, can be killed before it writes, and leaves nothing to the next one.
package lua

import (
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"larder/resp/reply"
)

func run(e *Engine, host Host, script string) string {
	r := eval(e, host, [][]byte{[]byte("EVAL"), []byte(script), []byte("0")})
	return string(r.Append(nil, 2))
}

// TestMemoryLimit runs scripts that would take far more than they may. Each must fail alone.
func TestMemoryLimit(t *testing.T) {
	e := newEngine(t, Limits{Memory: 8 << 20}, nil)
	for _, script := range []string{
		`return string.rep('x', 1e10)`,
		`return string.rep('abc', 2^62)`,
		`local s = 'x' while true do s = s .. s end`,
		`local t = {} for i = 1, 1e9 do t[i] = i end`,
		`local t = {} for i = 1, 1e9 do t['k' .. i] = i end`,
		`local t = {} while true do t = {t} end`,
		`local t = {} for i = 1, 1e9 do t[i] = function() return i end end`,
		`local t = {} for i = 1, 1e9 do t[i] = coroutine.create(function() coroutine.yield() end) coroutine.resume(t[i]) end`,
		`local t = {} for i = 1, 1e9 do t[i] = string.format('%99d', i) end`,
		`local s = string.rep('x', 1e6) local t = {} for i = 1, 100 do t[i] = s end return table.concat(t)`,
		`local s = string.rep('x', 1e6) return (s:gsub('x', string.rep('y', 100)))`,
		`local s = string.rep('[1,', 900) .. '1' .. string.rep(']', 900) local t = {} while true do t[#t + 1] = cjson.decode(s) end`,
		`return cjson.decode('[' .. string.rep('[],', 1e6) .. '1]')`,
		`return cmsgpack.unpack('\221\0\16\0\0' .. string.rep('\144', 2^20))`,
		`return loadstring('return {' .. string.rep('{},', 1e6) .. '}')()`,
	} {
		if got := run(e, newHost(), script); !strings.Contains(got, "not enough memory") {
			t.Errorf("%s\ngave %.200q", script, got)
		}
	}
	if got := run(e, newHost(), `return string.rep('x', 1000)`); len(got) != 1009 {
		t.Errorf("the next script gave %.100q", got)
	}
}

// TestGarbageIsFree makes many times the limit in values that nothing keeps.
func TestGarbageIsFree(t *testing.T) {
	e := newEngine(t, Limits{Memory: 4 << 20}, nil)
	got := run(e, newHost(), `local n = 0 for i = 1, 300000 do local t = {i, tostring(i), {}} n = n + #t end return n`)
	if got != ":900000\r\n" {
		t.Errorf("got %q", got)
	}
}

func TestCallDepth(t *testing.T) {
	e := newEngine(t, Limits{}, nil)
	for script, want := range map[string]string{
		`local function f(n) return f(n + 1) + 1 end return f(1)`:                                            "stack overflow",
		`local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k] end return t.x`: "C stack overflow",
		`local function f() return pcall(f) end return tostring(f())`:                                        "+",
		`local function f(n) if n == 0 then return 'ok' end return f(n - 1) end return f(1e5)`:               "$2\r\nok",
		`return loadstring('return ' .. string.rep('(', 300) .. '1' .. string.rep(')', 300))`:                "$-1",
		`return loadstring('return ' .. string.rep('1+', 1e5) .. '1')`:                                       "$-1",
		`return loadstring('return ' .. string.rep('1+', 1e4) .. '1')()`:                                     ":10001",
	} {
		if got := run(e, newHost(), script); want != "+" && !strings.Contains(got, want) {
			t.Errorf("%s\ngave %.200q, want %q", script, got, want)
		}
	}
}

// started waits until a run is under way and late.
func started(t *testing.T, e *Engine) Busy {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if b, busy := e.Busy(); busy {
			return b
		}
	}
	t.Fatal("nothing becomes late")
	return Busy{}
}

func late() time.Duration { return time.Millisecond }

func TestKill(t *testing.T) {
	for _, script := range []string{
		`while true do end`,
		`repeat until false`,
		`for i = 1, 1e18 do end`,
		`while true do pcall(error) end`,
		`local f = function() while 1 do redis.call('ping') end end while 1 do pcall(f) end`,
		`local function f() return f() end f()`,
		`while true do pcall(string.rep, 'x', 1e12) end`,
		`return string.rep('a', 40):find(string.rep('a*', 20) .. 'b')`,
		`local co = coroutine.wrap(function() while true do coroutine.yield() end end) while true do co() end`,
		`local co = coroutine.create(function() while true do end end) while true do coroutine.resume(co) end`,
		`table.sort({1, 2, 3}, function() while true do end end)`,
	} {
		e := newEngine(t, Limits{BusyAfter: late}, nil)
		done := make(chan string, 1)
		go func() { done <- run(e, newHost(), script) }()
		if b := started(t, e); b.Function || b.Fault() != busyScript {
			t.Errorf("%s: busy with %+v", script, b)
		}
		if err := e.Kill(true); err != busyScript {
			t.Errorf("%s: FUNCTION KILL says %v", script, err)
		}
		if err := e.Kill(false); err != nil {
			t.Errorf("%s: %v", script, err)
		}
		if got := <-done; !strings.HasPrefix(got, "-ERR Script killed by user with SCRIPT KILL... script: ") {
			t.Errorf("%s\ngave %q", script, got)
		}
		if err := e.Kill(false); err != notBusy {
			t.Errorf("afterwards: %v", err)
		}
	}
}

func TestWhoHasWrittenCannotBeKilled(t *testing.T) {
	e := newEngine(t, Limits{BusyAfter: late}, nil)
	host := newHost()
	stop := make(chan struct{})
	host.after = func(_ *Run, words []string) {
		if words[0] == "echo" {
			<-stop
		}
	}
	done := make(chan string, 1)
	go func() { done <- run(e, host, `redis.call('set', 'k', 1) redis.call('echo', 'x') return 'end'`) }()
	for started(t, e); ; {
		if err := e.Kill(false); err == unkillable {
			break
		} else if err == nil {
			t.Fatal("killed although it writes")
		}
	}
	close(stop)
	if got := <-done; got != "$3\r\nend\r\n" {
		t.Errorf("got %q", got)
	}
}

func TestFunctionKill(t *testing.T) {
	e := newEngine(t, Limits{BusyAfter: late}, nil)
	load(t, e, "#!lua name=lib\nredis.register_function('f', function() while true do end end)")
	done := make(chan reply.Reply, 1)
	go func() {
		done <- e.Run(&Job{Function: e.Function("f"), Command: [][]byte{[]byte("FCALL"), []byte("f")}}, newHost())
	}()
	if b := started(t, e); !b.Function || b.Name != "f" || len(b.Command) != 2 || b.Fault() != busyFunction {
		t.Errorf("busy with %+v", b)
	}
	if err := e.Kill(false); err != busyFunction {
		t.Errorf("SCRIPT KILL says %v", err)
	}
	if err := e.Kill(true); err != nil {
		t.Error(err)
	}
	if r := <-done; !strings.Contains(r.ErrorText(), "killed by user") {
		t.Errorf("got %q", r.ErrorText())
	}
}

func load(t *testing.T, e *Engine, code string) {
	t.Helper()
	if _, err := e.LoadLibrary(code, true, func(int, string) {}); err != nil {
		t.Fatal(err)
	}
}

func TestLoadingHasATimeOfItsOwn(t *testing.T) {
	e := newEngine(t, Limits{LoadWithin: time.Millisecond}, nil)
	_, err := e.LoadLibrary("#!lua name=lib\nlocal a = 1 while a == 1 do a = 1 end", false, nil)
	if err != Fault("ERR Error registering functions: ERR FUNCTION LOAD timeout") {
		t.Errorf("got %v", err)
	}
}

func TestAbortPassesEveryPcall(t *testing.T) {
	e := newEngine(t, Limits{}, nil)
	host := newHost()
	calls := 0
	host.after = func(r *Run, _ []string) {
		if calls++; calls == 2 {
			r.Abort()
		}
	}
	script := `local co = coroutine.wrap(function() pcall(function() redis.pcall('ping') redis.call('ping') redis.call('ping') end) end)
		co() redis.call('ping') return 'not aborted'`
	if got := run(e, host, script); got != "" || calls != 2 {
		t.Errorf("got %q after %d calls", got, calls)
	}
	host.after = nil
	if got := run(e, host, `return 1`); got != ":1\r\n" {
		t.Errorf("the next run gave %q", got)
	}
}

func TestAbandonedCoroutinesEnd(t *testing.T) {
	e := newEngine(t, Limits{}, nil)
	before := runtime.NumGoroutine()
	for range 20 {
		run(e, newHost(), `for i = 1, 50 do local co = coroutine.create(function() pcall(coroutine.yield) coroutine.yield() end) coroutine.resume(co) end`)
	}
	for end := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before+5; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}

func TestLogGoesToTheHost(t *testing.T) {
	e := newEngine(t, Limits{}, nil)
	host := newHost()
	run(e, host, `redis.log(redis.LOG_WARNING, 'a', 1, nil, 'b')`)
	if len(host.logs) != 1 || host.logs[0] != "3 a 1 b" {
		t.Errorf("got %q", host.logs)
	}
}

func TestACL(t *testing.T) {
	e := newEngine(t, Limits{}, nil)
	if got := run(e, newHost(), `return {redis.acl_check_cmd('get', 'k'), redis.acl_check_cmd('del', 'k'), 1}`); got != "*3\r\n:1\r\n$-1\r\n:1\r\n" {
		t.Errorf("got %q", got)
	}
	if got := run(e, newHost(), `return redis.acl_check_cmd('nosuch')`); !strings.HasPrefix(got, "-ERR Invalid command passed to redis.acl_check_cmd() script: ") {
		t.Errorf("got %q", got)
	}
}

// TestNumbersBecomeArguments differs from 7.0, which wrote 17 digits.
func TestNumbersBecomeArguments(t *testing.T) {
	e := newEngine(t, Limits{}, nil)
	for lua, want := range map[string]string{
		"3.3": "3.3", "0.1": "0.1", "100": "100", "-7": "-7", "2^52": "4503599627370496", "1e15": "1000000000000000",
		"1/3": "0.3333333333333333", "1e20": "1e+20", "1e100": "1e+100", "1/0": "inf", "2^53": "9007199254740992",
	} {
		if got := run(e, newHost(), "return redis.call('echo', "+lua+")"); !strings.Contains(got, "\r\n"+want+"\r\n") {
			t.Errorf("%s became %q", lua, got)
		}
	}
}

func TestRandomIsSharedAndSeedable(t *testing.T) {
	e := newEngine(t, Limits{}, nil)
	const roll = `return tostring(math.random())`
	first, second := run(e, newHost(), roll), run(e, newHost(), roll)
	if first == second || !strings.Contains(first, "0.39646477363839") {
		t.Errorf("%q, then %q", first, second)
	}
	const seeded = `math.randomseed(10) return tostring(math.random())`
	if a, b := run(e, newHost(), seeded), run(e, newHost(), seeded); a != b {
		t.Errorf("the same seed gave %q and %q", a, b)
	}
}

func TestCacheIsBounded(t *testing.T) {
	e := newEngine(t, Limits{Scripts: 3, Source: 20000}, nil)
	kept, err := e.Load("return 'loaded'")
	if err != nil {
		t.Fatal(err)
	}
	first, _ := e.Eval("return 0")
	for _, n := range []string{"1", "2", "3"} {
		if _, err := e.Eval("return " + n); err != nil {
			t.Fatal(err)
		}
	}
	if e.Script(first.SHA) != nil || e.Script(kept.SHA) == nil {
		t.Error("the oldest EVAL script should be gone, and that of SCRIPT LOAD be there")
	}
	if n, _ := e.CachedScripts(); n != 4 {
		t.Errorf("%d scripts", n)
	}
	for i := range 40 {
		if _, err := e.Load("return '" + strings.Repeat("x", i) + "'"); err != nil {
			t.Fatal(err)
		}
	}
	if _, bytes := e.CachedScripts(); bytes > 20000 {
		t.Errorf("%d bytes", bytes)
	}
}

// memoryVault keeps the libraries in memory.
type memoryVault struct {
	state []byte
	fail  error
	saves int
}

func (v *memoryVault) Load() ([]byte, error) { return v.state, nil }

func (v *memoryVault) Save(state []byte) error {
	if v.saves++; v.fail == nil {
		v.state = state
	}
	return v.fail
}

func TestLibrariesSurviveARestart(t *testing.T) {
	v := &memoryVault{}
	load(t, newEngine(t, Limits{}, v), "#!lua name=lib\nredis.register_function('f', function() return 'kept' end)")
	e := newEngine(t, Limits{}, v)
	if r := e.Run(&Job{Function: e.Function("f")}, newHost()); r.Text() != "kept" {
		t.Errorf("got %q", r.Text())
	}
	if _, err := e.LoadLibrary("#!lua name=lib\nredis.register_function('f', function() return 'kept' end)", true, nil); err != nil || v.saves != 1 {
		t.Errorf("the same library again: %v, saved %d times", err, v.saves)
	}
	v.fail = os.ErrPermission
	if err := e.DeleteLibrary("lib"); err == nil || e.Function("f") == nil {
		t.Errorf("what could not be saved must not happen: %v", err)
	}
}

// TestDumpOfRedis reads a payload that redis-server 7.0 has compressed.
func TestDumpOfRedis(t *testing.T) {
	payload, err := os.ReadFile("testdata/functions.dump")
	if err != nil {
		t.Fatal(err)
	}
	e := newEngine(t, Limits{}, nil)
	if err := e.RestoreFunctions(payload, Append); err != nil {
		t.Fatal(err)
	}
	if _, n := e.Functions(); n != 30 {
		t.Errorf("%d functions", n)
	}
	if r := e.Run(&Job{Function: e.Function("f29")}, newHost()); r.Text() != "value 29" {
		t.Errorf("got %q", r.Text())
	}
}
