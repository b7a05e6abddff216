package serve

import (
	"errors"
	"os"
	"runtime/debug"

	"larder/resp/param"
	"larder/shard"
	"larder/shard/datadir"
	"larder/store"
	"larder/store/sqlite"
	"larder/store/sqlite/rowcache"
)

// data is the engine the server runs on, and what must be closed with it.
type data struct {
	*shard.Engine
	dir   *datadir.Dir
	files []*sqlite.Engine
}

// DiskBytes is the length of everything in the data directory.
func (d *data) DiskBytes() (int64, error) { return d.dir.Bytes() }

// follow has what lies beside the data on disk keep to the limit on the data: `maxmemory`, and without one
// `cache-size`.
func (d *data) follow(params *param.Set) {
	set := func(string) error {
		limit := params.Bytes("maxmemory")
		if limit == 0 {
			limit = params.Bytes("cache-size")
		}
		d.SetLimit(limit)
		for _, f := range d.files {
			f.SetLogShare(logShare(limit, len(d.files)))
		}
		return nil
	}
	_ = set("")
	params.OnChange("maxmemory", set)
}

// logShare is what the write-ahead log of each of n files may keep: all of them a fourth of the limit, and what the
// pages of a generation take, or each generation would have to make its log's file again. A megabyte each it is at
// least, or very many shards would do nothing but checkpoint.
func logShare(limit int64, n int) int64 { return max((limit/4+48<<20)/int64(n), 1<<20) }

// Close settles what the engine holds and closes the files.
func (d *data) Close() error {
	return errors.Join(d.Engine.Close(), closeFiles(d.files))
}

// occupied reports whether the engine needs processors besides those that serve clients: while generations settle, and
// while somebody writes. A thread that waits for the disk keeps its processor until Go's monitor takes it
// away, which may be milliseconds later. The function belongs to one goroutine.
func (d *data) occupied() func() bool {
	last := d.Last()
	return func() bool {
		before := last
		last = d.Last()
		return last != before || d.Settling()
	}
}

// begins has need called before a generation settles.
func (d *data) begins(need func()) {
	d.OnSettle(need)
}

// overlayBytes is half of what the engine's generations may take: three sixteenths of `cache-size`. A larger
// generation writes more keys to a page it must write anyhow.
func overlayBytes(params *param.Set) int64 {
	return params.Bytes("cache-size") * 3 / 16
}

// rowBytes is what heads that are used may take: nearly half, for a head costs less there than
// in a page. pageBytes is the rest, for SQLite's page caches.
func rowBytes(params *param.Set) int64 { return params.Bytes("cache-size") * 7 / 16 }

func pageBytes(params *param.Set) int64 {
	return params.Bytes("cache-size") - 2*overlayBytes(params) - rowBytes(params)
}

// runtimeRoom is what connections, pipelines and replies may take of Go's heap beyond the
// memtable before the collector works harder, in bytes.
const runtimeRoom = 12 << 20

// limitHeap keeps Go's heap near what the budget says: the growing generations, as much
// again while they settle, the collector's slack. SQLite's caches lie outside of it. An
// operator's own GOMEMLIMIT wins.
func limitHeap(params *param.Set) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(3*overlayBytes(params) + rowBytes(params) + runtimeRoom)
	}
}

func closeFiles(files []*sqlite.Engine) (err error) {
	for _, f := range files {
		err = errors.Join(err, f.Close())
	}
	return err
}

func openFiles(params *param.Set, dir *datadir.Dir, n int) (files []*sqlite.Engine, err error) {
	rows := rowcache.New(rowBytes(params))
	for i := range n {
		f, err := sqlite.Open(dir.ShardPath(i), sqlite.Options{CacheBytes: pageBytes(params) / int64(n), Rows: rows,
			Ordered: params.Bool("key-order-index")})
		if err != nil {
			closeFiles(files)
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

func openEngine(params *param.Set, dir *datadir.Dir, files []*sqlite.Engine) (*shard.Engine, error) {
	bases := make([]store.Base, len(files))
	for i, f := range files {
		bases[i] = f
	}
	e, err := shard.Open(dir.Path(), bases, shard.Options{Sync: syncMode(params), OverlayBytes: overlayBytes(params),
		SegmentBytes: params.Bytes("journal-segment-size")})
	if err != nil {
		return nil, err
	}
	params.OnChange("appendfsync", func(string) error { e.SetSync(syncMode(params)); return nil })
	return e, nil
}

func syncMode(params *param.Set) shard.SyncMode {
	switch params.String("appendfsync") {
	case "always":
		return shard.Always
	case "no":
		return shard.Never
	}
	return shard.EverySecond
}
