package strs

import "larder/resp/reply"

// alignment finds a longest common subsequence by the textbook table, because which of
// several equally long ones is found shows in the reply. For one call.
type alignment struct {
	a, b  []byte
	table []uint32 // lengths for the prefixes of a and b, row by row
}

// match is a run of bytes that a and b have in common; the ends are the first bytes behind it.
type match struct{ startA, endA, startB, endB int }

func (m match) length() int64      { return int64(m.endA - m.startA) }
func (m match) inA() reply.Reply   { return reply.Of(reply.Integer(m.startA), reply.Integer(m.endA-1)) }
func (m match) inB() reply.Reply   { return reply.Of(reply.Integer(m.startB), reply.Integer(m.endB-1)) }
func (m match) empty() bool        { return m.endA == m.startA }
func (t *alignment) width() int    { return len(t.b) + 1 }
func (t *alignment) length() int64 { return int64(t.table[len(t.table)-1]) }

func newAlignment(a, b []byte) *alignment {
	t := &alignment{a: a, b: b, table: make([]uint32, (len(a)+1)*(len(b)+1))}
	w := t.width()
	for i := range a {
		above, row := t.table[i*w:(i+1)*w], t.table[(i+1)*w:(i+2)*w]
		for j := range b {
			if a[i] == b[j] {
				row[j+1] = above[j] + 1
			} else {
				row[j+1] = max(above[j+1], row[j])
			}
		}
	}
	return t
}

// walk goes from the ends of both strings to their beginning and calls pair for each byte
// of the subsequence, last one first.
func (t *alignment) walk(pair func(i, j int)) {
	w := t.width()
	for i, j := len(t.a), len(t.b); i > 0 && j > 0; {
		switch {
		case t.a[i-1] == t.b[j-1]:
			i, j = i-1, j-1
			pair(i, j)
		case t.table[(i-1)*w+j] > t.table[i*w+j-1]:
			i--
		default:
			j--
		}
	}
}

// common is the subsequence itself.
func (t *alignment) common() []byte {
	n := t.length()
	found := make([]byte, n)
	t.walk(func(i, _ int) {
		n--
		found[n] = t.a[i]
	})
	return found
}

// matches yields the runs, last one first.
func (t *alignment) matches(yield func(match)) {
	var m match
	t.walk(func(i, j int) {
		if !m.empty() && m.startA == i+1 && m.startB == j+1 {
			m.startA, m.startB = i, j
			return
		}
		if !m.empty() {
			yield(m)
		}
		m = match{i, i + 1, j, j + 1}
	})
	if !m.empty() {
		yield(m)
	}
}
