// The lines of blocked commands: who is served, in which order, and what becomes of those whose serving comes to nothing.
package waiting_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/resp/waiting"
	"larder/store"
	"larder/store/memory"
)

var ctx = context.Background()

func key(name string) store.Key { return store.Key{Name: []byte(name)} }

// popper is a client that waits to pop one element.
type popper struct {
	keys []store.Key
	gone atomic.Bool
	runs int
}

func (p *popper) Gone() bool { return p.gone.Load() }

func (p *popper) Again([][]byte) waiting.Run { p.runs++; return &run{of: p} }

type run struct {
	of     *popper
	popped reply.Reply
}

func (r *run) Within(tx store.Tx) (*cmd.Block, []store.Key, error) {
	l, _, err := store.FirstList(tx, r.of.keys...)
	if err != nil || l == nil {
		return &cmd.Block{Keys: r.of.keys}, nil, err
	}
	return nil, nil, l.Pop(store.Front, 1, func(v []byte) { r.popped = reply.Text(string(v)) })
}

func (r *run) Commit() (reply.Reply, time.Duration) { return r.popped, time.Second }

func (r *run) Drop() {}

// shop is an engine with lines.
type shop struct {
	*testing.T
	store.Engine
	*waiting.Lines
	pause waiting.Pause
}

func open(t *testing.T) *shop {
	s := &shop{T: t, Engine: memory.New()}
	done := make(chan struct{})
	t.Cleanup(func() { close(done) })
	s.Lines = waiting.NewLines(s.Engine, &s.pause, done, func(err error) { t.Error(err) })
	return s
}

// wait puts a client in the lines of keys.
func (s *shop) wait(names ...string) (*popper, *waiting.Waiter) {
	p := &popper{}
	for _, n := range names {
		p.keys = append(p.keys, key(n))
	}
	w := waiting.Blocked(p, cmd.Block{Keys: p.keys, Type: store.List})
	s.Join(w)
	return p, w
}

var errUndone = errors.New("undone")

// push writes elements and serves those who wait for them; after comes at the end of the transaction, which fails if that
// does.
func (s *shop) push(name string, after func() error, elements ...string) {
	s.Helper()
	v := s.Serving()
	job := store.Job{Write: true, Scope: store.One(key(name)), After: v.Deliver}
	job.Fn = func(tx store.Tx) error {
		v.Undo()
		l, err := store.OpenList(tx, key(name))
		for _, e := range elements {
			if err == nil {
				err = l.Push(store.Back, []byte(e))
			}
		}
		if err != nil {
			return err
		}
		v.Note(s.Written(nil, key(name), store.List, false))
		if err := v.Run(tx); err != nil || after == nil {
			return err
		}
		return after()
	}
	store.Run(ctx, s.Engine, &job)
	if job.Err != nil {
		if !errors.Is(job.Err, errUndone) {
			s.Error(job.Err)
		}
		v.Fail()
	}
}

// left are the elements of a list.
func (s *shop) left(name string) string {
	var all []string
	err := s.View(ctx, store.One(key(name)), func(tx store.Tx) error {
		l, err := store.OpenList(tx, key(name))
		if err != nil {
			return err
		}
		for it, err := range l.Slice(0, -1) {
			if err != nil {
				return err
			}
			all = append(all, string(it.Value))
		}
		return nil
	})
	if err != nil {
		s.Error(err)
	}
	return strings.Join(all, " ")
}

// answered is what a waiter got, empty if it still waits.
func answered(w *waiting.Waiter) string {
	select {
	case <-w.Answered():
		answer, _, served := w.Answer()
		if !served {
			return "left with " + answer.Text()
		}
		return answer.Text()
	default:
		return ""
	}
}

func (s *shop) want(w *waiting.Waiter, answer string) {
	s.Helper()
	if got := answered(w); got != answer {
		s.Errorf("answered %q, want %q", got, answer)
	}
}

func TestFirstComeIsFirstServed(t *testing.T) {
	s := open(t)
	_, first := s.wait("a", "b")
	_, second := s.wait("b")
	_, third := s.wait("b", "b")
	s.push("b", nil, "1", "2")
	s.want(first, "1")
	s.want(second, "2")
	s.want(third, "")
	s.push("a", nil, "x")
	s.push("b", nil, "3", "4")
	s.want(third, "3")
	if a, b := s.left("a"), s.left("b"); a != "x" || b != "4" {
		t.Errorf("left are %q and %q", a, b)
	}
	if all, loss := s.Count(); all != 0 || loss != 0 {
		t.Errorf("%d keys are waited for", all)
	}
}

