package shard

import (
	"hash/maphash"

	"larder/store"
)

// prints are what was written while transactions are staged, which learn there whether what they have read has changed.
// They belong to the leader. Two keys may have the same print: then a transaction runs again, or waits, for nothing.
type prints struct {
	pending *unhappened // is told, too, with Always; else nil
	runs    int         // transactions that are staged
	// the position that the present record gets, of a group or of what runs straight on the bases
	at   uint64
	last map[uint64]uint64 // the newest position of each print
	all  uint64            // the newest position of what has changed any key
}

// printsMost bounds the prints that are kept. Those of another table begin then, and the former count as of any key.
const printsMost = 1 << 20

var printSeed = maphash.MakeSeed()

func printOfKey(k store.Key) uint64 { return maphash.Bytes(printSeed, k.Name) + uint64(k.DB) }

// printOfID tells ids of several shards apart, and from the prints of keys by chance.
func printOfID(shard int, id store.ID) uint64 {
	return maphash.Comparable(printSeed, [2]uint64{uint64(shard), uint64(id)})
}

// follow is where a writer leaves its prints; nil while nobody looks.
func (p *prints) follow() *prints {
	if p.runs == 0 && p.pending == nil {
		return nil
	}
	return p
}

// begin has writers leave prints, until each begin has had its end.
func (p *prints) begin() {
	if p.runs++; p.last == nil {
		p.last = map[uint64]uint64{}
	}
}

func (p *prints) end() {
	if p.runs--; p.runs == 0 {
		p.last, p.all = nil, 0
	}
}

func (p *prints) leave(print uint64) {
	if p.pending != nil {
		p.pending.leave(print)
	}
	if p.runs == 0 {
		return
	}
	if len(p.last) == printsMost {
		p.last, p.all = map[uint64]uint64{}, p.at
	}
	p.last[print] = p.at
}

// leaveAll is leave for any key.
func (p *prints) leaveAll() {
	if p == nil {
		return
	}
	if p.pending != nil {
		p.pending.leaveAll()
	}
	if p.runs > 0 {
		p.all = p.at
	}
}

// since reports whether one of several prints is newer than a position.
func (p *prints) since(position uint64, of map[uint64]struct{}) bool {
	if p.all > position {
		return true
	}
	for print := range of {
		if p.last[print] > position {
			return true
		}
	}
	return false
}
