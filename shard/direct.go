package shard

import (
	"context"
	"maps"

	"larder/store"
)

// directTx runs a transaction straight on the base, while the memtable is empty, and keeps
// a record of what it writes if other bases are written, too. For the goroutine that holds the shard's writing lock.
type directTx struct {
	store.BaseTx
	shard  *Shard
	rec    recorder
	fresh  map[store.ID]struct{} // given out, and no head names them yet
	points []directPoint
	dbs    *numbering // the last that was written here, or nil
	joint  *joint     // nil where there is one base
}

func newDirectTx(tx store.BaseTx, s *Shard) *directTx {
	return &directTx{BaseTx: tx, shard: s, rec: recorder{prints: s.order.prints.follow(), shard: s.index}}
}

// joint is what the bases of one transaction know of each other. For the goroutine that runs it.
type joint struct {
	records bool      // each keeps a record of what it writes, as several do
	writer  *directTx // the first that has written
	void    bool      // another has, too, and there is no record: the transaction runs again
}

// written is called when rec has something new, before the base gets it. Where one base writes, its own commit is
// atomic: no record is kept, which would lie in memory as large as all that is written.
func (d *directTx) written() error {
	j := d.joint
	if j != nil && j.records {
		return nil
	}
	d.rec.buf = d.rec.buf[:0]
	if j == nil {
		return nil
	}
	if j.writer == nil {
		j.writer = d
	}
	if j.void = j.void || j.writer != d || d.dbs != nil; j.void { // the numbers of databases are every base's
		return store.ErrAgain
	}
	return nil
}

// directPoint is a savepoint: the base's, and what the record and the fresh ids were.
type directPoint struct {
	base   store.Savepoint
	record int
	fresh  map[store.ID]struct{}
	dbs    *numbering
}

// Savepoint takes one of the base's.
func (d *directTx) Savepoint() (store.Savepoint, error) {
	base, err := d.BaseTx.Savepoint()
	if err != nil {
		return 0, err
	}
	d.points = append(d.points, directPoint{base, len(d.rec.buf), maps.Clone(d.fresh), d.dbs})
	return store.Savepoint(len(d.points) - 1), nil
}

// Rollback cuts the record back as well.
func (d *directTx) Rollback(to store.Savepoint) error {
	if int(to) >= len(d.points) {
		return errNoSavepoint
	}
	p := d.points[to]
	d.rec.buf, d.fresh, d.points, d.dbs = d.rec.buf[:p.record], maps.Clone(p.fresh), d.points[:to+1], p.dbs
	return d.BaseTx.Rollback(p.base)
}

// Release forgets the base's.
func (d *directTx) Release(from store.Savepoint) error {
	if int(from) >= len(d.points) {
		return errNoSavepoint
	}
	base := d.points[from].base
	d.points = d.points[:from]
	return d.BaseTx.Release(base)
}

func (d *directTx) NewID(store.Key) (store.ID, error) {
	id := d.shard.newID()
	if d.fresh == nil {
		d.fresh = map[store.ID]struct{}{}
	}
	d.fresh[id] = struct{}{}
	return id, nil
}

func (d *directTx) PutHead(k store.Key, h store.Head) error {
	delete(d.fresh, h.ID)
	if h.ID < store.Foreign {
		d.shard.noteID(h.ID)
	}
	d.rec.putHead(k, h, h.ID == 0)
	if err := d.written(); err != nil {
		return err
	}
	return d.BaseTx.PutHead(k, h)
}

func (d *directTx) Drop(keys ...store.Key) (int, error) {
	for _, k := range keys {
		d.rec.drop(k)
	}
	if err := d.written(); err != nil {
		return 0, err
	}
	return d.BaseTx.Drop(keys...)
}

// Expire records the keys it finds expired, since replay has no clock.
func (d *directTx) Expire(keys ...store.Key) (int, error) {
	now := d.Now().UnixMilli()
	for _, k := range keys {
		h, there, err := d.Row(k)
		if err != nil {
			return 0, err
		}
		if there && h.Outlived(now) {
			d.rec.drop(k)
		}
	}
	if err := d.written(); err != nil {
		return 0, err
	}
	return d.BaseTx.Expire(keys...)
}

