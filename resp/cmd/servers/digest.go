package servers

import (
	"context"
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"iter"
	"math"
	"strconv"

	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// digest is what DEBUG DIGEST makes of data, as redis-server does: equal data has equal digests, in whatever order a
// hash table has it. What is of some order is mixed in, each by the hash of all that came before it; what is of none is
// exclusive-ored, by its hash alone.
type digest [sha1.Size]byte

// xor adds what has no order.
func (d *digest) xor(pieces iter.Seq2[[]byte, error]) error {
	h := sha1.New()
	for p, err := range pieces {
		if err != nil {
			return err
		}
		h.Write(p)
	}
	for i, b := range h.Sum(nil) {
		d[i] ^= b
	}
	return nil
}

// mix adds what stands behind all that was mixed in before.
func (d *digest) mix(pieces iter.Seq2[[]byte, error]) error {
	err := d.xor(pieces)
	*d = sha1.Sum(d[:])
	return err
}

func (d *digest) xorBytes(b []byte) { _ = d.xor(whole(b)) }
func (d *digest) mixBytes(b []byte) { _ = d.mix(whole(b)) }

// whole is bytes in one piece, which cannot fail.
func whole(b []byte) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) { yield(b, nil) }
}

func (d *digest) mixNumber(n int) { d.mixBytes(binary.BigEndian.AppendUint32(nil, uint32(n))) }

// typeNumber is Redis's number of a type.
func typeNumber(t store.Type) int {
	return [...]int{store.String: 0, store.List: 1, store.Set: 2, store.ZSet: 3, store.Hash: 4, store.Stream: 6}[t]
}

// mixValue adds what a key holds, and whether it expires.
func (d *digest) mixValue(tx store.Tx, k store.Key, h store.Head) (err error) {
	d.mixNumber(typeNumber(h.Type))
	switch h.Type {
	case store.String:
		err = d.mix(store.StringPieces(tx, h, 0, h.Len))
	case store.Stream:
		err = d.mixStream(tx, k)
	default:
		err = d.mixItems(tx, h)
	}
	if h.ExpireAt != 0 {
		d.xorBytes([]byte("!!expire!!"))
	}
	return err
}

func (d *digest) mixItems(tx store.Tx, h store.Head) error {
	items := store.Content(tx, h, store.Range{})
	if h.Timed() {
		items = store.TimedFields(tx, h)
	}
	for it, err := range items {
		if err != nil {
			return err
		}
		switch h.Type {
		case store.List:
			d.mixBytes(it.Value)
			continue
		case store.Set:
			d.xorBytes(it.Field)
			continue
		}
		second := it.Value
		if h.Type == store.ZSet {
			second = appendScore(nil, it.Score)
		}
		var own digest
		own.mixBytes(it.Field)
		own.mixBytes(second)
		if h.Timed() && it.Score != 0 {
			own.xorBytes([]byte("!!hexpire!!"))
		}
		d.xorBytes(own[:])
	}
	return nil
}

// appendScore writes 17 digits, as C's %.17g does.
func appendScore(dst []byte, f float64) []byte {
	if math.IsInf(f, 0) {
		return reply.AppendFloat(dst, f)
	}
	return strconv.AppendFloat(dst, f, 'g', 17, 64)
}

func (d *digest) mixStream(tx store.Tx, k store.Key) error {
	s, err := store.OpenStream(tx, k)
	if err != nil {
		return err
	}
	for e, err := range s.Range(store.StreamRange{To: store.StreamID{Millis: math.MaxUint64, Seq: math.MaxUint64}}) {
		if err != nil {
			return err
		}
		d.mixBytes(fmt.Append(nil, e.ID.Millis, ".", e.ID.Seq))
		for _, f := range e.Fields {
			d.mixBytes(f)
		}
	}
	return nil
}

// mixAll adds all databases that hold something.
func (d *digest) mixAll(tx store.Tx, databases int) error {
	for db := range databases {
		if size, err := tx.Size(db); err != nil || size == 0 {
			if err != nil {
				return err
			}
			continue
		}
		d.mixNumber(db)
		if err := d.mixDatabase(tx, db); err != nil {
			return err
		}
	}
	return nil
}

func (d *digest) mixDatabase(tx store.Tx, db int) error {
	for at, first := store.Cursor(0), true; first || at != 0; first = false {
		page, next, err := tx.Scan(db, at, populateBatch)
		if err != nil {
			return err
		}
		for _, e := range page {
			var own digest
			own.mixBytes(e.Name)
			if err := own.mixValue(tx, store.Key{DB: db, Name: e.Name}, e.Head); err != nil {
				return err
			}
			d.xorBytes(own[:])
		}
		at = next
	}
	return nil
}

// debugDigest is one moment of all databases.
func (f *family) debugDigest(*cmd.Call) reply.Reply {
	var d digest
	err := f.host.View(context.Background(), store.Whole(), func(tx store.Tx) error {
		d = digest{}
		return d.mixAll(tx, f.host.Databases())
	})
	if err != nil {
		return reply.Err(err)
	}
	return reply.Word(hex.EncodeToString(d[:]))
}

// debugDigestValue tells of each key, all zeros if it is not there.
func (f *family) debugDigestValue(c *cmd.Call) reply.Reply {
	keys := c.KeysFrom(2)
	digests := make([]reply.Reply, len(keys))
	err := f.host.View(context.Background(), store.One(keys...), func(tx store.Tx) error {
		heads, err := tx.Heads(nil, keys...)
		for i := 0; i < len(heads) && err == nil; i++ {
			var d digest
			if heads[i].Exists() {
				err = d.mixValue(tx, keys[i], heads[i])
			}
			digests[i] = reply.Word(hex.EncodeToString(d[:]))
		}
		return err
	})
	if err != nil {
		return reply.Err(err)
	}
	return reply.Of(digests...)
}
