package reply

import "iter"

// Stream is a bulk string of n bytes that comes in pieces: a value too large for memory. Like a
// List it keeps little in memory and spills the rest, so it must be released or sent.
func Stream(n int64, pieces iter.Seq2[[]byte, error]) (Reply, error) {
	l := &List{kind: Bulk, n: int(n)}
	if err := l.pour(pieces); err != nil {
		l.close()
		return Reply{}, err
	}
	return l.Done(), nil
}

// Stream adds a bulk string of n bytes that comes in pieces.
func (l *List) Stream(n int64, pieces iter.Seq2[[]byte, error]) error {
	l.n++
	l.buf = appendInt(l.buf, '$', n)
	return l.pour(pieces)
}

func (l *List) pour(pieces iter.Seq2[[]byte, error]) error {
	for piece, err := range pieces {
		if err != nil {
			return err
		}
		l.buf = append(l.buf, piece...)
		l.spill()
	}
	l.buf = append(l.buf, '\r', '\n')
	return nil
}
