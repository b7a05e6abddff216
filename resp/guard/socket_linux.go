package guard

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"unsafe"
)

// A read or write of a socket that does not block takes microseconds, but package net announces each to Go's scheduler
// as one that may: its monitor then wakes every 20 us to see whether another thread is to take over, and gives the
// processor away under a client's eyes. That was a tenth of the CPU of a GET. So here the calls are made without
// saying so, and only waiting, which the runtime's poller does, is left to package net.

// socket is a connection whose transfers are hidden from the scheduler. For any goroutine.
type socket struct {
	conn    net.Conn
	in, out transfer
}

// moveMost bounds what one call moves, in bytes: while it runs no garbage collection can begin.
const moveMost = 64 << 10

// newSocket wraps a connection that has a descriptor, and returns any other as it is.
func newSocket(conn net.Conn) io.ReadWriter {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return conn
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return conn
	}
	s := &socket{conn: conn}
	s.in.wait, s.in.step = raw.Read, s.in.read
	s.out.wait, s.out.step, s.out.once = raw.Write, s.out.write, s.out.writeOnce
	return s
}

func (s *socket) Read(p []byte) (int, error) {
	n, err := s.in.run(p, s.in.step)
	switch {
	case err != nil:
		return n, s.failed("read", err)
	case n == 0 && len(p) > 0:
		return 0, io.EOF
	}
	return n, nil
}

func (s *socket) Write(p []byte) (int, error) { return s.write(p, s.out.step) }

// TryWrite writes what the socket takes without waiting.
func (s *socket) TryWrite(p []byte) (int, error) { return s.write(p, s.out.once) }

func (s *socket) write(p []byte, step func(uintptr) bool) (int, error) {
	n, err := s.out.run(p, step)
	if err != nil {
		return n, s.failed("write", err)
	}
	return n, nil
}

func (s *socket) failed(op string, err error) error {
	if errno, ok := err.(syscall.Errno); ok {
		err = &net.OpError{Op: op, Net: s.conn.LocalAddr().Network(), Source: s.conn.LocalAddr(), Addr: s.conn.RemoteAddr(),
			Err: os.NewSyscallError(op, errno)}
	}
	return err
}

// transfer is one direction of a socket.
type transfer struct {
	wait func(func(fd uintptr) bool) error // tries until step says that it is done, waiting in between
	step func(fd uintptr) bool             // kept, as a new closure for each call would be garbage
	once func(fd uintptr) bool             // as step, but done when the socket is not ready

	mu  sync.Mutex // guards what follows: one transfer at a time
	p   []byte
	n   int
	err error
}

// run moves p by step. The error of wait, on a deadline or a closed connection, is package net's.
func (t *transfer) run(p []byte, step func(uintptr) bool) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.p, t.n, t.err = p, 0, nil
	err := t.wait(step)
	t.p = nil
	if err == nil {
		err = t.err
	}
	return t.n, err
}

func (t *transfer) read(fd uintptr) (done bool) {
	n, again, err := move(syscall.SYS_READ, fd, t.p)
	t.n, t.err = n, err
	return !again
}

func (t *transfer) write(fd uintptr) (done bool) {
	for t.n < len(t.p) {
		n, again, err := move(syscall.SYS_WRITE, fd, t.p[t.n:])
		if again {
			return false
		}
		if t.n, t.err = t.n+n, err; err != nil {
			return true
		}
	}
	return true
}

func (t *transfer) writeOnce(fd uintptr) (done bool) {
	t.write(fd)
	return true
}

// move makes one system call on a descriptor that does not block. again says that the socket is not ready.
func move(call, fd uintptr, p []byte) (n int, again bool, err error) {
	if len(p) == 0 {
		return 0, false, nil
	}
	for {
		moved, _, errno := syscall.RawSyscall(call, fd, uintptr(unsafe.Pointer(&p[0])), uintptr(min(len(p), moveMost)))
		switch errno {
		case 0:
			return int(moved), false, nil
		case syscall.EINTR:
		case syscall.EAGAIN:
			return 0, true, nil
		default:
			return 0, false, errno
		}
	}
}
