package reply_test

import (
	"bytes"
	"slices"
	"testing"

	"larder/resp/reply"
)

// listOf is a List of n strings of 1,000 bytes; from 1,100 on it lies in a file.
func listOf(proto, n int) reply.Reply {
	l := reply.NewList(proto, reply.Array)
	for range n {
		l.Bytes(bytes.Repeat([]byte("x"), 1000))
	}
	return l.Done()
}

func TestPlainDecodesListsInsideOtherReplies(t *testing.T) {
	for _, proto := range []int{2, 3} {
		for _, n := range []int{0, 3, 3000} {
			inner := listOf(proto, n)
			r := reply.Of(reply.Text("0"), reply.MapOf(reply.Text("k"), reply.Of(inner)), reply.SetOf(listOf(proto, 1)))
			before := slices.Clone(r.Elems())
			encoded := r.Append(nil, proto)
			plain, err := r.Plain()
			if err != nil {
				t.Fatal(err)
			}
			found := plain.Elems()[1].Elems()[1].Elems()[0].Elems()
			if len(found) != n || n > 0 && found[n-1].Text() != string(bytes.Repeat([]byte("x"), 1000)) {
				t.Errorf("RESP%d: %d elements of %d", proto, len(found), n)
			}
			if !bytes.Equal(plain.Append(nil, proto), encoded) {
				t.Errorf("RESP%d, %d elements: it is another reply now", proto, n)
			}
			if inner.Large() {
				t.Errorf("RESP%d: the temporary file is open still", proto)
			}
			if before[1].Elems()[1].Elems()[0].Kind() != r.Elems()[1].Elems()[1].Elems()[0].Kind() {
				t.Errorf("RESP%d: the reply itself has changed", proto)
			}
		}
	}
}

func TestPlainKeepsEveryKindInsideAList(t *testing.T) {
	l := reply.NewList(3, reply.Array)
	kinds := []reply.Reply{reply.OK(), reply.Fail("ERR no"), reply.Integer(-7), reply.Text("a"), reply.Nil(),
		reply.Float(1.5), reply.Boolean(true), reply.Big("123"), reply.VerbatimText("txt", "hi"),
		reply.MapOf(reply.Text("k"), listOf(3, 2)), reply.SetOf(reply.Text("m")), reply.Of()}
	for _, r := range kinds {
		l.Reply(r)
	}
	plain, err := reply.Of(l.Done()).Plain()
	if err != nil {
		t.Fatal(err)
	}
	for i, got := range plain.Elems()[0].Elems() {
		if got.Kind() != kinds[i].Kind() {
			t.Errorf("element %d is of kind %v, was %v", i, got.Kind(), kinds[i].Kind())
		}
	}
}
