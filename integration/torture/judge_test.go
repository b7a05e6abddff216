package main

import (
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"larder/integration/torture/model"
)

// steps builds what a client has sent: "|" parts a pipeline's commands, "+" a transaction's.
func steps(lines ...string) (all []*step) {
	for _, line := range lines {
		s := &step{form: alone}
		parts := []string{line}
		if strings.Contains(line, " | ") {
			s.form, parts = pipeline, strings.Split(line, " | ")
		}
		if strings.Contains(line, " + ") {
			s.form, parts = transaction, strings.Split(line, " + ")
		}
		for _, p := range parts {
			s.commands = append(s.commands, command{0, strings.Fields(p)})
		}
		all = append(all, s)
	}
	return all
}

// TestJudge: states that must be refused, and such as must not.
func TestJudge(t *testing.T) {
	sent := []string{"SET a 1", "SET a 2 + SET b 2", "SET a 3 | RPUSH l x | SET a 4 | RPUSH l y"}
	for _, c := range []struct {
		what     string
		found    []string // commands that build what the server holds
		need     int
		answered int // of the pipeline
		certain  bool
		kept     int
		refused  bool
	}{
		{"all", []string{"SET a 4", "SET b 2", "RPUSH l x y"}, 3, 4, true, 3, false},
		{"nothing", nil, 0, 0, false, 0, false},
		{"an acknowledged write is lost", []string{"SET a 1"}, 2, 0, true, 1, true},
		{"it may be", []string{"SET a 1"}, 1, 0, false, 1, false},
		{"half a transaction", []string{"SET a 2"}, 0, 0, false, -1, true},
		{"the other half", []string{"SET a 1", "SET b 2"}, 0, 0, false, -1, true},
		{"a pipeline up to its middle", []string{"SET a 3", "SET b 2", "RPUSH l x"}, 2, 0, true, 2, false},
		{"a pipeline whose keys stand apart", []string{"SET a 4", "SET b 2"}, 2, 0, true, -1, true},
		{"what was answered of it is there", []string{"SET a 3", "SET b 2", "RPUSH l x"}, 2, 2, true, 2, false},
		{"what was answered of it is lost", []string{"SET a 3", "SET b 2"}, 2, 2, true, -1, true},
		{"as was promised for a second ago only", []string{"SET a 3", "SET b 2"}, 2, 2, false, 2, false},
		{"a pipeline out of order", []string{"SET a 4", "SET b 2", "RPUSH l y"}, 2, 0, true, -1, true},
		{"a pipeline without what was before it", []string{"SET a 4", "RPUSH l x y"}, 0, 0, false, -1, true},
		{"a key that nobody wrote", []string{"SET a 4", "SET b 2", "RPUSH l x y", "SET c 1"}, 0, 0, false, -1, true},
		{"another type", []string{"SADD a 4", "SET b 2", "RPUSH l x y"}, 0, 0, false, -1, true},
		{"an expiry that nobody set", []string{"SET a 4 PXAT 99999999999999", "SET b 2", "RPUSH l x y"}, 0, 0, false, -1, true},
	} {
		rules, found := model.NewRules(), model.NewSpace(databases)
		for _, line := range c.found {
			rules.Apply(found, 0, strings.Fields(line))
		}
		all := steps(sent...)
		all[2].answered = c.answered
		v := judge(newTrial(rules, model.NewSpace(databases), found, time.Now(), time.Now()), all, c.need, c.certain)
		if v.kept != c.kept || (v.why != "") != c.refused {
			t.Errorf("%s: kept %d, refused with %q", c.what, v.kept, v.why)
		}
	}
}

// TestExpired: a key whose time has passed is absent, and must not be there.
func TestExpired(t *testing.T) {
	now := time.Now()
	v := &model.Value{Kind: model.String, ExpireAt: now.UnixMilli()}
	before, after := now.Add(-time.Second), now.Add(time.Second)
	for _, c := range []struct {
		found    *model.Value
		from, to time.Time
		want     bool
	}{{v, before, before, true}, {nil, before, before, false}, {v, after, after, false}, {nil, after, after, true}, {v, before, after, true}, {nil, before, after, true}} {
		if got := model.Same(v, c.found, c.from, c.to); got != c.want {
			t.Errorf("found %v from %v to %v: %v", c.found, c.from, c.to, got)
		}
	}
}

// TestModelIsRedis plays what clients draw to a real redis-server, which judges the model.
func TestModelIsRedis(t *testing.T) {
	bin, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal("redis-server is not installed; apt-get install redis-server")
	}
	var running atomic.Pointer[server]
	s, err := launch(bin, t.TempDir(), []string{"--save", "", "--databases", "16"}, &running)
	if err != nil {
		t.Fatal(err)
	}
	defer s.kill()
	if err := s.up(); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	drawn := make([]map[string]bool, clients)
	for i := range clients {
		c := newClient(i, rand.New(rand.NewPCG(1, uint64(i))), model.NewRules())
		drawn[i] = map[string]bool{}
		wg.Go(func() { playToJudge(t, s, c, drawn[i]) })
	}
	wg.Wait()
	for name := range model.NewRules() {
		if !slices.ContainsFunc(drawn, func(seen map[string]bool) bool { return seen[name] }) {
			t.Errorf("%s is never drawn", name)
		}
	}
}

func playToJudge(t *testing.T, s *server, c *client, drawn map[string]bool) {
	conn, err := dial(s.addr)
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close()
	for range 800 {
		step := c.plan.next(c.rules)
		c.steps = append(c.steps, step)
		for _, cmd := range step.commands {
			drawn[cmd.words[0]] = true
		}
		if gone, err := step.run(conn, c.firstDB()); gone || err != nil {
			t.Errorf("client %d: the connection has ended: %v, %v", c.plan.client, gone, err)
			return
		}
	}
	if o, err := c.verify(s.addr, time.Now().Add(time.Hour), time.Now(), true); err != nil || o.kept != o.steps {
		t.Errorf("%d of %d steps: %v", o.kept, o.steps, err)
	}
}
