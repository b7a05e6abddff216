package reply

import (
	"io"
	"os"
	"strconv"
)

// Append encodes r for protocol 2 or 3 behind dst. A List that has spilled to disk is
// read into memory here: use WriteTo where the reply may be large.
func (r Reply) Append(dst []byte, proto int) []byte {
	switch r.kind {
	case None:
		return dst
	case Null, NullArray:
		return appendNull(dst, r.kind, proto)
	case Status:
		return appendLine(dst, '+', r.s)
	case Error:
		return appendLine(dst, '-', r.s)
	case Int:
		return appendInt(dst, ':', r.n)
	case Bulk:
		return r.appendBulk(dst)
	case Double:
		if r.s != "" {
			return appendDigits(dst, []byte(r.s), proto)
		}
		return appendDouble(dst, r.f, proto)
	case Bool:
		return appendBool(dst, r.n == 1, proto)
	case BigNumber:
		if proto == 3 {
			return appendLine(dst, '(', r.s)
		}
		return r.appendBulk(dst)
	case Verbatim:
		return r.appendVerbatim(dst, proto)
	case Attribute:
		if proto == 2 {
			return dst
		}
	case built:
		return r.list.append(dst)
	case sequence:
	default:
		dst = appendHeader(dst, r.kind, len(r.elems), proto)
	}
	for _, e := range r.elems {
		dst = e.Append(dst, proto)
	}
	return dst
}

// Large reports whether the reply should be written with WriteTo rather than Append.
func (r Reply) Large() bool { return r.kind == built && r.list.file != nil }

// WriteTo sends a List piece by piece and frees it. r must be Large.
func (r Reply) WriteTo(w io.Writer) (int64, error) { return r.list.writeTo(w) }

// Detach gives a List's file away: the encoded reply is head, then size bytes of file, then tail. r must be Large and
// is not usable after; the caller closes the file.
func (r Reply) Detach() (head []byte, file *os.File, size int64, tail []byte) { return r.list.detach() }

// Release frees what a List holds outside memory; the reply is not usable after.
func (r Reply) Release() {
	if r.kind == built {
		r.list.close()
	}
	for _, e := range r.elems {
		e.Release()
	}
}

func appendNull(dst []byte, k Kind, proto int) []byte {
	switch {
	case proto == 3:
		return append(dst, "_\r\n"...)
	case k == NullArray:
		return append(dst, "*-1\r\n"...)
	}
	return append(dst, "$-1\r\n"...)
}

func appendLine(dst []byte, mark byte, s string) []byte {
	dst = append(dst, mark)
	dst = append(dst, s...)
	return append(dst, '\r', '\n')
}

func appendInt(dst []byte, mark byte, n int64) []byte {
	dst = append(dst, mark)
	dst = strconv.AppendInt(dst, n, 10)
	return append(dst, '\r', '\n')
}

func (r Reply) appendBulk(dst []byte) []byte {
	if r.b != nil {
		return appendBytes(dst, r.b)
	}
	dst = appendInt(dst, '$', int64(len(r.s)))
	dst = append(dst, r.s...)
	return append(dst, '\r', '\n')
}

func appendBytes(dst, b []byte) []byte {
	dst = appendInt(dst, '$', int64(len(b)))
	dst = append(dst, b...)
	return append(dst, '\r', '\n')
}

func (r Reply) appendVerbatim(dst []byte, proto int) []byte {
	if proto == 2 {
		return Text(r.s).appendBulk(dst)
	}
	dst = appendInt(dst, '=', int64(len(r.b)+1+len(r.s)))
	dst = append(dst, r.b...)
	dst = append(dst, ':')
	dst = append(dst, r.s...)
	return append(dst, '\r', '\n')
}

func appendBool(dst []byte, yes bool, proto int) []byte {
	switch {
	case proto == 2 && yes:
		return append(dst, ":1\r\n"...)
	case proto == 2:
		return append(dst, ":0\r\n"...)
	case yes:
		return append(dst, "#t\r\n"...)
	}
	return append(dst, "#f\r\n"...)
}

func appendDouble(dst []byte, f float64, proto int) []byte {
	var room [32]byte
	return appendDigits(dst, AppendFloat(room[:0], f), proto)
}

func appendDigits(dst, text []byte, proto int) []byte {
	if proto == 2 {
		return appendBytes(dst, text)
	}
	dst = append(dst, ',')
	dst = append(dst, text...)
	return append(dst, '\r', '\n')
}

// appendHeader writes an aggregate's header for n elements, keys and values of a map
// counted one by one.
func appendHeader(dst []byte, k Kind, n int, proto int) []byte {
	mark := byte('*')
	if k == Bulk { // a List that holds one string in pieces, n bytes long
		mark = '$'
	}
	if proto == 3 {
		switch k {
		case Map:
			mark, n = '%', n/2
		case Attribute:
			mark, n = '|', n/2
		case Set:
			mark = '~'
		case Push:
			mark = '>'
		}
	}
	return appendInt(dst, mark, int64(n))
}
