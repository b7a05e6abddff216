package servers

import (
	"context"
	"fmt"
	"runtime"

	"larder/resp/cmd"
	"larder/resp/reply"
)

// mallocStats is the Go runtime's account of memory; SQLite's page caches lie outside it.
func mallocStats(*cmd.Call) reply.Reply {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return reply.VerbatimText("txt", fmt.Sprintf("go runtime: heap in use %d, heap idle %d, heap released %d, stacks %d, "+
		"from the system %d, allocations %d, frees %d, collections %d\n",
		m.HeapInuse, m.HeapIdle, m.HeapReleased, m.StackInuse, m.Sys, m.Mallocs, m.Frees, m.NumGC))
}

// memoryStats answers Redis's fields from the server's figures.
func (f *family) memoryStats(*cmd.Call) reply.Reply {
	pairs, err := f.host.MemoryStats(context.Background())
	if err != nil {
		return reply.Err(err)
	}
	return reply.MapOf(pairs...)
}

const (
	calmMemory = "Hi Sam, I can't find any memory issue in your instance. I can only account for what occurs on this " +
		"base.\n"
	idleMemory = "Sam, I detected a few issues in this Redis instance memory implants:\n\n * The runtime holds more " +
		"than twice the memory that is in use. MEMORY PURGE gives it back to the operating system.\n\nI'm here to keep you " +
		"safe, Sam. I want to help you.\n"
)

// memoryDoctor looks at the one thing that can be out of shape here: idle heap.
func memoryDoctor(*cmd.Call) reply.Reply {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	const small = 64 << 20
	if held := m.HeapIdle - m.HeapReleased; held > small && held > m.HeapInuse {
		return reply.VerbatimText("txt", idleMemory)
	}
	return reply.VerbatimText("txt", calmMemory)
}