func (d *directTx) Move(from, to store.Key, h store.Head) error {
	if err := d.Unlink(from); err != nil {
		return err
	}
	return d.PutHead(to, h)
}

func (d *directTx) Unlink(k store.Key) error {
	d.rec.unlink(k)
	if err := d.written(); err != nil {
		return err
	}
	return d.BaseTx.Unlink(k)
}

func (d *directTx) Orphan(ids ...store.ID) error {
	d.rec.ids(opOrphan, ids)
	if err := d.written(); err != nil {
		return err
	}
	return d.BaseTx.Orphan(ids...)
}

func (d *directTx) Told(ids ...store.ID) error {
	d.rec.ids(opTold, ids)
	if err := d.written(); err != nil {
		return err
	}
	return d.BaseTx.Told(ids...)
}

func (d *directTx) Adopt(id store.ID) error {
	d.rec.ids(opAdopt, []store.ID{id})
	if err := d.written(); err != nil {
		return err
	}
	return d.BaseTx.Adopt(id)
}

func (d *directTx) Rank(id store.ID) error {
	d.rec.ids(opRank, []store.ID{id})
	if err := d.written(); err != nil {
		return err
	}
	return d.BaseTx.Rank(id)
}

func (d *directTx) PutItems(id store.ID, p store.Part, items ...store.Item) (store.Change, error) {
	d.shard.noteID(id)
	for _, it := range items {
		d.rec.putItem(id, p, it, true)
	}
	if err := d.written(); err != nil {
		return store.Change{}, err
	}
	return d.BaseTx.PutItems(id, p, items...)
}

func (d *directTx) DropItems(id store.ID, p store.Part, fields ...[]byte) (store.Change, error) {
	for _, f := range fields {
		d.rec.dropItem(id, p, store.Item{Field: f})
	}
	if err := d.written(); err != nil {
		return store.Change{}, err
	}
	return d.BaseTx.DropItems(id, p, fields...)
}

func (d *directTx) DropRange(id store.ID, p store.Part, r store.Range) (store.Change, error) {
	d.rec.dropRange(id, p, r)
	if err := d.written(); err != nil {
		return store.Change{}, err
	}
	return d.BaseTx.DropRange(id, p, r)
}

func (d *directTx) Flush(db int) error {
	d.rec.flush(db)
	if err := d.written(); err != nil {
		return err
	}
	return d.BaseTx.Flush(db)
}

// mark ends the transaction: ids without a head are orphans, and this shard has come to lsn
// once the base commits.
func (d *directTx) mark(lsn uint64) error {
	for id := range d.fresh {
		if err := d.BaseTx.Orphan(id); err != nil {
			return err
		}
	}
	d.shard.firstID = d.shard.nextID // what it made lies below the memtable
	dbs := d.shard.order.numbering()
	if d.dbs != nil {
		dbs = *d.dbs
	}
	return d.SetMark(store.Mark{LSN: lsn, NextID: d.shard.nextID, Note: dbs.String()})
}

// direct settles the memtable and runs one transaction on the base. The base's own commit, on stable storage, makes it
// atomic and durable: no record is needed for one shard. The caller holds writing.
func (s *Shard) direct(g *gate, now int64, fn func(store.Tx) error) error {
	s.Direct.Add(1)
	if err := s.drain(); err != nil {
		return err
	}
	lsn := s.log.Last()
	if err := s.log.Sync(lsn); err != nil {
		return err
	}
	defer recountAll(s)
	return s.base.Settle(context.Background(), func(tx store.BaseTx) error {
		g.open() // the base may run it again
		tx.SetNow(now)
		d := newDirectTx(tx, s)
		if err := fn(d); err != nil {
			return err
		}
		g.shut()
		return d.mark(lsn)
	})
}
