package store

// Code classifies an error; package reply maps it to the wire in one place.
type Code uint8

// The codes. CodeInternal is everything a client cannot help.
const (
	CodeInternal   Code = iota
	CodeWrongType       // the key holds another type
	CodeReadOnly        // a write inside a View: a defect of ours
	CodeScope           // a key outside the transaction's scope
	CodeFull            // no space left on the device
	CodeIO              // the device failed
	CodeDamaged         // a shard's file is not readable as a database
	CodeClosed          // the engine is closed
	CodeRefused         // the directory cannot be opened as asked; Message says why
	CodeInvalid         // the caller's argument; Message is the text Redis gives
	CodeAgain           // the engine will run the transaction again in another way
	CodeUnreadable      // a file could not be read; it may be sound
	CodeCold            // the answer is not in memory, and nobody wanted to wait for the disk
	CodeLate            // the transaction had not begun by its deadline, and never will
	CodeEnded           // the transaction was ended, for it kept a file's write-ahead log from beginning again
)

// Error is a failure with a code. Compare with errors.Is against the sentinels
// below, which matches by code, or read Code with errors.As.
type Error struct {
	Code    Code
	Message string
	Err     error
}

// Error returns the message and, behind it, the cause.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Message
	}
	return e.Message + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is an Error of the same code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// Sentinels, by when they occur.
var (
	ErrWrongType = &Error{Code: CodeWrongType, Message: "Operation against a key holding the wrong kind of value"}
	ErrReadOnly  = &Error{Code: CodeReadOnly, Message: "write inside a read-only transaction"}
	ErrScope     = &Error{Code: CodeScope, Message: "key outside the transaction's scope"}
	// ErrAgain tells fn that this run is void: the engine runs it again whatever it returns.
	ErrAgain = &Error{Code: CodeAgain, Message: "the transaction is run again"}
	// ErrCold is the answer of a BaseTx in a hurry: see Hurrier.
	ErrCold   = &Error{Code: CodeCold, Message: "the answer is not in memory"}
	ErrClosed = &Error{Code: CodeClosed, Message: "the store is closed"}
)

// Invalid is an error whose text goes to the client behind "ERR ".
func Invalid(message string) *Error { return &Error{Code: CodeInvalid, Message: message} }
