package integration

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"
)

// witness is a well-behaved client beside the hostile ones: its data and its replies must
// stay as they are.
type witness struct {
	s *server
	c *conn
}

func newWitness(t *testing.T) *witness {
	t.Helper()
	w := &witness{s: startLarder(t)}
	w.c = dial(t, w.s)
	w.c.must(t, "SET", "mine", "kept")
	return w
}

// fine fails the test unless the server is untouched.
func (w *witness) fine(t *testing.T) {
	t.Helper()
	if got := w.c.must(t, "GET", "mine").text; got != "kept" {
		t.Fatalf("the other client's key is %q", got)
	}
	if got := dial(t, w.s).must(t, "PING").text; got != "PONG" {
		t.Fatalf("a new client gets %q", got)
	}
}

// attack sends bytes, says no more, and returns what comes back until the server closes
// or is silent for a while.
func attack(t *testing.T, s *server, b []byte) string {
	t.Helper()
	c, err := net.Dial("tcp", s.addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	go c.Write(b) // the server may stop reading half-way
	c.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
	got, _ := io.ReadAll(io.LimitReader(c, 1<<20))
	return string(got)
}

// TestHostilePackets sends the frames that end or stall redcon alone.
func TestHostilePackets(t *testing.T) {
	t.Parallel()
	w := newWitness(t)
	for _, p := range []struct{ packet, want string }{
		{"*1\r\n$9223372036854775800\r\nabc", "-ERR Protocol error: invalid bulk length\r\n"},
		{"*1000000000\r\n$3\r\nabc\r\n", ""},
		{"*2147483647\r\n", ""},
		{"*2147483648\r\n", "-ERR Protocol error: invalid multibulk length\r\n"},
		{"*9223372036854775807\r\n", "-ERR Protocol error: invalid multibulk length\r\n"},
		{"*99999999999999999999\r\n", "-ERR Protocol error: invalid multibulk length\r\n"},
		{"*1\r\n$536870913\r\n", "-ERR Protocol error: invalid bulk length\r\n"},
		{"*1\r\n$536870912\r\nabc", ""},
		{"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$400000000\r\nabc", ""},
		{"*1\r\n$-9223372036854775808\r\n", "-ERR Protocol error: invalid bulk length\r\n"},
		{"$5\r\nhello\r\n", "-ERR unknown command '$5'"},
		{"\x00\x00\x00\r\n", ""},
		{"*1\r\n*1\r\n$4\r\nPING\r\n", "-ERR Protocol error: expected '$', got '*'\r\n"},
	} {
		before := w.s.memoryKB(t, "VmRSS")
		got := attack(t, w.s, []byte(p.packet))
		if !strings.HasPrefix(got, p.want) || p.want == "" && got != "" {
			t.Errorf("%q: got %q, want %q", p.packet, got, p.want)
		}
		if after := w.s.memoryKB(t, "VmRSS"); after > before+32<<10 {
			t.Errorf("%q: memory went from %d to %d KiB", p.packet, before, after)
		}
		w.fine(t)
	}
}

// TestHugeHeaderCostsNothing: many clients that promise much and send little.
func TestHugeHeaderCostsNothing(t *testing.T) {
	t.Parallel()
	w := newWitness(t)
	before := w.s.memoryKB(t, "VmRSS")
	for i := range 200 {
		c, err := net.Dial("tcp", w.s.addr())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if i%2 == 0 {
			fmt.Fprintf(c, "*1000000000\r\n$3\r\nabc\r\n")
		} else {
			fmt.Fprintf(c, "*2\r\n$3\r\nGET\r\n$536870912\r\nx")
		}
	}
	w.fine(t)
	if after := w.s.memoryKB(t, "VmRSS"); after > before+64<<10 {
		t.Errorf("memory went from %d to %d KiB", before, after)
	}
}

// TestGarbage throws random bytes and cut commands at the server.
func TestGarbage(t *testing.T) {
	t.Parallel()
	w := newWitness(t)
	rnd := rand.New(rand.NewPCG(1, 2))
	alphabet := []byte("*$+-:0123456789\r\n\r\nGETSETPING \"'\\\x00\xff")
	whole := encode("SET", "other", strings.Repeat("x", 1000))
	for range 60 {
		b := make([]byte, rnd.IntN(400))
		for j := range b {
			b[j] = alphabet[rnd.IntN(len(alphabet))]
		}
		// A destructive command spelt by chance would fail the witness: the alphabet has none.
		c, err := net.Dial("tcp", w.s.addr())
		if err != nil {
			t.Fatal(err)
		}
		c.Write(b)
		c.Write(whole[:rnd.IntN(len(whole))])
		c.Close()
	}
	w.fine(t)
}

// TestHalfSentCommand: nothing happens until the last byte, and nothing if it never comes.
func TestHalfSentCommand(t *testing.T) {
	t.Parallel()
	w := newWitness(t)
	whole := encode("SET", "mine", "stolen")
	for n := range whole {
		c, err := net.Dial("tcp", w.s.addr())
		if err != nil {
			t.Fatal(err)
		}
		c.Write(whole[:n])
		c.Close()
	}
	w.fine(t)
	slow := dial(t, w.s)
	for i := range whole {
		slow.Write(whole[i : i+1])
	}
	if v, _ := slow.receive(); v.text != "OK" {
		t.Errorf("a command sent byte by byte: %v", v)
	}
}

// TestVanishedClients ask for much and go away without reading.
func TestVanishedClients(t *testing.T) {
	t.Parallel()
	w := newWitness(t)
	w.c.must(t, "SET", "big", strings.Repeat("b", 4<<20))
	before := w.s.memoryKB(t, "VmRSS")
	for range 40 {
		c, err := net.Dial("tcp", w.s.addr())
		if err != nil {
			t.Fatal(err)
		}
		c.Write(bytes.Repeat(encode("GET", "big"), 5))
		c.(*net.TCPConn).SetLinger(0)
		c.Close()
	}
	w.fine(t)
	for range 100 { // the connections end on their own time
		if connected(t, w) <= 2 {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if n := connected(t, w); n > 2 {
		t.Errorf("%d clients are still connected", n)
	}
	if after := w.s.memoryKB(t, "VmRSS"); after > before+256<<10 {
		t.Errorf("memory went from %d to %d KiB", before, after)
	}
}

// connected is INFO's connected_clients.
func connected(t *testing.T, w *witness) int {
	t.Helper()
	for line := range strings.Lines(w.c.must(t, "INFO", "clients").text) {
		if n, ok := strings.CutPrefix(strings.TrimSpace(line), "connected_clients:"); ok {
			clients, _ := strconv.Atoi(n)
			return clients
		}
	}
	t.Fatal("INFO has no connected_clients")
	return 0
}

// TestLargeArgument stores and reads a value at the limit's order of size, once.
func TestLargeArgument(t *testing.T) {
	t.Parallel()
	w := newWitness(t)
	big := strings.Repeat("0123456789abcdef", 4<<20) // 64 MiB
	w.c.must(t, "SET", "big", big)
	if got := w.c.must(t, "GET", "big").text; got != big {
		t.Errorf("got %d bytes back", len(got))
	}
	if got := w.c.must(t, "STRLEN", "big").text; got != strconv.Itoa(len(big)) {
		t.Errorf("STRLEN %s", got)
	}
	w.c.must(t, "DEL", "big")
	w.fine(t)
}
