package rowcache

import (
	"bytes"
	"encoding/binary"
)

// entry is one record as bytes: four of the mark, two of the room for what follows the header, two
// of how much of it is in use, one of the log's clock when it was last asked for; then since; space; found; the
// numbers; the length of the name; the name; the value. Numbers are varints: most are small.
type entry []byte

const (
	entryHeader = 9
	// entryFields bounds what an entry takes beyond its header, name and value.
	entryFields = (5 + Numbers) * binary.MaxVarintLen64
)

// newEntry is an entry that takes all of b.
func newEntry(b []byte, mark uint32, clock uint8) entry {
	binary.LittleEndian.PutUint32(b, mark)
	binary.LittleEndian.PutUint16(b[4:], uint16(len(b)-entryHeader))
	b[8] = clock
	return b
}

// entryAt is the entry at the beginning of b.
func entryAt(b []byte) entry { return b[:entryHeader+int(binary.LittleEndian.Uint16(b[4:]))] }

func (e entry) mark() uint32 { return binary.LittleEndian.Uint32(e) }
func (e entry) room() int    { return len(e) - entryHeader }
func (e entry) used() uint8  { return e[8] }
func (e entry) use(at uint8) { e[8] = at }

func (e entry) since() uint64 {
	b := e[entryHeader:]
	return b.next()
}

func (e entry) space() uint64 {
	b := e[entryHeader:]
	b.next() // since
	return b.next()
}

// fields is what an entry has before the name.
func (rec *Record) fields(dst []byte, space, since uint64) []byte {
	dst = binary.AppendUvarint(dst, since)
	dst = binary.AppendUvarint(dst, space)
	if rec.Found {
		dst = append(dst, 1)
		for _, n := range rec.Numbers {
			dst = binary.AppendUvarint(dst, uint64(n))
		}
	} else {
		dst = append(dst, 0)
	}
	return binary.AppendUvarint(dst, uint64(len(rec.Name)))
}

// fill writes what the entry says from now on, and whether it was asked for stays.
func (e entry) fill(fields, name, value []byte) {
	binary.LittleEndian.PutUint16(e[6:], uint16(len(fields)+len(name)+len(value)))
	b := e[entryHeader:]
	b = b[copy(b, fields):]
	b = b[copy(b, name):]
	copy(b, value)
}

// read fills in the record if the entry is of k and its name and held at commit seen.
func (e entry) read(k Key, rec *Record, seen uint64, m Memory) bool {
	b := e[entryHeader : entryHeader+int(binary.LittleEndian.Uint16(e[6:]))]
	if since, space := b.next(), b.next(); since > seen || space != k.Space {
		return false
	}
	found := b.next() == 1
	var numbers [Numbers]int64
	if found {
		for i := range numbers {
			numbers[i] = int64(b.next())
		}
	}
	n := b.next()
	if !bytes.Equal(b[:n], rec.Name) {
		return false
	}
	rec.Found, rec.Numbers, rec.Value = found, numbers, nil
	if v := b[n:]; len(v) > 0 {
		rec.Value = m.Take(len(v))
		copy(rec.Value, v)
	}
	return true
}

// next takes the first number off.
func (e *entry) next() uint64 {
	n, w := binary.Uvarint(*e)
	*e = (*e)[w:]
	return n
}
