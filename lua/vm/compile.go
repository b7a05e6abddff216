package vm

import "larder/lua/syntax"

// Proto is a function compiled: Go closures that touch nothing but the frame they are given.
// It never changes, so all goroutines share it.
type Proto struct {
	source   string
	line     int
	params   int
	slots    int
	weight   int
	vararg   bool
	arg      *syntax.Local
	captured []int // slots of captured parameters
	upvalues []syntax.Upvalue
	body     stmt
}

type (
	eval  func(*Frame) Value
	multi func(*Frame) []Value // valid until the next call
	test  func(*Frame) bool
	stmt  func(*Frame) signal
)

// signal is how a statement ended.
type signal uint8

const (
	sigNone signal = iota
	sigBreak
	sigReturn // the values are in Thread.ret
	sigTail   // Thread.tail is to be called with Thread.ret
)

// Compile reads and compiles a chunk; see syntax.Parse. The error is a *syntax.Error.
func Compile(text, name string) (*Proto, error) {
	f, err := syntax.Parse(text, name)
	if err != nil {
		return nil, err
	}
	return compile(f), nil
}

func compile(f *syntax.Function) *Proto {
	p := &Proto{
		source: f.Source, line: f.Line, params: len(f.Params), slots: f.Slots, weight: 8 + f.Depth,
		vararg: f.Vararg, arg: f.Arg, upvalues: f.Upvalues,
	}
	for _, l := range f.Params {
		if l.Captured {
			p.captured = append(p.captured, l.Slot)
		}
	}
	if f.Arg != nil && f.Arg.Captured {
		p.captured = append(p.captured, f.Arg.Slot)
	}
	p.body = block(f.Body)
	return p
}

func block(body []syntax.Stmt) stmt {
	stmts := make([]stmt, len(body))
	for i, s := range body {
		stmts[i] = statement(s)
	}
	switch len(stmts) {
	case 0:
		return func(*Frame) signal { return sigNone }
	case 1:
		return stmts[0]
	}
	return func(f *Frame) signal {
		for _, s := range stmts {
			if sig := s(f); sig != sigNone {
				return sig
			}
		}
		return sigNone
	}
}

// site tells how messages name the value of an expression; nil if they do not.
func site(e syntax.Expr) *Site {
	switch x := e.(type) {
	case *syntax.LocalRef:
		return &Site{"local", x.Local.Name}
	case *syntax.UpvalueRef:
		return &Site{"upvalue", x.Name}
	case *syntax.Global:
		return &Site{"global", x.Name}
	case *syntax.Index:
		if s, ok := x.Key.(*syntax.String); ok {
			return &Site{"field", s.Value}
		}
		return &Site{"field", "?"}
	case *syntax.Paren:
		return site(x.X)
	}
	return nil
}
