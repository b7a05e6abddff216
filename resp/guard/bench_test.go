package guard

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/tidwall/redcon"
)

// endless delivers the same packet for ever.
type endless struct {
	net.Conn
	in  string
	off int
}

func (e *endless) Read(b []byte) (int, error) {
	n := copy(b, e.in[e.off:])
	if e.off += n; e.off == len(e.in) {
		e.off = 0
	}
	return n, nil
}

// BenchmarkRead is the guard alone: one packet an operation.
func BenchmarkRead(b *testing.B) {
	set := bulks("SET", "key:000000000001", strings.Repeat("x", 100))
	for _, c := range []struct{ name, in string }{
		{"set", set}, {"pipeline16", strings.Repeat(set, 16)}, {"pipeline100", strings.Repeat(set, 100)},
		{"inline", "set key:000000000001 xxx\r\n"}, {"set64k", bulks("SET", "k", strings.Repeat("x", 64<<10))},
	} {
		b.Run(c.name, func(b *testing.B) {
			conn := NewConn(&endless{in: c.in}, NewLimits(), &Traffic{})
			p := make([]byte, window)
			b.ReportAllocs()
			b.SetBytes(int64(len(c.in)))
			for b.Loop() {
				for read := conn.traffic.In.Load(); conn.traffic.In.Load() < read+int64(len(c.in)); {
					if _, err := conn.Read(p); err != nil {
						b.Fatal(err)
					}
				}
				conn.held = nil
			}
		})
	}
}

// BenchmarkReader is redcon's reader with and without the guard: one command an operation.
func BenchmarkReader(b *testing.B) {
	for _, size := range []int{3, 100, 64 << 10, 4 << 20} {
		in := bulks("SET", "key:000000000001", strings.Repeat("x", size))
		if size < 1000 {
			in = strings.Repeat(in, 16)
		}
		wire := &endless{in: in}
		for name, conn := range map[string]io.Reader{"bare": wire, "guarded": NewConn(wire, NewLimits(), &Traffic{})} {
			b.Run(fmt.Sprintf("%d/%s", size, name), func(b *testing.B) {
				rd := redcon.NewReader(conn)
				b.ReportAllocs()
				for b.Loop() {
					cmd, err := rd.ReadCommand()
					if err != nil {
						b.Fatal(err)
					}
					if c, ok := conn.(*Conn); ok {
						c.Args(cmd.Args)
					}
				}
			})
		}
	}
}
