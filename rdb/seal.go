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
	// writes is the version that brought the newest form that is written, a sorted set's; reads is
	// that of Redis 7.2.
	writes = 8
	reads  = 11
)

var (
	// ErrFooter says that a payload's version is too new, or its checksum wrong.
	ErrFooter = errors.New("rdb: version or checksum are wrong")
	// ErrFormat says that a value is not one.
	ErrFormat = errors.New("rdb: bad data format")
	// ErrStream says that a value is a stream, or one of a module: neither is read.
	ErrStream = errors.New("rdb: streams and values of modules are not read")
)

// jones is the polynomial of Redis's CRC-64, reflected.
var jones = crc64.MakeTable(0x95AC9329AC4BC9B5)

// Checksum is Redis's CRC-64 of b: without the inversion that Go's begins and ends with.
func Checksum(b []byte) uint64 { return ^crc64.Update(^uint64(0), jones, b) }

// Sealed yields pieces and, behind them, their footer.
func Sealed(pieces iter.Seq2[[]byte, error]) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		sum := ^uint64(0)
		for p, err := range pieces {
			sum = crc64.Update(sum, jones, p)
			if !yield(p, err) || err != nil {
				return
			}
		}
		version := binary.LittleEndian.AppendUint16(nil, writes)
		sum = ^crc64.Update(sum, jones, version)
		yield(binary.LittleEndian.AppendUint64(version, sum), nil)
	}
}

// Open looks at a payload's footer and at the type of its value; the errors are those of this
// package. The Value reads the payload, which must not change.
func Open(payload []byte) (*Value, error) {
	at := len(payload) - footerLen
	if at < 0 || binary.LittleEndian.Uint16(payload[at:]) > reads ||
		binary.LittleEndian.Uint64(payload[at+2:]) != Checksum(payload[:at+2]) {
		return nil, ErrFooter
	}
	if at == 0 {
		return nil, ErrFormat
	}
	v := &Value{form: form(payload[0]), body: payload[1:at]}
	switch v.Kind = v.form.kind(); {
	case v.form.foreign():
		return nil, ErrStream
	case v.Kind == 0:
		return nil, ErrFormat
	}
	return v, nil
}
