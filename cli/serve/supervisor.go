package serve

import (
	"errors"
	"log/slog"
	"net"
	"os"
	"syscall"

	"larder/resp/param"
)

// supervisor is the service manager that has started the process, as INFO's process_supervised names it.
type supervisor string

const (
	unsupervised supervisor = "no"
	bySystemd    supervisor = "systemd"
	byUpstart    supervisor = "upstart"
)

// findSupervisor follows `supervised`, which says what to look for. CONFIG GET answers what `auto` has found.
func findSupervisor(params *param.Set, log *slog.Logger) supervisor {
	_, job := os.LookupEnv("UPSTART_JOB")
	mode := params.String("supervised")
	if mode == "auto" {
		switch _, socket := os.LookupEnv("NOTIFY_SOCKET"); {
		case job:
			mode = "upstart"
		case socket:
			mode = "systemd"
		default:
			return unsupervised
		}
	}
	found := supervisor(mode)
	switch found {
	case byUpstart:
		if !job {
			log.Warn("upstart supervision requested, but UPSTART_JOB not found!")
			return unsupervised
		}
		log.Info("Supervised by upstart, will stop to signal readiness")
		os.Unsetenv("UPSTART_JOB")
		if err := syscall.Kill(os.Getpid(), syscall.SIGSTOP); err != nil { // upstart continues it
			log.Warn("upstart supervision error", "error", err)
		}
	case bySystemd:
		if err := tellSystemd("STATUS=Larder is loading...\n"); err != nil {
			log.Warn("systemd supervision error", "error", err)
			return unsupervised
		}
	}
	if err := params.Assign("supervised", mode); err != nil {
		log.Error("supervised stays as it was", "error", err)
	}
	return found
}

// ready says that the server serves. Upstart (expect stop) has taken the stopped process for that, as Redis has it.
func (s supervisor) ready(log *slog.Logger) {
	s.tell(log, "STATUS=Ready to accept connections\n")
	s.tell(log, "READY=1\n")
}

// stopping says that the server ends in order.
func (s supervisor) stopping(log *slog.Logger) { s.tell(log, "STOPPING=1\n") }

func (s supervisor) tell(log *slog.Logger, state string) {
	if s != bySystemd {
		return
	}
	if err := tellSystemd(state); err != nil {
		log.Warn("systemd supervision error", "error", err)
	}
}

// tellSystemd sends a state: https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html
func tellSystemd(state string) error {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return errors.New("NOTIFY_SOCKET is not set")
	}
	conn, err := net.Dial("unixgram", path)
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = conn.Write([]byte(state))
	return err
}
