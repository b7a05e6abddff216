// The CACHE commands: tags, names in order, leases, XFetch and throttles keep the rules of docs/cache.md.
package caches

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"larder/resp/cmd"
	"larder/resp/cmd/cmdtest"
	"larder/resp/lease"
	"larder/resp/stat"
	"larder/store"
	"larder/store/memory"
)

// bench is a family on an engine of its own, with a clock that stands until it is moved.
type bench struct {
	t      *testing.T
	engine *memory.Engine
	now    int64
	leases *lease.Table
	counts *stat.Cache
	*cmdtest.Session
}

func newBench(t *testing.T) *bench {
	b := &bench{t: t, now: 1_700_000_000_000, counts: stat.NewCache(nil)}
	b.engine = memory.New(memory.WithClock(func() int64 { return b.now }), memory.WithReruns(1))
	b.leases = lease.NewTable(func() time.Duration { return time.Minute })
	rows := Table(b)
	for i := range rows[0].Subs {
		rows[0].Subs[i].Parent = rows[0].Name // as the server's table does
	}
	b.Session = cmdtest.NewSession(b.engine, rows, nil)
	return b
}

func (b *bench) Check(context.Context, bool) ([]store.Finding, error) { return nil, nil }
func (b *bench) Cull(context.Context) (int64, error)                  { return 3, nil }
func (b *bench) Expire(context.Context) (int64, error)                { return 0, store.ErrClosed }
func (b *bench) Leases() *lease.Table                                 { return b.leases }
func (b *bench) CacheStats() *stat.Cache                              { return b.counts }
func (b *bench) DiskBytes(total store.Size) int64                     { return 2*total.File + 1 }

func (b *bench) Sizes() []store.Size {
	return []store.Size{{Keys: 1, Data: 10, File: 4096, Journal: 7}, {Keys: 2, Data: 20, File: 8192, WAL: 5, Pending: 9}}
}
func (b *bench) View(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	return b.engine.View(ctx, s, fn)
}
func (b *bench) Step(c *cmd.Call, s store.Scope, fn func(*cmd.Call) error) error {
	return b.engine.Update(context.Background(), s, func(tx store.Tx) error {
		return fn(&cmd.Call{DB: c.DB, Tx: tx})
	})
}

// want runs a line in protocol 2 and compares the reply.
func (b *bench) want(line, reply string) {
	b.t.Helper()
	if got := b.DoText(b.t, line); got != reply {
		b.t.Errorf("%s\n got %s\nwant %s", line, got, reply)
	}
}

// bulks are the elements of a flat reply of bulk strings.
func bulks(flat string) []string {
	var list []string
	fields := strings.Fields(flat)
	for i, f := range fields {
		if f[0] == '$' && f != "$-1" && i+1 < len(fields) {
			list = append(list, fields[i+1])
		}
	}
	return list
}

func TestTags(t *testing.T) {
	b := newBench(t)
	b.want("CACHE TAG k red", ":0")
	b.want("CACHE SET k v TAG 2 red blue", "+OK")
	b.want("CACHE TAGS k", "*2 $4 blue $3 red")
	b.want("CACHE TAG k red green green", ":1")
	b.want("CACHE UNTAG k red none", ":1")
	b.want("CACHE TAGS k", "*2 $4 blue $5 green")
	b.want("CACHE TAGKEYS green", "*2 $1 0 *1 $1 k")
	b.want("CACHE TAGKEYS red", "*2 $1 0 *0")
	b.want("CACHE SET k v", "+OK")
	b.want("CACHE TAGS k", "*0")
	b.want("CACHE TAGKEYS green 0 COUNT 0", "-ERR syntax error")
	b.want("CACHE TAGKEYS green x", "-ERR invalid cursor")
	b.want("CACHE SET k v TAG 2 red", "-ERR numtags should be the number of tags that follow")
	b.want("CACHE SET k v NX XX", "-ERR syntax error")
	b.want("CACHE SET k v EX 0", "-ERR invalid expire time in 'cache|set' command")
	b.want("CACHE SET k v NX", "$-1")
	b.want("CACHE TAG k "+strings.Repeat("t", 1100), "-ERR the tags of a key may take at most 1024 bytes together")
	b.Proto = 3
	b.want("CACHE SET k v XX PX 5 TAG 1 t", "+OK")
	b.want("CACHE TAGS k", "~1 $1 t")
	b.now += 6
	b.want("CACHE TAGKEYS t", "*2 $1 0 *0")
	b.want("CACHE TAGS k", "~0")
}

func TestEvictRemovesWhatHasTheTag(t *testing.T) {
	b := newBench(t)
	for i := range 600 {
		b.want(fmt.Sprintf("CACHE SET k%d v TAG 2 all %d", i, i%3), "+OK")
	}
	b.want("CACHE EVICT 0 1", ":400")
	b.want("CACHE EVICT 0", ":0")
	seen := map[string]bool{}
	for cursor := "0"; ; {
		got := bulks(b.DoText(t, "CACHE TAGKEYS all "+cursor+" COUNT 7"))
		for _, name := range got[1:] {
			seen[name] = true
		}
		if cursor = got[0]; cursor == "0" {
			break
		}
	}
	if len(seen) != 200 || !seen["k2"] || seen["k0"] {
		t.Errorf("%d keys left", len(seen))
	}
}

