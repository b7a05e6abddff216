package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"sync"
	"sync/atomic"
	"time"

	"larder/integration/torture/model"
)

// clients write at the same time.
const clients = 8

// A second is what `everysec` may lose. The sync that is due may begin another tick late, lasts its time, and does
// not cover what came while it ran, so that Redis, too, speaks of one second and allows two. What the
// rig itself was held up by a busy machine comes on top: see stalls.
const everysec, allowance = time.Second, time.Second

// lane is one server's life: it is killed, or loses power, again and again, and must know everything each time.
type lane struct {
	name    string
	mode    string // appendfsync
	bin     string
	ground  ground
	rnd     *rand.Rand
	clients []*client
	running *atomic.Pointer[server]
	server  *server
	stalls  *stalls
	kills   bool
	heavy   bool          // the next start serves a round of large values
	longest time.Duration // of a round's writes
}

func (l *lane) String() string { return l.name + " " + l.mode }

func newLane(name, mode string, o options, seed uint64, st *stalls) (*lane, error) {
	l := &lane{name: name, mode: mode, bin: o.bin, rnd: rand.New(rand.NewPCG(seed, 1)), running: &atomic.Pointer[server]{},
		stalls: st,
		kills:  name == "kills", longest: o.longest}
	var err error
	if l.kills {
		l.ground, err = newKills()
	} else {
		l.ground, err = newCuts(rand.New(rand.NewPCG(seed, 2)), l.running)
	}
	if err != nil {
		return nil, err
	}
	rules := model.NewRules()
	for i := range clients {
		l.clients = append(l.clients, newClient(i, rand.New(rand.NewPCG(seed, uint64(10+i))), rules))
	}
	return l, nil
}

// args are drawn for each start. Mostly everything is small, so that segments of the journal change and generations
// settle many times in a round, and large values pass by the memtable; rounds of large values have what people have.
func (l *lane) args() []string {
	args := []string{"--appendfsync", l.mode}
	if l.heavy || l.rnd.IntN(5) == 0 {
		return args
	}
	return append(args, "--cache-size", fmt.Sprint((2+l.rnd.IntN(8))<<20),
		"--journal-segment-size", fmt.Sprint(64<<10<<l.rnd.IntN(5)))
}

// boot starts the server. At times it is killed while it starts, as it is when it recovers from the last end.
func (l *lane) boot() (again int, err error) {
	for {
		armed := again < 3 && l.rnd.IntN(3) == 0
		var came <-chan struct{}
		if armed {
			_, _, came = l.ground.arm("start", l.rnd)
		}
		if l.server, err = launch(l.bin, l.ground.dir(), l.args(), l.running); err != nil {
			return again, err
		}
		if armed && l.kills {
			time.Sleep(time.Duration(l.rnd.IntN(int(100 * time.Millisecond))))
		} else {
			err = l.server.up()
		}
		l.ground.disarm() // else it would come while we look
		dark := false
		select {
		case <-came:
			dark = true
		default:
		}
		if errors.Is(err, errPort) && !dark {
			continue
		}
		if !dark && !(armed && l.kills) {
			return again, err
		}
		if _, err = l.ground.end(l.server); err != nil {
			return again, err
		}
		again++
	}
}

// round lets the clients write, ends the server, starts it again and looks. What it starts serves the next round.
func (l *lane) round(heavy, nextHeavy bool) (r result) {
	l.heavy = heavy
	if l.server == nil {
		if r.interrupted, r.err = l.boot(); r.err != nil {
			return r
		}
	}
	r.heavy = heavy
	at, err := l.load(&r)
	if err != nil {
		r.err = err
		return r
	}
	if l.kills && l.rnd.IntN(3) == 0 {
		r.checked = true
		if r.err = l.check(); r.err != nil {
			return r
		}
	}
	l.heavy = nextHeavy
	again, err := l.boot()
	if r.interrupted += again; err != nil {
		r.err = err
		return r
	}
	if r.err = l.verify(at, &r); r.err != nil || l.kills || l.rnd.IntN(3) > 0 {
		return r
	}
	l.server.kill()
	if r.err = l.server.wait(); r.err == nil {
		r.checked = true
		r.err = l.check()
	}
	l.server = nil
	return r
}

// load lets the clients write until the end comes.
func (l *lane) load(r *result) (end time.Time, err error) {
	span, during := time.Duration(l.rnd.Int64N(int64(l.longest))), "writes"
	if r.heavy {
		span, during = 4*time.Second, "heavy"
	}
	var armed bool
	var came <-chan struct{}
	if r.plan, armed, came = l.ground.arm(during, l.rnd); armed {
		span = 2 * l.longest
	}
	var sent atomic.Int64
	var wg sync.WaitGroup
	wrong := make(chan error, len(l.clients))
	for _, c := range l.clients {
		c.plan.heavy = r.heavy
		wg.Go(func() {
			if err := c.write(l.server.addr, &sent); err != nil {
				wrong <- err
			}
		})
	}
	select {
	case <-came:
	case <-time.After(span):
	case <-l.server.done:
		select {
		case <-came: // the power went, and took it
		default:
			err = fmt.Errorf("the server ended under load; its log:\n%s", l.server.log.tail())
		}
	case err = <-wrong:
	}
	end, ended := l.ground.end(l.server)
	wg.Wait()
	r.commands = sent.Load()
	select {
	case again := <-wrong:
		if err == nil {
			err = again
		}
	default:
	}
	if err == nil {
		err = ended
	}
	return end, err
}

// verify compares what each client knows with the server.
func (l *lane) verify(end time.Time, r *result) error {
	due := end
	certain := l.kills || l.mode == "always"
	switch {
	case certain:
		due = end.Add(time.Hour) // a reply may be read after the end that was sent before
	case l.mode == "everysec":
		due = end.Add(-everysec - allowance - l.stalls.longest(end))
	default:
		due = time.Time{}
	}
	for _, c := range l.clients {
		o, err := c.verify(l.server.addr, due, end, certain)
		r.steps += o.steps
		r.lost += max(o.steps-1-o.kept, 0)
		r.lostAge = max(r.lostAge, o.lostAge)
		if err != nil {
			return err
		}
	}
	return nil
}

// check wants `larder check` to find nothing, in what kill -9 has left, or in what the server has recovered from a
// cut. Straight after a cut it may find records of the journal that were not synced and arrived in part: to it
// they look like damage.
func (l *lane) check() error {
	if out, err := exec.Command(l.bin, "check", l.ground.dir()).CombinedOutput(); err != nil {
		return fmt.Errorf("larder check: %w\n%s", err, out)
	}
	return nil
}

// close ends the lane.
func (l *lane) close() error {
	if l.server != nil {
		l.server.kill()
		if err := l.server.wait(); err != nil {
			return err
		}
	}
	return l.ground.close()
}
