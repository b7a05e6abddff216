package waiting

import (
	"sync"
	"sync/atomic"
	"time"

	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/store"
)

// Lines are the blocked commands, in a line for each key. For any goroutine; the lock is
// held for moments and nothing else is taken under it.
type Lines struct {
	engine store.Engine
	pause  *Pause
	done   <-chan struct{}
	failed func(error)

	count atomic.Int64 // of them; 0 lets writers pass without the lock
	loss  atomic.Int64 // of those who are to learn that a key is lost
	mu    sync.Mutex
	lines map[string]*line // by the key's name, the first of those of several databases
}

// line are the places of those who wait for one key, who came first in front.
type line struct {
	key         store.Key
	first, last *place
	next        *line // of the same name, in another database
}

// place is where a waiter stands in one line. Linked, so that any of ten thousand leaves at once.
type place struct {
	waiter         *Waiter
	line           *line
	before, behind *place
}

// Waiter is a blocked command. Its session waits until it is answered and leaves the command line
// alone until then; all else is under the lock of Lines.
type Waiter struct {
	command Command
	block   cmd.Block
	until   time.Time   // zero for ever
	again   *time.Timer // runs the command again, see cmd.Block
	places  []place     // fixed once made: lines point into it

	claimed  bool // a transaction that has not ended yet is serving it
	over     bool
	leaving  *reply.Reply // what it answers if that transaction comes to nothing
	answered chan struct{}
	answer   reply.Reply
	took     time.Duration // to serve it
	served   bool
}

// NewLines makes lines in which nobody stands. Those whom no command has made ready are served on the engine; that this
// has failed is told to failed. done is closed when the server ends.
func NewLines(e store.Engine, p *Pause, done <-chan struct{}, failed func(error)) *Lines {
	return &Lines{engine: e, pause: p, done: done, failed: failed, lines: map[string]*line{}}
}

// Blocked is the command as one that waits. The keys stay those of its command line, which its session leaves alone
// until the waiter is answered.
func Blocked(c Command, b cmd.Block) *Waiter {
	w := &Waiter{command: c, block: b, answered: make(chan struct{})}
	if w.block.Limit > 0 {
		w.until = time.Now().Add(w.block.Limit)
	}
	return w
}

// Left is how long the waiter still waits, 0 for ever.
func (w *Waiter) Left() time.Duration {
	if w.until.IsZero() {
		return 0
	}
	return max(time.Until(w.until), 1)
}

// Answered is closed when the waiter is answered.
func (w *Waiter) Answered() <-chan struct{} { return w.answered }

// Answer is what it is answered, how long that took, and whether its command was served. It waits until there is one.
func (w *Waiter) Answer() (answer reply.Reply, took time.Duration, served bool) {
	<-w.answered
	return w.answer, w.took, w.served
}

// Look has the command of a waiter run again when its time has come.
func (ws *Lines) Look(w *Waiter) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if w.block.Again > 0 && !w.over {
		w.again = time.AfterFunc(w.block.Again, func() { ws.Serve(store.CloneKeys(w.block.Keys)) })
	}
}

// lookLater has it run again at another time: it has run, and found nothing yet.
func (ws *Lines) lookLater(w *Waiter, after time.Duration) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if w.again != nil && !w.over && after > 0 {
		w.again.Reset(after)
	}
}

// Join puts a waiter at the end of the lines of its keys. It is called inside the
// transaction that found nothing in them.
func (ws *Lines) Join(w *Waiter) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	w.places = make([]place, 0, len(w.block.Keys))
	for _, k := range w.block.Keys {
		l := ws.lineOf(k)
		if l.last != nil && l.last.waiter == w {
			continue // the key is named twice
		}
		w.places = append(w.places, place{waiter: w, line: l, before: l.last})
		p := &w.places[len(w.places)-1]
		if l.last == nil {
			l.first = p
		} else {
			l.last.behind = p
		}
		l.last = p
	}
	ws.count.Add(1)
	if w.block.Lost {
		ws.loss.Add(1)
	}
}

