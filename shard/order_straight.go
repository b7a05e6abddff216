package shard

import (
	"errors"
	"time"

	"larder/store"
)

// direct runs the job that the group has found too large straight on the bases: of the shards of its scope and those
// that it has touched, and if it then touches another, once more of all.
func (o *Order) direct(j *store.Job) error {
	set := o.group.touched
	o.reach(set, &j.Scope)
	err := o.directOn(j, set)
	if err == errBeyond {
		for i := range set {
			set[i] = true
		}
		err = o.directOn(j, set)
	}
	return err
}

func (o *Order) directOn(j *store.Job, set []bool) error {
	now := o.clock.begin()
	defer o.clock.end()
	o.prints.at = o.log.Last() + 1 // it may leave no record: who is staged and began at the last one has not seen it
	o.tellPrints()
	var shards []*Shard
	for i, touched := range set {
		if touched {
			shards = append(shards, o.shards[i])
		}
	}
	for _, s := range shards {
		s.writing.Lock()
		defer s.writing.Unlock()
		if s.closed {
			return store.ErrClosed
		}
	}
	gate := gate{mu: &o.bases}
	defer gate.open()
	err := o.runStraight(j, shards, &gate, now)
	if err != nil {
		o.group.dbs = o.numbering()
	}
	if err != errBeyond {
		o.show(o.log.Last(), now)
	}
	return err
}

// errBeyond means that a transaction has touched a shard that it does not hold.
var errBeyond = errors.New("shard: one beyond those that the transaction holds")

func (o *Order) runStraight(j *store.Job, shards []*Shard, g *gate, now int64) error {
	run := func(txs ...store.Tx) error {
		d := straight{txs: make([]store.Tx, len(o.shards))}
		for i, tx := range txs {
			d.txs[shards[i].index] = tx
			d.joint = tx.(*directTx).joint
		}
		var tx Tx
		tx.begin(o, &d, o.numbering(), time.UnixMilli(now), &j.Scope, j.Write)
		err := j.Fn(&tx)
		if d.beyond { // whatever fn has made of it
			return errBeyond
		}
		o.group.dbs = tx.dbs
		return err
	}
	if len(shards) == 1 {
		return shards[0].direct(g, now, func(tx store.Tx) error { return run(tx) })
	}
	return joinBases(o.log, shards, g, now, func(txs []store.Tx) error { return run(txs...) })
}

// straight is the transactions of bases. It belongs to one goroutine.
type straight struct {
	txs    []store.Tx
	beyond bool // another shard was touched: the run is void
	joint  *joint
}

func (s *straight) void() bool { return s.beyond || s.joint != nil && s.joint.void }

func (s *straight) at(shard int) (store.BaseTx, error) {
	if tx, ok := s.txs[shard].(store.BaseTx); ok && !s.beyond {
		return tx, nil
	}
	s.beyond = true
	return nil, store.ErrAgain
}
