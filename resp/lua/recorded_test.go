package lua

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"larder/resp/cmd/cmdtest"
	"larder/resp/reply"
)

// TestRecorded plays the scripts under testdata, which redis-server has answered before.
func TestRecorded(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.txt")
	if len(files) == 0 {
		t.Fatal("no recordings")
	}
	for _, file := range files {
		for proto := 2; proto <= 3; proto++ {
			t.Run(filepath.Base(file)+" "+strconv.Itoa(proto), func(t *testing.T) {
				play(t, file, proto)
			})
		}
	}
}

func play(t *testing.T, file string, proto int) {
	e := newEngine(t, Limits{}, nil)
	host := newHost()
	for _, x := range cmdtest.Read(t, file) {
		got := cmdtest.Flat(eval(e, host, x.Words), proto)
		if want := x.Want[proto-2]; got != want {
			t.Errorf("%s:%d: %q\n got %s\nwant %s", file, x.Line, x.Words[1], got, want)
		}
	}
}

func newEngine(t testing.TB, l Limits, v Vault) *Engine {
	t.Helper()
	e, err := New(l, v)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// eval runs "EVAL script numkeys key... arg...", or EVAL_RO.
func eval(e *Engine, host Host, words [][]byte) reply.Reply {
	s, err := e.Eval(string(words[1]))
	if err != nil {
		return err.(Fault).Reply()
	}
	n, _ := strconv.Atoi(string(words[2]))
	j := &Job{Script: s, Keys: words[3 : 3+n], Args: words[3+n:], ReadOnly: strings.HasSuffix(string(words[0]), "RO")}
	if err := j.Refusal(false, false); err != nil {
		return err.(Fault).Reply()
	}
	return e.Run(j, host)
}
