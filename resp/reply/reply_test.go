// Replies are encoded as Redis encodes them in both protocols, and long lists come back whole from their temporary
// file.
package reply_test

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"larder/resp/reply"
)

func TestEncode(t *testing.T) {
	rows := []struct {
		r            reply.Reply
		resp2, resp3 string
	}{
		{reply.OK(), "+OK\r\n", "+OK\r\n"},
		{reply.Nil(), "$-1\r\n", "_\r\n"},
		{reply.NilArray(), "*-1\r\n", "_\r\n"},
		{reply.Integer(-7), ":-7\r\n", ":-7\r\n"},
		{reply.Text(""), "$0\r\n\r\n", "$0\r\n\r\n"},
		{reply.Float(3.3), "$3\r\n3.3\r\n", ",3.3\r\n"},
		{reply.Boolean(true), ":1\r\n", "#t\r\n"},
		{reply.Big("12"), "$2\r\n12\r\n", "(12\r\n"},
		{reply.VerbatimText("txt", "hi"), "$2\r\nhi\r\n", "=6\r\ntxt:hi\r\n"},
		{reply.MapOf(reply.Text("a"), reply.Integer(1)), "*2\r\n$1\r\na\r\n:1\r\n", "%1\r\n$1\r\na\r\n:1\r\n"},
		{reply.SetOf(reply.Integer(1)), "*1\r\n:1\r\n", "~1\r\n:1\r\n"},
		{reply.Fail("ERR no"), "-ERR no\r\n", "-ERR no\r\n"},
		{reply.Nothing(), "", ""},
		{reply.Sequence(reply.Integer(1), reply.PushOf(reply.Nil())), ":1\r\n*1\r\n$-1\r\n", ":1\r\n>1\r\n_\r\n"},
	}
	for _, row := range rows {
		if got := string(row.r.Append(nil, 2)); got != row.resp2 {
			t.Errorf("RESP2: got %q, want %q", got, row.resp2)
		}
		if got := string(row.r.Append(nil, 3)); got != row.resp3 {
			t.Errorf("RESP3: got %q, want %q", got, row.resp3)
		}
	}
}

func TestFloatForm(t *testing.T) {
	rows := map[float64]string{
		0: "0", math.Copysign(0, -1): "-0", 1: "1", -1.5: "-1.5", 0.1: "0.1", 1e17: "100000000000000000",
		1e21: "1e+21", 1.5e300: "1.5e+300", 1e-5: "0.00001", 1e-7: "1e-7", 123456.789: "123456.789",
		math.Inf(1): "inf", math.Inf(-1): "-inf", 5e-324: "5e-324", 1e19: "1e+19",
	}
	for f, want := range rows {
		if got := string(reply.AppendFloat(nil, f)); got != want {
			t.Errorf("%v: got %s, want %s", f, got, want)
		}
	}
}

func TestLongListInsideAList(t *testing.T) {
	for proto, heads := range map[int][2]string{2: {"*2\r\n*2\r\n", "*2\r\n"}, 3: {"%2\r\n", ""}} {
		out := reply.NewList(proto, map[int]reply.Kind{2: reply.Array, 3: reply.Map}[proto])
		want := heads[0]
		for i, name := range []string{"long", "short"} {
			inner := reply.NewList(proto, reply.Array)
			n := []int{3000, 3}[i]
			for range n {
				inner.Bytes(bytes.Repeat([]byte("x"), 1000))
			}
			out.Named([]byte(name), inner.Done())
			if i == 1 {
				want += heads[1]
			}
			want += fmt.Sprintf("$%d\r\n%s\r\n*%d\r\n", len(name), name, n) + strings.Repeat("$1000\r\n"+strings.Repeat("x", 1000)+"\r\n", n)
		}
		var got bytes.Buffer
		r := out.Done()
		if _, err := r.WriteTo(&got); err != nil || got.String() != want {
			t.Errorf("RESP%d: %d bytes are not the %d that were added (%v)", proto, got.Len(), len(want), err)
		}
	}
}

func TestListSpillsAndComesBackWhole(t *testing.T) {
	l := reply.NewList(3, reply.Array)
	elem := []byte(strings.Repeat("x", 1000))
	var want bytes.Buffer
	want.WriteString("*3000\r\n")
	for range 3000 {
		l.Bytes(elem)
		want.WriteString("$1000\r\n" + string(elem) + "\r\n")
	}
	r := l.Done()
	if !r.Large() {
		t.Fatal("3 MB did not leave memory")
	}
	if got := r.Append(nil, 3); !bytes.Equal(got, want.Bytes()) {
		t.Error("Append differs from what was added")
	}
	var out bytes.Buffer
	if _, err := r.WriteTo(&out); err != nil || !bytes.Equal(out.Bytes(), want.Bytes()) {
		t.Errorf("WriteTo differs from what was added (%v)", err)
	}
}
