// CONFIG answers as Redis does, changes all its parameters or none, and protects some from clients elsewhere.
package configs_test

import (
	"strings"
	"testing"

	"larder/resp/cmd"
	"larder/resp/cmd/configs"
	"larder/resp/param"
	"larder/store"
)

// run calls a CONFIG subcommand as a client at addr and returns the encoded reply.
func run(t *testing.T, rows []cmd.Spec, addr string, proto int, line ...string) string {
	t.Helper()
	args := [][]byte{[]byte("CONFIG")}
	for _, w := range line {
		args = append(args, []byte(w))
	}
	for i := range rows[0].Subs {
		sub := &rows[0].Subs[i]
		if sub.Name == line[0] {
			c := &cmd.Call{Spec: sub, Args: args, Proto: proto, Client: &cmd.Client{Addr: addr, Unix: strings.HasPrefix(addr, "/")}}
			return string(sub.Run(c).Append(nil, proto))
		}
	}
	t.Fatal("no subcommand", line[0])
	return ""
}

func TestConfig(t *testing.T) {
	resets := 0
	set := param.New()
	set.OnChange("port", func(string) error { return store.Invalid("Unable to listen on this port. Check server logs.") })
	rows := configs.Table(set, func() { resets++ })
	const away = "192.0.2.1:9"
	for _, r := range []struct {
		proto int
		line  string
		want  string
	}{
		{2, "SET maxmemory 1mb hz 20", "+OK\r\n"},
		{2, "GET maxmemory", "*2\r\n$9\r\nmaxmemory\r\n$7\r\n1048576\r\n"},
		{3, "GET hz Hz", "%1\r\n$2\r\nhz\r\n$2\r\n20\r\n"},
		{3, "GET nothing", "%0\r\n"},
		{2, "GET nothing", "*0\r\n"},
		{2, "SET hz 1 x", "-ERR syntax error\r\n"},
		{2, "SET foo 1", "-ERR Unknown option or number of arguments for CONFIG SET - 'foo'\r\n"},
		{2, "SET port 1", "-ERR CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this port. Check server logs.\r\n"},
		{2, "GET port", "*2\r\n$4\r\nport\r\n$4\r\n6379\r\n"},
		{2, "REWRITE", "-ERR The server is running without a config file\r\n"},
		{2, "RESETSTAT", "+OK\r\n"},
	} {
		if got := run(t, rows, away, r.proto, strings.Fields(r.line)...); got != r.want {
			t.Errorf("CONFIG %s: got %q, want %q", r.line, got, r.want)
		}
	}
	if resets != 1 {
		t.Error("statistics were reset", resets, "times")
	}
	if got := run(t, rows, away, 2, "HELP"); !strings.HasPrefix(got, "*11\r\n+CONFIG <subcommand> ") {
		t.Errorf("%q", got)
	}
}

func TestProtectedParametersAskWhereTheClientIs(t *testing.T) {
	set := param.New()
	if err := set.Assign("enable-protected-configs", "local"); err != nil {
		t.Fatal(err)
	}
	rows := configs.Table(set, func() {})
	for addr, want := range map[string]string{
		"127.0.0.1:5": "+OK\r\n", "[::1]:5": "+OK\r\n", "/run/larder.sock:0": "+OK\r\n",
		"192.0.2.1:9": "-ERR CONFIG SET failed (possibly related to argument 'dbfilename') - can't set protected config\r\n",
	} {
		if got := run(t, rows, addr, 2, "SET", "dbfilename", "x"); got != want {
			t.Errorf("%s: got %q", addr, got)
		}
	}
}
