package shard_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"larder/disk"
	"larder/disk/powercut"
	"larder/shard"
	"larder/store"
	"larder/store/memory"
	"larder/store/storetest"
	"larder/store/wal"
)

// moment is what is known when an operation on a file has ended.
type moment struct {
	acked   int    // transactions that were answered
	settled uint64 // what the base has
}

// numbered is an engine whose n-th transaction is its n-th record: it writes n under two keys that all of them write, and
// under one of its own.
type numbered struct {
	*shard.Engine
	engine *shard.Shard
	base   store.Base
	acked  atomic.Int64
}

func (n *numbered) moment() any { return moment{int(n.acked.Load()), n.base.Settled().LSN} }

// settledUpTo is a base that has the first transactions.
func settledUpTo(t *testing.T, n uint64) store.Base {
	t.Helper()
	base := memory.New(memory.AsBase())
	if n == 0 {
		return base
	}
	err := base.Settle(context.Background(), func(tx store.BaseTx) error {
		for i := range int(n) {
			if err := number(tx, i+1); err != nil {
				return err
			}
		}
		return tx.SetMark(store.Mark{LSN: n, NextID: 1})
	})
	if err != nil {
		t.Fatal(err)
	}
	return base
}

func own(n int) store.Key { return store.Key{Name: fmt.Appendf(nil, "own-%d", n)} }

func number(tx store.Tx, n int) error {
	text := append(fmt.Append(nil, n, " "), bytes.Repeat([]byte{'x'}, 80)...) // so that few records fill a segment
	for _, k := range []store.Key{{Name: []byte("left")}, {Name: []byte("right")}, own(n)} {
		if err := tx.PutHead(k, store.Head{Type: store.String, Len: int64(len(text)), Value: text}); err != nil {
			return err
		}
	}
	return nil
}

func (n *numbered) write() error {
	next := int(n.Last()) + 1
	err := n.engine.Update(context.Background(), store.Whole(), func(tx store.Tx) error { return number(tx, next) })
	if err == nil {
		n.acked.Store(int64(next))
	}
	return err
}

