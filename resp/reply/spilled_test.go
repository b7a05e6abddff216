package reply

import (
	"bytes"
	"testing"
)

// TestALostFileIsAnErrorBehindOtherReplies: what stands before it in the buffer has been promised already.
func TestALostFileIsAnErrorBehindOtherReplies(t *testing.T) {
	l := NewList(2, Array)
	for range 3 * spillAt / 1000 {
		l.Bytes(bytes.Repeat([]byte("x"), 1000))
	}
	r := l.Done()
	if !r.Large() {
		t.Fatal("nothing has left memory")
	}
	l.file.Close()
	const lost = "-ERR the reply's temporary file cannot be read\r\n"
	if got := string(Of(Integer(7), r).Append([]byte("+OK\r\n"), 2)); got != "+OK\r\n*2\r\n:7\r\n"+lost {
		t.Errorf("got %q", got)
	}
	if plain, err := r.Plain(); err != nil || !plain.IsError() {
		t.Errorf("a script gets %v, %v", plain, err)
	}
}
