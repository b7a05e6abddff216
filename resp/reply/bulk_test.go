package reply_test

import (
	"bytes"
	"errors"
	"iter"
	"strings"
	"testing"

	"larder/resp/reply"
)

func repeat(piece string, n int, end error) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for range n {
			if !yield([]byte(piece), nil) {
				return
			}
		}
		if end != nil {
			yield(nil, end)
		}
	}
}

func TestStreamIsABulkString(t *testing.T) {
	piece := strings.Repeat("y", 1000)
	r, err := reply.Stream(3_000_000, repeat(piece, 3000, nil))
	if err != nil || !r.Large() || r.Kind() != reply.Bulk {
		t.Fatalf("%v, large %v, kind %v", err, r.Large(), r.Kind())
	}
	want := "$3000000\r\n" + strings.Repeat(piece, 3000) + "\r\n"
	if got := string(r.Append(nil, 3)); got != want {
		t.Error("Append differs from the pieces")
	}
	var out bytes.Buffer
	if _, err := r.WriteTo(&out); err != nil || out.String() != want {
		t.Errorf("WriteTo differs from the pieces (%v)", err)
	}
}

func TestStreamAsAnElement(t *testing.T) {
	l := reply.NewList(2, reply.Array)
	l.Nil()
	if err := l.Stream(4, repeat("ab", 2, nil)); err != nil {
		t.Fatal(err)
	}
	if got := string(l.Done().Append(nil, 2)); got != "*2\r\n$-1\r\n$4\r\nabab\r\n" {
		t.Errorf("got %q", got)
	}
}

func TestStreamReportsThePiecesError(t *testing.T) {
	broken := errors.New("broken")
	if _, err := reply.Stream(4, repeat("ab", 1, broken)); err != broken {
		t.Errorf("got %v", err)
	}
}
