package shard

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

// Options are what an Engine is made with.
type Options struct {
	// OverlayBytes is half of what the generations of all shards together may take: those that grow and those that
	// settle. 0 means 16 MB.
	OverlayBytes int64
	Sync         SyncMode
	// SegmentBytes is the size past which the log goes on in a new file, unless SetLimit makes it less. 0 means
	// SegmentMax.
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

// Engine is the engine over all shards: transactions are its Order's, and it looks after the shards. For any goroutine.
type Engine struct {
	*Order
	room *room
	turn atomic.Uint32 // rotates the shard that upkeep begins with
	// overlay and segment are Options.OverlayBytes and the length of a segment, both as they are without a limit.
	overlay, segment int64
	began            atomic.Pointer[func()] // see OnSettle
	stop             chan struct{}
	done             sync.WaitGroup
	once             sync.Once
}

// Open replays what the bases lack of the log in dir, settles it, and begins a fresh
// log. A base that is ahead of the log is refused by name: records were lost.
func Open(dir string, bases []store.Base, o Options) (*Engine, error) {
	if o.OverlayBytes == 0 {
		o.OverlayBytes = 16 << 20
	}
	lo := wal.Options{SegmentBytes: o.SegmentBytes, Files: o.Files}
	if o.test != nil {
		o.test(&lo)
	}
	e := &Engine{Order: newOrder(wal.New(dir, len(bases), lo), len(bases), o.NowMillis), room: newRoom(2 * o.OverlayBytes),
		overlay: o.OverlayBytes, stop: make(chan struct{})}
	e.mode.Store(int32(o.Sync))
	for i, b := range bases {
		s := newShard(e.log, b, i, o.OverlayBytes/int64(len(bases)))
		s.order, s.began, s.room = e.Order, &e.began, e.room
		e.room.join(s)
		e.shards[i] = s
	}
	e.segment = e.log.SegmentBytes()
	e.SetLimit(math.MaxInt64)
	if err := e.recover(); err != nil {
		return nil, err
	}
	e.newest.Store(e.log.Last())
	if !o.Manual {
		e.done.Add(1)
		go e.tend()
	}
	return e, nil
}

// Shards are the shards in their order, which is part of the data.
func (e *Engine) Shards() []*Shard { return slices.Clone(e.shards) }

// SetSync changes appendfsync from the next group on.
func (e *Engine) SetSync(mode SyncMode) { e.mode.Store(int32(mode)) }

// OnSettle has a function called whenever a generation is about to be settled, by the goroutine that does it.
func (e *Engine) OnSettle(fn func()) { e.began.Store(&fn) }

// Last is the number of the newest record.
func (e *Engine) Last() uint64 { return e.log.Last() }

// Settling reports whether a generation is being settled.
func (e *Engine) Settling() bool {
	return slices.ContainsFunc(e.shards, (*Shard).settling)
}

// Tend settles generations that have been idle since the last call.
func (e *Engine) Tend() {
	e.log.Stock()
	for _, s := range e.shards {
		s.tend()
	}
	e.log.Rest()
	e.room.offer()
}

func (e *Engine) tend() {
	defer e.done.Done()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-e.stop:
			return
		case <-tick.C:
			e.Tend()
		case <-e.log.Rolled():
			for _, s := range e.shards {
				s.keepUp()
			}
		}
	}
}

// Close settles everything and closes the log; the bases stay open.
func (e *Engine) Close() (err error) {
	e.once.Do(func() {
		close(e.stop)
		e.done.Wait()
		err = errors.Join(e.Order.Close(), e.log.Close())
	})
	return err
}

// recover replays each record of the log into the shards that lack it.
func (e *Engine) recover() error {
	start := e.highest()
	dbs := parseNumbering(e.shards[0].base.Settled().Note)
	e.Order.dbs.Store(&dbs)
	next, err := e.log.Recover(e.replay)
	if err != nil {
		return err
	}
	if next != 0 && next <= start {
		return e.ahead(next - 1)
	}
	return e.begin(max(next, start+1))
}

// highest is the largest position any base has.
func (e *Engine) highest() (lsn uint64) {
	for _, s := range e.shards {
		lsn = max(lsn, s.base.Settled().LSN)
	}
	return lsn
}

// ahead names the shard that knows more than the log.
func (e *Engine) ahead(last uint64) error {
	for i, s := range e.shards {
		if lsn := s.base.Settled().LSN; lsn > last {
			return &store.Error{Code: store.CodeDamaged, Message: fmt.Sprintf(
				"shard %d has settled record %d but the journal ends at %d: the journal is older than the data, restore the one "+
					"that belongs to it", i, lsn, last)}
		}
	}
	return nil
}

// begin settles what was replayed, and begins the log anew.
func (e *Engine) begin(next uint64) error {
	for _, s := range e.shards {
		s.writing.Lock()
		err := s.drain()
		s.writing.Unlock()
		if err != nil {
			return err
		}
	}
	return e.log.Begin(next)
}

// replay applies a record's sections to the shards whose mark is behind it.
func (e *Engine) replay(lsn uint64, payload []byte) error {
	r := &reader{buf: payload}
	for len(r.buf) > 0 {
		shard := int(r.uint())
		ops := r.bytes()
		if r.err != nil || shard >= len(e.shards) {
			return &store.Error{Code: store.CodeDamaged,
				Message: fmt.Sprintf("record %d of the journal names shard %d, which does not exist", lsn, shard)}
		}
		s := e.shards[shard]
		if lsn <= s.base.Settled().LSN {
			continue
		}
		if err := s.replay(lsn, ops); err != nil {
			return fmt.Errorf("record %d cannot be replayed: %w", lsn, err)
		}
	}
	return nil
}

// replay puts one record's writes into the memtable, or straight into the base if they are
// too large for it, settling in between so that memory stays bounded.
func (s *Shard) replay(lsn uint64, ops []byte) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.present().Bytes() >= s.limit {
		if err := s.drain(); err != nil {
			return err
		}
	}
	s.group.Reset()
	var failed error
	err := s.over(func(top, low store.BaseTx, now *memtable.Stack) {
		w := &writer{shard: s, replay: true}
		w.Begin(s.group, s.under(top, now))
		if failed = replay(ops, w); w.dbs != nil && failed == nil {
			s.order.dbs.Store(w.dbs)
		}
		now.Discount(s.group, low)
	})
	switch {
	case err != nil:
		return err
	case errors.Is(failed, store.ErrAgain):
		return s.replayDirect(lsn, ops)
	case failed != nil:
		return failed
	}
	s.group.DropLoose()
	s.absorb(lsn)
	return nil
}

func (s *Shard) replayDirect(lsn uint64, ops []byte) error {
	if err := s.drain(); err != nil {
		return err
	}
	defer recountAll(s)
	return s.base.Settle(context.Background(), func(tx store.BaseTx) error {
		d := newDirectTx(tx, s)
		if err := replay(ops, d); err != nil {
			return err
		}
		if d.dbs != nil {
			s.order.dbs.Store(d.dbs)
		}
		return d.mark(lsn)
	})
}
