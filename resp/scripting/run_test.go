// A script's run: one outcome of all its commands, attempts that are void, and the room that its first write needs.
package scripting_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"larder/resp/admission"
	"larder/resp/broker"
	"larder/resp/cmd"
	"larder/resp/cmd/lists"
	"larder/resp/cmd/scripts"
	"larder/resp/cmd/strs"
	"larder/resp/effects"
	"larder/resp/lease"
	"larder/resp/lua"
	"larder/resp/monitor"
	"larder/resp/reply"
	"larder/resp/scripting"
	"larder/resp/stat"
	"larder/resp/table"
	"larder/resp/track"
	"larder/resp/waiting"
	"larder/resp/watch"
	"larder/store"
	"larder/store/memory"
)

// owner is a command that runs scripts. It counts what is asked of it.
type owner struct {
	*testing.T
	store.Engine
	*scripting.Run
	call      cmd.Call
	scripts   *lua.Engine
	commands  *table.Table
	observers *effects.Observers

	served, committed, vented, attempts int
	lines                               []string
	closing                             bool
}

func (o *owner) Session() any                         { return o }
func (o *owner) Serve(store.Tx) error                 { o.served++; return nil }
func (o *owner) Abandon()                             { o.attempts++ }
func (o *owner) Committed(*store.Job)                 { o.committed++ }
func (o *owner) May(*cmd.Spec, [][]byte) bool         { return true }
func (o *owner) Forbidden(*cmd.Spec, [][]byte) string { return "" }
func (o *owner) Vent()                                { o.vented++; o.observers.Vent(&o.call.Outcome) }
func (o *owner) Panicked(p any) reply.Reply           { o.Error(p); return reply.Nothing() }

// engine hides the embedded Engine's name.
type engine struct{ *owner }

func (e engine) Engine() store.Engine { return e.owner.Engine }

// Push takes the lines of MONITOR that are published before the commit.
func (o *owner) Push(line []byte) { o.lines = append(o.lines, string(line)) }

func newOwner(t *testing.T, e store.Engine, b admission.Budget) *owner {
	o := &owner{T: t, Engine: e, commands: table.New(strs.Table(), lists.Table())}
	pause, done := &waiting.Pause{}, make(chan struct{})
	t.Cleanup(func() { close(done) })
	o.observers = &effects.Observers{
		Broker: broker.New(), Monitors: monitor.NewFeed(), Watches: watch.NewTable(), Pause: pause,
		Caches: track.NewTable(func(int64) *cmd.Client { return nil }, func() int { return 0 }, func() uint64 { return 0 }),
		Lines:  waiting.NewLines(e, pause, done, func(err error) { t.Error(err) }),
		Leases: lease.NewTable(func() time.Duration { return time.Second }), Stats: &stat.Server{}, Counts: stat.NewCache(nil),
		Recency: stat.NewRecency(), Uses: &admission.Uses{}, Log: func(*cmd.Message) {},
	}
	o.observers.Limits.Store(&store.Limits{ProtoMaxBulkLen: 1 << 29})
	o.observers.Listen("KEA")
	var err error
	if o.scripts, err = lua.New(lua.Limits{}, nil); err != nil {
		t.Fatal(err)
	}
	server := &scripting.Server{Commands: o.commands, Observers: o.observers, Budget: b,
		Closing: func() bool { return o.closing }}
	o.call = cmd.Call{Spec: &cmd.Spec{Flags: cmd.Scripted}, Client: &cmd.Client{}, Heard: o.observers.Heard()}
	o.Run = scripting.New(server, engine{o}, &o.call)
	return o
}

// eval runs a script over keys.
func (o *owner) eval(body string, keys ...string) reply.Reply {
	o.Helper()
	script, err := o.scripts.Eval(body)
	if err != nil {
		o.Fatal(err)
	}
	job := &lua.Job{Script: script}
	var scope []store.Key
	for _, k := range keys {
		job.Keys = append(job.Keys, []byte(k))
		scope = append(scope, store.Key{Name: []byte(k)})
	}
	o.attempts = 0
	return o.Script(&scripts.Plan{Write: true, Run: func(h lua.Host) reply.Reply { return o.scripts.Run(job, h) }}, scope)
}

// calls are the commands for the statistics, with what became of them.
func (o *owner) calls() (all []string) {
	for _, c := range o.call.Calls {
		name := "?"
		if c.Stats != nil {
			name = c.Stats.Name
		}
		switch {
		case c.Rejected:
			name += " rejected"
		case c.Problem != "":
			name += " failed"
		}
		all = append(all, name)
	}
	return all
}

