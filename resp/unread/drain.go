package unread

import (
	"io"
	"time"
)

// drain sends until nothing is left.
func (o *Output) drain() {
	var room []byte
	for {
		p, more := o.next(room[:0])
		if !more {
			return
		}
		err := o.pass(&p, &room)
		o.sent(&p, err)
	}
}

// next takes the oldest bytes from the queue. They count until they are sent: it is then that the client has read
// them, or its kernel has.
func (o *Output) next(room []byte) (piece, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for !o.closed {
		if p := o.queue.take(room); p.size > 0 {
			return p, true
		}
		if !o.queue.moving {
			break
		}
		o.changed.Wait()
	}
	o.queue.rest()
	o.draining, o.stuck = false, false
	o.changed.Broadcast()
	return piece{}, false
}

// pass writes a piece to the socket, those of files through room.
func (o *Output) pass(p *piece, room *[]byte) error {
	if p.file == nil {
		if p.joined {
			*room = p.bytes
		}
		_, err := o.conn.Write(p.bytes)
		return err
	}
	if int64(cap(*room)) < p.size {
		*room = make([]byte, outputPiece)
	}
	b := (*room)[:p.size]
	if _, err := io.ReadFull(io.NewSectionReader(p.file, p.at, p.size), b); err != nil {
		return &fileError{err}
	}
	_, err := o.conn.Write(b)
	return err
}

// fileError is a failure of a temporary file: that of a connection is nothing to tell.
type fileError struct{ error }

// sent counts a piece as sent and frees it; after an error everything.
func (o *Output) sent(p *piece, err error) {
	o.mu.Lock()
	from, to := int64(0), int64(0)
	switch e, broken := err.(*fileError); {
	case o.closed:
	case broken:
		o.drop(e.error)
	case err != nil:
		o.shut()
	default:
		o.bytes -= p.size
		o.taken += p.size
		if p.file != nil {
			from, to = p.file.sent(p.size, p.at+p.size)
			o.queue.release(p.file)
		}
		o.changed.Broadcast()
	}
	if o.closed && p.file != nil {
		p.file.Close()
	}
	o.mu.Unlock()
	if to > from {
		free(p.file.File, from, to)
	}
}

// room makes the session wait until the queue's memory is not full. A client that reads is given time, so that the
// disk stays out of it as long as somebody takes what he has asked for; once he does not, memory goes to the file. The
// caller holds mu.
func (o *Output) room() {
	o.wait(func() bool { return o.queue.memory < memoryMost })
	for !o.closed && o.queue.memory >= memoryMost {
		if o.queue.moving {
			o.changed.Wait()
			continue
		}
		o.queue.moving = true
		o.mu.Unlock()
		o.spill()
		o.mu.Lock()
	}
}

// wait waits until done, as long as something is sent every now and then. A client that has not read for too long is
// not waited for again until it has read everything. The caller holds mu.
func (o *Output) wait(done func() bool) {
	for !o.closed && !o.stuck && !done() {
		late := false
		timer := time.AfterFunc(patience, func() {
			o.mu.Lock()
			defer o.mu.Unlock()
			late = true
			o.changed.Broadcast()
		})
		before := o.taken
		for !late && !o.closed && o.taken == before && !done() {
			o.changed.Wait()
		}
		timer.Stop()
		o.stuck = late && o.taken == before
	}
}

// spill moves the queue's memory to its file. Its caller has set moving.
func (o *Output) spill() {
	o.mu.Lock()
	chunks, file := o.queue.lift()
	o.mu.Unlock()
	var n int64
	var err error
	if file == nil {
		file, err = newSpillFile()
	}
	if err == nil {
		n, err = file.append(chunks)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	defer o.changed.Broadcast()
	switch {
	case o.closed:
		o.queue.moving = false
		if file != nil {
			file.Close()
		}
	case err != nil:
		o.queue.moving = false
		if file != nil {
			file.Close()
		}
		o.drop(err)
	default:
		o.queue.settle(file, n)
	}
}
