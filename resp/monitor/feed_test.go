// The lines of MONITOR, and who gets them.
package monitor

import (
	"strings"
	"testing"
	"time"
)

type client struct{ lines []string }

func (c *client) Push(line []byte) { c.lines = append(c.lines, string(line)) }

func TestLinesGoToThoseWhoAskedForThem(t *testing.T) {
	f, a, b := NewFeed(), &client{}, &client{}
	f.Show(0, "lua", nil)
	f.Add(a)
	f.Add(a)
	f.Add(b)
	f.Show(3, "127.0.0.1:1", [][]byte{[]byte("GET"), []byte("k")})
	f.Remove(b)
	f.Show(0, "lua", [][]byte{[]byte("PING")})
	if len(a.lines) != 2 || len(b.lines) != 1 || a.lines[0] != b.lines[0] || !f.Active() {
		t.Errorf("%q and %q", a.lines, b.lines)
	}
	if !strings.HasSuffix(a.lines[0], ` [3 127.0.0.1:1] "GET" "k"`+"\r\n") {
		t.Errorf("%q", a.lines[0])
	}
	f.Remove(a)
	f.Remove(a)
	if f.Active() {
		t.Error("nobody is left, and it is active")
	}
}

// Arguments are printed as sdscatrepr does.
func TestArgumentsStandOnOneLine(t *testing.T) {
	args := [][]byte{[]byte("a\"\\\n\r\t\a\b"), []byte("\x00\x0f\x1f~\x7f\xff"), {}}
	line := string(monitorLine(time.Unix(7, 8000), 0, "lua", args))
	if want := `+7.000008 [0 lua] "a\"\\\n\r\t\a\b" "\x00\x0f\x1f~\x7f\xff" ""` + "\r\n"; line != want {
		t.Errorf("%q, want %q", line, want)
	}
}
