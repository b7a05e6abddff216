package guard

import (
	"errors"
	"fmt"
	"sync/atomic"
)

// Redis's fixed limits (networking.c, server.h); the configurable ones are in Limits.
const (
	maxLine         = 64 << 10  // PROTO_INLINE_MAX_SIZE: an inline command, or a header line without its end
	maxCount        = 1<<31 - 1 // arguments of one command
	strangersBulk   = 16 << 10  // bytes of an argument before authentication
	strangersCount  = 10        // arguments of a command before authentication
	farthest        = 1 << 62   // lengths above are refused whatever the configuration, so that no offset overflows
	sliceHeaderSize = 24        // what one argument costs beside its bytes
)

// Limits are the bounds shared by all connections of a listener. Every goroutine may read and set them at any time;
// a change binds from the next header or read on.
type Limits struct {
	// MaxBulk is proto-max-bulk-len: the bytes one argument may have.
	MaxBulk atomic.Int64
	// QueryBuffer is client-query-buffer-limit: the memory one connection's unfinished or unread input may take, in bytes.
	QueryBuffer atomic.Int64
}

// NewLimits returns Redis's defaults: arguments of 512 MB, a query buffer of 1 GB.
func NewLimits() *Limits {
	l := &Limits{}
	l.MaxBulk.Store(512 << 20)
	l.QueryBuffer.Store(1 << 30)
	return l
}

// Traffic counts the bytes that went through all connections of a listener (INFO's total_net_input_bytes and
// total_net_output_bytes). Every goroutine may read it, or store 0 as CONFIG RESETSTAT does.
type Traffic struct {
	In, Out atomic.Int64
}

// ErrQueryBuffer is the error of Read, and so of redcon's closed callback, when a connection's input passed
// Limits.QueryBuffer. Nothing is written to such a client, as in Redis.
var ErrQueryBuffer = errors.New("client reached the query buffer limit")

// ProtocolError is the error of Read, and so of redcon's closed callback, when the input broke the protocol.
// It is immutable.
type ProtocolError struct {
	text string
}

// Error returns Redis's words: "Protocol error: invalid bulk length".
func (e *ProtocolError) Error() string { return "Protocol error: " + e.text }

// Line returns the error reply as it goes to the client, with its line end.
func (e *ProtocolError) Line() []byte { return []byte("-ERR " + e.Error() + "\r\n") }

const (
	tooBigInline       = "too big inline request"
	tooBigCount        = "too big mbulk count string"
	tooBigLength       = "too big bulk count string"
	unbalancedQuotes   = "unbalanced quotes in request"
	invalidCount       = "invalid multibulk length"
	invalidLength      = "invalid bulk length"
	unauthorizedCount  = "unauthenticated multibulk length"
	unauthorizedLength = "unauthenticated bulk length"
)

// expectedDollar blanks a line end in the quoted byte, as every error reply of Redis does.
func expectedDollar(got byte) string {
	if got == '\r' || got == '\n' {
		got = ' '
	}
	return fmt.Sprintf("expected '$', got '%s'", []byte{got})
}
