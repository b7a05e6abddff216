// Package unread carries to a client what it is sent, and keeps what the client has not read: in memory, then in a
// temporary file, up to the limits of client-output-buffer-limit. Nobody waits for a socket.
package unread

import (
	"io"
	"sync"
	"sync/atomic"
	"time"

	"larder/resp/cmd"
	"larder/resp/param"
	"larder/resp/reply"
)

const (
	// outputPiece is about how many bytes go to a socket at once.
	outputPiece = 64 << 10
	// memoryMost is how many unread bytes of a client stay in memory; see output.room. A hundred clients that do not
	// read are usual.
	memoryMost = 256 << 10
	// patience is how long a session waits for a client that has begun to read to go on, before it lets what is unread
	// go to a file.
	patience = 20 * time.Millisecond
	// strangerMost is how many unread bytes are too much for a client that has yet to authenticate.
	strangerMost = 1024
)

// Limits are client-output-buffer-limit as configured.
type Limits struct{ Normal, PubSub param.OutputLimit }

// of is the limit of a client's class.
func (l *Limits) of(c *cmd.Client) param.OutputLimit {
	if c.Subscribed() {
		return l.PubSub
	}
	return l.Normal
}

// Conn is the connection as an output needs it.
type Conn interface {
	io.Writer
	// TryWrite writes as much as is possible without waiting, perhaps nothing.
	TryWrite(p []byte) (int, error)
}

// Output carries to one client all it is sent: replies, and messages, invalidations, lines of MONITOR. Nobody waits
// for the socket. What it takes at once is written at once; the rest queues, in memory and then in a temporary file,
// and a goroutine that lives as long as something is queued sends it. So a client may send all its commands before it
// reads the first reply. A client for whom more is queued than the limit of its class allows is dropped, and so is one
// whose file cannot be written.
//
// While the session serves a pipeline, what others push is held, so that a message never lands inside a reply nor
// before the confirmation of its subscription; the session queues it behind each reply itself.
//
// Push, Close, Pending, Enforce, Fail and the drainer are for any goroutine. Hold, LetGo and Finish, and what its
// Writer calls, are the session's; the Writer needs Hold.
type Output struct {
	conn    Conn
	client  *cmd.Client
	moment  func() uint64 // see store.Sequencer
	limits  *atomic.Pointer[Limits]
	dropped func(error) // see New

	waiting atomic.Bool // messages are held; changed under mu

	mu       sync.Mutex
	changed  sync.Cond // on mu: something was sent, moved or closed
	queue    backlog   // what the drainer sends; it runs exactly while this is not empty
	messages []message // pushed while the session serves
	bytes    int64     // queued, held or being written
	taken    int64     // sent by the drainer since the start
	overSoft time.Time // since when bytes has been over the soft limit; zero if it is not
	serving  bool      // between Hold and LetGo
	draining bool      // the drainer runs
	stuck    bool      // the client has kept the session waiting, and has not read everything since
	closed   bool
}

// message is one on its way to a client.
type message struct {
	bytes []byte
	// moment is that of the transaction that has led to it, or of the last one that had led to something.
	moment uint64
}

// New makes the output of a client's connection. dropped hears, once, that the client is dropped: over its limit, or,
// with an error, because of its file. It must not block.
func New(conn Conn, client *cmd.Client, moment func() uint64, limits *atomic.Pointer[Limits],
	dropped func(error)) *Output {
	o := &Output{conn: conn, client: client, moment: moment, limits: limits, dropped: dropped}
	o.changed.L = &o.mu
	return o
}

// Push queues a message, which must not change any more.
func (o *Output) Push(m []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return
	}
	o.bytes += int64(len(m))
	if o.full(0) {
		o.drop(nil)
		return
	}
	if o.serving {
		o.messages = append(o.messages, message{m, o.moment()})
		o.waiting.Store(true)
		return
	}
	o.queue.add(m, true)
	o.wake()
	o.relieve()
}

// wake starts the drainer if there is work for it. The caller holds mu.
func (o *Output) wake() {
	if !o.draining && !o.queue.empty() {
		o.draining = true
		go o.drain()
	}
}

// relieve has too much memory moved to a file. The caller holds mu.
func (o *Output) relieve() {
	if o.queue.memory >= memoryMost && !o.queue.moving {
		o.queue.moving = true
		go o.spill() // not here: who pushes is not to wait for the disk of others
	}
}

// Waiting reports whether messages are held.
func (o *Output) Waiting() bool { return o.waiting.Load() }

// full reports whether the limit is reached with so many bytes more. The caller holds mu.
func (o *Output) full(more int) bool {
	l := o.limits.Load().of(o.client)
	bytes := uint64(o.bytes) + uint64(more)
	if l.Hard > 0 && bytes >= l.Hard || bytes > strangerMost && o.client.IsStranger() {
		return true
	}
	if l.Soft == 0 || bytes < l.Soft {
		o.overSoft = time.Time{}
		return false
	}
	if o.overSoft.IsZero() {
		o.overSoft = time.Now()
		return false
	}
	return time.Since(o.overSoft) > time.Duration(l.SoftSeconds)*time.Second
}

