package commands

import (
	"strings"

	"larder/resp/cmd"
)

// Argument is a command's argument as COMMAND DOCS describes it, read from the row's Usage.
// Rows write the usage once, as the manual prints it; this is the reverse of what redis.io
// does to print it.
type Argument struct {
	Name     string
	Type     string // "key", "string", "integer", "pure-token", "oneof", "block", ...
	Token    string // the word that introduces it
	Optional bool
	Multiple bool
	KeySpec  int // for type "key": which of the row's key specs it belongs to
	Parts    []Argument
}

// Arguments reads a row's usage: words in capitals are tokens, [x] is optional,
// <a | b> a choice, and "x [x ...]" a repeated argument.
func Arguments(spec *cmd.Spec) []Argument {
	p := &usageParser{words: usageWords(spec.Usage), specs: len(spec.Keys)}
	return p.sequence("")
}

// usageWords splits at spaces and around the brackets and bars.
func usageWords(usage string) []string {
	for _, mark := range []string{"[", "]", "<", ">", "|"} {
		usage = strings.ReplaceAll(usage, mark, " "+mark+" ")
	}
	return strings.Fields(usage)
}

// usageParser reads words from left to right; for one call of Arguments.
type usageParser struct {
	words []string
	keys  int // arguments of type key so far
	specs int
}

func (p *usageParser) peek() string {
	if len(p.words) == 0 {
		return ""
	}
	return p.words[0]
}

func (p *usageParser) next() string {
	w := p.peek()
	if w != "" {
		p.words = p.words[1:]
	}
	return w
}

// sequence reads arguments until closer, "|" or the end.
func (p *usageParser) sequence(closer string) []Argument {
	var args []Argument
	for p.peek() != "" && p.peek() != closer && p.peek() != "|" {
		if p.peek() == "[" && p.repeats(args) {
			args[len(args)-1].Multiple = true
			continue
		}
		args = append(args, p.argument())
	}
	return args
}

// repeats consumes "[x y ...]" if it says that the arguments before it may come again.
func (p *usageParser) repeats(before []Argument) bool {
	depth := 0
	for i, w := range p.words {
		switch w {
		case "[":
			depth++
		case "]":
			depth--
		case "...":
			if depth == 1 && len(before) > 0 && i+1 < len(p.words) && p.words[i+1] == "]" {
				p.words = p.words[i+2:]
				return true
			}
		}
		if depth == 0 {
			break
		}
	}
	return false
}

func (p *usageParser) argument() Argument {
	switch w := p.next(); w {
	case "[":
		a := p.choice("]")
		a.Optional = true
		return a
	case "<":
		return p.choice(">")
	default:
		return p.word(w)
	}
}

// choice reads alternatives up to the closing bracket; a single one is just itself.
func (p *usageParser) choice(closer string) Argument {
	var options []Argument
	for {
		options = append(options, block(p.sequence(closer)))
		if p.next() != "|" {
			break
		}
	}
	if len(options) == 1 {
		return options[0]
	}
	return Argument{Name: strings.ToLower(options[0].Name), Type: "oneof", Parts: options}
}

// block joins a sequence to one argument.
func block(args []Argument) Argument {
	switch len(args) {
	case 0:
		return Argument{Name: "argument", Type: "string"}
	case 1:
		return args[0]
	}
	return Argument{Name: strings.ToLower(args[0].Name), Type: "block", Parts: args}
}

// word reads a token, alone or with the value it introduces, or a plain name.
func (p *usageParser) word(w string) Argument {
	if !isToken(w) {
		return p.named(w)
	}
	follower := p.peek()
	if follower == "" || strings.ContainsAny(follower, "[]<>|") || isToken(follower) {
		return Argument{Name: strings.ToLower(w), Type: "pure-token", Token: w}
	}
	a := p.named(p.next())
	a.Token = w
	return a
}

func isToken(w string) bool {
	return strings.ToUpper(w) == w && strings.ContainsAny(w, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
}

func (p *usageParser) named(name string) Argument {
	a := Argument{Name: name, Type: typeOf(name)}
	if a.Type != "key" {
		return a
	}
	if p.specs == 0 {
		a.Type = "string"
		return a
	}
	a.KeySpec = min(p.keys, p.specs-1)
	p.keys++
	return a
}

func typeOf(name string) string {
	switch name {
	case "key", "source", "destination", "newkey", "key1", "key2":
		return "key"
	case "count", "index", "start", "stop", "end", "offset", "numkeys", "seconds", "milliseconds", "increment", "decrement",
		"cursor", "len", "rank", "num-matches", "limit", "destination-db", "index1", "index2", "db", "min-match-len":
		return "integer"
	case "score", "weight", "timeout":
		return "double"
	case "pattern":
		return "pattern"
	case "unix-time-seconds", "unix-time-milliseconds":
		return "unix-time"
	}
	return "string"
}
