package reply_test

import (
	"testing"

	"larder/resp/reply"
)

func TestParseIsTheInverseOfAppend(t *testing.T) {
	all := reply.Of(
		reply.OK(), reply.Fail("ERR no"), reply.Integer(-7), reply.Text("a\r\nb"), reply.Text(""), reply.Nil(),
		reply.Float(1.5), reply.Boolean(true), reply.Boolean(false), reply.Big("123"), reply.VerbatimText("txt", "hi"),
		reply.MapOf(reply.Text("k"), reply.Of(reply.Integer(1))), reply.SetOf(reply.Text("m")), reply.Of(),
	)
	for _, proto := range []int{2, 3} {
		encoded := all.Append(nil, proto)
		got, rest, err := reply.Parse(encoded)
		if err != nil || len(rest) != 0 {
			t.Fatalf("protocol %d: %v, %q left", proto, err, rest)
		}
		if again := string(got.Append(nil, proto)); again != string(encoded) {
			t.Errorf("protocol %d: %q became %q", proto, encoded, again)
		}
	}
}

func TestParseSkipsAttributes(t *testing.T) {
	r, rest, err := reply.Parse([]byte("|1\r\n+key\r\n*1\r\n:1\r\n$4\r\nreal\r\n+next\r\n"))
	if err != nil || r.Text() != "real" || string(rest) != "+next\r\n" {
		t.Errorf("got %q, rest %q, %v", r.Text(), rest, err)
	}
}

func TestParseRefusesWhatIsMalformed(t *testing.T) {
	for _, in := range []string{"", "+", "*2\r\n:1\r\n", "$5\r\nabc\r\n", "*99999999\r\n", "?1\r\n", ":x\r\n", "=2\r\nab\r\n", "*-2\r\n"} {
		if r, _, err := reply.Parse([]byte(in)); err == nil {
			t.Errorf("%q gave %v", in, r.Kind())
		}
	}
}

func TestPlainDecodesLists(t *testing.T) {
	l := reply.NewList(2, reply.Map)
	l.Bytes([]byte("a"))
	l.Integer(3)
	r, err := l.Done().Plain()
	if err != nil || r.Kind() != reply.Array || len(r.Elems()) != 2 || r.Elems()[0].Text() != "a" || r.Elems()[1].Int() != 3 {
		t.Errorf("got %+v, %v", r, err)
	}
}

func TestShortest(t *testing.T) {
	for f, want := range map[float64]string{3.3: "3.3", 0: "0", 1e17: "1e+17", 0.1: "0.1", 12345678901234567890: "12345678901234567000"} {
		if got := string(reply.AppendShortest(nil, f)); got != want {
			t.Errorf("%v: got %s, want %s", f, got, want)
		}
	}
}
