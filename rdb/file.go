package rdb

import (
	"encoding/binary"
	"fmt"
)

// Opcodes of a whole file.
const (
	opAux      = 0xFA
	opSizes    = 0xFB
	opExpiry   = 0xFC
	opDatabase = 0xFE
	opEnd      = 0xFF
)

// AppendFileHeader begins a file of a version.
func AppendFileHeader(b []byte, version int) []byte { return fmt.Appendf(b, "REDIS%04d", version) }

// AppendAux adds a remark on the file: which program wrote it, and when.
func AppendAux(b []byte, name, text string) []byte {
	return AppendText(AppendText(append(b, opAux), []byte(name)), []byte(text))
}

// AppendDatabase begins a database; a reader makes room for about so many keys.
func AppendDatabase(b []byte, db int, keys int64) []byte {
	b = appendLength(append(b, opDatabase), uint64(db))
	return append(appendLength(append(b, opSizes), uint64(keys)), 0)
}

// AppendKey adds a key that expires at a Unix time in milliseconds, 0 for never. What the value begins with, the byte
// of its form, stands before the name; the rest of the value follows.
func AppendKey(b []byte, form byte, name []byte, expireAt int64) []byte {
	if expireAt != 0 {
		b = binary.LittleEndian.AppendUint64(append(b, opExpiry), uint64(expireAt))
	}
	b = appendLength(append(b, form), uint64(len(name)))
	return append(b, name...)
}

// AppendFileEnd ends a file whose bytes so far have a checksum.
func AppendFileEnd(b []byte, sum uint64) []byte {
	b = append(b, opEnd)
	return binary.LittleEndian.AppendUint64(b, Summed(sum, []byte{opEnd}))
}
