package unread

const (
	// chunkSize is the size, in bytes, up to which small messages are put together.
	chunkSize = 64 << 10
	// shareFrom is the size from which a message is queued as it is, shared with others who are sent the same, and not
	// as a copy. A copy below costs less than a slice of its own.
	shareFrom = 4 << 10
)

// piece is a part of a backlog: bytes in memory, or size bytes of a file.
type piece struct {
	bytes    []byte
	file     *spillFile
	at, size int64
	joined   bool // bytes are the room that take was given
}

// backlog is what a client has not read, oldest first: pieces, most of them of files, then chunks in memory. The
// chunks go to a file together, when they have become too many (lift, settle), so that memory stays bounded and the
// order is kept. The mu of its output guards it.
type backlog struct {
	front  []piece
	tail   [][]byte
	open   bool  // the last chunk is ours to append to
	memory int64 // bytes of tail
	moving bool  // chunks are on their way from tail to the end of front
	file   *spillFile
}

func (b *backlog) empty() bool { return len(b.front) == 0 && len(b.tail) == 0 && !b.moving }

// add queues p, as it is if it may be shared and is large or alone, else as a copy.
func (b *backlog) add(p []byte, shared bool) {
	if len(p) == 0 {
		return
	}
	b.memory += int64(len(p))
	last := len(b.tail) - 1
	switch {
	case b.open && len(b.tail[last])+len(p) <= chunkSize:
		b.tail[last] = append(b.tail[last], p...)
	case shared && (last < 0 || len(p) >= shareFrom):
		b.tail, b.open = append(b.tail, p), false
	default:
		b.tail, b.open = append(b.tail, append([]byte(nil), p...)), true
	}
}

// hand queues the file of a long reply with what stands before and behind it. Nothing else may be queued.
func (b *backlog) hand(head []byte, f *spillFile, tail []byte) {
	b.front = append(b.front, piece{bytes: head}, piece{file: f, size: f.end})
	b.add(tail, true)
}

// take removes the oldest bytes, about outputPiece of them. Several chunks are joined in room. None come if there are
// none, or if they are being moved.
func (b *backlog) take(room []byte) piece {
	switch {
	case len(b.front) > 0:
		return b.takeFront()
	case b.moving || len(b.tail) == 0:
		return piece{}
	case len(b.tail) == 1 || len(b.tail[0]) >= outputPiece:
		room = b.tail[0]
		b.drop(1)
	default:
		n := 0
		for ; n < len(b.tail) && len(room) < outputPiece; n++ {
			room = append(room, b.tail[n]...)
		}
		b.drop(n)
		return piece{bytes: room, size: int64(len(room)), joined: true}
	}
	return piece{bytes: room, size: int64(len(room))}
}

func (b *backlog) takeFront() piece {
	p := b.front[0]
	if p.file == nil {
		p.size = int64(len(p.bytes))
	} else if p.size > outputPiece {
		p.size = outputPiece
		b.front[0].at += outputPiece
		b.front[0].size -= outputPiece
		return p
	}
	if b.front = b.front[1:]; len(b.front) == 0 {
		b.front = nil
	}
	return p
}

// drop forgets the first n chunks.
func (b *backlog) drop(n int) {
	for i, c := range b.tail[:n] {
		b.memory -= int64(len(c))
		b.tail[i] = nil
	}
	if b.tail = b.tail[n:]; len(b.tail) == 0 {
		b.tail, b.open = nil, false
	}
}

// lift takes all chunks out, to be written to the file that it returns, nil for a new one. moving must be set, and no
// chunk is sent until settle.
func (b *backlog) lift() ([][]byte, *spillFile) {
	chunks := b.tail
	b.tail, b.open, b.memory = nil, false, 0
	if full := b.file; full != nil && full.end-full.unread >= spillMost {
		b.file = nil
		b.release(full) // else when it is sent
	}
	return chunks, b.file
}

// settle ends what lift began: n bytes now stand at the end of f.
func (b *backlog) settle(f *spillFile, n int64) {
	b.file, b.moving = f, false
	if last := len(b.front) - 1; last >= 0 && b.front[last].file == f {
		b.front[last].size += n
	} else {
		b.front = append(b.front, piece{file: f, at: f.end, size: n})
	}
	f.end += n
	f.unread += n
}

// release closes the file of a piece that is sent, if nothing of it is left and nothing is to be added.
func (b *backlog) release(f *spillFile) {
	if f.unread > 0 || f == b.file && !b.empty() {
		return
	}
	if f == b.file {
		b.file = nil
	}
	f.Close()
}

// rest closes the file that was written last. The backlog is empty.
func (b *backlog) rest() {
	if b.file != nil {
		b.file.Close()
		b.file = nil
	}
}

// clear forgets everything.
func (b *backlog) clear() {
	for _, p := range b.front {
		if p.file != nil {
			p.file.Close()
		}
	}
	if b.file != nil {
		b.file.Close()
	}
	*b = backlog{moving: b.moving}
}
