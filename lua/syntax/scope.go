package syntax

import "fmt"

const (
	maxLocals   = 200
	maxUpvalues = 60
	maxLevels   = 200
)

// function is one function being parsed.
type function struct {
	out    *Function
	parent *function
	active []*Local
	blocks []block
	level  int // nesting now
}

type block struct {
	locals int // active at its start
	loop   bool
}

func (p *parser) open(f *Function) {
	p.fn = &function{out: f, parent: p.fn}
}

func (p *parser) close() *Function {
	f := p.fn.out
	p.fn = p.fn.parent
	return f
}

func (f *function) enter(loop bool) {
	f.blocks = append(f.blocks, block{locals: len(f.active), loop: loop})
}

func (f *function) leave() {
	b := f.blocks[len(f.blocks)-1]
	f.blocks = f.blocks[:len(f.blocks)-1]
	f.active = f.active[:b.locals]
}

func (f *function) inLoop() bool {
	for _, b := range f.blocks {
		if b.loop {
			return true
		}
	}
	return false
}

// declared makes a local that activate brings into scope; Lua counts it against the limit
// at once.
func (p *parser) declared(name string, waiting int) *Local {
	p.limit(p.fn, len(p.fn.active)+waiting+1, maxLocals, "local variables")
	return &Local{Name: name}
}

func (f *function) activate(locals ...*Local) {
	for _, l := range locals {
		l.Slot = len(f.active)
		f.active = append(f.active, l)
		f.out.Slots = max(f.out.Slots, len(f.active))
	}
}

// limit fails when function f, which need not be the innermost, has too much of something.
func (p *parser) limit(f *function, n, limit int, what string) {
	if n <= limit {
		return
	}
	if f.out.Line == 0 {
		p.lex.fail(fmt.Sprintf("main function has more than %d %s", limit, what), 0)
	}
	p.lex.fail(fmt.Sprintf("function at line %d has more than %d %s", f.out.Line, limit, what), 0)
}

// resolve finds the variable that a name means here.
func (p *parser) resolve(name string, line int) Expr {
	if l := p.fn.local(name); l != nil {
		return &LocalRef{Local: l}
	}
	if i := p.upvalue(p.fn, name); i >= 0 {
		return &UpvalueRef{Name: name, Index: i}
	}
	return &Global{Name: name, Line: line}
}

func (f *function) local(name string) *Local {
	for i := len(f.active) - 1; i >= 0; i-- {
		if f.active[i].Name == name {
			return f.active[i]
		}
	}
	return nil
}

func (p *parser) upvalue(f *function, name string) int {
	for i, u := range f.out.Upvalues {
		if u.Name == name {
			return i
		}
	}
	if f.parent == nil {
		return -1
	}
	u := Upvalue{Name: name}
	if l := f.parent.local(name); l != nil {
		l.Captured = true
		u.Local = l
	} else if u.Parent = p.upvalue(f.parent, name); u.Parent < 0 {
		return -1
	}
	p.limit(f, len(f.out.Upvalues)+1, maxUpvalues, "upvalues")
	f.out.Upvalues = append(f.out.Upvalues, u)
	return len(f.out.Upvalues) - 1
}

func (p *parser) deeper() {
	p.levels++
	if p.levels > maxLevels {
		p.lex.fail("chunk has too many syntax levels", 0)
	}
	p.fn.level++
	p.fn.out.Depth = max(p.fn.out.Depth, p.fn.level)
}

func (p *parser) shallower() {
	p.levels--
	p.fn.level--
}

// maxChain bounds what nests on the left without nesting in the text: a+b+c, a.b.c, f()().
const maxChain = 50_000

// chained notes that the expression at hand is a tree n deep.
func (p *parser) chained(n int) {
	if n > maxChain {
		p.lex.fail("function or expression too complex", 0)
	}
	p.fn.out.Depth = max(p.fn.out.Depth, p.fn.level+n)
}