func (n *numbered) flush(t *testing.T) {
	t.Helper()
	if err := n.engine.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// openNumbered opens an engine over a base, with every write on stable storage before it is answered.
func openNumbered(dir string, base store.Base, files disk.Files, faults *shard.Faults) (*numbered, error) {
	o := shard.Options{Manual: true, Sync: shard.Always, Files: files}
	if faults != nil {
		o = shard.WithFaults(o, faults)
	}
	j, err := shard.Open(dir, []store.Base{base}, shard.WithShortSegments(o))
	if err != nil {
		return nil, err
	}
	return &numbered{Engine: j, engine: j.Shards()[0], base: base}, nil
}

// wantNumbers: all acknowledged transactions are there, the next one wholly or not, and nothing else.
func (n *numbered) wantNumbers(acked int) error {
	return n.engine.View(context.Background(), store.Whole(), func(tx store.Tx) error {
		last, err := numberAt(tx, store.Key{Name: []byte("left")})
		right, err2 := numberAt(tx, store.Key{Name: []byte("right")})
		if err = errors.Join(err, err2); err != nil {
			return err
		}
		if last != right || last < acked {
			return fmt.Errorf("the last transaction is %d and %d, %d were acknowledged", last, right, acked)
		}
		for i := 1; i <= last; i++ {
			if got, err := numberAt(tx, own(i)); err != nil || got != i {
				return fmt.Errorf("transaction %d of %d is lost: %d %v", i, last, got, err)
			}
		}
		return nil
	})
}

func numberAt(tx store.Tx, k store.Key) (n int, err error) {
	heads, err := tx.Heads(nil, k)
	if err == nil && heads[0].Exists() {
		_, err = fmt.Sscan(string(heads[0].Value), &n)
	}
	return n, err
}

// recoverFrom opens what a power cut has left, and answers what is wrong with it.
func recoverFrom(t *testing.T, s powercut.State) error {
	t.Helper()
	dir := t.TempDir()
	if err := s.Make(dir); err != nil {
		t.Fatal(err)
	}
	was, _ := s.Note.(moment)
	found, err := wal.Check(dir, false)
	if err != nil || len(found) != 0 {
		return fmt.Errorf("check: %v %v", found, err)
	}
	files, err := powercut.Record(dir, func() any { return nil }) // it syncs nothing, which would take long
	if err != nil {
		t.Fatal(err)
	}
	n, err := openNumbered(dir, settledUpTo(t, was.settled), files, nil)
	if err != nil {
		return err
	}
	return errors.Join(n.wantNumbers(was.acked), n.Close())
}

// TestPowerCutAtEveryOperation records what the log does with its files while it rolls, settles, uses files again, mends
// itself after short appends and failed fsyncs and is closed, and recovers from all that a power cut could have left behind each operation:
// everything that was acknowledged is there, and nothing is refused.
func TestPowerCutAtEveryOperation(t *testing.T) {
	dir, faults := t.TempDir(), &shard.Faults{}
	n := &numbered{base: memory.New(memory.AsBase())}
	r, err := powercut.Record(dir, func() any { return n.moment() })
	if err != nil {
		t.Fatal(err)
	}
	opened, err := openNumbered(dir, n.base, r, faults)
	if err != nil {
		t.Fatal(err)
	}
	n.Engine, n.engine = opened.Engine, opened.engine
	for i := range storetest.Times(48, 160) {
		if i%20 == 15 {
			faults.Syncs = true
			if err := n.write(); err == nil {
				t.Fatal("a failed fsync went unnoticed")
			}
			faults.Syncs = false
		}
		if i%10 == 6 {
			faults.Writes, faults.Truncates = true, i%20 == 6
			if err := n.write(); err == nil {
				t.Fatal("a short append went unnoticed")
			}
			faults.Writes, faults.Truncates = false, false
		}
		if err := n.write(); err != nil {
			t.Fatal(err)
		}
		if i%13 == 12 {
			n.flush(t)
		}
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	if r.Renamed("spare-segment") < 3 {
		t.Error("hardly any file was used again")
	}
	wantAllStates(t, r, 0)
}

func wantAllStates(t *testing.T, r *powercut.Recorder, from int) {
	t.Helper()
	states := 0
	for i := from; i <= r.Operations(); i++ {
		r.States(i, func(s powercut.State) {
			states++
			if err := recoverFrom(t, s); err != nil && !t.Failed() {
				t.Errorf("cut %s, %+v, leaving %v: %v", s.When, s.Note, s.Names(), err)
			}
		})
	}
	if ops := r.Operations() - from; states < ops || ops < 10 {
		t.Errorf("only %d states behind %d operations", states, ops)
	}
}

// TestPowerCutInRecovery cuts the power again while what a cut has left is recovered, at every operation.
func TestPowerCutInRecovery(t *testing.T) {
	first := t.TempDir()
	n, err := openNumbered(first, memory.New(memory.AsBase()), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 30 {
		if err := n.write(); err != nil {
			t.Fatal(err)
		}
		if i == 13 || i == 17 {
			n.flush(t)
		}
	}
	settled := n.base.Settled().LSN
	dir := copyDir(t, first)
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	for _, reserve := range []string{"reserve-segment", "reserve-space"} { // megabytes that every state would be given
		if err := os.Remove(filepath.Join(dir, reserve)); err != nil {
			t.Fatal(err)
		}
	}
	again := &numbered{base: settledUpTo(t, settled)}
	again.acked.Store(30)
	r, err := powercut.Record(dir, again.moment)
	if err != nil {
		t.Fatal(err)
	}
	before := r.Operations()
	opened, err := openNumbered(dir, again.base, r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := opened.wantNumbers(30); err != nil {
		t.Error(err)
	}
	if err := opened.Close(); err != nil {
		t.Error(err)
	}
	wantAllStates(t, r, before)
}
