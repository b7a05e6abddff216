package info

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"

	"larder/resp/reply"
	"larder/store"
)

// MemoryStats are Redis's fields from what INFO says of memory: what is allocated is the data on disk, which maxmemory
// bounds, the allocator is Go's, and the overhead is the process's heap.
func (r *Reporter) MemoryStats(ctx context.Context) ([]reply.Reply, error) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	total := Sum(r.Sizes())
	data := r.dataBytes(total.Data)
	peak := r.peak.note(data)
	var pairs []reply.Reply
	add := func(name string, value reply.Reply) { pairs = append(pairs, reply.Text(name), value) }
	number := func(name string, n int64) { add(name, reply.Integer(n)) }
	number("peak.allocated", peak)
	number("total.allocated", data)
	for _, name := range []string{"startup.allocated", "replication.backlog", "clients.slaves", "clients.normal",
		"cluster.links", "aof.buffer",
		"lua.caches", "functions.caches"} {
		number(name, 0)
	}
	if err := r.databaseStats(ctx, add); err != nil {
		return nil, err
	}
	number("overhead.total", int64(m.HeapInuse))
	number("keys.count", total.Keys)
	number("keys.bytes-per-key", data/max(total.Keys, 1))
	number("dataset.bytes", data)
	add("dataset.percentage", reply.Float(100))
	add("peak.percentage", reply.Float(100*part(data, peak)))
	allocatorStats(&m, number, add)
	resident := residentBytes()
	add("rss-overhead.ratio", reply.Float(part(resident, int64(m.Sys-m.HeapReleased))))
	number("rss-overhead.bytes", resident-int64(m.Sys-m.HeapReleased))
	add("fragmentation", reply.Float(part(resident, data)))
	number("fragmentation.bytes", resident-data)
	return pairs, nil
}

func allocatorStats(m *runtime.MemStats, number func(string, int64), add func(string, reply.Reply)) {
	allocated, active, resident := int64(m.HeapAlloc), int64(m.HeapInuse), int64(m.Sys-m.HeapReleased)
	number("allocator.allocated", allocated)
	number("allocator.active", active)
	number("allocator.resident", resident)
	add("allocator-fragmentation.ratio", reply.Float(part(active, allocated)))
	number("allocator-fragmentation.bytes", active-allocated)
	add("allocator-rss.ratio", reply.Float(part(resident, active)))
	number("allocator-rss.bytes", resident-active)
}

// databaseStats tells of each database that holds keys. There are no hash tables in memory.
func (r *Reporter) databaseStats(ctx context.Context, add func(string, reply.Reply)) error {
	k, ok := r.Engine.(store.Keyspacer)
	if !ok {
		return nil
	}
	spaces, err := k.Keyspaces(ctx)
	for _, space := range spaces {
		if space.Keys > 0 {
			add(fmt.Sprintf("db.%d", space.DB), reply.MapOf(reply.Text("overhead.hashtable.main"), reply.Integer(0),
				reply.Text("overhead.hashtable.expires"), reply.Integer(0), reply.Text("overhead.hashtable.slot-to-keys"),
				reply.Integer(0)))
		}
	}
	return err
}

// part is what some bytes are of others.
func part(some, of int64) float64 { return float64(some) / float64(max(of, 1)) }

// dataBytes is the bytes of all keys, exactly. They are counted at every write, but for keys that were overwritten
// blindly: without a limit what they replaced is looked up here.
func (r *Reporter) dataBytes(estimate int64) int64 {
	if r.Budget.Limited() {
		return r.Budget.Used()
	}
	if g, ok := r.Engine.(store.Gauge); ok {
		if f := g.Fill(); f.Blind == 0 {
			return f.Data
		}
	}
	k, ok := r.Engine.(store.Keyspacer)
	if !ok {
		return estimate
	}
	spaces, err := k.Keyspaces(context.Background())
	if err != nil {
		return estimate
	}
	sum := int64(0)
	for _, space := range spaces {
		sum += space.Bytes
	}
	return sum
}

// peak is the most that INFO has seen. For any goroutine.
type peak struct{ atomic.Int64 }

func (p *peak) note(n int64) int64 {
	for {
		most := p.Load()
		if n <= most || p.CompareAndSwap(most, n) {
			return max(n, most)
		}
	}
}
