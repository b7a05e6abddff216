package rdb

import (
	"encoding/binary"
	"errors"
	"hash/crc64"
	"iter"
)

// A payload ends with the RDB version, 2 bytes, and a CRC-64 over all before it, both little endian.
const (
	footerLen = 10
	// newest is the highest version of Redis's that is read, 8.10's. Valkey counts on from 80.
	newest                  = 15
	firstValkey, lastValkey = 80, 81
)

// Versions that brought a form that is written: all but streams are as they were since 4.0.
const (
	VersionPlain     = 8
	VersionStream    = 9  // 5.0
	VersionStream2   = 10 // 7.0
	VersionStream3   = 11 // 7.2
	VersionExpiring  = 12 // 7.4
	VersionFunctions = 10 // 7.0
)

var (
	// ErrFooter says that a payload's version is too new, or its checksum wrong.
	ErrFooter = errors.New("rdb: version or checksum are wrong")
	// ErrFormat says that a value is not one.
	ErrFormat = errors.New("rdb: bad data format")
)

// ForeignError names a type or a part of a value that its server has and this package does not read.
type ForeignError string

func (e ForeignError) Error() string { return string(e) }

// jones is the polynomial of Redis's CRC-64, reflected.
var jones = crc64.MakeTable(0x95AC9329AC4BC9B5)

// Checksum is Redis's CRC-64 of b: without the inversion that Go's begins and ends with.
func Checksum(b []byte) uint64 { return ^crc64.Update(^uint64(0), jones, b) }

// Summed goes on with the checksum of what comes before; the first of all is 0. A whole file ends with it.
func Summed(sum uint64, b []byte) uint64 { return ^crc64.Update(^sum, jones, b) }

// Seal adds the footer to a body in memory.
func Seal(body []byte, version uint16) []byte {
	body = binary.LittleEndian.AppendUint16(body, version)
	return binary.LittleEndian.AppendUint64(body, Checksum(body))
}

// unsealed is a payload without its footer, and the version that this names.
func unsealed(payload []byte) (body []byte, version uint16, err error) {
	at := len(payload) - footerLen
	if at < 0 || binary.LittleEndian.Uint64(payload[at+2:]) != Checksum(payload[:at+2]) {
		return nil, 0, ErrFooter
	}
	version = binary.LittleEndian.Uint16(payload[at:])
	if version > newest && (version < firstValkey || version > lastValkey) {
		return nil, 0, ErrFooter
	}
	return payload[:at], version, nil
}

// Sealed yields pieces and, behind them, their footer.
func Sealed(version uint16, pieces iter.Seq2[[]byte, error]) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		sum := ^uint64(0)
		for p, err := range pieces {
			sum = crc64.Update(sum, jones, p)
			if !yield(p, err) || err != nil {
				return
			}
		}
		footer := binary.LittleEndian.AppendUint16(nil, version)
		sum = ^crc64.Update(sum, jones, footer)
		yield(binary.LittleEndian.AppendUint64(footer, sum), nil)
	}
}

// Open looks at a payload's footer and at the type of its value; the errors are those of this
// package. The Value reads the payload, which must not change.
func Open(payload []byte) (*Value, error) {
	body, version, err := unsealed(payload)
	switch {
	case err != nil:
		return nil, err
	case len(body) == 0:
		return nil, ErrFormat
	}
	return open(form(body[0]), body[1:], version >= firstValkey)
}

func open(f form, body []byte, valkey bool) (*Value, error) {
	if valkey {
		f = f.ofValkey()
	}
	if why := f.foreign(); why != "" {
		return nil, ForeignError(why)
	}
	v := &Value{form: f, body: body, Kind: f.kind()}
	if v.Kind == 0 {
		return nil, ErrFormat
	}
	return v, nil
}
