// Torture looks for lost writes. It kills a server under load, and cuts the power of the disk that it
// stands on, again and again on the same data, and compares what is there afterwards with what was
// acknowledged.
//
// Eight clients write commands of every type, transactions over several shards and pipelines, each on databases of
// its own, and each knows by a model (package model) what its commands must have left. After an end the whole
// state must be the one after some of a client's steps, from the first on: after kill -9, and with
// appendfsync always after a cut, after all that were acknowledged; with everysec after all that were acknowledged
// more than a second before, and what is allowed beside it; with no after any number. A transaction is there as a
// whole or not at all. The directory must open by itself, and `larder check` must find nothing.
//
// Power cuts happen on a file system of its own (package disk), through FUSE.
package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

type options struct {
	bin         string
	kills, cuts int
	span        time.Duration
	longest     time.Duration
	seed        uint64
	heavy       int
	modes       string
	keep        string
}

func main() { os.Exit(run()) }

func run() int {
	var o options
	flag.StringVar(&o.bin, "bin", "", "the server's binary")
	flag.IntVar(&o.kills, "kills", 60, "kill -9, over all modes")
	flag.IntVar(&o.cuts, "cuts", 60, "power cuts, over all modes")
	flag.DurationVar(&o.span, "for", 0, "go on for so long instead")
	flag.DurationVar(&o.longest, "longest", 3*time.Second, "a round writes for less than this")
	flag.Uint64Var(&o.seed, "seed", rand.Uint64N(1e9), "what is drawn follows from it; when things happen does not")
	flag.IntVar(&o.heavy, "heavy", 5, "one of so many rounds fills segments of 64 MB with large values; 0 for none")
	flag.StringVar(&o.modes, "modes", "always,everysec,no", "of appendfsync")
	flag.StringVar(&o.keep, "keep", os.TempDir(), "where to leave the data of a round that failed")
	flag.Parse()
	if o.bin == "" || flag.NArg() > 0 {
		flag.Usage()
		return 2
	}
	fmt.Printf("torture: seed %d\n", o.seed)
	t := &torture{o: o, began: time.Now(), stalls: &stalls{}, running: map[string]*lane{}}
	go t.stalls.watch()
	go t.interrupted()
	var wg sync.WaitGroup
	for i, name := range []string{"kills", "cuts"} {
		wg.Go(func() { t.row(name, []int{o.kills, o.cuts}[i], o.seed+uint64(1000*i)) })
	}
	wg.Wait()
	return t.report()
}

// torture is a whole run.
type torture struct {
	o      options
	began  time.Time
	stalls *stalls

	mu       sync.Mutex
	running  map[string]*lane // by row
	lines    []string
	failures []string
}

// result is what a round has shown.
type result struct {
	plan        string
	heavy       bool
	checked     bool
	interrupted int // starts that were ended
	commands    int64
	steps       int
	lost        int
	lostAge     time.Duration
	err         error
}

func (r result) String() string {
	text := fmt.Sprintf("%6d commands, %s", r.commands, r.plan)
	if r.heavy {
		text += ", large values"
	}
	if r.interrupted > 0 {
		text += fmt.Sprintf(", %d starts ended as well", r.interrupted)
	}
	if r.checked {
		text += ", checked"
	}
	if r.lostAge > 0 {
		text += fmt.Sprintf(", lost %d steps of the last %d ms", r.lost, r.lostAge.Milliseconds())
	}
	return text
}

// interrupted cleans up on the way out.
func (t *torture) interrupted() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	<-signals
	t.mu.Lock()
	for _, l := range t.running {
		if s := l.running.Load(); s != nil {
			s.kill()
			s.wait()
		}
		l.ground.abandon()
	}
	os.Exit(130)
}

// row runs the lanes of one kind, one for each mode, one after the other, with their share of the rounds or of the
// time.
func (t *torture) row(name string, rounds int, seed uint64) {
	modes := strings.Split(t.o.modes, ",")
	for i, mode := range modes {
		share := (rounds + len(modes) - 1 - i) / len(modes)
		until := time.Time{}
		if t.o.span > 0 && rounds > 0 {
			until = time.Now().Add(t.o.span / time.Duration(len(modes)))
		}
		l, err := newLane(name, mode, t.o, seed+uint64(i), t.stalls)
		if err != nil {
			t.fail(fmt.Sprintf("%s %s: %v", name, mode, err))
			return
		}
		t.mu.Lock()
		t.running[name] = l
		t.mu.Unlock()
		t.lane(l, share, until)
		if err := l.close(); err != nil {
			t.fail(fmt.Sprintf("%s: %v", l, err))
		}
	}
}

// lane runs its rounds up to the first that fails: after that the clients know nothing any more.
func (t *torture) lane(l *lane, rounds int, until time.Time) {
	var commands int64
	var age time.Duration
	n := 0
	for ; n < rounds && until.IsZero() || time.Now().Before(until); n++ {
		r := l.round(t.heavy(n), t.heavy(n+1))
		commands, age = commands+r.commands, max(age, r.lostAge)
		fmt.Printf("%6.1f s  %-15s %3d  %s\n", time.Since(t.began).Seconds(), l, n+1, r)
		if r.err != nil {
			kept := filepath.Join(t.o.keep, fmt.Sprintf("torture-%d-%s-%s-%d", t.o.seed, l.name, l.mode, n+1))
			note := "the data after the end is in " + kept
			last, err := l.ground.keep(kept)
			if err != nil {
				note = err.Error()
			}
			if last != nil {
				note += "; the last operations on the disk were: " + strings.Join(last, ", ")
			}
			t.fail(fmt.Sprintf("%s, round %d (%s): %v\n%s", l, n+1, r, r.err, note))
			return
		}
	}
	if n == 0 {
		return
	}
	line := fmt.Sprintf("%-15s %4d rounds, %8d commands, nothing wrong", l, n, commands)
	if age > 0 {
		line += fmt.Sprintf("; the oldest write lost was acknowledged %d ms before the cut", age.Milliseconds())
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines = append(t.lines, line)
}

// heavy says whether a round is of large values.
func (t *torture) heavy(n int) bool { return t.o.heavy > 0 && n%t.o.heavy == t.o.heavy-1 }

func (t *torture) fail(text string) {
	fmt.Println("error: " + text)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failures = append(t.failures, text)
}

func (t *torture) report() int {
	fmt.Println()
	for _, line := range t.lines {
		fmt.Println(line)
	}
	if len(t.failures) == 0 {
		fmt.Printf("torture: passed in %d s\n", int(time.Since(t.began).Seconds()))
		return 0
	}
	fmt.Printf("error: torture: %d lanes failed, with seed %d\n", len(t.failures), t.o.seed)
	return 1
}
