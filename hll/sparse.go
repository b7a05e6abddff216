package hll

import "slices"

// A sparse sketch is a list of runs. 00nnnnnn is n+1 registers that are zero, 01nnnnnn nnnnnnnn the same of up to
// 16384, 1vvvvvnn n+1 registers of value v+1. Which of the equal forms stands there is Redis's choice: content is
// compared.
const (
	zeroMax    = 1 << 6
	valueRun   = 4  // the longest run of a value
	valueMax   = 32 // the largest value that fits
	valueMark  = 0x80
	xZeroMark  = 0x40
	mergeSteps = 5
)

// op is a run, and the bytes it takes.
type op struct {
	value uint8
	run   int
	size  int
}

// opAt reads the run at p. One that the end cuts goes on with zeros.
func (s *Sketch) opAt(p int) op {
	b := s.b[p]
	switch {
	case b&valueMark != 0:
		return op{value: b>>2&0x1f + 1, run: int(b&3) + 1, size: 1}
	case b&xZeroMark == 0:
		return op{run: int(b) + 1, size: 1}
	}
	run := int(b&0x3f) << 8
	if p+1 < len(s.b) {
		run |= int(s.b[p+1])
	}
	return op{run: run + 1, size: 2}
}

func putXZero(b []byte, run int) { b[0], b[1] = xZeroMark|byte((run-1)>>8), byte(run-1) }

func valueOp(value uint8, run int) byte { return valueMark | (value-1)<<2 | byte(run-1) }

// appendRun writes a run of any value.
func appendRun(b []byte, value uint8, run int) []byte {
	switch {
	case run == 0:
		return b
	case value > 0:
		return append(b, valueOp(value, run))
	case run > zeroMax:
		b = append(b, 0, 0)
		putXZero(b[len(b)-2:], run)
		return b
	}
	return append(b, byte(run-1))
}

// raiseSparse finds the run that holds the register and splits it. If the value or the content gets too large the
// sketch becomes dense.
func (s *Sketch) raiseSparse(index int, value uint8) (changed, ok bool) {
	if value > valueMax {
		return s.raiseAsDense(index, value)
	}
	prev, p, first := header, header, 0
	var held op
	for {
		if p >= len(s.b) {
			return false, false
		}
		if held = s.opAt(p); index < first+held.run {
			break
		}
		prev, p, first = p, p+held.size, first+held.run
	}
	if held.value >= value {
		return false, true
	}
	if held.run == 1 && held.size == 1 {
		s.b[p] = valueOp(value, 1)
	} else if !s.split(p, held, index-first, value) {
		return s.raiseAsDense(index, value)
	}
	s.join(prev)
	s.Forget()
	return true, true
}

// split puts a register of its own into a run; false if the content would be too long.
func (s *Sketch) split(p int, held op, before int, value uint8) bool {
	var room [5]byte
	put := appendRun(room[:0], held.value, before)
	put = append(put, valueOp(value, 1))
	put = appendRun(put, held.value, held.run-before-1)
	end := min(p+held.size, len(s.b))
	if more := len(put) - held.size; more > 0 && len(s.b)+more > s.sparseMax {
		return false
	}
	s.b = slices.Replace(s.b, p, end, put...)
	return true
}

// join makes one run of neighbours of the same value, in a few runs from p on.
func (s *Sketch) join(p int) {
	for steps := mergeSteps; p < len(s.b) && steps > 0; steps-- {
		a := s.opAt(p)
		if a.value > 0 && p+1 < len(s.b) && s.b[p+1]&valueMark != 0 {
			b := s.opAt(p + 1)
			if a.value == b.value && a.run+b.run <= valueRun {
				s.b[p+1] = valueOp(a.value, a.run+b.run)
				s.b = append(s.b[:p], s.b[p+1:]...)
				continue
			}
		}
		p += a.size
	}
}

func (s *Sketch) raiseAsDense(index int, value uint8) (changed, ok bool) {
	if !s.Widen() {
		return false, false
	}
	return s.raiseDense(index, value), true
}

// Widen makes a sparse sketch dense; false if it is damaged.
func (s *Sketch) Widen() bool {
	if s.Dense() {
		return true
	}
	wide := &Sketch{make([]byte, denseLen), s.sparseMax}
	copy(wide.b, s.b[:header])
	wide.b[formAt] = dense
	if !s.each(func(from, run int, value uint8) {
		for i := from; value > 0 && i < from+run; i++ {
			wide.raiseDense(i, value)
		}
	}) {
		return false
	}
	s.b = wide.b
	return true
}

// Describe lists the runs of a sparse sketch as PFDEBUG DECODE does: z and Z for zeros, v for values.
func (s *Sketch) Describe() []byte {
	var text []byte
	for p := header; p < len(s.b); {
		o := s.opAt(p)
		text = o.appendTo(text)
		p += o.size
	}
	return text[:max(len(text)-1, 0)]
}
