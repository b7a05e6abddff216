package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// server is the process under test, once for each time it is started. Its methods are for the lane's goroutine, but
// for kill.
type server struct {
	cmd  *exec.Cmd
	addr string
	done chan struct{}
	log  *journal
}

// journal collects what a process says. For any goroutine.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func (j *journal) tail() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	text := j.b.String()
	if n := len(text); n > 3000 {
		text = "..." + text[n-3000:]
	}
	return text
}

// launch starts a server; running is told of it before it has done anything.
func launch(bin, dir string, args []string, running *atomic.Pointer[server]) (*server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	s := &server{addr: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), done: make(chan struct{}), log: &journal{}}
	s.cmd = exec.Command(bin, "--bind", "127.0.0.1", "--port", strconv.Itoa(port), "--dir", dir, "--logfile", "")
	s.cmd.Args = append(s.cmd.Args, args...)
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	running.Store(s)
	go func() {
		s.cmd.Wait()
		close(s.done)
	}()
	return s, nil
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// errPort: somebody was faster to take the port.
var errPort = errors.New("the port is taken")

// up waits until the server answers.
func (s *server) up() error {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		select {
		case <-s.done:
			if text := s.log.tail(); strings.Contains(text, "is taken by") {
				return errPort
			}
			return fmt.Errorf("the server ended by itself; its log:\n%s", s.log.tail())
		default:
		}
		c, err := dial(s.addr)
		if err != nil {
			continue
		}
		r, err := c.do("INFO", "server")
		c.Close()
		if err == nil && strings.Contains(r.text, fmt.Sprintf("process_id:%d\r\n", s.cmd.Process.Pid)) {
			return nil
		}
	}
	return fmt.Errorf("the server does not answer; its log:\n%s", s.log.tail())
}

// kill is kill -9. It returns when the signal is sent: from then on the process does nothing any more.
func (s *server) kill() { s.cmd.Process.Kill() }

// wait waits for the end.
func (s *server) wait() error {
	select {
	case <-s.done:
		return nil
	case <-time.After(patience):
		return fmt.Errorf("the server does not end; its log:\n%s", s.log.tail())
	}
}