func TestAClientThatIsGoneIsPassedOver(t *testing.T) {
	s := open(t)
	gone, first := s.wait("k")
	_, second := s.wait("k")
	gone.gone.Store(true)
	s.push("k", nil, "1")
	s.want(first, "")
	s.want(second, "1")
	if gone.runs != 0 {
		t.Errorf("its command ran %d times", gone.runs)
	}
}

// A waiter that is being served leaves only if that comes to nothing, and those whose serving comes to nothing are served
// by a transaction made for it, if there is something by then.
func TestAServingThatFailsGivesItsWaitersBack(t *testing.T) {
	s := open(t)
	_, leaves := s.wait("k")
	_, stays := s.wait("k")
	s.push("k", func() error {
		if s.Leave(leaves, reply.Text("too late")) {
			t.Error("it left while it was being served")
		}
		if s.Withdraw(stays) {
			t.Error("it was taken back while it was being served")
		}
		return errUndone
	}, "1", "2")
	s.want(leaves, "left with too late")
	s.want(stays, "")
	s.push("k", nil, "3")
	s.want(stays, "3")
}

func TestAServingThatIsCommittedIsNotTooLate(t *testing.T) {
	s := open(t)
	_, w := s.wait("k")
	s.push("k", func() error { s.Leave(w, reply.Text("too late")); return nil }, "1")
	s.want(w, "1")
	if s.Leave(w, reply.Text("again")) {
		t.Error("it left twice")
	}
}

// While writers are held up nobody is served; at the end of the pause those are whose keys were written.
func TestAPausePutsServingOff(t *testing.T) {
	s := open(t)
	_, w := s.wait("k")
	s.pause.Begin(time.Now().Add(time.Hour), false)
	s.push("k", nil, "1")
	s.want(w, "")
	s.pause.End()
	<-w.Answered()
	s.want(w, "1")
}

// Only a waiter that is to learn of it is served when a key is gone or holds another type.
func TestLossIsForThoseWhoAskedForIt(t *testing.T) {
	s := open(t)
	s.wait("k")
	if keys := s.Gone(nil, key("k")); len(keys) != 0 {
		t.Errorf("%v ends a wait", keys)
	}
	p := &popper{keys: []store.Key{key("k")}}
	w := waiting.Blocked(p, cmd.Block{Keys: p.keys, Type: store.Stream, Lost: true})
	s.Join(w)
	if keys := s.Gone(nil, key("k"), key("other"), key("k")); len(keys) != 1 || !keys[0].Equal(key("k")) {
		t.Errorf("%v end a wait", keys)
	}
	if all, loss := s.Count(); all != 1 || loss != 1 {
		t.Errorf("%d keys are waited for, %d of them for their loss", all, loss)
	}
	if !s.Withdraw(w) {
		t.Error("nobody serves it, and it stays")
	}
	if keys := s.Swapped(s.Flushed(nil, 0), 0, 1); len(keys) != 1 {
		t.Errorf("%v are waited for in two databases", keys)
	}
}

func TestAPauseBecomesLongerAndWiderOnly(t *testing.T) {
	var p waiting.Pause
	if left, _ := p.Holds(true); left != 0 || p.On() {
		t.Error("nothing is paused, and holds a writer")
	}
	p.Begin(time.Now().Add(time.Hour), true)
	p.Begin(time.Now().Add(time.Minute), false)
	left, changed := p.Holds(false)
	if left < 50*time.Minute {
		t.Errorf("%v are left, and a shorter pause has ended the longer one", left)
	}
	p.End()
	select {
	case <-changed:
	default:
		t.Error("nobody is woken at the end")
	}
	if left, _ := p.Holds(false); left != 0 || p.Active() {
		t.Error("it holds after its end")
	}
	p.Begin(time.Now().Add(time.Hour), false)
	if left, _ := p.Holds(false); left != 0 || !p.Active() {
		t.Error("a pause of writers holds a reader")
	}
}
