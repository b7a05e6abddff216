package shard

import (
	"encoding/binary"
	"errors"
	"math"

	"larder/store"
	"larder/store/wal"
)

// op is the kind of one write inside a record. The numbers are on disk: append only.
type op byte

const (
	opPutHead  op = iota + 1 // key, head
	opDrop                   // key
	opPutItem                // id, part, item
	opDropItem               // id, part, pos, field
	opFlush                  // database
	opSwap                   // database, database: of logs before opNumber
	opRange                  // id, part, range: DropRange without the memtable
	opUnlink                 // key: the head goes, its id lives on under another key, here or in another shard
	opPutNoted               // key, head, notes
	opOrphan                 // ids: nobody names them any more
	opTold                   // ids of other shards: those have their opOrphan
	opNumber                 // databases' numbers, see numbering; of the first shard
	opAdopt                  // ids of this shard that come back from another
	opRank                   // ids: their items are counted, as a head in another shard says
	opPutTimed               // key, head with Wake for ExpireAt, Aside: of a head that is Timed
	opPatch                  // id, part, pos, offset, bytes: of an item that is there, and may get longer
)

// recorder encodes the writes of one shard in the order they were made. Replaying them needs neither a clock nor
// chance. All but a patch are absolute; that changes bytes of what the records before it have made, so each is replayed
// once, over exactly these. For the leader of a group.
type recorder struct {
	buf     []byte
	grown   bool // something takes more space
	flushed bool
	prints  *prints // where transactions that are staged learn what is written; nil while there are none
	shard   int
}

// bufferKept is the largest buffer that is kept for the next record, in bytes.
const bufferKept = 1 << 20

// demand is what the record asks of a full disk: see growing.
func (r *recorder) demand() wal.Demand {
	switch {
	case r.grown:
		return wal.Grows
	case r.flushed:
		return wal.Empties
	}
	return wal.Frees
}

func (r *recorder) reset() {
	r.grown, r.flushed, r.prints = false, false, nil
	if r.buf = r.buf[:0]; cap(r.buf) > bufferKept {
		r.buf = nil
	}
}

func (r *recorder) op(o op)       { r.buf = append(r.buf, byte(o)) }
func (r *recorder) uint(n uint64) { r.buf = binary.AppendUvarint(r.buf, n) }
func (r *recorder) int(n int64)   { r.buf = binary.AppendVarint(r.buf, n) }
func (r *recorder) bytes(b []byte) {
	r.uint(uint64(len(b)))
	r.buf = append(r.buf, b...)
}

func (r *recorder) key(k store.Key) {
	if r.prints != nil {
		r.prints.leave(printOfKey(k))
	}
	r.uint(uint64(k.DB))
	r.bytes(k.Name)
}

func (r *recorder) putHead(k store.Key, h store.Head, grows bool) {
	aside := h.Aside()
	switch {
	case h.Timed():
		r.op(opPutTimed)
	case aside != "":
		r.op(opPutNoted)
	default:
		r.op(opPutHead)
	}
	r.key(k)
	r.grown = r.grown || grows
	ranked := byte(0)
	if h.Ranked {
		ranked = 1
	}
	r.buf = append(r.buf, byte(h.Type), h.Encoding, ranked)
	r.uint(uint64(h.ID))
	r.int(h.Wake())
	r.int(h.Len)
	r.int(h.Bytes)
	r.bytes(h.Value)
	if aside != "" {
		r.uint(uint64(len(aside)))
		r.buf = append(r.buf, aside...)
	}
}

func (r *recorder) drop(k store.Key) {
	r.op(opDrop)
	r.key(k)
}

func (r *recorder) unlink(k store.Key) {
	r.op(opUnlink)
	r.key(k)
}

func (r *recorder) ids(o op, ids []store.ID) {
	r.op(o)
	r.uint(uint64(len(ids)))
	for _, id := range ids {
		r.uint(uint64(id))
	}
}

// loose tells replay of ids that have items in the record, and no head. It cannot know by itself: whether the record
// made them is not written there, and a base may have counted its ids beyond those that were given out.
func (r *recorder) loose(ids []store.ID) {
	if len(ids) > 0 {
		r.ids(opOrphan, ids)
	}
}

func (r *recorder) owner(id store.ID, p store.Part) {
	if r.prints != nil {
		r.prints.leave(printOfID(r.shard, id))
	}
	r.uint(uint64(id))
	r.buf = append(r.buf, byte(p))
}

