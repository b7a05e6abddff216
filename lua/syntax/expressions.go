package syntax

// precedence of the binary operators, left and right: right below left binds to the right.
var precedence = [...]struct{ left, right int }{
	Add: {6, 6}, Sub: {6, 6}, Mul: {7, 7}, Div: {7, 7}, Mod: {7, 7},
	Pow: {10, 9}, Concat: {5, 4},
	Ne: {3, 3}, Eq: {3, 3}, Lt: {3, 3}, Le: {3, 3}, Gt: {3, 3}, Ge: {3, 3},
	And: {2, 2}, Or: {1, 1},
}

const unaryPrecedence = 8

func binaryOp(t token) (Op, bool) {
	switch t {
	case '+':
		return Add, true
	case '-':
		return Sub, true
	case '*':
		return Mul, true
	case '/':
		return Div, true
	case '%':
		return Mod, true
	case '^':
		return Pow, true
	case tConcat:
		return Concat, true
	case tNe:
		return Ne, true
	case tEq:
		return Eq, true
	case '<':
		return Lt, true
	case tLe:
		return Le, true
	case '>':
		return Gt, true
	case tGe:
		return Ge, true
	case tAnd:
		return And, true
	case tOr:
		return Or, true
	}
	return 0, false
}

func (p *parser) expr() Expr { return p.subExpr(0) }

func (p *parser) exprs() []Expr {
	list := []Expr{p.expr()}
	for p.accept(',') {
		list = append(list, p.expr())
	}
	return list
}

// subExpr reads operators that bind tighter than limit.
func (p *parser) subExpr(limit int) Expr {
	p.deeper()
	chain := 0
	e := p.unary()
	for {
		op, ok := binaryOp(p.lex.now.token)
		if !ok || precedence[op].left <= limit {
			break
		}
		p.lex.next()
		right := p.subExpr(precedence[op].right)
		e = &Binary{Op: op, Left: e, Right: right, Line: p.lex.last}
		chain++
		p.chained(chain)
	}
	p.shallower()
	return e
}

func (p *parser) unary() Expr {
	var op Op
	switch p.lex.now.token {
	case tNot:
		op = Not
	case '-':
		op = Minus
	case '#':
		op = Len
	default:
		return p.simple()
	}
	p.lex.next()
	x := p.subExpr(unaryPrecedence)
	return &Unary{Op: op, X: x, Line: p.lex.last}
}

func (p *parser) simple() Expr {
	var e Expr
	switch p.lex.now.token {
	case tNumber:
		e = &Number{Value: p.lex.now.num}
	case tString:
		e = &String{Value: p.lex.now.text}
	case tNil:
		e = &Nil{}
	case tTrue:
		e = &True{}
	case tFalse:
		e = &False{}
	case tDots:
		if !p.fn.out.Vararg {
			p.fail("cannot use '...' outside a vararg function")
		}
		p.fn.out.Arg = nil
		e = &Vararg{}
	case '{':
		return p.table()
	case tFunction:
		line := p.lex.line
		p.lex.next()
		return &Lambda{Func: p.function(false, line)}
	default:
		return p.primary()
	}
	p.lex.next()
	return e
}

func (p *parser) primary() Expr {
	e := p.prefix()
	chain := 0
	for {
		switch p.lex.now.token {
		case '.':
			p.lex.next()
			key := &String{Value: p.name()}
			e = &Index{Object: e, Key: key, Line: p.lex.last}
		case '[':
			p.lex.next()
			key := p.expr()
			p.consume(']')
			e = &Index{Object: e, Key: key, Line: p.lex.last}
		case ':':
			p.lex.next()
			method := p.name()
			line := p.lex.line
			e = &Call{Func: e, Method: method, Args: p.args(), Line: line}
		case '(', tString, '{':
			line := p.lex.line
			e = &Call{Func: e, Args: p.args(), Line: line}
		default:
			return e
		}
		chain++
		p.chained(chain)
	}
}

func (p *parser) prefix() Expr {
	line := p.lex.line
	switch p.lex.now.token {
	case '(':
		p.lex.next()
		e := p.expr()
		p.match(')', '(', line)
		switch e.(type) {
		case *Call, *Vararg:
			return &Paren{X: e}
		case *LocalRef, *UpvalueRef, *Global, *Index:
			return &Paren{X: e} // it can no longer be assigned to
		}
		return e
	case tName:
		return p.resolve(p.name(), line)
	}
	p.fail("unexpected symbol")
	return nil
}

func (p *parser) args() []Expr {
	line := p.lex.line
	switch p.lex.now.token {
	case '(':
		if line != p.lex.last {
			p.fail("ambiguous syntax (function call x new statement)")
		}
		p.lex.next()
		if p.accept(')') {
			return nil
		}
		list := p.exprs()
		p.match(')', '(', line)
		return list
	case '{':
		return []Expr{p.table()}
	case tString:
		s := &String{Value: p.lex.now.text}
		p.lex.next()
		return []Expr{s}
	}
	p.fail("function arguments expected")
	return nil
}

func (p *parser) table() Expr {
	line := p.lex.line
	t := &Table{Line: line}
	p.consume('{')
	for !p.at('}') {
		p.field(t)
		if !p.accept(',') && !p.accept(';') {
			break
		}
	}
	p.match('}', '{', line)
	return t
}

func (p *parser) field(t *Table) {
	switch {
	case p.at(tName) && p.peek() == '=':
		key := &String{Value: p.name()}
		p.lex.next()
		t.Fields = append(t.Fields, Field{Key: key, Value: p.expr(), Before: len(t.Items), Line: p.lex.last})
	case p.at('['):
		p.lex.next()
		key := p.expr()
		p.consume(']')
		p.consume('=')
		t.Fields = append(t.Fields, Field{Key: key, Value: p.expr(), Before: len(t.Items), Line: p.lex.last})
	default:
		t.Items = append(t.Items, p.expr())
	}
}

func (p *parser) peek() token {
	if p.lex.peeked {
		return p.lex.ahead.token
	}
	return p.lex.peek()
}

// function reads parameters and body behind the word function.
func (p *parser) function(method bool, line int) *Function {
	p.open(&Function{Source: p.fn.out.Source, Line: line})
	p.fn.enter(false)
	f := p.fn.out
	p.consume('(')
	if method {
		f.Params = append(f.Params, p.declared("self", 0))
	}
	p.params(f)
	p.consume(')')
	p.fn.activate(f.Params...)
	if f.Vararg {
		f.Arg = &Local{Name: "arg"}
		p.fn.activate(f.Arg)
	}
	f.Body = p.block()
	p.match(tEnd, tFunction, line)
	p.fn.leave()
	return p.close()
}

func (p *parser) params(f *Function) {
	if p.at(')') {
		return
	}
	for more := true; more; more = p.accept(',') {
		switch p.lex.now.token {
		case tName:
			f.Params = append(f.Params, p.declared(p.name(), len(f.Params)))
		case tDots:
			p.lex.next()
			f.Vararg = true
			return
		default:
			p.fail("<name> or '...' expected")
		}
	}
}
