package guard

import "bytes"

// verdict says what the bytes at the head of the input are.
type verdict uint8

const (
	more    verdict = iota // no whole command yet
	plain                  // a whole multibulk command that redcon reads exactly as Redis does
	odd                    // a whole multibulk command that Redis takes and redcon must not see
	inline                 // a whole line that is not multibulk
	blank                  // "*0" or "*-1": to be dropped
	refused                // a protocol error
)

// rules are the limits for one pass over the input.
type rules struct {
	bulk     int64
	stranger bool // not authenticated yet
}

// frame is the checker's place inside one command, as offsets from the command's first byte. It never looks at a byte
// of a header twice and never at a body, so checking costs O(headers) however the bytes arrive, and no memory.
// Only the goroutine inside Conn.Read may touch it.
//
// It follows networking.c to the letter: a header line ends at '\r' and the byte behind it is skipped unseen, likewise
// the two bytes behind a body; a NUL hides the rest of a line (strchr), which then ends as "too big". One thing is
// stricter: a line above 64 KB is refused even when its end came in the same packet, where Redis lets chance decide.
type frame struct {
	pos     int   // where the next header starts or, with inBody, where the body being received ends
	seen    int   // the line at pos has no end before this offset
	count   int64 // arguments of the command, 0 before its header
	left    int64 // arguments not yet complete
	inBody  bool
	hidden  bool // a NUL was met in the line at pos
	unusual bool // legal for Redis, not for redcon
	verdict verdict
	size    int // bytes of the command, once the verdict is plain, odd, inline or blank
	err     *ProtocolError
}

// next looks at b, which starts with the same bytes as at the call before, and says what it begins with.
// A verdict other than more stays until the frame is reset.
func (f *frame) next(b []byte, r rules) verdict {
	if f.verdict != more || len(b) == 0 {
		return f.verdict
	}
	if b[0] != '*' {
		return f.readLine(b)
	}
	if f.count == 0 && !f.readCount(b, r) {
		return f.verdict
	}
	for f.left > 0 {
		if !f.inBody && !f.readLength(b, r) {
			return f.verdict
		}
		if len(b) < f.pos {
			return more
		}
		f.endBody(b)
	}
	if f.unusual {
		return f.finish(odd)
	}
	return f.finish(plain)
}

func (f *frame) finish(v verdict) verdict {
	f.verdict, f.size = v, f.pos
	return v
}

// refuse always returns false: the header cannot be used.
func (f *frame) refuse(text string) bool {
	f.verdict, f.err = refused, &ProtocolError{text: text}
	return false
}

// due returns how many bytes of the argument being received are missing when have bytes of the command are there.
func (f *frame) due(have int) int {
	if !f.inBody {
		return 0
	}
	return max(f.pos-have, 0)
}

func (f *frame) readLine(b []byte) verdict {
	window := b[:min(len(b), maxLine+1)]
	end := bytes.IndexByte(window[f.seen:], '\n')
	if end >= 0 {
		window = window[:f.seen+end]
	}
	if !f.hidden && bytes.IndexByte(window[f.seen:], 0) >= 0 {
		f.hidden = true
	}
	if end >= 0 && !f.hidden {
		f.pos = len(window) + 1
		return f.finish(inline)
	}
	f.seen = len(window)
	if len(b) > maxLine {
		f.refuse(tooBigInline)
	}
	return f.verdict
}

func (f *frame) readCount(b []byte, r rules) bool {
	end, ok := f.header(b, tooBigCount)
	if !ok {
		return false
	}
	n, ok := parseLength(b[1:end])
	if !ok || n > maxCount {
		return f.refuse(invalidCount)
	}
	if n > strangersCount && r.stranger {
		return f.refuse(unauthorizedCount)
	}
	f.pos = end + 2
	if n <= 0 {
		f.finish(blank)
		return false
	}
	f.count, f.left = n, n
	return true
}

func (f *frame) readLength(b []byte, r rules) bool {
	end, ok := f.header(b, tooBigLength)
	if !ok {
		return false
	}
	if b[f.pos] != '$' {
		return f.refuse(expectedDollar(b[f.pos]))
	}
	n, ok := parseLength(b[f.pos+1 : end])
	if !ok || n < 0 || n > r.bulk {
		return f.refuse(invalidLength)
	}
	if n > strangersBulk && r.stranger {
		return f.refuse(unauthorizedLength)
	}
	if n == 0 && f.count == 1 {
		f.unusual = true // the shape of the placeholder
	}
	f.pos, f.inBody = end+2+int(n)+2, true
	return true
}

func (f *frame) endBody(b []byte) {
	if b[f.pos-2] != '\r' || b[f.pos-1] != '\n' {
		f.unusual = true
	}
	f.inBody = false
	f.left--
}

// header finds the '\r' that ends the line at pos. False: the line, or the byte behind its end, is not there yet, or it
// is too long, whatever the pieces it came in.
func (f *frame) header(b []byte, tooBig string) (end int, ok bool) {
	i := max(f.seen, f.pos)
	for ; i < len(b) && !f.hidden && b[i] != '\r'; i++ {
		f.hidden = b[i] == 0
	}
	f.seen = i
	if f.hidden || i == len(b) {
		i = len(b)
	}
	if i-f.pos > maxLine {
		return 0, f.refuse(tooBig)
	}
	if i+1 >= len(b) {
		return 0, false
	}
	if b[i+1] != '\n' {
		f.unusual = true
	}
	return i, true
}

// parseLength is string2ll: no sign but '-', no leading zero, no space, 64 bits.
func parseLength(s []byte) (int64, bool) {
	if len(s) == 1 && s[0] == '0' {
		return 0, true
	}
	negative := len(s) > 0 && s[0] == '-'
	if negative {
		s = s[1:]
	}
	if len(s) == 0 || len(s) > 19 || s[0] == '0' {
		return 0, false
	}
	var v uint64 // 19 digits cannot overflow it
	for _, d := range s {
		if d < '0' || d > '9' {
			return 0, false
		}
		v = v*10 + uint64(d-'0')
	}
	if negative {
		return -int64(v), v <= 1<<63
	}
	return int64(v), v < 1<<63
}
