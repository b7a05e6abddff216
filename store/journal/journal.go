package journal

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"larder/disk"
	"larder/store"
	"larder/store/memtable"
	"larder/store/wal"
)

// SyncMode says when an acknowledged write also survives a power cut: appendfsync.
type SyncMode int32

const (
	EverySecond SyncMode = iota // written at once, on stable storage within a second
	Always                      // on stable storage before the reply
	Never                       // whenever the operating system likes
)

// Options are what a Journal is made with.
type Options struct {
	// OverlayBytes is half of what the generations of all shards together may take: those that grow and those that
	// settle. 0 means 16 MB.
	OverlayBytes int64
	Sync         SyncMode
	// SegmentBytes is the size past which the log goes on in a new file, unless SetLimit makes it less. 0 means SegmentMax.
	SegmentBytes int64
	// Files are what the log does with its files; nil means the operating system's.
	Files disk.Files
	// test gets at what the log is made with.
	test func(*wal.Options)
	// Manual turns the idle settling off: tests call Tend themselves.
	Manual bool
	// NowMillis tells the time in Unix milliseconds; nil means the system's clock.
	NowMillis func() int64
}

// Journal is the redo log of a server and the shards behind it. For any goroutine.
type Journal struct {
	log    *wal.Log
	shards []*Engine
	order  *Order
	room   *room
	mode   atomic.Int32
	// overlay and segment are Options.OverlayBytes and the length of a segment, both as they are without a limit.
	overlay, segment int64
	began            atomic.Pointer[func()] // see OnSettle
	stop             chan struct{}
	done             sync.WaitGroup
	once             sync.Once
}

// Open replays what the bases lack of the journal in dir, settles it, and begins a fresh
// log. A base that is ahead of the journal is refused by name: records were lost.
func Open(dir string, bases []store.Base, o Options) (*Journal, error) {
	if o.OverlayBytes == 0 {
		o.OverlayBytes = 16 << 20
	}
	lo := wal.Options{SegmentBytes: o.SegmentBytes, Files: o.Files}
	if o.test != nil {
		o.test(&lo)
	}
	j := &Journal{log: wal.New(dir, len(bases), lo), room: newRoom(2 * o.OverlayBytes), overlay: o.OverlayBytes, stop: make(chan struct{})}
	j.mode.Store(int32(o.Sync))
	for i, b := range bases {
		e := newEngine(j.log, b, i, o.OverlayBytes/int64(len(bases)), &j.mode)
		e.began, e.room = &j.began, j.room
		j.room.join(e)
		j.shards = append(j.shards, e)
	}
	j.segment = j.log.SegmentBytes()
	j.SetLimit(math.MaxInt64)
	j.order = newOrder(j, o.NowMillis)
	if err := j.recover(); err != nil {
		return nil, err
	}
	j.order.newest.Store(j.log.Last())
	if !o.Manual {
		j.done.Add(1)
		go j.tend()
	}
	return j, nil
}

// Order is the engine over all shards.
func (j *Journal) Order() *Order { return j.order }

// Engines are the shards, each a store.Engine by itself.
func (j *Journal) Engines() []store.Engine {
	list := make([]store.Engine, len(j.shards))
	for i, e := range j.shards {
		list[i] = e
	}
	return list
}

// SetSync changes appendfsync from the next group on.
func (j *Journal) SetSync(mode SyncMode) { j.mode.Store(int32(mode)) }

// OnSettle has a function called whenever a generation is about to be settled, by the goroutine that does it.
func (j *Journal) OnSettle(fn func()) { j.began.Store(&fn) }

// Last is the number of the newest record.
func (j *Journal) Last() uint64 { return j.log.Last() }

// Settling reports whether a generation is being settled.
func (j *Journal) Settling() bool {
	return slices.ContainsFunc(j.shards, (*Engine).settling)
}

// Tend settles generations that have been idle since the last call.
func (j *Journal) Tend() {
	j.log.Stock()
	for _, e := range j.shards {
		e.tend()
	}
	j.log.Rest()
	j.room.offer()
}

