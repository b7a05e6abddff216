package vm

import "iter"

// coroutine is what a Thread has beyond the main one. It runs on a goroutine of its own that
// only runs while the resumer waits, so the two never run at once.
type coroutine struct {
	fn       Value
	parent   *Thread // the thread that resumed it, while it runs
	base     int     // parent's inGo when resumed
	next     func() (struct{}, bool)
	stop     func()
	yield    func(struct{}) bool
	transfer []Value // arguments in, results out
	failed   *Error
	started  bool
	dead     bool
}

// abandoned unwinds a coroutine that will not be resumed.
type abandoned struct{}

// NewCoroutine makes a suspended coroutine of fn.
func (t *Thread) NewCoroutine(fn Value) *Thread {
	t.rt.charge(threadBytes + firstRegs*valueBytes)
	co := newThread(t.rt)
	co.fn = fn
	return co
}

// Status is the coroutine's state as coroutine.status names it.
func (t *Thread) Status(co *Thread) string {
	switch {
	case co == t:
		return "running"
	case co.dead:
		return "dead"
	case co.parent != nil || co == t.rt.main:
		return "normal"
	}
	return "suspended"
}

// IsMain reports whether t is no coroutine.
func (t *Thread) IsMain() bool { return t == t.rt.main }

// Resume runs co until it yields, ends or fails. The values are valid until the next call.
func (t *Thread) Resume(co *Thread, args []Value) ([]Value, *Error) {
	if status := t.Status(co); status != "suspended" {
		return nil, &Error{Value: t.text("cannot resume " + status + " coroutine")}
	}
	if t.inGo >= maxGo {
		return nil, &Error{Value: t.text("C stack overflow")}
	}
	co.transfer = append(co.transfer[:0], args...)
	co.parent, co.inGo = t, t.inGo+1
	co.base = co.inGo
	t.rt.cur = co
	if !co.started {
		co.started = true
		t.rt.coroutines[co] = struct{}{}
		co.next, co.stop = iter.Pull(co.body)
	}
	_, more := co.next()
	t.rt.cur, co.parent = t, nil
	if !more {
		co.dead = true
		delete(t.rt.coroutines, co)
		if co.failed != nil {
			return nil, co.failed
		}
	}
	t.ret = append(t.ret[:0], co.transfer...)
	return t.ret, nil
}

func (t *Thread) body(yield func(struct{}) bool) {
	defer func() {
		switch r := recover().(type) {
		case nil, abandoned:
		case *Error:
			t.failed = r
			t.unwind(mark{})
		default:
			panic(r)
		}
	}()
	t.yield = yield
	args := append([]Value(nil), t.transfer...)
	rs := t.call(t.fn, args, nil)
	t.transfer = append(t.transfer[:0], rs...)
}

// Yield suspends the running coroutine and returns what it is resumed with.
func (t *Thread) Yield(args []Value) []Value {
	if t.IsMain() || t.inGo > t.base {
		t.Raise("attempt to yield across metamethod/C-call boundary")
	}
	t.transfer = append(t.transfer[:0], args...)
	if !t.yield(struct{}{}) {
		panic(abandoned{})
	}
	return t.transfer
}

// end unwinds a suspended coroutine for good.
func (t *Thread) end() {
	t.dead = true
	t.stop()
}