func (r *recorder) putItem(id store.ID, p store.Part, it store.Item, grows bool) {
	r.op(opPutItem)
	r.grown = r.grown || grows
	r.owner(id, p)
	r.int(it.Pos)
	r.bytes(it.Field)
	r.buf = binary.LittleEndian.AppendUint64(r.buf, math.Float64bits(it.Score))
	r.bytes(it.Value)
}

// patch is putItem of an item that differs in a few bytes from the one that is there.
func (r *recorder) patch(id store.ID, p store.Part, it store.Item, grows bool) {
	r.op(opPatch)
	r.grown = r.grown || grows
	r.owner(id, p)
	r.int(it.Pos)
	r.uint(uint64(it.Changed.From))
	r.bytes(it.Value[it.Changed.From:it.Changed.To])
}

func (r *recorder) dropItem(id store.ID, p store.Part, it store.Item) {
	r.op(opDropItem)
	r.owner(id, p)
	r.int(it.Pos)
	r.bytes(it.Field)
}

func (r *recorder) flush(db int) {
	r.op(opFlush)
	r.flushed = true
	r.prints.leaveAll()
	r.uint(uint64(db))
}

func (r *recorder) dropRange(id store.ID, p store.Part, x store.Range) {
	r.op(opRange)
	r.owner(id, p)
	reverse := byte(0)
	if x.Reverse {
		reverse = 1
	}
	r.buf = append(r.buf, byte(x.Order), reverse)
	r.bound(x.Min)
	r.bound(x.Max)
	r.int(x.Skip)
	r.int(x.Limit)
}

func (r *recorder) bound(b store.Bound) {
	named := byte(0)
	if b.Field != nil {
		named = 1
	}
	r.buf = append(r.buf, byte(b.Edge), named)
	r.int(b.Pos)
	r.buf = binary.LittleEndian.AppendUint64(r.buf, math.Float64bits(b.Score))
	r.bytes(b.Field)
}

// errRecord means that a record whose checksum is right does not decode: a defect, or a
// log of a later version.
var errRecord = errors.New("a journal record cannot be decoded")

// reader decodes what a recorder has encoded; after an error it answers zeros.
type reader struct {
	buf []byte
	err error
}

func (r *reader) fail() { r.err, r.buf = errRecord, nil }

func (r *reader) byte() byte {
	if len(r.buf) == 0 {
		r.fail()
		return 0
	}
	b := r.buf[0]
	r.buf = r.buf[1:]
	return b
}

func (r *reader) uint() uint64 {
	n, size := binary.Uvarint(r.buf)
	if size <= 0 {
		r.fail()
		return 0
	}
	r.buf = r.buf[size:]
	return n
}

func (r *reader) int() int64 {
	n, size := binary.Varint(r.buf)
	if size <= 0 {
		r.fail()
		return 0
	}
	r.buf = r.buf[size:]
	return n
}

func (r *reader) bytes() []byte {
	n := r.uint()
	if n > uint64(len(r.buf)) {
		r.fail()
		return nil
	}
	b := r.buf[:n:n]
	r.buf = r.buf[n:]
	return b
}

func (r *reader) float() float64 {
	if len(r.buf) < 8 {
		r.fail()
		return 0
	}
	bits := binary.LittleEndian.Uint64(r.buf)
	r.buf = r.buf[8:]
	return math.Float64frombits(bits)
}

func (r *reader) key() store.Key { return store.Key{DB: int(r.uint()), Name: r.bytes()} }

func (r *reader) head() store.Head {
	h := store.Head{Type: store.Type(r.byte()), Encoding: r.byte(), Ranked: r.byte() == 1}
	h.ID = store.ID(r.uint())
	h.ExpireAt, h.Len, h.Bytes, h.Value = r.int(), r.int(), r.int(), r.bytes()
	return h
}

func (r *reader) ids() (ids []store.ID) {
	for range r.uint() {
		if ids = append(ids, store.ID(r.uint())); r.err != nil {
			return nil
		}
	}
	return ids
}

func (r *reader) owner() (store.ID, store.Part) { return store.ID(r.uint()), store.Part(r.byte()) }

func (r *reader) bound() store.Bound {
	b := store.Bound{Edge: store.Edge(r.byte())}
	named := r.byte() == 1
	b.Pos, b.Score, b.Field = r.int(), r.float(), r.bytes()
	if !named {
		b.Field = nil
	}
	return b
}

func (r *reader) rangeOf() store.Range {
	x := store.Range{Order: store.Order(r.byte()), Reverse: r.byte() == 1}
	x.Min, x.Max = r.bound(), r.bound()
	x.Skip, x.Limit = r.int(), r.int()
	return x
}
