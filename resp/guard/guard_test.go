// The guard passes what redcon can parse unchanged, answers what Redis refuses with Redis's errors, and allocates
// nothing for lengths that a client only announces.
package guard

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/redcon"
)

// packets is a net.Conn that delivers its packets one a Read, then io.EOF, and keeps what is written.
type packets struct {
	net.Conn
	in      [][]byte
	written bytes.Buffer
}

func (p *packets) Read(b []byte) (int, error) {
	if len(p.in) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.in[0])
	if p.in[0] = p.in[0][n:]; len(p.in[0]) == 0 {
		p.in = p.in[1:]
	}
	return n, nil
}

func (p *packets) Write(b []byte) (int, error)      { return p.written.Write(b) }
func (p *packets) SetWriteDeadline(time.Time) error { return nil }

// split cuts data into packets of at most size bytes, of random length if rnd is given.
func split(data []byte, size int, rnd *rand.Rand) [][]byte {
	var out [][]byte
	for len(data) > 0 {
		n := min(size, len(data))
		if rnd != nil {
			n = 1 + rnd.Intn(n)
		}
		out = append(out, data[:n])
		data = data[n:]
	}
	return out
}

// outcome is all that a client can bring about with its bytes.
type outcome struct {
	Commands [][]string
	Refusal  string // the protocol error
}

// through sends packets through a guard and redcon's own reader.
func through(t testing.TB, limits *Limits, stranger bool, in [][]byte) outcome {
	t.Helper()
	wire := &packets{in: in}
	conn := NewConn(wire, limits, &Traffic{})
	conn.Restrict(stranger)
	rd := redcon.NewReader(conn)
	var got outcome
	for {
		cmd, err := rd.ReadCommand()
		if err != nil {
			got.Refusal = refusalOf(t, err, wire.written.String())
			return got
		}
		var args []string
		for _, a := range conn.Args(cmd.Args) {
			args = append(args, string(a))
		}
		got.Commands = append(got.Commands, args)
	}
}

func refusalOf(t testing.TB, err error, written string) string {
	t.Helper()
	var refusal *ProtocolError
	if errors.As(err, &refusal) {
		if written != string(refusal.Line()) {
			t.Fatalf("wrote %q for %v", written, refusal)
		}
		return refusal.text
	}
	if err != io.EOF || written != "" {
		t.Fatalf("ended with %v, wrote %q", err, written)
	}
	return ""
}

func mustEqual(t testing.TB, what string, want, got outcome) {
	t.Helper()
	if !reflect.DeepEqual(want, got) {
		t.Fatalf("%s:\nwant %.2000q\ngot  %.2000q", what, fmt.Sprint(want), fmt.Sprint(got))
	}
}

// everyWay feeds data whole, byte by byte and in random pieces.
func everyWay(t testing.TB, data []byte, stranger bool, want outcome) {
	t.Helper()
	limits := NewLimits()
	mustEqual(t, "whole", want, through(t, limits, stranger, split(data, len(data), nil)))
	mustEqual(t, "byte by byte", want, through(t, limits, stranger, split(data, 1, nil)))
	for seed := range int64(8) {
		rnd := rand.New(rand.NewSource(seed))
		most := []int{3, 20, 300, 5000}[seed%4]
		mustEqual(t, fmt.Sprintf("pieces of at most %d", most), want, through(t, limits, stranger, split(data, most, rnd)))
	}
}

func cmds(c ...[]string) [][]string { return c }
func args(a ...string) []string     { return a }

func bulks(a ...string) string {
	out := fmt.Sprintf("*%d\r\n", len(a))
	for _, s := range a {
		out += fmt.Sprintf("$%d\r\n%s\r\n", len(s), s)
	}
	return out
}

var (
	ping = args("PING")
	get  = args("GET", "k")
	long = strings.Repeat("v", 70_000)
)