func TestNamesInOrder(t *testing.T) {
	b := newBench(t)
	for _, name := range []string{"b", "a", "ab", "c", "[x", "abc"} {
		b.want("CACHE SET "+name+" v", "+OK")
	}
	b.want("CACHE RANGE a b", "*4 $1 a $2 ab $3 abc $1 b")
	b.want("CACHE RANGE (a (b REV", "*2 $3 abc $2 ab")
	b.want("CACHE RANGE - + COUNT 2", "*2 $2 [x $1 a")
	b.want("CACHE RANGE - + REV COUNT 2", "*2 $1 c $1 b")
	b.want("CACHE RANGE [[x [[x", "*1 $2 [x")
	b.want("CACHE RANGE + -", "*0")
	b.want("CACHE RANGE a b COUNT 0", "-ERR syntax error")
	b.want("CACHE RANGE a b UP", "-ERR syntax error")
	b.want("CACHE SCAN a 0 COUNT 2", "*2 $4 6162 *2 $1 a $2 ab")
	b.want("CACHE SCAN a 6162 COUNT 2", "*2 $1 0 *1 $3 abc")
	b.want("CACHE SCAN z 0", "*2 $1 0 *0")
	b.want("CACHE SCAN a 62", "-ERR invalid cursor")
	b.want("CACHE SCAN a xyz", "-ERR invalid cursor")
}

// lease runs GETLEASE and splits its reply.
func (b *bench) lease(line string) (value, token, rest string) {
	b.t.Helper()
	fields := strings.Fields(b.DoText(b.t, line))
	take := func() string {
		if fields[0] == "$-1" {
			fields = fields[1:]
			return ""
		}
		v := fields[1]
		fields = fields[2:]
		return v
	}
	if fields[0] != "*4" {
		b.t.Fatalf("%s: %q", line, fields)
	}
	fields = fields[1:]
	value, token = take(), take()
	return value, token, strings.Join(fields, " ")
}

func (b *bench) wantLease(line, value string, token bool, rest string) string {
	b.t.Helper()
	v, text, r := b.lease(line)
	if v != value || (text != "") != token || r != rest {
		b.t.Errorf("%s: value %q, token %q, %s; want %q, %v, %s", line, v, text, r, value, token, rest)
	}
	return text
}

func TestLeases(t *testing.T) {
	b := newBench(t)
	token := b.wantLease("CACHE GETLEASE k STALE 30", "", true, ":0 :-2")
	b.wantLease("CACHE GETLEASE k", "", false, ":0 :-2")
	b.want("CACHE SETLEASE k wrong v EX 10", "$-1")
	b.want("CACHE SETLEASE k "+token+" v1 EX 0", "-ERR invalid expire time in 'cache|setlease' command")
	b.want("CACHE SETLEASE k "+token+" v1 EX 10", "+OK")
	b.want("CACHE SETLEASE k "+token+" v2 EX 10", "$-1")
	b.wantLease("CACHE GETLEASE k BETA 0", "v1", false, ":0 :10000")
	b.want("CACHE TAG k t", ":1")
	b.now += 10_001
	b.wantLease("CACHE GETLEASE k STALE 0", "", true, ":0 :-2")
	b.wantLease("CACHE GETLEASE k STALE 5", "v1", false, ":1 :0")
	b.now += 30_000
	b.wantLease("CACHE GETLEASE k STALE 3600", "", false, ":0 :-2")
	b.want("CACHE GETLEASE k BETA -1", "-ERR beta should be zero or greater")
	b.want("CACHE GETLEASE k STALE x", "-ERR stale should be a number of seconds")
	b.want("CACHE GETLEASE k FOO", "-ERR syntax error")
}

func TestSetLeaseKeepsTagsAndSetForgetsTheLease(t *testing.T) {
	b := newBench(t)
	b.want("CACHE SET k old PX 5 TAG 1 t", "+OK")
	token := b.wantLease("CACHE GETLEASE other", "", true, ":0 :-2")
	b.want("CACHE SETLEASE other "+token+" v EX 9", "+OK")
	b.now += 5
	token = b.wantLease("CACHE GETLEASE k STALE 60", "old", true, ":1 :0")
	b.want("CACHE SETLEASE k "+token+" new EX 7", "+OK")
	b.want("CACHE TAGS k", "*1 $1 t")
	b.wantLease("CACHE GETLEASE k BETA 0", "new", false, ":0 :7000")
	b.want("CACHE SET k plain", "+OK")
	b.wantLease("CACHE GETLEASE k", "plain", false, ":0 :-1")
}

