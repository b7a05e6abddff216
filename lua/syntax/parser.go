package syntax

import "fmt"

// parser reads one chunk by recursive descent, as the reference implementation does, so that
// it stops at the same token with the same words.
type parser struct {
	lex    *lexer
	fn     *function
	levels int
}

// Parse reads a chunk. name is as in luaL_loadbuffer: "@user_script" shows as user_script,
// "=x" as x, and anything else as [string "..."]. The error is an *Error.
func Parse(text, name string) (f *Function, err error) {
	defer func() {
		if r := recover(); r != nil {
			e, ours := r.(*Error)
			if !ours {
				panic(r)
			}
			f, err = nil, e
		}
	}()
	p := &parser{lex: newLexer(text, Shown(name))}
	p.open(&Function{Source: name, Vararg: true})
	p.lex.next()
	p.fn.enter(false)
	p.fn.out.Body = p.block()
	p.expect(tEOS)
	return p.close(), nil
}

const shownMax = 60

// Shown is how messages show a chunk's name.
func Shown(name string) string {
	if name == "" {
		return `[string ""]`
	}
	switch name[0] {
	case '=':
		return clip(name[1:], shownMax-1)
	case '@':
		name = name[1:]
		if room := shownMax - 8; len(name) > room {
			name = "..." + name[len(name)-room:]
		}
		return name
	}
	line := name
	for i := range len(name) {
		if name[i] == '\n' || name[i] == '\r' {
			line = name[:i]
			break
		}
	}
	room := shownMax - len(`[string "..."]`) - 3
	if len(line) > room || len(line) < len(name) {
		return `[string "` + clip(line, room) + `..."]`
	}
	return `[string "` + line + `"]`
}

func clip(s string, n int) string { return s[:min(n, len(s))] }

func (p *parser) at(t token) bool { return p.lex.now.token == t }

func (p *parser) accept(t token) bool {
	if !p.at(t) {
		return false
	}
	p.lex.next()
	return true
}

func (p *parser) fail(message string) { p.lex.fail(message, p.lex.now.token) }

func (p *parser) expect(t token) {
	if !p.at(t) {
		p.fail(fmt.Sprintf("'%s' expected", t))
	}
}

func (p *parser) consume(t token) {
	p.expect(t)
	p.lex.next()
}

// match is consume for what closes an opening token at line.
func (p *parser) match(closing, opening token, line int) {
	if p.accept(closing) {
		return
	}
	if line == p.lex.line {
		p.expect(closing)
	}
	p.fail(fmt.Sprintf("'%s' expected (to close '%s' at line %d)", closing, opening, line))
}

func (p *parser) name() string {
	p.expect(tName)
	name := p.lex.now.text
	p.lex.next()
	return name
}

// ends reports whether the token closes a block.
func (p *parser) ends() bool {
	switch p.lex.now.token {
	case tElse, tElseif, tEnd, tEOS, tUntil:
		return true
	}
	return false
}

// block reads statements; the scope is the caller's.
func (p *parser) block() []Stmt {
	var body []Stmt
	p.deeper()
	for last := false; !last && !p.ends(); {
		var s Stmt
		s, last = p.statement()
		body = append(body, s)
		p.accept(';')
	}
	p.shallower()
	return body
}

func (p *parser) scoped(loop bool) []Stmt {
	p.fn.enter(loop)
	body := p.block()
	p.fn.leave()
	return body
}