// lineOf makes the line of a key if there is none yet. The caller holds mu.
func (ws *Lines) lineOf(k store.Key) *line {
	if l := ws.find(k); l != nil {
		return l
	}
	name := string(k.Name)
	l := &line{key: store.Key{DB: k.DB, Name: []byte(name)}, next: ws.lines[name]}
	ws.lines[name] = l
	return l
}

// find is the line of a key, nil if nobody waits for it. The caller holds mu.
func (ws *Lines) find(k store.Key) *line {
	for l := ws.lines[string(k.Name)]; l != nil; l = l.next {
		if l.key.DB == k.DB {
			return l
		}
	}
	return nil
}

// remove takes a waiter out of its lines. The caller holds mu.
func (ws *Lines) remove(w *Waiter) {
	for i := range w.places {
		p := &w.places[i]
		if p.before == nil {
			p.line.first = p.behind
		} else {
			p.before.behind = p.behind
		}
		if p.behind == nil {
			p.line.last = p.before
		} else {
			p.behind.before = p.before
		}
		if p.line.first == nil {
			ws.drop(p.line)
		}
	}
	w.places = nil
	ws.count.Add(-1)
	if w.block.Lost {
		ws.loss.Add(-1)
	}
}

// drop forgets a line that nobody stands in. The caller holds mu.
func (ws *Lines) drop(l *line) {
	name := string(l.key.Name)
	first := ws.lines[name]
	if first == l {
		if l.next == nil {
			delete(ws.lines, name)
		} else {
			ws.lines[name] = l.next
		}
		return
	}
	for ; first != nil; first = first.next {
		if first.next == l {
			first.next = l.next
		}
	}
}

// end answers a waiter. The caller holds mu.
func (ws *Lines) end(w *Waiter, answer reply.Reply) {
	ws.remove(w)
	w.over, w.claimed, w.answer = true, false, answer
	if w.again != nil {
		w.again.Stop()
	}
	close(w.answered)
}

// Leave ends the wait with an answer: the time is over, or the client is gone. A waiter that is
// being served leaves only if that comes to nothing. It reports whether it left now.
func (ws *Lines) Leave(w *Waiter, answer reply.Reply) bool {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	switch {
	case w.over:
		return false
	case w.claimed:
		w.leaving = &answer
		return false
	}
	ws.end(w, answer)
	return true
}

// Withdraw takes a waiter back whose own transaction runs again. It reports false if the
// waiter is being served or has been: then it stays where it is.
func (ws *Lines) Withdraw(w *Waiter) bool {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if w.over || w.claimed {
		return false
	}
	ws.remove(w)
	return true
}

// claim finds who is to be served next from a key of some type, 0 for one that is gone: behind after, or from
// the front. A claimed waiter keeps its place, so that it is not lost if the transaction that
// claimed it comes to nothing. Who is gone is passed over, though its place may still be there.
func (ws *Lines) claim(k store.Key, t store.Type, after *place) *place {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	l := ws.find(k)
	if l == nil {
		return nil
	}
	p := l.first
	if after != nil {
		p = after.behind
	}
	for ; p != nil; p = p.behind {
		w := p.waiter
		if !w.claimed && (w.block.Type == t || w.block.Lost) && !w.command.Gone() {
			w.claimed = true
			return p
		}
	}
	return nil
}

// release gives a claim up.
func (ws *Lines) release(w *Waiter) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	w.claimed = false
	if w.leaving != nil {
		ws.end(w, *w.leaving)
	}
}

// answer hands a claimed waiter what its command has answered, once that is committed.
func (ws *Lines) answer(w *Waiter, answer reply.Reply, took time.Duration) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	w.took, w.served = took, true
	ws.end(w, answer)
}

// Count is the number of keys that are waited for, and of those whose loss is.
func (ws *Lines) Count() (all, loss int) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for _, l := range ws.lines {
		for ; l != nil; l = l.next {
			all++
			for p := l.first; p != nil; p = p.behind {
				if p.waiter.block.Lost {
					loss++
					break
				}
			}
		}
	}
	return all, loss
}
