// Package guard stands between the network and redcon, whose reader trusts its input: it indexes with lengths it did
// not check, re-reads an unfinished command from its first byte at every packet (and recurses once for each), spins on
// a large argument count, parses inline commands unlike Redis, knows no limits, and keeps its largest buffer for good.
//
// A guard.Conn shows redcon only whole commands that it reads as Redis would. Small ordinary ones go straight from the
// socket into redcon's buffer. All others (large values, inline commands, line ends only Redis tolerates) are parsed
// here and held; redcon sees a placeholder in their place, and the handler gets the arguments from Conn.Args.
package guard

import (
	"io"
	"net"
	"sync/atomic"
	"time"
)

const (
	// window is the least Read passes on at once and the largest command it copies there from the backlog; redcon's
	// reads are never smaller.
	window = 4 << 10
	// farewell bounds how long the write of a protocol error may wait for a client that does not read.
	farewell = 5 * time.Second
)

// Conn is a net.Conn that checks what is read from it. Read, Args, Watch and OnRefusal belong to the goroutine that
// redcon runs for the connection (before it starts, to the one that accepted it); everything else may be called by any.
//
// redcon reads again only after it has run all commands it was given and flushed their replies. The guard relies on it
// twice: a protocol error is written inside the Read that follows, so it comes behind the replies to the commands
// before it; and of a client that is not authenticated one command is passed at a time, so that an AUTH counts for the
// command behind it. Code that reads commands from a detached redcon connection must flush before as well.
type Conn struct {
	net.Conn
	socket  io.ReadWriter // the way to Conn's data
	limits  *Limits
	traffic *Traffic

	frame    frame
	backlog  backlog
	held     [][][]byte
	spill    []byte // released, but too much for the caller's buffer
	err      error  // of the network or the protocol, final; returned once the backlog has nothing to release
	refusal  func(*ProtocolError) bool
	end      func()
	handed   int // bytes of the commands held during the present Read
	stranger atomic.Bool

	used, free atomic.Int64
}

// NewConn guards conn. limits and traffic are shared with other connections.
func NewConn(conn net.Conn, limits *Limits, traffic *Traffic) *Conn {
	return &Conn{Conn: conn, socket: newSocket(conn), limits: limits, traffic: traffic}
}

// Restrict sets the limits for a client that must authenticate and has not yet (true: 10 arguments, of 16 KB) or those
// for all others (false, as at the start).
func (c *Conn) Restrict(on bool) { c.stranger.Store(on) }

// OnRefusal sets what is called inside Read when the input broke the protocol, after the replies to all commands before
// were flushed. The guard itself writes the error line if f returns true, or if there is no f; f returns false when the
// client wants no replies. The connection is closed in either case.
func (c *Conn) OnRefusal(f func(*ProtocolError) bool) { c.refusal = f }

// OnEnd sets what is called inside Read when the client has ended its side, after all commands have run. It may wait:
// the connection is closed when it returns.
func (c *Conn) OnEnd(f func()) { c.end = f }

// QueryBuffer returns the bytes of input that wait or are being executed, and the bytes allocated beyond them (CLIENT
// LIST's qbuf and qbuf-free).
func (c *Conn) QueryBuffer() (used, free int64) { return c.used.Load(), c.free.Load() }

// Write counts. It makes no system call for nothing, which redcon writes when a handler left it no reply.
func (c *Conn) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	n, err := c.socket.Write(p)
	c.traffic.Out.Add(int64(n))
	return n, err
}

// TryWrite writes as much of p as the socket takes without waiting; nothing, where that cannot be known. No other write
// may be under way.
func (c *Conn) TryWrite(p []byte) (int, error) {
	s, ok := c.socket.(interface{ TryWrite([]byte) (int, error) })
	if !ok || len(p) == 0 {
		return 0, nil
	}
	n, err := s.TryWrite(p)
	c.traffic.Out.Add(int64(n))
	return n, err
}

// Read returns whole commands. Its errors are those of the network, *ProtocolError (already written to the client) and
// ErrQueryBuffer; all are final, and redcon closes the connection and hands them to its closed callback.
func (c *Conn) Read(p []byte) (int, error) {
	if len(c.spill) == 0 {
		if len(p) >= window {
			return c.fill(p)
		}
		wide := make([]byte, window)
		n, err := c.fill(wide)
		if err != nil {
			return 0, err
		}
		c.spill = wide[:n]
	}
	n := copy(p, c.spill)
	c.spill = c.spill[n:]
	return n, nil
}

