package modules

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"larder/lua/stdlib"
	"larder/lua/vm"
)

var structFunctions = []stdlib.Entry{
	{Name: "pack", Run: structPack},
	{Name: "unpack", Run: structUnpack},
	{Name: "size", Run: structSize},
}

const (
	maxInteger = 32 // bytes
	maxAlign   = 8
)

// layout walks over a format of struct.pack: options with their sizes, alignment and order.
type layout struct {
	t     *vm.Thread
	fmt   string
	pos   int
	big   bool
	align int
}

func newLayout(t *vm.Thread, args []vm.Value) *layout {
	format, _, _ := strings.Cut(t.Str(args, 0), "\x00") // C sees no more
	return &layout{t: t, fmt: format, align: 1}
}

func (l *layout) more() bool { return l.pos < len(l.fmt) }

// next reads an option and its size; control options are obeyed by control.
func (l *layout) next() (option byte, size int) {
	option = l.fmt[l.pos]
	l.pos++
	switch option {
	case 'B', 'b', 'x':
		return option, 1
	case 'H', 'h':
		return option, 2
	case 'f':
		return option, 4
	case 'L', 'l', 'T', 'd':
		return option, 8
	case 'c':
		return option, l.number(1)
	case 'i', 'I':
		size = l.number(4)
		if size > maxInteger {
			l.t.Errorf("integral size %d is larger than limit of %d", size, maxInteger)
		}
	}
	return option, size
}

func (l *layout) number(d int) int {
	if !l.more() || !isDigit(l.fmt[l.pos]) {
		return d
	}
	n := 0
	for ; l.more() && isDigit(l.fmt[l.pos]); l.pos++ {
		n = 10*n + int(l.fmt[l.pos]-'0')
		if n > math.MaxInt32 {
			l.t.Errorf("integral size overflow")
		}
	}
	return n
}

// padding is the number of bytes that align an element at pos.
func (l *layout) padding(pos int, option byte, size int) int {
	if size == 0 || option == 'c' {
		return 0
	}
	size = min(size, l.align)
	return (size - pos&(size-1)) & (size - 1)
}

func (l *layout) control(option byte) {
	switch option {
	case ' ':
	case '>':
		l.big = true
	case '<':
		l.big = false
	case '!':
		n := l.number(maxAlign)
		if n <= 0 || n&(n-1) != 0 {
			l.t.Errorf("alignment %d is not a power of 2", n)
		}
		l.align = n
	default:
		l.t.ArgError(0, fmt.Sprintf("invalid format option '%s'", string([]byte{option})))
	}
}

func (l *layout) ordered(b []byte) []byte {
	if l.big {
		slices.Reverse(b)
	}
	return b
}

func structPack(t *vm.Thread, args []vm.Value) []vm.Value {
	l := newLayout(t, args)
	args = append(args, vm.Nil()) // the original leaves one behind the arguments, which messages see
	var buf []byte
	arg, charged := 1, 0
	for l.more() {
		option, size := l.next()
		buf = append(buf, make([]byte, l.padding(len(buf), option, size))...)
		switch option {
		case 'b', 'B', 'h', 'H', 'l', 'L', 'T', 'i', 'I':
			buf = append(buf, l.ordered(littleEndian(integerBits(t.Num(args, arg)), size))...)
			arg++
		case 'x':
			buf = append(buf, 0)
		case 'f':
			buf = append(buf, l.ordered(littleEndian(uint64(math.Float32bits(float32(t.Num(args, arg)))), 4))...)
			arg++
		case 'd':
			buf = append(buf, l.ordered(littleEndian(math.Float64bits(t.Num(args, arg)), 8))...)
			arg++
		case 'c', 's':
			s := t.Str(args, arg)
			arg++
			if size == 0 {
				size = len(s)
			}
			if len(s) < size {
				t.ArgError(arg, "string too short")
			}
			buf = append(buf, s[:size]...)
			if option == 's' {
				buf = append(buf, 0)
			}
		default:
			l.control(option)
		}
		t.Charge(len(buf) - charged)
		charged = len(buf)
	}
	return t.Return(t.Runtime().Bytes(buf))
}

