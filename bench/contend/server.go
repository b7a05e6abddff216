package contend

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"larder/bench/wire"
)

// Server is one running contender. Its methods are for one goroutine, but for Alive, CPU, RSS, which any may call.
type Server struct {
	Kind Kind
	Port int
	// AwaitSettled says that WaitIdle waits until nothing that was written is left to be done, which takes seconds.
	AwaitSettled bool

	dir  string
	argv []string
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
	err  error         // why it ended; valid once done is closed
}

// Start runs a contender on a free loopback port with its data in a fresh directory below scratch, and waits
// until it answers. cage may be nil. Call it from the thread that lives as long as the program:
// the kernel ends the contender when that thread ends.
func Start(ctx context.Context, k Kind, tools Tools, scratch string, cage *Cage) (*Server, error) {
	dir, err := os.MkdirTemp(scratch, strings.ReplaceAll(k.Name, " ", "-")+"-")
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	if err := os.Mkdir(data, 0o755); err != nil {
		return nil, err
	}
	argv, err := k.command(tools, port, data)
	if err != nil {
		return nil, err
	}
	s := &Server{Kind: k, Port: port, dir: dir, argv: cage.wrap(argv)}
	if err := s.launch(); err != nil {
		return nil, fmt.Errorf("%s: %w", k.Name, err)
	}
	if err := s.waitReady(ctx); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

func (s *Server) launch() error {
	log, err := os.Create(s.logPath())
	if err != nil {
		return err
	}
	defer log.Close()
	s.cmd = exec.Command(s.argv[0], s.argv[1:]...)
	s.cmd.Stdout, s.cmd.Stderr, s.cmd.Dir = log, log, s.dir
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	done := make(chan struct{})
	s.done = done
	go func() {
		s.err = s.cmd.Wait()
		close(done)
	}()
	return nil
}

// Restart asks the server to end, calls between with the data directory while nobody has it open, and starts the
// server again on the same data. No other method may be called meanwhile.
func (s *Server) Restart(ctx context.Context, between func(data string) error) error {
	s.end()
	if err := between(s.data()); err != nil {
		return err
	}
	if err := s.launch(); err != nil {
		return fmt.Errorf("%s: %w", s.Kind.Name, err)
	}
	return s.waitReady(ctx)
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

const startLimit = 30 * time.Second

func (s *Server) waitReady(ctx context.Context) error {
	for end := time.Now().Add(startLimit); time.Now().Before(end) && s.Alive() && ctx.Err() == nil; {
		if _, err := wire.Once(s.Addr(), "PING"); err == nil { // Redka's PONG is a bulk string
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return fmt.Errorf("%s does not answer on port %d: %s", s.Kind.Name, s.Port, s.lastWords())
}

func (s *Server) logPath() string { return filepath.Join(s.dir, "log") }

func (s *Server) lastWords() string {
	text, err := os.ReadFile(s.logPath())
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-500):])
}

// Addr is host:port.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", fmt.Sprint(s.Port)) }

// Alive is whether the process still runs.
func (s *Server) Alive() bool {
	select {
	case <-s.done:
		return false
	default:
		return true
	}
}

// End says how the process ended, nil while it runs.
func (s *Server) End() error {
	if s.Alive() {
		return nil
	}
	if s.err == nil {
		return errors.New("it ended by itself")
	}
	return s.err
}

// Stop asks the server to end, insists after a minute, and removes its data.
func (s *Server) Stop() {
	s.end()
	os.RemoveAll(s.dir)
}

func (s *Server) end() {
	s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.done:
	case <-time.After(time.Minute):
		s.cmd.Process.Kill()
		<-s.done
	}
}

// freePort asks the kernel; between here and the contender's own listen nobody else is likely to take it.
func freePort() (int, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port, nil
}
