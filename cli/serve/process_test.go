package serve

import (
	"io"
	"log/slog"
	"log/syslog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"larder/resp/param"
)

// TestSignals are sequences of signals and what becomes of the process: the first asks for an orderly end, before
// serving and after that some end it at once.
func TestSignals(t *testing.T) {
	const none = -1
	for _, r := range []struct {
		name    string
		serving bool
		signals []syscall.Signal
		exits   int // status of the exit at once
		status  int // status after the orderly end
	}{
		{"SIGTERM while loading", false, []syscall.Signal{syscall.SIGTERM}, 0, 0},
		{"SIGINT while loading", false, []syscall.Signal{syscall.SIGINT}, 0, 0},
		{"SIGUSR1 while loading", false, []syscall.Signal{syscall.SIGUSR1}, 138, 0},
		{"SIGTERM", true, []syscall.Signal{syscall.SIGTERM}, none, 0},
		{"SIGTERM thrice", true, []syscall.Signal{syscall.SIGTERM, syscall.SIGTERM, syscall.SIGTERM}, none, 0},
		{"SIGINT twice", true, []syscall.Signal{syscall.SIGINT, syscall.SIGINT}, 1, 0},
		{"SIGTERM, SIGINT", true, []syscall.Signal{syscall.SIGTERM, syscall.SIGINT}, 1, 0},
		{"SIGINT, SIGTERM", true, []syscall.Signal{syscall.SIGINT, syscall.SIGTERM}, none, 0},
		{"SIGUSR2", true, []syscall.Signal{syscall.SIGUSR2}, none, 140},
		{"SIGTERM, SIGUSR2", true, []syscall.Signal{syscall.SIGTERM, syscall.SIGUSR2}, 140, 0},
	} {
		exits := none
		s := &signals{log: slog.New(slog.DiscardHandler), exit: func(status int) { exits = status }, first: make(chan os.Signal, 1)}
		s.serving.Store(r.serving)
		for _, one := range r.signals {
			s.take(one)
		}
		if exits != r.exits || s.status() != r.status || (len(s.first) == 1) != r.serving {
			t.Errorf("%s: exits with %d, status %d, %d to be seen", r.name, exits, s.status(), len(s.first))
		}
	}
}

// TestDeadlySignalsSpareGo, whose runtime has SIGURG, SIGPROF and the first real-time signals for itself.
func TestDeadlySignalsSpareGo(t *testing.T) {
	for _, one := range deadly() {
		n := one.(syscall.Signal)
		if n == syscall.SIGPROF || n == syscall.SIGURG || n >= 32 && n < 35 || n > 64 {
			t.Error(n)
		}
	}
}

// TestSyslog has every level's priority, the facility, the ident, and lines again once somebody listens.
func TestSyslog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	level := new(slog.LevelVar)
	level.Set(slog.LevelDebug)
	out := &syslogWriter{dial: func() (*syslog.Writer, error) { return syslog.Dial("unixgram", path, facility("local3"), "lard") }}
	log := slog.New(out.handler(level))
	log.Info("nobody hears this")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	hears := func(priority, text string) {
		t.Helper()
		line := make([]byte, 1000)
		conn.SetReadDeadline(time.Now().Add(20 * time.Second))
		n, err := conn.Read(line)
		got := strings.TrimSuffix(string(line[:n]), "\n")
		if err != nil || !strings.HasPrefix(got, "<"+priority+">") || !strings.HasSuffix(got, "]: "+text) || !strings.Contains(got, " lard[") {
			t.Errorf("%q %v, want <%s> and %q", got, err, priority, text)
		}
	}
	log.Debug("a", "n", 1)
	hears("159", "msg=a n=1")
	log.Log(t.Context(), levelVerbose, "b")
	hears("158", "msg=b")
	log.With("k", "v").Info("c")
	hears("157", "msg=c k=v")
	log.WithGroup("g").Warn("d", "level", 2)
	hears("156", "msg=d g.level=2")
	level.Set(slog.LevelError)
	log.Warn("too low")
	log.Error("e")
	hears("155", "msg=e")
}

func TestFacilities(t *testing.T) {
	want := map[string]syslog.Priority{"user": 8, "local0": 128, "local1": 136, "local6": 176, "local7": 184}
	for word, number := range want {
		if got := facility(word); got != number {
			t.Errorf("%s is %d", word, got)
		}
	}
}

// TestInheritedConfigurationHasAPidFile, the default one if it names none, and is the parent's.
func TestInheritedConfigurationHasAPidFile(t *testing.T) {
	for text, want := range map[string]string{"port 7\n": "/var/run/redis.pid", "port 7\npidfile x\n": "x"} {
		params := param.New()
		if err := inherit(params, io.NopCloser(strings.NewReader("/etc/x.conf\x00"+text))); err != nil {
			t.Fatal(err)
		}
		if params.String("pidfile") != want || params.File() != "/etc/x.conf" || params.Int("port") != 7 {
			t.Error(params.String("pidfile"), params.File(), params.Int("port"))
		}
	}
	if err := inherit(param.New(), io.NopCloser(iotest.ErrReader(io.ErrUnexpectedEOF))); err != io.ErrUnexpectedEOF {
		t.Error("a configuration that cannot be read is taken for an empty one:", err)
	}
}
