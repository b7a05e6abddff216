package resp

import (
	"net"
	"sync"
	"sync/atomic"
	"time"

	"larder/resp/cmd"
	"larder/resp/param"
)

// outputPiece is about how many bytes of messages go to a socket at once.
const outputPiece = 64 << 10

// outputLimits are client-output-buffer-limit as configured.
type outputLimits struct{ normal, pubsub param.OutputLimit }

// of is the limit of a client's class. Redis allows normal clients any amount by default, and a
// MONITOR nobody reads then eats the memory: where they have no limit, pubsub's holds.
func (l *outputLimits) of(c *cmd.Client) param.OutputLimit {
	if l.normal == (param.OutputLimit{}) || c.Subscribed() {
		return l.pubsub
	}
	return l.normal
}

// output carries to one client what is no reply: messages, invalidations, lines of MONITOR.
// Whoever pushes never waits for the socket: messages queue up to the limit of the client's
// class, and one that does not read them in time is dropped, and nobody else.
//
// The wire belongs to the session while it serves a pipeline, so that a message never lands
// inside a reply nor before the confirmation of its subscription; the session sends what
// queued up behind each reply itself. At other times a goroutine that lives as long as there
// is something to send has it. For any goroutine, but hold, letGo and appendTo are the session's.
type output struct {
	conn   net.Conn
	client *cmd.Client
	moment func() uint64 // see store.Sequencer
	limits *atomic.Pointer[outputLimits]
	// tooSlow hears, once, that the client is dropped. It must not block.
	tooSlow func()

	wire sync.Mutex // held by whoever writes to conn

	waiting atomic.Bool // the queue is not empty; changed under mu

	mu       sync.Mutex
	queue    []push
	bytes    int64     // queued or being written
	overSoft time.Time // since when bytes has been over the soft limit; zero if it is not
	serving  bool      // the session has the wire
	draining bool      // the goroutine runs
	closed   bool
}

// push is a message on its way to a client.
type push struct {
	bytes []byte
	// moment is that of the transaction that has led to it, or of the last one that had led to something.
	moment uint64
}

// push queues a message, which must not change any more.
func (o *output) push(message []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return
	}
	o.queue = append(o.queue, push{message, o.moment()})
	o.bytes += int64(len(message))
	o.waiting.Store(true)
	if o.full() {
		o.shut()
		o.client.Close()
		o.tooSlow()
		return
	}
	o.wake()
}

// wake starts the goroutine if there is work for it. The caller holds mu.
func (o *output) wake() {
	if len(o.queue) > 0 && !o.serving && !o.draining {
		o.draining = true
		go o.drain()
	}
}

// full reports whether the limit is reached. The caller holds mu.
func (o *output) full() bool {
	l := o.limits.Load().of(o.client)
	bytes := uint64(o.bytes)
	if l.Hard > 0 && bytes >= l.Hard {
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

func (o *output) shut() {
	o.closed, o.queue, o.bytes = true, nil, 0
	o.waiting.Store(false)
}

// close drops what is queued: the connection is gone.
func (o *output) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.shut()
}

// hold takes the wire for the session.
func (o *output) hold() {
	o.wire.Lock()
	o.mu.Lock()
	o.serving = true
	o.mu.Unlock()
}

// letGo gives the wire up. Replies must be flushed before.
func (o *output) letGo() {
	o.mu.Lock()
	o.serving = false
	o.wake()
	o.mu.Unlock()
	o.wire.Unlock()
}

// until counts the messages that lead the queue and are of moments up to one.
func (o *output) until(moment uint64) (n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for n < len(o.queue) && o.queue[n].moment <= moment {
		n++
	}
	return n
}

// appendTo moves the first n messages that are queued, or all there are, behind dst. The caller has the wire.
func (o *output) appendTo(dst []byte, n int) []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	n = min(n, len(o.queue))
	for _, m := range o.queue[:n] {
		dst = append(dst, m.bytes...)
		o.bytes -= int64(len(m.bytes))
	}
	if o.queue = o.queue[n:]; len(o.queue) == 0 {
		o.queue = nil
		o.waiting.Store(false)
	}
	return dst
}

// drain sends until nothing is left.
func (o *output) drain() {
	var room []byte
	for {
		o.wire.Lock()
		room = o.take(room[:0])
		if len(room) == 0 {
			o.wire.Unlock()
			return
		}
		_, err := o.conn.Write(room)
		o.wire.Unlock()
		o.sent(len(room))
		if err != nil {
			o.close()
		}
	}
}

// take moves a piece of the queue behind dst. Its bytes count until they are sent: it is then
// that a client has read them, or its kernel has.
func (o *output) take(dst []byte) []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	i := 0
	for ; i < len(o.queue) && len(dst) < outputPiece; i++ {
		dst = append(dst, o.queue[i].bytes...)
		o.queue[i].bytes = nil
	}
	o.queue = o.queue[i:]
	if len(dst) == 0 {
		o.queue, o.draining = nil, false
		o.waiting.Store(false)
	}
	return dst
}

func (o *output) sent(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.closed {
		o.bytes -= int64(n)
	}
}

// pending is what waits to be sent: messages and bytes.
func (o *output) pending() (messages int, bytes int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.queue), o.bytes
}