// Every attempt begins with an empty outcome, and that of a command that fails is not part of the script's.
func TestAScriptHasOneOutcome(t *testing.T) {
	o := newOwner(t, memory.New(memory.WithReruns(2)), admission.Boundless())
	answer := o.eval(`redis.call('SET', KEYS[1], 1)
redis.pcall('LPUSH', KEYS[1], 'x')
redis.pcall('NOSUCH')
redis.pcall('BLPOP')
redis.log(redis.LOG_WARNING, 'said')
redis.call('GET', 'absent')
return redis.call('INCR', KEYS[1])`, "k")
	if answer.Int() != 2 || o.attempts != 3 || o.committed != 1 || o.served != 3 {
		t.Errorf("%d after %d attempts, %d times committed, %d served", answer.Int(), o.attempts, o.committed, o.served)
	}
	if want := []string{"set", "lpush failed", "? rejected", "blpop rejected", "get", "incr"}; !slices.Equal(o.calls(), want) {
		t.Errorf("called %q, want %q", o.calls(), want)
	}
	var events []string
	for _, e := range o.call.Events {
		if e.Message != nil {
			events = append(events, e.Message.Text)
		} else {
			events = append(events, e.Notice.Event)
		}
	}
	if want := []string{"set", "said", "incrby"}; !slices.Equal(events, want) {
		t.Errorf("the events are %q, want %q", events, want)
	}
	if o.call.Misses != 1 || o.call.Hits != 0 {
		t.Errorf("%d hits and %d misses", o.call.Hits, o.call.Misses)
	}
}

// What a script leaves to statistics and MONITOR does not grow without bound.
func TestALongScriptVents(t *testing.T) {
	o := newOwner(t, memory.New(), admission.Boundless())
	o.observers.Monitors.Add(o)
	o.eval(`for i = 1, 5000 do redis.call('GET', KEYS[1]) end`, "k")
	get, _ := o.commands.Find([][]byte{[]byte("GET"), nil})
	if o.vented == 0 || len(o.call.Calls) >= 4096 || int(get.Stats.Calls.Load())+len(o.call.Calls) != 5000 {
		t.Errorf("%d are kept, %d were counted, vented %d times", len(o.call.Calls), get.Stats.Calls.Load(), o.vented)
	}
	kept := 0
	for _, e := range o.call.Events {
		if e.Line != nil {
			kept++
		}
	}
	if kept >= 4096 || kept+len(o.lines) != 5000 || !strings.Contains(o.lines[0], `lua] "GET" "k"`) {
		t.Errorf("%d lines are kept, %d were shown", kept, len(o.lines))
	}
}

// failing cannot commit.
type failing struct{ store.Engine }

var errDisk = errors.New("the disk fails")

func (f failing) Update(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	return f.Engine.Update(ctx, s, func(tx store.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return errDisk
	})
}

func TestAScriptThatIsNotCommittedLeavesNothing(t *testing.T) {
	o := newOwner(t, failing{memory.New()}, admission.Boundless())
	answer := o.eval(`return redis.call('SET', KEYS[1], 1)`, "k")
	if !answer.IsError() || len(o.call.Events)+len(o.call.Calls) != 0 || o.committed != 0 || o.attempts != 2 {
		t.Errorf("answered %q; %+v, %d committed", answer.Text(), o.call.Outcome, o.committed)
	}
	o.closing = true // it does not know whether its client is answered
	if answer := o.eval(`return 1`); answer.Kind() != reply.None || !o.call.Client.Killed.Load() {
		t.Errorf("answered %q", answer.Text())
	}
}

// purse is a budget of so many bytes.
type purse struct {
	admission.Budget
	left int64
}

func (p *purse) Limited() bool { return true }

func (p *purse) Admit(_ context.Context, need int64) bool {
	if need > p.left {
		return false
	}
	p.left -= need
	return true
}

func (p *purse) Release(need int64) { p.left += need }

// The first write that needs more than was reserved voids the attempt; the next one has the room, or knows that there is
// none. A later write is never refused.
func TestRoomIsMadeBetweenAttempts(t *testing.T) {
	p := &purse{Budget: admission.Boundless(), left: 10_000}
	o := newOwner(t, memory.New(), p)
	grant := func() *admission.Hold {
		h := &admission.Hold{}
		if !h.Take(context.Background(), p, admission.Least) {
			t.Fatal("there is no room to begin with")
		}
		o.Room.Grant(h, admission.Least)
		return h
	}
	hold := grant()
	answer := o.eval(`redis.call('SET', KEYS[1], string.rep('x', 5000))
return redis.call('APPEND', KEYS[1], string.rep('x', 50000))`, "k")
	if answer.Int() != 55_000 || o.attempts != 2 || hold.Bytes() < 5000 || hold.Bytes() > 6000 {
		t.Errorf("answered %d after %d attempts, %d bytes held", answer.Int(), o.attempts, hold.Bytes())
	}
	hold.Leave(p)
	hold = grant()
	answer = o.eval(`return redis.pcall('SET', 'other', string.rep('x', 20000))`)
	if !strings.HasPrefix(answer.Text(), "OOM ") || o.attempts != 2 {
		t.Errorf("answered %q after %d attempts", answer.Text(), o.attempts)
	}
	hold.Leave(p)
	if p.left != 10_000 {
		t.Errorf("%d bytes are left", p.left)
	}
}
