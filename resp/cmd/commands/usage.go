package commands

import (
	"slices"
	"strings"

	"larder/resp/cmd"
)

// Argument is a command's argument as COMMAND DOCS describes it, read from the row's Usage.
// Rows write the usage once, as the manual prints it; this is the reverse of what redis.io
// does to print it.
type Argument struct {
	Name          string
	Type          string // "key", "string", "integer", "pure-token", "oneof", "block", ...
	Token         string // the word that introduces it
	Optional      bool
	Multiple      bool
	MultipleToken bool // each repetition brings the token again
	KeySpec       int  // for type "key": which of the row's key specs it belongs to
	Parts         []Argument
}

// Arguments reads a row's usage: words in capitals are tokens, [x] is optional,
// <a | b> a choice, and "x [x ...]" a repeated argument.
func Arguments(spec *cmd.Spec) []Argument {
	p := &usageParser{words: usageWords(spec.Usage), spec: spec}
	return nameSides(p.sequence(""))
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
	spec  *cmd.Spec
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
		if p.peek() == "[" {
			if inner, repeated := p.repeats(len(args) > 0); repeated {
				args = p.multiply(args, inner)
				continue
			}
		}
		args = append(args, p.argument())
	}
	return args
}

// repeats consumes "[x y ...]" if it says that the arguments before it may come again, and
// returns the words between the bracket and the dots.
func (p *usageParser) repeats(behindSome bool) (inner []string, found bool) {
	depth := 0
	for i, w := range p.words {
		switch w {
		case "[":
			depth++
		case "]":
			depth--
		case "...":
			if depth == 1 && behindSome && i+1 < len(p.words) && p.words[i+1] == "]" {
				inner, p.words = p.words[1:i], p.words[i+2:]
				return inner, true
			}
		}
		if depth == 0 {
			break
		}
	}
	return nil, false
}

// multiply marks the arguments that inner repeats; several of them become a block.
func (p *usageParser) multiply(args []Argument, inner []string) []Argument {
	again := &usageParser{words: inner, spec: p.spec}
	n := min(max(len(again.sequence("")), 1), len(args))
	first := len(args) - n
	if n > 1 {
		args = append(args[:first], Argument{Name: "data", Type: "block", Parts: slices.Clone(args[first:])})
	}
	last := &args[first]
	last.Multiple = true
	last.MultipleToken = last.Token != "" && len(inner) > 0 && isToken(inner[0])
	return args
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
		options = append(options, p.block(p.sequence(closer)))
		if p.next() != "|" {
			break
		}
	}
	if len(options) == 1 {
		return options[0]
	}
	return Argument{Name: choiceName(options[0]), Type: "oneof", Parts: options}
}

// choiceName is the name the manual gives to a choice that begins with an option.
func choiceName(first Argument) string {
	switch first.Token {
	case "NX":
		return "condition"
	case "GT":
		return "comparison"
	case "EX":
		return "expiration"
	case "BYSCORE":
		return "sortby"
	case "BEFORE", "LEFT", "MIN":
		return "where"
	case "ASYNC":
		return "flush-type"
	case "ON":
		return "enabled"
	}
	return strings.ToLower(first.Name)
}

// nameSides tells the two ends of LMOVE apart.
func nameSides(args []Argument) []Argument {
	var sides []*Argument
	for i := range args {
		if args[i].Name == "where" {
			sides = append(sides, &args[i])
		}
	}
	if len(sides) == 2 {
		sides[0].Name, sides[1].Name = "wherefrom", "whereto"
	}
	return args
}

// block joins a sequence to one argument.
func (p *usageParser) block(args []Argument) Argument {
	switch len(args) {
	case 0:
		return Argument{Name: "argument", Type: "string"}
	case 1:
		return args[0]
	}
	name := strings.ToLower(args[0].Name)
	if p.spec.Block != "" {
		name = p.spec.Block
	}
	return Argument{Name: name, Type: "block", Parts: args}
}

// word reads a token, alone or with what it introduces, or a plain name.
func (p *usageParser) word(w string) Argument {
	if !isToken(w) {
		return p.named(w)
	}
	name := strings.ToLower(w)
	if p.peek() == "<" {
		p.next()
		a := p.choice(">")
		a.Token, a.Name = w, name
		return a
	}
	var values []Argument
	for f := p.peek(); f != "" && !strings.ContainsAny(f, "[]<>|") && !isToken(f); f = p.peek() {
		values = append(values, p.named(p.next()))
	}
	switch len(values) {
	case 0:
		return Argument{Name: tokenName(w), Type: "pure-token", Token: w}
	case 1:
		values[0].Token = w
		return values[0]
	}
	return Argument{Name: name, Type: "block", Token: w, Parts: values}
}

func tokenName(w string) string {
	switch w {
	case "CH":
		return "change"
	case "INCR":
		return "increment"
	}
	return strings.ToLower(w)
}

func isToken(w string) bool {
	return strings.ToUpper(w) == w && strings.ContainsAny(w, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
}

func (p *usageParser) named(name string) Argument {
	a := Argument{Name: name, Type: typeOf(p.spec, name)}
	if a.Type != "key" {
		return a
	}
	if len(p.spec.Keys) == 0 {
		a.Type = "string"
		return a
	}
	a.KeySpec = min(p.keys, len(p.spec.Keys)-1)
	p.keys++
	return a
}

// typeOf is the type that a name has in the manual.
func typeOf(spec *cmd.Spec, name string) string {
	if own := spec.Types[name]; own != "" {
		return own
	}
	switch name {
	case "key", "source", "destination", "newkey", "key1", "key2", "dst", "src":
		return "key"
	case "count", "index", "start", "stop", "end", "offset", "numkeys", "seconds", "milliseconds", "increment",
		"decrement",
		"cursor", "len", "rank", "num-matches", "limit", "destination-db", "index1", "index2", "db", "min-match-len",
		"client-id", "protover", "version", "port", "weight", "slot", "start-slot", "end-slot", "config-epoch",
		"cluster-bus-port":
		return "integer"
	case "score", "timeout":
		return "double"
	case "pattern":
		return "pattern"
	case "unix-time-seconds", "unix-time-milliseconds":
		return "unix-time"
	}
	return "string"
}