func (j *Journal) tend() {
	defer j.done.Done()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-j.stop:
			return
		case <-tick.C:
			j.Tend()
		case <-j.log.Rolled():
			for _, e := range j.shards {
				e.keepUp()
			}
		}
	}
}

// Close settles everything and closes the log; the bases stay open.
func (j *Journal) Close() (err error) {
	j.once.Do(func() {
		close(j.stop)
		j.done.Wait()
		for _, e := range j.shards {
			err = errors.Join(err, e.Close())
		}
		err = errors.Join(err, j.log.Close())
	})
	return err
}

// recover replays each record of the log into the shards that lack it.
func (j *Journal) recover() error {
	start := j.highest()
	next, err := j.log.Recover(j.replay)
	if err != nil {
		return err
	}
	if next != 0 && next <= start {
		return j.ahead(next - 1)
	}
	return j.begin(max(next, start+1))
}

// highest is the largest position any base has.
func (j *Journal) highest() (lsn uint64) {
	for _, e := range j.shards {
		lsn = max(lsn, e.base.Settled().LSN)
	}
	return lsn
}

// ahead names the shard that knows more than the journal.
func (j *Journal) ahead(last uint64) error {
	for i, e := range j.shards {
		if lsn := e.base.Settled().LSN; lsn > last {
			return &store.Error{Code: store.CodeDamaged, Message: fmt.Sprintf(
				"shard %d has settled record %d but the journal ends at %d: the journal is older than the data, restore the one that belongs to it", i, lsn, last)}
		}
	}
	return nil
}

// begin settles what was replayed, and begins the log anew.
func (j *Journal) begin(next uint64) error {
	for _, e := range j.shards {
		e.writing.Lock()
		err := e.drain()
		e.writing.Unlock()
		if err != nil {
			return err
		}
	}
	return j.log.Begin(next)
}

// replay applies a record's sections to the shards whose mark is behind it.
func (j *Journal) replay(lsn uint64, payload []byte) error {
	r := &reader{buf: payload}
	for len(r.buf) > 0 {
		shard := int(r.uint())
		ops := r.bytes()
		if r.err != nil || shard >= len(j.shards) {
			return &store.Error{Code: store.CodeDamaged, Message: fmt.Sprintf("record %d of the journal names shard %d, which does not exist", lsn, shard)}
		}
		e := j.shards[shard]
		if lsn <= e.base.Settled().LSN {
			continue
		}
		if err := e.replay(lsn, ops); err != nil {
			return fmt.Errorf("record %d cannot be replayed: %w", lsn, err)
		}
	}
	return nil
}

// replay puts one record's writes into the memtable, or straight into the base if they are
// too large for it, settling in between so that memory stays bounded.
func (e *Engine) replay(lsn uint64, ops []byte) error {
	e.writing.Lock()
	defer e.writing.Unlock()
	if e.present().Bytes() >= e.limit {
		if err := e.drain(); err != nil {
			return err
		}
	}
	e.group.Reset()
	var failed error
	err := e.over(func(top, low store.BaseTx, now *memtable.Stack) {
		w := &writer{engine: e}
		w.Begin(e.group, e.under(top, now))
		failed = replay(ops, w)
		now.Discount(e.group, low)
	})
	switch {
	case err != nil:
		return err
	case errors.Is(failed, store.ErrAgain):
		return e.replayDirect(lsn, ops)
	case failed != nil:
		return failed
	}
	e.group.DropLoose()
	e.absorb(lsn)
	return nil
}

func (e *Engine) replayDirect(lsn uint64, ops []byte) error {
	if err := e.drain(); err != nil {
		return err
	}
	defer recountAll(e)
	return e.base.Settle(context.Background(), func(tx store.BaseTx) error {
		d := &directTx{BaseTx: tx, engine: e}
		if err := replay(ops, d); err != nil {
			return err
		}
		return d.mark(lsn)
	})
}
