package guard

// How much is asked of the socket, and how much memory an idle connection may keep.
const (
	chunk     = 64 << 10 // one read when the end of the command is unknown
	firstRoom = 16 << 10 // first buffer for a command that outgrew redcon's
	spyRoom   = 512      // first buffer of a watched connection: ten thousand parked clients are usual
	keepRoom  = 4 << 10  // an empty buffer above is given back
)

// backlog holds bytes received and not yet released. It grows with the bytes received, never with the bytes promised.
// Only the goroutine inside Conn.Read, or between Conn.Watch and its stop the watcher's, may touch it.
type backlog struct {
	buf []byte
	off int // buf[:off] has been released
}

func (b *backlog) bytes() []byte { return b.buf[b.off:] }
func (b *backlog) len() int      { return len(b.buf) - b.off }
func (b *backlog) free() int     { return cap(b.buf) - len(b.buf) }

// append adds a copy of p.
func (b *backlog) append(p []byte) {
	if len(p) > 0 {
		b.buf = append(b.buf, p...)
	}
}

// extend takes over n bytes written into the slice that room returned.
func (b *backlog) extend(n int) { b.buf = b.buf[:len(b.buf)+n] }

// drop forgets the first n bytes.
func (b *backlog) drop(n int) {
	b.off += n
	if b.off < len(b.buf) {
		return
	}
	b.off, b.buf = 0, b.buf[:0]
	if cap(b.buf) > keepRoom {
		b.buf = nil
	}
}

// take returns the first n bytes as the caller's own and forgets them. It gives the buffer away, instead of a copy,
// when they are most of it: a value of 512 MB is not copied here.
func (b *backlog) take(n int) []byte {
	head := b.bytes()[:n:n]
	if 2*n < cap(b.buf) {
		head = append([]byte(nil), head...)
		b.drop(n)
		return head
	}
	rest := b.bytes()[n:]
	*b = backlog{}
	b.append(rest)
	return head
}

// room returns space for the next read. due is how many bytes the argument being received lacks, or 0; last says that
// the command ends with it: once a quarter of it is there, a buffer of exactly the right size is made. So what is
// allocated stays within four times the bytes received, and no byte is moved more than once on the average.
func (b *backlog) room(due int, last bool, first int) []byte {
	if b.free() < min(spyRoom, max(due, 1)) {
		size := max(2*b.len(), first)
		if whole := b.len() + due; last && due > 0 && whole <= 2*size {
			size = whole
		}
		b.move(max(size, b.len()+1))
	}
	space := b.buf[len(b.buf):cap(b.buf)]
	// Not past the end of a large argument: the bytes behind it would have to be moved.
	return space[:min(len(space), max(due, chunk))]
}

func (b *backlog) move(size int) {
	grown := make([]byte, b.len(), size)
	copy(grown, b.bytes())
	*b = backlog{buf: grown}
}
