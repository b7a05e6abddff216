package syntax

// statement reads one; last says that nothing may follow it in its block.
func (p *parser) statement() (s Stmt, last bool) {
	line := p.lex.line
	switch p.lex.now.token {
	case tIf:
		return p.ifStatement(line), false
	case tWhile:
		p.lex.next()
		cond := p.expr()
		p.consume(tDo)
		body := p.scoped(true)
		p.match(tEnd, tWhile, line)
		return &While{Cond: cond, Body: body}, false
	case tDo:
		p.lex.next()
		body := p.scoped(false)
		p.match(tEnd, tDo, line)
		return &Do{Body: body}, false
	case tFor:
		return p.forStatement(line), false
	case tRepeat:
		return p.repeatStatement(line), false
	case tFunction:
		return p.functionStatement(line), false
	case tLocal:
		p.lex.next()
		if p.accept(tFunction) {
			return p.localFunction(), false
		}
		return p.localStatement(), false
	case tReturn:
		return p.returnStatement(), true
	case tBreak:
		p.lex.next()
		if !p.fn.inLoop() {
			p.fail("no loop to break")
		}
		return &Break{}, true
	}
	return p.exprStatement(), false
}

func (p *parser) ifStatement(line int) Stmt {
	s := &If{}
	for more := true; more; more = p.at(tElseif) {
		p.lex.next()
		s.Conds = append(s.Conds, p.expr())
		p.consume(tThen)
		s.Blocks = append(s.Blocks, p.scoped(false))
	}
	if p.accept(tElse) {
		s.Blocks = append(s.Blocks, p.scoped(false))
	}
	p.match(tEnd, tIf, line)
	return s
}

func (p *parser) repeatStatement(line int) Stmt {
	p.lex.next()
	p.fn.enter(true)
	p.fn.enter(false)
	body := p.block()
	p.match(tUntil, tRepeat, line)
	cond := p.expr() // sees the body's locals
	p.fn.leave()
	p.fn.leave()
	return &Repeat{Body: body, Cond: cond}
}

func (p *parser) forStatement(line int) Stmt {
	p.fn.enter(true)
	p.lex.next()
	name := p.name()
	var s Stmt
	switch p.lex.now.token {
	case '=':
		s = p.numericFor(name, line)
	case ',', tIn:
		s = p.genericFor(name)
	default:
		p.fail("'=' or 'in' expected")
	}
	p.match(tEnd, tFor, line)
	p.fn.leave()
	return s
}

func (p *parser) numericFor(name string, line int) Stmt {
	s := &NumericFor{Var: p.declared(name, 3), Line: line}
	p.lex.next()
	s.Start = p.expr()
	p.consume(',')
	s.Limit = p.expr()
	if p.accept(',') {
		s.Step = p.expr()
	}
	p.consume(tDo)
	p.fn.enter(false)
	p.fn.activate(s.Var)
	s.Body = p.block()
	p.fn.leave()
	return s
}

func (p *parser) genericFor(name string) Stmt {
	s := &GenericFor{Vars: []*Local{p.declared(name, 3)}}
	for p.accept(',') {
		s.Vars = append(s.Vars, p.declared(p.name(), 3+len(s.Vars)))
	}
	p.consume(tIn)
	s.Line = p.lex.line
	s.Values = p.exprs()
	p.consume(tDo)
	p.fn.enter(false)
	p.fn.activate(s.Vars...)
	s.Body = p.block()
	p.fn.leave()
	return s
}

func (p *parser) functionStatement(line int) Stmt {
	p.lex.next()
	name := p.lex.line
	target := p.resolve(p.name(), name)
	method := false
	for p.at('.') || p.at(':') {
		method = p.at(':')
		p.lex.next()
		key := &String{Value: p.name()}
		target = &Index{Object: target, Key: key, Line: line}
		if method {
			break
		}
	}
	body := p.function(method, line)
	return &Assign{Targets: []Expr{target}, Values: []Expr{&Lambda{Func: body}}, Line: line}
}

func (p *parser) localFunction() Stmt {
	l := p.declared(p.name(), 0)
	p.fn.activate(l)
	return &LocalFunction{Local: l, Func: p.function(false, p.lex.line)}
}

func (p *parser) localStatement() Stmt {
	s := &Declare{}
	for more := true; more; more = p.accept(',') {
		s.Locals = append(s.Locals, p.declared(p.name(), len(s.Locals)))
	}
	if p.accept('=') {
		s.Values = p.exprs()
	}
	p.fn.activate(s.Locals...)
	return s
}

func (p *parser) returnStatement() Stmt {
	p.lex.next()
	s := &Return{Line: p.lex.last}
	if !p.ends() && !p.at(';') {
		s.Values = p.exprs()
	}
	return s
}

func (p *parser) exprStatement() Stmt {
	first := p.primary()
	if call, ok := first.(*Call); ok {
		return &CallStmt{Call: call}
	}
	s := &Assign{Targets: []Expr{first}}
	for p.checkTarget(first); p.accept(','); {
		p.deeper()
		next := p.primary()
		p.checkTarget(next)
		s.Targets = append(s.Targets, next)
	}
	for range s.Targets[1:] {
		p.shallower()
	}
	p.consume('=')
	s.Values = p.exprs()
	s.Line = p.lex.last
	return s
}

// checkTarget refuses what cannot be assigned to.
func (p *parser) checkTarget(e Expr) {
	switch e.(type) {
	case *LocalRef, *UpvalueRef, *Global, *Index:
		return
	}
	p.fail("syntax error")
}
