package sqlite_test

import (
	"context"
	"slices"

	"larder/store"
	"larder/store/sqlite"
)

// scoped is a file whose Views are held to their scopes, as an engine's are.
type scoped struct{ *sqlite.Engine }

func (e scoped) View(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	return e.Engine.View(ctx, s, func(tx store.Tx) error { return fn(scopedTx{tx.(store.BaseTx), s}) })
}

// scopedTx refuses keys outside of its scope. For its transaction's goroutine.
type scopedTx struct {
	store.BaseTx
	scope store.Scope
}

func (t scopedTx) whole() error {
	if !t.scope.All {
		return store.ErrScope
	}
	return nil
}

func (t scopedTx) Heads(dst []store.Head, keys ...store.Key) ([]store.Head, error) {
	for _, k := range keys {
		named := func(s store.Key) bool { return store.Slot(s.Name) == store.Slot(k.Name) }
		if !t.scope.All && !slices.ContainsFunc(t.scope.Keys, named) {
			return dst, store.ErrScope
		}
	}
	return t.BaseTx.Heads(dst, keys...)
}

func (t scopedTx) Scan(db int, from store.Cursor, n int) ([]store.Entry, store.Cursor, error) {
	if err := t.whole(); err != nil {
		return nil, 0, err
	}
	return t.BaseTx.Scan(db, from, n)
}

func (t scopedTx) RandomKey(db int) ([]byte, bool, error) {
	if err := t.whole(); err != nil {
		return nil, false, err
	}
	return t.BaseTx.RandomKey(db)
}

func (t scopedTx) Tagged(db int, tag string, from store.Cursor, n int) ([][]byte, store.Cursor, error) {
	if err := t.whole(); err != nil {
		return nil, 0, err
	}
	return t.BaseTx.Tagged(db, tag, from, n)
}

func (t scopedTx) Names(db int, s store.Span) ([][]byte, error) {
	if err := t.whole(); err != nil {
		return nil, err
	}
	return t.BaseTx.Names(db, s)
}

func (t scopedTx) Size(db int) (int64, error) {
	if err := t.whole(); err != nil {
		return 0, err
	}
	return t.BaseTx.Size(db)
}
