package journal

import (
	"context"

	"larder/store"
)

// look is one View. It pins only when it waits for nothing any more: however long it waited for a reader of the file, what
// settled meanwhile is in the file and in no layer. What settles in the moment between pin and snapshot is
// in both, which the snapshot's mark tells; then the answer is errMoved, before fn is entered. One goroutine at a time uses it.
type look struct {
	engine *Engine
	scope  store.Scope
	fn     func(store.Tx) error
	pinned *generations
}

// View reads the layers over a snapshot of the base, as both were when fn was entered.
func (e *Engine) View(ctx context.Context, s store.Scope, fn func(store.Tx) error) (err error) {
	l, ok := e.looks.Get().(*look)
	if !ok {
		l = &look{engine: e}
	}
	l.scope, l.fn = s, fn
	seen := uint64(0)
	for err = errMoved; err == errMoved; {
		seen, err = l.once(ctx)
	}
	l.scope, l.fn = store.Scope{}, nil
	e.looks.Put(l)
	if e.careful() {
		e.log.awaitSync(seen)
	}
	return err
}

// once tries it, and returns the newest record that was seen.
func (l *look) once(ctx context.Context) (seen uint64, err error) {
	defer func() {
		if l.pinned != nil {
			seen = l.pinned.newest()
			l.pinned.top().pins.Add(-1)
			l.pinned = nil
		}
	}()
	return 0, l.engine.base.Snapshot(ctx, l.scope, l)
}

// Pin takes hold of the present layers.
func (l *look) Pin() (err error) {
	l.pinned, err = l.engine.pin()
	return err
}

// Look lays the layers over the snapshot.
func (l *look) Look(low store.BaseTx) error {
	top, err := l.pinned.over(low, l.engine.base.Hash)
	if err != nil {
		return err
	}
	return l.fn(fenced(top, &l.scope))
}

// pin takes hold of the present layers, which are not written to any more until it is let go.
func (e *Engine) pin() (*generations, error) {
	e.overlay.Lock()
	defer e.overlay.Unlock()
	if e.closed {
		return nil, store.ErrClosed
	}
	e.now.top().pins.Add(1)
	return e.now, nil
}

// turn is a look of the holder of writing: nothing is pinned, as nobody else changes the layers.
type turn struct {
	engine *Engine
	fn     func(top store.BaseTx, now *generations)
	now    *generations
}

// over runs fn over the present state; for the holder of writing.
func (e *Engine) over(fn func(top store.BaseTx, now *generations)) error {
	return e.base.Snapshot(context.Background(), store.Whole(), &turn{engine: e, fn: fn})
}

// Pin notes the present layers: a frozen one may be gone since the writer began to wait.
func (t *turn) Pin() error {
	t.now = t.engine.present()
	return nil
}

// Look lays them over the snapshot.
func (t *turn) Look(low store.BaseTx) error {
	top, err := t.now.over(low, t.engine.base.Hash)
	if err == nil {
		t.fn(top, t.now)
	}
	return err
}