func (c *Conn) fill(p []byte) (int, error) {
	c.handed = 0
	for {
		n, err := c.release(p)
		if err != nil {
			return 0, c.refuse(err)
		}
		if n == 0 && c.err != nil {
			if c.err == io.EOF && c.end != nil {
				c.end()
			}
			return 0, c.err
		}
		if n == 0 {
			n = c.receive(p)
		}
		if n > 0 {
			c.gauge(n + c.handed)
			return n, nil
		}
	}
}

// refuse tells the client why it is dropped.
func (c *Conn) refuse(e *ProtocolError) error {
	c.err, c.frame, c.backlog = e, frame{}, backlog{}
	if c.refusal == nil || c.refusal(e) {
		// The client may have vanished: closing is all that is left to do, as it is after the line was written.
		_ = c.SetWriteDeadline(time.Now().Add(farewell))
		_, _ = c.Write(e.Line())
	}
	return e
}

func (c *Conn) rules() rules {
	return rules{bulk: min(c.limits.MaxBulk.Load(), farthest), stranger: c.stranger.Load()}
}

// release moves commands from the backlog to p as far as they are whole and there is room. The error comes alone: what
// stands before it has been returned by an earlier call.
func (c *Conn) release(p []byte) (n int, err *ProtocolError) {
	r := c.rules()
	for len(p)-n >= len(placeholder) {
		switch v := c.frame.next(c.backlog.bytes(), r); {
		case v == more:
			return n, nil
		case v == refused && n > 0:
			return n, nil
		case v == refused:
			return 0, c.frame.err
		case v == blank:
			c.backlog.drop(c.frame.size)
		case v == plain && c.frame.size <= window:
			if c.frame.size > len(p)-n {
				return n, nil
			}
			n += copy(p[n:], c.backlog.bytes()[:c.frame.size])
			c.backlog.drop(c.frame.size)
		default:
			args, err := c.hold()
			if err != nil {
				c.frame.verdict, c.frame.err = refused, err
				continue
			}
			if len(args) > 0 {
				c.held = append(c.held, args)
				c.handed += c.frame.size
				n += copy(p[n:], placeholder)
			}
		}
		c.frame = frame{}
		if r.stranger && n > 0 {
			return n, nil
		}
	}
	return n, nil
}

// receive reads from the network once the backlog holds nothing but an unfinished command. It returns how many bytes
// at the head of p are commands for redcon; none, if the backlog or c.err has to be looked at.
func (c *Conn) receive(p []byte) int {
	if c.backlog.len() <= len(p)/2 {
		return c.pass(p)
	}
	have := c.backlog.len()
	due, last := c.frame.due(have), c.frame.left == 1
	c.gauge(0)
	n, err := c.count(c.socket.Read(c.backlog.room(due, last, firstRoom)))
	c.backlog.extend(n)
	c.settle(err)
	return 0
}

// pass is the usual case: it reads into p itself, checks, and keeps back only the unfinished command at the end.
func (c *Conn) pass(p []byte) int {
	have := copy(p, c.backlog.bytes())
	c.backlog.drop(have)
	for {
		c.gauge(have)
		n, err := c.count(c.socket.Read(p[have:]))
		have += n
		good := c.check(p[:have])
		if good == 0 && err == nil && c.frame.verdict == more && have <= len(p)/2 {
			continue
		}
		c.backlog.append(p[good:have])
		c.settle(err)
		return good
	}
}

// check returns how many bytes of b are commands that redcon may see.
func (c *Conn) check(b []byte) (good int) {
	r := c.rules()
	for good < len(b) && c.frame.next(b[good:], r) == plain {
		good += c.frame.size
		c.frame = frame{}
		if r.stranger {
			break
		}
	}
	return good
}

func (c *Conn) count(n int, err error) (int, error) {
	if n > 0 {
		c.traffic.In.Add(int64(n))
	}
	return n, err
}

// settle keeps the outcome of a read: its error, or that the backlog has become too large. The arguments' own headers
// are part of that, or a command of many empty ones could take four times the limit.
func (c *Conn) settle(err error) {
	if err != nil {
		c.err = err
	}
	size := int64(c.backlog.len()) + (c.frame.count-c.frame.left)*sliceHeaderSize
	if size > c.limits.QueryBuffer.Load() {
		c.err, c.frame, c.backlog = ErrQueryBuffer, frame{}, backlog{}
	}
}

// gauge publishes the size of the backlog and of what is on its way through redcon.
func (c *Conn) gauge(inFlight int) {
	c.used.Store(int64(c.backlog.len() + inFlight))
	if free := int64(c.backlog.free()); free != c.free.Load() {
		c.free.Store(free)
	}
}
