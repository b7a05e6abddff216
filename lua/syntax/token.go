package syntax

import "fmt"

// token is a kind of token: a byte stands for itself, the rest follow.
type token int

const (
	tAnd token = iota + 257
	tBreak
	tDo
	tElse
	tElseif
	tEnd
	tFalse
	tFor
	tFunction
	tIf
	tIn
	tLocal
	tNil
	tNot
	tOr
	tRepeat
	tReturn
	tThen
	tTrue
	tUntil
	tWhile
	tConcat
	tDots
	tEq
	tGe
	tLe
	tNe
	tNumber
	tName
	tString
	tEOS
)

// words are the texts of the tokens from tAnd on, as error messages have them.
var words = [...]string{"and", "break", "do", "else", "elseif", "end", "false", "for", "function", "if", "in", "local",
	"nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
	"..", "...", "==", ">=", "<=", "~=", "<number>", "<name>", "<string>", "<eof>"}

var reserved = func() map[string]token {
	m := map[string]token{}
	for t := tAnd; t <= tWhile; t++ {
		m[words[t-tAnd]] = t
	}
	return m
}()

func (t token) String() string {
	switch {
	case t >= tAnd:
		return words[t-tAnd]
	case t < ' ' || t == 127:
		return fmt.Sprintf("char(%d)", int(t))
	}
	return string([]byte{byte(t)})
}

// Error is what is wrong with a chunk, in the words of Lua 5.1: "user_script:1: ... near 'x'".
type Error struct{ Message string }

func (e *Error) Error() string { return e.Message }
