package resp

import (
	"context"
	"iter"

	"larder/store"
)

// callsEngine counts the calls of its transactions by method, and notes how many items the longest has of each.
type callsEngine struct {
	store.Engine
	calls, most map[string]int
}

func (e *callsEngine) View(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	return e.Engine.View(ctx, s, func(tx store.Tx) error { return fn(callsTx{tx, e.calls, e.most}) })
}

func (e *callsEngine) Update(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	return e.Engine.Update(ctx, s, func(tx store.Tx) error { return fn(callsTx{tx, e.calls, e.most}) })
}

type callsTx struct {
	store.Tx
	calls, most map[string]int
}

// Limits have collections lie in items however small they are: of what lies in one piece there is one call.
func (callsTx) Limits() *store.Limits {
	l := *store.DefaultLimits()
	l.HashMaxListpackEntries, l.SetMaxIntsetEntries, l.SetMaxListpackEntries, l.ZsetMaxListpackEntries, l.ListMaxListpackSize = 0, 0, 0, 0, 1
	return &l
}

func (t callsTx) Unwrap() store.Tx { return t.Tx }

func (t callsTx) Heads(dst []store.Head, keys ...store.Key) ([]store.Head, error) {
	t.calls["Heads"]++
	return t.Tx.Heads(dst, keys...)
}

func (t callsTx) PutHead(k store.Key, h store.Head) error {
	t.calls["PutHead"]++
	return t.Tx.PutHead(k, h)
}

func (t callsTx) NewID(k store.Key) (store.ID, error) {
	t.calls["NewID"]++
	return t.Tx.NewID(k)
}

func (t callsTx) Drop(keys ...store.Key) (int, error) {
	t.calls["Drop"]++
	return t.Tx.Drop(keys...)
}

func (t callsTx) Move(from, to store.Key, h store.Head) error {
	t.calls["Move"]++
	return t.Tx.Move(from, to, h)
}

func (t callsTx) Items(dst []store.Item, id store.ID, p store.Part, fields ...[]byte) ([]store.Item, error) {
	t.calls["Items"]++
	t.most["Items"] = max(t.most["Items"], len(fields))
	return t.Tx.Items(dst, id, p, fields...)
}

func (t callsTx) PutItems(id store.ID, p store.Part, items ...store.Item) (store.Change, error) {
	t.calls["PutItems"]++
	t.most["PutItems"] = max(t.most["PutItems"], len(items))
	return t.Tx.PutItems(id, p, items...)
}

func (t callsTx) DropItems(id store.ID, p store.Part, fields ...[]byte) (store.Change, error) {
	t.calls["DropItems"]++
	t.most["DropItems"] = max(t.most["DropItems"], len(fields))
	return t.Tx.DropItems(id, p, fields...)
}

func (t callsTx) DropRange(id store.ID, p store.Part, r store.Range) (store.Change, error) {
	t.calls["DropRange"]++
	return t.Tx.DropRange(id, p, r)
}

func (t callsTx) Range(id store.ID, p store.Part, r store.Range) iter.Seq2[store.Item, error] {
	t.calls["Range"]++
	return t.Tx.Range(id, p, r)
}

func (t callsTx) Scan(db int, from store.Cursor, n int) ([]store.Entry, store.Cursor, error) {
	t.calls["Scan"]++
	return t.Tx.Scan(db, from, n)
}

func (t callsTx) Savepoint() (store.Savepoint, error) {
	t.calls["Savepoint"]++
	return t.Tx.Savepoint()
}

func (t callsTx) Count(id store.ID, p store.Part, r store.Range) (int64, error) {
	t.calls["Count"]++
	return t.Tx.Count(id, p, r)
}

func (t callsTx) Random(id store.ID, p store.Part, size int64, n int) ([]store.Item, error) {
	t.calls["Random"]++
	return t.Tx.Random(id, p, size, n)
}
