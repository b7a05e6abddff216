package resp_test

import (
	"bufio"
	"fmt"
	"io"
	"testing"
)

// benchmarkLine sends one command again and again, and waits for each reply of one line.
func benchmarkLine(b *testing.B, words ...string) {
	c := serve(b).dial(b)
	line := fmt.Sprintf("*%d\r\n", len(words))
	for _, w := range words {
		line += fmt.Sprintf("$%d\r\n%s\r\n", len(w), w)
	}
	in := bufio.NewReader(c.Conn)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := io.WriteString(c.Conn, line); err != nil {
			b.Fatal(err)
		}
		if reply, err := in.ReadSlice('\n'); err != nil || reply[0] == '-' {
			b.Fatal(string(reply), err)
		}
	}
}

func BenchmarkIncr(b *testing.B) { benchmarkLine(b, "INCR", "n") }

// BenchmarkEvalIncr may cost three times BenchmarkIncr.
func BenchmarkEvalIncr(b *testing.B) {
	benchmarkLine(b, "EVAL", "return redis.call('INCR', KEYS[1])", "1", "n")
}
