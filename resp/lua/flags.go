package lua

import (
	"strings"

	"larder/resp/reply"
)

// Flags are what a script or function declares about itself.
type Flags uint8

// The flags of Redis 7. Undeclared marks a script without a shebang line, which is judged by
// what it calls.
const (
	NoWrites Flags = 1 << iota
	AllowOOM
	AllowStale
	NoCluster
	AllowCrossSlot
	Undeclared
)

var flagNames = [...]string{"no-writes", "allow-oom", "allow-stale", "no-cluster", "allow-cross-slot-keys"}

func flagNamed(name string) (Flags, bool) {
	for i, n := range flagNames {
		if n == name {
			return 1 << i, true
		}
	}
	return 0, false
}

// Has reports whether all of g are set.
func (f Flags) Has(g Flags) bool { return f&g == g }

// Grows reports whether Redis refuses all of the script while the data is over its limit. One without
// flags is judged by what it calls.
func (f Flags) Grows() bool { return f&(NoWrites|AllowOOM|Undeclared) == 0 }

// Declared are the flags of a script's first line, Undeclared if it is not one that says what the script is.
func Declared(body string) Flags {
	flags, _, err := shebang(body)
	if err != nil {
		return Undeclared
	}
	return flags
}

// Names lists the flags as FUNCTION LIST does.
func (f Flags) Names() []string {
	var names []string
	for i, n := range flagNames {
		if f&(1<<i) != 0 {
			names = append(names, n)
		}
	}
	return names
}

// shebang reads the first line of an EVAL script: its flags and how many bytes to leave out.
// The line end stays, so that line numbers are right.
func shebang(body string) (flags Flags, skip int, err error) {
	if !strings.HasPrefix(body, "#!") {
		return Undeclared, 0, nil
	}
	end := strings.IndexByte(reply.Quote(body), '\n') // a NUL ends the text in C
	if end < 0 {
		return 0, 0, Fault("ERR Invalid script shebang")
	}
	words, ok := splitArgs(body[:end])
	if !ok || len(words) == 0 {
		return 0, 0, Fault("ERR Invalid engine in script shebang")
	}
	if words[0] != "#!lua" {
		return 0, 0, Fault("ERR Unexpected engine in script shebang: " + words[0])
	}
	for _, w := range words[1:] {
		list, ok := strings.CutPrefix(w, "flags=")
		if !ok {
			return 0, 0, Fault("ERR Unknown lua shebang option: " + w)
		}
		if list == "" {
			continue
		}
		for _, name := range strings.Split(list, ",") {
			f, ok := flagNamed(name)
			if !ok {
				return 0, 0, Fault("ERR Unexpected flag in script shebang: " + name)
			}
			flags |= f
		}
	}
	return flags, end, nil
}

// splitArgs splits a line as redis-cli does: quotes group, backslashes escape in double ones.
func splitArgs(line string) (words []string, ok bool) {
	for {
		line = strings.TrimLeft(line, " \t\n\v\f\r")
		if line == "" {
			return words, true
		}
		word, rest, ok := splitArg(line)
		if !ok {
			return nil, false
		}
		words, line = append(words, word), rest
	}
}

func splitArg(line string) (word, rest string, ok bool) {
	var b []byte
	i := 0
	for i < len(line) && strings.IndexByte(" \t\n\v\f\r\x00", line[i]) < 0 {
		c := line[i]
		if c != '"' && c != '\'' {
			b = append(b, c)
			i++
			continue
		}
		var n int
		if b, n, ok = splitQuoted(b, line[i:]); !ok {
			return "", "", false
		}
		i += n
		if i < len(line) && strings.IndexByte(" \t\n\v\f\r\x00", line[i]) < 0 {
			return "", "", false
		}
	}
	return string(b), strings.TrimPrefix(line[i:], "\x00"), true
}

func splitQuoted(b []byte, s string) (_ []byte, n int, ok bool) {
	quote := s[0]
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == quote:
			return b, i + 1, true
		case c == '\\' && quote == '\'' && i+1 < len(s) && s[i+1] == '\'':
			i++
			b = append(b, '\'')
		case c == '\\' && quote == '"' && i+3 < len(s) && s[i+1] == 'x' && hexDigit(s[i+2]) >= 0 && hexDigit(s[i+3]) >= 0:
			b = append(b, byte(hexDigit(s[i+2])<<4|hexDigit(s[i+3])))
			i += 3
		case c == '\\' && quote == '"' && i+1 < len(s):
			i++
			b = append(b, unescaped(s[i]))
		default:
			b = append(b, c)
		}
	}
	return nil, 0, false
}

func unescaped(c byte) byte {
	const letters, bytes = "nrtba", "\n\r\t\b\a"
	if i := strings.IndexByte(letters, c); i >= 0 {
		return bytes[i]
	}
	return c
}

func hexDigit(c byte) int { return strings.IndexByte("0123456789abcdef", c|0x20) }