var inputs = []struct {
	name, in string
	stranger bool
	want     outcome
}{
	{"a command", bulks("GET", "k"), false, outcome{cmds(get), ""}},
	{"a pipeline", bulks("PING") + bulks("GET", "k") + bulks("PING"), false, outcome{cmds(ping, get, ping), ""}},
	{"binary", bulks("SET", "\x00\r\n", "*1\r\n$1\r\n"), false, outcome{cmds(args("SET", "\x00\r\n", "*1\r\n$1\r\n")), ""}},
	{"no arguments", "*0\r\n*-1\r\n*-9223372036854775808\r\n" + bulks("PING"), false, outcome{cmds(ping), ""}},
	{"empty name", bulks("") + bulks("PING") + bulks("", "x"), false, outcome{cmds(args(""), ping, args("", "x")), ""}},
	{"empty argument", bulks("SET", "", ""), false, outcome{cmds(args("SET", "", "")), ""}},
	{"line ends unseen", "*2\rX$3\r.GET##$1\r\nk\r\r" + bulks("PING"), false, outcome{cmds(get, ping), ""}},
	{"unfinished", bulks("PING") + "*2\r\n$3\r\nGET\r\n$1\r\nk\r", false, outcome{cmds(ping), ""}},
	{"large and small", bulks("SET", "k", long) + bulks("PING") + bulks("SET", "k", long), false,
		outcome{cmds(args("SET", "k", long), ping, args("SET", "k", long)), ""}},

	{"inline", "PING\r\nget  k\nPING\r\n", false, outcome{cmds(ping, args("get", "k"), ping), ""}},
	{"empty lines", "\r\n\n  \r\n\t\nPING\n", false, outcome{cmds(ping), ""}},
	{"quotes", `set "a\x41\n\r\t\b\a\"\\\q\xzz" 'it\'s \n' ` + "\n", false,
		outcome{cmds(args("set", "aA\n\r\t\b\a\"\\qxzz", `it's \n`)), ""}},
	{"quotes inside a word", "x\"a b\" y'c' \"\"\r\n", false, outcome{cmds(args("xa b", "yc", "")), ""}},
	{"an empty inline name", "\"\"\nPING\n", false, outcome{cmds(args(""), ping), ""}},
	{"vertical tab", "a\vb\v \vc\n", false, outcome{cmds(args("a\vb\v", "c")), ""}},
	{"open quote", "PING\nset \"a\r\nPING\n", false, outcome{cmds(ping), unbalancedQuotes}},
	{"open single quote", "set 'a\\'\r\n", false, outcome{nil, unbalancedQuotes}},
	{"text behind a quote", "set \"a\"b\r\n", false, outcome{nil, unbalancedQuotes}},
	{"backslash at the end", "set \"a\\\r\n", false, outcome{nil, unbalancedQuotes}},
	{"longest line", "GET " + long[:maxLine-5] + "\r\n", false, outcome{cmds(args("GET", long[:maxLine-5])), ""}},
	{"line too long", "GET " + long, false, outcome{nil, tooBigInline}},
	{"NUL hides the line end", "\x00\n" + long, false, outcome{nil, tooBigInline}},
	{"NUL waits", "PING\nPI\x00NG\nPING\n", false, outcome{cmds(ping), ""}},

	{"overflowing length", bulks("PING") + "*1\r\n$9223372036854775800\r\nabc", false, outcome{cmds(ping), invalidLength}},
	{"length just over", "*1\r\n$536870913\r\n", false, outcome{nil, invalidLength}},
	{"length at the limit", "*1\r\n$536870912\r\nabc", false, outcome{}},
	{"negative length", "*1\r\n$-1\r\n", false, outcome{nil, invalidLength}},
	{"lengths Atoi would take", "*2\r\n$+1\r\na\r\n", false, outcome{nil, invalidLength}},
	{"leading zero", "*2\r\n$01\r\na\r\n", false, outcome{nil, invalidLength}},
	{"no length", "*1\r\n$\r\n", false, outcome{nil, invalidLength}},
	{"huge count", "*1000000000\r\n$3\r\nabc\r\n", false, outcome{}},
	{"largest count", "*2147483647\r\n$3\r\nabc\r\n", false, outcome{}},
	{"count too large", "*2147483648\r\n", false, outcome{nil, invalidCount}},
	{"count overflows", "*20000000000000000000\r\n", false, outcome{nil, invalidCount}},
	{"count no number", "*3x\r\n", false, outcome{nil, invalidCount}},
	{"no count", "*\r\n", false, outcome{nil, invalidCount}},
	{"one byte behind the line", "*abc\r", false, outcome{}},
	{"no dollar", "*2\r\n$3\r\nGET\r\nk\r\n", false, outcome{nil, "expected '$', got 'k'"}},
	{"no dollar, no line", "*2\r\n$3\r\nGET\r\nk", false, outcome{}},
	{"line end for a dollar", "*2\r\n$3\r\nGET\r\n\r\n", false, outcome{nil, "expected '$', got ' '"}},
	{"binary for a dollar", "*1\r\n\xff\r\n", false, outcome{nil, "expected '$', got '\xff'"}},
	{"endless count", "*" + strings.Repeat("1", maxLine+1), false, outcome{nil, tooBigCount}},
	{"NUL in a count", "*\x00\r\n" + long, false, outcome{nil, tooBigCount}},
	{"endless length", "*1\r\n$" + strings.Repeat("1", maxLine+1), false, outcome{nil, tooBigLength}},
	{"NUL in a length", "*1\r\n$\x00\r\n" + long, false, outcome{nil, tooBigLength}},

	{"stranger", bulks("AUTH", "x") + bulks("PING"), true, outcome{cmds(args("AUTH", "x"), ping), ""}},
	{"stranger, ten", bulks("a", "b", "c", "d", "e", "f", "g", "h", "i", "j"), true,
		outcome{cmds(args("a", "b", "c", "d", "e", "f", "g", "h", "i", "j")), ""}},
	{"stranger, eleven", bulks("PING") + "*11\r\n", true, outcome{cmds(ping), unauthorizedCount}},
	{"stranger, 16 KB", bulks("AUTH", long[:16384]), true, outcome{cmds(args("AUTH", long[:16384])), ""}},
	{"stranger, more", "*2\r\n$16385\r\n", true, outcome{nil, unauthorizedLength}},
}

