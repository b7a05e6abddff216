package lua

import (
	"encoding/binary"
	"hash/crc64"
)

// A dump is Redis's own form, so that payloads travel both ways: for each library the byte
// 245 and its code as an RDB string, then the RDB version and a CRC-64 over all before it.
const (
	opFunction   = 245
	rdbVersion   = 11
	footer       = 10
	badDump      = Fault("ERR DUMP payload version or checksum are wrong")
	failedDump   = Fault("ERR failed loading the given functions payload")
	notAFunction = Fault("ERR given type is not a function")
)

// jones is the polynomial of Redis's CRC-64, reflected.
var jones = crc64.MakeTable(0x95AC9329AC4BC9B5)

// checksum undoes the inversion that Go's CRC-64 begins and ends with.
func checksum(b []byte) uint64 { return ^crc64.Update(^uint64(0), jones, b) }

func (s *libraries) dump() []byte {
	var out []byte
	for _, l := range s.sorted() {
		out = append(out, opFunction)
		out = appendLength(out, len(l.Code))
		out = append(out, l.Code...)
	}
	out = binary.LittleEndian.AppendUint16(out, rdbVersion)
	return binary.LittleEndian.AppendUint64(out, checksum(out))
}

func appendLength(out []byte, n int) []byte {
	switch {
	case n < 1<<6:
		return append(out, byte(n))
	case n < 1<<14:
		return append(out, 0x40|byte(n>>8), byte(n))
	case uint64(n) < 1<<32:
		return binary.BigEndian.AppendUint32(append(out, 0x80), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(out, 0x81), uint64(n))
}

// parseDump checks a dump and compiles its libraries. The error is a Fault.
func (e *Engine) parseDump(payload []byte) (*libraries, error) {
	at := len(payload) - footer
	if at < 0 || binary.LittleEndian.Uint16(payload[at:]) > rdbVersion ||
		binary.LittleEndian.Uint64(payload[at+2:]) != checksum(payload[:at+2]) {
		return nil, badDump
	}
	all := newLibraries()
	for d := (&dumpReader{in: payload[:at]}); len(d.in) > 0; {
		if d.byte() != opFunction {
			return nil, notAFunction
		}
		code := d.string()
		if d.failed {
			return nil, failedDump
		}
		l, err := e.compileLibrary(string(code), restoreWithin, func(int, string) {})
		if err != nil {
			return nil, err
		}
		if all.byName[l.Name] != nil {
			return nil, Fault("ERR Library '" + l.Name + "' already exists")
		}
		if err := all.add(l); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// dumpReader reads RDB strings; after a fault it answers nothing.
type dumpReader struct {
	in     []byte
	failed bool
}

func (d *dumpReader) take(n int) []byte {
	if n < 0 || n > len(d.in) {
		d.failed, d.in = true, nil
		return nil
	}
	b := d.in[:n]
	d.in = d.in[n:]
	return b
}

func (d *dumpReader) byte() byte {
	if b := d.take(1); b != nil {
		return b[0]
	}
	return 0
}

// length reads a length; special is the form of a string that is none.
func (d *dumpReader) length() (n int, special bool) {
	first := d.byte()
	switch first >> 6 {
	case 0:
		return int(first), false
	case 1:
		return int(first&0x3f)<<8 | int(d.byte()), false
	case 3:
		return int(first & 0x3f), true
	}
	wide := 4
	if first == 0x81 {
		wide = 8
	}
	var room [8]byte
	copy(room[8-wide:], d.take(wide))
	return int(min(binary.BigEndian.Uint64(room[:]), 1<<40)), false
}

const compressed = 3

func (d *dumpReader) string() []byte {
	n, special := d.length()
	if !special {
		return d.take(n)
	}
	if n != compressed {
		d.failed = true
		return nil
	}
	packed, _ := d.length()
	size, _ := d.length()
	out, ok := decompress(d.take(packed), size)
	d.failed = d.failed || !ok
	return out
}

// decompress undoes LZF: runs of literals, and copies of what was written before.
func decompress(in []byte, size int) ([]byte, bool) {
	const largest = 512 << 20
	if size > largest {
		return nil, false
	}
	out := make([]byte, 0, min(size, 1<<20))
	for i := 0; i < len(in); {
		control := int(in[i])
		i++
		if control < 32 {
			if i+control+1 > len(in) {
				return nil, false
			}
			out = append(out, in[i:i+control+1]...)
			i += control + 1
			continue
		}
		n := control >> 5
		if n == 7 && i < len(in) {
			n += int(in[i])
			i++
		}
		if i >= len(in) {
			return nil, false
		}
		from := len(out) - (control&0x1f)<<8 - int(in[i]) - 1
		i++
		if from < 0 || len(out) > size {
			return nil, false
		}
		for k := range n + 2 {
			out = append(out, out[from+k])
		}
	}
	return out, len(out) == size
}
