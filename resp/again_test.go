package resp_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net"
	"sync/atomic"
	"testing"

	"larder/store"
	"larder/store/memory"
)

// aside is an engine over memory that gives up the first run of a writer at its nth read, and then runs it again: as the
// engine does when a row has to come from the disk.
type aside struct {
	*memory.Engine
	nth atomic.Int64 // 0 gives nothing up
}

func (a *aside) Update(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	if n := a.nth.Load(); n > 0 {
		errVoid := errors.New("void")
		again := false
		err := a.Engine.Update(ctx, s, func(tx store.Tx) error {
			t := &asideTx{Tx: tx, left: n}
			err := fn(t)
			if again = t.Void(); again {
				return errVoid
			}
			return err
		})
		if !again {
			return err
		}
	}
	return a.Engine.Update(ctx, s, fn)
}

type asideTx struct {
	store.Tx
	left int64
}

func (t *asideTx) Void() bool { return t.left <= 0 }

func (t *asideTx) Heads(dst []store.Head, keys ...store.Key) ([]store.Head, error) {
	if t.left--; t.left <= 0 {
		return dst, store.ErrAgain
	}
	return t.Tx.Heads(dst, keys...)
}

func (t *asideTx) Range(id store.ID, p store.Part, r store.Range) iter.Seq2[store.Item, error] {
	if t.left--; t.left <= 0 {
		return func(yield func(store.Item, error) bool) { yield(store.Item{}, store.ErrAgain) }
	}
	return t.Tx.Range(id, p, r)
}

// TestRunsGivenUpByReadsAnswerNothing: what a command answered in a run that the engine gives up because of a read is no answer,
// in an EXEC or a script that has written before neither.
func TestRunsGivenUpByReadsAnswerNothing(t *testing.T) {
	for n := range int64(24) {
		t.Run(fmt.Sprint("read ", n), func(t *testing.T) {
			engine := &aside{Engine: memory.New()}
			c := serveOn(t, engine, func(ln net.Listener) net.Listener { return ln }).dial(t)
			engine.nth.Store(n)
			c.want("RPUSH a 1 2", ":2")
			c.send("MULTI", "RPUSH a 3", "RENAME a b", "LPOP b", "INCR n", "EXEC")
			for range 5 {
				c.reply()
			}
			if got := c.reply(); got != "[:3 +OK 1 :1]" {
				t.Errorf("EXEC: %s", got)
			}
			c.want("EVAL redis.call('RPUSH','b',4);redis.pcall('RENAME','b','a');return{redis.pcall('LPOP','a'),redis.pcall('INCR','n')} 3 a b n", "[2 :2]")
			c.want("LRANGE a 0 -1", "[3 4]")
		})
	}
}
