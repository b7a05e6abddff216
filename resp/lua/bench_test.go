package lua

import (
	"testing"

	"larder/resp/reply"
)

// constHost answers without doing anything: what is measured is the script's own cost.
type constHost struct{ fakeHost }

func (*constHost) Call(*Run, [][]byte) reply.Reply { return reply.OK() }

func benchmark(b *testing.B, script string, keys ...string) {
	e := newEngine(b, Limits{}, nil)
	s, err := e.Eval(script)
	if err != nil {
		b.Fatal(err)
	}
	j := &Job{Script: s, Args: [][]byte{[]byte("30000")}}
	for _, k := range keys {
		j.Keys = append(j.Keys, []byte(k))
	}
	b.ReportAllocs()
	for b.Loop() {
		if r := e.Run(j, &constHost{}); r.IsError() {
			b.Fatal(r.ErrorText())
		}
	}
}

func BenchmarkReturn(b *testing.B) { benchmark(b, `return 1`) }

func BenchmarkUnlock(b *testing.B) {
	benchmark(b, `if redis.call("get",KEYS[1]) == ARGV[1] then return redis.call("del",KEYS[1]) else return 0 end`, "lock")
}

func BenchmarkThreeCalls(b *testing.B) {
	benchmark(b, `local n = redis.call('INCR', KEYS[1]) redis.call('PEXPIRE', KEYS[1], ARGV[1]) redis.call('GET', KEYS[1]) return n`, "k")
}

func BenchmarkLoop(b *testing.B) {
	benchmark(b, `local s = 0 for i = 1, 1000 do s = s + i % 7 end return s`)
}

func BenchmarkFib(b *testing.B) {
	benchmark(b, `local function fib(n) if n < 2 then return n end return fib(n-1) + fib(n-2) end return fib(15)`)
}

func BenchmarkTable(b *testing.B) {
	benchmark(b, `local t = {} for i = 1, 1000 do t[#t+1] = 'v' .. i end return #table.concat(t, ',')`)
}

func BenchmarkNewMachine(b *testing.B) {
	e := newEngine(b, Limits{}, nil)
	b.ReportAllocs()
	for b.Loop() {
		newEvalMachine(e)
	}
}
