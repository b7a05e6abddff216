package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"larder/store"
	"larder/store/sqlite"
)

// TestViewThatHoldsTheLog: the log is bounded although a View lasts for ever. The oldest is ended, with an error at its next
// read, and younger ones are not.
func TestViewThatHoldsTheLog(t *testing.T) {
	const most = 1 << 20
	e := fresh(t, sqlite.Options{})
	e.SetLogShare(most / 4)
	e.HoldAtLeast(most)
	write := func(until func() bool) {
		t.Helper()
		for i := 0; !until(); i++ {
			if i == 1000 {
				t.Fatalf("the log has %d bytes after %d checkpoints", e.LogBytes(), i)
			}
			for j := range 8 { // a page or two each
				set(t, e, fmt.Sprint("k", j), fmt.Sprint(i))
			}
			if err := e.Checkpoint(ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
	set(t, e, "k", "v")
	old, young := hold(t, e), hold(t, e)
	write(func() bool { return e.LogBytes() > most/2 })
	if err := old.read(); err != nil {
		t.Errorf("a View that holds %d bytes of log: %v", e.LogBytes(), err)
	}
	young.end()
	set(t, e, "k", "v2")
	young = hold(t, e)
	write(func() bool { return e.LogBytes() > most })
	for range 2 { // it has no way back
		if err := old.read(); !errors.Is(err, &store.Error{Code: store.CodeEnded}) {
			t.Errorf("a View that holds %d bytes of log: %v", e.LogBytes(), err)
		}
	}
	if err := young.read(); err != nil {
		t.Errorf("a younger View: %v", err)
	}
	if err := old.end(); !errors.Is(err, &store.Error{Code: store.CodeEnded}) {
		t.Errorf("the View that was ended returned %v", err)
	}
	if err := young.end(); err != nil {
		t.Errorf("the younger View returned %v", err)
	}
	write(func() bool { return e.LogBytes() <= most/4 })
	sound(t, e)
}

// held is a View that reads when it is asked to.
type held struct {
	asks   chan struct{}
	reads  chan error
	result chan error
}

func hold(t *testing.T, e *sqlite.Engine) *held {
	t.Helper()
	h := &held{make(chan struct{}), make(chan error), make(chan error, 1)}
	begun := make(chan struct{})
	go func() {
		h.result <- e.View(context.Background(), store.Whole(), func(tx store.Tx) error {
			close(begun)
			for range h.asks {
				_, err := tx.Heads(nil, key("k"))
				h.reads <- err
			}
			return nil
		})
	}()
	<-begun
	return h
}

func (h *held) read() error {
	h.asks <- struct{}{}
	return <-h.reads
}

func (h *held) end() error {
	close(h.asks)
	return <-h.result
}
