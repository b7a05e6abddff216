package store

import (
	"math"
	"slices"
)

// BitField is an integer inside a string: Width bits, at most 64, the highest first, from bit Off on. A plain value.
type BitField struct {
	Off    int64
	Width  int
	Signed bool
}

// Size is how long a string must be, in bytes, to hold the field.
func (f BitField) Size() int64 { return (f.Off + int64(f.Width) + 7) / 8 }

// Overflow says what becomes of a number that its field cannot hold.
type Overflow uint8

// The ways of BITFIELD's OVERFLOW.
const (
	OverflowWrap Overflow = iota // the low bits stay
	OverflowSat                  // the nearest that fits
	OverflowFail                 // as OverflowWrap; the caller looks at whether it fitted
)

// Add returns value+n as the field can hold it, and whether it fits as it is. SET is an addition of 0.
func (f BitField) Add(value, n int64, o Overflow) (sum int64, fits bool) {
	if f.Signed {
		return f.addSigned(value, n, o)
	}
	return f.addUnsigned(uint64(value), n, o)
}

// addSigned follows Redis to the letter, also where a value to SET lies so far below the least that the distance
// to the greatest wraps around: it counts as too great.
func (f BitField) addSigned(value, n int64, o Overflow) (int64, bool) {
	greatest := int64(math.MaxInt64) >> (64 - f.Width)
	least := -greatest - 1
	up, down := greatest-value, least-value
	var nearest int64
	switch {
	case value > greatest, f.Width != 64 && n > up, value >= 0 && n > 0 && n > up:
		nearest = greatest
	case value < least, f.Width != 64 && n < down, value < 0 && n < 0 && n < down:
		nearest = least
	default:
		return value + n, true
	}
	if o == OverflowSat {
		return nearest, false
	}
	return f.extend(uint64(value + n)), false
}

func (f BitField) addUnsigned(value uint64, n int64, o Overflow) (int64, bool) {
	greatest := uint64(1)<<f.Width - 1
	var nearest uint64
	switch {
	case value > greatest, n > 0 && uint64(n) > greatest-value:
		nearest = greatest
	case n < 0 && -uint64(n) > value:
		nearest = 0
	default:
		return int64(value + uint64(n)), true
	}
	if o == OverflowSat {
		return int64(nearest), false
	}
	return int64((value + uint64(n)) & greatest), false
}

// extend reads the low bits of v as the field's number.
func (f BitField) extend(v uint64) int64 {
	v <<= 64 - f.Width
	if f.Signed {
		return int64(v) >> (64 - f.Width)
	}
	return int64(v >> (64 - f.Width))
}

// Bits are the places of a string that a command reads and changes bit by bit: the chunks under its fields, read once
// by Blob.Bits and written once by Save. They belong to the transaction's goroutine.
type Bits struct {
	blob  *Blob
	pages []page // by number
}

// page is a chunk in memory, or the whole of a string that has none.
type page struct {
	number int64
	data   []byte // as far as it is stored or was set
	stored bool   // the chunk is there
	// changed is what of data is not as it is stored: all of it lies between two places, or behind the end.
	changed Piece
}

// Bits reads what lies under fields: one range for chunks that follow each other.
func (b *Blob) Bits(fields ...BitField) (*Bits, error) {
	x := &Bits{blob: b, pages: make([]page, 0, 1)}
	for _, f := range fields {
		for n := f.Off / 8 / ChunkSize; n <= (f.Size()-1)/ChunkSize; n++ {
			if i, found := x.find(n); !found {
				x.pages = slices.Insert(x.pages, i, page{number: n})
			}
		}
	}
	if b.head().ID == 0 {
		if len(x.pages) > 0 && x.pages[0].number == 0 {
			x.pages[0].data = slices.Clone(b.head().Value)
		}
		return x, nil
	}
	for i := 0; i < len(x.pages); {
		end := i + 1
		for end < len(x.pages) && x.pages[end].number == x.pages[end-1].number+1 {
			end++
		}
		if err := x.read(x.pages[i].number, x.pages[end-1].number); err != nil {
			return nil, err
		}
		i = end
	}
	return x, nil
}

// SetField sets one field to the low bits of v. The string is as long as that needs.
func (b *Blob) SetField(f BitField, v int64) error {
	x, err := b.Bits(f)
	if err != nil {
		return err
	}
	x.Set(f, v)
	return x.Save(f.Size())
}

func (x *Bits) find(number int64) (int, bool) {
	return slices.BinarySearchFunc(x.pages, number, func(p page, n int64) int { return int(p.number - n) })
}

