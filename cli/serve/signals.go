package serve

import (
	"log/slog"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"larder/resp/secure"
)

// signals is what the process makes of signals, which is what redis-server makes of them. For any goroutine.
type signals struct {
	log     *slog.Logger
	exit    func(status int) // ends the process at once
	first   chan os.Signal   // gets the signal that asks for the end
	serving atomic.Bool
	asked   atomic.Pointer[os.Signal]
}

// ignoreSignals lets a terminal be closed, and a reader of standard output go away, without ending the server.
func ignoreSignals() { signal.Ignore(syscall.SIGHUP, syscall.SIGPIPE) }

// reloadOnHangup reads the files of TLS again whenever a SIGHUP comes: whoever renews certificates sends one. It
// returns what ends that.
func reloadOnHangup(terms *secure.Terms, log *slog.Logger) (stop func()) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		for range hangups {
			if err := terms.Reload(); err != nil {
				log.Warn("TLS stays as it is", "error", err)
			}
		}
	}()
	return func() {
		signal.Stop(hangups)
		close(hangups)
		signal.Ignore(syscall.SIGHUP)
	}
}

// watchSignals begins to listen to signals. What is written is safe without an orderly end; until serving is called the
// process ends at once.
func watchSignals(log *slog.Logger) *signals {
	s := &signals{log: log, exit: os.Exit, first: make(chan os.Signal, 1)}
	arriving := make(chan os.Signal, 8)
	signal.Notify(arriving, syscall.SIGTERM, syscall.SIGINT)
	signal.Notify(arriving, deadly()...)
	go func() {
		for one := range arriving {
			s.take(one)
		}
	}()
	return s
}

// deadly are the signals that end a redis-server because it does not know them. Go's runtime ignores them; here they
// end the server too, but in order. SIGXFSZ is not among them: a write past the limit answers an error.
func deadly() []os.Signal {
	all := []os.Signal{syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGVTALRM, syscall.SIGXCPU, syscall.SIGIO, syscall.SIGPWR}
	const firstRealTime, lastRealTime = 35, 64 // those before are the C library's; they keep their default, an end at once
	for n := syscall.Signal(firstRealTime); n <= lastRealTime; n++ {
		all = append(all, n)
	}
	return all
}

func (s *signals) take(one os.Signal) {
	switch {
	case !s.serving.Load():
		s.last("Received a signal during loading, exiting now", status(one))
	case s.asked.CompareAndSwap(nil, &one):
		s.first <- one
	case one == syscall.SIGINT:
		s.last("You insist... exiting now", 1)
	case status(one) != 0:
		s.last("Received a signal while closing, exiting now", status(one))
	}
}

// last ends the process at once. A log that nobody reads may be what the process hangs in, so the words get a second.
func (s *signals) last(words string, status int) {
	said := make(chan struct{})
	go func() {
		s.log.Warn(words)
		close(said)
	}()
	select {
	case <-said:
	case <-time.After(time.Second):
	}
	s.exit(status)
}

// status is the exit status of a process that a signal has ended: 0 if that was in order, else what a shell makes of
// it.
func (s *signals) status() int {
	if one := s.asked.Load(); one != nil {
		return status(*one)
	}
	return 0
}

func status(one os.Signal) int {
	if one == syscall.SIGTERM || one == syscall.SIGINT {
		return 0
	}
	return 128 + int(one.(syscall.Signal))
}
