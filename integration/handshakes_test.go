package integration

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// handshake is a section of testdata/handshakes.txt: what a client sends and is answered.
type handshake struct {
	name  string
	lines []handshakeLine
}

// handshakeLine is a line in one protocol or in both. Newer says that redis-server 7.0 answers something else.
type handshakeLine struct {
	text  string
	in    [2]bool // RESP2 and RESP3
	newer bool
	want  [2]string
}

func readHandshakes(t *testing.T) (all []handshake) {
	t.Helper()
	text, err := os.ReadFile("testdata/handshakes.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		mark, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		newer := mark == "7.2"
		if newer {
			mark, rest, _ = strings.Cut(rest, " ")
		}
		last := func() *handshakeLine { h := &all[len(all)-1]; return &h.lines[len(h.lines)-1] }
		switch mark {
		case "##":
			all = append(all, handshake{name: rest})
		case ">", "2>", "3>":
			h := &all[len(all)-1]
			h.lines = append(h.lines, handshakeLine{text: rest, in: [2]bool{mark != "3>", mark != "2>"}, newer: newer})
		case "=", "=2", "=3":
			for i, only := range []string{"=2", "=3"} {
				if mark == "=" || mark == only {
					last().want[i] = rest
				}
			}
		case "", "#":
		default:
			t.Fatalf("what is %q?", line)
		}
	}
	return all
}

// TestHandshakes plays what clients send when they connect, each at a fresh server's start, and wants the replies that
// are written down, from Larder and, where it can judge, from redis-server.
func TestHandshakes(t *testing.T) {
	p := startPair(t)
	for _, h := range readHandshakes(t) {
		for i := range 2 {
			t.Run(fmt.Sprintf("%s/RESP%d", h.name, i+2), func(t *testing.T) {
				h.play(t, p.larder, i, func(_ *handshakeLine, matches bool) bool { return matches })
				h.play(t, p.judge, i, func(l *handshakeLine, matches bool) bool { return matches != l.newer })
			})
		}
	}
}

// play sends the lines of one protocol, those that follow each other on a connection as one write.
func (h *handshake) play(t *testing.T, s *server, proto int, right func(*handshakeLine, bool) bool) {
	t.Helper()
	dial(t, s).must(t, "FLUSHALL")
	clients := map[string]*conn{}
	var lines []*handshakeLine
	var steps []*step
	for i := range h.lines {
		if l := &h.lines[i]; l.in[proto] {
			st, err := parseLine(l.text)
			if err != nil {
				t.Fatal(err)
			}
			lines, steps = append(lines, l), append(steps, st)
			if clients[st.client] == nil {
				clients[st.client] = dial(t, s)
			}
		}
	}
	for from := 0; from < len(steps); {
		to, c := from, clients[steps[from].client]
		var text []byte
		for to < len(steps) && steps[to].client == steps[from].client {
			text = append(text, steps[to].bytes(1)...)
			to++
		}
		for ; from < to; from++ {
			got, raw := c.send(text)
			text = nil
			if !right(lines[from], fits(lines[from].want[proto], got)) {
				t.Errorf("%s: %s\n%s\nwritten down: %s", s.bin, lines[from].text, show(got, raw), lines[from].want[proto])
			}
		}
	}
}

// fits reports whether a reply is the one written down, or matches the pattern that stands there.
func fits(want string, got value) bool {
	if pattern, isPattern := strings.CutPrefix(want, "re:"); isPattern {
		return regexp.MustCompile(pattern).MatchString(got.String())
	}
	return got.String() == want
}
