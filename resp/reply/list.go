package reply

import (
	"io"
	"os"
)

// spillAt is the number of encoded bytes a List keeps in memory. What is more goes to an
// unlinked temporary file: a snapshot or a lock never waits for a slow socket, and a
// large reply never has to fit into memory.
const spillAt = 1 << 20

// List builds an aggregate reply element by element, encoded as it grows. Use it where
// the number of elements has no small bound; Of and MapOf read better for the rest.
// For the goroutine that runs the handler, then for the one that sends the reply.
type List struct {
	kind  Kind
	proto int
	n     int
	size  int64 // bytes already in file
	buf   []byte
	file  *os.File
	err   error
}

// NewList starts an Array, Map, Set or Push for protocol 2 or 3.
func NewList(proto int, kind Kind) *List { return &List{kind: kind, proto: proto} }

// Bytes adds a bulk string.
func (l *List) Bytes(b []byte) { l.n++; l.buf = appendBytes(l.buf, b); l.spill() }

// Float adds a double.
func (l *List) Float(f float64) { l.n++; l.buf = appendDouble(l.buf, f, l.proto); l.spill() }

// Integer adds an integer.
func (l *List) Integer(n int64) { l.n++; l.buf = appendInt(l.buf, ':', n); l.spill() }

// Nil adds a null bulk string.
func (l *List) Nil() { l.n++; l.buf = appendNull(l.buf, Null, l.proto) }

// Reply adds any other reply. A list that has left memory does not come back for it, and is spent.
func (l *List) Reply(r Reply) {
	l.n++
	if r.Large() {
		l.splice(r.list)
		return
	}
	l.buf = r.Append(l.buf, l.proto)
	l.spill()
}

// Encoded adds one element that is encoded already, for the client's protocol of its moment.
func (l *List) Encoded(element []byte) { l.n++; l.buf = append(l.buf, element...); l.spill() }

// Err is the failure of the temporary file, which Done turns into an error reply.
func (l *List) Err() error { return l.err }

// Named adds a bulk string with what belongs to it: flat in RESP3, key and value of a map, and in RESP2 an
// array of the two. It is how XREAD answers.
func (l *List) Named(name []byte, r Reply) {
	if l.proto != 3 {
		l.buf = append(l.buf, "*2\r\n"...)
		l.n--
	}
	l.Bytes(name)
	l.Reply(r)
}

// Pair adds a nested array of a bulk string and a double in RESP3, and the two flat in
// RESP2: how Redis answers WITHSCORES.
func (l *List) Pair(b []byte, f float64) {
	if l.proto == 3 {
		l.buf = append(l.buf, "*2\r\n"...)
		l.n--
	}
	l.Bytes(b)
	l.Float(f)
}

// Len is the number of elements so far, keys and values of a map counted one by one.
func (l *List) Len() int { return l.n }

// Done ends the list. If its overflow could not be written to disk, the reply is an error.
func (l *List) Done() Reply {
	if l.err != nil {
		l.close()
		return Fail("ERR the reply is larger than memory allows and its temporary file failed: " + l.err.Error())
	}
	return Reply{kind: built, list: l}
}

// splice adds a list that has a file, from file to file.
func (l *List) splice(inner *List) {
	defer inner.close()
	l.buf = appendHeader(l.buf, inner.kind, inner.n, inner.proto)
	l.flush()
	if l.err != nil {
		return
	}
	n, err := io.Copy(l.file, io.NewSectionReader(inner.file, 0, inner.size))
	l.size += n
	l.err = err
	l.buf = append(l.buf, inner.buf...)
}

func (l *List) spill() {
	if len(l.buf) >= spillAt {
		l.flush()
	}
}

// flush moves what is in memory to the file.
func (l *List) flush() {
	if l.err != nil || l.file == nil && !l.open() {
		l.buf = l.buf[:0]
		return
	}
	n, err := l.file.Write(l.buf)
	l.size += int64(n)
	l.err = err
	l.buf = l.buf[:0]
}

// open makes the file.
func (l *List) open() bool {
	l.file, l.err = TempFile()
	return l.err == nil
}

// TempFile makes an empty temporary file, in TMPDIR or else /tmp. It is unlinked at once, so that not even kill -9
// leaves it behind.
func TempFile() (*os.File, error) {
	f, err := os.CreateTemp("", "larder-reply-*")
	if err != nil {
		return nil, err
	}
	os.Remove(f.Name())
	return f, nil
}

func (l *List) append(dst []byte) []byte {
	start := len(dst)
	dst = appendHeader(dst, l.kind, l.n, l.proto)
	if l.file != nil {
		at := len(dst)
		dst = append(dst, make([]byte, l.size)...)
		if _, err := l.file.ReadAt(dst[at:], 0); err != nil {
			return Fail("ERR the reply's temporary file cannot be read").Append(dst[:start], l.proto)
		}
	}
	return append(dst, l.buf...)
}

func (l *List) writeTo(w io.Writer) (int64, error) {
	defer l.close()
	n, err := w.Write(appendHeader(nil, l.kind, l.n, l.proto))
	if err != nil {
		return int64(n), err
	}
	m, err := io.Copy(w, io.NewSectionReader(l.file, 0, l.size))
	if err != nil {
		return int64(n) + m, err
	}
	k, err := w.Write(l.buf)
	return int64(n) + m + int64(k), err
}

func (l *List) detach() (head []byte, file *os.File, size int64, tail []byte) {
	file, l.file = l.file, nil
	return appendHeader(nil, l.kind, l.n, l.proto), file, l.size, l.buf
}

func (l *List) close() {
	if l.file != nil {
		l.file.Close()
		l.file = nil
	}
}