func TestLookAtIsXFetch(t *testing.T) {
	fresh := store.Head{Type: store.String, Notes: store.Notes("").WithLease(store.Lease{FreshUntil: 10_000, Cost: 1000})}
	rows := []struct {
		now        int64
		beta, draw float64
		early      bool
	}{
		{5000, 1, 0.5, false}, // 1000 * ln 2 = 693 ahead
		{9306, 1, 0.5, false},
		{9307, 1, 0.5, true},
		{9307, 0, 0.5, false},
		{9307, 1, 0.9, false},
		{5000, 8, 0.5, true},
		{1, 1, 0.00001, true}, // the rare one
	}
	for _, r := range rows {
		l := lookAt(&fresh, r.now, r.beta, 0, r.draw)
		if l.early != r.early || !l.there || l.stale || l.left != 10_000-r.now {
			t.Errorf("%+v: %+v", r, l)
		}
	}
	gone := fresh
	gone.ExpireAt = 9000 // EXPIRE came later
	if l := lookAt(&gone, 8999, 0, 0, 1); l.left != 1 {
		t.Errorf("%+v", l)
	}
}

func TestThrottleIsGCRA(t *testing.T) {
	r := rate{limit: 5, interval: time.Second}
	due := int64(0)
	const second = int64(time.Second)
	for i, row := range []struct {
		now, quantity, remaining, retry, reset int64
		limited                                bool
	}{
		{0, 6, 5, -1, 0, true}, // more than ever fits
		{0, 1, 4, -1, 1, false},
		{0, 3, 1, -1, 4, false},
		{0, 1, 0, -1, 5, false},
		{0, 1, 0, 1, 5, true},
		{3000, 1, 2, -1, 3, false},
		{3100, 1, 1, -1, 4, false},
		{4000, 1, 1, -1, 4, false},
		{8000, 0, 5, -1, 0, false},
		{9000, 5, 0, -1, 5, false},
		{9500, 1, 0, 1, 5, true},
	} {
		now := 1_700_000_000*second + row.now*int64(time.Millisecond)
		v, next := r.weigh(due, now, row.quantity)
		if v.limited != row.limited || v.remaining != row.remaining || wholeSeconds(v.retry) != row.retry || wholeSeconds(v.reset) != row.reset {
			t.Errorf("row %d: %+v", i, v)
		}
		if !v.limited {
			due = next
		}
	}
}

func TestThrottle(t *testing.T) {
	b := newBench(t)
	b.want("CACHE THROTTLE u 1 1 10", "*5 :0 :2 :1 :-1 :10")
	b.want("CACHE THROTTLE u 1 1 10", "*5 :0 :2 :0 :-1 :20")
	b.want("CACHE THROTTLE u 1 1 10", "*5 :1 :2 :0 :10 :20")
	b.now += 10_000
	b.want("CACHE THROTTLE u 1 1 10 0", "*5 :0 :2 :1 :-1 :10")
	b.want("CACHE THROTTLE u 1 1 10 3", "*5 :1 :2 :1 :-1 :10")
	b.now += 10_000
	b.want("CACHE THROTTLE u 1 1 10 0", "*5 :0 :2 :2 :-1 :0")
	b.want("CACHE THROTTLE u 1 0 10", "-ERR "+errRate.Message)
	b.want("CACHE THROTTLE u 1 1 99999999999", "-ERR "+errRate.Message)
	b.want("CACHE THROTTLE u 99999999999999 1 10", "-ERR "+errRate.Message)
	b.want("CACHE THROTTLE u 1 1 x", "-ERR value is not an integer or out of range")
	b.want("CACHE THROTTLE u 1 1 1 1 1", "-ERR syntax error")
	b.want("CACHE SET u text", "+OK")
	b.want("CACHE THROTTLE u 1 1 10", "-ERR the key does not hold a rate limit")
}

func TestOverview(t *testing.T) {
	b := newBench(t)
	b.want("CACHE CULL", ":3")
	b.want("CACHE EXPIRE", "-ERR the store is closed")
	b.want("CACHE VOLUME", "*20 $9 used_disk :24577 $4 disk :12300 $7 journal :7 $4 keys :3 $4 data :30 $7 pending :9 $4 file :12288 $4 free :0 $3 wal :5 $7 overlay :0")
	b.want("CACHE VOLUME BYSHARD", "*2 *14 $4 keys :1 $4 data :10 $7 pending :0 $4 file :4096 $4 free :0 $3 wal :0 $7 overlay :0"+
		" *14 $4 keys :2 $4 data :20 $7 pending :9 $4 file :8192 $4 free :0 $3 wal :5 $7 overlay :0")
	b.want("CACHE VOLUME ALL", "-ERR syntax error")
	b.counts.SetPolicy("allkeys-lru")
	b.counts.Looked(3, 2, 1)
	since := fmt.Sprint(b.counts.Report().Since)
	counts := "$4 hits :2 $6 misses :1 $7 evicted :0 $7 expired :0 $8 timeouts :0"
	b.want("CACHE STATS", "*16 $5 since :"+since+" "+counts+" $9 databases *2 :3 *10 "+counts+" $8 policies *2 $11 allkeys-lru *10 "+counts)
	b.want("CACHE STATS RESET", "+OK")
	b.want("CACHE DEADLINE 5", "+OK")
	b.want("CACHE DEADLINE -1", "-ERR deadline should be a number of milliseconds, 0 for none")
}
