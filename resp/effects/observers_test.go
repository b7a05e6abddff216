// What is published of a command's outcome, and in which order; what the background removes is published in the same way.
package effects_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"larder/resp/admission"
	"larder/resp/broker"
	"larder/resp/cmd"
	"larder/resp/effects"
	"larder/resp/lease"
	"larder/resp/monitor"
	"larder/resp/reply"
	"larder/resp/stat"
	"larder/resp/track"
	"larder/resp/waiting"
	"larder/resp/watch"
	"larder/store"
	"larder/store/memory"
)

var ctx = context.Background()

// audience writes down what it learns.
type audience struct {
	*effects.Observers
	store.Engine
	heard []string
	// reader caches keys, writer changes them.
	reader, writer *cmd.Client
}

// Push takes a line of MONITOR.
func (a *audience) Push(line []byte) {
	_, command, _ := strings.Cut(strings.TrimSpace(string(line)), "] ")
	a.heard = append(a.heard, "line "+command)
}

func gather(t *testing.T) *audience {
	a := &audience{Engine: memory.New()}
	a.reader, a.writer = &cmd.Client{ID: 1}, &cmd.Client{ID: 2}
	a.reader.Push = func(r reply.Reply) { a.heard = append(a.heard, "invalid "+string(r.Append(nil, 3))) }
	find := func(id int64) *cmd.Client { return map[int64]*cmd.Client{1: a.reader, 2: a.writer}[id] }
	pause, done := &waiting.Pause{}, make(chan struct{})
	t.Cleanup(func() { close(done) })
	a.Observers = &effects.Observers{
		Broker: broker.New(), Monitors: monitor.NewFeed(), Watches: watch.NewTable(), Pause: pause,
		Caches: track.NewTable(find, func() int { return 0 }, func() uint64 { return 0 }),
		Lines:  waiting.NewLines(a.Engine, pause, done, func(err error) { t.Error(err) }),
		Leases: lease.NewTable(func() time.Duration { return time.Second }), Stats: &stat.Server{}, Counts: stat.NewCache(nil),
		Recency: stat.NewRecency(), Uses: &admission.Uses{},
		Log: func(m *cmd.Message) { a.heard = append(a.heard, "log "+m.Text) },
	}
	a.Limits.Store(&store.Limits{})
	hears := broker.NewSubscriber(&a.reader.Subscriptions, func(m *broker.Message) {
		words := strings.Fields(strings.ReplaceAll(string(m.Bytes(2)), "$", " "))
		a.heard = append(a.heard, "event "+strings.Join(words[len(words)-3:], " "))
	})
	a.Broker.Subscribe(hears, broker.Patterns, "__keyevent@0__:*")
	a.Monitors.Add(a)
	a.Listen("EAg$xe")
	return a
}

func (a *audience) want(t *testing.T, want ...string) {
	t.Helper()
	if len(a.heard) != len(want) {
		t.Errorf("heard %q, want %q", a.heard, want)
		return
	}
	for i := range want {
		if !strings.Contains(a.heard[i], want[i]) {
			t.Errorf("heard %q, want %q", a.heard, want)
			return
		}
	}
}

func TestEventsHappenInTheirOrderAndOnce(t *testing.T) {
	a := gather(t)
	var o cmd.Outcome
	o.Show(0, "lua", [][]byte{[]byte("SET"), []byte("k")})
	o.Events = append(o.Events, cmd.Event{Notice: cmd.Notice{Event: "set", Name: "k"}})
	o.After(func() { a.heard = append(a.heard, "effect") })
	o.Events = append(o.Events, cmd.Event{Message: &cmd.Message{Text: "logged"}})
	a.Publish(a.writer, &o, nil)
	a.Publish(a.writer, &o, nil)
	a.want(t, `line "SET" "k"`, "event", "effect", "log logged")
}

// A script that leaves very much has some of it published before its commit, and never what others would act on.
func TestOnlyWhatDoesNoHarmIsPublishedBeforeTheCommit(t *testing.T) {
	a := gather(t)
	var o cmd.Outcome
	get := stat.NewCommand("get")
	o.Show(0, "lua", [][]byte{[]byte("GET")})
	o.After(func() { a.heard = append(a.heard, "effect") })
	o.Events = append(o.Events, cmd.Event{Message: &cmd.Message{Text: "logged"}})
	o.Calls = append(o.Calls, cmd.Called{Stats: get}, cmd.Called{Stats: get, Problem: "ERR x"}, cmd.Called{Stats: get,
		Problem: "ERR x", Rejected: true}, cmd.Called{Problem: "ERR unknown"})
	o.Hits, o.Misses = 3, 2
	a.Vent(&o)
	a.want(t, `line "GET"`, "log logged")
	if get.Calls.Load() != 2 || get.Rejected.Load() != 1 || a.Stats.Errors.Total() != 3 || a.Stats.Hits.Load() != 3 {
		t.Errorf("%d calls, %d rejected, %d errors, %d hits", get.Calls.Load(), get.Rejected.Load(), a.Stats.Errors.Total(),
			a.Stats.Hits.Load())
	}
	a.Count(&o)
	if get.Calls.Load() != 2 || a.Stats.Hits.Load() != 3 {
		t.Error("it is counted twice")
	}
	a.Publish(a.writer, &o, nil)
	a.want(t, `line "GET"`, "log logged", "effect")
}

