package resp

import (
	"encoding/binary"
	"slices"
)

// chunkSize is the size, in bytes, up to which command lines are put together.
const chunkSize = 64 << 10

// lines are command lines as they wait for EXEC: only their bytes, in chunks, each argument behind its length. A
// hundred thousand of them are usual in a pipeline. It belongs to its session; what is added moves no more once
// reading has begun.
type lines struct {
	chunks [][]byte
	n      int
}

// add keeps a copy of a command line.
func (l *lines) add(args [][]byte) {
	need := binary.MaxVarintLen64
	for _, a := range args {
		need += binary.MaxVarintLen64 + len(a)
	}
	last := len(l.chunks) - 1
	if last < 0 || len(l.chunks[last])+need > chunkSize {
		l.chunks, last = append(l.chunks, nil), last+1
	}
	c := slices.Grow(l.chunks[last], need)
	c = binary.AppendUvarint(c, uint64(len(args)))
	for _, a := range args {
		c = append(binary.AppendUvarint(c, uint64(len(a))), a...)
	}
	l.chunks[last] = c
	l.n++
}

// lineReader goes through lines once. Nothing may be added meanwhile.
type lineReader struct {
	chunks [][]byte
	rest   []byte
}

func (l *lines) reader() lineReader { return lineReader{chunks: l.chunks} }

// next returns the next command line, in dst. The arguments themselves stay what they are as long as anybody has them.
// There must be one.
func (r *lineReader) next(dst [][]byte) [][]byte {
	if len(r.rest) == 0 {
		r.rest, r.chunks = r.chunks[0], r.chunks[1:]
	}
	for n := r.number(); n > 0; n-- {
		size := r.number()
		dst = append(dst, r.rest[:size:size])
		r.rest = r.rest[size:]
	}
	return dst
}

func (r *lineReader) number() int {
	n, size := binary.Uvarint(r.rest)
	r.rest = r.rest[size:]
	return int(n)
}
