// Package syntax reads Lua 5.1: text to a tree whose names are resolved, with the error
// messages of the reference implementation to the letter, because clients see them.
package syntax

// Local is a local variable. Captured ones live outside their function's frame.
type Local struct {
	Name     string
	Slot     int // in its function's frame
	Captured bool
}

// Upvalue tells where a closure finds a variable of an enclosing function when it is made.
type Upvalue struct {
	Name   string
	Local  *Local // of the function around; nil if it is an upvalue there too
	Parent int    // then its index there
}

// Function is a function's body. It is immutable after parsing, so for any goroutine.
type Function struct {
	Source   string // "@user_script"
	Line     int    // 0 for a chunk
	Params   []*Local
	Vararg   bool
	Arg      *Local // the table arg of Lua 5.0, where "..." is not used; else nil
	Slots    int    // size of the frame
	Depth    int    // deepest nesting of expressions and blocks, for the stack's budget
	Upvalues []Upvalue
	Body     []Stmt
}

// Expr is an expression: one of the types below.
type Expr any

// The expressions. Line is where errors in evaluating are reported.
type (
	Nil        struct{}
	True       struct{}
	False      struct{}
	Number     struct{ Value float64 }
	String     struct{ Value string }
	Vararg     struct{}
	LocalRef   struct{ Local *Local }
	UpvalueRef struct {
		Name  string
		Index int
	}
	Global struct {
		Name string
		Line int
	}
	Index struct {
		Object, Key Expr
		Line        int
	}
	// Call is a function call, or a method call if Method is set; then Func is the object.
	Call struct {
		Func   Expr
		Method string
		Args   []Expr
		Line   int
	}
	Lambda struct{ Func *Function }
	Binary struct {
		Op          Op
		Left, Right Expr
		Line        int
	}
	Unary struct {
		Op   Op
		X    Expr
		Line int
	}
	// Paren cuts several values down to one.
	Paren struct{ X Expr }
	Table struct {
		Items  []Expr  // t[1], t[2], ...
		Fields []Field // in the order of their text among themselves
		Line   int
	}
)

// Field is "key = value" in a table constructor; Before is the number of items before it.
type Field struct {
	Key, Value Expr
	Before     int
	Line       int
}

// Op is an operator.
type Op int

// The operators.
const (
	Add Op = iota
	Sub
	Mul
	Div
	Mod
	Pow
	Concat
	Ne
	Eq
	Lt
	Le
	Gt
	Ge
	And
	Or
	Minus
	Not
	Len
)

// Stmt is a statement: one of the types below.
type Stmt any

// The statements.
type (
	// Declare is "local a, b = x, y".
	Declare struct {
		Locals []*Local
		Values []Expr
	}
	// LocalFunction is "local function f": the name is in scope in the body.
	LocalFunction struct {
		Local *Local
		Func  *Function
	}
	Assign struct {
		Targets []Expr
		Values  []Expr
		Line    int
	}
	CallStmt struct{ Call *Call }
	Do       struct{ Body []Stmt }
	While    struct {
		Cond Expr
		Body []Stmt
	}
	Repeat struct {
		Body []Stmt
		Cond Expr
	}
	If struct {
		Conds  []Expr
		Blocks [][]Stmt // one more than Conds if there is an else
	}
	// NumericFor keeps its hidden state in Go; Var is what the body sees.
	NumericFor struct {
		Var                *Local
		Start, Limit, Step Expr // Step nil is 1
		Body               []Stmt
		Line               int
	}
	GenericFor struct {
		Vars   []*Local
		Values []Expr
		Body   []Stmt
		Line   int
	}
	Return struct {
		Values []Expr
		Line   int
	}
	Break struct{}
)