// set runs SET k in a transaction, with what a command's execution does around it.
func (a *audience) set(t *testing.T, call *cmd.Call, fail bool) {
	t.Helper()
	call.Spec, call.Event, call.Heard, call.Client = &cmd.Spec{Flags: cmd.Write}, "$:set", a.Heard(), a.writer
	tx := a.NewTx(call)
	k := store.Key{Name: []byte("k")}
	err := a.Update(ctx, store.One(k), func(inner store.Tx) error {
		tx.Begin(inner, false, true, false)
		defer tx.End()
		void, err := tx.Attempt(inner, func() bool {
			if err := store.SetString(&tx, k, []byte("v"), 0); err != nil {
				t.Error(err)
			}
			return fail
		})
		if void {
			t.Error("the attempt is void")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestATransactionFillsTheOutcome(t *testing.T) {
	a := gather(t)
	var watcher watch.Watcher
	watcher.Join(a.Watches)
	k := store.Key{Name: []byte("k")}
	if err := watcher.Watch(ctx, a.Engine, k); err != nil {
		t.Fatal(err)
	}
	w := waiting.Blocked(nil, cmd.Block{Keys: []store.Key{k}, Lost: true})
	a.Lines.Join(w)
	var call cmd.Call
	a.set(t, &call, false)
	if len(call.Ready) != 1 || !watcher.Dirty() || len(call.Changes) != 0 {
		t.Errorf("ready %v, changes %q, dirty %v", call.Ready, call.Changes, watcher.Dirty())
	}
	a.Publish(a.writer, &call.Outcome, nil)
	a.want(t, "event")
	a.set(t, &call, true)
	if len(call.Ready) != 0 {
		t.Errorf("a step that was taken back has made %v ready", call.Ready)
	}
	if !a.Lines.Withdraw(w) {
		t.Error("somebody serves it")
	}
}

// What the background removes is announced after the commit, and counted; while clients are paused nothing goes.
func TestRemovalsAreAnnounced(t *testing.T) {
	a := gather(t)
	through := a.Removal(a.Engine)
	put := func(name string, expire int64) store.Key {
		k := store.Key{Name: []byte(name)}
		if err := a.Update(ctx, store.One(k), func(tx store.Tx) error {
			return store.SetString(tx, k, []byte("v"), expire)
		}); err != nil {
			t.Fatal(err)
		}
		return k
	}
	old, evicted := put("old", 1), put("evicted", 0)
	remove := func() (n int) {
		err := through.Update(ctx, store.One(old, evicted), func(tx store.Tx) error {
			expired, err := tx.(interface {
				Expire(...store.Key) (int, error)
			}).Expire(old)
			if err != nil {
				return err
			}
			dropped, err := tx.Drop(evicted, store.Key{Name: []byte("absent")})
			n = expired + dropped
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	a.Pause.Begin(time.Now().Add(time.Hour), false)
	if n := remove(); n != 0 {
		t.Errorf("%d keys go during a pause", n)
	}
	a.want(t)
	a.Pause.End()
	if n := remove(); n != 2 || a.Stats.Expired.Load() != 1 {
		t.Errorf("%d keys went, %d are counted as expired", n, a.Stats.Expired.Load())
	}
	var names []string
	for _, h := range a.heard {
		names = append(names, fmt.Sprint(strings.Contains(h, "old"), strings.Contains(h, "evicted")))
	}
	if !slices.Equal(names, []string{"true false", "false true"}) {
		t.Errorf("heard %q", a.heard)
	}
}

// A client that caches a key is told behind the events, and not by its own change if it wants that not.
func TestChangesInvalidateBehindEvents(t *testing.T) {
	a := gather(t)
	a.reader.Proto.Store(3)
	if err := a.Caches.Enable(a.reader, track.Options{}); err != nil {
		t.Fatal(err)
	}
	a.Caches.Begin(a.reader)
	a.Caches.Remember(a.reader, [][]byte{[]byte("k")})
	a.Caches.End(a.reader, 1)
	var call cmd.Call
	a.set(t, &call, false)
	if !slices.Equal(call.Changes, []string{"k"}) {
		t.Errorf("changes are %q", call.Changes)
	}
	a.Publish(a.writer, &call.Outcome, nil)
	a.want(t, "event", "invalid")
}