func (x *Bits) read(first, last int64) error {
	if first*ChunkSize >= x.blob.Len() {
		return nil
	}
	for it, err := range x.blob.tx.Range(x.blob.head().ID, Chunks, Positions(first, last)) {
		if err != nil {
			return err
		}
		if i, found := x.find(it.Pos); found {
			x.pages[i].data, x.pages[i].stored = slices.Clone(it.Value), true
		}
	}
	return nil
}

// Get returns a field's number. The field must be one of those that were read.
func (x *Bits) Get(f BitField) int64 {
	var v uint64
	for off, end := f.Off, f.Off+int64(f.Width); off < end; {
		n := min(end-off, 8-off%8)
		p, i := x.place(off)
		var c byte
		if i < int64(len(p.data)) {
			c = p.data[i]
		}
		v = v<<n | uint64(c>>(8-off%8-n))&(1<<n-1)
		off += n
	}
	return f.extend(v)
}

// Set sets a field to the low bits of v. The field must be one of those that were read.
func (x *Bits) Set(f BitField, v int64) {
	for off, left := f.Off, int64(f.Width); left > 0; {
		n := min(left, 8-off%8)
		shift := 8 - off%8 - n
		mask := byte(1<<n-1) << shift
		p, i := x.place(off)
		p.set(i, mask, byte(uint64(v)>>(left-n))<<shift&mask)
		off, left = off+n, left-n
	}
}

// place is the page that holds a bit, and the byte within.
func (x *Bits) place(off int64) (*page, int64) {
	i, _ := x.find(off / 8 / ChunkSize)
	return &x.pages[i], off / 8 % ChunkSize
}

// set changes the bits of a mask. Zeros behind the end need no room.
func (p *page) set(i int64, mask, value byte) {
	if i >= int64(len(p.data)) {
		if value == 0 {
			return
		}
		p.lengthen(i + 1)
	}
	if c := p.data[i]&^mask | value; c != p.data[i] {
		p.data[i], p.changed = c, p.changed.With(int(i), int(i+1))
	}
}

// lengthen adds zeros up to n bytes.
func (p *page) lengthen(n int64) {
	was := len(p.data)
	p.data = append(p.data, make([]byte, n-int64(was))...)
	p.changed = p.changed.With(was, int(n))
}

// Save writes what has changed, and ends the use of x. The string is at least size bytes long then; beyond what it was
// it holds zeros. Its last byte must lie under one of the fields that were read if it grows.
// proto-max-bulk-len does not bound it: as in Redis it bounds the offset of a field, and the end may lie behind.
func (x *Bits) Save(size int64) error {
	b, h := x.blob, x.blob.head()
	if !h.Exists() {
		*h = Head{Type: String, Bytes: KeyBytes(b.key())}
	}
	h.Encoding = uint8(EncodingRaw)
	size = max(size, h.Len)
	if h.ID == 0 && size <= InlineMax {
		return x.saveInline(size)
	}
	if err := b.leaveHead(); err != nil {
		return err
	}
	x.reach(size)
	ch, err := x.saveChunks()
	if err != nil {
		return err
	}
	h.Len = size
	h.Bytes += ch.Bytes
	return b.tx.PutHead(b.key(), *h)
}

// reach has the last byte of a string that grows stored, be it zero: by that an Audit knows that nothing is missing.
func (x *Bits) reach(size int64) {
	if size > x.blob.Len() {
		if p, i := x.place((size - 1) * 8); i >= int64(len(p.data)) {
			p.lengthen(i + 1)
		}
	}
}

func (x *Bits) saveInline(size int64) error {
	h := x.blob.head()
	value := make([]byte, size)
	copy(value, h.Value)
	if len(x.pages) > 0 {
		copy(value, x.pages[0].data)
	}
	h.Bytes += size - h.Len
	h.Value, h.Len = value, size
	return x.blob.tx.PutHead(x.blob.key(), *h)
}

func (x *Bits) saveChunks() (Change, error) {
	items := make([]Item, 0, len(x.pages))
	for _, p := range x.pages {
		if p.changed.Empty() {
			continue
		}
		it := Item{Pos: p.number, Value: p.data, Given: true}
		if p.stored {
			it.Changed = p.changed
		}
		items = append(items, it)
	}
	if len(items) == 0 {
		return Change{}, nil
	}
	return x.blob.tx.PutItems(x.blob.head().ID, Chunks, items...)
}