func TestInputs(t *testing.T) {
	for _, c := range inputs {
		t.Run(c.name, func(t *testing.T) {
			mustEqual(t, "reference", c.want, reference([]byte(c.in), c.stranger))
			everyWay(t, []byte(c.in), c.stranger, c.want)
		})
	}
}

func TestRandomPipelinesKeepTheirMeaning(t *testing.T) {
	rnd := rand.New(rand.NewSource(1))
	parts := []string{bulks("PING"), "\r\n", "*0\r\n", "get 'a b'\n", bulks(""), "*1\rX$1\r\nab\r"}
	for range 40 {
		var in []byte
		for range 1 + rnd.Intn(60) {
			if i := rnd.Intn(len(parts) + 4); i < len(parts) {
				in = append(in, parts[i]...)
				continue
			}
			in = append(in, bulks("SET", "k", strings.Repeat("x", rnd.Intn(6000)))...)
		}
		everyWay(t, in, rnd.Intn(4) == 0, reference(in, false))
	}
}

// A window smaller than redcon's loses nothing.
func TestSmallReads(t *testing.T) {
	in := bulks("PING") + "\nget k\r\n" + bulks("SET", "k", "v")
	conn := NewConn(&packets{in: split([]byte(in), 7, nil)}, NewLimits(), &Traffic{})
	var got []byte
	p := make([]byte, 3)
	for {
		n, err := conn.Read(p)
		got = append(got, p[:n]...)
		if err != nil {
			break
		}
	}
	if want := bulks("PING") + placeholder + bulks("SET", "k", "v"); string(got) != want {
		t.Fatalf("want %q, got %q", want, got)
	}
	if a := conn.Args([][]byte{{}}); len(a) != 2 || string(a[1]) != "k" {
		t.Fatalf("held: %q", a)
	}
}

