package store

import (
	"iter"
	"slices"
)

// Pieces yields the bytes from from up to but not including to, which must lie within the
// string, in consecutive pieces. They are valid until the next is asked for.
func (b *Blob) Pieces(from, to int64) iter.Seq2[[]byte, error] {
	return StringPieces(b.tx, *b.head(), from, to)
}

// AppendTo appends the bytes from from up to to behind dst.
func (b *Blob) AppendTo(dst []byte, from, to int64) ([]byte, error) {
	return AppendString(dst, b.tx, *b.head(), from, to)
}

// Bytes returns the whole string in memory that the caller owns.
func (b *Blob) Bytes() ([]byte, error) {
	return b.AppendTo(nil, 0, b.Len())
}

// AppendString appends the bytes from from up to to of the string whose head is h behind dst.
func AppendString(dst []byte, tx Tx, h Head, from, to int64) ([]byte, error) {
	dst = slices.Grow(dst, int(max(to-from, 0)))
	if h.ID == 0 {
		return append(dst, h.Value[from:max(to, from)]...), nil
	}
	return appendChunks(dst, tx, h, from, to)
}

// appendChunks is apart because its loop moves its variables to the heap, which short
// strings should not pay for.
func appendChunks(dst []byte, tx Tx, h Head, from, to int64) ([]byte, error) {
	for piece, err := range StringPieces(tx, h, from, to) {
		if err != nil {
			return dst, err
		}
		dst = append(dst, piece...)
	}
	return dst, nil
}

// StringPieces is Blob.Pieces for the string whose head is h.
func StringPieces(tx Tx, h Head, from, to int64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		switch {
		case from >= to:
		case h.ID == 0:
			yield(h.Value[from:to], nil)
		default:
			p := pieces{at: from, to: to, yield: yield}
			p.chunks(tx, h.ID)
		}
	}
}

// pieces joins chunks and the gaps between them. It lives for one loop.
type pieces struct {
	at, to int64
	yield  func([]byte, error) bool
	blank  []byte
}

func (p *pieces) chunks(tx Tx, id ID) {
	for it, err := range tx.Range(id, Chunks, Positions(p.at/ChunkSize, (p.to-1)/ChunkSize)) {
		if err != nil {
			p.yield(nil, err)
			return
		}
		start := it.Pos * ChunkSize
		end := min(start+int64(len(it.Value)), p.to)
		if !p.zeros(start) {
			return
		}
		if end <= p.at {
			continue
		}
		piece := it.Value[p.at-start : end-start]
		p.at = end
		if !p.yield(piece, nil) {
			return
		}
	}
	p.zeros(p.to)
}

// zeros fills up to an offset; false when the loop has ended.
func (p *pieces) zeros(until int64) bool {
	for p.at < until {
		if p.blank == nil {
			p.blank = make([]byte, ChunkSize)
		}
		n := min(until-p.at, ChunkSize)
		p.at += n
		if !p.yield(p.blank[:n], nil) {
			return false
		}
	}
	return true
}
