package shard

import (
	"errors"

	"larder/store"
)

// replay applies a shard's part of a record to a transaction.
func replay(ops []byte, tx store.BaseTx) error {
	r := &reader{buf: ops}
	for len(r.buf) > 0 && r.err == nil {
		if err := r.apply(tx); err != nil {
			return err
		}
	}
	return r.err
}

func (r *reader) apply(tx store.BaseTx) (err error) {
	switch kind := op(r.byte()); kind {
	case opPutHead:
		k, h := r.key(), r.head()
		if r.err == nil {
			err = tx.PutHead(k, h)
		}
	case opPutNoted, opPutTimed:
		k, h := r.key(), r.head()
		h.SetAside(h.ExpireAt, kind == opPutTimed, string(r.bytes()))
		if r.err == nil {
			err = tx.PutHead(k, h)
		}
	case opDrop:
		if k := r.key(); r.err == nil {
			_, err = tx.Drop(k)
		}
	case opUnlink:
		if k := r.key(); r.err == nil {
			err = tx.Unlink(k)
		}
	case opOrphan, opTold, opAdopt, opRank:
		if ids := r.ids(); r.err == nil {
			err = applyIDs(kind, ids, tx)
		}
	case opNumber:
		if n, w := r.numbering(), tx.(renumberer); r.err == nil {
			err = w.renumber(n)
		}
	case opPutItem:
		id, p := r.owner()
		it := store.Item{Pos: r.int(), Field: r.bytes(), Score: r.float(), Value: r.bytes()}
		if r.err == nil {
			_, err = tx.PutItems(id, p, it)
		}
	case opPatch:
		id, p := r.owner()
		pos, at, piece := r.int(), r.uint(), r.bytes()
		if r.err == nil {
			err = patchOne(tx, id, p, pos, at, piece)
		}
	case opDropItem:
		id, p := r.owner()
		pos, field := r.int(), r.bytes()
		if r.err == nil {
			err = dropOne(tx, id, p, pos, field)
		}
	case opFlush:
		if db := int(r.uint()); r.err == nil {
			err = tx.Flush(db)
		}
	case opSwap:
		if a, b := int(r.uint()), int(r.uint()); r.err == nil {
			err = tx.Swap(a, b)
		}
	case opRange:
		id, p := r.owner()
		if x := r.rangeOf(); r.err == nil {
			_, err = tx.DropRange(id, p, x)
		}
	default:
		r.fail()
	}
	return err
}

// applyIDs applies what is told of ids whose keys are another shard's.
func applyIDs(kind op, ids []store.ID, tx store.BaseTx) (err error) {
	switch kind {
	case opOrphan:
		return tx.Orphan(ids...)
	case opTold:
		return tx.Told(ids...)
	}
	each := tx.Rank
	if kind == opAdopt {
		each = tx.Adopt
	}
	for _, id := range ids {
		err = errors.Join(err, each(id))
	}
	return err
}

func dropOne(tx store.Tx, id store.ID, p store.Part, pos int64, field []byte) (err error) {
	if p.Class() == store.Placed {
		_, err = tx.DropRange(id, p, store.Positions(pos, pos))
	} else {
		_, err = tx.DropItems(id, p, field)
	}
	return err
}

// patchOne writes bytes into an item, whose other bytes are what the records before have made of it.
func patchOne(tx store.Tx, id store.ID, p store.Part, pos int64, at uint64, piece []byte) error {
	if at+uint64(len(piece)) > store.ChunkSize {
		return errRecord
	}
	value := make([]byte, int(at)+len(piece))
	for it, err := range tx.Range(id, p, store.Positions(pos, pos)) {
		if err != nil {
			return err
		}
		value = append(value[:0], make([]byte, max(len(value), len(it.Value)))...)
		copy(value, it.Value)
	}
	copy(value[at:], piece)
	_, err := tx.PutItems(id, p, store.Item{Pos: pos, Value: value})
	return err
}