func integerBits(f float64) uint64 {
	if f >= 1<<63 {
		return uint64(f)
	}
	return uint64(vm.Integer(f))
}

// littleEndian writes size bytes; beyond 64 bits they are zero, as in the original.
func littleEndian(n uint64, size int) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(n)
		n >>= 8
	}
	return b
}

func structUnpack(t *vm.Thread, args []vm.Value) []vm.Value {
	l := newLayout(t, args)
	data := t.Str(args, 1)
	start := t.OptInt(args, 2, 1)
	if start <= 0 {
		t.ArgError(2, "offset must be 1 or greater")
	}
	pos := int(min(start-1, math.MaxInt32*4))
	rs := t.Return()
	need := func(size int) {
		if size > len(data) || pos > len(data)-size {
			t.ArgError(1, "data string too short")
		}
	}
	for l.more() {
		option, size := l.next()
		pos += l.padding(pos, option, size)
		need(size)
		switch option {
		case 'b', 'B', 'h', 'H', 'l', 'L', 'T', 'i', 'I':
			rs = append(rs, vm.Number(l.integer(data[pos:pos+size], option >= 'a')))
		case 'x':
		case 'f':
			bits := uint32(fromLittle(l.ordered([]byte(data[pos : pos+4]))))
			rs = append(rs, vm.Number(float64(math.Float32frombits(bits))))
		case 'd':
			rs = append(rs, vm.Number(math.Float64frombits(fromLittle(l.ordered([]byte(data[pos:pos+8]))))))
		case 'c':
			if size == 0 {
				if len(rs) == 0 || !isNumeric(rs[len(rs)-1]) {
					t.Errorf("format 'c0' needs a previous size")
				}
				f, _ := rs[len(rs)-1].ToNumber()
				size = int(min(uint64(vm.Integer(f)), math.MaxInt32))
				rs = rs[:len(rs)-1]
				need(size)
			}
			rs = append(rs, t.Runtime().String(data[pos:pos+size]))
		case 's':
			end := -1
			if pos <= len(data) {
				end = strings.IndexByte(data[pos:], 0)
			}
			if end < 0 {
				t.Errorf("unfinished string in data")
			}
			rs = append(rs, t.Runtime().String(data[pos:pos+end]))
			size = end + 1
		default:
			l.control(option)
		}
		pos += size
		if len(rs) > stdlib.MaxResults {
			t.Errorf("stack overflow (too many results)")
		}
	}
	return t.Return(append(rs, vm.Number(float64(pos+1)))...)
}

func isNumeric(v vm.Value) bool { _, ok := v.ToNumber(); return ok }

// integer reads what struct calls an integer: of more than 64 bits the lower ones count.
func (l *layout) integer(s string, signed bool) float64 {
	b := l.ordered([]byte(s))
	n := fromLittle(b)
	if !signed {
		return float64(n)
	}
	if unused := 64 - 8*len(b); unused > 0 {
		return float64(int64(n<<unused) >> unused)
	}
	return float64(int64(n))
}

func fromLittle(b []byte) uint64 {
	var n uint64
	for i := min(len(b), 8) - 1; i >= 0; i-- {
		n = n<<8 | uint64(b[i])
	}
	return n
}

func structSize(t *vm.Thread, args []vm.Value) []vm.Value {
	l := newLayout(t, args)
	pos := 0
	for l.more() {
		option, size := l.next()
		pos += l.padding(pos, option, size)
		switch {
		case option == 's':
			t.ArgError(0, "option 's' has no fixed size")
		case option == 'c' && size == 0:
			t.ArgError(0, "option 'c0' has no fixed size")
		case stdlib.Digit(option) >= 36:
			l.control(option)
		}
		pos += size
	}
	return t.Return(vm.Number(float64(pos)))
}