// threshold is how many bytes of a pipeline's replies are put together at least, so that a client who asks for more
// than its hard limit at once is not sent the beginning: as in Redis it gets nothing. Past memoryMost that is given up.
func (o *Output) threshold() int {
	return int(min(o.limits.Load().of(o.client).Hard, memoryMost))
}

// drop closes the connection. The caller holds mu.
func (o *Output) drop(why error) {
	o.shut()
	o.client.Close()
	o.dropped(why)
}

func (o *Output) shut() {
	o.closed, o.messages, o.bytes = true, nil, 0
	o.queue.clear()
	o.waiting.Store(false)
	o.changed.Broadcast()
}

// Close drops what is queued: the connection is gone.
func (o *Output) Close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.shut()
}

// Enforce drops the client if it is over a limit, which time, or CONFIG SET, may have brought about.
func (o *Output) Enforce() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.closed && o.bytes > 0 && o.full(0) {
		o.drop(nil)
	}
}

// Fail drops the client because of a temporary file.
func (o *Output) Fail(why error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.closed {
		o.drop(why)
	}
}

// Pending is what waits to be sent: bytes, and how many of Redis's blocks they would fill.
func (o *Output) Pending() (blocks int, bytes int64) {
	const block = 16 << 10
	o.mu.Lock()
	defer o.mu.Unlock()
	return int((o.bytes + block - 1) / block), o.bytes
}

// Hold begins a pipeline: from now on messages are held.
func (o *Output) Hold() {
	o.mu.Lock()
	o.serving = true
	o.mu.Unlock()
}

// LetGo ends it. Replies must be sent before.
func (o *Output) LetGo() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.serving = false
	for _, m := range o.messages {
		o.queue.add(m.bytes, true)
	}
	o.messages = nil
	o.waiting.Store(false)
	o.wake()
	o.relieve()
}

// until counts the messages that are held and are of moments up to one: they come before the others.
func (o *Output) until(moment uint64) (n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for n < len(o.messages) && o.messages[n].moment <= moment {
		n++
	}
	return n
}

// collect gives the first n messages that are held, or all there are, to the session, which sends them.
func (o *Output) collect(n int) []message {
	o.mu.Lock()
	defer o.mu.Unlock()
	n = min(n, len(o.messages))
	messages := o.messages[:n]
	for _, m := range messages {
		o.bytes -= int64(len(m.bytes))
	}
	if o.messages = o.messages[n:]; len(o.messages) == 0 {
		o.messages = nil
		o.waiting.Store(false)
	}
	return messages
}

// send sends replies, which may change afterwards: at once as far as the socket takes them, if nothing is queued.
func (o *Output) send(p []byte) {
	o.mu.Lock()
	if !o.closed && o.full(len(p)) {
		o.drop(nil)
	}
	closed, direct := o.closed, !o.draining
	o.mu.Unlock()
	if closed {
		return
	}
	if direct {
		n, err := o.conn.TryWrite(p) // nobody else writes: only a session that serves starts the drainer
		if err != nil {
			o.Close()
			return
		}
		p = p[n:]
	}
	if len(p) > 0 {
		o.enqueue(p)
	}
}

// enqueue queues a copy of p, in pieces, so that one who reads a long value keeps it out of memory and off the disk.
func (o *Output) enqueue(p []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.bytes += int64(len(p))
	for len(p) > 0 {
		if o.room(); o.closed {
			return
		}
		n := min(len(p), outputPiece)
		o.queue.add(p[:n], false)
		o.wake()
		p = p[n:]
	}
}

// Write is send for io.Copy. It fails once the client is gone.
func (o *Output) Write(p []byte) (int, error) {
	o.send(p)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return 0, io.ErrClosedPipe
	}
	return len(p), nil
}

// long sends a large reply and frees it. One that finds nothing queued brings its own file; others are copied, so that
// a client who does not read costs two descriptors and not one for each reply.
func (o *Output) long(r reply.Reply) {
	o.mu.Lock()
	o.wait(func() bool { return !o.draining })
	direct := !o.draining && !o.closed
	o.mu.Unlock()
	if !direct {
		_, _ = r.WriteTo(o) // an error means that the client is gone, as the next read will find
		return
	}
	head, file, size, tail := r.Detach()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.bytes += int64(len(head)) + size + int64(len(tail))
	if o.closed || o.full(0) {
		file.Close()
		if !o.closed {
			o.drop(nil)
		}
		return
	}
	o.queue.hand(head, &spillFile{File: file, end: size, unread: size}, tail)
	o.wake()
}

// Finish waits until the client has read everything, or is gone.
func (o *Output) Finish() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.draining && !o.closed {
		o.changed.Wait()
	}
}
