package reply

import "iter"

// Spool is Stream for a length that only the end of the pieces tells.
func Spool(pieces iter.Seq2[[]byte, error]) (Reply, error) {
	l := &List{kind: Bulk}
	err := l.pour(func(yield func([]byte, error) bool) {
		for p, err := range pieces {
			l.n += len(p)
			if !yield(p, err) {
				return
			}
		}
	})
	if err != nil {
		l.close()
		return Reply{}, err
	}
	return l.Done(), nil
}
