package sqlite

import (
	"context"

	"larder/store"
)

// baseReader is a reader in the hands of a journal. It belongs to whoever took it.
type baseReader struct {
	engine *Engine
	reader *reader
}

// Reader waits for a read connection.
func (e *Engine) Reader(ctx context.Context) (store.Reader, error) {
	r, err := e.readers.take(ctx)
	if err != nil {
		return nil, err
	}
	r.lent = baseReader{engine: e, reader: r}
	return &r.lent, nil
}

// OwnReader is the connection that only the journal's writer reads with.
func (e *Engine) OwnReader() (store.Reader, error) {
	r, err := e.readers.takeOwn()
	if err != nil {
		return nil, err
	}
	r.lent = baseReader{engine: e, reader: r}
	return &r.lent, nil
}

// Begin renews the snapshot if anything was committed since.
func (b *baseReader) Begin(nowMillis int64) (store.BaseTx, error) {
	if err := b.end(); err != nil {
		return nil, err
	}
	if err := b.reader.renew(b.engine); err != nil {
		return nil, err
	}
	t := b.reader.begin(b.engine, store.Whole())
	t.now = nowMillis
	return t, nil
}

func (b *baseReader) end() error {
	t := &b.reader.conn.tx
	if !t.open {
		return nil
	}
	err := t.failure
	t.end()
	return err
}

// Hurry keeps the transaction from reading the file.
func (t *tx) Hurry(on bool) { t.conn.hurry = on }

// Version is the number of commits before the snapshot.
func (t *tx) Version() uint64 { return t.snapshot }

// Close ends the transaction and lets others have the connection.
func (b *baseReader) Close() error {
	err := b.end()
	b.engine.readers.put(b.reader)
	return err
}