// An AUTH in a pipeline must count for the command behind it.
func TestRestrictionEndsInsideAPipeline(t *testing.T) {
	many := bulks("MSET", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10")
	conn := NewConn(&packets{in: [][]byte{[]byte(bulks("AUTH", "x") + many + many)}}, NewLimits(), &Traffic{})
	conn.Restrict(true)
	p := make([]byte, window)
	if n, err := conn.Read(p); err != nil || string(p[:n]) != bulks("AUTH", "x") {
		t.Fatalf("%q %v", p[:n], err)
	}
	conn.Restrict(false)
	if n, err := conn.Read(p); err != nil || string(p[:n]) != many+many {
		t.Fatalf("%q %v", p[:n], err)
	}
}

func TestRefusalHook(t *testing.T) {
	wire := &packets{in: [][]byte{[]byte("*x\r\n")}}
	conn := NewConn(wire, NewLimits(), &Traffic{})
	var told error
	conn.OnRefusal(func(e *ProtocolError) bool { told = e; return false })
	for range 2 {
		if _, err := conn.Read(make([]byte, window)); err == nil || err != told {
			t.Fatalf("read says %v, the hook was told %v", err, told)
		}
	}
	if told.Error() != "Protocol error: invalid multibulk length" || wire.written.Len() != 0 {
		t.Fatalf("%v, wrote %q", told, wire.written.String())
	}
}

func TestLimitsBindAtOnce(t *testing.T) {
	limits := NewLimits()
	limits.MaxBulk.Store(3)
	if got := through(t, limits, false, [][]byte{[]byte(bulks("abc") + bulks("abcd"))}); got.Refusal != invalidLength || len(got.Commands) != 1 {
		t.Fatalf("%+v", got)
	}
	limits.MaxBulk.Store(1<<63 - 1)
	if got := through(t, limits, false, [][]byte{[]byte("*1\r\n$9223372036854775800\r\nabc")}); got.Refusal != invalidLength {
		t.Fatalf("%+v", got)
	}
}

func TestQueryBufferLimit(t *testing.T) {
	const limit = 1 << 20
	endless := func(head, body string) [][]byte {
		return append([][]byte{[]byte(head)}, split([]byte(strings.Repeat(body, 2*limit/len(body))), 16<<10, nil)...)
	}
	for name, in := range map[string][][]byte{
		"one value":       endless("*2\r\n$3\r\nSET\r\n$500000000\r\n", "x"),
		"many arguments":  endless("*2000000\r\n", "$1\r\nx\r\n"),
		"empty arguments": endless("*2000000\r\n", "$0\r\n\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			limits := NewLimits()
			limits.QueryBuffer.Store(limit)
			wire := &packets{in: in}
			conn := NewConn(wire, limits, &Traffic{})
			if n, err := conn.Read(make([]byte, window)); n != 0 || err != ErrQueryBuffer {
				t.Fatalf("%d %v", n, err)
			}
			if len(wire.in) == 0 || wire.written.Len() != 0 || conn.backlog.buf != nil {
				t.Fatalf("read all of it, or wrote %q, or kept the memory", wire.written.String())
			}
		})
	}
}

// What a header promises costs nothing; only what has arrived does.
func TestHeadersAllocateNothing(t *testing.T) {
	for _, in := range []string{
		"*1000000000\r\n$3\r\nabc\r\n", "*2147483647\r\n", "*2\r\n$3\r\nSET\r\n$536870912\r\nabc",
	} {
		conn := NewConn(&packets{in: split([]byte(in), 5, nil)}, NewLimits(), &Traffic{})
		if _, err := conn.Read(make([]byte, window)); err != io.EOF {
			t.Fatal(err)
		}
		if room := cap(conn.backlog.buf); room > 2*len(in) {
			t.Errorf("%q keeps %d bytes", in, room)
		}
	}
}

// Neither a drop at a time nor a pipeline may make the guard hand out part of a command, or nothing.
func TestReadReturnsWholeCommands(t *testing.T) {
	in := bulks("SET", "k", strings.Repeat("x", 3000))
	conn := NewConn(&packets{in: split([]byte(in+in), 1, nil)}, NewLimits(), &Traffic{})
	for range 2 {
		p := make([]byte, window)
		if n, err := conn.Read(p); err != nil || string(p[:n]) != in {
			t.Fatalf("%d %v", n, err)
		}
	}
}

func TestTrafficAndQueryBuffer(t *testing.T) {
	traffic := &Traffic{}
	in := bulks("PING") + "*1\r\n"
	conn := NewConn(&packets{in: [][]byte{[]byte(in)}}, NewLimits(), traffic)
	if _, err := conn.Read(make([]byte, window)); err != nil {
		t.Fatal(err)
	}
	if used, free := conn.QueryBuffer(); used != int64(len(in)) || free < 0 {
		t.Errorf("query buffer %d, %d", used, free)
	}
	if n, err := conn.Write([]byte("+PONG\r\n")); n != 7 || err != nil {
		t.Error(n, err)
	}
	if traffic.In.Load() != int64(len(in)) || traffic.Out.Load() != 7 {
		t.Errorf("traffic %d in, %d out", traffic.In.Load(), traffic.Out.Load())
	}
}
