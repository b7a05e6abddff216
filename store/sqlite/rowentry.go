package sqlite

import (
	"bytes"
	"encoding/binary"
)

// rowEntry is one record as bytes: four of the mark, two of the room for what follows the header, two
// of how much of it is in use, one of the log's clock when it was last asked for; then since; space; found; the numbers; the
// length of the name; the name; the value. Numbers are varints: most are small.
type rowEntry []byte

const (
	rowHeader = 9
	// rowFields bounds what an entry takes beyond its header, name and value.
	rowFields = (5 + rowNumbers) * binary.MaxVarintLen64
)

// newEntry is an entry that takes all of b.
func newEntry(b []byte, mark uint32, clock uint8) rowEntry {
	binary.LittleEndian.PutUint32(b, mark)
	binary.LittleEndian.PutUint16(b[4:], uint16(len(b)-rowHeader))
	b[8] = clock
	return b
}

// entryAt is the entry at the beginning of b.
func entryAt(b []byte) rowEntry { return b[:rowHeader+int(binary.LittleEndian.Uint16(b[4:]))] }

func (e rowEntry) mark() uint32 { return binary.LittleEndian.Uint32(e) }
func (e rowEntry) room() int    { return len(e) - rowHeader }
func (e rowEntry) used() uint8  { return e[8] }
func (e rowEntry) use(at uint8) { e[8] = at }

func (e rowEntry) since() uint64 {
	b := e[rowHeader:]
	return b.next()
}

func (e rowEntry) space() uint64 {
	b := e[rowHeader:]
	b.next() // since
	return b.next()
}

// fields is what an entry has before the name.
func (rec *record) fields(dst []byte, space, since uint64) []byte {
	dst = binary.AppendUvarint(dst, since)
	dst = binary.AppendUvarint(dst, space)
	if rec.found {
		dst = append(dst, 1)
		for _, n := range rec.numbers {
			dst = binary.AppendUvarint(dst, uint64(n))
		}
	} else {
		dst = append(dst, 0)
	}
	return binary.AppendUvarint(dst, uint64(len(rec.name)))
}

// fill writes what the entry says from now on, and whether it was asked for stays.
func (e rowEntry) fill(fields, name, value []byte) {
	binary.LittleEndian.PutUint16(e[6:], uint16(len(fields)+len(name)+len(value)))
	b := e[rowHeader:]
	b = b[copy(b, fields):]
	b = b[copy(b, name):]
	copy(b, value)
}

// read fills in the record if the entry is of k and its name and held at commit seen.
func (e rowEntry) read(k rowKey, rec *record, seen uint64, a *arena) bool {
	b := e[rowHeader : rowHeader+int(binary.LittleEndian.Uint16(e[6:]))]
	if since, space := b.next(), b.next(); since > seen || space != k.space {
		return false
	}
	found := b.next() == 1
	var numbers [rowNumbers]int64
	if found {
		for i := range numbers {
			numbers[i] = int64(b.next())
		}
	}
	n := b.next()
	if !bytes.Equal(b[:n], rec.name) {
		return false
	}
	rec.found, rec.numbers, rec.value = found, numbers, nil
	if v := b[n:]; len(v) > 0 {
		rec.value = a.take(len(v))
		copy(rec.value, v)
	}
	return true
}

// next takes the first number off.
func (e *rowEntry) next() uint64 {
	n, w := binary.Uvarint(*e)
	*e = (*e)[w:]
	return n
}
